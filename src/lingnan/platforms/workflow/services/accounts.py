"""What names an account, when two accounts of one person have become one."""

from uuid import UUID

from django.db import transaction

from ..models import ProcessInstance, WorkTask


@transaction.atomic
def move_submissions(*, from_account_id: UUID, to_account_id: UUID) -> int:
    """What was submitted with the closed account counts as submitted with the kept one, so that
    nobody decides on it himself. Again: nothing more. Returns how many rows changed."""
    count = 0
    for model in (ProcessInstance, WorkTask):
        rows = model._default_manager.filter(submitter_account_id=from_account_id)
        count += rows.update(submitter_account_id=to_account_id)
    return count
