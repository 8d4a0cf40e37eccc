"""The only door from an outside id to a task or instance: find and authorise, or refuse.

A task is open to whoever works on it, to officers holding its role where it lies, to the stand-in
of one who is away, and to those who assign work there. What one may not see does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from lingnan.kernel.actors import Actor, Reach
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import NotFound
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import is_own

from .models import Delegation, ProcessInstance, WorkTask
from .types import ASSIGN_TASKS, READ_PROCESSES, WORK_TASKS


@dataclass(frozen=True, slots=True)
class Standing:
    """An actor together with those he stands in for today."""

    actor: Actor
    absent: tuple[Actor, ...] = ()

    @property
    def everyone(self) -> tuple[Actor, ...]:
        return (self.actor, *self.absent)

    @property
    def officer_ids(self) -> tuple[UUID, ...]:
        return tuple(a.officer_id for a in self.everyone if a.officer_id is not None)

    def for_whom(self, task: WorkTask) -> Actor | None:
        """In whose place the actor would do this task; himself first."""
        return next((one for one in self.everyone if may_work(one, task)), None)


def standing(actor: Actor, *, at: datetime) -> Standing:
    """Who the actor is today. One query, three more for each one absent."""
    if actor.officer_id is None:
        return Standing(actor)
    today = local_date(at)
    absent_ids = Delegation.objects.filter(
        delegate_id=actor.officer_id, from_on__lte=today, until_on__gt=today, ended_at=None
    ).values_list("absent_id", flat=True)
    absent = []
    for officer_id in absent_ids:
        try:
            absent.append(identity.actor_of_officer(officer_id))
        except NotFound:  # has left; his tasks are for whoever assigns work
            continue
    return Standing(actor, tuple(absent))


def role_reaches(actor: Actor) -> list[tuple[str, Reach]]:
    """Each role the actor works tasks with, and where it reaches."""
    found = ((role, actor.reach(WORK_TASKS, role=role)) for role in sorted(actor.roles))
    return [(role, reach) for role, reach in found if not reach.is_empty]


def may_work(actor: Actor, task: WorkTask) -> bool:
    """Whether the task is his, or lies in his roles' reach."""
    if actor.is_system:
        return True
    if actor.officer_id is not None and task.assignee_id == actor.officer_id:
        return True
    reach = actor.reach(WORK_TASKS, role=task.role)
    return not reach.is_empty and reach.covers(
        agency_id=task.agency_id, region_path=task.region_path
    )


def is_own_submission(actor: Actor, task: WorkTask) -> bool:
    """Whether the actor handed the matter in, with whichever account. One query."""
    submitter = task.submitter_account_id
    return submitter is not None and is_own(actor, submitter, *identity.persons_behind(submitter))


def visible_tasks(who: Standing) -> Q:
    """The condition for every task one may see."""
    if who.actor.is_system:
        return Q()
    condition = Q(pk__in=[])
    for actor in who.everyone:
        if actor.officer_id is not None:
            condition |= Q(assignee_id=actor.officer_id) | Q(done_by_id=actor.officer_id)
        for role, reach in role_reaches(actor):
            condition |= Q(role=role) & reach.q()
    for permission in (ASSIGN_TASKS, READ_PROCESSES):
        reach = who.actor.reach(permission)
        if not reach.is_empty:
            condition |= reach.q()
    return condition


def access_task(who: Standing, task_id: UUID) -> WorkTask:
    """A task one may see, with its instance. Raises: NotFound (404)."""
    task = (
        WorkTask.objects.filter(visible_tasks(who), pk=task_id)
        .select_related("agency", "assignee", "done_by", "instance", "instance__agency")
        .first()
    )
    if task is None:
        raise NotFound
    return task


def access_instance(who: Standing, instance_id: UUID) -> ProcessInstance:
    """An instance one has or had a task in, or may read. Raises: NotFound (404)."""
    instance = (
        ProcessInstance.objects.select_related("agency", "version").filter(pk=instance_id).first()
    )
    if instance is None or not _sees(who, instance):
        raise NotFound
    return instance


def _sees(who: Standing, instance: ProcessInstance) -> bool:
    permissions: Sequence[str] = (READ_PROCESSES, ASSIGN_TASKS)
    if any(
        who.actor.can(code, agency_id=instance.agency_id, region_path=instance.region_path)
        for code in permissions
    ):
        return True
    return WorkTask.objects.filter(visible_tasks(who), instance=instance).exists()
