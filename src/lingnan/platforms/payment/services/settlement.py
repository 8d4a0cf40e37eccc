"""What channels report, brought into the books: once, whatever comes how often in what order.

A report is believed only after its adapter verified it. Its amount is compared with what was asked;
money that does not fit is kept as surplus and announced, never thrown away and never spent on the
bill. The row of the bill is locked first, so two reports of one bill wait for each other.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.security.audit import services as audit

from ..adapters.base import OrderRef, OrderReport, OrderState
from ..adapters.registry import channel as channel_adapter
from ..events import BillSettled, SurplusReceived
from ..models import Bill, ChannelNotice, Payment, PaymentAttempt
from ..types import UNPAID, BillState
from . import ledger
from .booking import carried_to
from .receipts import issue_receipt
from .refunds import refund_surplus
from .rows import LIVE

logger = logging.getLogger("lingnan.payment")

Outcome = ChannelNotice.Outcome


@transaction.atomic(savepoint=False)  # who calls inside a transaction gives up all of it
def apply_report(channel: str, report: OrderReport, *, at: datetime) -> tuple[str, UUID | None]:
    """Bring one verified report into the books; returns the outcome and the bill.

    Applying the same report again changes nothing.
    """
    known = PaymentAttempt.objects.filter(channel=channel, order_number=report.order_number)
    bill = Bill.objects.select_for_update().filter(pk__in=known.values("bill_id")).first()
    if bill is None:
        logger.error("channel %s reports the unknown order %s", channel, report.order_number)
        return Outcome.UNKNOWN_ORDER, None
    attempt = known.select_for_update().get()
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
            amount_fen=attempt.amount_fen,
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
        carried_to=carried_to(channel, local_date(paid_at)),
        recorded_at=at,
        recorded_by=actor.name,
    )
    ledger.post_payment(payment, actor=actor, at=at, is_new=True)
    refund_surplus(payment, at=at)
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
    amount_fen: int,
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
        amount_fen=amount_fen,
        paid_at=paid_at,
        business_on=local_date(paid_at),
        carried_to=carried_to(channel, local_date(paid_at)),
        recorded_at=at,
        recorded_by=actor.name[:100],
    )
    ledger.post_payment(payment, actor=actor, at=at, is_new=True)
    if attempt is not None:
        attempt.state, attempt.ended_at = PaymentAttempt.State.PAID, attempt.ended_at or at
        attempt.save(update_fields=["state", "ended_at"])
    bill.state, bill.paid_at = BillState.PAID, paid_at
    bill.save(update_fields=["state", "paid_at"])
    issue_receipt(bill, amount_fen=payment.amount_fen, at=at)
    events.publish(
        BillSettled(
            bill_id=bill.pk,
            subject_kind=bill.subject_kind,
            subject_id=bill.subject_id,
            amount_fen=amount_fen,
            paid_at=paid_at,
        )
    )
    audit.record(
        actor=actor,
        act="payment.bill_settled",
        object_kind="payment.bill",
        object_id=bill.pk,
        facts={"amount_fen": amount_fen, "channel": channel},
        at=at,
    )
    return payment


def _close(attempt: PaymentAttempt, bill: Bill, *, at: datetime) -> None:
    """The attempt ends without the bill being paid; another may begin."""
    if attempt.state not in LIVE:
        return
    attempt.state, attempt.ended_at = PaymentAttempt.State.CLOSED, at
    attempt.save(update_fields=["state", "ended_at"])
    if bill.state == BillState.PAYING:
        bill.state = BillState.OPEN
        bill.save(update_fields=["state"])


def order_ref(attempt: PaymentAttempt) -> OrderRef:
    """How a channel finds the order of an attempt."""
    return OrderRef(
        order_number=attempt.order_number,
        placed_at=attempt.started_at,
        expires_at=attempt.expires_at,
    )


def ask_channel(attempt: PaymentAttempt, *, at: datetime, close: bool) -> str:
    """Ask what became of an order and bring the answer into the books; with `close`, end it.

    The channel is asked outside any transaction of ours. An order is only ever called unpaid
    after the channel said so. Raises: ChannelUnavailable.
    """
    adapter = channel_adapter(attempt.channel)
    order = order_ref(attempt)
    report = adapter.close_order(order) if close else adapter.query_order(order)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(asked_at=at)
    outcome, _bill_id = apply_report(attempt.channel, report, at=at)
    return outcome
