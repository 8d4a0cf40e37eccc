"""Money that goes back."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from ..types import RefundState
from .paying import Payment
from .persons import different


class Refund(Record):
    """One amount that goes back to the payer by the way it came, and who decided so.

    A refund of a bill's payment is applied for by the collecting agency, reviewed by the finance
    body, and approved by the treasury: three different officers. Surplus goes back by itself
    (`is_automatic`). The amount is claimed of the payment (`Payment.refunded_fen`) from application
    until refusal, so that all refunds together never exceed what came. One paid out on a day that
    was closed when we heard of it counts for the open day `carried_to`.

    Data class: personal (reasons name circumstances). Kept: 30 years, as the bill.
    """

    number = models.CharField(max_length=40, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_fen = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=300)
    is_automatic = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=RefundState.choices)
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=100)
    applied_by_id = models.UUIDField(null=True)
    applied_by_person_id = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=100, blank=True, default="")
    reviewed_by_id = models.UUIDField(null=True)
    reviewed_by_person_id = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=100, blank=True, default="")
    approved_by_id = models.UUIDField(null=True)
    approved_by_person_id = models.UUIDField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_by = models.CharField(max_length=100, blank=True, default="")
    refusal_reason = models.CharField(max_length=300, blank=True, default="")
    asked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    channel_refund = models.CharField(max_length=64, blank=True, default="")
    paid_at = models.DateTimeField(null=True)
    carried_to = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_is_money"),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_has_a_reason"),
            models.CheckConstraint(
                condition=Q(is_automatic=True)
                | (
                    (Q(reviewed_by_id__isnull=True) | ~Q(reviewed_by_id=F("applied_by_id")))
                    & (
                        Q(approved_by_id__isnull=True)
                        | ~Q(approved_by_id=F("applied_by_id"))
                        & ~Q(approved_by_id=F("reviewed_by_id"))
                    )
                ),
                name="refund_decided_by_different_officers",
            ),
            models.CheckConstraint(
                condition=Q(is_automatic=True)
                | (
                    different("reviewed_by_person_id", "applied_by_person_id")
                    & different("approved_by_person_id", "applied_by_person_id")
                    & different("approved_by_person_id", "reviewed_by_person_id")
                ),
                name="refund_decided_by_different_persons",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "failed", "paid"], approved_at__isnull=False)
                | ~Q(state__in=["approved", "failed", "paid"]),
                name="refund_paid_only_when_approved",
            ),
            models.CheckConstraint(
                condition=Q(state="paid", paid_at__isnull=False)
                | ~Q(state="paid") & Q(paid_at__isnull=True),
                name="refund_paid_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(state="refused", refused_at__isnull=False) & ~Q(refusal_reason="")
                | ~Q(state="refused") & Q(refused_at__isnull=True),
                name="refund_refused_has_its_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["applied_at", "id"], name="refund_by_time"),
            models.Index(
                fields=["approved_at"],
                name="refund_unpaid",
                condition=Q(state="approved"),
            ),
            models.Index(
                fields=["carried_to"],
                name="refund_carried",
                condition=Q(carried_to__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number
