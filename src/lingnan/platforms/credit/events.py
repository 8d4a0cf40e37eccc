"""What credit announces."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStored(Event):
    """A record came into an archive; `supersedes_id` names the version it corrects."""

    name: ClassVar[str] = "credit.record_stored"
    record_id: UUID
    series: UUID
    subject_id: UUID
    kind: str
    is_adverse: bool
    agency_id: UUID
    fact_on: date
    is_late: bool
    supersedes_id: UUID | None
    stored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityEnded(Event):
    """A record is no longer shown: `expired`, `repaired` or `withdrawn`."""

    name: ClassVar[str] = "credit.publicity_ended"
    record_id: UUID
    subject_id: UUID
    reason: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectListed(Event):
    """A decision put a subject on a roster; its measures are pushed."""

    name: ClassVar[str] = "credit.subject_listed"
    entry_id: UUID
    roster: str
    nature: str
    subject_id: UUID
    agency_id: UUID
    until: date
    listed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRemoved(Event):
    """An entry ended (`expired`, `repaired` or `revoked`) and its measures are lifted."""

    name: ClassVar[str] = "credit.subject_removed"
    entry_id: UUID
    roster: str
    subject_id: UUID
    reason: str
    removed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperWritten(Event):
    """A paper of a roster's procedure is to be made."""

    name: ClassVar[str] = "credit.paper_written"
    paper_id: UUID
    entry_id: UUID
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionOpened(Event):
    name: ClassVar[str] = "credit.objection_opened"
    objection_id: UUID
    subject_id: UUID
    record_id: UUID | None
    entry_id: UUID | None
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionSettled(Event):
    name: ClassVar[str] = "credit.objection_settled"
    objection_id: UUID
    subject_id: UUID
    state: str
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSettled(Event):
    name: ClassVar[str] = "credit.repair_settled"
    repair_id: UUID
    subject_id: UUID
    record_id: UUID | None
    entry_id: UUID | None
    state: str
    settled_at: datetime
