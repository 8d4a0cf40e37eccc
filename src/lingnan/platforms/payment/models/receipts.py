"""Fiscal receipts and their numbers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from ..types import ReceiptKind
from .bills import Bill


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
    """An electronic fiscal receipt: numbered when the money arrived, then rendered and sealed.

    A bill has at most one normal receipt in force. What is given back reverses it by a red receipt
    (红冲) over the same amount; a partial refund is followed by a normal one over the rest. A
    receipt somebody booked (入账标记) is not reversed until he takes the mark off.

    Data class: personal. Kept: 30 years, as the bill.
    """

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=8, choices=ReceiptKind, default=ReceiptKind.NORMAL)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="reversal", null=True
    )
    code = models.CharField(max_length=8)
    number = models.CharField(max_length=10)
    check_code = models.CharField(max_length=6)
    amount_fen = models.PositiveBigIntegerField()
    issued_at = models.DateTimeField()
    pdf_file = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True
    )
    ofd_file = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True
    )
    sealed_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    booked_at = models.DateTimeField(null=True)
    booked_by_id = models.UUIDField(null=True)
    booked_by_name = models.CharField(max_length=200, blank=True, default="")
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "number"], name="receipt_number_once"),
            models.UniqueConstraint(
                fields=["bill"],
                condition=Q(kind="normal", reversed_at__isnull=True),
                name="receipt_one_in_force_per_bill",
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{8}$") & Q(number__regex=r"^[0-9]{10}$"),
                name="receipt_number_form",
            ),
            models.CheckConstraint(
                condition=Q(kind="normal", reverses__isnull=True)
                | Q(kind="reversal", reverses__isnull=False, reversed_at__isnull=True),
                name="receipt_reversal_names_its_receipt",
            ),
            models.CheckConstraint(
                condition=Q(booked_at__isnull=True, booked_by_id__isnull=True)
                | Q(
                    booked_at__isnull=False,
                    booked_by_id__isnull=False,
                    reversed_at__isnull=True,
                    kind="normal",
                ),
                name="receipt_booked_is_not_reversed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.number}"
