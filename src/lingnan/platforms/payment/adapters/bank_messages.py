"""The wire format of the bank gateway, shared by the adapter and the simulator.

A message is JSON in UTF-8. Its signature is in headers: the instant, a nonce and HMAC-SM3 over the
method, the path, both and the body. docs/reference/bank-gateway.md describes it for the other side.
"""

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lingnan.security.crypto import services as crypto

TIMESTAMP = "X-Gateway-Timestamp"
NONCE = "X-Gateway-Nonce"
SIGNATURE = "X-Gateway-Signature"
SKEW_MAX_S = 24 * 3600  # callbacks may come late; what is old is settled once only anyway
_BLOCK = 64
_NONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)


def hmac_sm3(secret: bytes, data: bytes) -> bytes:
    """HMAC (RFC 2104) over SM3, with a secret agreed outside our key store."""
    key = crypto.sm3(secret) if len(secret) > _BLOCK else secret
    key = key.ljust(_BLOCK, b"\x00")
    inner = crypto.sm3(bytes(byte ^ 0x36 for byte in key) + data)
    return crypto.sm3(bytes(byte ^ 0x5C for byte in key) + inner)


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as it is signed and sent."""
    return json.dumps(message, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sign(*, secret: str, method: str, path: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers that go with a message."""
    timestamp, nonce = str(int(at.timestamp())), secrets.token_hex(16)
    return {
        TIMESTAMP: timestamp,
        NONCE: nonce,
        SIGNATURE: _signature(secret, method, path, timestamp, nonce, body),
    }


def holds(
    *, secret: str, method: str, path: str, body: bytes, headers: Mapping[str, str], at: datetime
) -> bool:
    """Whether a message is from someone who knows the secret, and not from long ago."""
    timestamp, nonce = headers.get(TIMESTAMP, ""), headers.get(NONCE, "")
    if not is_fresh(timestamp, nonce, at=at, skew_s=SKEW_MAX_S):
        return False
    expected = _signature(secret, method, path, timestamp, nonce, body)
    return hmac.compare_digest(expected.encode(), headers.get(SIGNATURE, "").encode())


def is_fresh(timestamp: str, nonce: str, *, at: datetime, skew_s: int) -> bool:
    """Whether instant and nonce have their form, and the instant is not too far from now."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return bool(_NONCE.fullmatch(nonce)) and abs(at.timestamp() - int(timestamp)) <= skew_s


def instant(text: str) -> datetime:
    """An instant on the wire, "2026-11-23T02:00:00Z". Raises: ValueError."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("an instant on the wire has an offset")
    return value.astimezone(UTC)


def instant_text(value: datetime) -> str:
    """The form `instant` reads."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _signature(secret: str, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    head = f"{method.upper()}\n{path}\n{timestamp}\n{nonce}\n".encode()
    return hmac_sm3(secret.encode(), head + body).hex()
