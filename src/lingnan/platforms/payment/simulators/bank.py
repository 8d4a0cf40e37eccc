"""The bank's side of the gateway, for tests and the demo: no real money, no database.

It keeps orders in memory, shows a page to pay on, and calls back as badly as real gateways do.
How it behaves towards an order is chosen on its page or by `behaviour`:

    normal       one notice at once
    twice        the same notice two times, at once
    late         the notice after some seconds, long after the payer went back
    silent       no notice at all: the platform has to ask
    reordered    first a notice that the order is pending, sent after the one that it is paid
    wrong_amount one fen too little
    forged       a notice with a wrong signature, then the right one
    charged_twice two payments of the same order, each with a transaction of its own
"""

import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import httpx

from ..adapters import bank_messages as messages
from ..adapters.bank_signatures import Signer

BEHAVIOURS = {
    "normal": "正常通知一次",
    "twice": "重复通知两次",
    "late": "延迟通知",
    "silent": "不通知（由平台查询）",
    "reordered": "通知乱序",
    "wrong_amount": "金额少一分",
    "forged": "先发伪造通知",
    "charged_twice": "同一订单扣款两次",
}
CHINA = timezone(timedelta(hours=8))
BODY_MAX_BYTES = 100_000
NOTICE_TRIES = 8


@dataclass(slots=True)
class Order:
    """One order as the bank keeps it."""

    order_number: str
    payment_code: str
    title: str
    amount_fen: int
    expires_at: datetime
    return_url: str
    notify_url: str
    state: str = "pending"
    transaction: str = ""
    paid_at: datetime | None = None
    paid_fen: int = 0
    refunded_fen: int = 0


@dataclass(slots=True)
class Bank:
    """All orders, and how messages to the platform are signed."""

    signer: Signer
    public_url: str
    behaviour: str = "normal"
    late_s: float = 8.0
    orders: dict[str, Order] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    nonces: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def takes(self, nonce: str) -> bool:
        """Whether a request is taken: with SM2 its nonce counts once."""
        with self.lock:
            is_new = nonce not in self.nonces
            self.nonces.add(nonce)
        return is_new or not self.signer.takes_once

    def place(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Take an order; the same number again gives the same order, a closed one stays closed."""
        number = str(message["order_number"])
        with self.lock:
            if number in self.closed:
                return 409, {"problem": "order is closed"}
            order = self.orders.get(number)
            if order is None:
                order = Order(
                    order_number=number,
                    payment_code=str(message["payment_code"]),
                    title=str(message["title"]),
                    amount_fen=int(message["amount_fen"]),
                    expires_at=messages.instant(message["expires_at"]),
                    return_url=str(message["return_url"]),
                    notify_url=str(message["notify_url"]),
                )
                self.orders[number] = order
        return 201, {"order_number": number, "pay_url": f"{self.public_url}/pay/{number}"}

    def report(self, number: str) -> dict[str, Any]:
        """What became of an order."""
        with self.lock:
            order = self.orders.get(number)
            if order is None:
                state = "closed" if number in self.closed else "unknown"
                return {"order_number": number, "state": state}
            return report_of(order)

    def close(self, number: str) -> dict[str, Any]:
        """End an order for good, also one that was never seen."""
        with self.lock:
            order = self.orders.get(number)
            if order is None:
                self.closed.add(number)
                return {"order_number": number, "state": "closed"}
            if order.state == "pending":
                order.state = "closed"
            return report_of(order)

    def refund(self, message: dict[str, Any]) -> dict[str, Any]:
        """Give money back once per number, never more than came."""
        number, amount = str(message["refund_number"]), int(message["amount_fen"])
        with self.lock:
            known = self.refunds.get(number)
            if known is not None:
                return known
            order = self.orders.get(str(message["order_number"]))
            answer: dict[str, Any] = {"refund_number": number, "state": "failed"}
            if order is None or order.state != "paid":
                return {**answer, "problem": "order is not paid"}
            twice = str(message["transaction"]) == f"{order.transaction}-2"
            paid = order.paid_fen * (2 if twice else 1)
            if amount <= 0 or order.refunded_fen + amount > paid:
                return {**answer, "problem": "more than was paid"}
            order.refunded_fen += amount
            self.refunds[number] = {
                "refund_number": number,
                "order_number": order.order_number,
                "state": "succeeded",
                "refund_transaction": f"B{time.time_ns()}{secrets.token_hex(3)}",
                "amount_fen": amount,
                "currency": "CNY",
                "refunded_at": messages.instant_text(datetime.now(UTC)),
            }
            return self.refunds[number]

    def refund_report(self, number: str) -> dict[str, Any]:
        """What became of a refund."""
        with self.lock:
            return self.refunds.get(number) or {"refund_number": number, "state": "unknown"}

    def statement(self, day: str) -> dict[str, Any]:
        """Everything that moved on a day in China, as CSV."""
        rows = ["kind,order_number,transaction,amount_fen,at,refund_number"]
        with self.lock:
            for order in self.orders.values():
                if order.paid_at and order.paid_at.astimezone(CHINA).date().isoformat() == day:
                    at = messages.instant_text(order.paid_at)
                    rows.append(
                        f"payment,{order.order_number},{order.transaction},{order.paid_fen},{at},"
                    )
            for refund in self.refunds.values():
                back_at = messages.instant(refund["refunded_at"])
                if back_at.astimezone(CHINA).date().isoformat() == day:
                    rows.append(
                        f"refund,{refund['order_number']},{refund['refund_transaction']},"
                        f"{refund['amount_fen']},{refund['refunded_at']},{refund['refund_number']}"
                    )
        return {"on": day, "state": "ready", "csv": "\n".join(rows) + "\n"}

    def pay(self, number: str, behaviour: str) -> Order | None:
        """The payer confirms; the notices go out by themselves."""
        with self.lock:
            order = self.orders.get(number)
            if order is None or order.state != "pending" or order.expires_at < datetime.now(UTC):
                return None
            order.state = "paid"
            order.transaction = f"T{time.time_ns()}{secrets.token_hex(3)}"
            order.paid_at = datetime.now(UTC)
            order.paid_fen = order.amount_fen - (1 if behaviour == "wrong_amount" else 0)
        threading.Thread(target=self._notify, args=(order, behaviour), daemon=True).start()
        return order

    def _notify(self, order: Order, behaviour: str) -> None:
        paid = report_of(order)
        if behaviour == "silent":
            return
        if behaviour == "late":
            time.sleep(self.late_s)
        if behaviour == "forged":
            self._send(order, {**paid, "transaction": "FORGED"}, forged=True)
        self._send(order, paid)
        if behaviour == "twice":
            self._send(order, paid)
        if behaviour == "reordered":
            self._send(order, {"order_number": order.order_number, "state": "pending"})
        if behaviour == "charged_twice":
            self._send(order, {**paid, "transaction": f"{order.transaction}-2"})

    def _send(self, order: Order, message: dict[str, Any], *, forged: bool = False) -> None:
        """Call back until the platform takes it, a few times, as gateways do; signed each time.

        A forged one has the signature of another message.
        """
        body = messages.encode(message)
        signed = messages.encode({**message, "transaction": "ANOTHER"}) if forged else body
        for attempt in range(1 if forged else NOTICE_TRIES):
            headers = self.signer.sign(
                method="POST",
                path=urlsplit(order.notify_url).path,
                body=signed,
                at=datetime.now(UTC),
            )
            try:
                answer = httpx.post(
                    order.notify_url,
                    content=body,
                    headers={**headers, "Content-Type": "application/json"},
                    timeout=10,
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and (answer.status_code == 200 or forged):
                return
            time.sleep(min(2**attempt, 30) * 0.5)


def report_of(order: Order) -> dict[str, Any]:
    """An order in the form of the protocol."""
    if order.state != "paid" or order.paid_at is None:
        return {"order_number": order.order_number, "state": order.state}
    return {
        "order_number": order.order_number,
        "state": "paid",
        "transaction": order.transaction,
        "amount_fen": order.paid_fen,
        "currency": "CNY",
        "paid_at": messages.instant_text(order.paid_at),
    }
