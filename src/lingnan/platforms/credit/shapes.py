"""Shapes of rosters, measures and appeals in the API."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.text import localise

from . import queries
from .models import RosterEntry


class MeasureKindOut(Schema):
    """A measure of the catalogue."""

    code: str
    nature: str
    title: str
    legal_basis: str
    catalogue: str
    applies_to: str
    executor_kinds: list[str]

    @staticmethod
    def resolve_title(row: Any) -> str:
        return localise(row.title)

    @staticmethod
    def resolve_applies_to(row: Any) -> str:
        return localise(row.applies_to)


class RosterOut(Schema):
    """A roster the law provides for."""

    code: str
    nature: str
    title: str
    conduct: str
    legal_basis: str
    agency_kind: str
    term_months: int
    repair_after_months: int | None
    exit_conditions: str
    remedy: str
    measures: list[MeasureKindOut]

    @staticmethod
    def resolve_title(row: Any) -> str:
        return localise(row.title)

    @staticmethod
    def resolve_conduct(row: Any) -> str:
        return localise(row.conduct)

    @staticmethod
    def resolve_measures(row: Any) -> Any:
        return row.measures.all()


class ListedOut(Schema):
    """Who stands on a roster, as the public sees it."""

    subject_id: UUID
    name: str
    uscc: str
    decision_number: str
    agency_name: str
    decided_at: datetime
    until: date = Field(description="First day not on the roster any more")
    under_objection: bool

    @staticmethod
    def of(row: RosterEntry) -> "ListedOut":
        assert row.decided_at is not None and row.until is not None
        return ListedOut(
            subject_id=row.subject_id,
            name=queries.masked_name(row.subject),
            uscc=row.subject.uscc,
            decision_number=row.decision_number,
            agency_name=row.agency_name,
            decided_at=row.decided_at,
            until=row.until,
            under_objection=row.under_objection,
        )


class OwnEntryOut(Schema):
    """An entry as its subject sees it."""

    id: UUID
    number: str
    roster: str
    state: str
    agency_name: str
    facts: str
    notified_at: datetime | None
    statement_due_on: date | None
    statement: str
    decision_number: str
    until: date | None
    repair_from: date | None
    under_objection: bool

    @staticmethod
    def resolve_roster(row: Any) -> str:
        return str(row.kind.code)


class EntryOut(OwnEntryOut):
    """An entry at work."""

    subject_id: UUID
    opened_at: datetime
    opened_by: str
    decided_by: str
    end_reason: str
    instance_id: UUID | None


class LeadIn(Schema):
    subject_id: UUID
    roster: str = Field(max_length=40)
    facts: str = Field(min_length=1, max_length=4000)
    evidence_ids: list[UUID] = Field(min_length=1, max_length=50)


class MeasureOut(Schema):
    """A measure one's agency carries out."""

    id: UUID
    kind: str
    nature: str
    title: str
    legal_basis: str
    state: str
    subject_kind: str
    subject_name: str
    uscc: str
    decision_number: str
    pushed_at: datetime
    changed_at: datetime
    until: date
    lifted_at: datetime | None
    feedback_count: int

    @staticmethod
    def resolve_kind(row: Any) -> str:
        return str(row.kind.code)

    @staticmethod
    def resolve_nature(row: Any) -> str:
        return str(row.kind.nature)

    @staticmethod
    def resolve_title(row: Any) -> str:
        return localise(row.kind.title)

    @staticmethod
    def resolve_legal_basis(row: Any) -> str:
        return str(row.kind.legal_basis)

    @staticmethod
    def resolve_subject_kind(row: Any) -> str:
        return str(row.subject.kind)

    @staticmethod
    def resolve_subject_name(row: Any) -> str:
        return str(row.subject.name)

    @staticmethod
    def resolve_uscc(row: Any) -> str:
        return str(row.subject.uscc)

    @staticmethod
    def resolve_decision_number(row: Any) -> str:
        return str(row.entry.decision_number)


class FeedbackIn(Schema):
    action: Literal["applied", "no_case", "not_possible"]
    reference: str = Field("", max_length=100)
    note: str = Field("", max_length=500)


class AppealOut(Schema):
    """What objections and repairs share."""

    id: UUID
    number: str
    state: str
    record_id: UUID | None
    entry_id: UUID | None
    agency_name: str
    text: str
    opened_at: datetime
    settled_at: datetime | None
    reply: str


class ObjectionOut(AppealOut):
    """An objection."""

    ground: str
    result_record_id: UUID | None


class RepairOut(AppealOut):
    """An application for repair."""

    grade: str
    repair_from: date


class RepairPromiseOut(Schema):
    """What whoever applies for repair commits himself to."""

    title: str
    text: str
    version: str


class ComplaintOut(Schema):
    """A complaint as whoever made it reads it."""

    id: UUID
    number: str
    about: Literal["handling", "conduct"]
    subject_id: UUID
    subject_name: str
    objection_id: UUID | None
    repair_id: UUID | None
    state: str
    agency_name: str
    text: str
    opened_at: datetime
    settled_at: datetime | None
    reply: str

    @staticmethod
    def resolve_subject_name(row: Any) -> str:
        return str(row.subject.name)


class OfficeComplaintOut(ComplaintOut):
    """A complaint as the credit office reads it: with whoever complains."""

    principal_kind: Literal["person", "organisation"]
    principal_name: str
    opened_by: str
    instance_id: UUID | None
