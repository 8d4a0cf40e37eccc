"""Workflow's questions: the inbox, clocks, where things stand, the timeline."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import NotFound
from lingnan.kernel.pagination import Page, keyset_page

from . import timeline as words
from .access import Standing, role_reaches, standing, visible_tasks
from .clocks import replay
from .models import (
    ClockEvent,
    DecisionVersion,
    Delegation,
    ProcessInstance,
    ProcessVersion,
    TimelineEntry,
    Timer,
    WorkTask,
)
from .types import (
    Clock,
    CurrentStep,
    InstanceState,
    TaskFilters,
    TaskKind,
    TaskState,
    TimelineItem,
)

ORDER = ("due_on", "id")
COUNT_MAX = 1000


# --- the inbox ---------------------------------------------------------------------------------


def open_tasks(
    actor: Actor,
    filters: TaskFilters | None = None,
    *,
    cursor: str | None = None,
    limit: int = 20,
    at: datetime,
) -> Page[WorkTask]:
    """Open tasks one may work on, due first: one's own, those of one's pools, those one stands in
    for. One query for each way a task can be reached (each reads an index in order), and one more.

    `scope="done"` gives what one finished, newest first. Raises: BadCursor (422).
    """
    wanted = filters or TaskFilters()
    who = standing(actor, at=at)
    narrowed = _narrow(WorkTask.objects.all(), wanted)
    if wanted.scope == "done":
        done = narrowed.filter(done_by_id=actor.officer_id, done_at__isnull=False)
        return keyset_page(_shown(done), order=("-done_at", "-id"), cursor=cursor, limit=limit)
    found: dict[UUID, WorkTask] = {}
    for condition in _ways(who, wanted.scope):
        way = narrowed.filter(condition, is_open=True).only("id", "due_on")
        page = keyset_page(way, order=ORDER, cursor=cursor, limit=limit + 1)
        found.update((task.pk, task) for task in page.items)
    first = sorted(found.values(), key=lambda task: (task.due_on, task.pk))[: limit + 1]
    chosen = WorkTask.objects.filter(pk__in=[task.pk for task in first])
    return keyset_page(_shown(chosen), order=ORDER, limit=limit)


def _ways(who: Standing, scope: str) -> list[Q]:
    """The conditions, each of one index, under which a task is the actor's to work on."""
    actor = who.actor
    if actor.is_system:
        return [Q()]
    ways: list[Q] = []
    if scope in {"mine", "all"} and actor.officer_id is not None:
        ways.append(Q(assignee_id=actor.officer_id))
    if scope in {"delegated", "all"}:
        ways += [Q(assignee_id=one.officer_id) for one in who.absent]
    if scope in {"pool", "all"}:
        for one in who.everyone:
            ways += _pools(one)
    return ways


def _pools(actor: Actor) -> list[Q]:
    free = Q(assignee__isnull=True)
    ways: list[Q] = []
    for role, reach in role_reaches(actor):
        for agency_id in sorted(reach.agency_ids):
            ways.append(free & Q(role=role, agency_id=agency_id))
        for path in sorted(reach.region_paths):
            depth = path.count("/")
            if depth < 2:  # the province or everywhere: every row of the role
                ways.append(free & Q(role=role))
            elif depth == 2:
                ways.append(free & Q(role=role, region_2=path))
            elif depth == 3:
                ways.append(free & Q(role=role, region_3=path))
            else:
                region_3 = "/".join(path.split("/")[:3]) + "/"
                ways.append(free & Q(role=role, region_3=region_3, region_path__startswith=path))
    return ways


def _narrow(rows: QuerySet[WorkTask], wanted: TaskFilters) -> QuerySet[WorkTask]:
    if wanted.light:
        rows = rows.filter(light=wanted.light)
    if wanted.process_key:
        rows = rows.filter(process_key=wanted.process_key)
    if wanted.subject_kind:
        rows = rows.filter(subject_kind=wanted.subject_kind)
    if wanted.step_id:
        rows = rows.filter(step_id=wanted.step_id)
    if wanted.region_path:
        rows = rows.filter(region_path__startswith=wanted.region_path)
    if wanted.number:
        rows = rows.filter(subject_number__startswith=wanted.number)
    return rows


def _shown(rows: QuerySet[WorkTask]) -> QuerySet[WorkTask]:
    return rows.select_related("agency", "assignee").defer("form_data", "opinion", "agency__grams")


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxCounts:
    """The numbers over the inbox; each stops counting at 1,000."""

    mine: int
    pool: int
    delegated: int
    red: int
    yellow: int


def inbox_counts(actor: Actor, *, at: datetime) -> InboxCounts:
    """How much there is. Bounded: no number costs more than 1,000 index entries for each way."""
    who = standing(actor, at=at)
    mine_ways, pool_ways = _ways(who, "mine"), _ways(who, "pool")
    delegated_ways = _ways(who, "delegated")

    def count(ways: Sequence[Q], extra: Q | None = None) -> int:
        found: set[UUID] = set()
        for way in ways:
            rows = WorkTask.objects.filter(way, is_open=True)
            if extra is not None:
                rows = rows.filter(extra)
            found.update(rows.values_list("pk", flat=True)[:COUNT_MAX])
        return min(len(found), COUNT_MAX)

    everything = [*mine_ways, *pool_ways, *delegated_ways]
    lights: dict[str, set[UUID]] = {"red": set(), "yellow": set()}
    for way in everything:
        rows = WorkTask.objects.filter(way, is_open=True).order_by(*ORDER)
        for pk, light in rows.values_list("pk", "light")[:COUNT_MAX]:
            if light in lights:
                lights[light].add(pk)
    return InboxCounts(
        mine=count(mine_ways),
        pool=count(pool_ways),
        delegated=count(delegated_ways),
        red=len(lights["red"]),
        yellow=len(lights["yellow"]),
    )


def delegations(actor: Actor, *, at: datetime) -> list[Delegation]:
    """Delegations given or held by the officer that are not over. One query."""
    if actor.officer_id is None:
        return []
    mine = Q(absent_id=actor.officer_id) | Q(delegate_id=actor.officer_id)
    return list(
        Delegation.objects.filter(mine, until_on__gt=local_date(at), ended_at=None)
        .select_related("absent", "delegate")
        .order_by("from_on", "id")
    )


# --- instances ---------------------------------------------------------------------------------


def outcome_label(outcome: str) -> str:
    """The word for an outcome of a step, in the reader's language."""
    return words.outcome_label(outcome)


def instance_of(subject_kind: str, subject_id: UUID) -> ProcessInstance:
    """The newest instance of a subject. Raises: NotFound (404)."""
    found = (
        ProcessInstance.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
        .order_by("-id")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def promised_days(instance_ids: Sequence[UUID]) -> dict[UUID, date]:
    """The promised day of each instance that has one. One query."""
    rows = ProcessInstance.objects.filter(pk__in=instance_ids, promised_due_on__isnull=False)
    return dict(rows.values_list("pk", "promised_due_on"))  # type: ignore[arg-type]


def clock(instance_id: UUID, *, at: datetime) -> Clock:
    """Where the clocks stand on a day. Two queries. Raises: NotFound (404)."""
    instance = ProcessInstance.objects.filter(pk=instance_id).first()
    if instance is None:
        raise NotFound
    today = local_date(at)
    events = ClockEvent.objects.filter(instance_id=instance_id).order_by("seq")
    state = replay(events, region=instance.region_code)
    used = state.used(today)
    total = state.promised + state.extended
    return Clock(
        statutory_due_on=instance.statutory_due_on,
        promised_due_on=instance.promised_due_on,
        is_provisional=instance.due_provisional,
        light=state.light(today),
        is_running=state.is_running,
        stopped_since=state.stopped_since,
        stopped_until=state.stopped_until,
        stopped_reason=state.stopped_reason,
        workdays_used=used,
        workdays_left=total - used if state.is_running else None,
    )


def current_steps(instance_id: UUID) -> list[CurrentStep]:
    """Every place where the instance stands: tasks with who has them, timers. Two queries."""
    tasks = (
        WorkTask.objects.filter(instance_id=instance_id, is_open=True)
        .exclude(kind=TaskKind.CONSULT)
        .select_related("agency", "assignee")
        .order_by("id")
    )
    steps = [
        CurrentStep(
            step_id=task.step_id,
            name=task.step_name,
            kind="task",
            task_id=task.pk,
            role=task.role,
            agency_id=task.agency_id,
            agency_name=task.agency.name,
            assignee_name=task.assignee.name if task.assignee else "",
            since=task.opened_at,
            due_on=task.due_on if task.due_on.year < 9999 else None,
        )
        for task in tasks
    ]
    timers = Timer.objects.filter(instance_id=instance_id, waiting=True).order_by("id")
    steps += [
        CurrentStep(
            step_id=timer.element_id,
            name={"zh-hans": timer.element_id},
            kind="timer",
            since=timer.counted_from,
            due_on=local_date(timer.due_at),
        )
        for timer in timers
    ]
    return steps


def timeline(
    subject_kind: str,
    subject_id: UUID,
    *,
    audience: Literal["citizen", "officer"] = "citizen",
) -> list[TimelineItem]:
    """A subject's timeline in the reader's words, oldest first; citizens see public lines only.

    One query. Who may read it, the owner of the subject decides.
    """
    rows = TimelineEntry.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    if audience == "citizen":
        rows = rows.filter(is_public=True)
    return [words.item(entry, audience) for entry in rows.order_by("id")]


def tasks_of(instance_id: UUID) -> list[WorkTask]:
    """Every task of an instance, in order of opening. One query."""
    return list(
        WorkTask.objects.filter(instance_id=instance_id)
        .select_related("agency", "assignee", "done_by", "done_for")
        .order_by("id")
    )


def takes_part(actor: Actor, *, subject_kind: str, subject_id: UUID) -> bool:
    """Whether a task of the subject is or was the actor's to work on, or within his roles' reach.

    So the four agencies of a joint review may each open the file. One query.
    """
    condition = visible_tasks(Standing(actor))
    return WorkTask.objects.filter(
        condition, subject_kind=subject_kind, subject_id=subject_id
    ).exists()


def has_worked_on(actor: Actor, subject_id: UUID) -> bool:
    """Whether the actor finished a step of a subject, in this post or another. One query."""
    mine = Q(pk__in=[])
    if actor.account_id is not None:
        mine |= Q(done_by__account_id=actor.account_id)
    if actor.person_id is not None:
        mine |= Q(done_by__person_id=actor.person_id)
    return WorkTask.objects.filter(mine, subject_id=subject_id, state=TaskState.DONE).exists()


def works_on(actor: Actor, subject_ids: Collection[UUID], *, at: datetime) -> bool:
    """Whether an open task of one of these subjects is the actor's to work on now. One query."""
    ways = _ways(standing(actor, at=at), "all")
    if not ways or not subject_ids:
        return False
    condition = Q()
    for way in ways:
        condition |= way
    rows = WorkTask.objects.filter(condition, is_open=True, subject_id__in=list(subject_ids))
    return rows.exists()


def last_due(subject_kind: str, subject_id: UUID) -> date | None:
    """The promised day of a subject's running clock, if one runs."""
    return (
        ProcessInstance.objects.filter(
            subject_kind=subject_kind, subject_id=subject_id, state=InstanceState.RUNNING
        )
        .values_list("promised_due_on", flat=True)
        .first()
    )


# --- definitions -------------------------------------------------------------------------------


def processes() -> list[ProcessVersion]:
    """The newest version of every process. One query."""
    return list(ProcessVersion.objects.order_by("key", "-number").distinct("key").defer("source"))


def decisions() -> list[DecisionVersion]:
    """The newest version of every decision table. One query."""
    return list(DecisionVersion.objects.order_by("key", "-number").distinct("key").defer("source"))


def process_versions(key: str) -> list[ProcessVersion]:
    """Every version of a process, newest first. Raises: NotFound (404)."""
    found = list(ProcessVersion.objects.filter(key=key).order_by("-number"))
    if not found:
        raise NotFound
    return found


def decision_versions(key: str) -> list[DecisionVersion]:
    """Every version of a decision table, newest first. Raises: NotFound (404)."""
    found = list(DecisionVersion.objects.filter(key=key).order_by("-number"))
    if not found:
        raise NotFound
    return found


def running_by_version(key: str) -> dict[UUID, int]:
    """How many instances run on each version. One query."""
    rows = (
        ProcessInstance.objects.filter(process_key=key, state=InstanceState.RUNNING)
        .values_list("version_id")
        .annotate(Count("id"))
    )
    return dict(rows)


def visible(actor: Actor, *, at: datetime) -> Q:
    """The condition for every task the actor may see."""
    return visible_tasks(standing(actor, at=at))
