"""Subjects, the sources that report on them, and the records of their archives."""

from datetime import date
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from ..types import Cycle, Grade, Publicity, RecordKind, Section, SubjectKind


class CreditSubject(Record):
    """One legal person, individual business or natural person, once, with an archive.

    A natural person is found by a keyed digest of his document and by nothing else; the number
    itself is ciphertext. Data class: sensitive. Kept: while any record of the archive is kept.
    """

    kind = models.CharField(max_length=12, choices=SubjectKind.choices)
    name = models.CharField(max_length=200)
    grams = ArrayField(models.CharField(max_length=2), default=list)
    uscc = models.CharField(max_length=18, blank=True, default="")
    document_type = models.CharField(max_length=24, blank=True, default="")
    document_index = models.CharField(max_length=64, blank=True, default="")
    document_sealed = models.TextField(blank=True, default="")
    legal_representative = models.CharField(max_length=100, blank=True, default="")
    region_path = models.CharField(max_length=120, blank=True, default="")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["uscc"], condition=~Q(uscc=""), name="credit_subject_once_per_uscc"
            ),
            models.UniqueConstraint(
                fields=["document_type", "document_index"],
                condition=~Q(document_index=""),
                name="credit_subject_once_per_document",
            ),
            models.CheckConstraint(
                condition=(Q(kind="person") & ~Q(document_index="") & Q(uscc=""))
                | (~Q(kind="person") & ~Q(uscc="") & Q(document_index="")),
                name="credit_subject_has_its_number",
            ),
        ]
        indexes: ClassVar = [GinIndex(fields=["grams"], name="credit_subject_grams")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_person(self) -> bool:
        return self.kind == SubjectKind.PERSON


class CreditSource(Record):
    """One catalogue of credit information an agency reports: what, on which legal basis, how often.

    Data class: public. Kept: for good, because records name it.
    """

    code = models.CharField(max_length=40, unique=True)
    title = models.JSONField()
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=RecordKind.choices)
    section = models.CharField(max_length=14, choices=Section.choices)
    legal_basis = models.TextField()
    cycle = models.CharField(max_length=10, choices=Cycle.choices)
    publicity_rule = models.CharField(max_length=40)
    last_received_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(legal_basis=""), name="credit_source_has_a_legal_basis"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "kind"], name="credit_source_by_agency")
        ]

    def __str__(self) -> str:
        return self.code


class CreditRecord(Record):
    """One version of one record of an archive. What it says is never changed (a trigger refuses).

    Versions of one record share `series`; a correction is a new version, which takes over the
    publicity and the marks of the one before. `fact_on` is the date of the fact (material history),
    `recorded_at` the instant it came to be known here (formal history). `in_use` falls when the
    record is repaired or withdrawn: then it is neither shown, shared nor counted. `publish_until`
    is the first day it is not shown any more.

    Data class: personal. Kept: 5 years after publicity ended (our default), then anonymised.
    """

    series = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="records")
    source = models.ForeignKey(CreditSource, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    section = models.CharField(max_length=14, choices=Section.choices)
    kind = models.CharField(max_length=12, choices=RecordKind.choices)
    is_adverse = models.BooleanField()
    is_person = models.BooleanField()
    number = models.CharField(max_length=128)
    title = models.CharField(max_length=300)
    fact_on = models.DateField()
    data = models.JSONField()
    personal_sealed = models.TextField(blank=True, default="")
    digest = models.CharField(max_length=64)
    categories = models.JSONField(default=list)
    is_summary = models.BooleanField(default=False)
    fine_fen = models.BigIntegerField(null=True)
    confiscated_fen = models.BigIntegerField(null=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    is_long_term = models.BooleanField(default=False)
    grade = models.CharField(max_length=8, choices=Grade.choices, blank=True, default="")
    rule_code = models.CharField(max_length=40)
    rule_version = models.CharField(max_length=20)
    repair_from = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    reported_by = models.CharField(max_length=100)
    report_due_on = models.DateField()
    is_late = models.BooleanField()
    correction_reason = models.CharField(max_length=300, blank=True, default="")

    publicity = models.CharField(max_length=8, choices=Publicity.choices)
    publish_until = models.DateField(null=True)
    in_use = models.BooleanField(default=True)
    under_objection = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["series", "version"], name="credit_record_version_once"
            ),
            models.UniqueConstraint(
                fields=["series"],
                condition=Q(is_current=True),
                name="credit_record_one_current_version",
            ),
            models.UniqueConstraint(
                fields=["source", "subject", "number"],
                condition=Q(is_current=True),
                name="credit_record_once_per_number",
            ),
            models.CheckConstraint(
                condition=Q(fine_fen__isnull=True) | Q(fine_fen__gte=0),
                name="credit_record_fine_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(confiscated_fen__isnull=True) | Q(confiscated_fen__gte=0),
                name="credit_record_confiscated_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(version=1, correction_reason="")
                | (Q(version__gt=1) & ~Q(correction_reason="")),
                name="credit_record_correction_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(in_use=True) | ~Q(publicity="public"),
                name="credit_record_unused_is_not_public",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["kind", "fact_on", "id"],
                name="credit_record_published",
                condition=Q(is_current=True, publicity="public"),
            ),
            models.Index(fields=["subject", "section", "fact_on"], name="credit_record_archive"),
            models.Index(fields=["number"], name="credit_record_by_number"),
            models.Index(fields=["agency", "recorded_at", "id"], name="credit_record_by_agency"),
            models.Index(
                fields=["publish_until"],
                name="credit_record_to_end",
                condition=Q(is_current=True, publicity="public", publish_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"

    def is_published(self, on: date) -> bool:
        """Whether the public sees it on a day."""
        return (
            self.is_current
            and self.in_use
            and self.publicity == Publicity.PUBLIC
            and (self.publish_until is None or on < self.publish_until)
        )

    def is_over(self, on: date) -> bool:
        """Whether its term of publicity has run out by a day: nobody is shown or uses it."""
        if self.publicity == Publicity.PUBLIC:
            return self.publish_until is not None and self.publish_until <= on
        return self.publicity == Publicity.ENDED


def published(on: date) -> Q:
    """The records the public sees on a day. The date is part of the question, so that a job that
    comes late never shows too much.
    """
    return Q(is_current=True, in_use=True, publicity=Publicity.PUBLIC) & (
        Q(publish_until__isnull=True) | Q(publish_until__gt=on)
    )


def in_term(on: date) -> Q:
    """The records whose publicity has not ended on a day, or never began: those others may use.

    Source: 信用修复管理办法; docs/decisions (records whose publicity ended).
    """
    return Q(is_current=True, in_use=True) & (
        ~Q(publicity=Publicity.ENDED)
        & (Q(publish_until__isnull=True) | Q(publish_until__gt=on) | ~Q(publicity="public"))
    )


def reportable(on: date) -> Q:
    """What stands in a report on a day: of what is adverse only what the public may see too."""
    return Q(is_adverse=False, is_current=True, in_use=True) | published(on)


class ArchiveView(Record):
    """Someone looked into an archive: who, for what, when. The subject sees it.

    Data class: personal. Kept: 3 years (个人信息保护法 56).
    """

    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="+")
    viewed_at = models.DateTimeField()
    viewer_kind = models.CharField(max_length=10)
    viewer_name = models.CharField(max_length=100)
    viewer_id = models.UUIDField(null=True)
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    agency_name = models.CharField(max_length=200, blank=True, default="")
    purpose = models.CharField(max_length=200)
    reference = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(purpose=""), name="credit_view_has_a_purpose")
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "viewed_at", "id"], name="credit_view_by_subject")
        ]

    def __str__(self) -> str:
        return f"{self.viewer_name} {self.viewed_at:%Y-%m-%d}"
