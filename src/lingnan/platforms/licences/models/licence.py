"""Licences, their faces and the history of their status."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from ..errors import NotSealed
from ..types import ENDED, STORED_STATUSES, Grade, Status
from .catalogue import LicenceType
from .seal import Seal


class LicenceQuerySet(models.QuerySet["Licence"]):
    """Licences, with the condition of a status as of a day."""

    def succeeding(self, licence_id: UUID) -> "LicenceQuerySet":
        """What renews or changes a licence, whether it has taken over yet or not; at most one.

        One that was ended by a decision before it took over makes room for another.
        """
        return self.filter(supersedes_id=licence_id).exclude(status__in=ENDED)

    def standing(self, status: str, *, on: date) -> "LicenceQuerySet":
        """Those that stand so on a day: past the last day, a valid one is expired at once; before
        the first it is not in force yet."""
        ended = Q(status=Status.VALID, valid_until__lt=on)
        if status == Status.VALID:
            begun = self.filter(status=Status.VALID, valid_from__lte=on)
            return begun.exclude(valid_until__lt=on)
        if status == Status.NOT_YET:
            return self.filter(status=Status.VALID, valid_from__gt=on)
        if status == Status.EXPIRED:
            return self.filter(Q(status=Status.EXPIRED) | ended)
        return self.filter(status=status)


class Licence(Record):
    """One version of one licence. The payload, encrypted here, is the licence; columns index it.

    `payload_sealed` is canonical JSON under SM4-GCM; `signature` is the seal key's SM2 signature
    over the JSON itself. `valid_until` is the last day of validity, as printed. One brought in from
    paper or elsewhere has no seal and no signature; its `grade` says how far it may be trusted.

    Data class: sensitive.
    Kept: 30 years after it ends (our default; the archive rule of its matter goes before).
    """

    type = models.ForeignKey(LicenceType, on_delete=models.PROTECT, related_name="+")
    type_code = models.CharField(max_length=21)
    identifier = models.CharField(max_length=120, unique=True)
    serial = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="newer", null=True
    )
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=80)
    holder_kind = models.CharField(max_length=12)
    holder_id = models.UUIDField()
    holder_code_index = models.CharField(max_length=64)
    payload_sealed = models.TextField()
    signature = models.BinaryField()
    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="+", null=True)
    grade = models.CharField(max_length=1, choices=Grade, default=Grade.A)
    checked_by = models.CharField(max_length=200, default="", blank=True)
    checked_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=STORED_STATUSES, default=Status.VALID)
    status_ground = models.CharField(max_length=300, default="", blank=True)
    ground_code = models.CharField(max_length=40, default="", blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    issued_at = models.DateTimeField()
    subject_kind = models.CharField(max_length=40, default="", blank=True)
    subject_id = models.UUIDField(null=True)

    objects: ClassVar[models.Manager["Licence"]] = LicenceQuerySet.as_manager()

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
            models.UniqueConstraint(
                fields=["supersedes"],
                condition=~Q(status__in=ENDED),
                name="licence_one_living_successor",
            ),
            models.CheckConstraint(
                condition=Q(version=1, supersedes__isnull=True)
                | Q(version__gt=1, supersedes__isnull=False),
                name="licence_newer_version_supersedes",
            ),
            models.CheckConstraint(
                condition=Q(grade="A", seal__isnull=False) | (~Q(grade="A") & Q(seal__isnull=True)),
                name="licence_sealed_is_grade_a",
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

    @property
    def sealed_by(self) -> Seal:
        """The seal that signed it. Raises: NotSealed (409) for one brought in from elsewhere."""
        if self.seal is None:
            raise NotSealed
        return self.seal

    def status_on(self, on: date) -> Status:
        """The status as of a day: a valid licence past its last day is expired at once, before its
        first day it is not in force yet."""
        status = Status(self.status)
        if status is Status.VALID and self.valid_from > on:
            return Status.NOT_YET
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
    status_before = models.CharField(max_length=10, choices=STORED_STATUSES)
    status = models.CharField(max_length=10, choices=STORED_STATUSES)
    verb = models.CharField(max_length=10, default="", blank=True)
    ground_code = models.CharField(max_length=40, default="", blank=True)
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
