"""Questions about bills, receipts and fees."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.kernel.text import localise

from .errors import BillNotFound, FeeUnknown
from .models import (
    Bill,
    BusinessDay,
    Difference,
    Entry,
    FeeItem,
    FeeReduction,
    FiscalReceipt,
    GovernmentAccount,
    Payment,
    PaymentAttempt,
    Refund,
    ResultDelivery,
    ResultEndpoint,
    RuleDraft,
    SplitRule,
)
from .surcharge import compute_surcharge
from .types import (
    APPLY_REFUNDS,
    APPROVE_REFUNDS,
    CLOSE_DAYS,
    CONFIRM_FEES,
    MANAGE_FEES,
    MANAGE_RESULTS,
    READ_BILLS,
    RECONCILE,
    REVIEW_REFUNDS,
    UNPAID,
    WHOLE_PROVINCE,
    BillCard,
    BillState,
    DayState,
    DeliveryState,
    DifferenceState,
    DraftState,
    ReceiptCard,
    RefundState,
)


def bill(bill_id: UUID) -> BillCard:
    """One bill, without asking who wants it. Raises: BillNotFound (404)."""
    row = Bill.objects.filter(pk=bill_id).first()
    if row is None:
        raise BillNotFound
    return card(row)


def bills_about(subject_kind: str, subject_id: UUID) -> list[BillCard]:
    """The bills of one subject, oldest first."""
    rows = Bill.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return [card(row) for row in rows.order_by("opened_at", "id")]


def receipt_of(bill_id: UUID) -> ReceiptCard | None:
    """The receipt of a bill, if it is paid."""
    row = receipt_in_force(bill_id)
    return receipt_card(row) if row else None


def receipt_in_force(bill_id: UUID) -> FiscalReceipt | None:
    """The normal receipt that is not reversed; after a full refund, the red one."""
    rows = FiscalReceipt.objects.filter(bill_id=bill_id, reversed_at__isnull=True)
    return rows.order_by("kind", "-issued_at").first()


def receipts_of(bill_id: UUID) -> list[FiscalReceipt]:
    """Every receipt of a bill, the oldest first."""
    return list(FiscalReceipt.objects.filter(bill_id=bill_id).order_by("issued_at", "id"))


def refunds_of(bill_id: UUID) -> list[Refund]:
    """Every refund of a bill, the oldest first."""
    rows = Refund.objects.filter(payment__bill_id=bill_id).order_by("applied_at", "id")
    return list(rows)


def refundable_fen(bill_id: UUID) -> int:
    """What can still be given back of a bill's payment."""
    row = Payment.objects.filter(bill_id=bill_id, kind=Payment.Kind.SETTLEMENT).first()
    return row.amount_fen - row.refunded_fen if row else 0


def refunds_visible_to(actor: Actor) -> Q:
    """The refunds of the bills an actor may see; officers need one right about refunds."""
    if not actor.is_officer and not actor.is_system:
        bills_of = Bill.objects.filter(payable_by(actor))
        return Q(payment__bill__in=bills_of)
    condition = Q(pk__in=[])
    for permission in (READ_BILLS, APPLY_REFUNDS, REVIEW_REFUNDS, APPROVE_REFUNDS):
        reach = actor.reach(permission)
        if not reach.is_empty:
            condition |= reach.q(
                agency="payment__bill__collecting_agency_id", region="payment__bill__region_path"
            )
    return condition if not actor.is_system else Q()


def refunds(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[Refund]:
    """One page of the refunds an actor may see, newest first. One query."""
    rows = Refund.objects.filter(refunds_visible_to(actor)).select_related("payment__bill")
    if state in RefundState.values:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-applied_at", "-id"), cursor=cursor, limit=limit)


def payable_by(actor: Actor) -> Q:
    """The bills addressed to whom the actor acts for.

    None under a mandate for certain matters: whoever has the link of a bill can pay it anyway.
    """
    if not actor.is_person or actor.matter_codes is not None:
        return Q(pk__in=[])
    if actor.principal is not None:
        return Q(payer_kind=actor.principal.kind, payer_id=actor.principal.id)
    return Q(payer_kind="person", payer_id=actor.person_id)


def visible_to(actor: Actor) -> Q:
    """The bills an actor may see in full: his own, or those in an officer's reach."""
    reach = actor.reach(READ_BILLS)
    in_reach = reach.q(agency="collecting_agency_id", region="region_path")
    return in_reach if actor.is_officer or actor.is_system else payable_by(actor)


def bills(
    actor: Actor,
    *,
    state: str = "",
    code: str = "",
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Bill]:
    """One page of the bills an actor may see, newest first. One query."""
    rows = Bill.objects.filter(visible_to(actor))
    if state in BillState.values:
        rows = rows.filter(state=state)
    if code:
        rows = rows.filter(code=code)
    return keyset_page(rows, order=("-opened_at", "-id"), cursor=cursor, limit=limit)


def result_endpoints(actor: Actor, *, cursor: str | None, limit: int = 20) -> Page[ResultEndpoint]:
    """The connected systems in an officer's reach, newest first. One query."""
    rows = ResultEndpoint.objects.filter(actor.reach(MANAGE_RESULTS).q())
    return keyset_page(rows, order=("-registered_at", "-id"), cursor=cursor, limit=limit)


def results_visible_to(actor: Actor) -> Q:
    reach = actor.reach(MANAGE_RESULTS)
    return reach.q(agency="endpoint__agency_id", region="endpoint__region_path")


def result_deliveries(
    actor: Actor, *, state: str, cursor: str | None, limit: int = 20, **only: UUID
) -> Page[ResultDelivery]:
    """Results for systems in an officer's reach, newest first; `only` of one endpoint_id."""
    rows = ResultDelivery.objects.filter(results_visible_to(actor), **only)
    if state in DeliveryState.values:
        rows = rows.filter(state=state)
    rows = rows.select_related("endpoint", "bill")
    return keyset_page(rows, order=("-queued_at", "-id"), cursor=cursor, limit=limit)


def payable_fen(row: Bill, *, on: date) -> int:
    """What is owed on a day: the amount, and for a fine its surcharge. At most one query."""
    if not row.is_fine or on <= row.due_on:
        return row.amount_fen
    pauses = list(row.pauses.values_list("from_on", "until_on"))
    return row.amount_fen + compute_surcharge(
        row.amount_fen, due_on=row.due_on, on=on, pauses=pauses
    )


def owed_fen(row: Bill, *, on: date) -> int:
    """`payable_fen` while it is unpaid; afterwards what the bill was for, with no surcharge."""
    return payable_fen(row, on=on) if row.state in UNPAID else row.amount_fen


def is_over(row: Bill, *, on: date) -> bool:
    """Whether the day to pay by is past for good; a fine stays owed."""
    return on > row.due_on and not row.is_fine


def reductions_in_force(on: date) -> QuerySet[FeeReduction]:
    """The grounds on which fees are reduced on one day."""
    return FeeReduction.objects.filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=on),
        effective_from__lte=on,
        withdrawn_at=None,
    ).order_by("fee_code", "code")


def live_attempt(bill_id: UUID) -> PaymentAttempt | None:
    """The order at a channel through which the bill can be paid right now."""
    live = [PaymentAttempt.State.PLACING, PaymentAttempt.State.PENDING]
    return PaymentAttempt.objects.filter(bill_id=bill_id, state__in=live).first()


def fees_in_force(on: date) -> QuerySet[FeeItem]:
    """The catalogue on one day."""
    return FeeItem.objects.filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=on), effective_from__lte=on
    ).order_by("code")


def card(row: Bill) -> BillCard:
    """A row as the value others may hold."""
    return BillCard(
        id=row.pk,
        code=row.code,
        state=row.state,
        amount_fen=row.amount_fen,
        payer_kind=row.payer_kind,
        payer_id=row.payer_id,
        payer_name=row.payer_name,
        collecting_agency_id=row.collecting_agency_id,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        title=row.title,
        due_on=row.due_on,
        opened_at=row.opened_at,
        paid_at=row.paid_at,
    )


def receipt_card(row: FiscalReceipt) -> ReceiptCard:
    """A receipt as the value others may hold."""
    return ReceiptCard(
        id=row.pk,
        bill_id=row.bill_id,
        code=row.code,
        number=row.number,
        check_code=row.check_code,
        kind=row.kind,
        amount_fen=row.amount_fen,
        issued_at=row.issued_at,
        is_sealed=row.sealed_at is not None,
        is_booked=row.booked_at is not None,
        pdf_file_id=row.pdf_file_id,
        ofd_file_id=row.ofd_file_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCheck:
    """What a receipt's numbers prove; without the right check code, nothing more is said."""

    code: str
    number: str
    is_genuine: bool
    amount_fen: int | None = None
    issued_at: datetime | None = None
    collecting_agency_name: str = ""
    kind: str = ""
    is_booked: bool = False
    is_reversed: bool = False


def check_receipt(text: str, check_code: str, *, amount_fen: int | None = None) -> ReceiptCheck:
    """Whether a receipt of these 18 digits, this check code and amount was issued. One query.

    Without an amount the answer names it, for the reader to compare with the paper.
    """
    plain = "".join(character for character in text if character.isdigit())
    code, number = plain[:8], plain[8:18]
    row = (
        FiscalReceipt.objects.filter(code=code, number=number, check_code=check_code.lower())
        .select_related("bill")
        .first()
        if len(plain) == 18 and check_code
        else None
    )
    if row is None or (amount_fen is not None and row.amount_fen != amount_fen):
        return ReceiptCheck(code=code, number=number, is_genuine=False)
    return ReceiptCheck(
        code=code,
        number=number,
        is_genuine=True,
        amount_fen=row.amount_fen,
        issued_at=row.issued_at,
        collecting_agency_name=row.bill.collecting_agency_name,
        kind=row.kind,
        is_booked=row.booked_at is not None,
        is_reversed=row.reversed_at is not None,
    )


def split_rules(on: date) -> QuerySet[SplitRule]:
    """The rules of sharing on one day, by fee. Two queries."""
    return (
        SplitRule.objects.filter(
            Q(effective_until__isnull=True) | Q(effective_until__gt=on),
            effective_from__lte=on,
            withdrawn_at=None,
        )
        .prefetch_related("shares")
        .order_by("fee_code")
    )


def government_accounts(on: date) -> QuerySet[GovernmentAccount]:
    """Where money is handed in on one day, by government."""
    return GovernmentAccount.objects.filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=on), effective_from__lte=on
    ).order_by("region_path", "paid_into")


def rule_drafts(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[RuleDraft]:
    """Changes of the catalogue, newest first, for who proposes or confirms. One query."""
    rows = RuleDraft.objects.all()
    if not any(actor.can(code, region_path=WHOLE_PROVINCE) for code in (MANAGE_FEES, CONFIRM_FEES)):
        rows = rows.none()
    if state in DraftState.values:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-proposed_at", "-id"), cursor=cursor, limit=limit)


def fee_versions(code: str) -> list[FeeItem]:
    """Every version of a fee, the newest first."""
    return list(FeeItem.objects.filter(code=code).order_by("-effective_from"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeHistory:
    """All that was ever in the catalogue under one fee's code, the newest first."""

    code: str
    versions: list[FeeItem]
    reductions: list[FeeReduction]
    split_rules: list[SplitRule]


def fee_history(code: str) -> FeeHistory:
    """Versions, grounds and shares of a fee, also those that ended or were withdrawn. Four queries.

    Raises: FeeUnknown (404).
    """
    versions = fee_versions(code)
    if not versions:
        raise FeeUnknown
    shares = SplitRule.objects.filter(fee_code=code).prefetch_related("shares")
    return FeeHistory(
        code=code,
        versions=versions,
        reductions=list(
            FeeReduction.objects.filter(fee_code=code).order_by("-effective_from", "-id")
        ),
        split_rules=list(shares.order_by("-effective_from", "-id")),
    )


def fees_named(text: str, *, on: date, limit: int = 10) -> list[FeeItem]:
    """The fees in force whose code begins so or whose name has the words. One query."""
    rows = fees_in_force(on).filter(
        Q(code__istartswith=text) | Q(name__icontains=text) if text else Q()
    )
    return list(rows[:limit])


def split_rules_in_force(
    codes: set[str], *, on: date, opened_on: date
) -> dict[str, list[tuple[str, int]]]:
    """Fee code -> (level, parts of ten thousand), the higher level first, for a payment of `on`.

    A bill opened before its fee ended is shared by the last rule. Two queries.
    """
    rules = (
        SplitRule.objects.filter(
            Q(effective_until__isnull=True) | Q(effective_until__gt=min(on, opened_on)),
            fee_code__in=codes,
            effective_from__lte=on,
            withdrawn_at=None,
        )
        .prefetch_related("shares")
        .order_by("effective_from")  # the later one holds
    )
    order = ("central", "province", "city", "county")
    return {
        rule.fee_code: sorted(
            ((share.level, share.share_per_myriad) for share in rule.shares.all()),
            key=lambda share: order.index(share[0]),
        )
        for rule in rules
    }


def balance_fen(account_key: str, *, until: date | None = None) -> int:
    """What stands on an account: the sum of its entries, up to and with a day. One query."""
    rows = Entry.objects.filter(account_id=account_key)
    if until is not None:
        rows = rows.filter(business_on__lte=until)
    return int(rows.aggregate(total=Sum("amount_fen"))["total"] or 0)


def business_days(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[BusinessDay]:
    """Days of every channel, newest first; none outside the province's own reach. One query."""
    return keyset_page(_days(actor), order=("-business_on", "-id"), cursor=cursor, limit=limit)


def _days(actor: Actor) -> QuerySet[BusinessDay]:
    rows = BusinessDay.objects.all()
    if not any(actor.can(code, region_path=WHOLE_PROVINCE) for code in (RECONCILE, CLOSE_DAYS)):
        rows = rows.none()
    return rows


def closed_days_with_tickets(actor: Actor) -> list[BusinessDay]:
    """Closed days of which a ticket is not settled yet, the oldest first, with their `open_count`;
    none outside the province's own reach. One query.
    """
    rows = (
        _days(actor)
        .filter(state=DayState.CLOSED)
        .annotate(
            open_count=Count("differences", filter=~Q(differences__state=DifferenceState.RESOLVED))
        )
        .filter(open_count__gt=0)
    )
    return list(rows.order_by("business_on", "id")[:20])


def differences(day_id: UUID, *, cursor: str | None = None, limit: int = 50) -> Page[Difference]:
    """The differences of a day, in the order they were found. One query."""
    rows = Difference.objects.filter(day_id=day_id)
    return keyset_page(rows, order=("id",), cursor=cursor, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a day takes over from closed days: settled payments, and what was given back of such."""

    count: int
    paid_fen: int
    back_fen: int


def carried_over(day: BusinessDay) -> Carried:
    """What a day hands in though it was paid, or given back, on a closed one. Two queries."""
    paid = Payment.objects.filter(
        channel=day.channel, carried_to=day.business_on, kind=Payment.Kind.SETTLEMENT
    ).aggregate(count=Count("pk"), total=Sum("amount_fen", default=0))
    back = Refund.objects.filter(
        payment__channel=day.channel,
        carried_to=day.business_on,
        payment__kind=Payment.Kind.SETTLEMENT,
    ).aggregate(count=Count("pk"), total=Sum("amount_fen", default=0))
    return Carried(
        count=paid["count"] + back["count"], paid_fen=paid["total"], back_fen=back["total"]
    )


CARRIED_SHOWN = 50


def carried_payments(day: BusinessDay) -> list[Payment]:
    """The payments carried over to a day, and on from it, the newest first. One query."""
    rows = Payment.objects.filter(
        Q(carried_to=day.business_on) | Q(business_on=day.business_on),
        channel=day.channel,
        carried_to__isnull=False,
        kind=Payment.Kind.SETTLEMENT,
    ).select_related("bill")
    return list(rows.order_by("-recorded_at")[:CARRIED_SHOWN])


def statement_rows(actor: Actor, *, on: date) -> Iterator[tuple[object, ...]]:
    """What was paid and given back on a day, of the bills an officer may see. Two queries."""
    reach = actor.reach(READ_BILLS)
    payments = (
        Payment.objects.filter(
            reach.q(agency="bill__collecting_agency_id", region="bill__region_path"),
            business_on=on,
        )
        .select_related("bill")
        .order_by("paid_at", "id")
    )
    for paid in payments.iterator(chunk_size=2000):
        yield (
            paid.kind,
            paid.bill.code,
            localise(paid.bill.title, "zh-hans"),
            paid.bill.collecting_agency_name,
            paid.channel,
            paid.channel_transaction,
            paid.amount_fen,
            paid.paid_at.isoformat(),
        )
    start = datetime.combine(on, time.min, tzinfo=SHANGHAI)
    given = (
        Refund.objects.filter(
            reach.q(
                agency="payment__bill__collecting_agency_id", region="payment__bill__region_path"
            ),
            paid_at__gte=start,
            paid_at__lt=start + timedelta(days=1),
        )
        .select_related("payment__bill")
        .order_by("paid_at", "id")
    )
    for refund in given.iterator(chunk_size=2000):
        bill_row = refund.payment.bill
        yield (
            "refund",
            bill_row.code,
            localise(bill_row.title, "zh-hans"),
            bill_row.collecting_agency_name,
            refund.payment.channel,
            refund.channel_refund,
            refund.amount_fen,
            refund.paid_at.isoformat() if refund.paid_at else "",
        )
