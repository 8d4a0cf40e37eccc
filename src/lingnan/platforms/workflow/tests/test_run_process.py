"""Processes run as drawn: tasks open and close, branches join, messages and timers go on."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Refusal
from lingnan.platforms.workflow import queries, services
from lingnan.platforms.workflow.errors import (
    AlreadyStarted,
    MessageNotAwaited,
    NotRunning,
    ProcessUnknown,
)
from lingnan.platforms.workflow.models import (
    ProcessInstance,
    TimelineEntry,
    Timer,
    WorkTask,
)
from lingnan.platforms.workflow.testing import (
    approval_xml,
    chain,
    do,
    flow,
    open_task,
    process_xml,
    publish,
    start,
    user_task,
)
from lingnan.platforms.workflow.types import ActionCall

pytestmark = pytest.mark.django_db


def test_an_approval_runs_from_start_to_end(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    result = start(agency_id=agency, at=at)
    instance = result.instance_id
    assert (result.state, len(result.open_task_ids)) == ("running", 1)
    do("accept", "accept", instance_id=instance, at=at)
    do("review", "pass", instance_id=instance, at=at)
    ended = do("decide", "grant", instance_id=instance, at=at)
    assert (ended.state, ended.outcome, ended.open_task_ids) == ("ended", "grant", ())
    assert ended.variables["review_outcome"] == "pass"
    row = ProcessInstance.objects.get(pk=instance)
    assert row.ended_at == at
    assert row.marking == {"v": 1, "t": []}


def test_what_no_longer_runs_takes_nothing(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    instance = start(agency_id=agency, at=at).instance_id
    services.withdraw(instance_id=instance, actor=SYSTEM, at=at)
    assert not WorkTask.objects.filter(instance_id=instance, is_open=True).exists()
    with pytest.raises(NotRunning):
        services.send_message(instance_id=instance, message="x", actor=SYSTEM, at=at)
    with pytest.raises(NotRunning):
        services.cancel(instance_id=instance, actor=SYSTEM, at=at, reason="错录")


def test_an_unknown_process_is_refused(agency: UUID, at: datetime) -> None:
    with pytest.raises(ProcessUnknown):
        start(agency_id=agency, at=at, key="nothing")


def test_one_process_runs_once_for_one_subject(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    first = start(agency_id=agency, at=at)
    subject = ProcessInstance.objects.get(pk=first.instance_id).subject_id
    with pytest.raises(AlreadyStarted):
        start(agency_id=agency, at=at, subject_id=subject)


def test_running_instances_stay_on_their_version(agency: UUID, at: datetime) -> None:
    one = publish(approval_xml(), at=at)
    old = start(agency_id=agency, at=at)
    two = publish(approval_xml().replace("审核 | Review", "复核 | Check"), at=at)
    new = start(agency_id=agency, at=at)
    assert (one.number, two.number) == (1, 2)
    for result, name in ((old, "审核"), (new, "复核")):
        do("accept", "accept", instance_id=result.instance_id, at=at)
        task = open_task(result.instance_id, "review")
        assert task.step_name["zh-hans"] == name
    again = publish(approval_xml().replace("审核 | Review", "复核 | Check"), at=at)
    assert again.pk == two.pk


def parallel_xml() -> str:
    return process_xml(
        user_task("begin"),
        '<bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="joined"/>',
        *(user_task(name) for name in ("fire", "planning", "housing")),
        user_task("decide", outcomes="grant,again"),
        '<bpmn:exclusiveGateway id="round" default="f_round_end"/>',
        chain("start", "begin", "split"),
        *(chain("split", name, "joined") for name in ("fire", "planning", "housing")),
        chain("joined", "decide", "round"),
        flow("round", "begin", 'outcome == "again"'),
        flow("round", "end"),
    )


@pytest.mark.parametrize("first", ["fire", "planning", "housing"])
def test_branches_join_in_every_round_and_order(agency: UUID, at: datetime, first: str) -> None:
    publish(parallel_xml(), at=at, key="parallel")
    instance = start(key="parallel", agency_id=agency, at=at).instance_id
    others = sorted({"fire", "planning", "housing"} - {first})
    for turn in range(4):
        do("begin", "done", instance_id=instance, at=at)
        for name in [first, *(others if turn % 2 else reversed(others))]:
            assert not WorkTask.objects.filter(
                instance_id=instance, step_id="decide", is_open=True
            ).exists()
            do(name, "done", instance_id=instance, at=at)
        do("decide", "again", instance_id=instance, at=at)
    assert open_task(instance).step_id == "begin"


def test_an_inclusive_split_waits_for_the_ways_taken(agency: UUID, at: datetime) -> None:
    publish(
        process_xml(
            '<bpmn:inclusiveGateway id="some" default="f_some_c"/>',
            '<bpmn:inclusiveGateway id="met"/>',
            *(user_task(name) for name in "abc"),
            user_task("last"),
            chain("start", "some"),
            flow("some", "a", "x == 1"),
            flow("some", "b", "y == 1"),
            flow("some", "c"),
            *(flow(name, "met") for name in "abc"),
            chain("met", "last", "end"),
        ),
        at=at,
        key="some",
    )
    both = start(key="some", agency_id=agency, at=at, variables={"x": 1, "y": 1})
    assert len(both.open_task_ids) == 2
    do("a", "done", instance_id=both.instance_id, at=at)
    do("b", "done", instance_id=both.instance_id, at=at)
    assert open_task(both.instance_id).step_id == "last"
    none = start(key="some", agency_id=agency, at=at, variables={})
    assert open_task(none.instance_id).step_id == "c"
    do("c", "done", instance_id=none.instance_id, at=at)
    assert do("last", "done", instance_id=none.instance_id, at=at).state == "ended"


def test_actions_run_in_the_transaction_of_the_step(
    agency: UUID, at: datetime, actions: dict[str, Any]
) -> None:
    calls: list[ActionCall] = []

    def accept(call: ActionCall) -> dict[str, Any]:
        calls.append(call)
        return {"fee_fen": 100}

    class No(Refusal):
        code = "test.no"

    def refuse(call: ActionCall) -> None:
        raise No

    actions["test.accept"] = accept
    actions["test.refuse"] = refuse
    publish(
        process_xml(
            user_task("begin"),
            '<bpmn:serviceTask id="accept" lingnan:action="test.accept"/>',
            user_task("pay"),
            '<bpmn:serviceTask id="refuse" lingnan:action="test.refuse"/>',
            chain("start", "begin", "accept", "pay", "refuse", "end"),
        ),
        at=at,
        key="acting",
    )
    instance = start(key="acting", agency_id=agency, at=at, variables={"n": 1}).instance_id
    result = do("begin", "done", instance_id=instance, at=at)
    assert result.variables["fee_fen"] == 100
    assert (calls[0].step_id, calls[0].variables["n"]) == ("accept", 1)
    with pytest.raises(No):
        do("pay", "done", instance_id=instance, at=at)
    assert open_task(instance).step_id == "pay"
    assert "pay_outcome" not in ProcessInstance.objects.get(pk=instance).variables


def test_a_process_may_be_over_the_moment_it_starts(agency: UUID, at: datetime) -> None:
    publish(
        process_xml(
            user_task("look"),
            '<bpmn:exclusiveGateway id="way" default="f_way_end"/>',
            flow("start", "way"),
            flow("way", "look", "fee > 0"),
            flow("way", "end"),
            flow("look", "end"),
        ),
        at=at,
        key="brief",
    )
    ended = start(key="brief", agency_id=agency, at=at, variables={"fee": 0})
    assert (ended.state, ended.open_task_ids) == ("ended", ())
    row = ProcessInstance.objects.get(pk=ended.instance_id)
    assert (row.state, row.ended_at, row.marking) == ("ended", at, {"v": 1, "t": []})
    seen = TimelineEntry.objects.filter(instance=row).order_by("id").values_list("code", flat=True)
    assert list(seen) == ["process.started", "process.ended"]


WAITING = (
    '<bpmn:eventBasedGateway id="race"/>'
    '<bpmn:intermediateCatchEvent id="paid" lingnan:message="payment.settled">'
    "<bpmn:messageEventDefinition/></bpmn:intermediateCatchEvent>"
    '<bpmn:intermediateCatchEvent id="late"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P30D</bpmn:timeDuration></bpmn:timerEventDefinition>"
    "</bpmn:intermediateCatchEvent>"
    '<bpmn:endEvent id="lapsed" lingnan:outcome="lapsed"/>'
)


def waiting_xml() -> str:
    return process_xml(
        WAITING,
        user_task("issue"),
        chain("start", "race", "paid", "issue", "end"),
        chain("race", "late", "lapsed"),
    )


def test_a_message_goes_on_once(agency: UUID, at: datetime) -> None:
    publish(waiting_xml(), at=at, key="waiting")
    instance = start(key="waiting", agency_id=agency, at=at).instance_id
    with pytest.raises(MessageNotAwaited):
        services.send_message(instance_id=instance, message="other", actor=SYSTEM, at=at)
    for _ in range(2):
        result = services.send_message(
            instance_id=instance,
            message="payment.settled",
            payload={"bill": "B1"},
            actor=SYSTEM,
            at=at,
            message_id="evt-1",
        )
        assert result.variables["bill"] == "B1"
    assert open_task(instance).step_id == "issue"
    assert not Timer.objects.filter(instance_id=instance, waiting=True).exists()
    assert services.fire_due_timers(at + timedelta(days=40)) == 0


def test_a_timer_ends_the_wait(agency: UUID, at: datetime) -> None:
    publish(waiting_xml(), at=at, key="waiting")
    instance = start(key="waiting", agency_id=agency, at=at).instance_id
    assert services.fire_due_timers(at + timedelta(days=29)) == 0
    assert services.fire_due_timers(at + timedelta(days=30)) == 1
    row = ProcessInstance.objects.get(pk=instance)
    assert (row.state, row.outcome) == ("ended", "lapsed")


def test_a_boundary_timer_counts_working_days(
    agency: UUID, at: datetime, actions: dict[str, Any]
) -> None:
    """行政许可法 32(4): received Thu 2026-09-24, the fifth working day is 2026-10-09."""
    actions["test.deem"] = lambda call: {"deemed": True}
    publish(
        process_xml(
            user_task("accept"),
            '<bpmn:boundaryEvent id="silent" attachedToRef="accept" lingnan:workdays="5">'
            "<bpmn:timerEventDefinition/></bpmn:boundaryEvent>",
            '<bpmn:serviceTask id="deem" lingnan:action="test.deem"/>',
            '<bpmn:exclusiveGateway id="merge"/>',
            user_task("review"),
            chain("start", "accept", "merge", "review", "end"),
            chain("silent", "deem", "merge"),
        ),
        at=at,
        key="deemed",
    )
    instance = start(key="deemed", agency_id=agency, at=at).instance_id
    timer = Timer.objects.get(instance_id=instance)
    assert timer.due_at.isoformat() == "2026-10-09T16:00:00+00:00"
    assert services.fire_due_timers(timer.due_at - timedelta(seconds=1)) == 0
    assert services.fire_due_timers(timer.due_at) == 1
    assert open_task(instance).step_id == "review"
    assert ProcessInstance.objects.get(pk=instance).variables["deemed"] is True
    accept = WorkTask.objects.get(instance_id=instance, step_id="accept")
    assert accept.state == "cancelled"


def test_a_reminder_leaves_the_step_open(
    agency: UUID, at: datetime, actions: dict[str, Any]
) -> None:
    reminded: list[str] = []
    actions["test.remind"] = lambda call: reminded.append(call.step_id)
    publish(
        process_xml(
            user_task("accept"),
            '<bpmn:boundaryEvent id="soon" attachedToRef="accept" cancelActivity="false">'
            "<bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration>"
            "</bpmn:timerEventDefinition></bpmn:boundaryEvent>",
            '<bpmn:serviceTask id="remind" lingnan:action="test.remind"/>'
            '<bpmn:endEvent id="reminded"/>',
            chain("start", "accept", "end"),
            chain("soon", "remind", "reminded"),
        ),
        at=at,
        key="reminding",
    )
    instance = start(key="reminding", agency_id=agency, at=at).instance_id
    services.fire_due_timers(at + timedelta(days=1))
    assert reminded == ["remind"]
    assert open_task(instance).step_id == "accept"
    assert do("accept", "done", instance_id=instance, at=at).state == "ended"


def test_sixty_rounds_cost_what_five_cost(agency: UUID, at: datetime) -> None:
    """The state kept does not grow with the number of loops."""
    publish(parallel_xml(), at=at, key="parallel")
    instance = start(key="parallel", agency_id=agency, at=at).instance_id
    sizes: dict[int, int] = {}
    for turn in range(1, 61):
        do("begin", "done", instance_id=instance, at=at)
        for name in ("fire", "planning", "housing"):
            do(name, "done", instance_id=instance, at=at)
        do("decide", "again", instance_id=instance, at=at)
        row = ProcessInstance.objects.get(pk=instance)
        sizes[turn] = len(str((row.marking, row.variables, row.visited)))
    assert sizes[60] < 1.5 * sizes[5]


def test_current_steps_say_who_has_it(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    instance = start(agency_id=agency, at=at).instance_id
    (step,) = queries.current_steps(instance)
    assert (step.step_id, step.role, step.agency_id) == ("accept", "window_clerk", agency)
