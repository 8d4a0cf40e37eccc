"""Rows of bills, locked before anyone decides on them."""

from datetime import datetime
from uuid import UUID

from lingnan.kernel.clock import local_date

from .. import queries
from ..errors import BillNotFound
from ..models import Bill, PaymentAttempt
from ..types import UNPAID, BillState

LIVE = (PaymentAttempt.State.PLACING, PaymentAttempt.State.PENDING)


def lock_bill(bill_id: UUID) -> Bill:
    """The bill's row, locked. Raises: BillNotFound (404)."""
    found = Bill.objects.select_for_update().filter(pk=bill_id).first()
    if found is None:
        raise BillNotFound
    return found


def state_label(bill: Bill, at: datetime) -> str:
    """A bill's state in words; one past its due date is expired at once."""
    state = BillState(bill.state)
    if state in UNPAID and queries.is_over(bill, on=local_date(at)):
        state = BillState.EXPIRED
    return str(state.label)
