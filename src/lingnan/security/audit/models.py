"""The audit record and the blocks of its chain. Rows are inserted, sealed once, never changed.

A trigger (see the migration) refuses UPDATE and DELETE, except the sealer filling the two chain
columns of a row in which they are empty.
"""

import uuid_utils.compat as uuid_utils
from django.db import models
from django.db.models import Q


class Entry(models.Model):
    """One act of one actor on one object.

    Data class: personal (names and addresses of actors).
    Kept: 3 years (网络安全法 21(3) asks for six months, 个人信息保护法 56 for three years of
    processing records); the row count and chain of what was removed stay in the blocks.
    """

    id = models.UUIDField(primary_key=True, default=uuid_utils.uuid7, editable=False)
    at = models.DateTimeField()
    act = models.CharField(max_length=100)
    object_kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=80)
    outcome = models.CharField(max_length=10, default="ok")
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=36, default="", blank=True)
    actor_name = models.CharField(max_length=200, default="", blank=True)
    agency_id = models.UUIDField(null=True, blank=True)
    region_path = models.CharField(max_length=120, default="", blank=True)
    principal_kind = models.CharField(max_length=12, default="", blank=True)
    principal_id = models.CharField(max_length=36, default="", blank=True)
    principal_name = models.CharField(max_length=200, default="", blank=True)
    mandate_id = models.UUIDField(null=True, blank=True)
    session_id = models.UUIDField(null=True, blank=True)
    address = models.CharField(max_length=64, default="", blank=True)
    facts = models.JSONField(default=dict, blank=True)
    mac_key_id = models.UUIDField()
    mac = models.BinaryField()
    seal_seq = models.BigIntegerField(null=True, blank=True)
    chain_hash = models.BinaryField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["at", "id"], name="audit_entry_by_time"),
            models.Index(fields=["object_kind", "object_id", "at"], name="audit_entry_by_object"),
            models.Index(fields=["actor_id", "at"], name="audit_entry_by_actor"),
            models.Index(fields=["act", "at"], name="audit_entry_by_act"),
            models.Index(
                fields=["id"], condition=Q(seal_seq__isnull=True), name="audit_entry_unsealed"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["seal_seq"],
                condition=Q(seal_seq__isnull=False),
                name="audit_entry_one_per_seq",
            ),
            models.CheckConstraint(
                condition=Q(seal_seq__isnull=True, chain_hash__isnull=True)
                | Q(seal_seq__isnull=False, chain_hash__isnull=False),
                name="audit_entry_sealed_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.act} {self.object_kind}:{self.object_id}"


class Look(models.Model):
    """One officer opened one thing about someone, in one hour: the entry of the same id by subject.

    What was opened again within the hour is one row. Whoever it is about reads these rows.
    Data class: personal.
    Kept: 3 years, with its entry (个人信息保护法 44, 56).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    hour = models.DateTimeField()
    officer_id = models.UUIDField()
    officer_name = models.CharField(max_length=200)
    agency_id = models.UUIDField(null=True, blank=True)
    subject_kind = models.CharField(max_length=12)
    subject_id = models.UUIDField()
    object_kind = models.CharField(max_length=60)
    object_id = models.UUIDField()
    title = models.JSONField(default=dict, blank=True)
    number = models.CharField(max_length=80, default="", blank=True)
    item_code = models.CharField(max_length=33, default="", blank=True)
    purpose = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["officer_id", "object_id", "object_kind", "hour"],
                name="audit_look_once_an_hour",
            ),
        )
        indexes = (
            models.Index(
                fields=["subject_id", "subject_kind", "-at", "-id"], name="audit_look_by_subject"
            ),
        )

    def __str__(self) -> str:
        return f"{self.officer_name} {self.object_kind}:{self.object_id}"


class Block(models.Model):
    """One run of the sealer: a stretch of the chain, closed by its head.

    Data class: internal.
    Kept: permanently; it proves the entries of its stretch, and that they were there.
    """

    number = models.BigIntegerField(primary_key=True)
    first_seq = models.BigIntegerField(unique=True)
    last_seq = models.BigIntegerField(unique=True)
    previous_head = models.BinaryField()
    head = models.BinaryField()
    sealed_at = models.DateTimeField()
    key_id = models.UUIDField()
    mac = models.BinaryField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(last_seq__gte=models.F("first_seq")), name="audit_block_not_empty"
            ),
        )

    def __str__(self) -> str:
        return f"block {self.number}: {self.first_seq}-{self.last_seq}"
