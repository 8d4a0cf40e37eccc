"""Running instances: start, go on after whatever came, and keep tasks and timers in step.

Everything that moves an instance holds its row, so two acts on one instance follow one another.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import SHANGHAI, local_date
from lingnan.kernel.held import Held
from lingnan.kernel.rows import insert
from lingnan.kernel.transactions import unit_of_work
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays

from .. import engine, registry, timeline
from ..definitions import Definition, Element
from ..engine import Run, Token
from ..errors import AlreadyStarted, MessageNotAwaited, NotRunning, ProcessUnknown
from ..events import ProcessEnded, TaskOpened
from ..expressions import evaluate as evaluate_expression
from ..models import (
    ProcessInstance,
    ProcessVersion,
    ReceivedMessage,
    TimelineEntry,
    Timer,
    WorkTask,
)
from ..types import (
    NO_DUE,
    ActionCall,
    ClockPlan,
    InstanceState,
    StepResult,
    Subject,
    TaskKind,
    TaskState,
)
from . import clocks
from .definitions import evaluate
from .instances import day_after, is_moving, limit_end, locked_instance, moving, task_light

_newest: Held[str, UUID] = Held("workflow")


@lru_cache(maxsize=300)
def loaded(version_id: UUID) -> tuple[Definition, Any]:
    """A version's definition and engine specification; one query, once per process."""
    source = ProcessVersion.objects.values_list("source", flat=True).get(pk=version_id)
    return engine.load(version_id, source)


class Session:
    """One instance moved by one act; the engine's driver."""

    def __init__(
        self, instance: ProcessInstance, *, actor: Actor, at: datetime, is_stored: bool = True
    ) -> None:
        self.instance = instance
        self.is_stored = is_stored
        self.actor = actor
        self.at = at
        self.definition, self.spec = loaded(instance.version_id)
        self.run: Run = Run(self.spec, self, instance.marking or None)
        self.before = {token.id for token in self.run.tokens()}
        self.opened: list[UUID] = []
        self.entries: list[TimelineEntry] = []
        self.acted = False

    # what the engine asks

    def variables(self) -> dict[str, Any]:
        found: dict[str, Any] = self.instance.variables
        return found

    def run_automatic(self, element_id: str) -> None:
        element = self.definition.elements[element_id]
        if element.decision:
            answer = evaluate(element.decision, self.instance.variables, at=self.at)
            self.instance.variables[element.result] = answer.value
            return
        call = ActionCall(
            instance_id=self.instance.pk,
            subject_kind=self.instance.subject_kind,
            subject_id=self.instance.subject_id,
            variables=dict(self.instance.variables),
            actor=self.actor,
            at=self.at,
            step_id=element_id,
        )
        self.acted = True
        self.store()  # an action may ask for the instance it runs in
        changed = registry.action_named(element.action)(call)
        if changed:
            self.instance.variables.update(changed)

    def count(self, element_id: str) -> int:
        return len(self._participants(self.definition.elements[element_id]))

    def is_decided(self, element_id: str, voted: UUID) -> bool:
        """Whether the countersign is over after the latest vote; if so its result is written."""
        element = self.definition.elements[element_id]
        group = self.run.workflow.tasks[voted].parent.id
        votes = list(
            WorkTask.objects.filter(instance=self.instance, vote_group=group, kind=TaskKind.VOTE)
            .select_related("agency")
            .order_by("done_at", "id")
        )
        cast = [task for task in votes if task.state == TaskState.DONE]
        positive = element.outcomes[0]
        for_it = sum(task.outcome == positive for task in cast)
        against = sum(task.outcome not in {positive, "abstain"} for task in cast)
        passed = _vote_passed(element.vote, len(votes), len(cast), for_it, against)
        if passed is None:
            return False
        negative = element.outcomes[1] if len(element.outcomes) > 1 else "disagree"
        outcome = positive if passed else negative
        self.instance.variables.update(
            {
                "outcome": outcome,
                f"{element_id}_outcome": outcome,
                f"{element_id}_votes": [
                    {
                        "agency": task.agency.name,
                        "officer": task.done_by_name,
                        "outcome": task.outcome,
                        "opinion": task.opinion,
                    }
                    for task in cast
                ],
            }
        )
        return True

    def _participants(self, element: Element) -> list[Any]:
        value = self.instance.variables.get(element.collection)
        return value if isinstance(value, list) else [value]

    def store(self) -> None:
        """Write a new instance, if that has waited until here: one row, already where it stands."""
        if not self.is_stored:
            self.is_stored = True
            insert([self.instance])

    # after the engine has moved

    def settle(self) -> StepResult:
        """Bring tasks and timers in line with the engine, save, and say where things stand."""
        instance, run = self.instance, self.run
        tokens = run.tokens()
        self._close(self.before - {token.id for token in tokens})
        for element_id in run.passed:
            instance.visited[element_id] = instance.visited.get(element_id, 0) + 1
        run.passed.clear()
        if self.acted:
            instance.refresh_from_db(fields=clocks.CLOCK_FIELDS)
        for token in tokens:
            if token.id not in self.before:
                self._open(token)
        instance.marking = run.marking()
        fields = ["variables", "marking", "visited"]
        if run.is_ended:
            self.store()  # ending it reads its clocks
            fields += self._end(tokens)
        if self.is_stored:
            instance.save(update_fields=fields)
        else:
            self.store()
        if self.entries:
            insert(self.entries)
        return result_of(instance, open_tasks=None if self.before or self.acted else self.opened)

    def _end(self, tokens: list[Token]) -> list[str]:
        instance = self.instance
        ends = [
            element
            for element in self.definition.elements.values()
            if element.kind == "endEvent" and element.id in instance.visited
        ]
        named = next((element.outcome for element in ends if element.outcome), "")
        instance.outcome = named or str(instance.variables.get("outcome") or "")[:60]
        close_instance(instance, InstanceState.ENDED, actor=self.actor, at=self.at)
        return ["state", "outcome", "ended_at"]

    def _close(self, gone: set[UUID]) -> None:
        if not gone:
            return
        WorkTask.objects.filter(instance=self.instance, token__in=gone, is_open=True).update(
            state=TaskState.CANCELLED, is_open=False, done_at=self.at
        )
        if any(element.timer for element in self.definition.elements.values()):
            Timer.objects.filter(instance=self.instance, token__in=gone, waiting=True).update(
                waiting=False
            )

    def _open(self, token: Token) -> None:
        element = self.definition.elements[token.element_id]
        if element.timer is not None:
            self._open_timer(token, element)
        if element.kind == "userTask":
            self._open_task(token, element)

    def _open_timer(self, token: Token, element: Element) -> None:
        plan = element.timer
        assert plan is not None, "a timer element has a plan"
        provisional = False
        if plan.workdays is not None:
            due = calendar.add_workdays(
                local_date(self.at),
                Workdays(plan.workdays),
                region_code=self.instance.region_code,
            )
            due_at, provisional = day_after(due.on), due.provisional
        elif plan.duration is not None:
            due_at = self.at + plan.duration
        else:
            due_at = _instant(evaluate_expression(plan.until, self.instance.variables), self.at)
        timer = Timer(
            instance=self.instance,
            token=token.id,
            element_id=element.id,
            due_at=due_at,
            counted_from=self.at,
            workdays=plan.workdays,
            provisional=provisional,
        )
        insert([timer])

    def _open_task(self, token: Token, element: Element) -> None:
        instance = self.instance
        agency_id, region_path, agency_name, officer_id = self._who(token, element)
        own = limit_end(element.limit_workdays, self.at, instance.region_code)
        due_on = min(own or NO_DUE, instance.promised_due_on or NO_DUE)
        total = element.limit_workdays if due_on == own else instance.promised_total
        light = task_light(instance, due_on, total, local_date(self.at))
        region = [code for code in region_path.split("/") if code]
        task = WorkTask(
            instance=instance,
            token=token.id,
            kind=TaskKind.STEP if token.group is None else TaskKind.VOTE,
            step_id=element.id,
            step_name=element.name,
            role=element.role,
            agency_id=agency_id,
            region_path=region_path,
            region_2="/".join([*region[:2], ""]) if len(region) > 1 else "",
            region_3="/".join([*region[:3], ""]) if len(region) > 2 else "",
            state=TaskState.CLAIMED if officer_id else TaskState.OPEN,
            assignee_id=officer_id,
            claimed_at=self.at if officer_id else None,
            due_on=due_on,
            limit_workdays=element.limit_workdays,
            light=light,
            light_total=total,
            process_key=instance.process_key,
            subject_kind=instance.subject_kind,
            subject_id=instance.subject_id,
            subject_number=instance.subject_number,
            subject_title=instance.subject_title,
            outcomes=list(element.outcomes),
            form=element.form,
            allows_batch=element.allows_batch,
            is_separate=element.is_separate,
            submitter_account_id=instance.submitter_account_id,
            round=instance.visited.get(element.id, 0) + 1,
            vote_group=token.group,
            opened_at=self.at,
        )
        insert([task])
        self.opened.append(task.pk)
        self.entries.append(
            timeline.entry(
                instance,
                "task.opened",
                actor=system_actor("workflow"),
                at=self.at,
                facts={"step": element.name, "step_id": element.id},
                agency_name=agency_name,
            )
        )
        events.publish(
            TaskOpened(
                task_id=task.pk,
                instance_id=instance.pk,
                subject_kind=instance.subject_kind,
                subject_id=instance.subject_id,
                step_id=element.id,
                role=element.role,
                agency_id=agency_id,
                due_on=None if due_on == NO_DUE else due_on,
                opened_at=self.at,
            ),
            at=self.at,
        )

    def _who(self, token: Token, element: Element) -> tuple[UUID, str, str, UUID | None]:
        """Agency, its region, its name, and the officer where the definition's data name one."""
        named: Any = None
        if token.index is not None:
            named = self._participants(element)[token.index]
        elif element.agency:
            named = self.instance.variables.get(element.agency)
        officer_id: UUID | None = None
        if isinstance(named, dict):
            officer_id = UUID(str(named["officer_id"])) if named.get("officer_id") else None
            named = named.get("agency_id")
        agency_id = UUID(str(named)) if named else self.instance.agency_id
        card = agencies.agency(agency_id)
        return agency_id, card.region_path, card.name, officer_id


def _vote_passed(rule: str, total: int, cast: int, for_it: int, against: int) -> bool | None:
    """True or False once the countersign is decided, None while it is not."""
    over = cast >= total
    if rule == "any":
        return True if for_it else (False if over else None)
    if rule == "majority":
        if for_it * 2 > total:
            return True
        return False if over or against * 2 >= total else None
    if against:
        return False
    return for_it == total if over else None


def _instant(value: Any, at: datetime) -> datetime:
    """A timer's date or instant; nothing means now."""
    if not value:
        return at
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    text = str(value)
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(), SHANGHAI)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def result_of(instance: ProcessInstance, *, open_tasks: Sequence[UUID] | None = None) -> StepResult:
    """Where the instance stands. One query, none where the caller knows its open tasks."""
    if instance.state != InstanceState.RUNNING:
        open_tasks = []
    elif open_tasks is None:
        open_tasks = list(
            WorkTask.objects.filter(instance=instance, is_open=True)
            .exclude(kind=TaskKind.CONSULT)
            .order_by("id")
            .values_list("pk", flat=True)
        )
    return StepResult(
        instance_id=instance.pk,
        state=instance.state,
        outcome=instance.outcome,
        open_task_ids=tuple(open_tasks),
        variables=dict(instance.variables),
    )


def close_instance(
    instance: ProcessInstance,
    state: InstanceState,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> None:
    """Mark an instance as over: its tasks, timers and clocks with it. The caller saves the row."""
    WorkTask.objects.filter(instance=instance, is_open=True).update(
        state=TaskState.CANCELLED, is_open=False, done_at=at
    )
    Timer.objects.filter(instance=instance, waiting=True).update(waiting=False)
    instance.state = state
    instance.ended_at = at
    clocks.end_of(instance, actor=actor, at=at)
    timeline.record(
        instance, f"process.{state.value}", actor=actor, at=at, facts={"reason": reason}
    )
    events.publish(
        ProcessEnded(
            instance_id=instance.pk,
            process_key=instance.process_key,
            subject_kind=instance.subject_kind,
            subject_id=instance.subject_id,
            state=state.value,
            outcome=instance.outcome,
            ended_at=at,
        ),
        at=at,
    )


def _newest_version(key: str) -> UUID:
    versions = ProcessVersion.objects.filter(key=key).order_by("-number")
    found = versions.values_list("pk", flat=True).first()
    if found is None:
        raise ProcessUnknown(process=key)
    return found


def start_process(
    *,
    key: str,
    subject: Subject,
    instance_id: UUID | None = None,
    variables: Mapping[str, Any] | None = None,
    agency_id: UUID,
    region_path: str = "",
    clock: ClockPlan | None = None,
    submitter_account_id: UUID | None = None,
    actor: Actor,
    at: datetime,
) -> StepResult:
    """Start the newest version of a process for a subject and run it to its first tasks.

    `submitter_account_id` (else the actor's account) is who may not decide. JSON values only in
    `variables`; `instance_id` where the caller has written it down already.
    Raises: ProcessUnknown (404), AlreadyStarted (409), and what its actions refuse.
    """
    version_id = _newest.get(key, lambda: _newest_version(key))
    agency = agencies.agency(agency_id)
    instance = ProcessInstance(
        version_id=version_id,
        process_key=key,
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_number=subject.number,
        subject_title=subject.title[:300],
        agency_id=agency_id,
        region_path=region_path or agency.region_path,
        region_code=agency.region_code,
        variables={**(variables or {}), "agency": str(agency_id)},
        submitter_account_id=submitter_account_id or actor.account_id,
        started_at=at,
    )
    if instance_id is not None:
        instance.pk = instance_id
    try:
        with unit_of_work():
            return _start(instance, clock, actor=actor, at=at)
    except IntegrityError as error:
        if "instance_one_running_per_subject" not in str(error):
            raise
        raise AlreadyStarted from error


def _start(
    instance: ProcessInstance, clock: ClockPlan | None, *, actor: Actor, at: datetime
) -> StepResult:
    _audit(instance, "workflow.process_started", actor, at, {"process": instance.process_key})
    with moving(instance.pk):
        session = Session(instance, actor=actor, at=at, is_stored=False)
        session.entries.append(timeline.entry(instance, "process.started", actor=actor, at=at))
        if clock is not None:
            session.store()
            clocks.start_of(instance, clock, actor=actor, at=at)
        session.run.advance()
        return session.settle()


@transaction.atomic
def send_message(
    *,
    instance_id: UUID,
    message: str,
    payload: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
    message_id: str = "",
) -> StepResult:
    """Hand a message to the steps that wait for it; the payload joins the variables.

    With a `message_id`, sending it again changes nothing. Raises: NotFound (404), NotRunning,
    MessageNotAwaited (409).
    """
    instance = locked_instance(instance_id)
    if message_id and not _first_time(instance, message_id, message, at):
        return result_of(instance)
    if instance.state != InstanceState.RUNNING:
        raise NotRunning
    with moving(instance.pk):
        session = Session(instance, actor=actor, at=at)
        waiting = [
            token
            for token in session.run.tokens()
            if session.definition.elements[token.element_id].message == message
        ]
        if not waiting:
            raise MessageNotAwaited(name=message)
        instance.variables.update(payload or {})
        timeline.record(
            instance, "message.received", actor=actor, at=at, facts={"message": message}
        )
        for token in waiting:
            if any(token.id == other.id for other in session.run.tokens()):
                session.run.fire(token.id)
        return session.settle()


def _first_time(instance: ProcessInstance, message_id: str, name: str, at: datetime) -> bool:
    _row, created = ReceivedMessage.objects.get_or_create(
        instance=instance,
        message_id=message_id,
        defaults={"name": name, "received_at": at},
    )
    return created


@transaction.atomic
def set_variables(
    *, instance_id: UUID, values: Mapping[str, Any], actor: Actor, at: datetime
) -> None:
    """Change variables of a running instance (JSON values). Raises: NotFound, NotRunning.

    Actions return their changes instead.
    """
    if is_moving(instance_id):
        raise RuntimeError("an action returns the variables it changes")
    instance = locked_instance(instance_id)
    if instance.state != InstanceState.RUNNING:
        raise NotRunning
    instance.variables.update(values)
    instance.save(update_fields=["variables"])
    _audit(instance, "workflow.variables_set", actor, at, {"names": sorted(values)})


def fire_due_timers(at: datetime, *, limit: int = 500) -> int:
    """Fire every timer whose time has come, oldest first; returns how many. Safe beside itself."""
    due = list(
        Timer.objects.filter(waiting=True, due_at__lte=at)
        .order_by("due_at", "id")
        .values_list("pk", "instance_id")[:limit]
    )
    return sum(_fire(timer_id, instance_id, at) for timer_id, instance_id in due)


@transaction.atomic
def _fire(timer_id: UUID, instance_id: UUID, at: datetime) -> bool:
    instance = locked_instance(instance_id)
    timer = Timer.objects.select_for_update().filter(pk=timer_id, waiting=True).first()
    if timer is None or timer.due_at > at or instance.state != InstanceState.RUNNING:
        return False
    timer.waiting = False
    timer.fired_at = at
    timer.save(update_fields=["waiting", "fired_at"])
    actor = system_actor("workflow.timer")
    with moving(instance.pk):
        session = Session(instance, actor=actor, at=at)
        element = session.definition.elements[timer.element_id]
        timeline.record(
            instance,
            "timer.fired",
            actor=actor,
            at=at,
            facts={"step": element.name, "step_id": element.id},
        )
        session.run.fire(timer.token)
        session.settle()
    return True


def withdraw(*, instance_id: UUID, actor: Actor, at: datetime, reason: str = "") -> StepResult:
    """The applicant takes the matter back; nothing more is done in it.

    Who may, the owner of the subject decides. Raises: NotFound (404), NotRunning (409).
    """
    return _stop(instance_id, InstanceState.WITHDRAWN, actor, at, reason)


def cancel(*, instance_id: UUID, actor: Actor, at: datetime, reason: str) -> StepResult:
    """The handling is broken off (entered by mistake, subject ceased). Raises: as `withdraw`."""
    return _stop(instance_id, InstanceState.CANCELLED, actor, at, reason)


@transaction.atomic
def _stop(
    instance_id: UUID, state: InstanceState, actor: Actor, at: datetime, reason: str
) -> StepResult:
    instance = locked_instance(instance_id)
    if instance.state != InstanceState.RUNNING:
        raise NotRunning
    if is_moving(instance_id):
        raise RuntimeError("an action ends its process by leading to an end event")
    close_instance(instance, state, actor=actor, at=at, reason=reason)
    instance.outcome = state.value
    instance.marking = {}
    instance.save(update_fields=["state", "ended_at", "outcome", "marking"])
    _audit(instance, f"workflow.process_{state.value}", actor, at, {"reason": reason})
    return result_of(instance)


def _audit(
    instance: ProcessInstance, act: str, actor: Actor, at: datetime, facts: Mapping[str, Any]
) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="process_instance",
        object_id=instance.pk,
        facts={**facts, "subject": f"{instance.subject_kind}:{instance.subject_id}"},
        at=at,
    )
