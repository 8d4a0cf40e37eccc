"""Why someone acts for a person who cannot act himself."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .accounts import Mandate


class Guardianship(Record):
    """What a guardian's mandate rests on: papers a clerk saw, or a licence in his wallet.

    `documents`: kind and number of each paper, as the clerk read them.
    Data class: sensitive. Kept: as long as the mandate, 5 years after it ends.
    """

    class Ground(models.TextChoices):
        MINOR = "minor"  # 民法典 27
        ADULT = "adult"  # 民法典 28, 33

    class Proof(models.TextChoices):
        WINDOW = "window"
        LICENCE = "licence"

    mandate = models.OneToOneField(Mandate, on_delete=models.PROTECT, related_name="guardianship")
    ground = models.CharField(max_length=8, choices=Ground)
    proof = models.CharField(max_length=8, choices=Proof)
    documents = models.CharField(max_length=500, blank=True, default="")
    licence_id = models.UUIDField(null=True)
    officer = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    region_path = models.CharField(max_length=120, blank=True, default="")
    ended_for = models.CharField(max_length=300, blank=True, default="")
    ended_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    proof="window",
                    officer__isnull=False,
                    agency__isnull=False,
                    licence_id__isnull=True,
                )
                & ~Q(documents="")
                | Q(
                    proof="licence", officer__isnull=True, licence_id__isnull=False, ground="minor"
                ),
                name="guardianship_is_proven",
            ),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True, ended_for="")
                | (Q(ended_by__isnull=False) & ~Q(ended_for="")),
                name="guardianship_ended_for_a_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["agency", "-id"], name="guardianship_by_agency")]

    def __str__(self) -> str:
        return f"guardianship {self.pk}"
