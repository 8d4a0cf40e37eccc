"""What the process calls back, and what other modules' events mean for a case."""

from uuid import UUID

from lingnan.kernel.events import Delivery, subscribe
from lingnan.platforms.documents import types as documents
from lingnan.platforms.identity import types as identity
from lingnan.platforms.identity.events import AccountsMerged
from lingnan.platforms.licences.events import LicenceIssued, LicenceRevoked
from lingnan.platforms.messaging import types as messaging
from lingnan.platforms.payment.events import BillSettled
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.events import (
    ClockExtended,
    ClockResumed,
    ClockStopped,
    DeadlineMoved,
    LightChanged,
    ProcessEnded,
    TaskCompleted,
)
from lingnan.platforms.workflow.types import InstanceState
from lingnan.standards.matters import queries as matters

from . import access, wording
from .events import CaseConcluded, CaseDecided, CaseDelivered, CaseSubmitted, NoticeWritten
from .models import Case
from .services import (
    accounts,
    bills,
    clocks,
    commitments,
    corrections,
    credit_check,
    decisions,
    delivery,
    intake,
    joint,
    materials,
    notices,
    reading,
    state,
)
from .tasks import issue_notice
from .types import JOINT_SUBJECT_KIND, SUBJECT_KIND

FRAUD_GROUND = "fraud"  # of licences' catalogue of grounds

workflow.action("case.accept")(intake.act_accept)
workflow.action("case.deem_accepted")(intake.act_deem_accepted)
workflow.action("case.refuse")(intake.act_refuse)
workflow.action("case.not_needed")(intake.act_not_needed)
workflow.action("case.not_ours")(intake.act_not_ours)
workflow.action("case.notify_correction")(corrections.act_notify_correction)
workflow.action("case.return")(corrections.act_return)
workflow.action("case.stop_clock")(clocks.act_stop_clock)
workflow.action("case.restart_clock")(clocks.act_restart_clock)
workflow.action("case.require_inspection")(clocks.act_require_inspection)
workflow.action("case.grant")(decisions.act_grant)
workflow.action("case.deny")(decisions.act_deny)
workflow.action("case.forward")(decisions.act_forward)
workflow.action("case.compute_fee")(bills.act_compute_fee)
workflow.action("case.open_bill")(bills.act_open_bill)
workflow.action("case.issue_licence")(delivery.act_issue_licence)
workflow.action("case.deliver")(delivery.act_deliver)


def desk_url(case_id: UUID) -> str:
    """The officer's page of a case."""
    return f"/desk/cases/{case_id}/"


def desk_task_url(case_id: UUID, task_id: UUID) -> str:
    """The same page, with this step's decision at hand."""
    return f"{desk_url(case_id)}?task={task_id}"


def portal_url(case_id: UUID) -> str:
    """The applicant's page of a case."""
    return f"/cases/{case_id}/"


workflow.register_subject(
    SUBJECT_KIND,
    url=desk_url,
    task_url=desk_task_url,
    check_worker=state.check_independent,
    note_look=reading.note_look_at_subject,
)
messaging.register_subject(SUBJECT_KIND, portal_url)
messaging.register_subject(JOINT_SUBJECT_KIND, lambda joint_id: f"/joint-cases/{joint_id}/")
documents.register_owner(
    notices.OWNER, access.can_read_case_file, note_look=reading.note_look_at_subject
)
documents.register_owner(
    materials.DRAFT_OWNER, access.can_read_draft_file, note_look=reading.note_look_at_draft
)
documents.register_owner(materials.UPLOAD_OWNER, access.can_read_upload)


identity.register_closing_check("government_services.cases", accounts.open_cases_of)


@subscribe(AccountsMerged, key="government_services.accounts_merged")
def accounts_merged(event: AccountsMerged, delivery_: Delivery) -> None:
    accounts.move_submissions(
        from_account_id=event.closed_account_id, to_account_id=event.kept_account_id
    )


@subscribe(CaseSubmitted, key="government_services.write_receipt")
def write_receipt(event: CaseSubmitted, delivery_: Delivery) -> None:
    notices.write_receipt(case_id=event.case_id, at=event.submitted_at)


@subscribe(NoticeWritten, key="government_services.render_notice")
def render_notice(event: NoticeWritten, delivery_: Delivery) -> None:
    issue_notice.enqueue(key=str(event.notice_id), notice_id=str(event.notice_id))


@subscribe(NoticeWritten, key="government_services.tell_applicant")
def tell_applicant(event: NoticeWritten, delivery_: Delivery) -> None:
    notices.tell_applicant(notice_id=event.notice_id, at=delivery_.occurred_at)


@subscribe(CaseDelivered, key="government_services.tell_delivered")
def tell_delivered(event: CaseDelivered, delivery_: Delivery) -> None:
    case = Case.objects.get(pk=event.case_id)
    notices.send(
        case,
        template=wording.DELIVERED,
        facts={"item_name": case.item_name, "case_number": case.number},
        at=delivery_.occurred_at,
    )


@subscribe(CaseDecided, key="government_services.advance_joint_on_decision")
def advance_joint_on_decision(event: CaseDecided, delivery_: Delivery) -> None:
    joint.advance(case_id=event.case_id, at=delivery_.occurred_at)


@subscribe(CaseConcluded, key="government_services.advance_joint_on_end")
def advance_joint_on_end(event: CaseConcluded, delivery_: Delivery) -> None:
    joint.advance(case_id=event.case_id, at=delivery_.occurred_at)


@subscribe(BillSettled, key="government_services.fee_settled")
def fee_settled(event: BillSettled, delivery_: Delivery) -> None:
    if event.subject_kind == SUBJECT_KIND:
        bills.record_settlement(
            case_id=event.subject_id,
            amount_fen=event.amount_fen,
            paid_at=event.paid_at,
            at=delivery_.occurred_at,
        )


@subscribe(LicenceRevoked, key="government_services.licence_revoked")
def licence_revoked(event: LicenceRevoked, delivery_: Delivery) -> None:
    if event.subject_kind != SUBJECT_KIND or event.subject_id is None:
        return
    case = Case.objects.filter(pk=event.subject_id).first()
    if case is not None:
        delivery.note_revocation(
            case_id=case.pk,
            basic_code=matters.item_version(case.item_version_id).basic_code,
            by_fraud=FRAUD_GROUND in (event.ground_code, event.ground),
            at=event.revoked_at,
        )


@subscribe(ProcessEnded, key="government_services.conclude")
def conclude(event: ProcessEnded, delivery_: Delivery) -> None:
    if event.subject_kind == SUBJECT_KIND:
        delivery.conclude_ended(
            case_id=event.subject_id,
            was_cancelled=event.state == InstanceState.CANCELLED,
            at=event.ended_at,
        )


@subscribe(LicenceIssued, key="government_services.disclose_licence")
def disclose_licence(event: LicenceIssued, delivery_: Delivery) -> None:
    if event.subject_kind == SUBJECT_KIND and event.subject_id is not None:
        credit_check.disclose_licence(
            case_id=event.subject_id, licence_id=event.licence_id, at=event.issued_at
        )


@subscribe(CaseConcluded, key="government_services.free_commitments")
def free_commitments(event: CaseConcluded, delivery_: Delivery) -> None:
    commitments.free(event.case_id, result=event.result, at=event.concluded_at)


@subscribe(TaskCompleted, key="government_services.in_review")
def in_review(event: TaskCompleted, delivery_: Delivery) -> None:
    if event.subject_kind == SUBJECT_KIND and event.step_id != intake.ACCEPT_STEP:
        decisions.mark_in_review(event.subject_id, at=event.done_at)


@subscribe(LightChanged, key="government_services.mirror_light")
def mirror_light(event: LightChanged, delivery_: Delivery) -> None:
    _mirror(event, delivery_)


@subscribe(DeadlineMoved, key="government_services.mirror_deadline")
def mirror_deadline(event: DeadlineMoved, delivery_: Delivery) -> None:
    _mirror(event, delivery_)


@subscribe(ClockStopped, key="government_services.mirror_stop")
def mirror_stop(event: ClockStopped, delivery_: Delivery) -> None:
    _mirror(event, delivery_)


@subscribe(ClockResumed, key="government_services.mirror_resume")
def mirror_resume(event: ClockResumed, delivery_: Delivery) -> None:
    _mirror(event, delivery_)


@subscribe(ClockExtended, key="government_services.mirror_extension")
def mirror_extension(event: ClockExtended, delivery_: Delivery) -> None:
    _mirror(event, delivery_)
    if event.subject_kind == SUBJECT_KIND:
        clocks.note_extension(event.subject_id, at=delivery_.occurred_at)


def _mirror(
    event: LightChanged | DeadlineMoved | ClockStopped | ClockResumed | ClockExtended,
    delivery_: Delivery,
) -> None:
    if event.subject_kind == SUBJECT_KIND:
        clocks.mirror_clock(
            case_id=event.subject_id, instance_id=event.instance_id, at=delivery_.occurred_at
        )
