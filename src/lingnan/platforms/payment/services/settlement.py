"""What channels report, brought into the books: once, whatever comes how often in what order.

A report is believed only after its adapter verified it. Its amount is compared with what was asked;
money that does not fit is kept as surplus and announced, never thrown away and never spent on the
bill. The row of the bill is locked first, so two reports of one bill wait for each other.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from .. import codes
from ..adapters.base import OrderReport, OrderState
from ..adapters.registry import channel as channel_adapter
from ..errors import BillNotFound
from ..events import BillSettled, SurplusReceived
from ..models import Bill, ChannelNotice, FiscalReceipt, Payment, PaymentAttempt, ReceiptSerial
from ..types import UNPAID, BillState
from . import ledger
from .receipts import render_receipt

logger = logging.getLogger("lingnan.payment")

Outcome = ChannelNotice.Outcome
LIVE = (PaymentAttempt.State.PLACING, PaymentAttempt.State.PENDING)


@transaction.atomic
def apply_report(channel: str, report: OrderReport, *, at: datetime) -> tuple[str, UUID | None]:
    """Bring one verified report into the books; returns the outcome and the bill.

    Applying the same report again changes nothing.
    """
    found = PaymentAttempt.objects.filter(channel=channel, order_number=report.order_number).first()
    if found is None:
        logger.error("channel %s reports the unknown order %s", channel, report.order_number)
        return Outcome.UNKNOWN_ORDER, None
    bill = lock_bill(found.bill_id)
    attempt = PaymentAttempt.objects.select_for_update().get(pk=found.pk)
    if report.state == OrderState.PENDING:
        return Outcome.NOT_PAID, bill.pk
    if report.state != OrderState.PAID:
        _close(attempt, bill, at=at)
        return Outcome.NOT_PAID, bill.pk
    return _record_money(channel, report, bill, attempt, at=at), bill.pk


def _record_money(
    channel: str, report: OrderReport, bill: Bill, attempt: PaymentAttempt, *, at: datetime
) -> str:
    known = Payment.objects.filter(
        channel=channel, channel_transaction=report.channel_transaction
    ).first()
    if known is not None:
        if (known.bill_id, known.amount_fen) != (bill.pk, report.amount_fen):
            logger.error("transaction %s of %s is told twice, differently", known, channel)
        return Outcome.KNOWN
    paid_at = min(report.paid_at or at, at)
    actor = system_actor(f"payment.{channel}")
    fits = report.amount_fen == attempt.amount_fen
    if fits and _takes_money(bill, paid_at):
        settle(
            bill,
            attempt=attempt,
            channel=channel,
            channel_transaction=report.channel_transaction,
            paid_at=paid_at,
            actor=actor,
            at=at,
        )
        return Outcome.SETTLED
    payment = Payment.objects.create(
        bill=bill,
        attempt=attempt,
        kind=Payment.Kind.SURPLUS,
        channel=channel,
        channel_transaction=report.channel_transaction,
        amount_fen=report.amount_fen,
        paid_at=paid_at,
        business_on=local_date(paid_at),
        recorded_at=at,
        recorded_by=actor.name,
    )
    ledger.post_payment(payment, actor=actor, at=at)
    _close(attempt, bill, at=at)
    events.publish(
        SurplusReceived(payment_id=payment.pk, bill_id=bill.pk, amount_fen=payment.amount_fen)
    )
    audit.record(
        actor=actor,
        act="payment.surplus_received",
        object_kind="payment.bill",
        object_id=bill.pk,
        facts={"amount_fen": report.amount_fen, "asked_fen": attempt.amount_fen},
        at=at,
    )
    return Outcome.SURPLUS if fits else Outcome.WRONG_AMOUNT


def _takes_money(bill: Bill, paid_at: datetime) -> bool:
    """An expired bill is still settled by money paid in time of which we hear late."""
    if bill.state in UNPAID:
        return True
    return bill.state == BillState.EXPIRED and local_date(paid_at) <= bill.due_on


def settle(
    bill: Bill,
    *,
    attempt: PaymentAttempt | None,
    channel: str,
    channel_transaction: str,
    paid_at: datetime,
    actor: Actor,
    at: datetime,
) -> Payment:
    """The money for a locked bill arrived: payment, receipt, event, audit; once."""
    payment = Payment.objects.create(
        bill=bill,
        attempt=attempt,
        kind=Payment.Kind.SETTLEMENT,
        channel=channel,
        channel_transaction=channel_transaction,
        amount_fen=bill.amount_fen,
        paid_at=paid_at,
        business_on=local_date(paid_at),
        recorded_at=at,
        recorded_by=actor.name[:100],
    )
    ledger.post_payment(payment, actor=actor, at=at)
    if attempt is not None:
        attempt.state, attempt.ended_at = PaymentAttempt.State.PAID, attempt.ended_at or at
        attempt.save(update_fields=["state", "ended_at"])
    bill.state, bill.paid_at = BillState.PAID, paid_at
    bill.save(update_fields=["state", "paid_at"])
    receipt = _give_receipt(bill, at=at)
    render_receipt.enqueue(receipt_id=str(receipt.pk))
    events.publish(
        BillSettled(
            bill_id=bill.pk,
            subject_kind=bill.subject_kind,
            subject_id=bill.subject_id,
            amount_fen=bill.amount_fen,
            paid_at=paid_at,
        )
    )
    audit.record(
        actor=actor,
        act="payment.bill_settled",
        object_kind="payment.bill",
        object_id=bill.pk,
        facts={"amount_fen": bill.amount_fen, "channel": channel},
        at=at,
    )
    return payment


def _give_receipt(bill: Bill, *, at: datetime) -> FiscalReceipt:
    """Number the receipt. The numbers of a code have no gaps: they roll back with their bill."""
    agency = agencies.agency(bill.collecting_agency_id)
    code = codes.receipt_code(region_code=agency.region_code, year=local_date(at).year)
    number = f"{_next_number(code):010d}"
    return FiscalReceipt.objects.create(
        bill=bill,
        code=code,
        number=number,
        check_code=codes.receipt_check_code(
            code=code, number=number, payment_code=bill.code, amount_fen=bill.amount_fen
        ),
        issued_at=at,
    )


def _next_number(code: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ReceiptSerial._meta.db_table} AS serial (code, last) VALUES (%s, 1)"  # noqa: S608
            " ON CONFLICT (code) DO UPDATE SET last = serial.last + 1 RETURNING last",
            [code],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _close(attempt: PaymentAttempt, bill: Bill, *, at: datetime) -> None:
    """The attempt ends without the bill being paid; another may begin."""
    if attempt.state not in LIVE:
        return
    attempt.state, attempt.ended_at = PaymentAttempt.State.CLOSED, at
    attempt.save(update_fields=["state", "ended_at"])
    if bill.state == BillState.PAYING:
        bill.state = BillState.OPEN
        bill.save(update_fields=["state"])


def lock_bill(bill_id: UUID) -> Bill:
    """The bill's row, locked. Raises: BillNotFound (404)."""
    found = Bill.objects.select_for_update().filter(pk=bill_id).first()
    if found is None:
        raise BillNotFound
    return found


def ask_channel(attempt: PaymentAttempt, *, at: datetime, close: bool) -> str:
    """Ask what became of an order and bring the answer into the books; with `close`, end it.

    The channel is asked outside any transaction of ours. An order is only ever called unpaid
    after the channel said so. Raises: ChannelUnavailable.
    """
    adapter = channel_adapter(attempt.channel)
    if close:
        report = adapter.close_order(attempt.order_number)
    else:
        report = adapter.query_order(attempt.order_number)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(asked_at=at)
    outcome, _bill_id = apply_report(attempt.channel, report, at=at)
    return outcome


def state_label(bill: Bill, at: datetime) -> str:
    """A bill's state in words; one past its due date is expired at once."""
    state = BillState(bill.state)
    if state in UNPAID and local_date(at) > bill.due_on:
        state = BillState.EXPIRED
    return str(state.label)
