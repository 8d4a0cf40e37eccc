"""A code that verifies without us: a few facts of a licence, signed, in one square code.

`LNQ1.<key>.<payload>.<signature>`: the key's short name, canonical JSON, and r and s of SM2 over
the text before the last dot, all in base64url without padding. It says how the licence stood when
the code was made, and when that ceases to count. The verifier needs the public key alone
(`GET /api/v1/licences/offline-keys`), once.
Source: GB/T 32918.2-2016; the form is ours, the plan names none.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.text import localise
from lingnan.security.crypto import services as crypto

from . import showing
from .life import NATIONAL_STATUS
from .types import LicenceCard

PREFIX = "LNQ1"
TERM = timedelta(hours=24)  # our default: how old a statement of the status may be
LENGTH_MAX = 2_000
_PURPOSE = "licences.offline_code"
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineKey:
    """The public key offline codes are signed with."""

    kid: str
    key_id: UUID
    certificate: bytes
    point: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineFacts:
    """What a genuine code says; `is_current` as of the instant asked about."""

    identifier: str
    type_name: str
    holder_name: str
    issuer: str
    status: str
    valid_from: str
    valid_until: str
    stated_at: datetime
    expires_at: datetime
    fields: Mapping[str, str]
    is_current: bool


def offline_key(*, at: datetime) -> OfflineKey:
    """The key in use; made at first need."""
    issued = crypto.ensure_certificate(
        purpose=_PURPOSE, common_name="岭南离线核验码", organisation="岭南（测试）", at=at
    )
    return OfflineKey(
        kid=crypto.sm3(issued.der).hex()[:8],
        key_id=issued.key_id,
        certificate=issued.der,
        point=crypto.read_certificate(issued.der).public_point,
    )


def make_code(card: LicenceCard, *, purpose: str, at: datetime) -> str:
    """A code for a licence with what the purpose opens. Signs once."""
    key = offline_key(at=at)
    facts = {
        "v": 1,
        "id": card.identifier,
        "t": localise(card.type_name, "zh-hans"),
        "h": showing.name_for(card, purpose),
        "i": card.agency_name,
        "s": NATIONAL_STATUS[card.status],
        "a": card.valid_from.isoformat(),
        "z": card.valid_until.isoformat() if card.valid_until else "",
        "iat": int(at.timestamp()),
        "exp": int((at + TERM).timestamp()),
        "f": {
            localise(item.title, "zh-hans"): item.value
            for item in showing.fields_for(card, purpose)
        },
    }
    payload = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    head = f"{PREFIX}.{key.kid}.{_encode(payload.encode())}"
    signature = crypto.sign(head.encode(), key_id=key.key_id)
    return f"{head}.{_encode(_raw(signature))}"


def read_code(code: str, *, at: datetime) -> OfflineFacts | None:
    """What a code says, or None if it is not genuine."""
    head, _dot, tail = code.strip().rpartition(".")
    parts = head.split(".")
    if len(code) > LENGTH_MAX or len(parts) != 3 or parts[0] != PREFIX or not code.isascii():
        return None
    key = offline_key(at=at)
    try:
        raw, payload = _decode(tail), _decode(parts[2])
        if parts[1] != key.kid or len(raw) != _SIGNATURE_BYTES:
            return None
        if not crypto.verify(head.encode(), _der(raw), public_point=key.point):
            return None
        facts: dict[str, Any] = json.loads(payload)
    except ValueError:
        return None
    expires = datetime.fromtimestamp(facts["exp"], tz=clock.SHANGHAI)
    return OfflineFacts(
        identifier=facts["id"],
        type_name=facts["t"],
        holder_name=facts["h"],
        issuer=facts["i"],
        status=facts["s"],
        valid_from=facts["a"],
        valid_until=facts["z"],
        stated_at=datetime.fromtimestamp(facts["iat"], tz=clock.SHANGHAI),
        expires_at=expires,
        fields=facts["f"],
        is_current=at < expires,
    )


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _raw(der: bytes) -> bytes:
    """SEQUENCE{r, s} as 64 bytes."""
    r, rest = _integer(der[2:])
    s, _rest = _integer(rest)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _integer(der: bytes) -> tuple[int, bytes]:
    length = der[1]
    return int.from_bytes(der[2 : 2 + length], "big"), der[2 + length :]


def _der(raw: bytes) -> bytes:
    body = b"".join(_der_integer(raw[start : start + 32]) for start in (0, 32))
    return b"\x30" + bytes([len(body)]) + body


def _der_integer(data: bytes) -> bytes:
    value = data.lstrip(b"\x00") or b"\x00"
    if value[0] & 0x80:
        value = b"\x00" + value
    return b"\x02" + bytes([len(value)]) + value
