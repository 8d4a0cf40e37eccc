"""An officer's step on a case, found among the open steps of its process and completed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from lingnan.kernel.actors import Actor
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall, CurrentStep

from .. import access
from ..errors import NoTask
from ..models import Case


def complete(
    *,
    actor: Actor,
    case_id: UUID,
    permission: str,
    step: str | None,
    task_id: UUID | None,
    outcome: str,
    opinion: str = "",
    form: Mapping[str, Any] | None = None,
    but_not: tuple[str, ...] = (),
    at: datetime,
) -> Case:
    """Complete the actor's task on a case and give back the case as it is then.

    `step` is the beginning of the step's id; None takes any step except those in `but_not`. A
    `task_id` given must be such a step of this very case.
    Raises: CaseNotFound, NoTask, Forbidden, identity's SelfApproval, workflow's refusals.
    """
    case = access.officer_case(actor, case_id, permission)
    if task_id is None:
        found = _task_of(actor, case, step=step, but_not=but_not)
    else:
        found = _checked_task(case, task_id, step=step, but_not=but_not)
    workflow.complete_task(
        actor=actor,
        task_id=found,
        outcome=outcome,
        opinion=opinion,
        form=dict(form or {}),
        at=at,
    )
    case.refresh_from_db()
    return case


def task_of(
    actor: Actor, case: Case, *, step: str | None = None, but_not: tuple[str, ...] = ()
) -> UUID:
    """The id of the one open task of the case that the actor may do. Raises: NoTask."""
    return _task_of(actor, case, step=step, but_not=but_not)


def form_of(call: ActionCall, step: str) -> Mapping[str, Any]:
    """What an officer entered at a step (`form.<step>` of the process variables)."""
    form = call.variables.get("form")
    entered = form.get(step) if isinstance(form, Mapping) else call.variables.get(f"form.{step}")
    return entered if isinstance(entered, Mapping) else {}


def _task_of(actor: Actor, case: Case, *, step: str | None, but_not: tuple[str, ...]) -> UUID:
    if case.instance_id is None:
        raise NoTask
    for current in workflow_queries.current_steps(case.instance_id):
        if current.task_id is None or not _fits(current.step_id, step, but_not):
            continue
        if _is_candidate(actor, current, case.region_path):
            return current.task_id
    raise NoTask


def _checked_task(case: Case, task_id: UUID, *, step: str | None, but_not: tuple[str, ...]) -> UUID:
    """The task, open or done, if it is such a step of the case. Raises: NoTask."""
    if case.instance_id is None:
        raise NoTask
    for task in workflow_queries.tasks_of(case.instance_id):
        if task.pk == task_id and _fits(task.step_id, step, but_not):
            return task_id
    raise NoTask


def _fits(step_id: str, step: str | None, but_not: tuple[str, ...]) -> bool:
    if step is not None:
        return step_id.startswith(step)
    return not step_id.startswith(but_not) if but_not else True


def _is_candidate(actor: Actor, step: CurrentStep, region_path: str) -> bool:
    return any(
        grant.role == step.role and grant.covers(agency_id=step.agency_id, region_path=region_path)
        for grant in actor.grants
    )
