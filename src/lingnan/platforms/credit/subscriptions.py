"""What credit tells other modules of this process at start, and what its processes call back."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.events import Delivery, subscribe
from lingnan.kernel.web import navigation
from lingnan.platforms.documents import types as documents
from lingnan.platforms.identity import types as identity
from lingnan.platforms.messaging import types as messaging
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow

from . import access, services
from .events import PaperWritten, PublicityEnded, RecordStored
from .models import Commitment, Complaint, Objection, Repair, RosterEntry
from .queries import archives
from .services import (
    commitments,
    complaints,
    objections,
    papers,
    repairs,
    reports,
    rosters,
)
from .tasks import evaluate, make_paper
from .types import (
    APPLY,
    COMMITMENT_SUBJECT,
    COMPLAINT_SUBJECT,
    FIGURES,
    MANAGE,
    OBJECTION_SUBJECT,
    READ,
    REPAIR_SUBJECT,
    REPORT,
    ROSTER_SUBJECT,
    STEWARD,
)

identity.register_access_log("credit", archives.looks)
workflow.action("credit.roster_notify")(rosters.act_notify)
workflow.action("credit.roster_list")(rosters.act_list)
workflow.action("credit.roster_drop")(rosters.act_drop)
workflow.action("credit.roster_decline")(rosters.act_decline)
workflow.action("credit.roster_remove")(rosters.act_remove)
workflow.action("credit.objection_refuse")(objections.act_refuse)
workflow.action("credit.objection_amend")(objections.act_amend)
workflow.action("credit.objection_revoke")(objections.act_revoke)
workflow.action("credit.objection_settle")(objections.act_settle)
workflow.action("credit.complaint_refuse")(complaints.act_refuse)
workflow.action("credit.complaint_uphold")(complaints.act_uphold)
workflow.action("credit.complaint_reject")(complaints.act_reject)
workflow.action("credit.repair_refuse")(repairs.act_refuse)
workflow.action("credit.repair_grant")(repairs.act_grant)
workflow.action("credit.repair_deny")(repairs.act_deny)


def _check_entry(actor: Actor, entry_id: UUID) -> None:
    _check(actor, RosterEntry.objects.filter(pk=entry_id).values_list("subject_id", flat=True))


def _check_objection(actor: Actor, appeal_id: UUID) -> None:
    _check(actor, Objection.objects.filter(pk=appeal_id).values_list("subject_id", flat=True))


def _check_repair(actor: Actor, appeal_id: UUID) -> None:
    _check(actor, Repair.objects.filter(pk=appeal_id).values_list("subject_id", flat=True))


def _check_complaint(actor: Actor, pk: UUID) -> None:
    """Nor does whoever handled it answer a complaint about how it was handled."""
    for row in Complaint.objects.filter(pk=pk):
        access.check_independent(actor, row.subject_id)
        handled = row.objection_id or row.repair_id
        if handled is not None and workflow_queries.has_worked_on(actor, handled):
            raise identity.SelfApproval


def _check_commitment(actor: Actor, pk: UUID) -> None:
    _check(actor, Commitment.objects.filter(pk=pk).values_list("subject_id", flat=True))


def _check(actor: Actor, found: object) -> None:
    for subject_id in found:  # type: ignore[attr-defined]
        access.check_independent(actor, subject_id)


for _kind, _place, _checks in (
    (ROSTER_SUBJECT, "rosters", _check_entry),
    (OBJECTION_SUBJECT, "objections", _check_objection),
    (REPAIR_SUBJECT, "repairs", _check_repair),
    (COMMITMENT_SUBJECT, "commitments", _check_commitment),
    (COMPLAINT_SUBJECT, "complaints", _check_complaint),
):

    def _desk_url(pk: UUID, place: str = _place) -> str:
        return f"/desk/credit/{place}/{pk}/"

    def _desk_task_url(pk: UUID, task_id: UUID, place: str = _place) -> str:
        return f"/desk/credit/{place}/{pk}/?task={task_id}"

    def _own_url(pk: UUID, place: str = _place) -> str:
        return f"/credit/mine/{place}/{pk}/"

    workflow.register_subject(_kind, url=_desk_url, task_url=_desk_task_url, check_worker=_checks)
    messaging.register_subject(_kind, _own_url)

documents.register_owner(papers.OWNER, access.can_read_entry_file)
documents.register_owner(OBJECTION_SUBJECT, access.can_read_objection_file)
documents.register_owner(REPAIR_SUBJECT, access.can_read_repair_file)
documents.register_owner(COMMITMENT_SUBJECT, access.can_read_commitment_file)
documents.register_owner(COMPLAINT_SUBJECT, access.can_read_complaint_file)


workflow.action("credit.breach_record")(commitments.act_record)
workflow.action("credit.breach_dismiss")(commitments.act_dismiss)
documents.register_owner(reports.OWNER, access.can_read_report_file)


@subscribe(RecordStored, key="credit.watch_record")
def watch(event: RecordStored, delivery: Delivery) -> None:
    services.watch_record(event.record_id, at=delivery.occurred_at)


@subscribe(RecordStored, key="credit.evaluate_after_record")
def evaluate_after_record(event: RecordStored, delivery: Delivery) -> None:
    evaluate.enqueue(key=str(event.subject_id), subject_id=str(event.subject_id))


@subscribe(PublicityEnded, key="credit.evaluate_after_end")
def evaluate_after_end(event: PublicityEnded, delivery: Delivery) -> None:
    evaluate.enqueue(key=str(event.subject_id), subject_id=str(event.subject_id))


@subscribe(PaperWritten, key="credit.make_paper")
def render_paper(event: PaperWritten, delivery: Delivery) -> None:
    make_paper.enqueue(key=str(event.paper_id), paper_id=str(event.paper_id))


_group = _("Credit")
navigation.register("portal", _("Credit"), "credit:home", order=60)
for _permission, _label, _address, _order, _icon in (
    (READ, _("Credit archives"), "credit:desk", 400, "search"),
    (REPORT, _("Report decisions"), "credit:desk_intake", 410, "upload"),
    (MANAGE, _("Registered sources"), "credit:desk_sources", 415, "list"),
    (READ, _("Rosters"), "credit:desk_rosters", 420, "list"),
    (APPLY, _("Joint measures"), "credit:desk_measures", 430, "shield"),
    (REPORT, _("Credit commitments"), "credit:desk_commitments", 440, "check-circle"),
    (MANAGE, _("Credit complaints"), "credit:desk_complaints", 445, "alert"),
    (FIGURES, _("Figures of credit"), "credit:figures", 455, "chart"),
    (STEWARD, _("Rules of credit"), "credit:desk_rules", 460, "list"),
    (MANAGE, _("Alerts"), "credit:desk_alerts", 450, "alert"),
):
    navigation.register(
        "desk",
        _label,
        _address,
        permission=_permission,
        order=_order,
        icon=_icon,
        group=_group,
    )
navigation.register(
    "cockpit",
    _("Figures of credit"),
    "credit:figures",
    permission=FIGURES,
    order=20,
    icon="chart",
)
