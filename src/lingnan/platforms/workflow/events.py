"""What workflow announces."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOpened(Event):
    name: ClassVar[str] = "workflow.task_opened"
    task_id: UUID
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    step_id: str
    role: str
    agency_id: UUID
    due_on: date | None
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted(Event):
    name: ClassVar[str] = "workflow.task_completed"
    task_id: UUID
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    step_id: str
    outcome: str
    agency_id: UUID
    officer_id: UUID | None
    opened_at: datetime
    done_at: datetime
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUrged(Event):
    name: ClassVar[str] = "workflow.task_urged"
    task_id: UUID
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    step_id: str
    agency_id: UUID
    assignee_id: UUID | None
    urged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEnded(Event):
    name: ClassVar[str] = "workflow.process_ended"
    instance_id: UUID
    process_key: str
    subject_kind: str
    subject_id: UUID
    state: str
    outcome: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStarted(Event):
    name: ClassVar[str] = "workflow.clock_started"
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    started_on: date
    statutory_due_on: date | None
    promised_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStopped(Event):
    name: ClassVar[str] = "workflow.clock_stopped"
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    reason: str
    stopped_on: date
    stopped_until: date
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockResumed(Event):
    name: ClassVar[str] = "workflow.clock_resumed"
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    resumed_on: date
    statutory_due_on: date | None
    promised_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockExtended(Event):
    name: ClassVar[str] = "workflow.clock_extended"
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    workdays: int
    reason: str
    statutory_due_on: date | None
    promised_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMoved(Event):
    """The calendar of a year was published or amended, and a provisional date changed with it."""

    name: ClassVar[str] = "workflow.deadline_moved"
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    statutory_due_on: date | None
    promised_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LightChanged(Event):
    """Escalation: yellow and red reach whoever leads the agency."""

    name: ClassVar[str] = "workflow.light_changed"
    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    agency_id: UUID
    light_before: str
    light: str
    promised_due_on: date | None
