"""A joint application being filled in."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record


class JointDraft(Record):
    """One joint application not yet handed in: the scenario's answers, the merged form, materials.

    A person has one live draft per theme and principal. `data` holds fields marked `x-sensitive` as
    ciphertext. `materials` is a list of {id, code, kind, file_id, licence_id, name}. Beside the
    drafts of single matters, because those are held to the version of one item.

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
    theme_code = models.CharField(max_length=60)
    region_path = models.CharField(max_length=120, blank=True, default="")
    scenario = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    page = models.CharField(max_length=60, blank=True, default="")
    materials = models.JSONField(default=list)
    state = models.CharField(max_length=9, choices=State, default=State.LIVE)
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "principal_id", "theme_code"],
                condition=Q(state="live"),
                name="joint_draft_one_live_per_theme",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], condition=Q(state="live"), name="joint_draft_live_by_expiry"
            )
        ]

    def __str__(self) -> str:
        return f"joint draft {self.pk} ({self.theme_code})"
