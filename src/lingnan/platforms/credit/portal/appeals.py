"""Objecting, applying for repair, answering a notice: for oneself or the firm one acts for."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Malformed, NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, person_only
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.workflow import queries as workflow

from .. import access, queries, services
from ..models import Objection, Repair
from ..types import OBJECTION_SUBJECT, REPAIR_SUBJECT, AppealState, Grade, Ground

page = require_http_methods(["GET", "HEAD", "POST"])
FIELDS = {
    "credit.reason_missing": "text",
    "credit.proof_missing": "files",
    "credit.promise_missing": "promises",
    "credit.promise_changed": "promises",
}


def evidence_of(request: HttpRequest) -> list[services.Evidence]:
    """The files of a form, as they came."""
    return [
        services.Evidence(file.name or "", file.read()) for file in request.FILES.getlist("files")
    ]


@page
@person_only
def object_to(request: HttpRequest, thing: str, thing_id: UUID) -> HttpResponse:
    """Object to a record or an entry: why, in one's own words, with proof."""
    target = _target(request, thing, thing_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            ground = request.POST.get("ground", "")
            if ground not in Ground.values:
                raise Malformed(
                    fields=[FieldProblem("ground", "input.missing", _("Choose a reason."))]
                )
            made = services.open_objection(
                actor=actor_of(request),
                **_ids(thing, thing_id),
                ground=ground,
                text=request.POST.get("text", ""),
                files=evidence_of(request),
                at=clock.now(),
            )
            messages.success(request, _("Your objection is on its way; the record is marked."))
            return HttpResponseRedirect(reverse("credit:own_objection", args=[made.pk]))
        except Refusal as refusal:
            problems, status = problems_of(refusal), refusal.status
    context = {
        **target,
        "grounds": Ground.choices,
        "problems": problems,
        "posted": request.POST,
        "is_objection": True,
        "refusal": None if problems else _refusal(services.check_objectable, target),
        "periods": queries.rule("objection", clock.today()).parameters,
    }
    return render(request, "credit/own_appeal_form.html", context, status=status)


@page
@person_only
def repair(request: HttpRequest, thing: str, thing_id: UUID) -> HttpResponse:
    """Apply for the repair of a record or an entry."""
    target = _target(request, thing, thing_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            made = services.apply_for_repair(
                actor=actor_of(request),
                **_ids(thing, thing_id),
                text=request.POST.get("text", ""),
                promised_version=request.POST.get("promises", ""),
                files=evidence_of(request),
                at=clock.now(),
            )
            messages.success(request, _("Your application for repair is on its way."))
            return HttpResponseRedirect(reverse("credit:own_repair", args=[made.pk]))
        except Refusal as refusal:
            problems, status = problems_of(refusal), refusal.status
    record = target["record"]
    context = {
        **target,
        "problems": problems,
        "posted": request.POST,
        "refusal": None if problems else _refusal(services.check_repairable, target),
        "promise": services.PROMISE,
        "needs_proof": record is None or record.grade != Grade.MINOR,
        "periods": queries.rule("repair", clock.today()).parameters,
    }
    return render(request, "credit/own_appeal_form.html", context, status=status)


def _refusal(check: Callable[..., object], target: dict[str, Any]) -> Refusal | None:
    """Why it cannot be done today, so that nobody fills in a form in vain."""
    try:
        check(record=target["record"], entry=target["entry"], at=clock.now())
    except Refusal as refusal:
        return refusal
    return None


def _target(request: HttpRequest, thing: str, thing_id: UUID) -> dict[str, Any]:
    actor = actor_of(request)
    if thing not in {"records", "rosters"}:
        raise NotFound
    if thing == "records":
        record = access.own_record(actor, thing_id)
        return {
            "record": record,
            "entry": None,
            "rule": queries.rule(record.rule_code, record.fact_on),
            "number": record.number,
            "title": record.title,
            "agency_name": record.agency_name,
            "back": reverse("credit:own_record", args=[record.pk]),
        }
    entry = access.own_entry(actor, thing_id)
    return {
        "record": None,
        "entry": entry,
        "number": entry.decision_number or entry.number,
        "title": entry.kind.title,
        "agency_name": entry.agency_name,
        "back": reverse("credit:own_entry", args=[entry.pk]),
    }


def _ids(thing: str, thing_id: UUID) -> dict[str, Any]:
    return {"record_id" if thing == "records" else "entry_id": thing_id}


def problems_of(refusal: Refusal) -> list[FieldProblem]:
    """What a refusal says at the fields of a form about an appeal."""
    if refusal.fields:
        return list(refusal.fields)
    field = FIELDS.get(refusal.code, "files" if refusal.code.startswith("documents") else "text")
    return [FieldProblem(field, refusal.code, f"{refusal.text} {refusal.remedy}".strip())]


@page
@person_only
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry one was told of: the papers, one's statement, what can be done."""
    actor, at = actor_of(request), clock.now()
    row = access.own_entry(actor, entry_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            text = request.POST.get("text", "")
            services.make_statement(actor=actor, entry_id=entry_id, text=text, at=at)
            messages.success(request, _("Your statement has arrived."))
            return HttpResponseRedirect(request.path)
        except Refusal as refusal:
            problems, status = problems_of(refusal), refusal.status
    today = clock.local_date(at)
    context = {
        "row": row,
        "papers": row.papers.order_by("dated_at"),
        "measures": row.measures.select_related("kind").order_by("kind__code", "agency_name"),
        "may_state": row.state == "notified"
        and row.stated_at is None
        and row.statement_due_on is not None
        and today <= row.statement_due_on,
        "stands": row.stands(today),
        "may_repair": row.repair_from is not None and row.repair_from <= today,
        "problems": problems,
        "posted": request.POST,
    }
    return render(request, "credit/own_entry.html", context, status=status)


@page
@person_only
def objection(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """One objection: where it stands, until when it is promised, the answer."""
    return _appeal(request, Objection, appeal_id, OBJECTION_SUBJECT)


@page
@person_only
def own_repair(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """One application for repair."""
    return _appeal(request, Repair, appeal_id, REPAIR_SUBJECT)


def _appeal(
    request: HttpRequest, model: type[Objection] | type[Repair], appeal_id: UUID, kind: str
) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    row = access.own_appeal(actor, model, appeal_id)
    if request.method == "POST":
        services.withdraw_appeal(actor=actor, model=model, appeal_id=appeal_id, at=at)
        messages.success(request, _("It is taken back."))
        return HttpResponseRedirect(request.path)
    stand = workflow.clock(row.instance_id, at=at) if row.instance_id else None
    due_on = stand.promised_due_on if stand else None
    context = {
        "row": row,
        "is_objection": model is Objection,
        "place": "objections" if model is Objection else "repairs",
        "is_open": row.state == AppealState.OPEN,
        "clock": stand,
        "steps": workflow.current_steps(row.instance_id) if row.instance_id else [],
        "timeline": workflow.timeline(kind, row.pk, audience="citizen"),
        "files": documents.files_of(kind, row.pk),
        "shown": queries.shown_record(row.record, whole=True) if row.record else None,
        "may_complain": row.state not in {AppealState.OPEN, AppealState.WITHDRAWN}
        or (row.state == AppealState.OPEN and due_on is not None and due_on < clock.today()),
    }
    return render(request, "credit/own_appeal.html", context)
