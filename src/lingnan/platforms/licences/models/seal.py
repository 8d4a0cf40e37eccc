"""Seals: applied for, approved, made, recorded, enabled, and what became of them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from lingnan.kernel.models import Record

from ..types import SealKind, SealState

# Millimetres by kind. Source: 国发〔1999〕25号 (42 mm for county bureaus and above); name seals and
# seals for a special use: our default.
_SIZES = {"unit": (42, 42), "department": (38, 38), "special": (38, 38), "personal": (20, 20)}


class Seal(Record):
    """One electronic seal of one agency: GB/T 38540 version 4, made by the test seal maker.

    Data class: public (the secret key is in `crypto`). Kept: permanently, for proving what it
    sealed; a destroyed seal keeps its row and loses its key.
    """

    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=SealKind, default=SealKind.UNIT)
    esid = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    der = models.BinaryField()
    picture = models.BinaryField()
    certificate = models.ForeignKey(
        "crypto.Certificate", on_delete=models.PROTECT, related_name="+"
    )
    key = models.ForeignKey("crypto.Key", on_delete=models.PROTECT, related_name="+")
    certificate_der = models.BinaryField()
    state = models.CharField(max_length=9, choices=SealState, default=SealState.ACTIVE)
    record_number = models.CharField(max_length=60, default="", blank=True)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agency"],
                condition=Q(state="active", kind="unit"),
                name="seal_one_active_per_agency",
            ),
            models.UniqueConstraint(
                fields=["agency", "kind", "name"],
                condition=Q(state="active"),
                name="seal_one_active_per_name",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="seal_validity_in_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "-created_at", "-id"], name="seal_by_agency"),
            models.Index(fields=["valid_until"], condition=Q(state="active"), name="seal_ending"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def width_mm(self) -> float:
        """How wide its picture is."""
        return float(_SIZES[self.kind][0])

    @property
    def height_mm(self) -> float:
        """How high its picture is."""
        return float(_SIZES[self.kind][1])


class SealApplication(Record):
    """Someone asks for a seal, or for one in place of another; another person decides.

    Data class: internal. Kept: permanently, with the seal.
    """

    class State(models.TextChoices):
        APPLIED = "applied", pgettext_lazy("application for a seal", "waiting for approval")
        APPROVED = "approved", pgettext_lazy("application for a seal", "approved, to be made")
        REFUSED = "refused", pgettext_lazy("application for a seal", "refused")
        MADE = "made", pgettext_lazy("application for a seal", "made")

    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=SealKind)
    text = models.CharField(max_length=60)
    reason = models.CharField(max_length=500)
    replaces = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="+", null=True)
    state = models.CharField(max_length=8, choices=State, default=State.APPLIED)
    applied_by = models.CharField(max_length=200)
    applied_by_account = models.UUIDField()
    applied_at = models.DateTimeField()
    decided_by = models.CharField(max_length=200, default="", blank=True)
    decided_by_account = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    ground = models.CharField(max_length=500, default="", blank=True)
    seal = models.OneToOneField(Seal, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by_account__isnull=True)
                | ~Q(decided_by_account=F("applied_by_account")),
                name="seal_application_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="applied", decided_at__isnull=True)
                | (~Q(state="applied") & Q(decided_at__isnull=False)),
                name="seal_application_decided_with_instant",
            ),
            models.CheckConstraint(
                condition=Q(state="made", seal__isnull=False)
                | (~Q(state="made") & Q(seal__isnull=True)),
                name="seal_application_made_with_seal",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "-applied_at", "-id"], name="seal_application_by_agency")
        ]

    def __str__(self) -> str:
        return f"{self.text} ({self.state})"


class SealChange(Record):
    """One step in a seal's life, with who took it and why.

    Data class: internal. Kept: permanently, with the seal.
    """

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="changes")
    state_before = models.CharField(max_length=9, default="", blank=True)
    state = models.CharField(max_length=9, choices=SealState)
    ground = models.CharField(max_length=500)
    changed_by = models.CharField(max_length=200)
    changed_by_account = models.UUIDField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["seal", "-changed_at", "-id"], name="seal_change_by_seal")
        ]

    def __str__(self) -> str:
        return f"{self.seal_id}: {self.state}"
