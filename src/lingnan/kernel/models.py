"""The base record, the outbox, idempotency keys, and what is known of whole tables."""

from typing import ClassVar

import uuid_utils.compat as uuid_utils
from django.db import models


class Record(models.Model):
    """Base of the product's tables: a UUIDv7 key, which sorts by time of creation."""

    id = models.UUIDField(primary_key=True, default=uuid_utils.uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class OutboxEvent(models.Model):
    """Something that happened, written in the transaction in which it happened.

    `pending` until every subscriber has had it. Data class: internal.
    Kept: 90 days after delivery, for replay; the lasting record is the audit chain.
    """

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid_utils.uuid7, unique=True, editable=False)
    name = models.CharField(max_length=100)
    payload = models.JSONField()
    occurred_at = models.DateTimeField()
    pending = models.BooleanField(default=True)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="", blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["seq"], name="outbox_pending", condition=models.Q(pending=True)),
            models.Index(fields=["name", "seq"], name="outbox_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.seq}"


class EventDelivery(models.Model):
    """One subscriber has handled one event: written in the subscriber's own transaction.

    Data class: internal. Kept: as long as the event.
    """

    event_id = models.UUIDField()
    subscriber = models.CharField(max_length=100)
    delivered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event_id", "subscriber"], name="delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.event_id} -> {self.subscriber}"


class IdempotencyKey(models.Model):
    """The answer given to a request that carried a key, so that asking again changes nothing.

    Data class: personal (answers may hold personal data). Kept: 7 days.
    """

    owner = models.CharField(max_length=140)
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=b"")
    content_type = models.CharField(max_length=100, default="")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"


class LoadedSeed(models.Model):
    """Which edition of which seed is in the tables, so that loading it again is quick.

    Data class: internal. Kept: as long as the product runs.
    """

    name = models.CharField(max_length=100, primary_key=True)
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:8]}"


class TableRevision(models.Model):
    """The revision of a set of tables that processes hold values of; triggers write it.

    Data class: internal. Kept: as long as the product runs.
    """

    name = models.CharField(max_length=40, primary_key=True)
    revision = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.name} {self.revision}"
