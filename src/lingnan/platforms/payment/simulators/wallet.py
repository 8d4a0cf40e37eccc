"""What the simulated wallets share: orders, refunds, and the bad habits of callbacks.

normal        one notice at once
twice         the same notice two times
late          the notice after some seconds
silent        no notice: the platform has to ask
reordered     first the news of something older, sent after the payment's
wrong_amount  one fen too little
forged        a notice signed with another key, then the right one
early         (of the whole simulator) paid and told before the order is answered
no_answer     (of the whole simulator) orders are taken, their answer gets lost
"""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone

import httpx

CHINA = timezone(timedelta(hours=8))
NOTICE_TRIES = 8
PHONE_BEHAVIOURS = {
    "normal": "正常通知一次",
    "twice": "重复通知两次",
    "late": "延迟通知",
    "silent": "不通知（由平台查询）",
    "wrong_amount": "金额少一分",
    "forged": "先发伪造通知",
}
WALLET_BEHAVIOURS = (*PHONE_BEHAVIOURS, "early", "no_answer")


class AnswerLost(Exception):
    """The connection ends without an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    content: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class WalletOrder:
    """One order as the wallet keeps it."""

    number: str
    title: str
    amount_fen: int
    notify_url: str
    expires_at: datetime
    code: str
    sent_time: str = ""
    state: str = "pending"
    transaction: str = ""
    paid_fen: int = 0
    paid_at: datetime | None = None
    refunded_fen: int = 0


@dataclass(slots=True)
class WalletRefund:
    """Money given back, once for each number."""

    number: str
    order: WalletOrder
    amount_fen: int
    refund_id: str
    at: datetime


@dataclass
class Wallet:
    """The books of one wallet; subclasses speak its protocol."""

    public_url: str
    behaviour: str = "normal"
    late_s: float = 8.0
    orders: dict[str, WalletOrder] = field(default_factory=dict)
    refunds: dict[str, WalletRefund] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    code = ""
    name = ""

    def handle(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One request of the merchant; `target` is path and query below the mount."""
        raise NotImplementedError

    def notice(self, order: WalletOrder, *, forged: bool = False) -> tuple[bytes, dict[str, str]]:
        """The callback about a paid order: body and headers."""
        raise NotImplementedError

    def new_code(self) -> str:
        """The text of a fresh code to scan."""
        raise NotImplementedError

    def take(self, order: WalletOrder) -> WalletOrder:
        """Keep an order; the same number again is the same order."""
        with self.lock:
            known = self.orders.setdefault(order.number, order)
        if self.behaviour == "no_answer":
            raise AnswerLost
        if self.behaviour == "early" and self.mark_paid(known, "early"):
            self.notify(known, "early")
        return known

    def by_code(self, code: str) -> WalletOrder | None:
        with self.lock:
            return next((o for o in self.orders.values() if o.code == code), None)

    def mark_paid(self, order: WalletOrder, behaviour: str) -> bool:
        """The payer confirmed; False when there is nothing to pay any more."""
        with self.lock:
            if order.state != "pending" or order.expires_at < datetime.now(UTC):
                return False
            order.state = "paid"
            order.transaction = self.new_transaction()
            order.paid_fen = order.amount_fen - (1 if behaviour == "wrong_amount" else 0)
            order.paid_at = datetime.now(UTC)
            return True

    def new_transaction(self) -> str:
        return f"{time.time_ns()}{secrets.randbelow(10**6):06d}"

    def pay(self, code: str, behaviour: str) -> bool:
        """Scan and confirm; the notices go out by themselves."""
        order = self.by_code(code)
        if order is None or not self.mark_paid(order, behaviour):
            return False
        threading.Thread(target=self.notify, args=(order, behaviour), daemon=True).start()
        return True

    def charge(self, order: WalletOrder, payer_code: str) -> str:
        """A payer's code at a counter: ends in 0: refused, in 9: waits, else: paid."""
        if payer_code.endswith("0") or not payer_code.isdigit():
            return "refused"
        with self.lock:
            known = self.orders.setdefault(order.number, order)
        if payer_code.endswith("9"):
            return "waiting"
        self.mark_paid(known, "normal")
        return "paid"

    def give_back(self, transaction: str, number: str, amount_fen: int) -> WalletRefund | None:
        """Once for each number, never more than came; None when refused."""
        with self.lock:
            known = self.refunds.get(number)
            if known is not None:
                return known if known.amount_fen == amount_fen else None
            order = next(
                (o for o in self.orders.values() if transaction and o.transaction == transaction),
                None,
            )
            if order is None or amount_fen <= 0:
                return None
            if order.refunded_fen + amount_fen > order.paid_fen:
                return None
            order.refunded_fen += amount_fen
            found = WalletRefund(
                number=number,
                order=order,
                amount_fen=amount_fen,
                refund_id=self.new_transaction(),
                at=datetime.now(UTC),
            )
            self.refunds[number] = found
            return found

    def moved_on(self, day: date) -> tuple[list[WalletOrder], list[WalletRefund]]:
        """What was paid and given back on a day in China."""
        with self.lock:
            paid = [
                order
                for order in self.orders.values()
                if order.paid_at and order.paid_at.astimezone(CHINA).date() == day
            ]
            back = [r for r in self.refunds.values() if r.at.astimezone(CHINA).date() == day]
        return paid, back

    def notify(self, order: WalletOrder, behaviour: str) -> None:
        """Call back as real wallets do: again and again until it is taken."""
        if behaviour == "silent":
            return
        if behaviour == "late":
            time.sleep(self.late_s)
        if behaviour == "forged":
            self._send(order, forged=True)
        self._send(order)
        if behaviour == "twice":
            self._send(order)

    def _send(self, order: WalletOrder, *, forged: bool = False) -> None:
        for attempt in range(1 if forged else NOTICE_TRIES):
            body, headers = self.notice(order, forged=forged)
            try:
                answer = httpx.post(
                    order.notify_url, content=body, headers=headers, timeout=10, trust_env=False
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and (answer.status_code == 200 or forged):
                return
            time.sleep(min(2**attempt, 30) * 0.5)
