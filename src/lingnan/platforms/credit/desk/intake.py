"""Deliveries at the workbench: upload a table, read its report, export, look at the sources."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Malformed, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import access, queries, services
from ..columns import COLUMNS, DISCLOSED
from ..errors import DecisionWrong, SourceUnknown, TableTooLarge
from ..files import BYTES_MAX, ROWS_MAX, write_table
from ..forms import DecisionForm
from ..types import EXPORT, MANAGE, REPORT

get_only = require_http_methods(["GET", "HEAD"])


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(REPORT, MANAGE)
def deliveries(request: HttpRequest) -> HttpResponse:
    """Upload a table of decisions; the deliveries so far."""
    actor, at = actor_of(request), clock.now()
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise Malformed
            if (file.size or 0) > BYTES_MAX:
                raise TableTooLarge(limit=ROWS_MAX)
            batch = services.deliver_file(
                actor=actor,
                source_code=request.POST.get("source", ""),
                content=file.read(),
                file_name=file.name or "",
                dry_run=request.POST.get("dry_run") == "on",
                at=at,
            )
            return HttpResponseRedirect(reverse("credit:desk_batch", args=[batch.pk]))
        except Refusal as refusal:
            field = "source" if refusal.code.startswith("credit.source") else "file"
            problems = [FieldProblem(field, refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
    context = {
        "page": queries.batches(actor, cursor=request.GET.get("cursor") or None),
        "sources": [source for source in queries.sources(actor) if source.kind in COLUMNS],
        "problems": problems,
        "posted": request.POST,
        "may_report": actor.can(REPORT),
        "may_export": actor.can(EXPORT),
    }
    return render(request, "credit/desk_intake.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(REPORT)
def new_decision(request: HttpRequest) -> HttpResponse:
    """One decision typed by hand; `?source=` says of which kind."""
    actor = actor_of(request)
    source = access.reporting_source(actor, request.GET.get("source", ""))
    if source.kind not in COLUMNS:
        raise SourceUnknown(source_code=source.code)
    form = DecisionForm(source, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        try:
            batch = services.deliver_decision(
                actor=actor, source_code=source.code, row=form.row(), at=clock.now()
            )
            return HttpResponseRedirect(reverse("credit:desk_batch", args=[batch.pk]))
        except DecisionWrong as wrong:
            form.show(wrong.fields)
            status = wrong.status
    context = {"form": form, "source": source}
    return render(request, "credit/desk_new_decision.html", context, status=status)


@get_only
@permitted(REPORT, MANAGE)
def delivery(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """What became of each row."""
    batch = access.access_batch(actor_of(request), batch_id)
    rows = [row for row in batch.report if row["outcome"] == "refused"]
    rows += [row for row in batch.report if row["outcome"] != "refused"]
    context = {"batch": batch, "rows": rows[:500], "hidden": max(0, len(rows) - 500)}
    return render(request, "credit/desk_batch.html", context)


@get_only
@permitted(REPORT, EXPORT)
def export(request: HttpRequest) -> HttpResponse:
    """The decisions of one's agency in the national columns; `empty=1` gives the empty table."""
    actor = actor_of(request)
    kind = request.GET.get("kind", "penalty")
    if kind not in COLUMNS or (kind not in DISCLOSED and not request.GET.get("empty")):
        raise Malformed
    if request.GET.get("empty"):
        content = write_table([column.name for column in COLUMNS[kind]], [])
    else:
        actor.check(EXPORT)
        content = services.export_records(
            actor=actor,
            kind=kind,
            since=_day(request, "since"),
            until=_day(request, "until"),
            at=clock.now(),
        )
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return response


@get_only
@permitted(REPORT, MANAGE)
def sources(request: HttpRequest) -> HttpResponse:
    """The registered catalogues: what, by whom, on which legal basis, how fresh."""
    found = queries.sources(actor_of(request))
    stale = {source.pk for source in queries.stale_sources(clock.now())}
    context = {"rows": [(source, source.pk in stale) for source in found]}
    return render(request, "credit/desk_sources.html", context)


def _day(request: HttpRequest, name: str) -> date | None:
    text = request.GET.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Malformed(fields=[FieldProblem(name, "credit.not_a_date", text[:20])]) from error
