"""Public verifying has a limit per address, so that nobody walks through the register."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from lingnan.kernel.networks import counted_as
from lingnan.security.crypto import services as crypto

from ..errors import VerifiedTooOften
from ..models import VerifyCount

PER_MINUTE = 60  # our default: a counter in a hall scans faster than a person types
_PURPOSE = "licences.verify_address"
_KEPT = timedelta(days=1)


def check_verify_rate(address: str, *, at: datetime) -> None:
    """Count a verification from an address (of IPv6 its /64). One statement, committed whatever
    comes of it.

    Raises: VerifiedTooOften (429) with the seconds until the next minute.
    """
    minute = at.replace(second=0, microsecond=0)
    index = crypto.blind_index(counted_as(address), purpose=_PURPOSE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO licences_verifycount (address_index, minute, count) VALUES (%s, %s, 1)"
            " ON CONFLICT (address_index, minute)"
            " DO UPDATE SET count = licences_verifycount.count + 1 RETURNING count",
            [index, minute],
        )
        row = cursor.fetchone()
    if row is not None and row[0] > PER_MINUTE:
        raise VerifiedTooOften(limit=PER_MINUTE, retry_after_s=max(1, 60 - at.second))


def forget_verify_rates(*, at: datetime) -> int:
    """Delete counts older than a day; return how many."""
    return VerifyCount.objects.filter(minute__lt=at - _KEPT).delete()[0]
