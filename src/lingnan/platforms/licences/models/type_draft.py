"""New types of licence and next versions being prepared, and every step of their lives."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from lingnan.kernel.models import Record

from .catalogue import LicenceType


class TypeDraft(Record):
    """A new type, or the next version of one, from its first words to its publication.

    `content` is what `type_content.TypeContent` reads. `written_by` are the ids of everyone who
    wrote or submitted it: none of them reviews it. `agency` is the managing department, whose
    credit code begins the type's code.

    Data class: internal. Kept: permanently, with the type.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("type of licence", "draft")
        IN_REVIEW = "in_review", pgettext_lazy("type of licence", "waiting for review")
        PUBLISHED = "published", pgettext_lazy("type of licence", "published")
        DISCARDED = "discarded", pgettext_lazy("type of licence", "discarded")

    code = models.CharField(max_length=21)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=80)
    based_on = models.ForeignKey(LicenceType, on_delete=models.PROTECT, related_name="+", null=True)
    content = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    written_by = models.JSONField(default=list)
    drafted_by = models.CharField(max_length=200)
    submitted_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)
    made = models.OneToOneField(LicenceType, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(state__in=["draft", "in_review"]),
                name="licence_type_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(state="published", made__isnull=False)
                | (~Q(state="published") & Q(made__isnull=True)),
                name="licence_type_draft_published_with_type",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="licence_type_draft_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.state})"


class TypeWithdrawal(Record):
    """Someone asks that nothing be issued under a type from a day on; another person decides.

    `asked_by` are the ids of who asked: he does not decide.

    Data class: internal. Kept: permanently, with the type.
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("withdrawal of a type", "waiting for a second person")
        DONE = "done", pgettext_lazy("withdrawal of a type", "withdrawn")
        REFUSED = "refused", pgettext_lazy("withdrawal of a type", "refused")

    code = models.CharField(max_length=21)
    effective_from = models.DateField()
    reason = models.CharField(max_length=2000)
    state = models.CharField(max_length=7, choices=State, default=State.ASKED)
    asked_by = models.JSONField()
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=200, default="", blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(state="asked"), name="licence_type_one_withdrawal"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True)
                | (~Q(state="asked") & Q(decided_at__isnull=False) & ~Q(decided_by_name="")),
                name="licence_type_withdrawal_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.state})"


class TypeStep(Record):
    """One step in the life of a type: who did what, and why.

    Data class: internal. Kept: permanently, with the type.
    """

    code = models.CharField(max_length=21)
    draft = models.ForeignKey(TypeDraft, on_delete=models.PROTECT, related_name="steps", null=True)
    act = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField(null=True)
    note = models.CharField(max_length=2000, default="", blank=True)
    actor_name = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["code", "-at", "-id"], name="licence_type_step")]

    def __str__(self) -> str:
        return f"{self.code}: {self.act}"
