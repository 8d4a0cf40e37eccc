"""Types of licence, licences, their history and uses, and the seals that sign them."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from .types import Status, UseKind


class LicenceType(Record):
    """One version of one type of licence: its fields, its face, who issues it, for how long.

    Licences pin the version they were issued under; the newest version in force is used for new
    ones.

    Data class: public. Kept: permanently, licences are read by it.
    """

    code = models.CharField(max_length=21)
    version = models.PositiveSmallIntegerField()
    name = models.JSONField()
    fields_schema = models.JSONField()
    face = models.JSONField()
    issuer_kinds = models.JSONField(default=list)
    holder_kinds = models.JSONField(default=list)
    validity = models.JSONField()
    legal_basis = models.CharField(max_length=300, default="", blank=True)
    effective_from = models.DateField()

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


class Seal(Record):
    """One electronic seal of one agency: GB/T 38540 version 4, made by the test seal maker.

    Data class: public (the secret key is in `crypto`). Kept: permanently, for proving what it
    sealed; a destroyed seal keeps its row and loses its key.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        DESTROYED = "destroyed"

    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    esid = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    der = models.BinaryField()
    picture = models.BinaryField()
    certificate = models.ForeignKey(
        "crypto.Certificate", on_delete=models.PROTECT, related_name="+"
    )
    key = models.ForeignKey("crypto.Key", on_delete=models.PROTECT, related_name="+")
    certificate_der = models.BinaryField()
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agency"], condition=Q(state="active"), name="seal_one_active_per_agency"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="seal_validity_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Licence(Record):
    """One version of one licence. The payload, encrypted here, is the licence; columns index it.

    `payload_sealed` is canonical JSON under SM4-GCM; `signature` is the seal key's SM2 signature
    over the JSON itself. `valid_until` is the last day of validity, as printed.

    Data class: sensitive.
    Kept: 30 years after it ends (our default; the archive rule of its matter goes before).
    """

    type = models.ForeignKey(LicenceType, on_delete=models.PROTECT, related_name="+")
    type_code = models.CharField(max_length=21)
    identifier = models.CharField(max_length=120, unique=True)
    serial = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="superseded_by", null=True
    )
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=80)
    holder_kind = models.CharField(max_length=12)
    holder_id = models.UUIDField()
    holder_code_index = models.CharField(max_length=64)
    payload_sealed = models.TextField()
    signature = models.BinaryField()
    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.VALID)
    status_ground = models.CharField(max_length=300, default="", blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    issued_at = models.DateTimeField()
    subject_kind = models.CharField(max_length=40, default="", blank=True)
    subject_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "type_code"],
                condition=Q(subject_id__isnull=False),
                name="licence_one_per_subject_and_type",
            ),
            models.UniqueConstraint(
                fields=["type_code", "agency", "serial", "version"],
                name="licence_serial_version_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="licence_validity_in_order",
            ),
            models.CheckConstraint(
                condition=Q(version=1, supersedes__isnull=True)
                | Q(version__gt=1, supersedes__isnull=False),
                name="licence_newer_version_supersedes",
            ),
            models.CheckConstraint(
                condition=Q(status="valid") | ~Q(status_ground=""),
                name="licence_ended_with_ground",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["holder_id", "-issued_at"], name="licence_by_holder"),
            models.Index(fields=["holder_code_index"], name="licence_by_holder_code"),
            models.Index(fields=["agency", "-issued_at", "-id"], name="licence_by_agency"),
            models.Index(fields=["-issued_at", "-id"], name="licence_by_time"),
            models.Index(
                fields=["valid_until"], condition=Q(status="valid"), name="licence_ending"
            ),
        ]

    def __str__(self) -> str:
        return self.identifier

    def status_on(self, on: date) -> Status:
        """The status as of a day: a valid licence past its last day is expired at once."""
        status = Status(self.status)
        if status is Status.VALID and self.valid_until is not None and self.valid_until < on:
            return Status.EXPIRED
        return status


class LicenceFace(Record):
    """One face of a licence as a file, made after the issue; it can be made again.

    Data class: personal. Kept: as long as the licence.
    """

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="faces")
    format = models.CharField(max_length=3)
    file_id = models.UUIDField()
    digest_sm3 = models.CharField(max_length=64)
    rendered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["licence", "format"], name="licence_face_once"),
            models.CheckConstraint(
                condition=Q(format__in=("pdf", "ofd")), name="licence_face_known_format"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["digest_sm3"], name="licence_face_by_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.licence_id}"


class StatusChange(Record):
    """One change of a licence's status, with its ground in law.

    Data class: internal. Kept: as long as the licence.
    """

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="changes")
    status_before = models.CharField(max_length=10, choices=Status)
    status = models.CharField(max_length=10, choices=Status)
    ground = models.CharField(max_length=300)
    reason = models.TextField(default="", blank=True)
    changed_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["licence", "-changed_at"], name="licence_change_by_licence")
        ]

    def __str__(self) -> str:
        return f"{self.licence_id}: {self.status_before} -> {self.status}"


class LicenceUse(Record):
    """Someone used a licence: the holder sees every row.

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
    copy_valid_until = models.DateField(null=True)
    used_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["licence", "case_id", "purpose"],
                condition=Q(kind="material", case_id__isnull=False),
                name="licence_use_once_per_case_and_purpose",
            ),
            models.CheckConstraint(
                condition=~Q(kind="material") | Q(copy_valid_until__isnull=False),
                name="licence_material_copy_ends",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["licence", "-used_at", "-id"], name="licence_use_by_licence")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.licence_id}"
