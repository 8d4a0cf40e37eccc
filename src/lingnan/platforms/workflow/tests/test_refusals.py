"""What workflow refuses where a process, a table and what runs have grown apart."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import check_refused, nothing_written
from lingnan.platforms.identity.testing import client_for, make_officer_actor
from lingnan.platforms.workflow import errors, services
from lingnan.platforms.workflow.testing import (
    approval_xml,
    chain,
    do,
    open_task,
    process_xml,
    publish,
    start,
    user_task,
    worker,
)
from lingnan.platforms.workflow.types import STOP_CLOCKS
from lingnan.standards.calendar.types import Workdays

from .test_decisions import table

pytestmark = pytest.mark.django_db


def test_an_action_no_application_provides_any_more_leaves_the_step_as_it_was(
    agency: UUID, at: datetime, actions: dict[str, Any]
) -> None:
    actions["test.gone"] = lambda call: {"done": True}
    publish(
        process_xml(
            user_task("begin"),
            '<bpmn:serviceTask id="act" lingnan:action="test.gone"/>',
            chain("start", "begin", "act", "end"),
        ),
        at=at,
        key="acting",
    )
    instance = start(key="acting", agency_id=agency, at=at).instance_id
    act = actions.pop("test.gone")
    with pytest.raises(errors.ActionUnknown) as refused, nothing_written("workflow"):
        do("begin", "done", instance_id=instance, at=at)
    assert (refused.value.status, refused.value.code) == (409, "workflow.action_unknown")
    assert refused.value.facts == {"action": "test.gone"}
    assert open_task(instance).step_id == "begin"
    actions["test.gone"] = act
    assert do("begin", "done", instance_id=instance, at=at).state == "ended"


def test_a_clock_that_never_started_is_neither_stopped_nor_extended(
    agency: UUID, at: datetime
) -> None:
    publish(approval_xml(), at=at)
    instance = start(agency_id=agency, at=at).instance_id
    clerk = worker(["reviewer"], agency_id=agency, extra=[STOP_CLOCKS])
    with nothing_written("workflow"):
        with pytest.raises(errors.ClockNotRunning) as stopped:
            services.suspend(
                instance_id=instance, reason_code="inspection", days=Workdays(10), actor=clerk,
                at=at,
            )  # fmt: skip
        with pytest.raises(errors.ClockNotRunning) as extended:
            services.request_extension(
                instance_id=instance, workdays=5, reason="案情复杂", actor=clerk, at=at
            )
        with pytest.raises(errors.ReasonMissing):
            services.request_extension(
                instance_id=instance, workdays=5, reason=" ", actor=clerk, at=at
            )
    for refused in (stopped, extended):
        assert (refused.value.status, refused.value.code) == (409, "workflow.clock_not_running")


def test_a_table_asked_about_what_it_does_not_allow_gives_no_answer_of_two(
    agency: UUID, at: datetime
) -> None:
    """Within the values it allows each fits one rule; so it may be published."""
    overlapping = table(
        [(['not("new")'], ["1"]), (['not("old")'], ["2"])],
        inputs=[("kind", "string", '"new","old"')],
    )
    services.publish_decision(key="fee", dmn=overlapping, actor=SYSTEM, at=at)
    assert services.evaluate("fee", {"kind": "new"}, at=at).value == 2
    clerk = make_officer_actor("window_clerk", agency_id=agency)
    path = "/api/v1/workflow/decisions/fee/evaluate"
    with nothing_written("workflow"), pytest.raises(errors.SeveralRulesMatched) as refused:
        services.evaluate("fee", {"kind": "third"}, at=at)
    assert (refused.value.status, refused.value.facts["rules"]) == (409, "1, 2")
    program = client_for(clerk, bearer=True)
    with nothing_written("workflow"):
        answer = program.post(
            path, {"facts": {"kind": "third"}, "on": "2026-09-24"}, content_type="application/json"
        )
    check_refused(answer, errors.SeveralRulesMatched)
