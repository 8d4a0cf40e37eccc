"""Nonces of the nonce endpoint: made without a row, good once and for minutes.

A nonce carries its instant under a keyed digest; only one that was used leaves a row, so that
asking for many fills nothing. Source: OpenID4VCI 1.0, 7, 13.
"""

import secrets
from datetime import UTC, datetime

from django.db import IntegrityError, transaction

from lingnan.security.crypto import services as crypto

from ..models import SpentNonce
from .types import NONCE_TERM

_PURPOSE = "licences.credential_nonce"


def make_nonce(*, at: datetime) -> str:
    """A nonce for one proof."""
    body = f"{int(at.timestamp())}.{secrets.token_urlsafe(16)}"
    return f"{body}.{_mark(body)}"


def spend_nonce(nonce: object, *, at: datetime) -> bool:
    """Use a nonce up; False for one that is not ours, is too old, or was used before."""
    if not isinstance(nonce, str) or len(nonce) > 200 or not nonce.isascii():
        return False
    body, _dot, mark = nonce.rpartition(".")
    seconds = body.partition(".")[0]
    if not crypto.equal(mark, _mark(body)) or not seconds.isdigit():
        return False
    ends = datetime.fromtimestamp(int(seconds), tz=UTC) + NONCE_TERM
    if ends <= at:
        return False
    try:
        with transaction.atomic():
            SpentNonce.objects.create(
                digest=crypto.blind_index(nonce, purpose=_PURPOSE), expires_at=ends
            )
    except IntegrityError:
        return False
    return True


def _mark(body: str) -> str:
    return crypto.blind_index(body, purpose=f"{_PURPOSE}.mark")[:32]
