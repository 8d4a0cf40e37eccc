"""Shapes of workflow's API."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from .models import WorkTask
from .timeline import outcome_label
from .types import NO_DUE


class TaskOut(Schema):
    """A task as the inbox shows it."""

    id: UUID
    instance_id: UUID
    kind: str
    step_id: str
    step_name: dict[str, str]
    role: str
    agency_id: UUID
    agency_name: str
    region_path: str
    state: str
    assignee_id: UUID | None
    assignee_name: str
    due_on: date | None
    light: str
    process_key: str
    subject_kind: str
    subject_id: UUID
    subject_number: str
    subject_title: str
    outcomes: list[str]
    outcome_labels: dict[str, str] = Field(description="Outcome -> word in the asker's language")
    form: str
    allows_batch: bool
    question: str
    round: int
    opened_at: datetime
    done_at: datetime | None
    outcome: str

    @staticmethod
    def resolve_agency_name(task: WorkTask) -> str:
        return task.agency.name

    @staticmethod
    def resolve_assignee_name(task: WorkTask) -> str:
        return task.assignee.name if task.assignee else ""

    @staticmethod
    def resolve_due_on(task: WorkTask) -> date | None:
        return None if task.due_on == NO_DUE else task.due_on

    @staticmethod
    def resolve_outcome_labels(task: WorkTask) -> dict[str, str]:
        return {outcome: outcome_label(outcome) for outcome in task.outcomes}


class StepOut(Schema):
    """Where an instance stands after an act."""

    instance_id: UUID
    state: str
    outcome: str
    open_task_ids: list[UUID]


class CompleteIn(Schema):
    outcome: str = Field(min_length=1, max_length=60, examples=["pass"])
    opinion: str = Field("", max_length=4000)
    form: dict[str, Any] | None = None


class BatchIn(Schema):
    task_ids: list[UUID] = Field(min_length=1, max_length=100)
    outcome: str = Field(min_length=1, max_length=60)
    opinion: str = Field("", max_length=4000)


class BatchOut(Schema):
    done: list[UUID]
    refused: dict[str, str] = Field(description="Task id -> code of the refusal")


class ReturnIn(Schema):
    reason: str = Field(min_length=1, max_length=4000)
    to_step: str = Field("", max_length=80, description="Empty: the step done last")


class TransferIn(Schema):
    to_officer_id: UUID
    reason: str = Field("", max_length=1000)


class ConsultIn(Schema):
    officer_id: UUID
    question: str = Field(min_length=1, max_length=2000)


class UrgeIn(Schema):
    note: str = Field("", max_length=1000)


class CreatedOut(Schema):
    id: UUID


class DelegationIn(Schema):
    to_officer_id: UUID
    from_on: date
    until_on: date = Field(description="Exclusive")
    reason: str = Field("", max_length=200)
    absent_officer_id: UUID | None = Field(None, description="Only by who assigns work")


class DelegationOut(Schema):
    id: UUID
    absent_id: UUID
    delegate_id: UUID
    from_on: date
    until_on: date
    reason: str


class CountsOut(Schema):
    mine: int
    pool: int
    delegated: int
    red: int
    yellow: int


class ClockOut(Schema):
    statutory_due_on: date | None
    promised_due_on: date | None
    is_provisional: bool
    light: str
    is_running: bool
    stopped_since: date | None
    stopped_until: date | None
    stopped_reason: str
    workdays_used: int
    workdays_left: int | None


class CurrentStepOut(Schema):
    step_id: str
    name: dict[str, str]
    kind: str
    task_id: UUID | None
    role: str
    agency_name: str
    assignee_name: str
    since: datetime | None
    due_on: date | None


class TimelineOut(Schema):
    at: datetime
    code: str
    text: str
    detail: str
    actor_name: str
    agency_name: str


class InstanceOut(Schema):
    """A process instance with its clocks, where it stands, and what happened."""

    id: UUID
    process_key: str
    version: int
    subject_kind: str
    subject_id: UUID
    subject_number: str
    subject_title: str
    state: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None
    clock: ClockOut
    current: list[CurrentStepOut]
    timeline: list[TimelineOut]


class SuspendIn(Schema):
    reason_code: str = Field(max_length=40, examples=["inspection"])
    days: int = Field(ge=1, le=365, description="What the applicant is told in writing")
    unit: Literal["workdays", "days"] = "workdays"
    note: str = Field("", max_length=1000)


class NoteIn(Schema):
    note: str = Field("", max_length=1000)


class ExtensionIn(Schema):
    workdays: int = Field(ge=1, le=15)
    reason: str = Field(min_length=1, max_length=2000)
    joint: bool = False


class AnswerIn(Schema):
    approve: bool
    answer: str = Field("", max_length=2000)


class CancelIn(Schema):
    reason: str = Field(min_length=1, max_length=1000)


class DefinitionOut(Schema):
    id: UUID
    key: str
    number: int
    name: dict[str, str]
    published_by: str
    published_at: datetime


class ProcessDetailOut(DefinitionOut):
    steps: list[dict[str, Any]]
    source: str = Field(description="BPMN 2.0 XML with diagram")


class DecisionDetailOut(DefinitionOut):
    effective_from: date
    source: str = Field(description="DMN XML")


class PublishIn(Schema):
    key: str = Field(min_length=1, max_length=80, pattern=r"^[a-z][a-z0-9_.]*$")
    source: str = Field(min_length=1, max_length=1_000_000, description="BPMN or DMN XML")
    effective_from: date | None = Field(None, description="Decision tables only")


class CheckIn(Schema):
    source: str = Field(min_length=1, max_length=1_000_000)


class ProblemOut(Schema):
    element: str
    code: str
    message: str


class EvaluateIn(Schema):
    facts: dict[str, Any]
    on: date | None = Field(None, description="Day of the facts; today if left out")


class DecisionResultOut(Schema):
    key: str
    version: int
    value: Any
    rules: list[int]


class ReasonOut(Schema):
    code: str
    title: str
    source: str
