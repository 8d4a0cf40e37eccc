"""Values of credit that cross its wall, its permissions, and the words of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions

REPORT = permissions.declare("credit.report", _("Report credit information of one's agency"))
READ = permissions.declare("credit.read", _("Read credit archives at work"))
EXPORT = permissions.declare("credit.export", _("Export records in the national columns"))
MANAGE = permissions.declare("credit.manage", _("Maintain sources, rules and scorecards"))
LIST = permissions.declare("credit.list", _("Prepare entries of rosters"))
DECIDE = permissions.declare("credit.decide", _("Decide on entries of rosters"))
STEWARD = permissions.declare(
    "credit.steward",
    _("Propose and publish rules, scorecards and catalogues of credit"),
    for_all=True,
)
FIGURES = permissions.declare("credit.figures", _("Read the figures of credit"))
APPLY = permissions.declare("credit.apply_measures", _("Carry out joint measures"))


class SubjectKind(models.TextChoices):
    """Who has an archive. The labels are the national words for XDR_LB."""

    ORGANISATION = "organisation", _("Legal person or other organisation")
    BUSINESS = "business", _("Individual business")
    PERSON = "person", _("Natural person")


class Section(models.TextChoices):
    """The sections of an archive and of a report. Source: standards 6.3."""

    REGISTRATION = "registration", _("Registration")
    ADMINISTRATION = "administration", _("Administrative management")
    HONESTY = "honesty", _("Honesty and trustworthiness")
    SERIOUS = "serious", _("Serious dishonesty")
    ABNORMAL = "abnormal", _("Abnormal operation")
    COMMITMENT = "commitment", _("Commitments")
    EVALUATION = "evaluation", _("Evaluation")
    JUDICIAL = "judicial", _("Judicial decisions")
    OTHER = "other", _("Other information")


class RecordKind(models.TextChoices):
    """What a record says. Licences and penalties are the two disclosed under the double rule."""

    LICENCE = "licence", _("Administrative licence")
    PENALTY = "penalty", _("Administrative penalty")
    REGISTRATION = "registration", _("Registration entry")
    INSPECTION = "inspection", _("Inspection result")
    ABNORMAL = "abnormal", _("Entry in the list of abnormal operation")
    JUDGMENT = "judgment", _("Enforcement by a court")
    HONOUR = "honour", _("Honour")
    BREACH = "breach", _("Commitment not kept")
    OTHER = "other", _("Other record")


ADVERSE_KINDS = frozenset(
    {RecordKind.PENALTY, RecordKind.ABNORMAL, RecordKind.JUDGMENT, RecordKind.BREACH}
)


class Grade(models.TextChoices):
    """How grave dishonest conduct is. Source: 信用修复管理办法（2026年4月1日起施行）."""

    MINOR = "minor", _("Minor")
    GENERAL = "general", _("General")
    SERIOUS = "serious", _("Serious")


class Publicity(models.TextChoices):
    """Whether a record may be shown to the public. Only `public` within its term is."""

    PUBLIC = "public", _("Public")
    WITHHELD = "withheld", _("Not published by the rule")
    ENDED = "ended", _("Term of publicity over")
    STOPPED = "stopped", _("Publicity stopped")


class Cycle(models.TextChoices):
    """How often a source brings its catalogue up to date."""

    REALTIME = "realtime", _("At once")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")
    QUARTERLY = "quarterly", _("Quarterly")
    YEARLY = "yearly", _("Yearly")
    IRREGULAR = "irregular", _("As it happens")


CYCLE_DAYS: Mapping[str, int] = {
    Cycle.REALTIME: 1,
    Cycle.DAILY: 2,
    Cycle.WEEKLY: 8,
    Cycle.MONTHLY: 32,
    Cycle.QUARTERLY: 93,
    Cycle.YEARLY: 367,
}


class Nature(models.TextChoices):
    """Whether a roster or a measure holds someone to account or rewards him."""

    PUNISHMENT = "punishment", _("Restraint")
    INCENTIVE = "incentive", _("Incentive")


class EntryState(models.TextChoices):
    """Where an entry stands. Dropped, declined and removed are final."""

    LEAD = "lead", _("Lead being looked at")
    NOTIFIED = "notified", _("Subject told, may answer")
    LISTED = "listed", _("On the roster")
    DROPPED = "dropped", _("Not gone on with")
    DECLINED = "declined", _("Decided not to list")
    REMOVED = "removed", _("Removed")


class MeasureState(models.TextChoices):
    IN_FORCE = "in_force", _("In force")
    LIFTED = "lifted", _("Lifted")


class AppealState(models.TextChoices):
    """Where an objection or a repair stands."""

    OPEN = "open", _("Being handled")
    GRANTED = "granted", _("Granted")
    DENIED = "denied", _("Denied")
    REFUSED = "refused", _("Not accepted")
    WITHDRAWN = "withdrawn", _("Taken back")


COMPLAINT_STATES: Mapping[str, object] = {
    **dict(AppealState.choices),
    AppealState.GRANTED: _("Found true"),
    AppealState.DENIED: _("Not found true"),
}
"""A complaint is granted nothing: what it says is found true or not."""


class Ground(models.TextChoices):
    """Why someone objects."""

    WRONG = "wrong", _("What it says is wrong or incomplete")
    NOT_ME = "not_me", _("It is not about me")
    OVER_TERM = "over_term", _("It is shown longer than the rule allows")
    REVOKED = "revoked", _("The decision was revoked or changed")
    PRIVATE = "private", _("It must not be collected or published")


class ComplaintAbout(models.TextChoices):
    """What a complaint is about."""

    HANDLING = "handling", _("How an objection or a repair was handled")
    CONDUCT = "conduct", _("What a firm did")


class CommitmentState(models.TextChoices):
    """Where a commitment stands."""

    OPEN = "open", _("To be checked")
    KEPT = "kept", _("Kept")
    DOUBTED = "doubted", _("Check found a breach, may answer")
    BREACHED = "breached", _("Not kept")
    VOID = "void", _("No longer needed")


class RuleKind(models.TextChoices):
    """What a credit steward looks after."""

    RULE = "rule", _("Rules and periods")
    SCORECARD = "scorecard", _("Scorecard")
    MEASURE = "measure", _("Joint measure")
    ROSTER = "roster", _("Roster")


class ProposalState(models.TextChoices):
    """Where a proposed version stands."""

    PROPOSED = "proposed", _("Proposed")
    PUBLISHED = "published", _("Published")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Taken back")


class WarningState(models.TextChoices):
    OPEN = "open", _("To be looked at")
    HANDLED = "handled", _("Looked at")


COMMITMENT_SUBJECT = "credit.commitment"
ROSTER_SUBJECT = "credit.roster"
OBJECTION_SUBJECT = "credit.objection"
REPAIR_SUBJECT = "credit.repair"
COMPLAINT_SUBJECT = "credit.complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparty:
    """Whom a decision is about, as the national columns name him.

    Either `uscc` or the pair of document type (internal code) and number.
    """

    kind: str
    name: str
    uscc: str = ""
    document_type: str = ""
    document_number: str = ""
    legal_representative: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One record as it comes in, whichever way. Amounts in fen; `valid_until` is the last day."""

    kind: str
    party: Counterparty
    number: str
    title: str
    fact_on: date
    data: Mapping[str, str]
    categories: tuple[str, ...] = ()
    fine_fen: int | None = None
    confiscated_fen: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    is_long_term: bool = False
    declared_end: date | None = None
    is_summary: bool = False
    personal: Mapping[str, str] | None = None
    agency_uscc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row of a batch: `stored`, `unchanged`, `corrected` or `refused`."""

    row: int
    number: str
    outcome: str
    record_id: UUID | None = None
    problems: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of a rule set, as in force on a day."""

    code: str
    version: str
    title: str
    source: str
    effective_from: date
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityPlan:
    """What a rule says of one fact. `until` is the first day it is not shown any more.

    `repair_from`: the first day its repair may be applied for; None where it never may.
    """

    state: str
    grade: str
    until: date | None
    repair_from: date | None
    rule_code: str
    rule_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectCard:
    """What other modules may hold of a subject."""

    id: UUID
    kind: str
    name: str
    uscc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureInForce:
    """A joint measure that holds for a subject now."""

    id: UUID
    code: str
    nature: str
    title: str
    legal_basis: str
    source: str
    executor_name: str
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPromise:
    """What whoever applies for repair commits himself to; `version` changes with the words."""

    title: str
    text: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCommitment:
    """A commitment that is still to be checked."""

    id: UUID
    title: str
    made_at: datetime
    check_due_on: date
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a subject stands on a day: what applies to him, each with its law and source.

    `subject_id` is None where nothing is known of him: that is good standing too.
    """

    subject_id: UUID | None
    name: str
    on: date
    rosters: tuple[str, ...] = ()
    measures: tuple[MeasureInForce, ...] = ()
    commitments: tuple[OpenCommitment, ...] = ()
    adverse_records: int = 0
    under_objection: int = 0

    @property
    def restrictions(self) -> tuple[MeasureInForce, ...]:
        return tuple(item for item in self.measures if item.nature == "punishment")

    @property
    def incentives(self) -> tuple[MeasureInForce, ...]:
        return tuple(item for item in self.measures if item.nature == "incentive")

    @property
    def is_clear(self) -> bool:
        return not (self.restrictions or self.rosters or self.adverse_records or self.commitments)
