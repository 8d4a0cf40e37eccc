"""Consents, reports, evaluations and warnings."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from ..types import WarningState
from .records import CreditRecord, CreditSubject


class Consent(Record):
    """A natural person allows one agency to see a report on him, for one purpose and a time.

    Data class: personal. Kept: 3 years after it ended (个人信息保护法 56).
    """

    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=200)
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=100)
    until = models.DateField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(purpose=""), name="credit_consent_has_a_purpose")
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "agency", "until"], name="credit_consent_live")
        ]

    def __str__(self) -> str:
        return f"{self.agency_name} {self.until}"


class CreditReport(Record):
    """One credit report as it was made: its content is frozen, its number and code prove it.

    A report on a natural person has been asked for by himself, or rests on a consent.
    Data class: personal. Kept: 2 years, so that it can be checked.
    """

    number = models.CharField(max_length=40, unique=True)
    verify_code = models.CharField(max_length=12)
    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="+")
    is_own = models.BooleanField()
    is_person = models.BooleanField()
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+", null=True)
    agency = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    issuer = models.ForeignKey(
        "agencies.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    issuer_name = models.CharField(max_length=200, blank=True, default="")
    is_sealed = models.BooleanField(default=False)
    asked_by = models.CharField(max_length=100)
    purpose = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    data_as_of = models.DateTimeField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    pdf_file_id = models.UUIDField(null=True)
    ofd_file_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_person=False) | Q(is_own=True) | Q(consent__isnull=False),
                name="credit_report_on_person_has_consent",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "made_at", "id"], name="credit_report_of")
        ]

    def __str__(self) -> str:
        return self.number


class Scorecard(Record):
    """One version of a scorecard: a base and indicators, each with its points and its cap.

    Data class: public. Kept: for good; evaluations are explained by it.
    """

    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    title = models.JSONField()
    effective_from = models.DateField()
    base_points = models.IntegerField()
    indicators = models.JSONField()
    grades = models.JSONField()
    source = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="credit_scorecard_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class Evaluation(Record):
    """How one subject scores on a day by one scorecard. Its lines add up to its points.

    Data class: internal. Kept: 3 years.
    """

    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="+")
    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="+")
    evaluated_on = models.DateField()
    evaluated_at = models.DateTimeField()
    base_points = models.IntegerField()
    line_points = models.IntegerField()
    points = models.IntegerField()
    grade = models.CharField(max_length=4)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(points=F("base_points") + F("line_points")),
                name="credit_evaluation_adds_up",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "evaluated_at", "id"], name="credit_evaluation_of")
        ]

    def __str__(self) -> str:
        return f"{self.grade} {self.points}"


class EvaluationLine(Record):
    """One indicator's points in an evaluation, with the records they come from.

    Data class: internal. Kept: as long as the evaluation.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="lines")
    indicator = models.CharField(max_length=40)
    title = models.JSONField()
    count = models.PositiveIntegerField()
    points = models.IntegerField()
    evidence = models.ManyToManyField(CreditRecord, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["evaluation", "indicator"], name="credit_line_once_per_indicator"
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.points}"


class Alert(Record):
    """A rule of monitoring found something that a person should look at. It lists nobody.

    Data class: internal. Kept: 2 years.
    """

    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(CreditRecord, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=40)
    facts = models.JSONField()
    region_path = models.CharField(max_length=120)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=WarningState.choices, default=WarningState.OPEN)
    raised_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    handled_by = models.CharField(max_length=100, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record", "rule"], name="credit_alert_once"),
            models.CheckConstraint(
                condition=Q(state="open", handled_at__isnull=True)
                | (Q(state="handled", handled_at__isnull=False) & ~Q(note="")),
                name="credit_alert_handled_says_how",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "raised_at", "id"], name="credit_alert_by_agency")
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.raised_at:%Y-%m-%d}"
