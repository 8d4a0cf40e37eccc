"""Fiscal receipts and their numbers."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

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
