"""Workflow for programs: the inbox, every verb on tasks and clocks, definitions."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, officer_only, permitted
from lingnan.standards.calendar.types import CalendarDays, Workdays

from . import queries, services
from .access import access_instance, access_task, standing
from .models import ExtensionRequest, ProcessInstance
from .registry import note_look
from .schemas import (
    AnswerIn,
    BatchIn,
    BatchOut,
    CancelIn,
    CheckIn,
    CompleteIn,
    ConsultIn,
    CountsOut,
    CreatedOut,
    DecisionDetailOut,
    DecisionResultOut,
    DefinitionOut,
    DelegationIn,
    DelegationOut,
    EvaluateIn,
    ExtensionIn,
    InstanceOut,
    NoteIn,
    ProblemOut,
    ProcessDetailOut,
    PublishIn,
    ReasonOut,
    ReturnIn,
    StepOut,
    SuspendIn,
    TaskOut,
    TransferIn,
    UrgeIn,
)
from .types import (
    APPROVE_EXTENSIONS,
    ASSIGN_TASKS,
    PUBLISH_DEFINITIONS,
    READ_PROCESSES,
    STOP_CLOCKS,
    SUSPENSION_REASONS,
    TaskFilters,
)

router = Router(tags=["workflow"])
TaskPage = paged(TaskOut)


# --- tasks -------------------------------------------------------------------------------------


@router.get("/workflow/tasks", response=TaskPage, summary="The inbox")
@officer_only
def list_tasks(
    request: HttpRequest,
    scope: Literal["mine", "pool", "delegated", "done", "all"] = "all",
    light: str = Query("", max_length=8),
    process: str = Query("", max_length=80),
    subject_kind: str = Query("", max_length=40),
    step: str = Query("", max_length=80),
    region: str = Query("", max_length=120, description="Path of a division: at and below it"),
    number: str = Query("", max_length=64, description="Beginning of the subject's number"),
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """Tasks one may work on, due first."""
    filters = TaskFilters(
        scope=scope,
        light=light,
        process_key=process,
        subject_kind=subject_kind,
        step_id=step,
        region_path=region,
        number=number,
    )
    return queries.open_tasks(
        actor_of(request), filters, cursor=cursor, limit=limit, at=clock.now()
    )


@router.get("/workflow/tasks/counts", response=CountsOut, summary="Counts of the inbox")
@officer_only
def task_counts(request: HttpRequest) -> object:
    """Each stops at 1,000."""
    return queries.inbox_counts(actor_of(request), at=clock.now())


@router.post("/workflow/tasks/complete", response=BatchOut, summary="Finish several tasks")
@officer_only
@idempotent
def complete_batch(request: HttpRequest, payload: BatchIn) -> object:
    """Where the step allows it; what refuses is named and does not hold up the others."""
    result = services.complete_tasks(
        actor=actor_of(request),
        task_ids=payload.task_ids,
        outcome=payload.outcome,
        opinion=payload.opinion,
        at=clock.now(),
    )
    return {"done": result.done, "refused": {str(k): v for k, v in result.refused.items()}}


@router.get("/workflow/tasks/{task_id}", response=TaskOut, summary="One task")
@officer_only
def one_task(request: HttpRequest, task_id: UUID) -> object:
    """A task one may see."""
    return access_task(standing(actor_of(request), at=clock.now()), task_id)


@router.post("/workflow/tasks/{task_id}/claim", response=TaskOut, summary="Take a task")
@officer_only
@idempotent
def claim(request: HttpRequest, task_id: UUID) -> object:
    """Others see that it is being worked on."""
    at = clock.now()
    services.claim_task(actor=actor_of(request), task_id=task_id, at=at)
    return access_task(standing(actor_of(request), at=at), task_id)


@router.post("/workflow/tasks/{task_id}/release", response={204: None}, summary="Give it back")
@officer_only
@idempotent
def release(request: HttpRequest, task_id: UUID) -> Status[None]:
    """The task returns to the pool."""
    services.release_task(actor=actor_of(request), task_id=task_id, at=clock.now())
    return Status(204, None)


@router.post("/workflow/tasks/{task_id}/complete", response=StepOut, summary="Finish a task")
@officer_only
@idempotent
def complete(request: HttpRequest, task_id: UUID, payload: CompleteIn) -> object:
    """With one of its outcomes; the process goes on at once."""
    return services.complete_task(
        actor=actor_of(request),
        task_id=task_id,
        outcome=payload.outcome,
        opinion=payload.opinion,
        form=payload.form,
        at=clock.now(),
    )


@router.post("/workflow/tasks/{task_id}/return", response=StepOut, summary="Send back")
@officer_only
@idempotent
def return_(request: HttpRequest, task_id: UUID, payload: ReturnIn) -> object:
    """To an earlier step, with a reason."""
    return services.return_task(
        actor=actor_of(request),
        task_id=task_id,
        reason=payload.reason,
        to_step=payload.to_step,
        at=clock.now(),
    )


@router.post("/workflow/tasks/{task_id}/transfer", response={204: None}, summary="Hand over")
@officer_only
@idempotent
def transfer(request: HttpRequest, task_id: UUID, payload: TransferIn) -> Status[None]:
    """To a colleague who holds the role."""
    services.transfer_task(
        actor=actor_of(request),
        task_id=task_id,
        to_officer_id=payload.to_officer_id,
        reason=payload.reason,
        at=clock.now(),
    )
    return Status(204, None)


@router.post(
    "/workflow/tasks/{task_id}/consultants", response={201: CreatedOut}, summary="Ask a colleague"
)
@officer_only
@idempotent
def consult(request: HttpRequest, task_id: UUID, payload: ConsultIn) -> Status[dict[str, UUID]]:
    """The task waits until he has answered."""
    asked = services.add_consultant(
        actor=actor_of(request),
        task_id=task_id,
        officer_id=payload.officer_id,
        question=payload.question,
        at=clock.now(),
    )
    return Status(201, {"id": asked})


@router.delete(
    "/workflow/consultations/{task_id}", response={204: None}, summary="Withdraw a question"
)
@officer_only
@idempotent
def withdraw_question(request: HttpRequest, task_id: UUID) -> Status[None]:
    """`task_id` is the task of the one asked."""
    services.withdraw_consultant(actor=actor_of(request), task_id=task_id, at=clock.now())
    return Status(204, None)


@router.post("/workflow/tasks/{task_id}/urge", response={204: None}, summary="Urge")
@permitted(ASSIGN_TASKS)
@idempotent
def urge(request: HttpRequest, task_id: UUID, payload: UrgeIn) -> Status[None]:
    """At most once a day."""
    services.urge(actor=actor_of(request), task_id=task_id, note=payload.note, at=clock.now())
    return Status(204, None)


@router.get("/workflow/delegations", response=list[DelegationOut], summary="Delegations")
@officer_only
def list_delegations(request: HttpRequest) -> object:
    """Given or held by oneself, not over yet."""
    return queries.delegations(actor_of(request), at=clock.now())


@router.post("/workflow/delegations", response={201: DelegationOut}, summary="Delegate")
@officer_only
@idempotent
def delegate(request: HttpRequest, payload: DelegationIn) -> Status[object]:
    """While one is away, a colleague does one's tasks."""
    made = services.delegate(
        actor=actor_of(request),
        to_officer_id=payload.to_officer_id,
        from_on=payload.from_on,
        until_on=payload.until_on,
        reason=payload.reason,
        absent_officer_id=payload.absent_officer_id,
        at=clock.now(),
    )
    return Status(201, made)


@router.delete("/workflow/delegations/{delegation_id}", response={204: None}, summary="End one")
@officer_only
@idempotent
def end_delegation(request: HttpRequest, delegation_id: UUID) -> Status[None]:
    """Before its time."""
    services.end_delegation(actor=actor_of(request), delegation_id=delegation_id, at=clock.now())
    return Status(204, None)


# --- instances and clocks ----------------------------------------------------------------------


def _instance(request: HttpRequest, instance_id: UUID) -> ProcessInstance:
    return access_instance(standing(actor_of(request), at=clock.now()), instance_id)


@router.get("/workflow/instances/{instance_id}", response=InstanceOut, summary="One process")
@officer_only
def one_instance(request: HttpRequest, instance_id: UUID) -> dict[str, object]:
    """Clocks, where it stands, and its timeline as officers read it."""
    instance = _instance(request, instance_id)
    note_look(instance.subject_kind, instance.subject_id, actor_of(request), clock.now())
    names = ("id", "process_key", "subject_kind", "subject_id", "subject_number")
    more = ("subject_title", "state", "outcome", "started_at", "ended_at")
    return {
        **{name: getattr(instance, name) for name in (*names, *more)},
        "version": instance.version.number,
        "clock": queries.clock(instance_id, at=clock.now()),
        "current": queries.current_steps(instance_id),
        "timeline": queries.timeline(
            instance.subject_kind, instance.subject_id, audience="officer"
        ),
    }


@router.get("/workflow/suspension-reasons", response=list[ReasonOut], summary="Lawful stops")
@officer_only
def suspension_reasons(request: HttpRequest) -> list[ReasonOut]:
    """What the law lets the clock stand still for."""
    return [
        ReasonOut(code=reason.code, title=str(reason.title), source=reason.source)
        for reason in SUSPENSION_REASONS.values()
    ]


@router.post(
    "/workflow/instances/{instance_id}/suspend", response={204: None}, summary="Stop the clock"
)
@permitted(STOP_CLOCKS)
@idempotent
def suspend(request: HttpRequest, instance_id: UUID, payload: SuspendIn) -> Status[None]:
    """For a special procedure the law names, with its length."""
    _instance(request, instance_id)
    days = Workdays(payload.days) if payload.unit == "workdays" else CalendarDays(payload.days)
    services.suspend(
        instance_id=instance_id,
        reason_code=payload.reason_code,
        days=days,
        note=payload.note,
        actor=actor_of(request),
        at=clock.now(),
    )
    return Status(204, None)


@router.post("/workflow/instances/{instance_id}/resume", response={204: None}, summary="Let it run")
@permitted(STOP_CLOCKS)
@idempotent
def resume(request: HttpRequest, instance_id: UUID, payload: NoteIn) -> Status[None]:
    """The special procedure is over."""
    _instance(request, instance_id)
    services.resume(
        instance_id=instance_id, note=payload.note, actor=actor_of(request), at=clock.now()
    )
    return Status(204, None)


@router.post(
    "/workflow/instances/{instance_id}/extensions",
    response={201: CreatedOut},
    summary="Ask for more time",
)
@officer_only
@idempotent
def request_extension(
    request: HttpRequest, instance_id: UUID, payload: ExtensionIn
) -> Status[dict[str, UUID]]:
    """The head of the agency answers."""
    _instance(request, instance_id)
    made = services.request_extension(
        instance_id=instance_id,
        workdays=payload.workdays,
        reason=payload.reason,
        joint=payload.joint,
        actor=actor_of(request),
        at=clock.now(),
    )
    return Status(201, {"id": made.pk})


@router.post("/workflow/extensions/{request_id}", response={204: None}, summary="Answer one")
@permitted(APPROVE_EXTENSIONS)
@idempotent
def answer_extension(request: HttpRequest, request_id: UUID, payload: AnswerIn) -> Status[None]:
    """Approve or refuse."""
    found = ExtensionRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise NotFound
    _instance(request, found.instance_id)
    answer = services.approve_extension if payload.approve else services.refuse_extension
    answer(request_id=request_id, actor=actor_of(request), answer=payload.answer, at=clock.now())
    return Status(204, None)


@router.post("/workflow/instances/{instance_id}/cancel", response=StepOut, summary="Break off")
@permitted(ASSIGN_TASKS)
@idempotent
def cancel(request: HttpRequest, instance_id: UUID, payload: CancelIn) -> object:
    """Entered by mistake, or the subject ceased."""
    instance = _instance(request, instance_id)
    actor = actor_of(request)
    actor.check(ASSIGN_TASKS, agency_id=instance.agency_id, region_path=instance.region_path)
    return services.cancel(
        instance_id=instance_id, actor=actor, reason=payload.reason, at=clock.now()
    )


# --- definitions -------------------------------------------------------------------------------


@router.get("/workflow/processes", response=list[DefinitionOut], summary="Processes")
@permitted(READ_PROCESSES, PUBLISH_DEFINITIONS)
def list_processes(request: HttpRequest) -> object:
    """The newest version of each."""
    return queries.processes()


@router.post("/workflow/processes", response={201: DefinitionOut}, summary="Publish a process")
@permitted(PUBLISH_DEFINITIONS)
@idempotent
def publish_process(request: HttpRequest, payload: PublishIn) -> Status[object]:
    """Refused with every problem listed; running instances stay on their version."""
    made = services.publish_process(
        key=payload.key, bpmn=payload.source, actor=actor_of(request), at=clock.now()
    )
    return Status(201, made)


@router.post("/workflow/processes/check", response=list[ProblemOut], summary="Check a process")
@permitted(PUBLISH_DEFINITIONS)
def check_process(request: HttpRequest, payload: CheckIn) -> object:
    """What would keep it from being published; an empty list means nothing."""
    return services.check_process(payload.source)[1]


@router.get("/workflow/processes/{key}", response=ProcessDetailOut, summary="One process")
@permitted(READ_PROCESSES, PUBLISH_DEFINITIONS)
def one_process(request: HttpRequest, key: str, version: int | None = None) -> object:
    """The newest version, or the one asked for."""
    found = queries.process_versions(key)
    chosen = next((v for v in found if version is None or v.number == version), None)
    if chosen is None:
        raise NotFound
    return chosen


@router.get("/workflow/decisions", response=list[DefinitionOut], summary="Decision tables")
@permitted(READ_PROCESSES, PUBLISH_DEFINITIONS)
def list_decisions(request: HttpRequest) -> object:
    """The newest version of each."""
    return queries.decisions()


@router.post("/workflow/decisions", response={201: DefinitionOut}, summary="Publish a decision")
@permitted(PUBLISH_DEFINITIONS)
@idempotent
def publish_decision(request: HttpRequest, payload: PublishIn) -> Status[object]:
    """Refused with every gap and overlap listed."""
    made = services.publish_decision(
        key=payload.key,
        dmn=payload.source,
        actor=actor_of(request),
        at=clock.now(),
        effective_from=payload.effective_from,
    )
    return Status(201, made)


@router.get("/workflow/decisions/{key}", response=DecisionDetailOut, summary="One decision")
@permitted(READ_PROCESSES, PUBLISH_DEFINITIONS)
def one_decision(request: HttpRequest, key: str) -> object:
    """The newest version."""
    return queries.decision_versions(key)[0]


@router.post(
    "/workflow/decisions/{key}/evaluate", response=DecisionResultOut, summary="Try a decision"
)
@permitted(READ_PROCESSES, PUBLISH_DEFINITIONS)
def evaluate(request: HttpRequest, key: str, payload: EvaluateIn) -> object:
    """The answer and the rules that gave it; nothing is written."""
    return services.evaluate(key, payload.facts, at=payload.on or clock.now())
