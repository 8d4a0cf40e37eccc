"""Business days of channels, what their statements say, and where that differs from our books."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from ..errors import recalled
from ..types import DayState, DifferenceKind, DifferenceState, Resolution, Source
from .paying import Payment
from .persons import different
from .refunds import Refund


class BusinessDay(Record):
    """One channel's day in China: three accounts of the same money, and whether it is closed.

    A day closes when no difference is open, or when a second officer approves that it closes with
    open ones. Sums are of money in; `_back_fen` of money given back. What runs right now is in
    `step`. Data class: internal. Kept: 30 years, as the books.
    """

    channel = models.CharField(max_length=24)
    business_on = models.DateField()
    state = models.CharField(max_length=8, choices=DayState, default=DayState.OPEN)
    step = models.CharField(max_length=20, blank=True, default="")
    step_done = models.PositiveIntegerField(default=0)
    step_total = models.PositiveIntegerField(default=0)
    step_refusal = models.JSONField(default=dict, blank=True)
    compared_at = models.DateTimeField(null=True)
    channel_count = models.PositiveIntegerField(default=0)
    channel_fen = models.BigIntegerField(default=0)
    channel_back_fen = models.BigIntegerField(default=0)
    platform_count = models.PositiveIntegerField(default=0)
    platform_fen = models.BigIntegerField(default=0)
    platform_back_fen = models.BigIntegerField(default=0)
    treasury_count = models.PositiveIntegerField(default=0)
    treasury_fen = models.BigIntegerField(default=0)
    treasury_back_fen = models.BigIntegerField(default=0)
    close_reason = models.CharField(max_length=300, blank=True, default="")
    close_asked_by = models.CharField(max_length=100, blank=True, default="")
    close_asked_by_id = models.UUIDField(null=True)
    close_asked_by_person_id = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=100, blank=True, default="")
    closed_by_id = models.UUIDField(null=True)
    closed_by_person_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "business_on"], name="day_once_per_channel"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | ~Q(state="closed") & Q(closed_at__isnull=True),
                name="day_closed_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(closed_by_id__isnull=True)
                | Q(close_asked_by_id__isnull=True)
                | ~Q(closed_by_id=F("close_asked_by_id")),
                name="day_closed_by_a_second_officer",
            ),
            models.CheckConstraint(
                condition=different("closed_by_person_id", "close_asked_by_person_id"),
                name="day_closed_by_a_second_person",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["business_on", "id"], name="day_by_date")]

    def __str__(self) -> str:
        return f"{self.channel} {self.business_on}"

    @property
    def step_problem(self) -> str:
        """Why the work stopped, in the language of the reader; empty while it did not."""
        return recalled(self.step_refusal).text if self.step_refusal else ""


class StatementFile(Record):
    """One statement of a day, of its channel or of the treasury; a newer one replaces it.

    Data class: internal. Kept: 30 years, as the books.
    """

    day = models.ForeignKey(BusinessDay, on_delete=models.PROTECT, related_name="files")
    source = models.CharField(max_length=8, choices=Source)
    name = models.CharField(max_length=200)
    line_count = models.PositiveIntegerField(default=0)
    is_complete = models.BooleanField(default=False)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=100)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "source"],
                condition=Q(is_complete=True, replaced_at__isnull=True),
                name="statement_one_in_force",
            )
        ]

    def __str__(self) -> str:
        return self.name


class StatementLine(models.Model):
    """One line of a statement as it came. Written by COPY, read by sets.

    Data class: internal. Kept: 30 years, as its file.
    """

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="lines")
    is_refund = models.BooleanField()
    transaction = models.CharField(max_length=64)
    order_number = models.CharField(max_length=64)
    refund_number = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        pass

    def __str__(self) -> str:
        return self.transaction


class Difference(Record):
    """One transaction about which a statement and our books disagree: a ticket until it is settled.

    Proposed by one officer, approved by another. Data class: internal. Kept: 30 years, as the day.
    """

    day = models.ForeignKey(BusinessDay, on_delete=models.PROTECT, related_name="differences")
    source = models.CharField(max_length=8, choices=Source)
    kind = models.CharField(max_length=9, choices=DifferenceKind)
    is_refund = models.BooleanField()
    transaction = models.CharField(max_length=64)
    order_number = models.CharField(max_length=64, blank=True, default="")
    statement_fen = models.BigIntegerField(null=True)
    platform_fen = models.BigIntegerField(null=True)
    statement_at = models.DateTimeField(null=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+", null=True)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="+", null=True)
    state = models.CharField(max_length=9, choices=DifferenceState, default=DifferenceState.OPEN)
    assignee_id = models.UUIDField(null=True)
    assignee = models.CharField(max_length=100, blank=True, default="")
    explanation = models.CharField(max_length=500, blank=True, default="")
    resolution = models.CharField(max_length=10, choices=Resolution, blank=True, default="")
    proposed_at = models.DateTimeField(null=True)
    proposed_by = models.CharField(max_length=100, blank=True, default="")
    proposed_by_id = models.UUIDField(null=True)
    proposed_by_person_id = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=100, blank=True, default="")
    resolved_by_id = models.UUIDField(null=True)
    resolved_by_person_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "source", "is_refund", "transaction"],
                name="difference_once_per_transaction",
            ),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_at__isnull=False) & ~Q(resolution="")
                | ~Q(state="resolved") & Q(resolved_at__isnull=True),
                name="difference_resolved_has_its_resolution",
            ),
            models.CheckConstraint(
                condition=Q(resolved_by_id__isnull=True) | ~Q(resolved_by_id=F("proposed_by_id")),
                name="difference_resolved_by_a_second_officer",
            ),
            models.CheckConstraint(
                condition=different("resolved_by_person_id", "proposed_by_person_id"),
                name="difference_resolved_by_a_second_person",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["day", "id"],
                name="difference_unresolved",
                condition=~Q(state="resolved"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.transaction}"
