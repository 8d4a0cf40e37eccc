"""Attempts to pay, what channels told us, and the money that arrived."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from .bills import Bill


class PaymentAttempt(Record):
    """One order placed with a channel so that the payer can pay; at most one of a bill is live.

    `product` tells an order inside the channel's own app from one to scan; it holds a digest of the
    payer's name there, never the name.
    Data class: internal. Kept: as long as the bill.
    """

    class State(models.TextChoices):
        PLACING = "placing"  # being placed: the channel was or is being asked
        PENDING = "pending"  # the payer can pay
        PAID = "paid"
        CLOSED = "closed"  # the channel will take no money for it any more

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="attempts")
    channel = models.CharField(max_length=24)
    order_number = models.CharField(max_length=40, unique=True)
    amount_fen = models.PositiveBigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.PLACING)
    pay_url = models.CharField(max_length=500, blank=True, default="")
    qr_text = models.CharField(max_length=500, blank=True, default="")
    product = models.CharField(max_length=40, blank=True, default="")
    prepay_id = models.CharField(max_length=64, blank=True, default="")
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["bill"],
                condition=Q(state__in=["placing", "pending"]),
                name="attempt_one_live_per_bill",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["placing", "pending"], ended_at__isnull=True)
                | Q(state__in=["paid", "closed"], ended_at__isnull=False),
                name="attempt_ended_when_not_live",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["started_at"],
                name="attempt_live",
                condition=Q(state__in=["placing", "pending"]),
            )
        ]

    def __str__(self) -> str:
        return self.order_number


class ChannelNotice(Record):
    """What a channel told us, word for word, once per text; forged ones are never stored.

    Data class: internal. Kept: as long as the bill; reconciliation reads it.
    """

    class Outcome(models.TextChoices):
        SETTLED = "settled"  # it paid the bill
        KNOWN = "known"  # the same money was told before
        SURPLUS = "surplus"  # money nobody owed: to be refunded
        WRONG_AMOUNT = "wrong_amount"  # not what was asked: to be refunded
        UNKNOWN_ORDER = "unknown_order"
        NOT_PAID = "not_paid"  # failed or closed at the channel
        REFUND = "refund"  # news of a refund

    channel = models.CharField(max_length=24)
    digest = models.CharField(max_length=64)
    body = models.TextField()
    signature = models.CharField(max_length=500)
    order_number = models.CharField(max_length=64, blank=True, default="")
    channel_transaction = models.CharField(max_length=64, blank=True, default="")
    outcome = models.CharField(max_length=13, choices=Outcome)
    times_received = models.PositiveIntegerField(default=1)
    first_received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="notices", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "digest"], name="notice_once_per_text")
        ]
        indexes: ClassVar = [
            models.Index(fields=["channel", "channel_transaction"], name="notice_by_transaction")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.channel_transaction}"


class NoticeNonce(models.Model):
    """The nonce of a callback that was taken: the same signed message is not taken twice.

    Data class: internal. Kept: a day, longer than any signature is fresh.
    """

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=24)
    nonce = models.CharField(max_length=32)
    taken_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "nonce"], name="notice_nonce_once")
        ]
        indexes: ClassVar = [models.Index(fields=["taken_at"], name="notice_nonce_by_time")]

    def __str__(self) -> str:
        return self.nonce


class Payment(Record):
    """Money that arrived for a bill, once per transaction of the channel.

    A bill has at most one settlement; whatever else arrives is surplus and goes back to the payer.
    `business_on` is the day in China it was paid; where that day was closed when the money became
    known, `carried_to` is the open day with which it is handed in. `refunded_fen` is what refunds
    have claimed of it, the only thing here that ever changes.
    Data class: internal. Kept: 30 years, as the bill.
    """

    class Kind(models.TextChoices):
        SETTLEMENT = "settlement"
        SURPLUS = "surplus"

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="payments")
    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, related_name="payments", null=True
    )
    kind = models.CharField(max_length=10, choices=Kind)
    channel = models.CharField(max_length=24)
    channel_transaction = models.CharField(max_length=64)
    amount_fen = models.PositiveBigIntegerField()
    refunded_fen = models.PositiveBigIntegerField(default=0)
    paid_at = models.DateTimeField()
    business_on = models.DateField()
    carried_to = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "channel_transaction"], name="payment_once_per_transaction"
            ),
            models.UniqueConstraint(
                fields=["bill"], condition=Q(kind="settlement"), name="payment_settles_a_bill_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_is_money"),
            models.CheckConstraint(
                condition=Q(refunded_fen__lte=F("amount_fen")),
                name="payment_refunds_at_most_what_came",
            ),
            models.CheckConstraint(
                condition=Q(carried_to__isnull=True) | Q(carried_to__gt=F("business_on")),
                name="payment_is_carried_onwards",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["channel", "business_on"], name="payment_by_day"),
            models.Index(
                fields=["channel", "carried_to"],
                name="payment_carried",
                condition=Q(carried_to__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.channel_transaction}"
