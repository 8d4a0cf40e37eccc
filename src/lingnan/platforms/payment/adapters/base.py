"""What a payment channel must do, whoever runs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class OrderState(StrEnum):
    """What the channel says of an order."""

    PENDING = "pending"
    PAID = "paid"
    CLOSED = "closed"  # will never be paid
    UNKNOWN = "unknown"  # the channel never saw it


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What we ask the channel to collect."""

    order_number: str
    payment_code: str
    title: str
    amount_fen: int
    expires_at: datetime
    return_url: str
    notify_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """Where the payer pays."""

    pay_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What the channel says happened to an order, its signature already verified."""

    order_number: str
    state: OrderState
    channel_transaction: str = ""
    amount_fen: int = 0
    paid_at: datetime | None = None


class ChannelAdapter(Protocol):
    """One channel. Network methods raise ChannelUnavailable when no valid answer came."""

    code: str

    def place_order(self, order: OrderRequest) -> PlacedOrder:
        """Announce an order; the same number again gives the same order."""
        ...

    def query_order(self, order_number: str) -> OrderReport:
        """Ask what became of an order."""
        ...

    def close_order(self, order_number: str) -> OrderReport:
        """Ask that an order take no money any more; a paid one stays paid and says so."""
        ...

    def read_notice(self, body: bytes, headers: Mapping[str, str]) -> OrderReport:
        """A callback's content. Raises: ForgedNotice (403), NoticeMalformed (422)."""
        ...

    def acknowledge(self) -> tuple[bytes, str]:
        """The body and media type that tell the channel the notice was taken."""
        ...
