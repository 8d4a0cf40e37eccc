"""Builders other modules' tests may use: process XML in few words, an approval, officers."""

from collections.abc import Sequence
from datetime import datetime
from itertools import cycle, pairwise
from typing import Any
from uuid import UUID, uuid4

from lingnan.kernel.actors import SYSTEM, Actor, Grant
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity import testing as identity_testing
from lingnan.standards.agencies.testing import make_agency

from . import services
from .models import ProcessVersion, WorkTask
from .types import ASSIGN_TASKS, WORK_TASKS, ClockPlan, StepResult, Subject

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:lingnan="urn:lingnan:bpmn:1" targetNamespace="urn:lingnan:test">\n'
)


_kinds = cycle(("fire", "housing", "planning", "environment", "civil_affairs", "health"))


def other_agency() -> UUID:
    """An agency that is not `market_supervision`, another one at each call (six in turn)."""
    return make_agency(next(_kinds)).id


def flow(source: str, target: str, condition: str = "", flow_id: str = "") -> str:
    """One sequence flow, with a condition where one is given."""
    name = flow_id or f"f_{source}_{target}"
    if not condition:
        return f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}"/>'
    text = condition.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">'
        f"<bpmn:conditionExpression>{text}</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )


def chain(*ids: str) -> str:
    """Flows from each element to the next."""
    return "".join(flow(a, b) for a, b in pairwise(ids))


def user_task(task_id: str, *, role: str = "reviewer", name: str = "", **extra: str) -> str:
    """A user task; keywords become attributes of our namespace."""
    given = "".join(f' lingnan:{key}="{value}"' for key, value in extra.items())
    return f'<bpmn:userTask id="{task_id}" name="{name or task_id}" lingnan:role="{role}"{given}/>'


def process_xml(*parts: str, process_id: str = "test_process", name: str = "测试 | Test") -> str:
    """A BPMN file with one process; start and end are part of it."""
    return (
        f'{HEAD}<bpmn:process id="{process_id}" name="{name}" isExecutable="true">'
        f'<bpmn:startEvent id="start"/><bpmn:endEvent id="end"/>{"".join(parts)}'
        "</bpmn:process></bpmn:definitions>"
    )


def approval_xml() -> str:
    """Accept, review and decide; the decider may send it round again."""
    return process_xml(
        user_task("accept", role="window_clerk", name="受理 | Accept", outcomes="accept,refuse"),
        '<bpmn:exclusiveGateway id="accepted" default="f_accepted_end"/>',
        user_task("review", name="审核 | Review", outcomes="pass,object", limitWorkdays="5"),
        user_task("decide", role="approver", name="决定 | Decide", outcomes="grant,deny,again"),
        '<bpmn:exclusiveGateway id="decided" default="f_decided_end"/>',
        chain("start", "accept", "accepted"),
        flow("accepted", "review", 'outcome == "accept"'),
        flow("accepted", "end"),
        chain("review", "decide", "decided"),
        flow("decided", "accept", 'outcome == "again"'),
        flow("decided", "end"),
        process_id="approval",
        name="审批 | Approval",
    )


def publish(xml: str, *, key: str = "approval", at: datetime) -> ProcessVersion:
    """Publish as the system."""
    return services.publish_process(key=key, bpmn=xml, actor=SYSTEM, at=at)


def start(
    *,
    key: str = "approval",
    agency_id: UUID,
    at: datetime,
    actor: Actor = SYSTEM,
    variables: dict[str, Any] | None = None,
    clock: ClockPlan | None = None,
    subject_id: UUID | None = None,
    number: str = "",
    submitter_account_id: UUID | None = None,
) -> StepResult:
    """Start a process for a made-up subject."""
    subject_id = subject_id or uuid4()
    return services.start_process(
        key=key,
        subject=Subject(
            kind="test_subject",
            id=subject_id,
            number=number or f"T{subject_id.hex[:10].upper()}",
            title="食品经营许可",
        ),
        variables=variables or {},
        agency_id=agency_id,
        clock=clock,
        submitter_account_id=submitter_account_id,
        actor=actor,
        at=at,
    )


def worker(
    roles: Sequence[str],
    *,
    agency_id: UUID,
    name: str = "李工",
    region_path: str | None = None,
    extra: Sequence[str] = (),
) -> Actor:
    """An officer of the agency who may work tasks of these roles there (or in a region)."""
    officer = identity_testing.make_officer(agency_id=agency_id, name=name)
    plain = identity.actor_of_officer(officer.pk)
    return Actor(
        kind="officer",
        name=name,
        account_id=plain.account_id,
        person_id=plain.person_id,
        officer_id=plain.officer_id,
        agency_id=agency_id,
        region_path=plain.region_path,
        grants=tuple(
            Grant(
                role=role,
                permissions=frozenset({WORK_TASKS, *extra}),
                agency_id=None if region_path is not None else agency_id,
                region_path=region_path,
            )
            for role in roles
        ),
        assurance_level=2,
    )


def supervisor(*, agency_id: UUID, extra: Sequence[str] = ()) -> Actor:
    """An officer who assigns work at the agency."""
    return worker(["leader"], agency_id=agency_id, name="王处", extra=[ASSIGN_TASKS, *extra])


def open_task(instance_id: UUID, step_id: str = "") -> WorkTask:
    """The one open task of an instance (at a step)."""
    rows = WorkTask.objects.filter(instance_id=instance_id, is_open=True)
    return rows.get(step_id=step_id) if step_id else rows.get()


def do(
    step_id: str, outcome: str, *, instance_id: UUID, at: datetime, actor: Actor = SYSTEM
) -> StepResult:
    """Complete the open task at a step."""
    task = open_task(instance_id, step_id)
    return services.complete_task(
        actor=actor, task_id=task.pk, outcome=outcome, opinion="理由", at=at
    )
