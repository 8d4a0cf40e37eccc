"""Bills: opened, voided before payment, expired."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.text import LocalisedText
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from .. import access, codes
from ..errors import (
    BillBeingPaid,
    BillNotVoidable,
    NothingToPay,
    ReasonMissing,
    ReductionAboveCharge,
)
from ..events import BillExpired, BillOpened, BillVoided
from ..models import Bill, Charge, PaymentAttempt
from ..types import UNPAID, VOID_BILLS, BillLine, BillState
from .fees import check_fees
from .paying import release_bill
from .rows import LIVE, lock_bill, state_label

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
    is_fine: bool = False,
) -> Bill:
    """Issue a bill with its 20-digit code, payable until the end of `due_on`.

    A line whose code is in the catalogue of fees must be in force and not above the standard; a
    line that is not takes its legal basis from the item it belongs to. Lines may be for several
    agencies (a joint bill): one code, one payment, and the ledger gives each its own.

    Raises: ReasonMissing (422) for a reduction without basis, NothingToPay, ReductionAboveCharge,
    FeeNotInForce, FeeAboveStandard (409), agencies' NoSuchAgency (404).
    Source: Plan 五（三）2（2）; standards section 5.
    """
    today = local_date(at)
    amount_fen = check_lines(lines, on=today)
    agency = agencies.agency(collecting_agency_id)
    for line in lines:
        if line.agency_id is not None and line.agency_id != agency.id:
            agencies.agency(line.agency_id)
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
            is_fine=is_fine,
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
            reduction_fen=line.reduction_fen,
            reduction_basis=line.reduction_basis.strip()[:300],
            amount_fen=line.amount_fen,
            agency_id=None if line.agency_id == agency.id else line.agency_id,
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


def check_lines(lines: Sequence[BillLine], *, on: date) -> int:
    """The sum of lines that can be billed on a day. Raises: as `open_bill` for its lines."""
    amount_fen = sum(line.amount_fen for line in lines)
    if not lines or amount_fen <= 0 or any(line.quantity <= 0 for line in lines):
        raise NothingToPay
    if any(not 0 <= line.reduction_fen <= line.full_fen for line in lines):
        raise ReductionAboveCharge
    if any(line.reduction_fen and not line.reduction_basis.strip() for line in lines):
        raise ReasonMissing
    check_fees(lines, on=on)
    return amount_fen


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
        raise BillNotVoidable(state=state_label(bill, at))
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


def expire_bills(*, at: datetime, limit: int = 500) -> int:
    """Close bills whose due date has passed and that no one is paying; return how many."""
    due = Bill.objects.filter(state__in=UNPAID, due_on__lt=local_date(at), is_fine=False)
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


def _record(actor: Actor, act: str, bill: Bill, *, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.bill",
        object_id=bill.pk,
        facts={"code": bill.code, **facts},
        at=at,
    )
