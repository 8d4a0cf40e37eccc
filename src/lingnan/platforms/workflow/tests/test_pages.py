"""Who may ask which address, and that the workbench's pages do their job."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.testing import check_routes, max_queries
from lingnan.platforms.identity import testing as identity_testing
from lingnan.platforms.workflow import services
from lingnan.platforms.workflow.models import Delegation, ProcessInstance, WorkTask
from lingnan.platforms.workflow.testing import (
    approval_xml,
    chain,
    open_task,
    other_agency,
    process_xml,
    publish,
    start,
    user_task,
)
from lingnan.platforms.workflow.types import ClockPlan

from .test_decisions import table

pytestmark = pytest.mark.django_db
client_for = identity_testing.client_for


@pytest.fixture
def clerk(agency: UUID) -> Actor:
    return identity_testing.make_officer_actor("window_clerk", agency_id=agency, name="窗口")


@pytest.fixture
def instance(agency: UUID) -> UUID:
    at = clock.now()
    publish(approval_xml(), at=at)
    plan = ClockPlan(promised=10, statutory=20)
    return start(agency_id=agency, at=at, clock=plan).instance_id


def test_every_route_asks_who_it_is(agency: UUID, instance: UUID, clerk: Actor) -> None:
    services.publish_decision(key="fee", dmn=table([(["-"], ["1"])]), actor=SYSTEM, at=clock.now())
    task = open_task(instance).pk
    clients = {
        "no one": client_for(None),
        "person": client_for(identity_testing.make_person_actor()),
        "elsewhere": client_for(
            identity_testing.make_officer_actor("window_clerk", agency_id=other_agency())
        ),
        "clerk": client_for(clerk),
        "steward": client_for(
            identity_testing.make_officer_actor("item_steward", agency_id=agency)
        ),
    }
    page = {"no one": 302, "person": 403}
    api = {"no one": 401, "person": 403}
    check_routes(
        clients,
        [
            ("GET", "/desk/", {**page, "clerk": 200, "elsewhere": 200}),
            ("GET", f"/desk/tasks/{task}/", {**page, "clerk": 200, "elsewhere": 404}),
            ("GET", f"/desk/tasks/{uuid4()}/", {**page, "clerk": 404}),
            ("POST", f"/desk/tasks/{task}/claim/", {"person": 403, "elsewhere": 404}),
            ("POST", f"/desk/tasks/{task}/steal/", {"clerk": 404}),
            ("GET", f"/desk/processes/{instance}/", {**page, "clerk": 200, "elsewhere": 404}),
            (
                "GET",
                f"/desk/processes/{instance}/diagram.bpmn",
                {**page, "clerk": 200, "elsewhere": 404},
            ),
            ("POST", f"/desk/processes/{instance}/suspend/", {"elsewhere": 404, "clerk": 422}),
            ("GET", "/desk/delegations/", {**page, "clerk": 200}),
            ("GET", "/desk/processes/", {**page, "clerk": 200, "steward": 200}),
            ("GET", "/desk/processes/publish/", {**page, "clerk": 403, "steward": 200}),
            ("POST", "/desk/processes/publish/", {"clerk": 403, "steward": 422}),
            ("GET", "/desk/processes/definition/approval/", {**page, "clerk": 200}),
            ("GET", "/desk/decisions/fee/", {**page, "steward": 200}),
            ("GET", "/api/v1/workflow/tasks", {**api, "clerk": 200}),
            ("GET", "/api/v1/workflow/tasks/counts", {**api, "clerk": 200}),
            ("GET", f"/api/v1/workflow/tasks/{task}", {**api, "clerk": 200, "elsewhere": 404}),
            (
                "GET",
                f"/api/v1/workflow/instances/{instance}",
                {**api, "clerk": 200, "elsewhere": 404},
            ),
            ("GET", "/api/v1/workflow/suspension-reasons", {**api, "clerk": 200}),
            ("GET", "/api/v1/workflow/delegations", {**api, "clerk": 200}),
            ("GET", "/api/v1/workflow/processes", {**api, "clerk": 200}),
            ("GET", "/api/v1/workflow/processes/approval", {**api, "steward": 200}),
            ("GET", "/api/v1/workflow/decisions/fee", {**api, "steward": 200}),
        ],
    )


def test_an_officer_works_a_task_on_its_page(instance: UUID, clerk: Actor) -> None:
    browser = client_for(clerk)
    task = open_task(instance)
    shown = browser.get("/desk/").content.decode()
    assert task.subject_number in shown
    page = browser.get(f"/desk/tasks/{task.pk}/").content.decode()
    assert 'name="outcome" value="accept"' in page
    assert browser.post(f"/desk/tasks/{task.pk}/claim/").status_code == 302
    refused = browser.post(f"/desk/tasks/{task.pk}/complete/", {"outcome": "refuse", "opinion": ""})
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()
    done = browser.post(f"/desk/tasks/{task.pk}/complete/", {"outcome": "accept"})
    assert (done.status_code, done["Location"]) == (302, "/desk/")
    assert open_task(instance).step_id == "review"
    again = browser.post(f"/desk/tasks/{task.pk}/complete/", {"outcome": "accept"})
    assert again.status_code == 409


def test_the_process_page_lights_where_it_stands(instance: UUID, clerk: Actor) -> None:
    page = client_for(clerk).get(f"/desk/processes/{instance}/").content.decode()
    assert 'data-current="accept"' in page
    assert "wf-shape--task is-current" in page
    assert "bpmn-navigated-viewer" in page
    assert "style=" not in page
    diagram = client_for(clerk).get(f"/desk/processes/{instance}/diagram.bpmn")
    assert b"BPMNShape" in diagram.content


def test_the_clock_is_stopped_and_extended_from_the_page(agency: UUID, instance: UUID) -> None:
    head = client_for(identity_testing.make_officer_actor("approver", agency_id=agency))
    base = f"/desk/processes/{instance}/"
    missing = head.post(f"{base}suspend/", {"reason": "hearing", "days": ""})
    assert missing.status_code == 422
    form = {"reason": "hearing", "days": "5", "unit": "workdays"}
    assert head.post(f"{base}suspend/", form).status_code == 302
    assert ProcessInstance.objects.get(pk=instance).stopped_reason == "hearing"
    assert head.post(f"{base}resume/", {}).status_code == 302
    asker = client_for(identity_testing.make_officer_actor("reviewer", agency_id=agency))
    assert asker.post(f"{base}extend/", {"days": "5", "note": "复杂"}).status_code == 302
    request = ProcessInstance.objects.get(pk=instance).extensions.get()
    answer = {"request": str(request.pk), "answer": "approve", "note": ""}
    assert asker.post(f"{base}answer/", answer).status_code == 403
    assert head.post(f"{base}answer/", answer).status_code == 302
    request.refresh_from_db()
    assert request.state == "approved"


def test_a_delegation_is_made_and_ended_on_its_page(agency: UUID, clerk: Actor) -> None:
    other = identity_testing.make_officer("window_clerk", agency_id=agency, name="代办")
    browser = client_for(clerk)
    day = clock.today()
    form = {
        "officer": str(other.pk),
        "from_on": day.isoformat(),
        "until_on": (day + timedelta(days=3)).isoformat(),
    }
    assert browser.post("/desk/delegations/", {**form, "until_on": "x"}).status_code == 422
    assert browser.post("/desk/delegations/", form).status_code == 302
    made = Delegation.objects.get()
    assert browser.post(f"/desk/delegations/{made.pk}/end/").status_code == 302
    made.refresh_from_db()
    assert made.ended_at is not None


def test_a_steward_publishes_and_sees_every_problem(agency: UUID) -> None:
    steward = client_for(identity_testing.make_officer_actor("item_steward", agency_id=agency))
    wrong = process_xml('<bpmn:userTask id="a"/>', '<bpmn:scriptTask id="b"/>', chain("start", "a"))
    answer = steward.post("/desk/processes/publish/", {"key": "p", "source": wrong})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "<code>a</code>" in text and "<code>b</code>" in text
    right = process_xml(user_task("a"), chain("start", "a", "end"))
    assert (
        steward.post("/desk/processes/publish/", {"key": "p", "source": right}).status_code == 302
    )
    assert steward.get("/desk/processes/definition/p/").status_code == 200


def test_the_batch_form_finishes_what_is_marked(agency: UUID) -> None:
    at = datetime.now(UTC)
    xml = process_xml(
        user_task("check", batch="true", outcomes="pass"), chain("start", "check", "end")
    )
    publish(xml, key="batch", at=at)
    ids = [start(key="batch", agency_id=agency, at=at).open_task_ids[0] for _ in range(2)]
    browser = client_for(identity_testing.make_officer_actor("reviewer", agency_id=agency))
    assert b'name="task"' in browser.get("/desk/").content
    form = {"task": [str(i) for i in ids], "outcome": "pass"}
    assert browser.post("/desk/tasks/complete/", form).status_code == 302
    assert set(WorkTask.objects.values_list("state", flat=True)) == {"done"}


def test_the_api_completes_once_per_key(instance: UUID, clerk: Actor) -> None:
    program: Client = client_for(clerk, bearer=True)
    task = open_task(instance).pk
    address = f"/api/v1/workflow/tasks/{task}/complete"
    body = {"outcome": "accept", "form": {"checked": True}}
    answers = [
        program.post(
            address, body, content_type="application/json", headers={"Idempotency-Key": "k1"}
        )
        for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    row = ProcessInstance.objects.get(pk=instance)
    assert row.variables["form"] == {"accept": {"checked": True}}
    late = program.post(address, body, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (409, "workflow.task_already_done")


def test_the_api_tries_a_decision(agency: UUID) -> None:
    services.publish_decision(
        key="fee",
        dmn=table([(["<= 5"], ["10"]), (["> 5"], ["20"])]),
        actor=SYSTEM,
        at=clock.now(),
    )
    steward = client_for(
        identity_testing.make_officer_actor("item_steward", agency_id=agency), bearer=True
    )
    answer = steward.post(
        "/api/v1/workflow/decisions/fee/evaluate",
        {"facts": {"area": 7}},
        content_type="application/json",
    )
    assert answer.json() == {"key": "fee", "version": 1, "value": 20, "rules": [2]}


def test_the_inbox_costs_the_same_for_few_and_many(agency: UUID, clerk: Actor) -> None:
    at = datetime.now(UTC)
    publish(approval_xml(), at=at)
    browser = client_for(clerk)
    start(agency_id=agency, at=at)
    browser.get("/desk/")
    with max_queries(60) as few:
        browser.get("/desk/")
    for _ in range(15):
        start(agency_id=agency, at=at)
    with max_queries(len(few)):
        browser.get("/desk/")
