"""Verify a square code of a licence without a network."""

import base64
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import sm2

PREFIX = "LNQ1"
LENGTH_MAX = 2_000


class NotGenuine(Exception):
    """The code was not signed by a key that is trusted here, or was changed."""


@dataclass(frozen=True, slots=True)
class OfflineKey:
    """A public key of the platform: its short name and its point (65 bytes)."""

    kid: str
    point: bytes


@dataclass(frozen=True, slots=True)
class OfflineFacts:
    """What the platform stated when the code was made."""

    identifier: str
    type_name: str
    holder_name: str
    issuer: str
    status: str
    valid_from: str
    valid_until: str
    fields: Mapping[str, str]
    stated_at: int
    expires_at: int

    @property
    def was_valid(self) -> bool:
        """National status code 01."""
        return self.status == "01"

    def is_current(self, at: float | None = None) -> bool:
        """Whether the statement still counts (seconds since 1970; now if left out)."""
        return (time.time() if at is None else at) < self.expires_at


class OfflineVerifier:
    """Holds the keys that are trusted; `verify` asks nobody."""

    def __init__(self, keys: Iterable[OfflineKey]) -> None:
        self._points = {key.kid: key.point for key in keys}

    def verify(self, code: str) -> OfflineFacts:
        """What a genuine code says. Raises: NotGenuine."""
        head, _dot, tail = code.strip().rpartition(".")
        parts = head.split(".")
        if len(code) > LENGTH_MAX or len(parts) != 3 or parts[0] != PREFIX:
            raise NotGenuine("not a code of this form")
        point = self._points.get(parts[1])
        if point is None:
            raise NotGenuine("signed with a key that is not known here")
        try:
            if not sm2.verify(head.encode("ascii"), _decode(tail), point):
                raise NotGenuine("the signature does not hold")
            facts: dict[str, Any] = json.loads(_decode(parts[2]))
        except ValueError as wrong:
            raise NotGenuine("not a code of this form") from wrong
        return OfflineFacts(
            identifier=facts["id"],
            type_name=facts["t"],
            holder_name=facts["h"],
            issuer=facts["i"],
            status=facts["s"],
            valid_from=facts["a"],
            valid_until=facts["z"],
            fields=facts["f"],
            stated_at=facts["iat"],
            expires_at=facts["exp"],
        )


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
