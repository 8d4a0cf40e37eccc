"""An officer opened the file of a case: on record, and to be seen by whom the case is about.

Never for a row of a list. Source: 个人信息保护法 44, 51; Plan 七（一）.
"""

from datetime import datetime
from uuid import UUID

from lingnan.kernel.actors import Actor, Principal
from lingnan.security.audit import services as audit

from ..models import Case, JointCase
from ..types import JOINT_SUBJECT_KIND, SUBJECT_KIND

ACT = "government_services.case.read"
JOINT_ACT = "government_services.joint_case.read"


def note_look(*, actor: Actor, case: Case, at: datetime) -> None:
    """Write down that an officer reads a case; once for him, the case and the hour. One statement.

    Applicants read their own: nothing is written.
    """
    if not actor.is_officer:
        return
    audit.record_look(
        actor=actor,
        subject=_subject(case),
        act=ACT,
        object_kind=SUBJECT_KIND,
        object_id=case.pk,
        title=case.item_name,
        number=case.number,
        item_code=case.item_code,
        at=at,
    )


def note_look_at_joint(*, actor: Actor, joint: JointCase, at: datetime) -> None:
    """As `note_look`, for a joint case as a whole."""
    if not actor.is_officer:
        return
    audit.record_look(
        actor=actor,
        subject=_subject(joint),
        act=JOINT_ACT,
        object_kind=JOINT_SUBJECT_KIND,
        object_id=joint.pk,
        title=joint.theme.title,
        number=joint.number,
        at=at,
    )


def note_look_at_subject(actor: Actor, case_id: UUID, at: datetime) -> None:
    """For workflow's pages of a task or process, and documents' files of a case. Two statements."""
    case = Case.objects.filter(pk=case_id).first() if actor.is_officer else None
    if case is not None:
        note_look(actor=actor, case=case, at=at)


def note_look_at_draft(actor: Actor, draft_id: UUID, at: datetime) -> None:
    """For files that a draft brought into a case. Two statements."""
    case = Case.objects.filter(draft_id=draft_id).first() if actor.is_officer else None
    if case is not None:
        note_look(actor=actor, case=case, at=at)


def _subject(case: Case | JointCase) -> Principal:
    kind = "person" if case.applicant_kind == "person" else "organisation"
    return Principal(kind=kind, id=case.applicant_id, name=case.applicant_name)  # type: ignore[arg-type]
