"""The clock stands still for a special procedure, for a lawful reason and with a written notice.

Source: Administrative Licensing Law art. 45: inspection, testing, hearing and expert review are not
counted, but the applicant is told in writing how long they take.
"""

from datetime import datetime
from uuid import UUID

from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall
from lingnan.standards.calendar.types import Workdays

from ..errors import InspectionMissing
from ..models import Case, SiteInspection
from ..types import IN_PROGRESS, CaseState, NoticeKind
from . import notices, state

STOP_REASON = "inspection"
STOP_WORKDAYS = 10
"""How long a site inspection may take. The law gives no number: our default; a process variable
`stop_workdays` sets another."""


def act_stop_clock(call: ActionCall) -> dict[str, object]:
    """Stop both clocks. Variables: `stop_reason`, `stop_workdays`, `stop_note`."""
    reason = str(call.variables.get("stop_reason") or STOP_REASON)
    workdays = int(call.variables.get("stop_workdays") or STOP_WORKDAYS)
    note = str(call.variables.get("stop_note") or "")
    workflow.suspend(
        instance_id=call.instance_id,
        reason_code=reason,
        days=Workdays(workdays),
        note=note,
        actor=call.actor,
        at=call.at,
    )
    clocks = workflow_queries.clock(call.instance_id, at=call.at)
    case = state.lock_case(call.subject_id)
    state.move(case, CaseState.SUSPENDED, at=call.at, light=clocks.light)
    notices.write_notice(
        case,
        NoticeKind.CLOCK_STOPPED,
        at=call.at,
        reason_code=reason,
        workdays=workdays,
        note=note,
        until=clocks.stopped_until.isoformat() if clocks.stopped_until else "",
    )
    state.record(
        case,
        actor=call.actor,
        act="government_services.case.stop_clock",
        at=call.at,
        reason=reason,
        workdays=workdays,
    )
    return {"clock_stopped": True}


def act_restart_clock(call: ActionCall) -> dict[str, object]:
    """Let both clocks run again; deadlines move by the time they stood still."""
    workflow.resume(instance_id=call.instance_id, actor=call.actor, at=call.at)
    clocks = workflow_queries.clock(call.instance_id, at=call.at)
    case = state.lock_case(call.subject_id)
    state.move(
        case,
        CaseState.REVIEW,
        at=call.at,
        promised_due_on=clocks.promised_due_on,
        statutory_due_on=clocks.statutory_due_on,
        light=clocks.light,
    )
    state.record(case, actor=call.actor, act="government_services.case.restart_clock", at=call.at)
    return {"clock_stopped": False}


def act_require_inspection(call: ActionCall) -> dict[str, object]:
    """Go on only with a recorded inspection. Raises: InspectionMissing."""
    last = SiteInspection.objects.filter(case_id=call.subject_id).order_by("-recorded_at").first()
    if last is None:
        raise InspectionMissing
    return {"inspection_result": last.result}


def mirror_clock(*, case_id: UUID, instance_id: UUID, at: datetime) -> None:
    """Repeat the process's clocks on the case, for lists, until it is decided. Idempotent."""
    clocks = workflow_queries.clock(instance_id, at=at)
    Case.objects.filter(pk=case_id, decided_at=None, concluded_at=None).update(
        promised_due_on=clocks.promised_due_on,
        statutory_due_on=clocks.statutory_due_on,
        light=clocks.light,
    )


def note_extension(case_id: UUID, *, at: datetime) -> None:
    """A case whose period was extended says so, while it is being handled."""
    Case.objects.filter(
        pk=case_id, state__in=[state_ for state_ in IN_PROGRESS if state_ != CaseState.SUSPENDED]
    ).update(state=CaseState.EXTENDED, state_since=at)
