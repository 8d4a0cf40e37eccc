"""Commitments made in a case and checked later."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from ..types import CommitmentState
from .records import CreditRecord, CreditSubject


class Commitment(Record):
    """What a subject committed itself to in a case, word for word, and whether it was kept.

    A breach found in a check becomes a record only after notice, statement and confirmation by
    another officer. `part`: the material of the case it stands for, by its code. `void`: the case
    it was made in ended without a grant.

    Data class: personal. Kept: 5 years after it was checked (our default).
    """

    number = models.CharField(max_length=40, unique=True)
    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    part = models.CharField(max_length=64, blank=True, default="")
    title = models.CharField(max_length=200)
    text = models.TextField()
    text_version = models.CharField(max_length=40)
    case_kind = models.CharField(max_length=40)
    case_id = models.UUIDField()
    case_number = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=100)
    check_due_on = models.DateField()
    state = models.CharField(
        max_length=8, choices=CommitmentState.choices, default=CommitmentState.OPEN
    )
    checked_at = models.DateTimeField(null=True)
    checked_by = models.CharField(max_length=100, blank=True, default="")
    finding = models.TextField(blank=True, default="")
    statement_due_on = models.DateField(null=True)
    statement = models.TextField(blank=True, default="")
    stated_at = models.DateTimeField(null=True)
    instance_id = models.UUIDField(null=True)
    record = models.ForeignKey(CreditRecord, on_delete=models.PROTECT, related_name="+", null=True)
    warned_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case_kind", "case_id", "part", "title"],
                name="credit_commitment_once_per_case",
            ),
            models.CheckConstraint(
                condition=~Q(state="breached") | Q(record__isnull=False, checked_at__isnull=False),
                name="credit_commitment_breach_by_procedure",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "void"]) | Q(checked_at__isnull=False),
                name="credit_commitment_checked_has_instant",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "state"], name="credit_commitment_of"),
            models.Index(
                fields=["check_due_on"], name="credit_commitment_due", condition=Q(state="open")
            ),
            models.Index(fields=["agency", "made_at", "id"], name="credit_commitment_by_agency"),
        ]

    def __str__(self) -> str:
        return self.number
