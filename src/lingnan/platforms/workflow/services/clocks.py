"""The verbs of the two clocks: start, stop, resume, extend, end; lights and recomputation."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lingnan.kernel import events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import Forbidden
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit import services as audit
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import CalendarDays, Workdays

from .. import queries, timeline
from ..clocks import ClockState, light_for, replay, stop_end
from ..errors import (
    ClockAlreadyStopped,
    ClockNotRunning,
    ClockNotStopped,
    ExtensionPending,
    ExtensionTooLong,
    ExtensionUnknown,
    NotRunning,
    OwnSubmission,
    ReasonMissing,
    SuspensionNeedsLength,
    SuspensionReasonUnknown,
)
from ..events import (
    ClockExtended,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMoved,
    LightChanged,
)
from ..models import ClockEvent, ExtensionRequest, ProcessInstance, Timer, WorkTask
from ..types import (
    APPROVE_EXTENSIONS,
    EXTENSION_WORKDAYS_MAX,
    JOINT_EXTENSION_WORKDAYS_MAX,
    NO_DUE,
    STOP_CLOCKS,
    SUSPENSION_REASONS,
    Clock,
    ClockEventKind,
    ClockPlan,
    InstanceState,
    Light,
)
from .instances import day_after, is_moving, limit_end, locked_instance, task_light

CLOCK_FIELDS = [
    "clock_running",
    "statutory_due_on",
    "promised_due_on",
    "promised_total",
    "due_provisional",
    "light",
    "stopped_since",
    "stopped_until",
    "stopped_reason",
]
CHUNK = 200


def start_of(instance: ProcessInstance, plan: ClockPlan, *, actor: Actor, at: datetime) -> None:
    """Start (or start anew) the clocks of a locked instance."""
    on = local_date(plan.starts_at or at)
    state = _add(
        instance,
        ClockEventKind.STARTED,
        on=on,
        facts={"statutory": plan.statutory, "promised": plan.promised},
        actor=actor,
        at=at,
    )
    _show(instance, state, local_date(at))
    timeline.record(
        instance,
        "clock.started",
        actor=actor,
        at=at,
        facts={"on": on.isoformat(), "promised_due": _iso(instance.promised_due_on)},
    )
    events.publish(
        ClockStarted(
            instance_id=instance.pk,
            subject_kind=instance.subject_kind,
            subject_id=instance.subject_id,
            started_on=on,
            statutory_due_on=instance.statutory_due_on,
            promised_due_on=instance.promised_due_on,
        ),
        at=at,
    )


def end_of(instance: ProcessInstance, *, actor: Actor, at: datetime) -> None:
    """End the clocks of a locked instance, if they run."""
    instance.refresh_from_db(fields=CLOCK_FIELDS)
    if instance.clock_running:
        on = local_date(at)
        state = _add(instance, ClockEventKind.ENDED, on=on, facts={}, actor=actor, at=at)
        _show(instance, state, on)


@transaction.atomic
def start_clock(*, instance_id: UUID, plan: ClockPlan, actor: Actor, at: datetime) -> Clock:
    """Start the clocks, or start them anew (acceptance; deemed acceptance counts from the receipt).

    Raises: NotFound (404), NotRunning (409).
    """
    start_of(_running(instance_id), plan, actor=actor, at=at)
    return queries.clock(instance_id, at=at)


@transaction.atomic
def end_clock(*, instance_id: UUID, actor: Actor, at: datetime) -> None:
    """The decision is made: the clocks end, though payment and delivery may follow."""
    instance = _running(instance_id)
    end_of(instance, actor=actor, at=at)


@transaction.atomic
def suspend(
    *,
    instance_id: UUID,
    reason_code: str,
    days: Workdays | CalendarDays | None,
    note: str = "",
    actor: Actor,
    at: datetime,
) -> date:
    """Stop the clocks for a special procedure; returns its notified end. Tasks go on.

    `days` is the length the applicant is told in writing. An action of the process itself needs no
    permission: its definition ordered the procedure.
    Raises: Forbidden, SuspensionReasonUnknown, SuspensionNeedsLength, ClockNotRunning,
    ClockAlreadyStopped. Source: 行政许可法 art. 45.
    """
    if reason_code not in SUSPENSION_REASONS:
        raise SuspensionReasonUnknown(reason=reason_code)
    if days is None or int(days) == 0:
        raise SuspensionNeedsLength
    instance = _running(instance_id)
    _check(actor, STOP_CLOCKS, instance)
    if not instance.clock_running:
        raise ClockNotRunning
    if instance.stopped_since is not None:
        raise ClockAlreadyStopped
    on = local_date(at)
    until = stop_end(on, days, region=instance.region_code)
    unit = "workdays" if isinstance(days, Workdays) else "days"
    state = _add(
        instance,
        ClockEventKind.STOPPED,
        on=on,
        facts={
            "reason": reason_code,
            "length": int(days),
            "unit": unit,
            "until": until.isoformat(),
            "note": note,
        },
        actor=actor,
        at=at,
    )
    _show(instance, state, on)
    timeline.record(
        instance,
        "clock.stopped",
        actor=actor,
        at=at,
        facts={"reason": reason_code, "until": until.isoformat(), "length": int(days)},
        internal={"note": note},
    )
    _audit(instance, "workflow.clock_stopped", actor, at, {"reason": reason_code})
    events.publish(
        ClockStopped(
            instance_id=instance.pk,
            subject_kind=instance.subject_kind,
            subject_id=instance.subject_id,
            reason=reason_code,
            stopped_on=on,
            stopped_until=until,
            note=note,
        ),
        at=at,
    )
    return until


@transaction.atomic
def resume(*, instance_id: UUID, actor: Actor, at: datetime, note: str = "") -> None:
    """The special procedure is over: the clocks go on. Raises: Forbidden, ClockNotStopped."""
    instance = _running(instance_id)
    _check(actor, STOP_CLOCKS, instance)
    if instance.stopped_since is None:
        raise ClockNotStopped
    on = local_date(at)
    state = _add(instance, ClockEventKind.RESUMED, on=on, facts={"note": note}, actor=actor, at=at)
    _show(instance, state, on)
    timeline.record(
        instance,
        "clock.resumed",
        actor=actor,
        at=at,
        facts={"promised_due": _iso(instance.promised_due_on)},
        internal={"note": note},
    )
    _audit(instance, "workflow.clock_resumed", actor, at, {})
    events.publish(
        ClockResumed(
            instance_id=instance.pk,
            subject_kind=instance.subject_kind,
            subject_id=instance.subject_id,
            resumed_on=on,
            statutory_due_on=instance.statutory_due_on,
            promised_due_on=instance.promised_due_on,
        ),
        at=at,
    )


@transaction.atomic
def request_extension(
    *,
    instance_id: UUID,
    workdays: int,
    reason: str,
    joint: bool = False,
    actor: Actor,
    at: datetime,
) -> ExtensionRequest:
    """Ask for more time. The head of the agency (joint handling: of the government) answers.

    Raises: ReasonMissing, ExtensionTooLong, ExtensionPending, ClockNotRunning.
    Source: 行政许可法 art. 42.
    """
    if not reason.strip():
        raise ReasonMissing
    instance = _running(instance_id)
    if not instance.clock_running:
        raise ClockNotRunning
    if instance.extensions.filter(state=ExtensionRequest.State.REQUESTED).exists():
        raise ExtensionPending
    _check_length(instance, workdays, joint)
    request = ExtensionRequest.objects.create(
        instance=instance,
        workdays=workdays,
        joint=joint,
        reason=reason.strip(),
        requested_by_id=actor.officer_id,
        requested_by_name=actor.name[:100],
        requested_at=at,
    )
    timeline.record(
        instance,
        "clock.extension_requested",
        actor=actor,
        at=at,
        facts={"workdays": workdays},
        internal={"note": reason},
    )
    _audit(instance, "workflow.extension_requested", actor, at, {"workdays": workdays})
    return request


@transaction.atomic
def approve_extension(*, request_id: UUID, actor: Actor, at: datetime, answer: str = "") -> None:
    """Grant the extension; both clocks get the days. Raises: Forbidden, OwnSubmission,
    ExtensionUnknown, ExtensionTooLong, ClockNotRunning.
    """
    request, instance = _open_request(request_id, actor)
    if not instance.clock_running:
        raise ClockNotRunning
    _check_length(instance, request.workdays, request.joint)
    state = _add(
        instance,
        ClockEventKind.EXTENDED,
        on=local_date(at),
        facts={"workdays": request.workdays, "reason": request.reason, "approver": actor.name},
        actor=actor,
        at=at,
    )
    _show(instance, state, local_date(at))
    _answer(request, ExtensionRequest.State.APPROVED, actor, at, answer)
    timeline.record(
        instance,
        "clock.extended",
        actor=actor,
        at=at,
        facts={"workdays": request.workdays, "reason": request.reason},
        internal={"note": answer},
    )
    _audit(instance, "workflow.extension_approved", actor, at, {"workdays": request.workdays})
    events.publish(
        ClockExtended(
            instance_id=instance.pk,
            subject_kind=instance.subject_kind,
            subject_id=instance.subject_id,
            workdays=request.workdays,
            reason=request.reason,
            statutory_due_on=instance.statutory_due_on,
            promised_due_on=instance.promised_due_on,
        ),
        at=at,
    )


@transaction.atomic
def refuse_extension(*, request_id: UUID, actor: Actor, at: datetime, answer: str) -> None:
    """Raises: Forbidden, OwnSubmission, ExtensionUnknown, ReasonMissing."""
    if not answer.strip():
        raise ReasonMissing
    request, instance = _open_request(request_id, actor)
    _answer(request, ExtensionRequest.State.REFUSED, actor, at, answer)
    timeline.record(
        instance, "clock.extension_refused", actor=actor, at=at, internal={"note": answer}
    )
    _audit(instance, "workflow.extension_refused", actor, at, {"workdays": request.workdays})


def _open_request(request_id: UUID, actor: Actor) -> tuple[ExtensionRequest, ProcessInstance]:
    found = ExtensionRequest.objects.filter(pk=request_id).values_list("instance_id").first()
    if found is None:
        raise ExtensionUnknown
    instance = _running(found[0])
    if not actor.can(
        APPROVE_EXTENSIONS, agency_id=instance.agency_id, region_path=instance.region_path
    ):
        raise Forbidden(permission=APPROVE_EXTENSIONS)
    request = ExtensionRequest.objects.get(pk=request_id)
    if request.state != ExtensionRequest.State.REQUESTED:
        raise ExtensionUnknown
    if identity.is_officer_oneself(actor, request.requested_by_id):
        raise OwnSubmission
    return request, instance


def _answer(
    request: ExtensionRequest,
    state: ExtensionRequest.State,
    actor: Actor,
    at: datetime,
    answer: str,
) -> None:
    request.state = state
    request.decided_by_id = actor.officer_id
    request.decided_by_name = actor.name[:100]
    request.decided_at = at
    request.answer = answer.strip()
    request.save(update_fields=["state", "decided_by", "decided_by_name", "decided_at", "answer"])


def _check_length(instance: ProcessInstance, workdays: int, joint: bool) -> None:
    allowed = JOINT_EXTENSION_WORKDAYS_MAX if joint else EXTENSION_WORKDAYS_MAX
    allowed -= state_of(instance).extended
    if not 0 < workdays <= allowed:
        raise ExtensionTooLong(asked=workdays, allowed=max(allowed, 0))


# --- shared ------------------------------------------------------------------------------------


def state_of(instance: ProcessInstance) -> ClockState:
    """Replay the instance's clock events. One query."""
    moved = ClockEvent.objects.filter(instance=instance).order_by("seq")
    return replay(moved, region=instance.region_code)


def _running(instance_id: UUID) -> ProcessInstance:
    instance = locked_instance(instance_id)
    if instance.state != InstanceState.RUNNING:
        raise NotRunning
    return instance


def _check(actor: Actor, permission: str, instance: ProcessInstance) -> None:
    if not is_moving(instance.pk):
        actor.check(permission, agency_id=instance.agency_id, region_path=instance.region_path)


def _add(
    instance: ProcessInstance,
    kind: ClockEventKind,
    *,
    on: date,
    facts: dict[str, object],
    actor: Actor,
    at: datetime,
) -> ClockState:
    known = list(ClockEvent.objects.filter(instance=instance).order_by("seq"))
    event = ClockEvent(
        instance=instance,
        seq=known[-1].seq + 1 if known else 1,
        kind=kind,
        on=on,
        facts=facts,
        at=at,
        actor_name=actor.name[:100],
    )
    event.save(force_insert=True)
    return replay([*known, event], region=instance.region_code)


def _show(instance: ProcessInstance, state: ClockState, today: date) -> None:
    """Repeat what the replay gives on the instance and its open tasks."""
    statutory, promised = state.statutory_due(), state.promised_due()
    instance.clock_running = state.is_running
    instance.statutory_due_on = statutory[0] if statutory else None
    instance.promised_due_on = promised[0] if promised else None
    instance.promised_total = state.promised + state.extended if promised else None
    instance.due_provisional = bool((statutory and statutory[1]) or (promised and promised[1]))
    instance.stopped_since = state.stopped_since
    instance.stopped_until = state.stopped_until
    instance.stopped_reason = state.stopped_reason
    before, instance.light = instance.light, state.light(today)
    instance.save(update_fields=CLOCK_FIELDS)
    _show_on_tasks(instance, today)
    if before != instance.light:
        _announce(instance, before)


def _show_on_tasks(instance: ProcessInstance, today: date) -> None:
    for task in WorkTask.objects.filter(instance=instance, is_open=True):
        own = limit_end(task.limit_workdays, task.opened_at, instance.region_code)
        task.due_on = min(own or NO_DUE, instance.promised_due_on or NO_DUE)
        task.light_total = task.limit_workdays if task.due_on == own else instance.promised_total
        task.light = task_light(instance, task.due_on, task.light_total, today)
        task.save(update_fields=["due_on", "light", "light_total"])


def _announce(instance: ProcessInstance, before: str) -> None:
    """Escalation: leaders hear of yellow and red, and of their end."""
    alarming = {Light.YELLOW, Light.RED}
    if before in alarming or instance.light in alarming:
        events.publish(
            LightChanged(
                instance_id=instance.pk,
                subject_kind=instance.subject_kind,
                subject_id=instance.subject_id,
                agency_id=instance.agency_id,
                light_before=before,
                light=instance.light,
                promised_due_on=instance.promised_due_on,
            )
        )


# --- periodic ----------------------------------------------------------------------------------


def update_lights(today: date) -> int:
    """Set the lights of running clocks and open tasks for a new day; returns how many changed.

    Works by group: all rows of one due date and period have one light.
    """
    changed = 0
    clocks = ProcessInstance.objects.filter(
        state=InstanceState.RUNNING, clock_running=True, promised_due_on__isnull=False
    )
    groups = (
        clocks.filter(stopped_since__isnull=True)
        .order_by()
        .values_list("promised_due_on", "promised_total", "light")
        .distinct()
    )
    for due, total, before in list(groups):
        assert due is not None, "filtered above"
        light = light_for(due, total=total, on=today)
        if light != before:
            changed += _change_lights(
                clocks.filter(
                    stopped_since__isnull=True,
                    promised_due_on=due,
                    promised_total=total,
                    light=before,
                ),
                light,
            )
    overrun = clocks.filter(stopped_until__lt=today).exclude(light=Light.YELLOW)
    changed += _change_lights(overrun, Light.YELLOW)
    return changed + _update_task_lights(today)


def _change_lights(rows: Iterable[ProcessInstance], light: str) -> int:
    changed = 0
    for instance_id in [row.pk for row in rows]:
        with transaction.atomic():
            instance = locked_instance(instance_id)
            if instance.state == InstanceState.RUNNING and instance.light != light:
                before, instance.light = instance.light, light
                instance.save(update_fields=["light"])
                _announce(instance, before)
                changed += 1
    return changed


def _update_task_lights(today: date) -> int:
    tasks = WorkTask.objects.filter(is_open=True).exclude(Q(light=Light.STOPPED) | Q(due_on=NO_DUE))
    changed = 0
    groups = tasks.order_by().values_list("due_on", "light_total", "light").distinct()
    for due, total, before in list(groups):
        light = light_for(due, total=total, on=today)
        if light != before:
            changed += tasks.filter(due_on=due, light_total=total, light=before).update(light=light)
    return changed


def recompute_deadlines(*, at: datetime, from_on: date | None = None) -> int:
    """Replay every running clock whose dates may have moved with the calendar, and every timer
    counted in working days; returns how many clocks moved. A transaction each.

    `from_on`: only dates from that day on (a year was published, an office was closed).
    """
    calendar.refresh()
    rows = ProcessInstance.objects.filter(state=InstanceState.RUNNING, clock_running=True)
    timers = Timer.objects.filter(waiting=True, workdays__isnull=False)
    if from_on is not None:
        later = Q(statutory_due_on__gte=from_on) | Q(promised_due_on__gte=from_on)
        rows = rows.filter(later | Q(due_provisional=True))
        timers = timers.filter(Q(due_at__gte=day_after(from_on)) | Q(provisional=True))
    moved = 0
    last: UUID | None = None
    while ids := _chunk(rows, last):
        moved += sum(_recompute(instance_id, at) for instance_id in ids)
        last = ids[-1]
    for timer_id in list(timers.values_list("pk", flat=True)):
        _recompute_timer(timer_id)
    return moved


def _chunk(rows: "object", last: UUID | None) -> list[UUID]:
    found = rows.order_by("pk")  # type: ignore[attr-defined]
    if last is not None:
        found = found.filter(pk__gt=last)
    return list(found.values_list("pk", flat=True)[:CHUNK])


@transaction.atomic
def _recompute(instance_id: UUID, at: datetime) -> bool:
    instance = locked_instance(instance_id)
    if instance.state != InstanceState.RUNNING:
        return False
    before = (instance.statutory_due_on, instance.promised_due_on)
    _show(instance, state_of(instance), local_date(at))
    if before == (instance.statutory_due_on, instance.promised_due_on):
        return False
    timeline.record(
        instance,
        "clock.moved",
        actor=system_actor("workflow.calendar"),
        at=at,
        facts={"promised_due": _iso(instance.promised_due_on)},
    )
    events.publish(
        DeadlineMoved(
            instance_id=instance.pk,
            subject_kind=instance.subject_kind,
            subject_id=instance.subject_id,
            statutory_due_on=instance.statutory_due_on,
            promised_due_on=instance.promised_due_on,
        ),
        at=at,
    )
    return True


@transaction.atomic
def _recompute_timer(timer_id: UUID) -> None:
    timer = (
        Timer.objects.select_for_update(of=("self",))
        .select_related("instance")
        .filter(pk=timer_id, waiting=True)
        .first()
    )
    if timer is None or timer.workdays is None:
        return
    due = calendar.add_workdays(
        local_date(timer.counted_from),
        Workdays(timer.workdays),
        region_code=timer.instance.region_code,
    )
    timer.due_at, timer.provisional = day_after(due.on), due.provisional
    timer.save(update_fields=["due_at", "provisional"])


def _iso(on: date | None) -> str:
    return on.isoformat() if on else ""


def _audit(
    instance: ProcessInstance, act: str, actor: Actor, at: datetime, facts: dict[str, object]
) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="process_instance",
        object_id=instance.pk,
        facts={**facts, "subject": f"{instance.subject_kind}:{instance.subject_id}"},
        at=at,
    )
