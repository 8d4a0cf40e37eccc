"""Further and former documents of a person, and how the name or document on record is changed."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.models import Record


class PersonDocument(Record):
    """A document of a person besides the one on `Person`: held still, or replaced (`ended_at`).

    A number stays its person's for good, so that nobody else is registered under it.
    Data class: sensitive. Kept: as its person.
    """

    person = models.ForeignKey(
        "identity.Person", on_delete=models.PROTECT, related_name="documents"
    )
    document_type = models.CharField(max_length=24)
    document_number_sealed = models.TextField()
    document_index = models.CharField(max_length=64)
    document_valid_until = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["document_type", "document_index"], name="document_of_one_person"
            )
        ]

    def __str__(self) -> str:
        return f"document of {self.person_id}"


class DetailsChange(Record):
    """Another name or document of a person, proposed by the clerk who checked him, decided by a
    second officer. `name_before` and the sealed number are what it changes from and to; `before` is
    the record as it stood when it was confirmed, numbers sealed.

    Data class: sensitive. Kept: as its person; it is the history of his names and documents.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a second officer")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("Refused")
        UNDONE = "undone", _("Undone: the check it rested on was withdrawn")

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    check_made = models.ForeignKey(
        "identity.WindowCheck", on_delete=models.PROTECT, related_name="changes"
    )
    name_before = models.CharField(max_length=100)
    name = models.CharField(max_length=100, blank=True, default="")
    document_type = models.CharField(max_length=24, blank=True, default="")
    document_number_sealed = models.TextField(blank=True, default="")
    document_index = models.CharField(max_length=64, blank=True, default="")
    document_valid_until = models.DateField(null=True)
    replaces = models.BooleanField(default=True)
    basis = models.CharField(max_length=300)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey("identity.Officer", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_for = models.CharField(max_length=300, blank=True, default="")
    before = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="waiting"), name="details_change_one_waits"
            ),
            models.CheckConstraint(
                condition=~Q(name="") | ~Q(document_index=""), name="details_change_changes"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(state="waiting")
                & Q(decided_at__isnull=False, decided_by__isnull=False)
                & (Q(state="confirmed") | ~Q(decided_for="")),
                name="details_change_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="details_change_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(name="") | ~Q(name=F("name_before")), name="details_change_other_name"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-id"], name="details_change_waits", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.person_id}"
