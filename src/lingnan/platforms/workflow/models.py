"""Workflow's tables: definitions, running instances, the tasks of people, clocks and timeline."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from lingnan.kernel.models import Record

from .types import ClockEventKind, InstanceState, Light, TaskKind, TaskState


class ProcessVersion(Record):
    """One published version of a process (BPMN 2.0). Never changed after it is published.

    Data class: public. Kept: for good; every case names the version it ran on.
    """

    key = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    name = models.JSONField()
    source = models.TextField()
    digest = models.CharField(max_length=64)
    steps = models.JSONField(default=list)
    published_by = models.CharField(max_length=100)
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "number"], name="process_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.number}"


class DecisionVersion(Record):
    """One published version of a decision table (DMN). Never changed after it is published.

    `effective_from` chooses the version by the date of the fact, not by today.
    Data class: public. Kept: for good; fees and routes of old cases must be explainable.
    """

    key = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    name = models.JSONField()
    source = models.TextField()
    digest = models.CharField(max_length=64)
    effective_from = models.DateField()
    published_by = models.CharField(max_length=100)
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "number"], name="decision_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.number}"


class ProcessInstance(Record):
    """One subject (a case, a document, an incident) on its way through one process version.

    `marking` holds only what is live (engine.py), so its size depends on the process, not on how
    often the case went round. Clock columns repeat what replaying its ClockEvents gives.
    `applicant_account_id` and `submitter_account_id` are who may not decide.

    Data class: personal (variables may hold form answers). Kept: as long as its subject.
    """

    version = models.ForeignKey(ProcessVersion, on_delete=models.PROTECT, related_name="+")
    process_key = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    subject_number = models.CharField(max_length=64)
    subject_title = models.CharField(max_length=300)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=120)
    region_code = models.CharField(max_length=12, blank=True, default="")
    state = models.CharField(
        max_length=12, choices=InstanceState.choices, default=InstanceState.RUNNING
    )
    outcome = models.CharField(max_length=60, blank=True, default="")
    variables = models.JSONField(default=dict)
    marking = models.JSONField(default=dict)
    visited = models.JSONField(default=dict)
    submitter_account_id = models.UUIDField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    clock_running = models.BooleanField(default=False)
    statutory_due_on = models.DateField(null=True)
    promised_due_on = models.DateField(null=True)
    promised_total = models.PositiveSmallIntegerField(null=True)
    due_provisional = models.BooleanField(default=False)
    light = models.CharField(max_length=8, choices=Light.choices, default=Light.NONE)
    stopped_since = models.DateField(null=True)
    stopped_until = models.DateField(null=True)
    stopped_reason = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "process_key"],
                condition=Q(state="running"),
                name="instance_one_running_per_subject",
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="instance_ended_has_instant",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id"], name="instance_by_subject"),
            models.Index(
                fields=["promised_due_on"],
                name="instance_clock_running",
                condition=Q(state="running", clock_running=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process_key} {self.subject_number}"


class WorkTask(Record):
    """One thing a person has to do: a step, one vote of a countersign, or an opinion asked for.

    What the inbox shows and filters by is repeated here, so that a list reads one table in index
    order. `due_on` is never null (9999-12-31 = no limit). `region_2` and `region_3` are the first
    two and three divisions of `region_path`.

    Data class: personal (opinions, form answers). Kept: as long as the instance.
    """

    instance = models.ForeignKey(ProcessInstance, on_delete=models.PROTECT, related_name="tasks")
    token = models.UUIDField(null=True)
    kind = models.CharField(max_length=12, choices=TaskKind.choices, default=TaskKind.STEP)
    step_id = models.CharField(max_length=80)
    step_name = models.JSONField()
    role = models.CharField(max_length=32)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=120)
    region_2 = models.CharField(max_length=40, blank=True, default="")
    region_3 = models.CharField(max_length=60, blank=True, default="")
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.OPEN)
    is_open = models.BooleanField(default=True)
    assignee = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    due_on = models.DateField()
    limit_workdays = models.PositiveSmallIntegerField(null=True)
    light = models.CharField(max_length=8, choices=Light.choices, default=Light.NONE)
    light_total = models.PositiveSmallIntegerField(null=True)
    process_key = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    subject_number = models.CharField(max_length=64)
    subject_title = models.CharField(max_length=300)
    outcomes = models.JSONField(default=list)
    form = models.CharField(max_length=80, blank=True, default="")
    allows_batch = models.BooleanField(default=False)
    is_separate = models.BooleanField(default=True)
    submitter_account_id = models.UUIDField(null=True)
    round = models.PositiveIntegerField(default=1)
    vote_group = models.UUIDField(null=True)
    asked_by = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    question = models.TextField(blank=True, default="")
    opened_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    urged_at = models.DateTimeField(null=True)
    urged_times = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    done_by_name = models.CharField(max_length=100, blank=True, default="")
    done_for = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    outcome = models.CharField(max_length=60, blank=True, default="")
    opinion = models.TextField(blank=True, default="")
    form_data = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_open=True, state__in=["open", "claimed"])
                | Q(is_open=False, state__in=["done", "returned", "cancelled"]),
                name="task_open_agrees_with_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(assignee__isnull=False),
                name="task_claimed_has_assignee",
            ),
            models.UniqueConstraint(
                fields=["instance", "token"],
                condition=Q(is_open=True, token__isnull=False),
                name="task_open_once_per_token",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["agency", "role", "due_on", "id"],
                name="task_pool_agency",
                condition=Q(is_open=True, assignee__isnull=True),
            ),
            models.Index(
                fields=["role", "region_2", "due_on", "id"],
                name="task_pool_city",
                condition=Q(is_open=True, assignee__isnull=True),
            ),
            models.Index(
                fields=["role", "region_3", "due_on", "id"],
                name="task_pool_county",
                condition=Q(is_open=True, assignee__isnull=True),
            ),
            models.Index(
                fields=["role", "due_on", "id"],
                name="task_pool_role",
                condition=Q(is_open=True, assignee__isnull=True),
            ),
            models.Index(
                fields=["assignee", "due_on", "id"],
                name="task_mine",
                condition=Q(is_open=True),
            ),
            models.Index(fields=["instance", "step_id"], name="task_by_instance"),
            models.Index(fields=["subject_kind", "subject_id"], name="task_by_subject"),
            models.Index(
                fields=["subject_number"],
                name="task_by_number",
                opclasses=["varchar_pattern_ops"],
            ),
            models.Index(fields=["due_on"], name="task_due", condition=Q(is_open=True)),
            models.Index(fields=["done_by", "done_at"], name="task_done_by"),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} of {self.subject_number}"


class Timer(Record):
    """An event of the process that comes by itself when its time has come.

    Data class: internal. Kept: as long as the instance.
    """

    instance = models.ForeignKey(ProcessInstance, on_delete=models.PROTECT, related_name="timers")
    token = models.UUIDField()
    element_id = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    counted_from = models.DateTimeField()
    workdays = models.PositiveSmallIntegerField(null=True)
    provisional = models.BooleanField(default=False)
    waiting = models.BooleanField(default=True)
    fired_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instance", "token"],
                condition=Q(waiting=True),
                name="timer_once_per_token",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="timer_due", condition=Q(waiting=True))
        ]

    def __str__(self) -> str:
        return f"{self.element_id} at {self.due_at}"


class ReceivedMessage(Record):
    """A message a process has taken, so that sending it again changes nothing.

    Data class: internal. Kept: as long as the instance.
    """

    instance = models.ForeignKey(ProcessInstance, on_delete=models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=100)
    name = models.CharField(max_length=80)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instance", "message_id"], name="message_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.message_id}"


class ClockEvent(Record):
    """Something that moved the clocks of an instance. Only ever added.

    Facts by kind: started {statutory, promised, on}; stopped {reason, days, unit, note};
    resumed {}; extended {workdays, reason, approver}; ended {}.
    Data class: internal. Kept: as long as the instance; deadlines must be provable.
    """

    instance = models.ForeignKey(
        ProcessInstance, on_delete=models.PROTECT, related_name="clock_events"
    )
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ClockEventKind.choices)
    on = models.DateField()
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instance", "seq"], name="clock_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.on}"


class ExtensionRequest(Record):
    """An officer asks for more time; the head of the agency (or government) answers.

    Data class: internal. Kept: as long as the instance.
    """

    class State(models.TextChoices):
        REQUESTED = "requested"
        APPROVED = "approved"
        REFUSED = "refused"

    instance = models.ForeignKey(
        ProcessInstance, on_delete=models.PROTECT, related_name="extensions"
    )
    workdays = models.PositiveSmallIntegerField()
    joint = models.BooleanField(default=False)
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    requested_by_name = models.CharField(max_length=100)
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "identity.Officer", on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_by_name = models.CharField(max_length=100, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instance"],
                condition=Q(state="requested"),
                name="extension_one_open_request",
            )
        ]

    def __str__(self) -> str:
        return f"+{self.workdays} workdays for {self.instance_id}"


class Delegation(Record):
    """While one officer is away, another sees and does his tasks. `until_on` is exclusive.

    Data class: internal. Kept: for good; acts were done under it.
    """

    absent = models.ForeignKey("identity.Officer", on_delete=models.PROTECT, related_name="+")
    delegate = models.ForeignKey("identity.Officer", on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True, default="")
    given_by_name = models.CharField(max_length=100)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_on__gt=models.F("from_on")), name="delegation_has_a_term"
            ),
            models.CheckConstraint(
                condition=~Q(absent=models.F("delegate")), name="delegation_to_another"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["delegate", "until_on"],
                name="delegation_live",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(
                fields=["absent", "until_on"],
                name="delegation_by_absent",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.absent_id} by {self.delegate_id} until {self.until_on}"


class TimelineEntry(Record):
    """One thing that happened to a subject, as code and facts; words are made when it is read.

    `is_public` entries are shown to the applicant; opinions are `internal_facts` and are not.
    Only ever added (a trigger refuses change).
    Data class: personal. Kept: as long as the subject.
    """

    instance = models.ForeignKey(ProcessInstance, on_delete=models.PROTECT, related_name="timeline")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    at = models.DateTimeField()
    code = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    internal_facts = models.JSONField(default=dict)
    is_public = models.BooleanField(default=True)
    actor_kind = models.CharField(max_length=10)
    actor_name = models.CharField(max_length=100, blank=True, default="")
    actor_id = models.UUIDField(null=True)
    agency_name = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="timeline_by_subject")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.at}"
