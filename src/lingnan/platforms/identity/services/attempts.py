"""Failed attempts are counted before they are judged, so that many at once gain nothing.

An attempt is reserved first (in its own transaction), judged without any lock held (argon2 takes
long on purpose), then settled. Failures and reservations together never exceed the limit.
Source: GB/T 22239-2019 8.1.4.1; five failures and ten minutes are the usual reading, the rule
"lockout" says them. An address may fail more often than an account, because a whole service hall
can share one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.networks import counted_as
from lingnan.security.crypto import services as crypto

from ..errors import TooManyAttempts
from ..models import SignInCounter
from ..queries.rules import rule

Key = tuple[str, str]


def keys_for(
    *,
    account: str = "",
    address: str = "",
    register: str = "",
    device: str = "",
    window: str = "",
) -> list[Key]:
    """The counters an attempt touches, in the order they are locked; IPv6 is counted by /64."""
    given = {
        "account": account,
        "address": counted_as(address),
        "register": register,
        "device": device,
        "window": window,
    }
    return [
        (kind, crypto.blind_index(f"{kind}:{value}", purpose="identity.attempts"))
        for kind, value in given.items()
        if value
    ]


@transaction.atomic
def reserve(keys: Sequence[Key], *, at: datetime) -> None:
    """Raises: TooManyAttempts (429)."""
    SignInCounter.objects.bulk_create(
        [SignInCounter(kind=kind, key=key, last_attempt_at=at) for kind, key in keys],
        ignore_conflicts=True,
    )
    numbers = rule("lockout", on=clock.local_date(at)).parameters
    lock = timedelta(minutes=numbers["minutes"])
    for kind, key in keys:
        counter = SignInCounter.objects.select_for_update().get(kind=kind, key=key)
        if counter.locked_until is not None and counter.locked_until > at:
            raise _too_many(counter.locked_until - at)
        if counter.last_attempt_at <= at - lock:
            counter.failures = counter.in_flight = 0
        if counter.failures + counter.in_flight >= numbers[f"{kind}.tries"]:
            raise _too_many(timedelta(minutes=1))
        counter.in_flight += 1
        counter.locked_until = None
        counter.last_attempt_at = at
        counter.save()


@transaction.atomic
def settle(keys: Sequence[Key], *, ok: bool | None, at: datetime) -> bool:
    """Count the outcome; returns whether this failure locked the account.

    None is an attempt that neither failed nor got in: a password was right, a code is awaited.
    """
    locked = False
    numbers = rule("lockout", on=clock.local_date(at)).parameters
    for kind, key in keys:
        counter = SignInCounter.objects.select_for_update().get(kind=kind, key=key)
        counter.in_flight = max(counter.in_flight - 1, 0)
        if ok is False:
            counter.failures += 1
        elif ok and kind == "account":
            counter.failures = 0
        if counter.failures >= numbers[f"{kind}.tries"]:
            counter.failures = 0
            counter.locked_until = at + timedelta(minutes=numbers["minutes"])
            locked = locked or kind == "account"
        counter.save()
    return locked


@transaction.atomic
def unlock(account: str) -> None:
    """Forget the failures of one account name."""
    ((kind, key),) = keys_for(account=account)
    SignInCounter.objects.filter(kind=kind, key=key).update(failures=0, locked_until=None)


def locked_until(account: str, *, at: datetime) -> datetime | None:
    """Until when an account name rests, if it does. One query."""
    ((kind, key),) = keys_for(account=account)
    resting = SignInCounter.objects.filter(kind=kind, key=key, locked_until__gt=at)
    return resting.values_list("locked_until", flat=True).first()


def _too_many(remaining: timedelta) -> TooManyAttempts:
    seconds = max(int(remaining.total_seconds()), 1)
    return TooManyAttempts(minutes=-(-seconds // 60), retry_after_s=seconds)
