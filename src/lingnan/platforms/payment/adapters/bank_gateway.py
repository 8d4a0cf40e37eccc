"""The bank gateway: JSON over HTTP, both sides signing with HMAC-SM3.

The protocol is docs/reference/bank-gateway.md; `lingnan bank-simulator` is the other side.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from lingnan.kernel import clock
from lingnan.kernel.lazy import lazy_module

from ..errors import ChannelUnavailable, ForgedNotice, NoticeMalformed
from . import bank_messages as messages
from .base import OrderReport, OrderRequest, OrderState, PlacedOrder

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

CODE = "bank"
CALLBACK_PATH = "/api/v1/payment/callbacks/bank"
TIMEOUT_S = 8


class BankGateway:
    """One gateway: its address and the secret agreed with it."""

    code = CODE

    def __init__(
        self, *, url: str, secret: str, transport: "httpx.BaseTransport | None" = None
    ) -> None:
        self.url = url.rstrip("/")
        self.secret = secret
        self.transport = transport

    def place_order(self, order: OrderRequest) -> PlacedOrder:
        answer = self._call(
            "POST",
            "/orders",
            {
                "order_number": order.order_number,
                "payment_code": order.payment_code,
                "title": order.title,
                "amount_fen": order.amount_fen,
                "currency": "CNY",
                "expires_at": messages.instant_text(order.expires_at),
                "return_url": order.return_url,
                "notify_url": order.notify_url,
            },
        )
        pay_url = answer.get("pay_url")
        if not isinstance(pay_url, str) or not self._is_ours(pay_url):
            raise ChannelUnavailable("the gateway gave no address to pay at")
        return PlacedOrder(pay_url=pay_url)

    def query_order(self, order_number: str) -> OrderReport:
        return self._report("GET", f"/orders/{quote(order_number, safe='')}", order_number)

    def close_order(self, order_number: str) -> OrderReport:
        return self._report("POST", f"/orders/{quote(order_number, safe='')}/close", order_number)

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> OrderReport:
        if not messages.holds(
            secret=self.secret,
            method="POST",
            path=CALLBACK_PATH,
            body=body,
            headers=headers,
            at=clock.now(),
        ):
            raise ForgedNotice
        try:
            return _read_report(json.loads(body))
        except (ValueError, KeyError, TypeError) as error:
            raise NoticeMalformed from error

    def acknowledge(self) -> tuple[bytes, str]:
        return b'{"result":"taken"}', "application/json"

    def _is_ours(self, url: str) -> bool:
        """The payer is sent to the bank we know and nowhere else."""
        given, known = urlsplit(url), urlsplit(self.url)
        return (given.scheme, given.netloc) == (known.scheme, known.netloc)

    def _report(self, method: str, path: str, order_number: str) -> OrderReport:
        answer = self._call(method, path, None)
        try:
            report = _read_report(answer)
        except (ValueError, KeyError, TypeError) as error:
            raise ChannelUnavailable("the gateway's answer is not of the agreed form") from error
        if report.order_number != order_number:
            raise ChannelUnavailable("the gateway answered for another order")
        return report

    def _call(self, method: str, path: str, message: Mapping[str, Any] | None) -> dict[str, Any]:
        """One signed request; an answer whose signature does not hold is no answer."""
        body = messages.encode(message) if message is not None else b""
        headers = messages.sign(
            secret=self.secret, method=method, path=path, body=body, at=clock.now()
        )
        headers["Content-Type"] = "application/json"
        try:
            with httpx.Client(timeout=TIMEOUT_S, transport=self.transport) as client:
                answer = client.request(method, f"{self.url}{path}", content=body, headers=headers)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(type(error).__name__) from error
        if answer.status_code not in {200, 201}:
            raise ChannelUnavailable(f"the gateway answered {answer.status_code}")
        if not messages.holds(
            secret=self.secret,
            method=f"{method} ANSWER",
            path=path,
            body=answer.content,
            headers=answer.headers,
            at=clock.now(),
        ):
            raise ChannelUnavailable("the signature of the gateway's answer does not hold")
        try:
            decoded = json.loads(answer.content)
        except ValueError as error:
            raise ChannelUnavailable("the gateway's answer is not of the agreed form") from error
        if not isinstance(decoded, dict):
            raise ChannelUnavailable("the gateway's answer is not of the agreed form")
        return decoded


def _read_report(message: Any) -> OrderReport:
    state = OrderState(message["state"])
    number = message["order_number"]
    if not isinstance(number, str) or not 1 <= len(number) <= 64:
        raise ValueError("an order number has 1 to 64 characters")
    if state != OrderState.PAID:
        return OrderReport(order_number=number, state=state)
    amount, transaction = message["amount_fen"], message["transaction"]
    if type(amount) is not int or not 0 < amount < 10**15:
        raise ValueError("an amount is a whole number of fen above zero")
    if not isinstance(transaction, str) or not 1 <= len(transaction) <= 64:
        raise ValueError("a transaction has 1 to 64 characters")
    if message.get("currency") != "CNY":
        raise ValueError("only CNY is collected")
    paid_at: datetime = messages.instant(message["paid_at"])
    return OrderReport(
        order_number=number,
        state=state,
        channel_transaction=transaction,
        amount_fen=amount,
        paid_at=paid_at,
    )
