"""Values of workflow that cross its wall."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions
from lingnan.kernel.actors import Actor
from lingnan.kernel.text import LocalisedText

WORK_TASKS = permissions.declare("workflow.work_tasks", _("Work on tasks of one's roles"))
ASSIGN_TASKS = permissions.declare(
    "workflow.assign_tasks", _("Transfer and urge tasks of the agency")
)
APPROVE_EXTENSIONS = permissions.declare(
    "workflow.approve_extensions", _("Approve an extension of a deadline")
)
STOP_CLOCKS = permissions.declare(
    "workflow.stop_clocks", _("Stop and restart the clock for a special procedure")
)
PUBLISH_DEFINITIONS = permissions.declare(
    "workflow.publish_definitions", _("Publish processes and decision tables")
)
READ_PROCESSES = permissions.declare("workflow.read_processes", _("See how processes run"))

NO_DUE = date(9999, 12, 31)


class InstanceState(models.TextChoices):
    RUNNING = "running", _("running")
    ENDED = "ended", _("ended")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CANCELLED = "cancelled", _("cancelled")


class TaskState(models.TextChoices):
    OPEN = "open", _("waiting for someone")
    CLAIMED = "claimed", _("being worked on")
    DONE = "done", _("done")
    RETURNED = "returned", _("sent back")
    CANCELLED = "cancelled", _("no longer needed")


class TaskKind(models.TextChoices):
    STEP = "step", _("step")
    VOTE = "vote", _("countersign")
    CONSULT = "consult", _("consultation")


class Light(models.TextChoices):
    """How near the deadline is. `stopped` while the law lets the clock stand still."""

    NONE = "none", _("no deadline")
    GREEN = "green", _("in time")
    YELLOW = "yellow", _("due soon")
    RED = "red", _("overdue")
    STOPPED = "stopped", _("clock stopped")


class ClockEventKind(models.TextChoices):
    STARTED = "started"
    STOPPED = "stopped"
    RESUMED = "resumed"
    EXTENDED = "extended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a process is about; the application that owns it gives the words the inbox shows."""

    kind: str
    id: UUID
    number: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPlan:
    """The two periods, in working days, and the day from which they are counted.

    `starts_at` may lie in the past (deemed acceptance counts from the receipt of the materials).
    """

    promised: int
    statutory: int | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Where the two clocks of an instance stand."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """Where an instance stands after an act."""

    instance_id: UUID
    state: str
    outcome: str
    open_task_ids: tuple[UUID, ...]
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall:
    """What a registered action receives; it runs in the transaction of the step."""

    instance_id: UUID
    subject_kind: str
    subject_id: UUID
    variables: Mapping[str, Any]
    actor: Actor
    at: datetime
    step_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionProblem:
    """One thing wrong in a definition: where, what, in words."""

    element: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentStep:
    """One place where an instance stands: a task of someone, or something waited for."""

    step_id: str
    name: LocalisedText
    kind: Literal["task", "message", "timer"]
    task_id: UUID | None = None
    role: str = ""
    agency_id: UUID | None = None
    agency_name: str = ""
    assignee_name: str = ""
    since: datetime | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """One entry of a timeline in words of the reader's language."""

    at: datetime
    code: str
    text: str
    detail: str = ""
    actor_name: str = ""
    agency_name: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilters:
    """What the inbox narrows by. `scope`: mine, pool, delegated, done."""

    scope: Literal["mine", "pool", "delegated", "done", "all"] = "all"
    light: str = ""
    process_key: str = ""
    subject_kind: str = ""
    region_path: str = ""
    number: str = ""
    step_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What became of each task of a batch: task id -> "done" or the code of the refusal."""

    done: tuple[UUID, ...]
    refused: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class SuspensionReason:
    """A special procedure whose time the law does not count."""

    code: str
    title: object
    source: str


SUSPENSION_REASONS: Mapping[str, SuspensionReason] = {
    code: SuspensionReason(code, title, "行政许可法 45")
    for code, title in {
        "hearing": _("hearing"),
        "tender": _("tender"),
        "auction": _("auction"),
        "inspection": _("inspection"),
        "testing": _("testing"),
        "quarantine": _("quarantine"),
        "appraisal": _("appraisal"),
        "expert_review": _("expert review"),
    }.items()
}
"""What stops the clock, and nothing else does. Source: 行政许可法 art. 45."""

EXTENSION_WORKDAYS_MAX = 10
JOINT_EXTENSION_WORKDAYS_MAX = 15
"""Source: 行政许可法 art. 42: once, by 10 working days; joint handling by 15."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionResult:
    """What a decision table answered. `value`: one output's value, a dict of several, or a list."""

    key: str
    version: int
    value: Any
    rules: tuple[int, ...]
