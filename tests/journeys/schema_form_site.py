"""A site of one form, for trying schema forms in a browser: pages, check, done. Kept in memory."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import include, path

from lingnan.kernel.web.components_page import SCHEMA
from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.schema_forms import FormDefinition

DEFINITION = FormDefinition(SCHEMA)
ANSWERS: dict[str, Any] = {}
TEMPLATES = {
    "page": """{% extends "web/portal.html" %}{% load components %}
{% block title %}{{ bound.title }}{% endblock %}{% block heading %}{{ bound.title }}{% endblock %}
{% block main %}{% error_summary bound %}<form class="form" method="post">{% csrf_token %}
{% schema_fields bound %}<div class="button-row"><button class="button">继续</button></div>
</form>{% endblock %}""",
    "check": """{% extends "web/portal.html" %}{% load components %}
{% block title %}核对{% endblock %}{% block heading %}核对填写内容{% endblock %}
{% block main %}{% schema_summary bound change_url="/form/{page}/" %}{% endblock %}""",
}


@open_to_all
def show_page(request: HttpRequest, page: str) -> HttpResponse:
    if request.method != "POST":
        return render(request, "form/page.html", {"bound": DEFINITION.bind(ANSWERS, page)})
    reading = DEFINITION.read(request.POST, data=ANSWERS, page=page)
    ANSWERS.clear()
    ANSWERS.update(reading.data)
    if reading.stay or reading.problems:
        bound = DEFINITION.bind(
            reading.data, page, problems=reading.problems, searches=reading.searches
        )
        return render(request, "form/page.html", {"bound": bound})
    following = DEFINITION.next_page(page, reading.data)
    return HttpResponseRedirect(f"/form/{following.id}/" if following else "/check/")


@open_to_all
def check(request: HttpRequest) -> HttpResponse:
    return render(request, "form/check.html", {"bound": DEFINITION.bind(ANSWERS)})


urlpatterns = [
    path("form/<str:page>/", show_page),
    path("check/", check),
    path("", include("lingnan.project.urls")),
]
