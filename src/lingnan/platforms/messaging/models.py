"""Messages, and what was done to bring each to its reader."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .types import Channel


class Message(Record):
    """Something told to one person, one organisation or one officer; the row is the inbox copy.

    Title and body are stored as they were said, in each language, because a message can be evidence
    long after its template changed. The recipient is an id of `identity`, which stands above.

    Data class: personal. Kept: 3 years after it was sent, or as long as its case.
    """

    person_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    officer_id = models.UUIDField(null=True)
    template = models.CharField(max_length=64)
    title = models.JSONField()
    body = models.JSONField()
    facts = models.JSONField(default=dict)
    subject_kind = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    link = models.CharField(max_length=200, blank=True, default="")
    in_inbox = models.BooleanField(default=True)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    person_id__isnull=False, organisation_id__isnull=True, officer_id__isnull=True
                )
                | Q(person_id__isnull=True, organisation_id__isnull=False, officer_id__isnull=True)
                | Q(person_id__isnull=True, organisation_id__isnull=True, officer_id__isnull=False),
                name="message_has_one_recipient",
            ),
            models.CheckConstraint(
                condition=Q(link="") | (Q(link__startswith="/") & ~Q(link__startswith="//")),
                name="message_link_stays_here",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["person_id", "sent_at", "id"],
                name="message_of_person",
                condition=Q(person_id__isnull=False, in_inbox=True),
            ),
            models.Index(
                fields=["organisation_id", "sent_at", "id"],
                name="message_of_organisation",
                condition=Q(organisation_id__isnull=False, in_inbox=True),
            ),
            models.Index(
                fields=["officer_id", "sent_at", "id"],
                name="message_of_officer",
                condition=Q(officer_id__isnull=False, in_inbox=True),
            ),
            models.Index(
                fields=["person_id"],
                name="message_unread_person",
                condition=Q(person_id__isnull=False, in_inbox=True, read_at__isnull=True),
            ),
            models.Index(
                fields=["organisation_id"],
                name="message_unread_organisation",
                condition=Q(organisation_id__isnull=False, in_inbox=True, read_at__isnull=True),
            ),
            models.Index(
                fields=["officer_id"],
                name="message_unread_officer",
                condition=Q(officer_id__isnull=False, in_inbox=True, read_at__isnull=True),
            ),
            models.Index(fields=["subject_kind", "subject_id"], name="message_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"


class Dispatch(Record):
    """One message on its way through one outside channel, once per channel.

    The address is encrypted; what is shown of it is masked. So are `secrets`, the facts that the
    message itself does not hold (a code to type): they are blank once the dispatch is finished.
    Data class: personal. Kept: as long as its message.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        FAILED = "failed"

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="dispatches")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address_sealed = models.TextField()
    secrets_sealed = models.TextField(blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    reference = models.CharField(max_length=200, blank=True, default="")
    problem = models.CharField(max_length=300, blank=True, default="")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "channel"], name="dispatch_once"),
            models.CheckConstraint(
                condition=Q(state="queued", finished_at__isnull=True)
                | (~Q(state="queued") & Q(finished_at__isnull=False)),
                name="dispatch_finished_when_not_queued",
            ),
            models.CheckConstraint(
                condition=Q(state="queued") | Q(secrets_sealed=""),
                name="dispatch_forgets_secrets",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="dispatch_queued", condition=Q(state="queued"))
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.message_id}"
