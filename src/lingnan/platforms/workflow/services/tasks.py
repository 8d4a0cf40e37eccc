"""What people do with tasks."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit import services as audit

from .. import registry, timeline
from ..access import Standing, access_task, is_own_submission, may_work, standing
from ..errors import (
    AssigneeInvalid,
    BatchNotAllowed,
    ConsultationOpen,
    DelegationInvalid,
    NotRunning,
    OpinionMissing,
    OutcomeInvalid,
    OwnSubmission,
    ReasonMissing,
    ReturnTargetInvalid,
    TaskAlreadyDone,
    TaskClaimedByOther,
    TaskNotYours,
    UrgedRecently,
)
from ..events import TaskCompleted, TaskUrged
from ..models import Delegation, ProcessInstance, WorkTask
from ..types import (
    ASSIGN_TASKS,
    NO_DUE,
    BatchResult,
    InstanceState,
    StepResult,
    TaskKind,
    TaskState,
)
from .instances import locked_instance, moving
from .running import Session, loaded, result_of

URGE_PAUSE = timedelta(days=1)
BATCH_MAX = 100


@transaction.atomic
def claim_task(*, actor: Actor, task_id: UUID, at: datetime) -> None:
    """Take a task from the pool. Raises: NotFound, TaskAlreadyDone, TaskClaimedByOther,
    OwnSubmission, Forbidden.
    """
    who = standing(actor, at=at)
    task, instance = _open_task(who, task_id)
    _check_worker(who, task)
    if actor.officer_id is None:
        raise Forbidden(needs="officer")
    if task.assignee_id == actor.officer_id:
        return
    task.state = TaskState.CLAIMED
    task.assignee_id = actor.officer_id
    task.claimed_at = at
    task.save(update_fields=["state", "assignee", "claimed_at"])
    _record(task, instance, "task.claimed", actor, at)


@transaction.atomic
def release_task(*, actor: Actor, task_id: UUID, at: datetime) -> None:
    """Put a task back into the pool. Raises: NotFound, TaskAlreadyDone, TaskNotYours."""
    who = standing(actor, at=at)
    task, instance = _open_task(who, task_id)
    if task.assignee_id not in who.officer_ids and not _assigns(actor, task):
        raise TaskNotYours
    if task.kind == TaskKind.CONSULT:
        raise TaskNotYours
    task.state = TaskState.OPEN
    task.assignee_id = None
    task.claimed_at = None
    task.save(update_fields=["state", "assignee", "claimed_at"])
    _record(task, instance, "task.released", actor, at)


@transaction.atomic
def complete_task(
    *,
    actor: Actor,
    task_id: UUID,
    outcome: str,
    opinion: str = "",
    form: Mapping[str, Any] | None = None,
    at: datetime,
) -> StepResult:
    """Finish a task with an outcome; the process goes on in the same transaction.

    Sets the variables `outcome`, `<step>_outcome`, `<step>_opinion` and `form.<step>`. A vote
    counts towards its countersign; an opinion asked for only answers. Two at once: one wins.
    Raises: NotFound (404), TaskAlreadyDone, TaskClaimedByOther, OwnSubmission, ConsultationOpen,
    OutcomeInvalid (422), OpinionMissing (422), and what the process's actions refuse.
    """
    who = standing(actor, at=at)
    task, instance = _open_task(who, task_id)
    absent = _check_worker(who, task)
    if task.kind == TaskKind.CONSULT:
        return _answer(task, instance, actor, opinion, at)
    _check_outcome(task, outcome, opinion, instance)
    _check_consultations(task)
    _finish(task, TaskState.DONE, outcome, opinion, form, actor, absent, at)
    variables = instance.variables
    if task.kind == TaskKind.STEP:
        variables["outcome"] = outcome
        variables[f"{task.step_id}_outcome"] = outcome
        variables[f"{task.step_id}_opinion"] = opinion
    # Also when nothing was entered: what was entered when the step was done before is over.
    variables["form"] = {**variables.get("form", {}), task.step_id: dict(form or {})}
    code = "task.voted" if task.kind == TaskKind.VOTE else "task.done"
    _record(
        task,
        instance,
        code,
        actor,
        at,
        facts={"outcome": outcome},
        internal={"opinion": opinion, "for": absent.name if absent else ""},
    )
    _publish_completed(task, actor, at)
    assert task.token is not None, "steps and votes have a token"
    with moving(instance.pk):
        session = Session(instance, actor=actor, at=at)
        session.before.discard(task.token)  # its row is closed already
        session.run.complete(task.token)
        return session.settle()


def complete_tasks(
    *, actor: Actor, task_ids: Sequence[UUID], outcome: str, opinion: str = "", at: datetime
) -> BatchResult:
    """Finish several tasks of steps that allow it, each in its own transaction.

    What refuses is named and does not hold up the others.
    """
    done: list[UUID] = []
    refused: dict[UUID, str] = {}
    for task_id in dict.fromkeys(task_ids[:BATCH_MAX]):
        try:
            with transaction.atomic():
                allowed = (
                    WorkTask.objects.filter(pk=task_id)
                    .values_list("allows_batch", flat=True)
                    .first()
                )
                if allowed is False:
                    raise BatchNotAllowed
                complete_task(actor=actor, task_id=task_id, outcome=outcome, opinion=opinion, at=at)
            done.append(task_id)
        except Refusal as refusal:
            refused[task_id] = refusal.code
    return BatchResult(done=tuple(done), refused=refused)


@transaction.atomic
def return_task(
    *, actor: Actor, task_id: UUID, reason: str, to_step: str = "", at: datetime
) -> StepResult:
    """Send the matter back to an earlier step, to whoever did it then.

    Without `to_step`, to the step done last. Back across a parallel split, the other branches are
    called off. Raises: as `complete_task`, ReasonMissing (422), ReturnTargetInvalid (409).
    """
    if not reason.strip():
        raise ReasonMissing
    who = standing(actor, at=at)
    task, instance = _open_task(who, task_id)
    absent = _check_worker(who, task)
    if task.kind == TaskKind.CONSULT:
        raise TaskNotYours
    _check_consultations(task)
    earlier = _earlier(instance, task, to_step)
    _finish(task, TaskState.RETURNED, "return", reason, None, actor, absent, at)
    _record(
        task,
        instance,
        "task.returned",
        actor,
        at,
        facts={"target": earlier.step_name, "target_id": earlier.step_id},
        internal={"opinion": reason, "for": absent.name if absent else ""},
    )
    instance.variables["outcome"] = "return"
    instance.variables[f"{task.step_id}_outcome"] = "return"
    instance.variables[f"{task.step_id}_opinion"] = reason
    definition, _spec = loaded(instance.version_id)
    with moving(instance.pk):
        session = Session(instance, actor=actor, at=at)
        tokens = session.run.tokens()
        if definition.same_branch(earlier.step_id, task.step_id):
            gone = [t.id for t in tokens if t.id == task.token]
        else:
            gone = [t.id for t in tokens]
        session.run.move(tokens=gone, to_element=earlier.step_id)
        result = session.settle()
    _hand_back(instance, earlier, at)
    return result


@transaction.atomic
def transfer_task(
    *, actor: Actor, task_id: UUID, to_officer_id: UUID, reason: str = "", at: datetime
) -> None:
    """Hand a task to a colleague who holds its role. By who works on it, or who assigns work.

    Raises: NotFound, TaskAlreadyDone, TaskNotYours, AssigneeInvalid.
    """
    who = standing(actor, at=at)
    task, instance = _open_task(who, task_id)
    if task.assignee_id not in who.officer_ids and not _assigns(actor, task):
        raise TaskNotYours
    target = _colleague(to_officer_id)
    if task.kind != TaskKind.CONSULT and not may_work(target, task):
        raise AssigneeInvalid
    if task.is_separate:
        check_own_submission(target, task)
        registry.check_worker(task.subject_kind, task.subject_id, target)
    task.state = TaskState.CLAIMED
    task.assignee_id = to_officer_id
    task.claimed_at = at
    task.save(update_fields=["state", "assignee", "claimed_at"])
    _record(
        task,
        instance,
        "task.transferred",
        actor,
        at,
        facts={"to": target.name},
        internal={"note": reason},
    )


@transaction.atomic
def add_consultant(
    *, actor: Actor, task_id: UUID, officer_id: UUID, question: str, at: datetime
) -> UUID:
    """Ask a colleague for an opinion before deciding (加签); returns the id of his task.

    The task cannot be finished while the question is open.
    Raises: NotFound, TaskAlreadyDone, TaskNotYours, AssigneeInvalid, ReasonMissing.
    """
    if not question.strip():
        raise ReasonMissing
    who = standing(actor, at=at)
    task, instance = _open_task(who, task_id)
    if task.kind == TaskKind.CONSULT or task.assignee_id not in who.officer_ids:
        raise TaskNotYours
    consultant = _colleague(officer_id)
    if officer_id in who.officer_ids or consultant.agency_id is None:
        raise AssigneeInvalid
    if task.is_separate:  # an opinion asked for weighs on the decision
        check_own_submission(consultant, task)
        registry.check_worker(task.subject_kind, task.subject_id, consultant)
    copied = {
        name: getattr(task, name)
        for name in (
            *("instance_id", "step_id", "step_name", "role", "due_on", "light", "light_total"),
            *("process_key", "subject_kind", "subject_id", "subject_number", "subject_title"),
        )
    }
    asked = WorkTask.objects.create(
        **copied,
        kind=TaskKind.CONSULT,
        agency_id=consultant.agency_id,
        region_path=consultant.region_path,
        state=TaskState.CLAIMED,
        assignee_id=officer_id,
        claimed_at=at,
        outcomes=["answered"],
        is_separate=False,
        asked_by=task,
        question=question.strip(),
        opened_at=at,
    )
    _record(
        task,
        instance,
        "task.consulted",
        actor,
        at,
        facts={"to": consultant.name},
        internal={"question": question},
    )
    return asked.pk


@transaction.atomic
def withdraw_consultant(*, actor: Actor, task_id: UUID, at: datetime) -> None:
    """Take back a question that was not answered; `task_id` is the consultant's task.

    Raises: NotFound, TaskAlreadyDone, TaskNotYours.
    """
    who = standing(actor, at=at)
    asked = (
        WorkTask.objects.filter(pk=task_id, kind=TaskKind.CONSULT)
        .select_related("asked_by", "assignee")
        .first()
    )
    if asked is None or asked.asked_by is None:
        raise NotFound
    if asked.asked_by.assignee_id not in who.officer_ids:
        raise NotFound
    instance = locked_instance(asked.instance_id)
    asked.refresh_from_db(fields=["state", "is_open", "done_by_name"])
    if not asked.is_open:
        raise TaskAlreadyDone(by=asked.done_by_name)
    asked.state, asked.is_open, asked.done_at = TaskState.CANCELLED, False, at
    asked.save(update_fields=["state", "is_open", "done_at"])
    name = asked.assignee.name if asked.assignee else ""
    _record(asked.asked_by, instance, "task.consultation_withdrawn", actor, at, facts={"to": name})


@transaction.atomic
def urge(*, actor: Actor, task_id: UUID, note: str = "", at: datetime) -> None:
    """Urge whoever has the task; at most once a day. Raises: NotFound, UrgedRecently, Forbidden."""
    who = standing(actor, at=at)
    task, instance = _open_task(who, task_id)
    if not _assigns(actor, task):
        raise Forbidden(permission=ASSIGN_TASKS)
    if task.urged_at is not None and at - task.urged_at < URGE_PAUSE:
        raise UrgedRecently
    task.urged_at = at
    task.urged_times += 1
    task.save(update_fields=["urged_at", "urged_times"])
    _record(task, instance, "task.urged", actor, at, internal={"note": note})
    events.publish(
        TaskUrged(
            task_id=task.pk,
            instance_id=instance.pk,
            subject_kind=task.subject_kind,
            subject_id=task.subject_id,
            step_id=task.step_id,
            agency_id=task.agency_id,
            assignee_id=task.assignee_id,
            urged_at=at,
        ),
        at=at,
    )


@transaction.atomic
def delegate(
    *,
    actor: Actor,
    to_officer_id: UUID,
    from_on: date,
    until_on: date,
    reason: str = "",
    absent_officer_id: UUID | None = None,
    at: datetime,
) -> Delegation:
    """While one is away a colleague of the agency sees and does one's tasks; `until_on` exclusive.

    For another officer only by who assigns work there. Raises: DelegationInvalid (422), Forbidden.
    """
    absent_id = absent_officer_id or actor.officer_id
    if absent_id is None:
        raise Forbidden(needs="officer")
    absent, stand_in = _colleague(absent_id), _colleague(to_officer_id)
    if absent_id != actor.officer_id:
        actor.check(ASSIGN_TASKS, agency_id=absent.agency_id, region_path=absent.region_path)
    in_order = local_date(at) < until_on and from_on < until_on
    if not in_order or absent_id == to_officer_id or absent.agency_id != stand_in.agency_id:
        raise DelegationInvalid
    made = Delegation.objects.create(
        absent_id=absent_id,
        delegate_id=to_officer_id,
        from_on=from_on,
        until_on=until_on,
        reason=reason[:200],
        given_by_name=actor.name[:100],
    )
    audit.record(
        actor=actor,
        act="workflow.delegated",
        object_kind="delegation",
        object_id=made.pk,
        facts={"from": from_on.isoformat(), "until": until_on.isoformat()},
        at=at,
    )
    return made


@transaction.atomic
def end_delegation(*, actor: Actor, delegation_id: UUID, at: datetime) -> None:
    """End a delegation early. Raises: NotFound (404)."""
    found = Delegation.objects.select_for_update().filter(pk=delegation_id).first()
    if found is None:
        raise NotFound
    absent = identity.officer(found.absent_id)
    if found.absent_id != actor.officer_id and not actor.can(
        ASSIGN_TASKS, agency_id=absent.agency_id
    ):
        raise NotFound
    if found.ended_at is None:
        found.ended_at = at
        found.save(update_fields=["ended_at"])
        audit.record(
            actor=actor,
            act="workflow.delegation_ended",
            object_kind="delegation",
            object_id=found.pk,
            at=at,
        )


# --- shared ------------------------------------------------------------------------------------


def _open_task(who: Standing, task_id: UUID) -> tuple[WorkTask, ProcessInstance]:
    """The task as it is once the instance is ours alone.

    Raises: NotFound, TaskAlreadyDone, NotRunning.
    """
    seen = access_task(who, task_id)
    instance = locked_instance(seen.instance_id)
    task = WorkTask.objects.select_related("agency", "assignee", "done_by").get(pk=task_id)
    if task.state in {TaskState.DONE, TaskState.RETURNED}:
        raise TaskAlreadyDone(by=task.done_by_name)
    if instance.state != InstanceState.RUNNING or not task.is_open:
        raise NotRunning
    return task, instance


def _check_worker(who: Standing, task: WorkTask) -> Actor | None:
    """Whether the actor may do the task; returns the one he stands in for, if any."""
    own = task.assignee_id in who.officer_ids
    if task.assignee_id is not None and not own and not who.actor.is_system:
        raise TaskClaimedByOther(by=task.assignee.name if task.assignee else "")
    place = who.for_whom(task)
    if place is None:
        raise Forbidden(role=task.role)
    if task.is_separate:
        check_own_submission(who.actor, task)
        registry.check_worker(task.subject_kind, task.subject_id, who.actor)
    return None if place is who.actor else place


def check_own_submission(actor: Actor, task: WorkTask) -> None:
    """Nobody decides on what he handed in, with this account or another of his.

    Raises: OwnSubmission (403). Source: GB/T 22239-2019 8.1.4.2.
    """
    if is_own_submission(actor, task):
        raise OwnSubmission


def _check_outcome(task: WorkTask, outcome: str, opinion: str, instance: ProcessInstance) -> None:
    if outcome not in task.outcomes:
        raise OutcomeInvalid(outcome=outcome, choices=", ".join(task.outcomes))
    definition, _spec = loaded(instance.version_id)
    if outcome in definition.elements[task.step_id].opinion_required_for and not opinion.strip():
        raise OpinionMissing(outcome=outcome)


def _check_consultations(task: WorkTask) -> None:
    names = list(
        WorkTask.objects.filter(asked_by=task, is_open=True).values_list(
            "assignee__name", flat=True
        )
    )
    if names:
        raise ConsultationOpen(who="、".join(filter(None, names)))


def _finish(
    task: WorkTask,
    state: TaskState,
    outcome: str,
    opinion: str,
    form: Mapping[str, Any] | None,
    actor: Actor,
    absent: Actor | None,
    at: datetime,
) -> None:
    task.state = state
    task.is_open = False
    task.outcome = outcome
    task.opinion = opinion
    task.form_data = dict(form or {})
    task.done_at = at
    task.done_by_id = actor.officer_id
    task.done_by_name = actor.name[:100]
    task.done_for_id = absent.officer_id if absent else None
    task.save(
        update_fields=[
            *("state", "is_open", "outcome", "opinion", "form_data"),
            *("done_at", "done_by", "done_by_name", "done_for"),
        ]
    )


def _answer(
    task: WorkTask, instance: ProcessInstance, actor: Actor, opinion: str, at: datetime
) -> StepResult:
    if not opinion.strip():
        raise OpinionMissing
    _finish(task, TaskState.DONE, "answered", opinion, None, actor, None, at)
    _record(task, instance, "task.answered", actor, at, internal={"opinion": opinion})
    return result_of(instance)


def _earlier(instance: ProcessInstance, task: WorkTask, to_step: str) -> WorkTask:
    done = (
        WorkTask.objects.filter(instance=instance, state=TaskState.DONE, done_at__isnull=False)
        .exclude(kind=TaskKind.CONSULT)
        .exclude(step_id=task.step_id)
        .order_by("-done_at", "-id")
    )
    found = done.filter(step_id=to_step).first() if to_step else done.first()
    if found is None:
        raise ReturnTargetInvalid(step=to_step)
    return found


def _hand_back(instance: ProcessInstance, earlier: WorkTask, at: datetime) -> None:
    """The step that opened again goes to who did it, if he is still there."""
    if earlier.done_by_id is None or earlier.kind != TaskKind.STEP:
        return
    try:
        officer = identity.actor_of_officer(earlier.done_by_id)
    except NotFound:
        return
    task = WorkTask.objects.filter(
        instance=instance, step_id=earlier.step_id, is_open=True, assignee__isnull=True
    ).first()
    if task is not None and may_work(officer, task):
        task.state = TaskState.CLAIMED
        task.assignee_id = officer.officer_id
        task.claimed_at = at
        task.save(update_fields=["state", "assignee", "claimed_at"])


def _colleague(officer_id: UUID) -> Actor:
    try:
        return identity.actor_of_officer(officer_id)
    except NotFound as error:
        raise AssigneeInvalid from error


def _assigns(actor: Actor, task: WorkTask) -> bool:
    return actor.can(ASSIGN_TASKS, agency_id=task.agency_id, region_path=task.region_path)


def _publish_completed(task: WorkTask, actor: Actor, at: datetime) -> None:
    events.publish(
        TaskCompleted(
            task_id=task.pk,
            instance_id=task.instance_id,
            subject_kind=task.subject_kind,
            subject_id=task.subject_id,
            step_id=task.step_id,
            outcome=task.outcome,
            agency_id=task.agency_id,
            officer_id=actor.officer_id,
            opened_at=task.opened_at,
            done_at=at,
            due_on=None if task.due_on == NO_DUE else task.due_on,
        ),
        at=at,
    )


def _record(
    task: WorkTask,
    instance: ProcessInstance,
    code: str,
    actor: Actor,
    at: datetime,
    *,
    facts: Mapping[str, Any] | None = None,
    internal: Mapping[str, Any] | None = None,
) -> None:
    timeline.record(
        instance,
        code,
        actor=actor,
        at=at,
        facts={"step": task.step_name, "step_id": task.step_id, **(facts or {})},
        internal=internal,
        agency_name=task.agency.name,
    )
    audit.record(
        actor=actor,
        act=f"workflow.{code.replace('.', '_')}",
        object_kind="work_task",
        object_id=task.pk,
        facts={
            "step": task.step_id,
            "subject": f"{task.subject_kind}:{task.subject_id}",
            "outcome": task.outcome,
        },
        at=at,
    )
