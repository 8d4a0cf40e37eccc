"""What an account's end and the joining of two accounts mean for cases."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.platforms.identity.types import ClosingObstacle

from ..models import Case, JointCase
from ..types import OPEN

NAMED_MAX = 10


def open_cases_of(person_id: UUID) -> list[ClosingObstacle]:
    """The person's own cases that are not over yet, the newest first, ten at most. One query."""
    rows = Case.objects.filter(
        applicant_kind="person", applicant_id=person_id, state__in=OPEN
    ).order_by("-id")[:NAMED_MAX]
    return [
        ClosingObstacle(
            text=_("Case %(number)s is not over; withdraw it or wait for its end.")
            % {"number": case.number},
            url=f"/cases/{case.pk}/",
        )
        for case in rows
    ]


@transaction.atomic
def move_submissions(*, from_account_id: UUID, to_account_id: UUID) -> int:
    """Cases submitted with the closed account name the kept one. Again: nothing more."""
    count = 0
    for model in (Case, JointCase):
        rows = model._default_manager.filter(submitter_account_id=from_account_id)
        count += rows.update(submitter_account_id=to_account_id)
    return count
