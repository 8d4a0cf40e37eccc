"""Working on rosters, objections and repairs: facts left, the step at hand right, history below."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Malformed, Refusal
from lingnan.kernel.web.guard import actor_of, officer_only, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.workflow import queries as workflow
from lingnan.platforms.workflow import services as workflow_services
from lingnan.platforms.workflow.types import TaskFilters

from .. import access, queries, services
from ..models import MeasureFeedback, Objection, Repair, RosterKind
from ..services.objections import TEXT_COLUMNS
from ..types import (
    APPLY,
    DECIDE,
    LIST,
    OBJECTION_SUBJECT,
    READ,
    REPAIR_SUBJECT,
    ROSTER_SUBJECT,
    EntryState,
    MeasureState,
)

get_only = require_http_methods(["GET", "HEAD"])
page = require_http_methods(["GET", "HEAD", "POST"])
Complete = Callable[[Actor, UUID, HttpRequest, datetime], object]


def _plain(actor: Actor, task_id: UUID, request: HttpRequest, at: datetime) -> object:
    return workflow_services.complete_task(
        actor=actor,
        task_id=task_id,
        outcome=request.POST.get("outcome", ""),
        opinion=request.POST.get("opinion", "")[:4000],
        at=at,
    )


def _with_changes(actor: Actor, task_id: UUID, request: HttpRequest, at: datetime) -> object:
    return services.work_on_objection(
        actor=actor,
        task_id=task_id,
        outcome=request.POST.get("outcome", ""),
        opinion=request.POST.get("opinion", "")[:4000],
        changes={key: str(value) for key, value in request.POST.items()},
        at=at,
    )


def work_on(
    request: HttpRequest,
    *,
    kind: str,
    row: Any,
    template: str,
    context: dict[str, Any],
    complete: Complete = _plain,
) -> HttpResponse:
    """The page of one matter; a POST finishes the step at hand."""
    actor, at = actor_of(request), clock.now()
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            complete(actor, _task_id(request), request, at)
            messages.success(request, _("The step is finished."))
            return HttpResponseRedirect(request.path)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            problems = list(refusal.fields) or [
                FieldProblem("opinion", refusal.code, f"{refusal.text} {refusal.remedy}".strip())
            ]
            status = refusal.status
    found = workflow.open_tasks(actor, TaskFilters(subject_kind=kind, number=row.number), at=at)
    tasks = [task for task in found.items if task.subject_id == row.pk]
    context |= {
        "row": row,
        "task": tasks[0] if tasks else None,
        "outcomes": [
            (code, workflow.outcome_label(code)) for code in (tasks[0].outcomes if tasks else ())
        ],
        "steps": workflow.current_steps(row.instance_id) if row.instance_id else [],
        "clock": workflow.clock(row.instance_id, at=at) if row.instance_id else None,
        "can_amend": bool(tasks) and "amend" in tasks[0].outcomes,
        "timeline": workflow.timeline(kind, row.pk, audience="officer"),
        "problems": problems,
        "posted": request.POST,
    }
    return render(request, template, context, status=status)


def _task_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("task", ""))
    except ValueError as error:
        raise Malformed from error


@page
@officer_only
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry of a roster, from lead to removal."""
    actor, at = actor_of(request), clock.now()
    row = access.access_entry(actor, entry_id)
    context: dict[str, Any] = {
        "evidence": [queries.shown_record(r, whole=True) for r in _evidence(row)],
        "papers": row.papers.order_by("dated_at"),
        "measures": row.measures.select_related("kind").order_by("kind__code", "agency_name"),
        "may_revoke": row.state == EntryState.LISTED
        and actor.can(DECIDE, agency_id=row.agency_id, region_path=row.region_path),
    }
    if request.method == "POST" and request.POST.get("act") == "revoke":
        try:
            reason = request.POST.get("reason", "")
            services.revoke_entry(actor=actor, entry_id=entry_id, reason=reason, at=at)
            return HttpResponseRedirect(request.path)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            context["revoke_problems"] = [FieldProblem("reason", refusal.code, refusal.text)]
            request.method = "GET"
    return work_on(
        request,
        kind=ROSTER_SUBJECT,
        row=row,
        template="credit/desk_entry.html",
        context=context,
    )


def _evidence(row: Any) -> list[Any]:
    return list(row.evidence.select_related("subject", "source").order_by("fact_on"))


@page
@officer_only
def objection(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """One objection: what is disputed, what the subject says, the step at hand."""
    row = access.access_appeal(actor_of(request), Objection, appeal_id)
    return work_on(
        request,
        kind=OBJECTION_SUBJECT,
        row=row,
        template="credit/desk_appeal.html",
        context={**_appeal(row, OBJECTION_SUBJECT), "is_objection": True},
        complete=_with_changes,
    )


@page
@officer_only
def repair(request: HttpRequest, appeal_id: UUID) -> HttpResponse:
    """One application for repair."""
    row = access.access_appeal(actor_of(request), Repair, appeal_id)
    return work_on(
        request,
        kind=REPAIR_SUBJECT,
        row=row,
        template="credit/desk_appeal.html",
        context=_appeal(row, REPAIR_SUBJECT),
    )


def _appeal(row: Any, kind: str) -> dict[str, Any]:
    shown = queries.shown_record(row.record, whole=True) if row.record else None
    columns = dict(row.record.data) if row.record else {}
    return {
        "shown": shown,
        "record": row.record,
        "files": documents.files_of(kind, row.pk),
        "columns": [(name, columns[name]) for name in TEXT_COLUMNS if columns.get(name)],
        "rule": queries.rule(row.record.rule_code, row.record.fact_on) if row.record else None,
    }


@get_only
@permitted(READ)
def rosters(request: HttpRequest) -> HttpResponse:
    """The entries in one's reach, from lead to removal."""
    actor = actor_of(request)
    state = request.GET.get("state", "")
    context = {
        "page": queries.entries(actor, state=state, cursor=request.GET.get("cursor") or None),
        "state": state,
        "states": EntryState.choices,
        "may_list": actor.can(LIST),
    }
    return render(request, "credit/desk_rosters.html", context)


@page
@permitted(LIST)
def new_lead(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Begin the procedure: which roster, what happened, which records prove it."""
    actor, at = actor_of(request), clock.now()
    subject = access.access_archive(actor, subject_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            made = services.open_lead(
                actor=actor,
                subject_id=subject_id,
                roster=request.POST.get("roster", ""),
                facts=request.POST.get("facts", ""),
                evidence_ids=[UUID(text) for text in request.POST.getlist("evidence")],
                at=at,
            )
            return HttpResponseRedirect(reverse("credit:desk_entry", args=[made.pk]))
        except ValueError as error:
            raise Malformed from error
        except Refusal as refusal:
            if refusal.status == 404 and refusal.code != "credit.roster_unknown":
                raise
            fields = {"credit.facts_missing": "facts", "credit.evidence_missing": "evidence"}
            field = fields.get(refusal.code, "roster")
            problems = [FieldProblem(field, refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
    else:
        services.record_view(actor=actor, subject=subject, purpose="名单认定线索核查", at=at)
    context = {
        "subject": subject,
        "kinds": RosterKind.objects.order_by("nature", "code"),
        "records": queries.latest_records(subject).order_by("-fact_on")[:50],
        "problems": problems,
        "posted": request.POST,
        "marked": request.POST.getlist("evidence"),
    }
    return render(request, "credit/desk_lead.html", context, status=status)


@page
@permitted(APPLY)
def measures(request: HttpRequest) -> HttpResponse:
    """The measures one's agency carries out; say what was done."""
    actor, at = actor_of(request), clock.now()
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            services.give_feedback(
                actor=actor,
                measure_id=UUID(request.POST.get("measure", "")),
                action=_action(request.POST.get("action", "")),
                reference=request.POST.get("reference", ""),
                note=request.POST.get("note", ""),
                at=at,
            )
            messages.success(request, _("The feedback is recorded."))
            return HttpResponseRedirect(reverse("credit:desk_measures"))
        except ValueError as error:
            raise Malformed from error
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            problems = [FieldProblem("action", refusal.code, refusal.text)]
            status = refusal.status
    state = request.GET.get("state", MeasureState.IN_FORCE)
    context = {
        "page": queries.measures(actor, state=state, cursor=request.GET.get("cursor") or None),
        "state": state,
        "states": MeasureState.choices,
        "actions": ACTIONS,
        "problems": problems,
    }
    return render(request, "credit/desk_measures.html", context, status=status)


def _action(text: str) -> str:
    if text not in MeasureFeedback.Action.values:
        raise Malformed
    return text


ACTIONS = tuple(MeasureFeedback.Action.values)
