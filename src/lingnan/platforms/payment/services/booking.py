"""With which business day money counts that comes to light when its own day is closed.

A closed day was handed in and is not opened again. What is dated into it afterwards (a notice that
comes late, a ticket settled after the day closed) is booked on the channel's next open day and
handed in with that one, where it stands apart: no statement of that day knows it.
"""

from datetime import date, timedelta

from lingnan.kernel import locks

from ..models import BusinessDay
from ..types import DayState

_LOCK = "payment.closing"


def carried_to(channel: str, on: date) -> date | None:
    """The open day that takes what belongs to `on`; None while that day is open itself.

    Shares a lock with whoever books on the day until the transaction ends; closing waits for all.
    Two statements on an open day.
    """
    day = on
    while True:
        locks.share(_LOCK, f"{channel}:{day.isoformat()}")
        closed = set(
            BusinessDay.objects.filter(
                channel=channel, business_on__gte=day, state=DayState.CLOSED
            ).values_list("business_on", flat=True)
        )
        if day not in closed:
            return day if day > on else None
        while day in closed:
            day += timedelta(days=1)


def hold_bookings(channel: str, on: date) -> None:
    """Wait for whoever is booking on the day, and let no one begin until the transaction ends."""
    locks.hold(_LOCK, f"{channel}:{on.isoformat()}")
