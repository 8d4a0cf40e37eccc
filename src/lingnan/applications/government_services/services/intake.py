"""Acceptance: what the clerk of the window does with a case, and what the process does then.

The verbs complete the clerk's task with the right outcome; the acts (called back by the process)
change the case. Source: Administrative Licensing Law art. 32.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall, ClockPlan
from lingnan.standards.matters import queries as matters

from ..errors import ReasonRequired
from ..events import CaseAccepted
from ..models import Case, CaseMaterial
from ..types import ACCEPT, CaseState, NoticeKind, Result
from . import commitments, credit_check, notices, state, tasks

ACCEPT_STEP = "accept"
REFUSALS = ("refuse", "not_needed", "not_ours")


@transaction.atomic
def accept_case(
    *, actor: Actor, case_id: UUID, opinion: str = "", task_id: UUID | None = None, at: datetime
) -> Case:
    """The clerk finds the application complete; the clocks start.

    Raises: CaseNotFound, NoTask, WrongState, identity's refusal of self-approval, workflow's.
    """
    return tasks.complete(
        actor=actor,
        case_id=case_id,
        permission=ACCEPT,
        step=ACCEPT_STEP,
        task_id=task_id,
        outcome="accept",
        opinion=opinion,
        at=at,
    )


@transaction.atomic
def refuse_case(
    *,
    actor: Actor,
    case_id: UUID,
    outcome: str = "refuse",
    reason: str,
    legal_basis: str = "",
    right_agency: str = "",
    task_id: UUID | None = None,
    at: datetime,
) -> Case:
    """The clerk does not accept: `refuse`, `not_needed` (no permission needed) or `not_ours`.

    Raises: ReasonRequired, and as `accept_case`.
    Source: Administrative Licensing Law art. 32(1), (2).
    """
    if not reason.strip() or outcome not in REFUSALS:
        raise ReasonRequired
    return tasks.complete(
        actor=actor,
        case_id=case_id,
        permission=ACCEPT,
        step=ACCEPT_STEP,
        task_id=task_id,
        outcome=outcome,
        opinion=reason,
        form={"reason": reason, "legal_basis": legal_basis, "right_agency": right_agency},
        at=at,
    )


def act_accept(call: ActionCall) -> dict[str, object]:
    """The process accepts the case: clocks, notice, event.

    A case sent back to this step from a later one stays accepted as of its first acceptance.
    """
    case = state.lock_case(call.subject_id)
    state.check_not_submitter(case, call.actor)
    if case.accepted_at is not None:
        return {}
    credit_check.look_at_acceptance(case, actor=call.actor, at=call.at)
    return _accept(case, call, accepted_at=call.at, is_deemed=False)


def act_deem_accepted(call: ActionCall) -> dict[str, object]:
    """Five workdays passed in silence: accepted as of the day the materials were received.

    Source: Administrative Licensing Law art. 32(4).
    """
    case = state.lock_case(call.subject_id)
    if case.accepted_at is not None:
        return {}
    return _accept(case, call, accepted_at=case.received_at, is_deemed=True)


def _accept(
    case: Case, call: ActionCall, *, accepted_at: datetime, is_deemed: bool
) -> dict[str, object]:
    item = matters.item_version(case.item_version_id)
    workflow.start_clock(
        instance_id=call.instance_id,
        plan=ClockPlan(
            promised=item.promised_limit_workdays,
            statutory=item.statutory_limit_workdays,
            starts_at=accepted_at,
        ),
        actor=call.actor,
        at=call.at,
    )
    clocks = workflow_queries.clock(call.instance_id, at=call.at)
    state.move(
        case,
        CaseState.ACCEPTED,
        at=call.at,
        accepted_at=accepted_at,
        is_deemed_accepted=is_deemed,
        promised_due_on=clocks.promised_due_on,
        statutory_due_on=clocks.statutory_due_on,
        light=clocks.light,
    )
    commitments.archive(case, actor=call.actor, at=call.at)
    CaseMaterial.objects.filter(case=case, state=CaseMaterial.State.SUBMITTED).update(
        state=CaseMaterial.State.ACCEPTED
    )
    notices.write_notice(
        case,
        NoticeKind.ACCEPTED,
        at=call.at,
        accepted_on=local_date(accepted_at).isoformat(),
        is_deemed=is_deemed,
        promised_due_on=_iso(clocks.promised_due_on),
        statutory_due_on=_iso(clocks.statutory_due_on),
    )
    act = "deem_accepted" if is_deemed else "accept"
    state.record(case, actor=call.actor, act=f"government_services.case.{act}", at=call.at)
    events.publish(
        CaseAccepted(
            case_id=case.pk,
            item_code=case.item_code,
            deciding_agency_id=case.deciding_agency_id,
            region_path=case.region_path,
            accepted_at=accepted_at,
            is_deemed=is_deemed,
        ),
        at=call.at,
    )
    return {"accepted_at": accepted_at.isoformat(), "is_deemed_accepted": is_deemed}


def act_refuse(call: ActionCall) -> dict[str, object]:
    """不予受理, with the reason in writing. Raises: ReasonRequired."""
    return _turn_away(call, CaseState.NOT_ACCEPTED, Result.NOT_ACCEPTED, NoticeKind.REFUSED)


def act_not_needed(call: ActionCall) -> dict[str, object]:
    """No permission is needed for this: told at once (art. 32(1))."""
    return _turn_away(call, CaseState.NOT_NEEDED, Result.NOT_NEEDED, NoticeKind.NOT_NEEDED)


def act_not_ours(call: ActionCall) -> dict[str, object]:
    """Not this agency's business: told at once, with the right one (art. 32(2))."""
    return _turn_away(call, CaseState.PRE_REJECTED, Result.NOT_ACCEPTED, NoticeKind.REFUSED)


def _turn_away(
    call: ActionCall, to: CaseState, result: Result, kind: NoticeKind
) -> dict[str, object]:
    form = tasks.form_of(call, ACCEPT_STEP)
    reason = str(form.get("reason") or call.variables.get(f"{ACCEPT_STEP}_opinion") or "").strip()
    if not reason:
        raise ReasonRequired
    case = state.lock_case(call.subject_id)
    state.check_not_submitter(case, call.actor)
    state.move(case, to, at=call.at)
    state.conclude(case, result=result, at=call.at)
    notices.write_notice(
        case,
        kind,
        at=call.at,
        reason=reason,
        legal_basis=str(form.get("legal_basis") or ""),
        right_agency=str(form.get("right_agency") or ""),
    )
    state.record(
        case, actor=call.actor, act=f"government_services.case.{to}", at=call.at, reason=reason
    )
    return {"result": result.value}


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
