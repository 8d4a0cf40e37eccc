"""Fees, bills, attempts to pay, money that arrived, and receipts.

The ledger and the splitting between levels of government are not here: a `Payment` row is the fact
that money arrived, from which they can be derived.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from .types import BillState


class FeeItem(Record):
    """A charge the law allows, as in force from a date. A change is a new row.

    Data class: public. Kept: for good; bills of any year are explained by it.
    """

    class Kind(models.TextChoices):
        ADMINISTRATIVE = "administrative"  # 行政事业性收费
        FINE = "fine"  # 罚没收入
        FUND = "fund"  # 政府性基金
        OTHER = "other"

    code = models.CharField(max_length=24)
    name = models.JSONField()
    kind = models.CharField(max_length=14, choices=Kind, default=Kind.ADMINISTRATIVE)
    unit = models.JSONField()
    unit_price_fen = models.PositiveBigIntegerField()
    legal_basis = models.TextField()
    effective_from = models.DateField()
    effective_until = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "effective_from"], name="fee_item_version_once"
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(effective_until__isnull=True),
                name="fee_item_one_open_version",
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True)
                | Q(effective_until__gt=F("effective_from")),
                name="fee_item_has_a_term",
            ),
            models.CheckConstraint(condition=~Q(legal_basis=""), name="fee_item_has_a_legal_basis"),
        ]

    def __str__(self) -> str:
        return self.code


class Bill(Record):
    """An amount one payer owes one collecting agency for one thing, with its 20-digit code.

    The amount never changes; a wrong bill is voided and opened anew. It is paid by exactly one
    `Payment` of kind settlement.

    Data class: personal. Kept: 30 years (Measures for accounting archives, schedule for vouchers).
    """

    class PayerKind(models.TextChoices):
        PERSON = "person"
        ORGANISATION = "organisation"

    code = models.CharField(max_length=20, unique=True)
    payer_kind = models.CharField(max_length=12, choices=PayerKind)
    payer_id = models.UUIDField()
    payer_name = models.CharField(max_length=200)
    collecting_agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+"
    )
    collecting_agency_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    title = models.JSONField()
    amount_fen = models.PositiveBigIntegerField()
    subject_kind = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    due_on = models.DateField()
    state = models.CharField(max_length=8, choices=BillState.choices, default=BillState.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=100)
    paid_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.CharField(max_length=100, blank=True, default="")
    void_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="bill_asks_for_money"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{20}$"), name="bill_code_has_20_digits"
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False)
                | (~Q(state="paid") & Q(paid_at__isnull=True)),
                name="bill_paid_has_its_instant",
            ),
            models.CheckConstraint(
                condition=(Q(state="voided", voided_at__isnull=False) & ~Q(void_reason=""))
                | (~Q(state="voided") & Q(voided_at__isnull=True, void_reason="")),
                name="bill_voided_has_its_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["payer_kind", "payer_id", "opened_at", "id"], name="bill_by_payer"
            ),
            models.Index(fields=["collecting_agency", "opened_at", "id"], name="bill_by_agency"),
            models.Index(
                fields=["region_path"], name="bill_by_region", opclasses=["varchar_pattern_ops"]
            ),
            models.Index(fields=["subject_kind", "subject_id"], name="bill_by_subject"),
            models.Index(
                fields=["due_on"], name="bill_unpaid", condition=Q(state__in=["open", "paying"])
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Charge(Record):
    """One line of a bill. Data class: internal. Kept: as long as the bill."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="charges")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=24)
    name = models.JSONField()
    quantity = models.PositiveIntegerField()
    unit_price_fen = models.PositiveBigIntegerField()
    amount_fen = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bill", "position"], name="charge_once_per_position"),
            models.CheckConstraint(
                condition=Q(amount_fen=F("quantity") * F("unit_price_fen")) & Q(quantity__gt=0),
                name="charge_amount_is_quantity_times_price",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class PaymentAttempt(Record):
    """One order placed with a channel so that the payer can pay; at most one of a bill is live.

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

    channel = models.CharField(max_length=24)
    digest = models.CharField(max_length=64)
    body = models.TextField()
    signature = models.CharField(max_length=200)
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


class Payment(Record):
    """Money that arrived for a bill, once per transaction of the channel. Never changed.

    A bill has at most one settlement; whatever else arrives is surplus and goes back to the payer.
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
    paid_at = models.DateTimeField()
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
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.channel_transaction}"


class ReceiptSerial(models.Model):
    """The last number given under one receipt code; locked while the next is given, so no gaps.

    Data class: internal. Kept: for good.
    """

    code = models.CharField(max_length=8, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        pass

    def __str__(self) -> str:
        return f"{self.code} {self.last}"


class FiscalReceipt(Record):
    """The electronic fiscal receipt of a paid bill: exactly one, numbered when the money arrived.

    The two files are made afterwards by a job. Data class: personal. Kept: 30 years, as the bill.
    """

    bill = models.OneToOneField(Bill, on_delete=models.PROTECT, related_name="receipt")
    code = models.CharField(max_length=8)
    number = models.CharField(max_length=10)
    check_code = models.CharField(max_length=6)
    issued_at = models.DateTimeField()
    pdf_file = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True
    )
    ofd_file = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "number"], name="receipt_number_once"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{8}$") & Q(number__regex=r"^[0-9]{10}$"),
                name="receipt_number_form",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.number}"
