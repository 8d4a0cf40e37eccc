"""The seals that sign licences and documents."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record


class Seal(Record):
    """One electronic seal of one agency: GB/T 38540 version 4, made by the test seal maker.

    Data class: public (the secret key is in `crypto`). Kept: permanently, for proving what it
    sealed; a destroyed seal keeps its row and loses its key.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        DESTROYED = "destroyed"

    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    esid = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    der = models.BinaryField()
    picture = models.BinaryField()
    certificate = models.ForeignKey(
        "crypto.Certificate", on_delete=models.PROTECT, related_name="+"
    )
    key = models.ForeignKey("crypto.Key", on_delete=models.PROTECT, related_name="+")
    certificate_der = models.BinaryField()
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agency"], condition=Q(state="active"), name="seal_one_active_per_agency"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="seal_validity_in_order"
            ),
        ]

    @property
    def width_mm(self) -> float:
        """How wide its picture is."""
        return 42.0

    @property
    def height_mm(self) -> float:
        """How high its picture is."""
        return 42.0

    def __str__(self) -> str:
        return self.name
