"""Files: one row per use of a content. The bytes lie in the store under their digest."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .types import DataClass


class StoredFile(Record):
    """One file that one thing of another module owns; equal contents share their bytes.

    `owner_kind` names who answers for it ("government_services.case"): that module says who may
    read it. The digest is SM3, the address of the bytes in the store; SHA-256 is kept for outside
    parties that know no SM3.

    Data class: sensitive (materials hold anything people upload; `data_class` narrows it).
    Kept: as long as its owner keeps it; the owner's module forgets it, a sweep removes the bytes.
    """

    owner_kind = models.CharField(max_length=64)
    owner_id = models.UUIDField()
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    digest_sm3 = models.CharField(max_length=64)
    digest_sha256 = models.CharField(max_length=64)
    data_class = models.CharField(max_length=9, choices=DataClass.choices)
    stored_by = models.CharField(max_length=100, blank=True, default="")
    stored_by_account_id = models.UUIDField(null=True)
    stored_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="stored_file_not_empty"),
            models.CheckConstraint(
                condition=Q(digest_sm3__regex=r"^[0-9a-f]{64}$")
                & Q(digest_sha256__regex=r"^[0-9a-f]{64}$"),
                name="stored_file_digest_form",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner_kind", "owner_id"], name="stored_file_by_owner"),
            models.Index(fields=["digest_sm3"], name="stored_file_by_digest"),
        ]

    def __str__(self) -> str:
        return self.name
