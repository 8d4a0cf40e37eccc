"""Looking into archives leaves a trace the subject can read."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel.actors import Actor
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from ..errors import ReasonMissing
from ..models import ArchiveView, CreditSubject
from ..queries.archives import subjects_of

EVALUATION_OPENED = "查看信用评价"
"""The purpose of a look at an evaluation, as the subject reads it."""


@transaction.atomic
def record_view(
    *, actor: Actor, subject: CreditSubject, purpose: str, reference: str = "", at: datetime
) -> ArchiveView:
    """Write down who looked into an archive, and for what. Raises: ReasonMissing (422).

    Source: 个人信息保护法 55, 56; standards 6.3 (every query logged).
    """
    purpose = purpose.strip()[:200]
    if not purpose:
        raise ReasonMissing
    agency = agencies.agency(actor.agency_id) if actor.agency_id else None
    row = ArchiveView.objects.create(
        subject=subject,
        viewed_at=at,
        viewer_kind=actor.kind,
        viewer_name=actor.name[:100],
        viewer_id=actor.officer_id or actor.person_id,
        agency_id=agency.id if agency else None,
        agency_name=agency.name if agency else "",
        purpose=purpose,
        reference=reference[:100],
    )
    audit.record(
        actor=actor,
        act="credit.archive_viewed",
        object_kind="credit_subject",
        object_id=subject.pk,
        facts={"purpose": purpose, "reference": reference},
        at=at,
    )
    return row


@transaction.atomic
def record_check(
    *, actor: Actor, kind: str, principal_id: UUID, purpose: str, reference: str, at: datetime
) -> bool:
    """Write down that whoever accepts a case looked at the applicant's standing; once per case.

    Says whether there was an archive to look at. Source: Plan 五（四）2（3） (事前信用查询).
    """
    subjects = subjects_of(kind, principal_id)
    for subject in subjects:
        if not ArchiveView.objects.filter(subject=subject, reference=reference).exists():
            record_view(actor=actor, subject=subject, purpose=purpose, reference=reference, at=at)
    return bool(subjects)
