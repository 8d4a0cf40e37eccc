"""What supervision found, for everyone: the commitments of firms that were checked.

Source: Plan 五（四）2（1） (信用监督反馈).
"""

from datetime import date, datetime, time, timedelta

from django.db.models import OuterRef, Q, Subquery

from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.pagination import Page, keyset_page

from ..models import Commitment, CreditRecord
from ..models.records import published
from ..types import CommitmentState, SubjectKind

SHOWN_DAYS = 365
"""How long it is shown that a commitment was kept. Our default, the plan gives no number."""


def supervision_results(
    *, on: date, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[Commitment]:
    """Commitments that were kept, within a year of the check, and those not kept, as long as the
    record of it is public; the last check first. One query.

    `decision_id` is the public record of a breach. Nothing of natural persons, nothing that is
    still being heard, nothing that was repaired.
    """
    since = datetime.combine(on - timedelta(days=SHOWN_DAYS), time.min, SHANGHAI)
    public = CreditRecord.objects.filter(published(on))
    current = public.filter(series=OuterRef("record__series")).values("pk")[:1]
    rows = Commitment.objects.exclude(subject__kind=SubjectKind.PERSON).annotate(
        decision_id=Subquery(current)
    )
    kept = Q(state=CommitmentState.KEPT, checked_at__gte=since)
    broken = Q(state=CommitmentState.BREACHED, decision_id__isnull=False)
    found = {CommitmentState.KEPT.value: kept, CommitmentState.BREACHED.value: broken}
    rows = rows.filter(found.get(state, kept | broken)).select_related("subject")
    return keyset_page(rows, order=("-checked_at", "-id"), cursor=cursor, limit=limit)
