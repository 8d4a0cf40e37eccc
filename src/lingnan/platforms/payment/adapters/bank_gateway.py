"""The bank gateway: JSON over HTTP, both sides signing, with HMAC-SM3 or with SM2.

The protocol is docs/reference/bank-gateway.md; `lingnan channel-simulator` is the other side.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from lingnan.kernel import clock
from lingnan.kernel.lazy import lazy_module
from lingnan.kernel.networks import trusted

from ..errors import ChannelUnavailable, ForgedNotice, NoticeMalformed, StatementNotReady
from . import bank_messages as messages
from .bank_signatures import Signer
from .base import (
    ColumnsUnknown,
    Notice,
    OrderRef,
    OrderReport,
    OrderRequest,
    OrderState,
    PlacedOrder,
    RefundProgress,
    RefundReport,
    RefundRequest,
    StatementLine,
)

if TYPE_CHECKING:
    import httpx
else:
    httpx = lazy_module("httpx")

CODE = "bank"
CALLBACK_PATH = "/api/v1/payment/callbacks/bank"
TIMEOUT_S = 8


class BankGateway:
    """One gateway: its address, and the secret or the keys agreed with it."""

    code = CODE

    def __init__(
        self, *, url: str, signer: Signer, transport: "httpx.BaseTransport | None" = None
    ) -> None:
        self.url = url.rstrip("/")
        self.signer = signer
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

    def query_order(self, order: OrderRef) -> OrderReport:
        number = order.order_number
        return self._report("GET", f"/orders/{quote(number, safe='')}", number)

    def close_order(self, order: OrderRef) -> OrderReport:
        number = order.order_number
        return self._report("POST", f"/orders/{quote(number, safe='')}/close", number)

    def refund(self, request: RefundRequest) -> RefundReport:
        answer = self._call(
            "POST",
            "/refunds",
            {
                "refund_number": request.refund_number,
                "order_number": request.order.order_number,
                "transaction": request.channel_transaction,
                "amount_fen": request.amount_fen,
                "currency": "CNY",
                "reason": request.reason,
                "notify_url": request.notify_url,
            },
        )
        return self._refund_report(answer, request)

    def query_refund(self, request: RefundRequest) -> RefundReport:
        path = f"/refunds/{quote(request.refund_number, safe='')}"
        return self._refund_report(self._call("GET", path, None), request)

    def statement(self, on: date) -> Iterable[StatementLine]:
        answer = self._call("GET", f"/statements/{on.isoformat()}", None)
        if answer.get("state") != "ready":
            raise StatementNotReady(on=on)
        try:
            yield from read_statement(str(answer["csv"]).splitlines())
        except (ValueError, KeyError, TypeError) as error:
            raise ChannelUnavailable("the statement is not of the agreed form") from error

    def signature_of(self, body: bytes, headers: Mapping[str, str]) -> str:
        return headers.get(messages.SIGNATURE, "")

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        if not self.signer.holds(
            method="POST", path=CALLBACK_PATH, body=body, headers=headers, at=clock.now()
        ):
            raise ForgedNotice
        try:
            message = json.loads(body)
            if "refund_number" in message:
                return _read_refund(message)
            return _read_report(message)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise NoticeMalformed from error

    def nonce_of(self, headers: Mapping[str, str]) -> str:
        return headers.get(messages.NONCE, "") if self.signer.takes_once else ""

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

    def _refund_report(self, answer: dict[str, Any], request: RefundRequest) -> RefundReport:
        try:
            report = _read_refund(answer)
        except (ValueError, KeyError, TypeError) as error:
            raise ChannelUnavailable("the gateway's answer is not of the agreed form") from error
        if report.refund_number != request.refund_number:
            raise ChannelUnavailable("the gateway answered for another refund")
        return report

    def _call(self, method: str, path: str, message: Mapping[str, Any] | None) -> dict[str, Any]:
        """One signed request; an answer whose signature does not hold is no answer."""
        body = messages.encode(message) if message is not None else b""
        headers = self.signer.sign(method=method, path=path, body=body, at=clock.now())
        nonce = headers[messages.NONCE]
        headers["Content-Type"] = "application/json"
        try:
            with httpx.Client(
                timeout=TIMEOUT_S, transport=self.transport, verify=trusted()
            ) as client:
                answer = client.request(method, f"{self.url}{path}", content=body, headers=headers)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(type(error).__name__) from error
        if answer.status_code not in {200, 201}:
            raise ChannelUnavailable(f"the gateway answered {answer.status_code}")
        if not self.signer.holds(
            method=f"{method} ANSWER",
            path=path,
            body=answer.content,
            headers=answer.headers,
            at=clock.now(),
            nonce=nonce,
        ):
            raise ChannelUnavailable("the signature of the gateway's answer does not hold")
        try:
            decoded = json.loads(answer.content)
        except (ValueError, RecursionError) as error:
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


def _read_refund(message: Any) -> RefundReport:
    state = RefundProgress(message["state"])
    number = message["refund_number"]
    if not isinstance(number, str) or not 1 <= len(number) <= 64:
        raise ValueError("a refund number has 1 to 64 characters")
    if state != RefundProgress.SUCCEEDED:
        return RefundReport(
            refund_number=number, state=state, problem=str(message.get("problem", ""))[:300]
        )
    amount, transaction = message["amount_fen"], message["refund_transaction"]
    if type(amount) is not int or not 0 < amount < 10**15:
        raise ValueError("an amount is a whole number of fen above zero")
    if not isinstance(transaction, str) or not 1 <= len(transaction) <= 64:
        raise ValueError("a transaction has 1 to 64 characters")
    return RefundReport(
        refund_number=number,
        state=state,
        channel_refund=transaction,
        amount_fen=amount,
        paid_at=messages.instant(message["refunded_at"]),
    )


STATEMENT_COLUMNS = ("kind", "order_number", "transaction", "amount_fen", "at", "refund_number")


def read_statement(lines: Iterable[str]) -> Iterable[StatementLine]:
    """The lines of a statement in the gateway's CSV. Raises: ValueError, KeyError."""
    rows = csv.DictReader(lines)
    if tuple(rows.fieldnames or ()) != STATEMENT_COLUMNS:
        raise ColumnsUnknown
    for row in rows:
        if row["kind"] not in {"payment", "refund"}:
            raise ValueError(f"unknown kind {row['kind']}")
        yield StatementLine(
            order_number=row["order_number"],
            channel_transaction=row["transaction"],
            amount_fen=int(row["amount_fen"]),
            at=messages.instant(row["at"]),
            is_refund=row["kind"] == "refund",
            refund_number=row["refund_number"],
        )
