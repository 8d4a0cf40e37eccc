"""Kiosks and televisions: a short code on the screen, typed on a telephone by whoever signs in.

Eight letters of twenty make 2.5 * 10^10 codes; whoever tries is signed in, and slowed down after
ten wrong ones. Source: RFC 8628 5.1, 6.1.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from authlib.oauth2.rfc6749 import AccessDeniedError
from authlib.oauth2.rfc8628 import (
    DEVICE_CODE_GRANT_TYPE,
    AuthorizationPendingError,
    ExpiredTokenError,
    SlowDownError,
)
from django.db import IntegrityError, transaction

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import SignInRequired

from ...models import Authorisation, Client, DeviceRequest
from ...sealing import digest
from ...services import attempts
from ..errors import UserCodeUnknown
from . import tokens

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
TERM = timedelta(minutes=10)
INTERVAL_S = 5
GRANT = DEVICE_CODE_GRANT_TYPE


@dataclass(frozen=True, slots=True)
class DeviceCodes:
    """Shown once: the device keeps one, the screen shows the other."""

    device_code: str
    user_code: str


class DeviceRow:
    """A device's request as Authlib asks about it."""

    def __init__(self, row: DeviceRequest) -> None:
        self.row = row

    def get_client_id(self) -> str:
        return self.row.client.client_id

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)


@transaction.atomic
def open_request(*, client: Client, scopes: Sequence[str], at: datetime) -> DeviceCodes:
    """A device begins; its codes are good for ten minutes."""
    device_code = secrets.token_urlsafe(32)
    for _attempt in range(5):
        user_code = "".join(secrets.choice(LETTERS) for _ in range(8))
        try:
            with transaction.atomic():
                DeviceRequest.objects.create(
                    client=client,
                    device_digest=digest(device_code),
                    user_code_digest=digest(user_code),
                    scopes=list(scopes),
                    interval_s=INTERVAL_S,
                    expires_at=at + TERM,
                )
        except IntegrityError:
            continue
        return DeviceCodes(device_code, f"{user_code[:4]}-{user_code[4:]}")
    raise AssertionError("five random codes in a row were taken")


def find_request(*, actor: Actor, user_code: str, at: datetime) -> DeviceRequest:
    """The request that waits under a code someone typed; wrong ones are counted.

    Raises: SignInRequired (401), UserCodeUnknown (404), TooManyAttempts (429).
    """
    if actor.account_id is None:
        raise SignInRequired
    counters = attempts.keys_for(device=str(actor.account_id))
    attempts.reserve(counters, at=at)
    typed = "".join(letter for letter in user_code.upper() if letter in LETTERS)
    row = (
        DeviceRequest.objects.select_related("client")
        .filter(
            user_code_digest=digest(typed),
            state=DeviceRequest.State.WAITING,
            expires_at__gt=at,
            client__state=Client.State.APPROVED,
        )
        .first()
        if len(typed) == 8
        else None
    )
    attempts.settle(counters, ok=row is not None, at=at)
    if row is None:
        raise UserCodeUnknown
    return row


@transaction.atomic
def answer_request(
    *, actor: Actor, row: DeviceRequest, draft: Authorisation | None, at: datetime
) -> None:
    """Let the device in with an authorisation, or turn it away with None.

    Raises: UserCodeUnknown (404) when it was answered meanwhile.
    """
    locked = DeviceRequest.objects.select_for_update().get(pk=row.pk)
    if locked.state != DeviceRequest.State.WAITING or locked.expires_at <= at:
        raise UserCodeUnknown
    if draft is None:
        locked.state = DeviceRequest.State.DENIED
    else:
        locked.authorisation = tokens.authorise(actor=actor, draft=draft, at=at)
        locked.state = DeviceRequest.State.APPROVED
    locked.save(update_fields=["state", "authorisation"])


def find_for_device(device_code: str, *, at: datetime) -> DeviceRow | None:
    """Under a row lock, in the caller's transaction."""
    row = (
        DeviceRequest.objects.select_for_update(of=("self",))
        .select_related("client")
        .filter(device_digest=digest(device_code))
        .first()
    )
    return DeviceRow(row) if row else None


def collect(device: DeviceRow, *, at: datetime) -> Authorisation:
    """What the device waits for, once.

    Raises: AuthorizationPendingError, SlowDownError, ExpiredTokenError, AccessDeniedError.
    """
    row = device.row
    if row.expires_at <= at or row.state == DeviceRequest.State.USED:
        raise ExpiredTokenError
    if row.state == DeviceRequest.State.DENIED:
        raise AccessDeniedError
    if row.state == DeviceRequest.State.WAITING:
        hasty = row.polled_at is not None and at < row.polled_at + timedelta(seconds=row.interval_s)
        row.polled_at = at
        if hasty:
            row.interval_s += INTERVAL_S
        row.save(update_fields=["polled_at", "interval_s"])
        raise SlowDownError if hasty else AuthorizationPendingError
    authorisation = (
        Authorisation.objects.select_related(
            "account__person", "client", "session", "officer__agency", "organisation", "mandate"
        )
        .filter(pk__in=[row.authorisation_id])
        .get()
    )
    row.state = DeviceRequest.State.USED
    row.save(update_fields=["state"])
    if not tokens.is_live(authorisation, at=at):
        raise ExpiredTokenError
    return authorisation
