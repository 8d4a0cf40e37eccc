"""Who looked at my data: which agency, which post, when, for which matter."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lingnan.kernel.web.guard import actor_of, person_only
from lingnan.kernel.web.pages import render

from .. import queries


@person_only
@require_http_methods(["GET", "HEAD"])
def access_log(request: HttpRequest) -> HttpResponse:
    """For oneself, or the firm or relative one acts for."""
    page = queries.access_log(actor_of(request), cursor=request.GET.get("cursor") or None)
    return render(request, "identity/access_log.html", {"page": page})
