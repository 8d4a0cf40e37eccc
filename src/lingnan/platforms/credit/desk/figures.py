"""The figures of credit, each opened down to the rows it counts."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import queries
from ..models import Complaint, CreditRecord, JointMeasure, Objection, Repair
from ..types import FIGURES, MANAGE, READ

get_only = require_http_methods(["GET", "HEAD"])
MONTHS_SHOWN = 12


@get_only
@permitted(FIGURES)
def figures(request: HttpRequest) -> HttpResponse:
    """Every figure of a month in one's reach, by group."""
    month = queries.month_from(request.GET.get("month", ""), today=clock.today())
    groups: dict[str, list[Any]] = {}
    for figure in queries.figures(actor_of(request), month=month, at=clock.now()):
        groups.setdefault(str(figure.kind.group), []).append(figure)
    context = {"groups": groups.items(), "month": month, "months": _months()}
    return render(request, "credit/figures.html", context)


@get_only
@permitted(FIGURES)
def figure(request: HttpRequest, code: str) -> HttpResponse:
    """The rows one figure counts."""
    kind = queries.figure_kind(code)
    if kind is None:
        raise NotFound
    actor, at = actor_of(request), clock.now()
    month = queries.month_from(request.GET.get("month", ""), today=clock.today())
    page = queries.figure_rows(
        kind, actor, month=month, at=at, cursor=request.GET.get("cursor") or None
    )
    rows = [
        (row, number, queries.masked_name(row.subject), title, address)
        for row in page.items
        for number, title, address in [_shown(row, actor)]
    ]
    context = {"kind": kind, "page": page, "rows": rows, "month": month}
    return render(request, "credit/figure.html", context)


def _shown(row: Any, actor: Any) -> tuple[str, str, str]:
    """Number, title and address of a row; no address where its page is not open to the reader."""
    if isinstance(row, CreditRecord):
        may = actor.can(READ, agency_id=row.agency_id, region_path=row.region_path)
        title = "" if row.is_person else row.title
        return row.number, title, reverse("credit:desk_record", args=[row.pk]) if may else ""
    if isinstance(row, JointMeasure):
        may = actor.can(READ)
        address = reverse("credit:desk_entry", args=[row.entry_id]) if may else ""
        return row.entry.decision_number, row.kind.title, address
    names = {Objection: "desk_objection", Repair: "desk_repair", Complaint: "desk_complaint"}
    name = names.get(type(row), "desk_commitment")
    may = actor.can(
        MANAGE if name == "desk_complaint" else READ,
        agency_id=row.agency_id,
        region_path=row.region_path,
    )
    address = reverse(f"credit:{name}", args=[row.pk]) if may else ""
    return row.number, getattr(row, "title", ""), address


def _months() -> list[date]:
    """This month and those before, the newest first."""
    found = [clock.today().replace(day=1)]
    while len(found) < MONTHS_SHOWN:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found
