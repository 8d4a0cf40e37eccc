"""Licences brought in: from registers and tables, by their holders; checked at a window, sealed."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.kernel.tables import ROWS_MAX, UPLOAD_BYTES_MAX, TableTooLarge
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted, person_only
from lingnan.kernel.web.pages import render
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.platforms.documents import services as documents
from lingnan.security.masking.types import Purpose

from .. import queries, services, stock_access
from ..disclosure import shown_to
from ..grades import rule_for
from ..models import LicenceType, StockEntry
from ..rows import is_long, problems_in_words
from ..stock_forms import (
    CheckForm,
    DecideForm,
    DeclareForm,
    OriginalForm,
    StockFilterForm,
    StockForm,
    StockTableForm,
)
from ..types import BRING_IN, CHECK_ORIGINALS

show_or_send = require_http_methods(["GET", "HEAD", "POST"])


@show_or_send
@permitted(BRING_IN)
def stock(request: HttpRequest) -> HttpResponse:
    """What was brought in within reach; below, a table to bring in many."""
    actor = actor_of(request)
    types = queries.types(on=clock.today())
    table = StockTableForm(
        request.POST or None,
        request.FILES or None,
        types=[(row.code, localise(row.name)) for row in types],
    )
    context: dict[str, Any] = {"table": table, "types": types}
    status = 200
    if request.method == "POST":
        status = 422
        if table.is_valid():
            file = table.cleaned_data["file"]
            try:
                if (file.size or 0) > UPLOAD_BYTES_MAX:
                    raise TableTooLarge(limit=ROWS_MAX)
                content = file.read()
                if is_long(content):
                    begun = services.start_table(
                        content,
                        file_name=file.name or "table",
                        actor=actor,
                        agency_id=_agency(request),
                        type_code=table.cleaned_data["type_code"],
                        at=clock.now(),
                    )
                    return redirect("licences:stock_table", begun.pk)
                rows, made = services.bring_in_table(
                    content,
                    actor=actor,
                    agency_id=_agency(request),
                    type_code=table.cleaned_data["type_code"],
                    at=clock.now(),
                )
            except Refusal as refusal:
                table.add_error("file", refusal.text)
                status = refusal.status
            else:
                chosen = next(one for one in types if one.code == table.cleaned_data["type_code"])
                context["rows"] = [
                    (row.number, problems_in_words(row.told, chosen))
                    for row in rows
                    if row.problems
                ]
                if not context["rows"]:
                    done = _("%(count)s licences are brought in.") % {"count": len(made)}
                    messages.success(request, done)
                    return redirect("licences:stock")
    form = StockFilterForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    context |= {
        "form": form,
        "tables": stock_access.page_of_tables(actor, limit=5).items,
        "page": stock_access.page_of_entries(actor, state=state, cursor=request.GET.get("cursor")),
    }
    return render(request, "licences/desk_stock.html", context, status=status)


def _agency(request: HttpRequest) -> UUID:
    agency_id = actor_of(request).agency_id
    if agency_id is None:
        raise Forbidden(permission=BRING_IN)
    return agency_id


def _chosen(request: HttpRequest) -> tuple[list[LicenceType], LicenceType | None]:
    types = queries.types(on=clock.today())
    wanted = request.GET.get("type", "")
    return types, next((row for row in types if row.code == wanted), None)


@show_or_send
@permitted(BRING_IN)
def new(request: HttpRequest) -> HttpResponse:
    """One licence by hand, with the picture of its paper."""
    types, chosen = _chosen(request)
    context: dict[str, Any] = {"types": types, "chosen": chosen}
    if chosen is None:
        return render(request, "licences/desk_stock_new.html", context)
    definition = FormDefinition(chosen.fields_schema)
    form = StockForm(request.POST or None, request.FILES or None, holder_kinds=chosen.holder_kinds)
    context |= {"form": form, "bound": definition.bind({})}
    if request.method != "POST":
        return render(request, "licences/desk_stock_new.html", context)
    reading = definition.read(request.POST)
    context["bound"] = definition.bind(
        reading.data, problems=reading.problems, searches=reading.searches
    )
    is_whole = form.is_valid() and not (reading.stay or reading.problems)
    if not is_whole:
        return render(request, "licences/desk_stock_new.html", context, status=422)
    values, actor, at = form.cleaned_data, actor_of(request), clock.now()
    try:
        with transaction.atomic():
            entry = services.bring_in(
                actor=actor,
                agency_id=_agency(request),
                type_code=chosen.code,
                holder=form.given(),
                fields=reading.data,
                valid_from=values["valid_from"],
                valid_until=values["valid_until"],
                source_id=values["source_id"],
                issuer_name=values["issuer_name"],
                issuer_uscc=values["issuer_uscc"],
                at=at,
            )
            if values["scan"] and entry.scan_file_id is None:
                services.attach_scan(
                    actor=actor,
                    entry_id=entry.pk,
                    name=values["scan"].name or "scan",
                    content=values["scan"].read(),
                    at=at,
                )
    except Refusal as refusal:
        _put(form, refusal)
        return render(request, "licences/desk_stock_new.html", context, status=refusal.status)
    return redirect("licences:stock_entry", entry.pk)


def _put(form: Any, refusal: Refusal) -> None:
    """Each problem at its field, where the form has it; else what was refused as a whole."""
    if not refusal.fields:
        form.add_error(None, refusal.text)
    for problem in refusal.fields:
        place = problem.path if problem.path in form.fields else None
        form.add_error(place, str(problem.message))


@show_or_send
@permitted(BRING_IN)
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry: what it says, its picture, and the decision where one is needed."""
    actor = actor_of(request)
    found = stock_access.access_entry(actor=actor, entry_id=entry_id)
    may_accept = found.state == StockEntry.State.DIFFERS
    form, status = DecideForm(request.POST or None, may_accept=may_accept), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.decide_entry(
                    actor=actor,
                    entry_id=entry_id,
                    accept=form.cleaned_data["accept"] == "yes",
                    reason=form.cleaned_data["reason"],
                    at=clock.now(),
                )
            except NotFound:
                raise
            except Refusal as refusal:
                _put(form, refusal)
                status = refusal.status
            else:
                return redirect("licences:stock_entry", entry_id)
    content = services.open_entry(actor=actor, entry=found, at=clock.now())
    properties = found.type.fields_schema.get("properties", {})
    context = {
        "entry": found,
        "content": content,
        "fields": [
            (localise(properties.get(name, {}).get("x-title")) or name, value)
            for name, value in content["fields"].items()
        ],
        "scan": documents.file_link(found.scan_file_id) if found.scan_file_id else "",
        "form": form,
        "may_decide": found.state in (StockEntry.State.DIFFERS, StockEntry.State.WAITING),
    }
    return render(request, "licences/desk_stock_entry.html", context, status=status)


@show_or_send
@permitted(CHECK_ORIGINALS)
def originals(request: HttpRequest) -> HttpResponse:
    """A clerk opens a licence by its code, compares the original, and says that it agrees."""
    actor = actor_of(request)
    form: OriginalForm = OriginalForm(request.GET or None)
    context: dict[str, Any] = {"form": form}
    status = 200
    try:
        if request.method == "POST":
            form = context["form"] = CheckForm(request.POST)
            status = 422
            if form.is_valid():
                licence = services.check_original(actor=actor, at=clock.now(), **form.cleaned_data)
                messages.success(request, _("The licence is of grade B from now on."))
                return redirect("licences:verify_identifier", licence.identifier)
            wanted = request.POST
        else:
            wanted = request.GET
        if wanted.get("identifier") and wanted.get("code"):
            licence = services.licence_for_check(
                actor=actor, identifier=wanted["identifier"], code=wanted["code"]
            )
            card = queries.card(licence)
            services.note_look(
                actor=actor, licence=licence, purpose=_("comparing the original"), at=clock.now()
            )
            scan = getattr(licence, "stock_entry", None)
            context |= {
                "card": shown_to(actor, card, purpose=Purpose.DECIDE),
                "grade": localise(rule_for(card.grade, on=clock.today()).title),
                "scan": scan is not None and scan.scan_file_id is not None,
                "form": CheckForm(
                    request.POST if request.method == "POST" else None,
                    initial={"identifier": wanted["identifier"], "code": wanted["code"]},
                ),
                "may_check": card.grade in ("C", "D"),
            }
    except Refusal as refusal:
        _put(form, refusal) if form.is_bound else None
        context["refusal"], status = refusal, refusal.status
    return render(request, "licences/desk_originals.html", context, status=status)


@show_or_send
@person_only
def declare(request: HttpRequest) -> HttpResponse:
    """A licence of one's own: what it says and the picture of its paper."""
    actor = actor_of(request)
    types, chosen = _chosen(request)
    kind = actor.principal.kind if actor.principal else ""
    context: dict[str, Any] = {
        "types": [row for row in types if kind in row.holder_kinds],
        "chosen": chosen,
        "page": stock_access.page_of_declared(actor, cursor=request.GET.get("cursor")),
    }
    if chosen is None:
        return render(request, "licences/declare.html", context)
    definition = FormDefinition(chosen.fields_schema)
    form = DeclareForm(request.POST or None, request.FILES or None)
    context |= {"form": form, "bound": definition.bind({})}
    if request.method != "POST":
        return render(request, "licences/declare.html", context)
    reading = definition.read(request.POST)
    context["bound"] = definition.bind(
        reading.data, problems=reading.problems, searches=reading.searches
    )
    if not form.is_valid() or reading.stay or reading.problems:
        return render(request, "licences/declare.html", context, status=422)
    values = form.cleaned_data
    scan = (values["scan"].name or "scan", values["scan"].read()) if values["scan"] else None
    try:
        made = services.declare(
            actor=actor,
            type_code=chosen.code,
            fields=reading.data,
            valid_from=values["valid_from"],
            valid_until=values["valid_until"],
            issuer_name=values["issuer_name"],
            scan=scan,
            source_id=uuid4().hex,
            at=clock.now(),
        )
    except Refusal as refusal:
        _put(form, refusal)
        return render(request, "licences/declare.html", context, status=refusal.status)
    if made.licence_id is None:
        return redirect("licences:declare")
    return redirect("licences:show", made.licence_id)
