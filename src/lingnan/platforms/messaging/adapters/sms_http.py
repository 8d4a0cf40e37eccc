"""Text messages through an HTTP gateway: one POST of JSON per message.

    POST <LINGNAN_SMS_URL>
    Authorization: Bearer <LINGNAN_SMS_TOKEN>
    Idempotency-Key: <key>
    {"to": "+8613800138000", "text": "..."}

200 to 202 with {"id": "..."}: taken. 4xx other than 408 and 429: never. All else: later.
Gateways of operators differ; a small bridge, or another adapter beside this one, fits them.
"""

from typing import TYPE_CHECKING

from lingnan.kernel.lazy import lazy_module
from lingnan.kernel.networks import trusted

from ..errors import ChannelUnavailable
from .base import Parcel, Rejected

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

TIMEOUT_S = 10
TRY_LATER = {408, 425, 429}


class SmsHttpGateway:
    """One gateway address and its token."""

    def __init__(
        self, url: str, token: str, *, transport: "httpx.BaseTransport | None" = None
    ) -> None:
        self.url = url
        self.token = token
        self.transport = transport

    def deliver(self, parcel: Parcel) -> str:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": parcel.key}
        body = {"to": international(parcel.address), "text": parcel.text}
        try:
            with httpx.Client(
                timeout=TIMEOUT_S, transport=self.transport, verify=trusted()
            ) as client:
                answer = client.post(self.url, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(type(error).__name__) from error
        if answer.status_code in {200, 201, 202}:
            return _reference(answer)
        if 400 <= answer.status_code < 500 and answer.status_code not in TRY_LATER:
            raise Rejected(f"gateway answered {answer.status_code}")
        raise ChannelUnavailable(f"gateway answered {answer.status_code}")


def international(number: str) -> str:
    """A number in E.164: a mainland number gets +86."""
    plain = "".join(character for character in number if character.isdigit() or character == "+")
    return plain if plain.startswith("+") else f"+86{plain}"


def _reference(answer: "httpx.Response") -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("id", ""))[:200] if isinstance(body, dict) else ""
