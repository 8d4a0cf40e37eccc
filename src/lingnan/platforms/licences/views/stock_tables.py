"""A long table of licences brought in: how far it is, and what is wrong in it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.tables import CONTENT_TYPES
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import services, stock_access
from ..models import StockTable
from ..rows import problems_table, title_of
from ..types import BRING_IN


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(BRING_IN)
def table(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Its state and its report; one that stopped goes on by the button, or is given up."""
    actor = actor_of(request)
    context: dict[str, object] = {}
    status = 200
    if request.method == "POST":
        try:
            is_given_up = request.POST.get("act") == "drop"
            verb = services.drop_table if is_given_up else services.resume_table
            verb(actor=actor, table_id=table_id, at=clock.now())
        except NotFound:
            raise
        except Refusal as refusal:
            context["refusal"], status = refusal, refusal.status
        else:
            return redirect("licences:stock_table", table_id)
    found = stock_access.access_table(actor=actor, table_id=table_id)
    going = (StockTable.State.CHECKING, StockTable.State.TAKING)
    context |= {
        "table": found,
        "is_running": found.state in going,
        "may_drop": found.file_id is not None,
        "problems": [
            {**one, "title": title_of(str(one["field"]), found.type)} for one in found.problems
        ],
    }
    return render(request, "licences/desk_stock_table.html", context, status=status)


@require_GET
@permitted(BRING_IN)
def report(request: HttpRequest, table_id: UUID, kind: str) -> HttpResponse:
    """The first problems of a table as a table. Raises: NotFound (404)."""
    if kind not in CONTENT_TYPES:
        raise NotFound(kind=kind)
    found = stock_access.access_table(actor=actor_of(request), table_id=table_id)
    lines = [
        (int(one["row"]), title_of(str(one["field"]), found.type), str(one["message"]))
        for one in found.problems
    ]
    response = HttpResponse(problems_table(lines, kind), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="report-{found.pk}.{kind}"'
    return response
