"""The wire format of the identity gateway, shared by the adapters and the simulator.

JSON in UTF-8, signed in headers: the instant, a nonce, and HMAC-SM3 over method, path, both and the
body. An answer is signed over the method with " ANSWER", the path and the nonce of the question.
docs/reference/identity-gateway.md describes it for the other side.
"""

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lingnan.kernel import clock
from lingnan.kernel.lazy import lazy_module
from lingnan.kernel.networks import trusted
from lingnan.security.crypto import services as crypto

from ..errors import ProofUnavailable

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

TIMESTAMP = "X-Gateway-Timestamp"
NONCE = "X-Gateway-Nonce"
SIGNATURE = "X-Gateway-Signature"
SKEW_MAX_S = 300
TIMEOUT_S = 8
_BLOCK = 64
_NONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as it is signed and sent."""
    return json.dumps(message, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sign(
    *, secret: str, method: str, path: str, body: bytes, at: datetime, nonce: str = ""
) -> dict[str, str]:
    """The headers that go with a message; an answer repeats the nonce of its question."""
    timestamp, nonce = str(int(at.timestamp())), nonce or secrets.token_hex(16)
    return {
        TIMESTAMP: timestamp,
        NONCE: nonce,
        SIGNATURE: _signature(secret, method, path, timestamp, nonce, body),
    }


def holds(
    *, secret: str, method: str, path: str, body: bytes, headers: Mapping[str, str], at: datetime
) -> bool:
    """Whether a message is from someone who knows the secret, and fresh."""
    timestamp, nonce = headers.get(TIMESTAMP, ""), headers.get(NONCE, "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if not _NONCE.fullmatch(nonce) or abs(at.timestamp() - int(timestamp)) > SKEW_MAX_S:
        return False
    expected = _signature(secret, method, path, timestamp, nonce, body)
    return hmac.compare_digest(expected.encode(), headers.get(SIGNATURE, "").encode())


def _signature(secret: str, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    head = f"{method.upper()}\n{path}\n{timestamp}\n{nonce}\n".encode()
    return _hmac_sm3(secret.encode(), head + body).hex()


def _hmac_sm3(secret: bytes, data: bytes) -> bytes:
    """HMAC (RFC 2104) over SM3, with a secret agreed outside our key store."""
    key = crypto.sm3(secret) if len(secret) > _BLOCK else secret
    key = key.ljust(_BLOCK, b"\x00")
    inner = crypto.sm3(bytes(byte ^ 0x36 for byte in key) + data)
    return crypto.sm3(bytes(byte ^ 0x5C for byte in key) + inner)


class GatewayClient:
    """One gateway: its address and the secret agreed with it."""

    def __init__(
        self, *, url: str, secret: str, transport: "httpx.BaseTransport | None" = None
    ) -> None:
        self.url = url.rstrip("/")
        self.secret = secret
        self.transport = transport

    def ask(self, path: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """One signed question; an answer whose signature does not hold is no answer.

        Raises: ProofUnavailable.
        """
        body = encode(message)
        headers = sign(secret=self.secret, method="POST", path=path, body=body, at=clock.now())
        nonce = headers[NONCE]
        headers["Content-Type"] = "application/json"
        try:
            with httpx.Client(
                timeout=TIMEOUT_S, transport=self.transport, verify=trusted()
            ) as client:
                answer = client.post(f"{self.url}{path}", content=body, headers=headers)
        except httpx.HTTPError as error:
            raise ProofUnavailable(type(error).__name__) from error
        if answer.status_code != 200:
            raise ProofUnavailable(f"the gateway answered {answer.status_code}")
        genuine = answer.headers.get(NONCE) == nonce and holds(
            secret=self.secret,
            method="POST ANSWER",
            path=path,
            body=answer.content,
            headers=answer.headers,
            at=clock.now(),
        )
        if not genuine:
            raise ProofUnavailable("the signature of the gateway's answer does not hold")
        try:
            decoded = json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise ProofUnavailable("the gateway's answer is not of the agreed form") from error
        if not isinstance(decoded, dict) or not isinstance(decoded.get("result"), str):
            raise ProofUnavailable("the gateway's answer is not of the agreed form")
        return decoded
