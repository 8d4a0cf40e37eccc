"""What a person has begun and not yet handed in."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record


class Draft(Record):
    """One application being filled in; saves itself page by page.

    A person has one live draft per item and principal. `data` holds fields marked `x-sensitive` as
    ciphertext. `materials` is a list of {code, kind, file_id, licence_id, name}.

    Data class: personal. Kept: 90 days after the last change, then it expires and is emptied.
    """

    class State(models.TextChoices):
        LIVE = "live"
        SUBMITTED = "submitted"
        DISCARDED = "discarded"
        EXPIRED = "expired"

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    principal_kind = models.CharField(max_length=12)
    principal_id = models.UUIDField()
    mandate_id = models.UUIDField(null=True)
    item_version = models.ForeignKey(
        "matters.ItemVersion", on_delete=models.PROTECT, related_name="+"
    )
    item_code = models.CharField(max_length=31)
    data = models.JSONField(default=dict)
    page = models.CharField(max_length=60, blank=True, default="")
    materials = models.JSONField(default=list)
    state = models.CharField(max_length=9, choices=State, default=State.LIVE)
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "principal_id", "item_code"],
                condition=Q(state="live"),
                name="draft_one_live_per_person_and_item",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], condition=Q(state="live"), name="draft_live_by_expiry"
            )
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} ({self.item_code})"
