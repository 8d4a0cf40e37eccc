"""Review, site inspection and decision.

Source: Administrative Licensing Law art. 34, 38, 42; reference 1.10.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.text import LocalisedText, localise
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item
from lingnan.standards.regions import queries as regions

from .. import access
from ..errors import (
    InspectionDateWrong,
    InspectionNeedsTwo,
    ReasonRequired,
    WrongState,
)
from ..events import CaseDecided
from ..models import ApplicantBar, Case, Decision, SiteInspection
from ..types import (
    DECIDE,
    IN_PROGRESS,
    INSPECT,
    REVIEW,
    CaseState,
    Finding,
    NoticeKind,
    Result,
)
from . import eligibility, materials, notices, state, tasks

DECIDE_STEP = "decide"
INSPECT_STEP = "inspect"
FRONT_STEPS = ("accept", DECIDE_STEP)

RECONSIDERATION_DAYS = 60
"""Calendar days to ask for reconsideration. Source: Administrative Reconsideration Law art. 20."""
LITIGATION_MONTHS = 6
"""Months to sue. Source: Administrative Litigation Law art. 46."""


@transaction.atomic
def review_case(
    *,
    actor: Actor,
    case_id: UUID,
    outcome: str = "pass",
    opinion: str = "",
    form: Mapping[str, Any] | None = None,
    task_id: UUID | None = None,
    at: datetime,
) -> Case:
    """Complete the actor's review step. The step's process says which outcomes it has.

    A negative outcome needs a written opinion.
    Raises: CaseNotFound, NoTask, ReasonRequired, workflow's refusals.
    """
    if outcome not in ("pass", "agree", "approve") and not opinion.strip():
        raise ReasonRequired
    case = tasks.complete(
        actor=actor,
        case_id=case_id,
        permission=REVIEW,
        step=None,
        but_not=FRONT_STEPS,
        task_id=task_id,
        outcome=outcome,
        opinion=opinion,
        form=form,
        at=at,
    )
    mark_in_review(case.pk, at=at)
    case.refresh_from_db()
    return case


@transaction.atomic
def return_step(
    *, actor: Actor, case_id: UUID, reason: str, task_id: UUID | None = None, at: datetime
) -> Case:
    """Send the case back to the step before (outcome `return`), saying why.

    Raises: ReasonRequired, and as `review_case`.
    """
    if not reason.strip():
        raise ReasonRequired
    return tasks.complete(
        actor=actor,
        case_id=case_id,
        permission=REVIEW if not actor.can(DECIDE) else DECIDE,
        step=None,
        but_not=("accept",),
        task_id=task_id,
        outcome="return",
        opinion=reason,
        at=at,
    )


@transaction.atomic
def record_inspection(
    *,
    actor: Actor,
    case_id: UUID,
    inspected_on: date,
    inspectors: Sequence[str],
    findings: Sequence[Finding],
    result: str,
    summary: str = "",
    complete_step: bool = True,
    task_id: UUID | None = None,
    at: datetime,
) -> SiteInspection:
    """Write down a site inspection, and complete the inspection step with its result as outcome.

    Raises: InspectionNeedsTwo, InspectionDateWrong, ReasonRequired (a failed point or result
    without words), CaseNotFound, NoTask, WrongState.
    Source: Administrative Licensing Law art. 34(3).
    """
    names = list(dict.fromkeys(name.strip() for name in inspectors if name.strip()))
    if len(names) < 2:
        raise InspectionNeedsTwo
    outcome = SiteInspection.Result(result)
    if any(not finding.met and not finding.note.strip() for finding in findings):
        raise ReasonRequired
    if outcome != SiteInspection.Result.PASSED and not summary.strip():
        raise ReasonRequired
    case = access.officer_case(actor, case_id, INSPECT)
    if case.state not in IN_PROGRESS or case.accepted_at is None:
        raise WrongState(state=str(CaseState(case.state).label))
    if not local_date(case.accepted_at) <= inspected_on <= local_date(at):
        raise InspectionDateWrong
    step = task_id or (tasks.task_of(actor, case, step=INSPECT_STEP) if complete_step else None)
    inspection = SiteInspection.objects.create(
        case=case,
        inspected_on=inspected_on,
        inspectors=names,
        findings=[
            {"point": finding.point, "met": finding.met, "note": finding.note}
            for finding in findings
        ],
        result=outcome,
        summary=summary,
        officer_id=actor.officer_id,
        recorded_at=at,
    )
    if step is not None:
        tasks.complete(
            actor=actor,
            case_id=case_id,
            permission=INSPECT,
            step=INSPECT_STEP,
            task_id=step,
            outcome=outcome,
            opinion=summary,
            form={"inspection_id": str(inspection.pk), "result": outcome.value},
            at=at,
        )
    locked = state.lock_case(case.pk)
    state.check_not_submitter(locked, actor)
    state.check_state(locked, IN_PROGRESS | {CaseState.GRANTED, CaseState.DENIED})
    state.record(
        locked,
        actor=actor,
        act="government_services.case.record_inspection",
        at=at,
        result=outcome.value,
    )
    mark_in_review(case.pk, at=at)
    return inspection


@transaction.atomic
def decide_case(
    *,
    actor: Actor,
    case_id: UUID,
    outcome: str,
    reason: str = "",
    legal_basis: Sequence[str] = (),
    conditions: str = "",
    false_materials: bool = False,
    task_id: UUID | None = None,
    at: datetime,
) -> Case:
    """Grant, deny or send back. A denial needs its reason and says where to object.

    `false_materials` closes the item to the applicant for a year (art. 78); only with a denial.
    Raises: ReasonRequired, CaseNotFound, NoTask, WrongState, identity's SelfApproval, workflow's.
    Source: Administrative Licensing Law art. 38.
    """
    if outcome in ("deny", "return") and not reason.strip():
        raise ReasonRequired
    return tasks.complete(
        actor=actor,
        case_id=case_id,
        permission=DECIDE,
        step=DECIDE_STEP,
        task_id=task_id,
        outcome=outcome,
        opinion=reason,
        form={
            "reason": reason,
            "legal_basis": list(legal_basis),
            "conditions": conditions,
            "false_materials": false_materials and outcome == "deny",
        },
        at=at,
    )


def act_grant(call: ActionCall) -> dict[str, object]:
    """准予: the decision, its notice, its event. Raises: LicenceLapsed, OriginalNotSeen."""
    case = state.lock_case(call.subject_id)
    materials.check_standing(case, actor=call.actor, at=call.at)
    return _decide(call, Decision.Outcome.GRANTED)


def act_deny(call: ActionCall) -> dict[str, object]:
    """不予: with reason and remedies. Raises: ReasonRequired."""
    return _decide(call, Decision.Outcome.DENIED)


def act_forward(call: ActionCall) -> dict[str, object]:
    """转报: the case goes to a higher agency; here it ends. Variable `forward_to`: its name."""
    form = tasks.form_of(call, DECIDE_STEP)
    case = state.lock_case(call.subject_id)
    state.check_not_submitter(case, call.actor)
    state.move(case, CaseState.FORWARDED, at=call.at)
    state.conclude(case, result=Result.FORWARDED, at=call.at)
    state.record(
        case,
        actor=call.actor,
        act="government_services.case.forward",
        at=call.at,
        to=str(call.variables.get("forward_to") or form.get("forward_to") or ""),
    )
    return {"result": Result.FORWARDED.value}


def mark_in_review(case_id: UUID, *, at: datetime) -> None:
    """From accepted to under review, once the first step after acceptance is done."""
    Case.objects.filter(pk=case_id, state=CaseState.ACCEPTED).update(
        state=CaseState.REVIEW, state_since=at
    )


def _decide(call: ActionCall, outcome: Decision.Outcome) -> dict[str, object]:
    form = tasks.form_of(call, DECIDE_STEP)
    reason = str(form.get("reason") or call.variables.get(f"{DECIDE_STEP}_opinion") or "").strip()
    is_denied = outcome == Decision.Outcome.DENIED
    if is_denied and not reason:
        raise ReasonRequired
    workflow.end_clock(instance_id=call.instance_id, actor=call.actor, at=call.at)
    case = state.lock_case(call.subject_id)
    state.check_not_submitter(case, call.actor)
    item = matters.item_version(case.item_version_id)
    basis = [str(entry) for entry in form.get("legal_basis") or []] or _item_basis(item)
    remedy = _remedy(case, item)
    state.move(
        case,
        CaseState.DENIED if is_denied else CaseState.GRANTED,
        at=call.at,
        decided_at=call.at,
        result=Result.DENIED if is_denied else Result.GRANTED,
    )
    decision = Decision.objects.create(
        case=case,
        outcome=outcome,
        reason=reason,
        legal_basis=basis,
        remedy=remedy,
        conditions=str(form.get("conditions") or ""),
        decided_at=call.at,
        officer_id=call.actor.officer_id,
        officer_name=call.actor.name,
    )
    if is_denied:
        if form.get("false_materials"):
            eligibility.bar_applicant(
                case,
                basic_code=item.basic_code,
                ground=ApplicantBar.Ground.FALSE_MATERIALS,
                at=call.at,
            )
        state.conclude(case, result=Result.DENIED, at=call.at)
    notices.write_notice(
        case,
        NoticeKind.DECISION,
        at=call.at,
        outcome=outcome.value,
        reason=reason,
        legal_basis=basis,
        remedy=remedy if is_denied else {},
        conditions=decision.conditions,
    )
    state.record(
        case, actor=call.actor, act=f"government_services.case.{outcome.value}", at=call.at
    )
    assert case.accepted_at is not None, "only accepted cases are decided"
    events.publish(
        CaseDecided(
            case_id=case.pk,
            item_code=case.item_code,
            deciding_agency_id=case.deciding_agency_id,
            region_path=case.region_path,
            outcome=outcome.value,
            accepted_at=case.accepted_at,
            decided_at=call.at,
            promised_due_on=case.promised_due_on,
            statutory_due_on=case.statutory_due_on,
        ),
        at=call.at,
    )
    return {"decision": outcome.value}


def _item_basis(item: Item) -> list[str]:
    return [f"《{basis.title.strip('《》')}》{basis.article}" for basis in item.legal_basis]


def _remedy(case: Case, item: Item) -> dict[str, Any]:
    """Where the applicant may object, by the guide; else the government of the same level and the
    competent court. Source: Administrative Reconsideration Law art. 20, 24; Litigation Law art. 46.
    """
    named = {remedy.kind: localise(remedy.body, "zh-hans") for remedy in item.remedies}
    english = {remedy.kind: localise(remedy.body, "en") for remedy in item.remedies}
    agency = agencies.agency(case.deciding_agency_id)
    place = regions.region(agency.region_code).name
    reconsideration: LocalisedText = {
        "zh-hans": named.get("review") or f"{place}人民政府",
        "en": english.get("review") or f"the people's government of {place}",
    }
    court: LocalisedText = {
        "zh-hans": named.get("court") or "有管辖权的人民法院",
        "en": english.get("court") or "the competent people's court",
    }
    return {
        "reconsideration": {"body": reconsideration, "days": RECONSIDERATION_DAYS},
        "litigation": {"court": court, "months": LITIGATION_MONTHS},
    }
