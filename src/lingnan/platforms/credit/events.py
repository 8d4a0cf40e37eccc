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
