from django.http import HttpRequest, HttpResponse

from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.pages import render


@open_to_all
def show_start(request: HttpRequest) -> HttpResponse:
    return render(request, "developers/start.html")
