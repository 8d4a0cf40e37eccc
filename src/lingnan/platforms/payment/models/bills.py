"""The catalogue of fees; bills and their lines."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.models import Record

from ..types import BillState, PaidInto
from .persons import withdrawn_by_someone


class FeeItem(Record):
    """A charge the law allows, as in force from a date. A change is a new row.

    Data class: public. Kept: for good; bills of any year are explained by it.
    """

    class Kind(models.TextChoices):
        ADMINISTRATIVE = "administrative", _("Administrative charge")  # 行政事业性收费
        FINE = "fine", _("Fine or confiscation")  # 罚没收入
        FUND = "fund", _("Government fund")  # 政府性基金
        OTHER = "other", _("Other non-tax revenue")

    code = models.CharField(max_length=24)
    name = models.JSONField()
    kind = models.CharField(max_length=14, choices=Kind, default=Kind.ADMINISTRATIVE)
    unit = models.JSONField()
    unit_price_fen = models.PositiveBigIntegerField()
    legal_basis = models.TextField()
    paid_into = models.CharField(max_length=8, choices=PaidInto, default=PaidInto.TREASURY)
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


class FeeReduction(Record):
    """A ground on which a fee is reduced or waived (减免), in force from a day on.

    One withdrawn before its first day was never in force; its code is free again.
    Data class: public. Kept: for good; bills of any year are explained by it.
    """

    code = models.CharField(max_length=24)
    fee_code = models.CharField(max_length=24)
    name = models.JSONField()
    percent = models.PositiveSmallIntegerField()
    needs_approval = models.BooleanField(default=False)
    legal_basis = models.TextField()
    effective_from = models.DateField()
    effective_until = models.DateField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(withdrawn_at__isnull=True),
                name="reduction_code_once",
            ),
            withdrawn_by_someone("reduction_withdrawn_by_someone"),
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=100), name="reduction_is_a_share"
            ),
            models.CheckConstraint(
                condition=~Q(legal_basis=""), name="reduction_has_a_legal_basis"
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True)
                | Q(effective_until__gt=F("effective_from")),
                name="reduction_has_a_term",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["fee_code"], name="reduction_by_fee")]

    def __str__(self) -> str:
        return self.code


class Bill(Record):
    """An amount one payer owes one collecting agency for one thing, with its 20-digit code.

    The amount never changes; a wrong bill is voided and opened anew. It is paid by exactly one
    `Payment` of kind settlement. A fine does not expire: past its day a surcharge is owed with it.

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
    is_fine = models.BooleanField(default=False)
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
    """One line of a bill, for its collecting agency or, on a joint bill, for the one named.

    A reduction (减免) says on what basis. Data class: internal. Kept: as long as the bill.
    """

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="charges")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=24)
    name = models.JSONField()
    quantity = models.PositiveIntegerField()
    unit_price_fen = models.PositiveBigIntegerField()
    reduction_fen = models.PositiveBigIntegerField(default=0)
    reduction_basis = models.CharField(max_length=300, blank=True, default="")
    amount_fen = models.PositiveBigIntegerField()
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bill", "position"], name="charge_once_per_position"),
            models.CheckConstraint(
                condition=Q(amount_fen=F("quantity") * F("unit_price_fen") - F("reduction_fen"))
                & Q(quantity__gt=0),
                name="charge_amount_is_quantity_times_price",
            ),
            models.CheckConstraint(
                condition=Q(reduction_fen=0, reduction_basis="")
                | Q(reduction_fen__gt=0) & ~Q(reduction_basis=""),
                name="charge_reduction_has_its_basis",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class FinePause(Record):
    """Days on which a fine's surcharge does not grow, because a review or a lawsuit stops it.

    Data class: internal. Kept: as long as the bill.
    """

    class Kind(models.TextChoices):
        REVIEW = "review", _("Administrative review")
        LAWSUIT = "lawsuit", _("Administrative lawsuit")

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="pauses")
    kind = models.CharField(max_length=7, choices=Kind)
    basis = models.CharField(max_length=300)
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["bill"], condition=Q(until_on__isnull=True), name="pause_one_open_per_fine"
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gt=F("from_on")),
                name="pause_has_a_term",
            ),
            models.CheckConstraint(condition=~Q(basis=""), name="pause_has_a_basis"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.from_on}"
