"""Types of licence, and the numbers given out under them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record


class LicenceType(Record):
    """One version of one type of licence: its fields, its face, who issues it, for how long.

    Licences pin the version they were issued under; the newest version in force is used for new
    ones. `key` is the type's short name in forms (`licences.<key>.<field>`). Agencies of
    `issuer_kinds` within `issuer_regions` issue it, and those named in `issuer_agencies` (credit
    codes); an empty list does not limit. Nothing is issued from `effective_until` on.

    Data class: public. Kept: permanently, licences are read by it.
    """

    code = models.CharField(max_length=21)
    key = models.SlugField(max_length=40, default="", blank=True)
    version = models.PositiveSmallIntegerField()
    name = models.JSONField()
    fields_schema = models.JSONField()
    face = models.JSONField()
    issuer_kinds = models.JSONField(default=list)
    issuer_regions = models.JSONField(default=list)
    issuer_agencies = models.JSONField(default=list)
    holder_kinds = models.JSONField(default=list)
    validity = models.JSONField()
    legal_basis = models.CharField(max_length=300, default="", blank=True)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="licence_type_version_once"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9A-Z]{21}$"), name="licence_type_code_shape"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class SerialCounter(models.Model):
    """The last serial given out for one type by one agency.

    Data class: internal. Kept: permanently, serials are never given twice.
    """

    type_code = models.CharField(max_length=21)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    last = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["type_code", "agency"], name="licence_serial_counter_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type_code} {self.agency_id}: {self.last}"
