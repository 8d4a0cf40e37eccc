"""Payment's verbs: bills, attempts to pay, notices of channels, payments at the counter."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.money import format_fen
from lingnan.kernel.text import LocalisedText, localise
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from . import access, codes, queries
from .adapters.base import OrderReport, OrderRequest
from .adapters.registry import channel as channel_adapter
from .errors import (
    BillBeingPaid,
    BillNotPayable,
    BillNotVoidable,
    CounterTransactionUsed,
    FeeAboveStandard,
    FeeNotInForce,
    NothingToPay,
    ReasonMissing,
)
from .events import BillExpired, BillOpened, BillVoided
from .models import Bill, ChannelNotice, Charge, FeeItem, Payment, PaymentAttempt
from .receipts import make_receipt_files
from .settlement import LIVE, apply_report, ask_channel, lock_bill, settle
from .types import COLLECT, UNPAID, VOID_BILLS, BillLine, BillState

__all__ = (
    "collect_at_counter",
    "expire_bills",
    "make_receipt_files",
    "open_bill",
    "receive_notice",
    "refresh_bill",
    "release_bill",
    "set_fee",
    "start_payment",
    "void_bill",
    "void_bill_by_officer",
)

ATTEMPT_TERM = timedelta(minutes=30)  # how long a payer may stay on the bank's page; our default
COUNTER = "counter"
_CODE_TRIES = 5


@transaction.atomic
def open_bill(
    *,
    payer_kind: str,
    payer_id: UUID,
    payer_name: str,
    collecting_agency_id: UUID,
    lines: Sequence[BillLine],
    subject_kind: str,
    subject_id: UUID,
    due_on: date,
    actor: Actor,
    at: datetime,
    title: LocalisedText | None = None,
) -> Bill:
    """Issue a bill with its 20-digit code, payable until the end of `due_on`.

    A line whose code is in the catalogue of fees must be in force and not above the standard; a
    line that is not takes its legal basis from the item it belongs to.

    Raises: NothingToPay, FeeNotInForce, FeeAboveStandard (409), agencies' NoSuchAgency (404).
    Source: Plan 五（三）2（2）; standards section 5.
    """
    amount_fen = sum(line.amount_fen for line in lines)
    if not lines or amount_fen <= 0 or any(line.quantity <= 0 for line in lines):
        raise NothingToPay
    today = local_date(at)
    _check_fees(lines, on=today)
    agency = agencies.agency(collecting_agency_id)
    bill = _insert_bill(
        Bill(
            payer_kind=payer_kind,
            payer_id=payer_id,
            payer_name=payer_name,
            collecting_agency_id=agency.id,
            collecting_agency_name=agency.name,
            region_path=agency.region_path,
            title=title or lines[0].name,
            amount_fen=amount_fen,
            subject_kind=subject_kind,
            subject_id=subject_id,
            due_on=due_on,
            opened_at=at,
            opened_by=actor.name[:100],
        ),
        region_code=agency.region_code,
        year=today.year,
    )
    Charge.objects.bulk_create(
        Charge(
            bill=bill,
            position=position,
            code=line.code,
            name=line.name,
            quantity=line.quantity,
            unit_price_fen=line.unit_price_fen,
            amount_fen=line.amount_fen,
        )
        for position, line in enumerate(lines, 1)
    )
    events.publish(
        BillOpened(
            bill_id=bill.pk, subject_kind=subject_kind, subject_id=subject_id, amount_fen=amount_fen
        )
    )
    _record(actor, "payment.bill_opened", bill, at=at, amount_fen=amount_fen)
    return bill


@transaction.atomic
def set_fee(
    *,
    actor: Actor,
    code: str,
    name: LocalisedText,
    unit: LocalisedText,
    unit_price_fen: int,
    legal_basis: str,
    effective_from: date,
    at: datetime,
    kind: str = FeeItem.Kind.ADMINISTRATIVE,
) -> FeeItem:
    """Put a fee into the catalogue from a day on; the version before ends that day.

    The same content again changes nothing. Raises: FeeNotInForce when a version from the same day
    or later exists with other content.
    """
    locks.hold("payment.fee", code)
    content = {
        "name": name,
        "kind": kind,
        "unit": unit,
        "unit_price_fen": unit_price_fen,
        "legal_basis": legal_basis,
    }
    latest = FeeItem.objects.filter(code=code).order_by("-effective_from").first()
    if latest is not None:
        if all(getattr(latest, field) == value for field, value in content.items()):
            return latest
        if latest.effective_from >= effective_from:
            raise FeeNotInForce(fee_code=code, on=effective_from)
        latest.effective_until = effective_from
        latest.save(update_fields=["effective_until"])
    fee = FeeItem.objects.create(code=code, effective_from=effective_from, **content)
    audit.record(
        actor=actor,
        act="payment.fee_set",
        object_kind="payment.fee",
        object_id=code,
        facts={"unit_price_fen": unit_price_fen, "effective_from": effective_from.isoformat()},
        at=at,
    )
    return fee


def start_payment(*, bill_id: UUID, channel: str, at: datetime) -> PaymentAttempt:
    """Place an order with a channel so that the payer can pay; asking again gives the same order.

    The channel is called between two transactions: before it the attempt is written, so that
    whatever happens, an order number the channel knows is in our books.

    Raises: BillNotFound, ChannelUnknown (404), BillNotPayable, BillBeingPaid (409),
    ChannelUnavailable.
    """
    adapter = channel_adapter(channel)
    stale = queries.live_attempt(bill_id)
    if stale is not None and stale.expires_at <= at:
        ask_channel(stale, at=at, close=True)
    attempt = _reserve_attempt(bill_id, channel, at=at)
    if attempt.state == PaymentAttempt.State.PENDING:
        return attempt
    bill = attempt.bill
    public_url = settings.LINGNAN.public_url.rstrip("/")
    placed = adapter.place_order(
        OrderRequest(
            order_number=attempt.order_number,
            payment_code=bill.code,
            title=localise(bill.title, "zh-hans")[:100],
            amount_fen=attempt.amount_fen,
            expires_at=attempt.expires_at,
            return_url=f"{public_url}/pay/{bill.pk}/?wait=1",
            notify_url=f"{public_url}/api/v1/payment/callbacks/{channel}",
        )
    )
    PaymentAttempt.objects.filter(pk=attempt.pk, state=PaymentAttempt.State.PLACING).update(
        state=PaymentAttempt.State.PENDING, pay_url=placed.pay_url
    )
    attempt.refresh_from_db()
    return attempt


@transaction.atomic
def _reserve_attempt(bill_id: UUID, channel: str, *, at: datetime) -> PaymentAttempt:
    bill = lock_bill(bill_id)
    if bill.state not in UNPAID or local_date(at) > bill.due_on:
        raise BillNotPayable(state=_state_label(bill, at))
    live = PaymentAttempt.objects.filter(bill=bill, state__in=LIVE).first()
    if live is not None:
        if live.channel != channel or live.expires_at <= at:
            raise BillBeingPaid
        return live
    attempt = PaymentAttempt.objects.create(
        bill=bill,
        channel=channel,
        order_number=f"{bill.code}{secrets.token_hex(4)}",
        amount_fen=bill.amount_fen,
        started_at=at,
        expires_at=at + ATTEMPT_TERM,
    )
    bill.state = BillState.PAYING
    bill.save(update_fields=["state"])
    return attempt


def receive_notice(
    *, channel: str, body: bytes, headers: Mapping[str, str], at: datetime
) -> tuple[bytes, str]:
    """Take a channel's callback: verify, keep it word for word once, bring it into the books.

    Returns what to answer. Raises: ChannelUnknown (404), ForgedNotice (403), NoticeMalformed (422);
    after those the channel must not take the notice for delivered.
    """
    adapter = channel_adapter(channel)
    report = adapter.read_notice(body, headers)
    _keep_notice(channel, report, body, headers, at=at)
    return adapter.acknowledge()


@transaction.atomic
def _keep_notice(
    channel: str, report: OrderReport, body: bytes, headers: Mapping[str, str], *, at: datetime
) -> None:
    digest = crypto.sm3(body).hex()
    locks.hold("payment.notice", f"{channel}:{digest}")
    known = ChannelNotice.objects.filter(channel=channel, digest=digest).first()
    if known is not None:
        known.times_received += 1
        known.last_received_at = at
        known.save(update_fields=["times_received", "last_received_at"])
        if known.outcome != ChannelNotice.Outcome.UNKNOWN_ORDER:
            return
    outcome, bill_id = apply_report(channel, report, at=at)
    if known is not None:
        known.outcome, known.bill_id = outcome, bill_id
        known.save(update_fields=["outcome", "bill"])
        return
    ChannelNotice.objects.create(
        channel=channel,
        digest=digest,
        body=body.decode(),
        signature=headers.get("X-Gateway-Signature", "")[:200],
        order_number=report.order_number,
        channel_transaction=report.channel_transaction,
        outcome=outcome,
        first_received_at=at,
        last_received_at=at,
        bill_id=bill_id,
    )


def refresh_bill(bill_id: UUID, *, at: datetime) -> None:
    """Ask the channel what became of the bill's live order; past its term, end it.

    Raises: ChannelUnavailable.
    """
    live = queries.live_attempt(bill_id)
    if live is not None:
        ask_channel(live, at=at, close=live.expires_at <= at)


def release_bill(bill_id: UUID, *, at: datetime) -> None:
    """End the bill's live order at the channel, so that it may be voided or paid otherwise.

    Should the money have arrived meanwhile, the bill is paid. Raises: ChannelUnavailable.
    """
    live = queries.live_attempt(bill_id)
    if live is not None:
        ask_channel(live, at=at, close=True)


@transaction.atomic
def void_bill(*, bill_id: UUID, reason: str, actor: Actor, at: datetime) -> Bill:
    """Withdraw an unpaid bill for good; the caller has decided that the actor may.

    Raises: BillNotFound (404), ReasonMissing (422), BillBeingPaid while an order is live
    (`release_bill` first), BillNotVoidable (409).
    Source: standards section 5, 作废 only before payment.
    """
    if not reason.strip():
        raise ReasonMissing
    bill = lock_bill(bill_id)
    if bill.state == BillState.VOIDED:
        return bill
    if bill.state not in UNPAID:
        raise BillNotVoidable(state=_state_label(bill, at))
    if PaymentAttempt.objects.filter(bill=bill, state__in=LIVE).exists():
        raise BillBeingPaid
    bill.state, bill.voided_at = BillState.VOIDED, at
    bill.voided_by, bill.void_reason = actor.name[:100], reason.strip()[:300]
    bill.save(update_fields=["state", "voided_at", "voided_by", "void_reason"])
    events.publish(
        BillVoided(bill_id=bill.pk, subject_kind=bill.subject_kind, subject_id=bill.subject_id)
    )
    _record(actor, "payment.bill_voided", bill, at=at, reason=bill.void_reason)
    return bill


def void_bill_by_officer(*, actor: Actor, bill_id: UUID, reason: str, at: datetime) -> Bill:
    """Void a bill in the officer's reach, ending a live order first.

    Raises: as `void_bill`; Forbidden (403), ChannelUnavailable.
    """
    access.access_bill_for(VOID_BILLS, actor=actor, bill_id=bill_id)
    release_bill(bill_id, at=at)
    return void_bill(bill_id=bill_id, reason=reason, actor=actor, at=at)


def collect_at_counter(*, actor: Actor, bill_id: UUID, slip: str, at: datetime) -> Bill:
    """Record that the whole amount was paid at a counter, in cash or by card, under a slip number.

    Raises: BillNotFound (404), Forbidden (403), ReasonMissing (422), BillNotPayable, BillBeingPaid,
    CounterTransactionUsed (409), ChannelUnavailable.
    """
    found = access.access_bill_for(COLLECT, actor=actor, bill_id=bill_id)
    if not slip.strip():
        raise ReasonMissing
    release_bill(bill_id, at=at)
    transaction_number = f"{found.collecting_agency_id.hex[:12]}:{slip.strip()[:40]}"
    try:
        with transaction.atomic():
            bill = lock_bill(bill_id)
            if bill.state not in UNPAID:
                raise BillNotPayable(state=_state_label(bill, at))
            if PaymentAttempt.objects.filter(bill=bill, state__in=LIVE).exists():
                raise BillBeingPaid
            settle(
                bill,
                attempt=None,
                channel=COUNTER,
                channel_transaction=transaction_number,
                paid_at=at,
                actor=actor,
                at=at,
            )
    except IntegrityError as error:
        used = Payment.objects.filter(channel=COUNTER, channel_transaction=transaction_number)
        if used.exists():
            raise CounterTransactionUsed(slip=slip.strip()[:40]) from error
        raise
    return bill


def expire_bills(*, at: datetime, limit: int = 500) -> int:
    """Close bills whose due date has passed and that no one is paying; return how many."""
    due = Bill.objects.filter(state__in=UNPAID, due_on__lt=local_date(at))
    count = 0
    for bill_id in list(due.order_by("due_on").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            bill = lock_bill(bill_id)
            busy = PaymentAttempt.objects.filter(bill=bill, state__in=LIVE).exists()
            if bill.state not in UNPAID or busy:
                continue
            bill.state = BillState.EXPIRED
            bill.save(update_fields=["state"])
            events.publish(
                BillExpired(
                    bill_id=bill.pk, subject_kind=bill.subject_kind, subject_id=bill.subject_id
                )
            )
            _record(system_actor("payment"), "payment.bill_expired", bill, at=at)
            count += 1
    return count


def _insert_bill(bill: Bill, *, region_code: str, year: int) -> Bill:
    """A code that exists already (one in ten thousand million) is drawn again."""
    scheme = codes.scheme()
    for attempt in range(_CODE_TRIES):
        bill.code = scheme.make(region_code=region_code, year=year)
        try:
            with transaction.atomic():
                bill.save(force_insert=True)
        except IntegrityError:
            if attempt == _CODE_TRIES - 1 or not Bill.objects.filter(code=bill.code).exists():
                raise
        else:
            return bill
    raise AssertionError("unreachable")


def _check_fees(lines: Sequence[BillLine], *, on: date) -> None:
    asked = [line.code for line in lines]
    listed = set(FeeItem.objects.filter(code__in=asked).values_list("code", flat=True))
    if not listed:
        return
    in_force = {fee.code: fee for fee in queries.fees_in_force(on).filter(code__in=listed)}
    for line in lines:
        if line.code not in listed:
            continue
        fee = in_force.get(line.code)
        if fee is None:
            raise FeeNotInForce(fee_code=line.code, on=on)
        if line.unit_price_fen > fee.unit_price_fen:
            raise FeeAboveStandard(fee_code=line.code, standard=format_fen(fee.unit_price_fen))


def _state_label(bill: Bill, at: datetime) -> str:
    state = BillState(bill.state)
    if state in UNPAID and local_date(at) > bill.due_on:
        state = BillState.EXPIRED
    return str(state.label)


def _record(actor: Actor, act: str, bill: Bill, *, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.bill",
        object_id=bill.pk,
        facts={"code": bill.code, **facts},
        at=at,
    )
