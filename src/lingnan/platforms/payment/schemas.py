"""Shapes of payment in the API."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel import clock
from lingnan.kernel.text import localise
from lingnan.security.masking.services import mask
from lingnan.security.masking.types import Kind, Shown

from . import flow_queries, queries, services
from .types import Resolution


class BillOut(Schema):
    """A bill as its payer and the collecting agency see it."""

    id: UUID
    code: str = Field(description="Payment code, 20 digits")
    state: str = Field(description="open, paying, paid, voided or expired")
    title: str
    amount_fen: int
    payer_name: str
    collecting_agency_name: str
    subject_kind: str
    subject_id: UUID
    due_on: date
    is_fine: bool
    payable_fen: int = Field(description="Owed today if unpaid: a late fine has a surcharge")
    opened_at: datetime
    paid_at: datetime | None
    pay_page: str = Field(description="Path of the page where anyone holding it can pay")

    @staticmethod
    def resolve_title(row: Any) -> str:
        return localise(row.title)

    @staticmethod
    def resolve_payable_fen(row: Any) -> int:
        return queries.owed_fen(row, on=clock.today())

    @staticmethod
    def resolve_pay_page(row: Any) -> str:
        return f"/pay/{row.id}/"


class ChargeOut(Schema):
    position: int
    code: str
    name: str
    quantity: int
    unit_price_fen: int
    reduction_fen: int
    reduction_basis: str
    amount_fen: int
    agency_id: UUID | None = Field(description="On a joint bill: whose charge this is")
    agency_name: str = Field(description="Of that agency; empty: the collecting one")

    @staticmethod
    def resolve_name(row: Any) -> str:
        return localise(row.name)

    @staticmethod
    def resolve_agency_name(row: Any) -> str:
        return row.agency.name if row.agency is not None else ""


class BillDetailOut(BillOut):
    surcharge_fen: int = Field(description="What of it is a fine's surcharge, as of today")
    charges: list[ChargeOut]

    @staticmethod
    def resolve_surcharge_fen(row: Any) -> int:
        return queries.owed_fen(row, on=clock.today()) - int(row.amount_fen)

    @staticmethod
    def resolve_charges(row: Any) -> Any:
        return row.charges.select_related("agency").order_by("position")


class PayableOut(Schema):
    """A bill as anyone sees it who holds its code: enough to pay, not who owes it."""

    id: UUID
    code: str
    state: str
    title: str
    amount_fen: int
    payable_fen: int = Field(description="Owed today if unpaid: a late fine has a surcharge")
    payer_name: str = Field(description="Masked")
    collecting_agency_name: str
    due_on: date


class StartPaymentIn(Schema):
    channel: str = Field("bank", description="A channel of GET /payment/channels")
    openid: str = Field(
        "",
        max_length=128,
        description="WeChat only: who pays inside the app (JSAPI); the answer then has pay_params",
    )


class AttemptOut(Schema):
    """An order at a channel: send the payer to `pay_url`, or show `qr_text` as a square code that
    the channel's app scans.
    """

    order_number: str
    channel: str
    state: str
    amount_fen: int
    pay_url: str
    qr_text: str
    pay_params: dict[str, str] = Field(
        description="For WeixinJSBridge, signed for this answer; empty for the other ways to pay"
    )
    expires_at: datetime

    @staticmethod
    def resolve_pay_params(row: Any) -> dict[str, str]:
        return services.in_app_params(row, at=clock.now())


class VoidIn(Schema):
    reason: str = Field(max_length=300)


class CounterPaymentIn(Schema):
    slip: str = Field(max_length=40, description="Number of the slip or of the card terminal")


class PayerCodeIn(Schema):
    channel: str
    payer_code: str = Field(max_length=40, description="16 to 24 digits, scanned from the phone")


class ReceiptOut(Schema):
    """A fiscal receipt; the files are there within a minute after the payment."""

    code: str
    number: str
    check_code: str
    kind: str = Field(description="normal, or reversal: red, over the same amount")
    amount_fen: int
    issued_at: datetime
    sealed_at: datetime | None
    pdf_file_id: UUID | None
    ofd_file_id: UUID | None


class ReceiptCheckOut(Schema):
    """What a receipt's numbers prove."""

    code: str
    number: str
    is_genuine: bool
    amount_fen: int | None
    issued_at: datetime | None
    collecting_agency_name: str
    kind: str = Field(description="normal or reversal; empty when not genuine")
    is_booked: bool = Field(description="Somebody marked it as booked in his accounts")
    is_reversed: bool


class ReceiptMarkIn(Schema):
    """What stands on the paper: all of it must fit."""

    check_code: str = Field(max_length=6)
    amount_fen: int = Field(gt=0, lt=10**15)


class RefundIn(Schema):
    amount_fen: int = Field(gt=0, lt=10**15)
    reason: str = Field(max_length=300)


class RefusalIn(Schema):
    reason: str = Field(max_length=300, description="The payer reads it")


class SlipIn(Schema):
    slip: str = Field(max_length=64, description="Number of the transfer")


class RefundOut(Schema):
    """Money that goes back, and where it stands."""

    id: UUID
    number: str
    bill_id: UUID
    amount_fen: int
    reason: str
    state: str = Field(description="applied, reviewed, approved, failed, paid or refused")
    is_automatic: bool = Field(description="Surplus that goes back without being asked for")
    applied_at: datetime
    reviewed_at: datetime | None
    approved_at: datetime | None
    paid_at: datetime | None
    refused_at: datetime | None
    refusal_reason: str

    @staticmethod
    def resolve_bill_id(row: Any) -> UUID:
        return row.payment.bill_id  # type: ignore[no-any-return]


class BeginDayIn(Schema):
    channel: str
    on: date


class ReasonIn(Schema):
    reason: str = Field(max_length=300)


class ResolutionIn(Schema):
    resolution: Literal["supplement", "adjustment", "no_action", "made_good"]
    explanation: str = Field(max_length=500)


class StatementOut(Schema):
    """A statement that was brought in."""

    id: UUID
    source: str
    name: str
    line_count: int
    imported_at: datetime


class BusinessDayOut(Schema):
    """One channel's day: three accounts of the same money."""

    id: UUID
    channel: str
    business_on: date
    state: str = Field(description="open, compared or closed")
    step: str = Field(description="What runs now; empty when nothing does")
    step_done: int
    step_problem: str
    channel_count: int
    channel_fen: int
    channel_back_fen: int
    platform_count: int
    platform_fen: int
    platform_back_fen: int
    treasury_count: int
    treasury_fen: int
    treasury_back_fen: int
    close_reason: str
    compared_at: datetime | None
    closed_at: datetime | None


class BusinessDayDetailOut(BusinessDayOut):
    """With what the day takes over from days that were closed when the money became known."""

    carried_count: int
    carried_fen: int
    carried_back_fen: int

    @staticmethod
    def resolve_carried_count(row: Any) -> int:
        return queries.carried_over(row).count

    @staticmethod
    def resolve_carried_fen(row: Any) -> int:
        return queries.carried_over(row).paid_fen

    @staticmethod
    def resolve_carried_back_fen(row: Any) -> int:
        return queries.carried_over(row).back_fen


class DifferenceOut(Schema):
    """A transaction about which a statement and our books disagree."""

    id: UUID
    source: str
    kind: str = Field(description="long, short, amount, status or cross_day")
    is_refund: bool
    transaction: str
    order_number: str
    statement_fen: int | None
    platform_fen: int | None
    state: str = Field(description="open, assigned, explained or resolved")
    resolution: str
    explanation: str


class DifferenceDetailOut(DifferenceOut):
    """With what stands in suspense for it, and what can be done about it."""

    day_id: UUID
    in_suspense_fen: int = Field(
        description="Below zero what is missing and not handed in; above it what nobody owed"
    )
    fitting: list[Resolution] = Field(description="What can be proposed now")

    @staticmethod
    def resolve_in_suspense_fen(row: Any) -> int:
        return flow_queries.in_suspense([row.pk]).get(row.pk, 0)

    @staticmethod
    def resolve_fitting(row: Any) -> list[Resolution]:
        return list(services.fitting_resolutions(row))


class SuspendedOut(Schema):
    """A difference that something stands in suspense for."""

    id: UUID = Field(alias="ticket.id")
    day_id: UUID = Field(alias="ticket.day_id")
    channel: str = Field(alias="ticket.day.channel")
    business_on: date = Field(alias="ticket.day.business_on")
    kind: str = Field(alias="ticket.kind")
    transaction: str = Field(alias="ticket.transaction")
    in_suspense_fen: int = Field(alias="amount_fen")


class FlowOut(Schema):
    """One account over some days; debits above zero."""

    account: str
    kind: str
    channel: str
    region_path: str
    before_fen: int
    debit_fen: int
    credit_fen: int
    after_fen: int


class ChannelFlowOut(Schema):
    """What one channel did with money over some days."""

    channel: str
    came_fen: int
    given_back_fen: int
    handed_in_fen: int
    corrected_fen: int
    held_fen: int = Field(description="At the end of the last day")


class FlowEntryOut(Schema):
    """One entry of an account; debit above zero."""

    id: UUID
    business_on: date
    kind: str = Field(alias="posting.kind")
    fee_code: str
    amount_fen: int
    posted_by: str = Field(alias="posting.posted_by")
    cause_kind: str = Field(
        alias="posting.cause_kind",
        description="payment, refund, business_day, difference or difference_cleared",
    )
    cause_id: UUID = Field(alias="posting.cause_id")


class LateOut(Schema):
    channel: str
    business_on: date
    amount_fen: int
    day_id: UUID | None = Field(description="The day that hands it in, if it was begun")


class LatePageOut(Schema):
    items: list[LateOut]
    total_fen: int = Field(description="Of all pages")
    next_from: date | None


class IssueLineIn(Schema):
    code: str = Field(min_length=1, max_length=24, description="Of the catalogue of fees")
    name: str = Field(min_length=1, max_length=200)
    quantity: int = Field(1, ge=1, le=100_000)
    unit_price_fen: int = Field(ge=0, lt=10**12)
    reduction_code: str = Field("", max_length=24, description="A ground of GET /reductions")
    agency_id: UUID | None = Field(None, description="On a joint bill: whose charge this is")


class IssueBillIn(Schema):
    payer_kind: Literal["person", "organisation"]
    payer_number: str = Field(max_length=40, description="Resident number or credit code")
    collecting_agency_id: UUID
    lines: list[IssueLineIn] = Field(min_length=1, max_length=50)
    subject_kind: str = Field(
        min_length=1, max_length=64, pattern=r"^[a-z0-9_.]+$", description="What it is for"
    )
    subject_id: UUID = Field(description="One's own id of that; the same again is the same bill")
    due_on: date | None = None
    title: str = Field("", max_length=200)
    is_fine: bool = Field(False, description="Due in 15 days, then 3 % a day up to as much again")


class BillPreviewIn(Schema):
    payer_kind: Literal["person", "organisation"]
    payer_number: str = Field(max_length=40, description="Resident number or credit code")
    collecting_agency_id: UUID
    lines: list[IssueLineIn] = Field(min_length=1, max_length=50)
    due_on: date | None = None
    is_fine: bool = False


class PreviewLineOut(Schema):
    code: str
    name: str
    quantity: int
    unit_price_fen: int
    reduction_fen: int
    reduction_basis: str
    amount_fen: int
    agency_id: UUID | None

    @staticmethod
    def resolve_name(row: Any) -> str:
        return localise(row.name)


class BillPreviewOut(Schema):
    """A bill as it would be issued now. Nothing is written; the payer's name is masked."""

    payer_name: str
    collecting_agency_name: str
    lines: list[PreviewLineOut]
    amount_fen: int
    due_on: date

    @staticmethod
    def resolve_payer_name(row: Any) -> str:
        return mask(row.payer_name, Kind.NAME, Shown.PART)


class RuleDraftIn(Schema):
    """A change of the catalogue; `content` has the fields of its kind."""

    kind: Literal["fee", "end", "reduction", "split", "account"]
    code: str = Field("", max_length=24, description="Of the fee or ground; empty for an account")
    content: dict[str, str | int | bool | None] = Field(
        description="fee: name, kind, unit, unit_price_fen, legal_basis, paid_into. end:"
        " legal_basis. reduction: fee_code, name, percent, legal_basis, needs_approval, until."
        " split: legal_basis, central, province, city, county (parts of ten thousand). account:"
        " paid_into, region_code, holder_name, bank_name, account_number."
    )
    effective_from: date


class RuleDraftOut(Schema):
    id: UUID
    kind: str
    code: str
    content: dict[str, Any]
    effective_from: date
    state: str = Field(description="waiting, confirmed, refused or withdrawn")
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str
    reason: str


class SplitRuleOut(Schema):
    """How a fee is shared between levels of government, in parts of ten thousand."""

    fee_code: str
    shares: dict[str, int]
    legal_basis: str
    effective_from: date
    effective_until: date | None

    @staticmethod
    def resolve_shares(row: Any) -> dict[str, int]:
        return {share.level: share.share_per_myriad for share in row.shares.all()}


class SplitRulePastOut(SplitRuleOut):
    """A rule of sharing as it is or was; one withdrawn never came into force."""

    withdrawn_at: datetime | None
    withdrawn_by: str


class GovernmentAccountOut(Schema):
    """Where a government's money is handed in; the empty path is the central government."""

    paid_into: str
    region_path: str
    holder_name: str
    bank_name: str
    account_number: str
    effective_from: date
    effective_until: date | None


class ReductionOut(Schema):
    """A ground on which a fee is reduced or waived."""

    code: str
    fee_code: str
    name: str
    percent: int
    needs_approval: bool
    legal_basis: str
    effective_from: date
    effective_until: date | None

    @staticmethod
    def resolve_name(row: Any) -> str:
        return localise(row.name)


class ReductionPastOut(ReductionOut):
    """A ground as it is or was; one withdrawn never came into force."""

    withdrawn_at: datetime | None
    withdrawn_by: str


class FinePauseIn(Schema):
    kind: Literal["review", "lawsuit"]
    basis: str = Field(max_length=300, description="Number of the acceptance notice")
    from_on: date


class FineResumeIn(Schema):
    on: date = Field(description="First day the surcharge grows again")


class FinePauseOut(Schema):
    id: UUID
    kind: str
    basis: str
    from_on: date
    until_on: date | None


class FeeOut(Schema):
    """A charge of the catalogue, with the law it rests on."""

    code: str
    name: str
    kind: str
    unit: str
    unit_price_fen: int
    legal_basis: str
    paid_into: str = Field(description="treasury, or special: the special fiscal account")
    effective_from: date
    effective_until: date | None

    @staticmethod
    def resolve_name(row: Any) -> str:
        return localise(row.name)

    @staticmethod
    def resolve_unit(row: Any) -> str:
        return localise(row.unit)


class FeeHistoryOut(Schema):
    """All that was ever in the catalogue under one fee's code, each list the newest first."""

    code: str
    versions: list[FeeOut]
    reductions: list[ReductionPastOut]
    split_rules: list[SplitRulePastOut]
