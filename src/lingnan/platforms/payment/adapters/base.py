"""What a payment channel must do, whoever runs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class OrderState(StrEnum):
    """What the channel says of an order."""

    PENDING = "pending"
    PAID = "paid"
    CLOSED = "closed"  # will never be paid
    UNKNOWN = "unknown"  # the channel never saw it


class RefundProgress(StrEnum):
    """What the channel says of a refund."""

    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"  # the channel never saw it


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What we ask the channel to collect."""

    order_number: str
    payment_code: str
    title: str
    amount_fen: int
    placed_at: datetime
    expires_at: datetime
    return_url: str
    notify_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRef:
    """An order placed before: some channels find one only by its number and its instant."""

    order_number: str
    placed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """Where the payer pays: a page of the channel, or a text to be shown as a square code that the
    channel's own app scans; or the number by which a page inside the app calls the payment up.
    """

    pay_url: str = ""
    qr_text: str = ""
    prepay_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What the channel says happened to an order, its signature already verified."""

    order_number: str
    state: OrderState
    channel_transaction: str = ""
    amount_fen: int = 0
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """What we ask the channel to give back. The same number again is the same refund."""

    refund_number: str
    order: OrderRef
    channel_transaction: str
    paid_fen: int
    amount_fen: int
    reason: str
    requested_at: datetime
    notify_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReport:
    """What the channel says happened to a refund, its signature already verified."""

    refund_number: str
    state: RefundProgress
    channel_refund: str = ""
    amount_fen: int = 0
    paid_at: datetime | None = None
    problem: str = ""


class ColumnsUnknown(ValueError):
    """A statement whose columns are not those of its form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One line of a channel's statement of a day: money in (`is_refund` false) or back."""

    order_number: str
    channel_transaction: str
    amount_fen: int
    at: datetime
    is_refund: bool = False
    refund_number: str = ""


Notice = OrderReport | RefundReport


@runtime_checkable
class TakesOnce(Protocol):
    """A channel whose signed messages carry a nonce that counts once."""

    def nonce_of(self, headers: Mapping[str, str]) -> str:
        """The nonce of a callback that was read; empty where none is agreed."""
        ...


class ChannelAdapter(Protocol):
    """One channel. Network methods raise ChannelUnavailable when no valid answer came."""

    code: str

    def place_order(self, order: OrderRequest) -> PlacedOrder:
        """Announce an order; the same number again gives the same order."""
        ...

    def query_order(self, order: OrderRef) -> OrderReport:
        """Ask what became of an order."""
        ...

    def close_order(self, order: OrderRef) -> OrderReport:
        """Ask that an order take no money any more; a paid one stays paid and says so.

        A channel without such a call answers with the order's state; it ends by itself at its term.
        """
        ...

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """A callback's content. Raises: ForgedNotice (403), NoticeMalformed (422)."""
        ...

    def signature_of(self, body: bytes, headers: Mapping[str, str]) -> str:
        """The signature of a callback, kept beside its text."""
        ...

    def acknowledge(self) -> tuple[bytes, str]:
        """The body and media type that tell the channel the notice was taken."""
        ...

    def refund(self, request: RefundRequest) -> RefundReport:
        """Give money back by the way it came; the same number again gives the same refund."""
        ...

    def query_refund(self, request: RefundRequest) -> RefundReport:
        """Ask what became of a refund."""
        ...

    def statement(self, on: date) -> Iterable[StatementLine]:
        """The channel's own account of a day in China, line by line.

        Raises: StatementNotReady (409) before the channel has it.
        """
        ...


@runtime_checkable
class TakesPayerCodes(Protocol):
    """A channel that charges a code the payer shows at a counter (被扫, micropay)."""

    def charge_payer_code(self, order: OrderRequest, payer_code: str) -> OrderReport:
        """Take the money from the account behind a code; PENDING while the payer confirms.

        Raises: PayerCodeRefused (409).
        """
        ...


@runtime_checkable
class PaysInApp(Protocol):
    """A channel whose app opens our page and pays inside it (WeChat's JSAPI).

    The payer is known to the channel by an `openid` of our account there.
    """

    def openid_url(self, *, return_url: str, state: str) -> str:
        """Where a browser inside the app goes to be sent back with a code (base scope, silent)."""
        ...

    def openid_of(self, code: str) -> str:
        """Who came back with a code. Raises: ChannelRefused (409), ChannelUnavailable."""
        ...

    def place_in_app(self, order: OrderRequest, openid: str) -> PlacedOrder:
        """As `place_order`, for one payer inside the app; gives a `prepay_id`."""
        ...

    def pay_params(self, prepay_id: str, *, at: datetime) -> dict[str, str]:
        """What the page hands to the app, signed afresh."""
        ...
