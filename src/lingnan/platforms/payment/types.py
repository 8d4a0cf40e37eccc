"""Values of payment that cross the wall, and its permissions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions
from lingnan.kernel.text import LocalisedText

READ_BILLS = permissions.declare("payment.read_bills", _("See bills and receipts"))
OPEN_BILLS = permissions.declare("payment.open_bills", _("Issue bills"))
VOID_BILLS = permissions.declare("payment.void_bills", _("Void unpaid bills"))
COLLECT = permissions.declare("payment.collect", _("Take payments at the counter"))
GRANT_REDUCTIONS = permissions.declare(
    "payment.grant_reductions", _("Grant reductions that need approval")
)
MANAGE_FEES = permissions.declare("payment.manage_fees", _("Maintain the catalogue of fees"))
CONFIRM_FEES = permissions.declare(
    "payment.confirm_fees", _("Confirm changes of the catalogue of fees as second person")
)


APPLY_REFUNDS = permissions.declare("payment.apply_refunds", _("Apply for refunds"))
REVIEW_REFUNDS = permissions.declare("payment.review_refunds", _("Review refunds"))
APPROVE_REFUNDS = permissions.declare(
    "payment.approve_refunds", _("Approve refunds for the treasury")
)
RECONCILE = permissions.declare("payment.reconcile", _("Reconcile business days"))
CLOSE_DAYS = permissions.declare("payment.close_days", _("Close business days for the treasury"))
READ_FLOWS = permissions.declare("payment.read_flows", _("See where money goes"))
MANAGE_RESULTS = permissions.declare(
    "payment.manage_results", _("Connect an agency's system to results of bills")
)


class BillState(models.TextChoices):
    """Where a bill stands. Paid, voided and expired are final."""

    OPEN = "open", _("To be paid")
    PAYING = "paying", _("Being paid")
    PAID = "paid", _("Paid")
    VOIDED = "voided", _("Voided")
    EXPIRED = "expired", _("Expired")


class ReceiptKind(models.TextChoices):
    """A normal (blue) receipt, or the red one that reverses it."""

    NORMAL = "normal", _("Receipt")
    REVERSAL = "reversal", _("Red reversal")


class RefundState(models.TextChoices):
    """Where a refund stands. Paid and refused are final."""

    APPLIED = "applied", _("Applied for")
    REVIEWED = "reviewed", _("Reviewed, waiting for the treasury")
    APPROVED = "approved", _("Approved, being paid out")
    FAILED = "failed", _("The channel could not pay it out")
    PAID = "paid", _("Given back")
    REFUSED = "refused", _("Refused")


class DeliveryState(models.TextChoices):
    """Where a result for an agency's system stands."""

    WAITING = "waiting", _("Waiting to be sent")
    DELIVERED = "delivered", _("Taken by the other side")
    DEAD = "dead", _("Given up")


class SendProblem(models.TextChoices):
    """Why a result had no answer, or an address is refused."""

    FORM = "form", _("The address is not of the form https://name/path.")
    NOT_HTTPS = "not_https", _("The address does not begin with https.")
    NOT_PUBLIC = "not_public", _("The name leads to an address that is not public.")
    NAME_UNKNOWN = "name_unknown", _("The name of the address is not known.")
    TIMEOUT = "timeout", _("No answer in time.")
    TLS = "tls", _("The certificate of the other side does not hold.")
    NO_CONNECTION = "no_connection", _("No connection to the other side.")
    NOT_HTTP = "not_http", _("The other side does not speak HTTP.")


class RuleKind(models.TextChoices):
    """What a draft of the catalogue changes."""

    FEE = "fee", _("Fee and its standard")
    END = "end", _("End of a fee")
    REDUCTION = "reduction", _("Ground of reduction")
    SPLIT = "split", _("Shares of levels of government")
    ACCOUNT = "account", _("Account of a government")


class DraftState(models.TextChoices):
    """Where a draft stands. All but the first are final."""

    WAITING = "waiting", _("Waiting for the second person")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Draft withdrawn")


class PaidInto(models.TextChoices):
    """Where the income of a fee is handed in."""

    TREASURY = "treasury", _("Treasury")
    SPECIAL = "special", _("Special fiscal account")


class DayState(models.TextChoices):
    """Where a channel's day stands."""

    OPEN = "open", _("Not compared yet")
    COMPARED = "compared", _("Compared")
    CLOSED = "closed", _("Closed")


class Source(models.TextChoices):
    """Whose statement."""

    CHANNEL = "channel", _("Channel")
    TREASURY = "treasury", _("Treasury")


class DifferenceKind(models.TextChoices):
    """How a statement and our books disagree."""

    LONG = "long", _("Money without an order")
    SHORT = "short", _("Money missing")
    AMOUNT = "amount", _("Other amount")
    STATUS = "status", _("Other state")
    CROSS_DAY = "cross_day", _("Across the day's end")


class DifferenceState(models.TextChoices):
    OPEN = "open", _("Not looked into yet")
    ASSIGNED = "assigned", _("Being looked into")
    EXPLAINED = "explained", _("Explained, waiting for approval")
    RESOLVED = "resolved", _("Settled")


class Resolution(models.TextChoices):
    """What was done about a difference; the two last happen by themselves."""

    SUPPLEMENT = "supplement", _("Enter the payment (supplement)")
    ADJUSTMENT = "adjustment", _("Adjusting entry")
    NO_ACTION = "no_action", _("Leave the books as they are")
    MADE_GOOD = "made_good", _("The channel put it right: out of suspense")
    CARRIED = "carried", _("Arrived the day beside")
    MATCHES = "matches", _("Matches by now")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """A key just made: its secret is shown once and kept nowhere in the open."""

    key_id: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRule:
    """A fee as it is to be from a day on."""

    name: str
    kind: str
    unit: str
    unit_price_fen: int
    legal_basis: str
    paid_into: str = PaidInto.TREASURY


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeEnd:
    """A fee that is no longer charged from a day on."""

    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReductionRule:
    """A ground of reduction as it is to be from a day on; `until`: the first day without it."""

    fee_code: str
    name: str
    percent: int
    legal_basis: str
    needs_approval: bool = False
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRule:
    """How a fee is shared from a day on: parts of ten thousand by level; None: nothing."""

    legal_basis: str
    central: int = 0
    province: int = 0
    city: int = 0
    county: int = 0

    @property
    def shares(self) -> dict[str, int]:
        levels = {
            "central": self.central,
            "province": self.province,
            "city": self.city,
            "county": self.county,
        }
        return {level: share for level, share in levels.items() if share}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRule:
    """The bank account of a government's treasury or special account, from a day on.

    `region_code` is empty for the central government.
    """

    paid_into: str
    region_code: str
    holder_name: str
    bank_name: str
    account_number: str


RuleContent = FeeRule | FeeEnd | ReductionRule | ShareRule | AccountRule
CONTENTS: dict[RuleKind, type[RuleContent]] = {
    RuleKind.FEE: FeeRule,
    RuleKind.END: FeeEnd,
    RuleKind.REDUCTION: ReductionRule,
    RuleKind.SPLIT: ShareRule,
    RuleKind.ACCOUNT: AccountRule,
}


WHOLE_PROVINCE = "440000000000/"
LATE_AFTER = timedelta(days=3)
"""Money is handed in by then; T+1 and a weekend's margin are our default."""
UNPAID = (BillState.OPEN, BillState.PAYING)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One charge on a bill. `code` is that of the fee catalogue where the fee is in it.

    `reduction_fen` is taken off for the reason in `reduction_basis`. On a joint bill `agency_id`
    names the agency the charge is for; None: the collecting one. `reduction_code` names a ground of
    the catalogue, which then gives amount and basis.
    """

    code: str
    name: LocalisedText
    quantity: int
    unit_price_fen: int
    reduction_fen: int = 0
    reduction_basis: str = ""
    agency_id: UUID | None = None
    reduction_code: str = ""

    @property
    def full_fen(self) -> int:
        return self.quantity * self.unit_price_fen

    @property
    def amount_fen(self) -> int:
        return self.full_fen - self.reduction_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPreview:
    """A bill as it would be issued now; nothing is written."""

    payer_name: str
    collecting_agency_id: UUID
    collecting_agency_name: str
    lines: tuple[BillLine, ...]
    amount_fen: int
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCard:
    """What others may know of a bill."""

    id: UUID
    code: str
    state: str
    amount_fen: int
    payer_kind: str
    payer_id: UUID
    payer_name: str
    collecting_agency_id: UUID
    subject_kind: str
    subject_id: UUID
    title: LocalisedText
    due_on: date
    opened_at: datetime
    paid_at: datetime | None

    @property
    def url(self) -> str:
        return f"/pay/{self.id}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCard:
    """A fiscal receipt: its numbers, and its files once they are made."""

    id: UUID
    bill_id: UUID
    code: str
    number: str
    check_code: str
    kind: str
    amount_fen: int
    issued_at: datetime
    is_sealed: bool
    is_booked: bool
    pdf_file_id: UUID | None
    ofd_file_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptToSeal:
    """A rendered receipt and the box on its first page in which the seal belongs, millimetres."""

    ofd: bytes
    agency_id: UUID
    number: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
