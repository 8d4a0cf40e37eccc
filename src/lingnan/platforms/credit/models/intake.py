"""Deliveries of records."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .records import CreditSource


class IntakeBatch(Record):
    """One delivery of rows by an agency, with what became of each row.

    `report` lists the row number, the document's number, the outcome, and problems by column; no
    content of the rows. A refused file leaves this row and nothing else.

    Data class: internal. Kept: 3 years.
    """

    class Channel(models.TextChoices):
        API = "api"
        FILE = "file"
        EVENT = "event"
        DESK = "desk"

    source = models.ForeignKey(CreditSource, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=120)
    channel = models.CharField(max_length=5, choices=Channel)
    file_name = models.CharField(max_length=200, blank=True, default="")
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=100)
    rows = models.PositiveIntegerField()
    stored = models.PositiveIntegerField()
    corrected = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    late = models.PositiveIntegerField()
    is_applied = models.BooleanField()
    report = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_applied=True) | Q(stored=0, corrected=0),
                name="credit_batch_refused_stored_nothing",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "received_at", "id"], name="credit_batch_by_agency")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.received_at:%Y-%m-%d}"
