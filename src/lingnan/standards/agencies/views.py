"""The public directory."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lingnan.kernel.web.guard import open_to_all
from lingnan.kernel.web.pages import render
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.errors import NoSuchRegion
from lingnan.standards.regions.types import PROVINCE_CODE

from . import queries


@require_http_methods(["GET", "HEAD"])
@open_to_all
def show_directory(request: HttpRequest) -> HttpResponse:
    """Search by name, or walk down the divisions."""
    text = request.GET.get("q", "").strip()[:60]
    code = request.GET.get("region", "") or PROVINCE_CODE
    try:
        line = regions.ancestors(code)
        below = [card for card in regions.children(code) if card.level <= 4]
    except NoSuchRegion:
        if code != PROVINCE_CODE:
            raise
        line, below = [], []
    page = queries.list_agencies(
        text=text,
        region_path=line[-1].path if line else "",
        cursor=request.GET.get("cursor") or None,
    )
    context = {"text": text, "line": line, "below": below, "page": page}
    return render(request, "agencies/directory.html", context)
