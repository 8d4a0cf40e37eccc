"""Uses of licences: the holder sees every one."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from ..types import UseKind
from .licence import Licence


class LicenceUse(Record):
    """Someone used a licence: the holder sees every row.

    Of a copy whose grade asks for it, `original_seen_*` is who had the original before him for
    this very use.

    Data class: personal. Kept: 3 years (个人信息保护法 56, records of processing).
    """

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="uses")
    kind = models.CharField(max_length=10, choices=UseKind)
    used_by = models.CharField(max_length=200, default="", blank=True)
    purpose = models.CharField(max_length=300, default="", blank=True)
    item_code = models.CharField(max_length=33, default="", blank=True)
    case_id = models.UUIDField(null=True)
    agency_id = models.UUIDField(null=True)
    file_id = models.UUIDField(null=True)
    ofd_file_id = models.UUIDField(null=True)
    copy_valid_until = models.DateField(null=True)
    fields = models.JSONField(default=list)
    consent = models.ForeignKey(
        "licences.Consent", on_delete=models.PROTECT, related_name="+", null=True
    )
    used_at = models.DateTimeField()
    original_seen_by = models.CharField(max_length=200, default="", blank=True)
    original_seen_account = models.UUIDField(null=True)
    original_seen_at = models.DateTimeField(null=True)
    original_note = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["licence", "case_id", "purpose"],
                condition=Q(kind="material", case_id__isnull=False),
                name="licence_use_once_per_case_and_purpose",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("material", "copy")) | Q(copy_valid_until__isnull=False),
                name="licence_material_copy_ends",
            ),
            models.CheckConstraint(
                condition=Q(original_seen_at__isnull=True, original_seen_by="")
                | (Q(original_seen_at__isnull=False) & ~Q(original_seen_by="")),
                name="licence_original_seen_by_someone",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["licence", "-used_at", "-id"], name="licence_use_by_licence")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.licence_id}"


class VerifyCount(models.Model):
    """How often one address verified licences in one minute.

    Data class: personal (a blind index of an address). Kept: 1 day.
    """

    address_index = models.CharField(max_length=64)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["address_index", "minute"], name="verify_count_once")
        ]
        indexes: ClassVar = [models.Index(fields=["minute"], name="verify_count_by_minute")]

    def __str__(self) -> str:
        return f"{self.minute}: {self.count}"
