"""Rosters, the entries decided for them, their papers, and joint measures."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from lingnan.kernel.models import Record

from ..types import EntryState, MeasureState, Nature
from .records import CreditRecord, CreditSubject


class Counter(models.Model):
    """The last number given under a name; locked while the next is taken.

    Data class: internal. Kept: for good, so that no number is given twice.
    """

    name = models.CharField(max_length=120, primary_key=True)
    last = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.last}"


class MeasureKind(Record):
    """A measure of the national catalogue: basis, whom it is for, who carries it out.

    Data class: public. Kept: for good; entries name it.
    """

    code = models.CharField(max_length=40, unique=True)
    nature = models.CharField(max_length=10, choices=Nature.choices)
    title = models.JSONField()
    legal_basis = models.TextField()
    catalogue = models.CharField(max_length=200)
    applies_to = models.JSONField()
    executor_kinds = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(legal_basis="") & ~Q(catalogue=""),
                name="credit_measure_kind_has_a_basis",
            )
        ]

    def __str__(self) -> str:
        return self.code


class RosterKind(Record):
    """A roster the law provides for: conduct, term, exit, remedy, and the measures it brings.

    Data class: public. Kept: for good; entries name it.
    """

    code = models.CharField(max_length=40, unique=True)
    nature = models.CharField(max_length=10, choices=Nature.choices)
    title = models.JSONField()
    conduct = models.JSONField()
    legal_basis = models.TextField()
    agency_kind = models.CharField(max_length=40)
    term_months = models.PositiveSmallIntegerField()
    repair_after_months = models.PositiveSmallIntegerField(null=True)
    exit_conditions = models.TextField()
    remedy = models.TextField()
    measures = models.ManyToManyField(MeasureKind, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(legal_basis=""), name="credit_roster_kind_has_a_legal_basis"
            ),
            models.CheckConstraint(
                condition=Q(term_months__gt=0), name="credit_roster_kind_has_a_term"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class RosterEntry(Record):
    """One subject on its way onto one roster, on it, or off it again. Moves only by procedure.

    `until` is the first day it no longer stands there. Data class: personal. Kept: 5 years after
    it ended (our default), as the file of an administrative decision.
    """

    number = models.CharField(max_length=40, unique=True)
    kind = models.ForeignKey(RosterKind, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="entries")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=EntryState.choices, default=EntryState.LEAD)
    facts = models.TextField()
    evidence = models.ManyToManyField(CreditRecord, related_name="+")
    instance_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=100)
    notified_at = models.DateTimeField(null=True)
    statement_due_on = models.DateField(null=True)
    statement = models.TextField(blank=True, default="")
    stated_at = models.DateTimeField(null=True)
    decision_number = models.CharField(max_length=80, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True, default="")
    repair_from = models.DateField(null=True)
    until = models.DateField(null=True)
    under_objection = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "kind"],
                condition=Q(state__in=["lead", "notified", "listed"]),
                name="credit_entry_one_live_per_roster",
            ),
            # Without notice and a time to answer no decision may be made (行政处罚法 62).
            models.CheckConstraint(
                condition=~Q(state__in=["listed", "removed"])
                | (
                    Q(notified_at__isnull=False, decided_at__isnull=False, until__isnull=False)
                    & ~Q(decision_number="")
                ),
                name="credit_entry_listed_by_procedure",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["dropped", "declined", "removed"], ended_at__isnull=False)
                | Q(state__in=["lead", "notified", "listed"], ended_at__isnull=True),
                name="credit_entry_ended_has_its_instant",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["kind", "decided_at", "id"],
                name="credit_entry_listed",
                condition=Q(state="listed"),
            ),
            models.Index(fields=["agency", "opened_at", "id"], name="credit_entry_by_agency"),
            models.Index(fields=["subject", "state"], name="credit_entry_by_subject"),
        ]

    def __str__(self) -> str:
        return self.number

    def stands(self, on: date) -> bool:
        """Whether the subject is on the roster on a day."""
        return self.state == EntryState.LISTED and self.until is not None and on < self.until


def listed(on: date) -> Q:
    """The entries that stand on a day; the date is part of the question."""
    return Q(state=EntryState.LISTED, until__gt=on)


class RosterPaper(Record):
    """A written act about an entry: the notice before, the decision, the removal. Numbered and
    dated with the act; a job makes its files.

    Data class: personal. Kept: as long as the entry.
    """

    class Kind(models.TextChoices):
        NOTICE = "notice"
        DECISION = "decision"
        REMOVAL = "removal"

    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=8, choices=Kind)
    number = models.CharField(max_length=80, unique=True)
    dated_at = models.DateTimeField()
    facts = models.JSONField()
    pdf_file_id = models.UUIDField(null=True)
    ofd_file_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "kind"], name="credit_paper_once_per_act")
        ]

    def __str__(self) -> str:
        return self.number


class JointMeasure(Record):
    """One measure one agency has to carry out because of one entry, as long as the entry stands.

    Data class: personal. Kept: as long as the entry.
    """

    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="measures")
    kind = models.ForeignKey(MeasureKind, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(CreditSubject, on_delete=models.PROTECT, related_name="measures")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    agency_name = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    state = models.CharField(
        max_length=8, choices=MeasureState.choices, default=MeasureState.IN_FORCE
    )
    pushed_at = models.DateTimeField()
    until = models.DateField()
    lifted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    feedback_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entry", "kind", "agency"], name="credit_measure_pushed_once"
            ),
            models.CheckConstraint(
                condition=Q(state="in_force", lifted_at__isnull=True)
                | Q(state="lifted", lifted_at__isnull=False),
                name="credit_measure_lifted_has_its_instant",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(changed_at__gte=F("pushed_at")),
                name="credit_measure_changes_after_push",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agency", "changed_at", "id"], name="credit_measure_feed"),
            models.Index(fields=["subject", "state"], name="credit_measure_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.state}"


def in_force(on: date) -> Q:
    """The measures that hold on a day."""
    return Q(state=MeasureState.IN_FORCE, until__gt=on)


class MeasureFeedback(Record):
    """What an agency did because of a measure, once for each time.

    Data class: personal. Kept: as long as the measure.
    """

    class Action(models.TextChoices):
        APPLIED = "applied"
        NO_CASE = "no_case"
        NOT_POSSIBLE = "not_possible"

    measure = models.ForeignKey(JointMeasure, on_delete=models.PROTECT, related_name="feedback")
    action = models.CharField(max_length=12, choices=Action)
    reference = models.CharField(max_length=100, blank=True, default="")
    note = models.CharField(max_length=500, blank=True, default="")
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"{self.action} {self.given_at:%Y-%m-%d}"
