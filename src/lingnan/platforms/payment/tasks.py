"""Background work of payment: asking channels, expiring bills. Importing this loads every job."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from lingnan.kernel import clock
from lingnan.kernel.jobs import job, periodic

from . import services
from .models import PaymentAttempt, Refund
from .services.days import reconcile_day
from .services.receipts import render_receipt
from .services.refunds import pay_refund
from .services.rows import LIVE
from .services.settlement import ask_channel
from .types import RefundState

__all__ = (
    "ask_about_order",
    "expire_bills",
    "look_for_silent_orders",
    "look_for_silent_refunds",
    "pay_refund",
    "reconcile_day",
    "reconcile_yesterday",
    "render_receipt",
    "send_due_results",
    "send_result",
    "sweep_results",
)

ASK_AFTER = timedelta(minutes=2)  # no notice for so long: we ask ourselves; our default


@job("payment.ask_about_order", retries=4)
def ask_about_order(*, attempt_id: str) -> None:
    """Ask the channel what became of one order; past its term, end it."""
    attempt = PaymentAttempt.objects.get(pk=UUID(attempt_id))
    if attempt.state in LIVE:
        at = clock.now()
        ask_channel(attempt, at=at, close=attempt.expires_at <= at)


@periodic("payment.look_for_silent_orders", cron="* * * * *")
def look_for_silent_orders(*, timestamp: int) -> None:
    """A notice may be lost: ask about orders of which nothing was heard."""
    quiet_since = clock.now() - ASK_AFTER
    silent = PaymentAttempt.objects.filter(
        Q(asked_at__isnull=True) | Q(asked_at__lt=quiet_since),
        state__in=LIVE,
        started_at__lt=quiet_since,
    ).order_by("started_at")
    for attempt_id in silent.values_list("pk", flat=True)[:500]:
        ask_about_order.enqueue(attempt_id=str(attempt_id), key=str(attempt_id))


@periodic("payment.expire_bills", cron="7 * * * *")
def expire_bills(*, timestamp: int) -> None:
    """Close bills whose due date has passed."""
    services.expire_bills(at=clock.now())


@periodic("payment.look_for_silent_refunds", cron="*/5 * * * *")
def look_for_silent_refunds(*, timestamp: int) -> None:
    """An approved refund is asked about until the channel has paid it."""
    quiet_since = clock.now() - ASK_AFTER
    waiting = Refund.objects.filter(
        Q(asked_at__isnull=True) | Q(asked_at__lt=quiet_since),
        state=RefundState.APPROVED,
        payment__attempt__isnull=False,
    ).order_by("approved_at")
    for refund_id in waiting.values_list("pk", flat=True)[:500]:
        pay_refund.enqueue(refund_id=str(refund_id), key=str(refund_id))


@periodic("payment.reconcile_yesterday", cron="30 2,4,6 * * *")
def reconcile_yesterday(*, timestamp: int) -> None:
    """At 10:30, 12:30 and 14:30 in China, when the channels have their statements."""
    services.reconcile_yesterday(at=clock.now())


@job("payment.send_result", retries=4)
def send_result(*, delivery_id: str) -> None:
    """Send one result to an agency's system; it sets itself when to try again."""
    services.send_result(UUID(delivery_id), at=clock.now())


@periodic("payment.send_due_results", cron="* * * * *")
def send_due_results(*, timestamp: int) -> None:
    """Results whose pause is over, or whose sender was lost."""
    services.put_off_due_results(at=clock.now())


@periodic("payment.sweep_results", cron="25 19 * * *")
def sweep_results(*, timestamp: int) -> None:
    """At 03:25 in China."""
    services.sweep_results(at=clock.now())
    services.forget_nonces(at=clock.now())
