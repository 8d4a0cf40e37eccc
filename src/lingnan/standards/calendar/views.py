"""The stewards' page: a year's days, closures, and publishing the next year."""

from collections import Counter

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from . import queries, services
from .forms import ClosureForm, PublishForm, names_of
from .types import MANAGE_CALENDAR, SpecialDay


@require_http_methods(["GET", "HEAD"])
@permitted(MANAGE_CALENDAR)
def show_calendar(request: HttpRequest) -> HttpResponse:
    """A year's special days with the forms beside them."""
    return _page(request)


@require_POST
@permitted(MANAGE_CALENDAR)
def add_closure(request: HttpRequest) -> HttpResponse:
    """Record a closure and go back to its year."""
    form = ClosureForm(request.POST)
    if not form.is_valid():
        return _page(request, closure_form=form, status=200 if form.is_finding else 422)
    try:
        closed = services.record_closure(
            actor=actor_of(request), at=clock.now(), **form.cleaned_data
        )
    except Refusal as refusal:
        form.add_error(None, refusal.text)
        return _page(request, closure_form=form, status=refusal.status)
    messages.success(
        request, _("%(count)s working days are closed; deadlines follow.") % {"count": closed}
    )
    return redirect(_address(form.cleaned_data["first_on"].year))


@require_POST
@permitted(MANAGE_CALENDAR)
def publish(request: HttpRequest) -> HttpResponse:
    """Publish a year and show it."""
    form = PublishForm(request.POST)
    if not form.is_valid():
        return _page(request, publish_form=form, status=422)
    try:
        services.publish_year(actor=actor_of(request), at=clock.now(), **form.cleaned_data)
    except Refusal as refusal:
        form.add_error(None, refusal.text)
        return _page(request, publish_form=form, status=refusal.status)
    year = form.cleaned_data["year"]
    messages.success(request, _("The year %(year)s is published.") % {"year": year})
    return redirect(_address(year))


def _address(year: int) -> str:
    return f"{reverse('calendar:show')}?year={year}"


def _source(days: list[SpecialDay]) -> str:
    """What most days of the year rest on; said once, while others name their own."""
    counts = Counter(day.source_doc for day in days)
    return counts.most_common(1)[0][0] if counts else ""


def _page(
    request: HttpRequest,
    *,
    closure_form: ClosureForm | None = None,
    publish_form: PublishForm | None = None,
    status: int = 200,
) -> HttpResponse:
    years = sorted(queries.published_years())
    asked = request.GET.get("year", "")
    this_year = clock.today().year
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else this_year
    days = queries.special_days(year)
    names = names_of(day.region_code for day in days if day.region_code)
    context = {
        "year": year,
        "years": sorted({*years, this_year, year})[::-1],
        "is_published": year in years,
        "last_published_year": queries.last_published_year(),
        "days": [(day, names.get(day.region_code, day.region_code)) for day in days],
        "source": _source(days),
        "closure_form": closure_form or ClosureForm(),
        "publish_form": publish_form or PublishForm(initial={"year": years[-1] + 1}),
    }
    return render(request, "calendar/show.html", context, status=status)
