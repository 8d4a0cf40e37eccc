"""Issuing outside a case, from the desk: one licence, or a table of them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.kernel.tables import CONTENT_TYPES, ROWS_MAX, UPLOAD_BYTES_MAX, TableTooLarge
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard

from .. import queries, rows, services
from ..access import access_batch
from ..forms import BatchForm, IssueForm
from ..models import Batch, BatchRow, Licence, LicenceType
from ..types import BRING_IN, ISSUE

_UNDER_WAY = (Batch.State.READY, Batch.State.STOPPED, Batch.State.RUNNING)

show_or_send = require_http_methods(["GET", "HEAD", "POST"])


@show_or_send
@permitted(ISSUE)
def issue(request: HttpRequest) -> HttpResponse:
    """Choose the type; then fill in holder, term and what the licence says."""
    agency = _agency(request)
    types = queries.types_issued_by(agency, on=clock.today())
    wanted = request.GET.get("type", "")
    chosen = next((row for row in types if row.code == wanted), None)
    if chosen is None:
        return render(request, "licences/desk_issue.html", {"types": types, "agency": agency})
    definition = FormDefinition(chosen.fields_schema)
    renewed = _renewed(request, chosen)
    if request.method != "POST":
        form = IssueForm(holder_kinds=chosen.holder_kinds, initial=_initial(renewed))
        data = queries.card(renewed).fields if renewed else {}
        return _issue_page(request, agency, chosen, form, definition.bind(data))
    form = IssueForm(request.POST, holder_kinds=chosen.holder_kinds)
    reading = definition.read(request.POST)
    bound = definition.bind(reading.data, problems=reading.problems, searches=reading.searches)
    if reading.stay or reading.problems or not form.is_valid():
        form.is_valid()
        return _issue_page(request, agency, chosen, form, bound, status=422)
    try:
        licence = services.issue_outside(
            actor=actor_of(request),
            agency_id=agency.id,
            type_code=chosen.code,
            holder=form.given(),
            fields=reading.data,
            valid_from=form.cleaned_data["valid_from"],
            valid_until=form.cleaned_data["valid_until"],
            source_id=form.cleaned_data["source_id"],
            supersedes=form.cleaned_data["supersedes"],
            at=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, refusal.text)
        for problem in refusal.fields:
            form.add_error(None, str(problem.message))
        return _issue_page(request, agency, chosen, form, bound, status=refusal.status)
    messages.success(request, _("The licence is issued; the holder sees it in the wallet."))
    return redirect("licences:desk_licence", licence.pk)


def _agency(request: HttpRequest) -> AgencyCard:
    actor = actor_of(request)
    if actor.agency_id is None:
        raise Forbidden(permission=ISSUE)
    return agencies.agency(actor.agency_id)


def _renewed(request: HttpRequest, chosen: LicenceType) -> Licence | None:
    """The licence to be renewed, named in the address, if it is the agency's own."""
    found = queries.by_identifier(request.GET.get("renew", ""))
    own = found is not None and found.agency_id == actor_of(request).agency_id
    return found if own and found is not None and found.type_code == chosen.code else None


def _initial(renewed: Licence | None) -> dict[str, object]:
    if renewed is None:
        return {"valid_from": clock.today().isoformat()}
    card = queries.card(renewed)
    return {
        "holder_kind": card.holder_kind,
        "holder_name": card.holder_name,
        "holder_number": card.holder_code,
        "valid_from": clock.today().isoformat(),
        "supersedes": card.identifier,
    }


def _issue_page(
    request: HttpRequest,
    agency: AgencyCard,
    chosen: LicenceType,
    form: IssueForm,
    bound: object,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"agency": agency, "chosen": chosen, "form": form, "bound": bound}
    return render(request, "licences/desk_issue.html", context, status=status)


@show_or_send
@permitted(ISSUE)
def batches(request: HttpRequest) -> HttpResponse:
    """Send a table; earlier ones below."""
    agency, actor = _agency(request), actor_of(request)
    types = queries.types_issued_by(agency, on=clock.today())
    names = [(row.code, localise(row.name)) for row in types]
    form = BatchForm(request.POST or None, request.FILES or None, types=names)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                if (file.size or 0) > UPLOAD_BYTES_MAX:
                    raise TableTooLarge(limit=ROWS_MAX)
                batch = services.plan_batch(
                    file.read(),
                    file_name=file.name or "",
                    type_code=form.cleaned_data["type_code"],
                    agency_id=agency.id,
                    actor=actor,
                    at=clock.now(),
                )
            except Refusal as refusal:
                form.add_error("file", refusal.text)
                status = refusal.status
            else:
                return redirect("licences:batch", batch.pk)
    page = queries.page_of_batches(actor, cursor=request.GET.get("cursor"))
    context = {"form": form, "types": types, "page": page, "agency": agency}
    return render(request, "licences/desk_batches.html", context, status=status)


@require_GET
@permitted(ISSUE)
def batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """One table: how far it is, what is wrong in which row, what was made."""
    found = access_batch(actor=actor_of(request), batch_id=batch_id)
    return _batch_page(request, found)


def _in_words(row: BatchRow) -> list[tuple[str, str]]:
    told = [(problem["field"], problem["message"]) for problem in row.problems]
    return rows.problems_in_words(told, row.batch.type)


def _batch_page(
    request: HttpRequest, found: Batch, *, refusal: Refusal | None = None
) -> HttpResponse:
    only_problems = found.state == Batch.State.REFUSED and "all" not in request.GET
    page = queries.page_of_rows(
        found, only_problems=only_problems, cursor=request.GET.get("cursor")
    )
    context = {
        "batch": found,
        "page": page,
        "lines": [(row, _in_words(row)) for row in page.items],
        "refusal": refusal,
        "may_start": found.state in (Batch.State.READY, Batch.State.STOPPED),
        "may_drop": found.state in _UNDER_WAY,
        "is_running": found.state == Batch.State.RUNNING,
    }
    status = refusal.status if refusal else 200
    return render(request, "licences/desk_batch.html", context, status=status)


@require_POST
@permitted(ISSUE)
def act_on_batch(request: HttpRequest, batch_id: UUID, act: str) -> HttpResponse:
    """Start, go on, or give up."""
    verbs = {"start": services.start_batch, "drop": services.drop_batch}
    if act not in verbs:
        raise NotFound(act=act)
    actor = actor_of(request)
    try:
        verbs[act](batch_id=batch_id, actor=actor, at=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _batch_page(request, access_batch(actor=actor, batch_id=batch_id), refusal=refusal)
    return redirect("licences:batch", batch_id)


@require_GET
@permitted(ISSUE)
def batch_report(request: HttpRequest, batch_id: UUID, kind: str) -> HttpResponse:
    """The report as a table. Raises: NotFound (404)."""
    if kind not in CONTENT_TYPES:
        raise NotFound(kind=kind)
    found = access_batch(actor=actor_of(request), batch_id=batch_id)
    lines = [
        (row.number, *problem, row.licence.identifier if row.licence else "")
        for row in found.rows.select_related("licence").order_by("number")
        for problem in (_in_words(row) or [("", "")])
    ]
    response = HttpResponse(rows.report_table(lines, kind), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="report-{found.pk}.{kind}"'
    return response


@require_GET
@permitted(ISSUE, BRING_IN)
def template(request: HttpRequest, type_code: str, kind: str) -> HttpResponse:
    """The empty table of a type. Raises: LicenceTypeUnknown, NotFound (404)."""
    if kind not in CONTENT_TYPES:
        raise NotFound(kind=kind)
    chosen = queries.type_in_force(type_code, on=clock.today())
    response = HttpResponse(rows.template(chosen, kind), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{chosen.code}.{kind}"'
    return response
