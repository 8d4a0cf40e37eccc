"""What payment announces."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BillOpened(Event):
    """A bill was issued and can be paid."""

    name: ClassVar[str] = "payment.bill_opened"
    bill_id: UUID
    subject_kind: str
    subject_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSettled(Event):
    """The money for a bill arrived, once."""

    name: ClassVar[str] = "payment.bill_settled"
    bill_id: UUID
    subject_kind: str
    subject_id: UUID
    amount_fen: int
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BillVoided(Event):
    """A bill was withdrawn before it was paid."""

    name: ClassVar[str] = "payment.bill_voided"
    bill_id: UUID
    subject_kind: str
    subject_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class BillExpired(Event):
    """A bill was not paid by its due date."""

    name: ClassVar[str] = "payment.bill_expired"
    bill_id: UUID
    subject_kind: str
    subject_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SurplusReceived(Event):
    """Money arrived that no bill asked for; it is to be given back."""

    name: ClassVar[str] = "payment.surplus_received"
    payment_id: UUID
    bill_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRendered(Event):
    """The files of a receipt were made and wait for the seal of the collecting agency."""

    name: ClassVar[str] = "payment.receipt_rendered"
    receipt_id: UUID
    agency_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundApproved(Event):
    """The treasury approved that money goes back."""

    name: ClassVar[str] = "payment.refund_approved"
    refund_id: UUID
    bill_id: UUID
    subject_kind: str
    subject_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPaid(Event):
    """Money went back to the payer."""

    name: ClassVar[str] = "payment.refund_paid"
    refund_id: UUID
    bill_id: UUID
    subject_kind: str
    subject_id: UUID
    amount_fen: int
    paid_at: datetime
