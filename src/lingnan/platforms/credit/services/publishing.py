"""Publicity ends by itself."""

from datetime import datetime

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import system_actor
from lingnan.kernel.clock import local_date

from ..events import PublicityEnded
from ..models import CreditRecord
from ..types import Publicity
from .records import note

STEP = 500


def end_publicity(*, at: datetime) -> int:
    """Mark as ended what the rule no longer shows; returns how many. Safe beside itself.

    The pages ask for the date themselves, so lateness of this job shows nothing too much; it makes
    the end known to others by its event.
    """
    done = 0
    while count := _end_some(at):
        done += count
    return done


@transaction.atomic
def _end_some(at: datetime) -> int:
    due = list(
        CreditRecord.objects.select_for_update(skip_locked=True)
        .filter(is_current=True, publicity=Publicity.PUBLIC, publish_until__lte=local_date(at))
        .order_by("publish_until", "id")[:STEP]
    )
    actor = system_actor("credit.publicity")
    for record in due:
        record.publicity, record.ended_at, record.end_reason = Publicity.ENDED, at, "expired"
        record.save(update_fields=["publicity", "ended_at", "end_reason"])
        events.publish(
            PublicityEnded(
                record_id=record.pk, subject_id=record.subject_id, reason="expired", ended_at=at
            ),
            at=at,
        )
        note(actor, "credit.publicity_ended", record, at=at)
    return len(due)
