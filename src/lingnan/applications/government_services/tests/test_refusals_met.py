"""What residents and officers are refused over HTTP, and what a faulty process is; nothing is
half-written.
"""

from datetime import timedelta
from typing import Any

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Refusal
from lingnan.kernel.testing import check_refused, deliver_all, nothing_written
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity import services as identity_services
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    resident_number,
)
from lingnan.platforms.payment import services as payments
from lingnan.platforms.workflow import queries as workflow
from lingnan.platforms.workflow import services as processes

from .. import services
from ..desk import window
from ..desk.errors import FindingOpen, LookUpExpired, OutcomeMissing, ReceiverMissing
from ..errors import (
    AnswersIncomplete,
    FeeSettled,
    FeeUndetermined,
    FeeUnpaid,
    InspectionMissing,
    ItemNotOnline,
    MandateTooNarrow,
    NothingToIssue,
    NoticeNotReady,
    ThemeNotFound,
)
from ..models import Case
from ..testing import (
    ANSWERS,
    Setting,
    _flow,
    _service,
    make_case,
    make_setting,
    process_xml,
    upload,
)
from .test_joint_case import three as three  # a fixture

pytestmark = pytest.mark.django_db
API = "/api/v1"
JSON = "application/json"
HERE = ("government_services", "workflow", "payment", "licences")


def submission(setting: Setting, actor: Actor) -> dict[str, Any]:
    file_id = upload(setting, actor=actor).file_id
    return {
        "item_code": setting.item.code31,
        "data": ANSWERS,
        "materials": [{"code": "M01", "file_id": str(file_id)}],
    }


def test_a_matter_without_a_process_here_is_not_applied_for() -> None:
    setting = make_setting(process_key="")
    program = client_for(setting.applicant, bearer=True)
    body = {"item_code": setting.item.code31, "data": ANSWERS, "materials": []}
    with nothing_written(*HERE):
        check_refused(program.post(f"{API}/cases", body, content_type=JSON), ItemNotOnline)
        answer = program.post(
            f"{API}/drafts", {"item_code": setting.item.code31}, content_type=JSON
        )
        check_refused(answer, ItemNotOnline)


def test_an_agent_applies_only_for_what_his_mandate_names() -> None:
    setting = make_setting(service_objects=["1", "2"])
    leader = make_person()
    firm = make_organisation(leader)

    def acting(item_code: str) -> Actor:
        agent = make_person_actor(make_person("李代办"))
        mandate = identity_services.give_mandate(
            actor=make_person_actor(leader, organisation=firm),
            agent_document_type="resident_id",
            agent_document_number=identity.person(agent.person_id).document_number,  # type: ignore[arg-type]
            agent_name="李代办",
            relation="agent",
            item_codes=(item_code,),
            valid_from=clock.today(),
            valid_until=clock.today() + timedelta(days=30),
            at=clock.now(),
        )
        identity_services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=clock.now())
        return identity.actor_of_person(
            agent.person_id,  # type: ignore[arg-type]
            organisation_id=firm.pk,
            mandate_id=mandate.pk,
        )

    narrow = acting("440199999999")
    given = [upload(setting, actor=narrow)]
    with nothing_written(*HERE), pytest.raises(MandateTooNarrow) as refused:
        make_case(setting, actor=narrow, given=given)
    assert (refused.value.status, refused.value.code) == (403, "case.mandate_too_narrow")
    assert not Case.objects.exists()
    assert make_case(setting, actor=acting(setting.item.basic_code)).applicant_id == firm.pk


def review(case: Case, setting: Setting) -> None:
    at = clock.now()
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=at)
    services.review_case(actor=setting.handler, case_id=case.pk, at=at)


FEE_TABLE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="t" namespace="t">'
    '<decision id="fee" name="费用 | Fee"><decisionTable hitPolicy="UNIQUE">'
    '<input id="i" label="kind"><inputExpression typeRef="string"><text>applicant_kind</text>'
    '</inputExpression></input><output id="c" name="code"/><output id="f" name="fee_fen"/>'
    '<rule id="r"><inputEntry><text>-</text></inputEntry><outputEntry><text>"F99"</text>'
    "</outputEntry><outputEntry><text>1000</text></outputEntry></rule>"
    "</decisionTable></decision></definitions>"
)


def without_waiting(process: str) -> str:
    """The process as one would draw it who forgot that the money must come first."""
    begin, end = '<bpmn:intermediateCatchEvent id="paid">', "</bpmn:intermediateCatchEvent>"
    before, _begin, rest = process.partition(begin)
    waits = _flow("bill", "paid") + _flow("paid", "issue_gate")
    return before + rest.partition(end)[2].replace(waits, _flow("bill", "issue_gate"))


@pytest.mark.parametrize(
    ("process", "changes", "refusal"),
    [
        # The licence is not withheld until the money came.
        (
            without_waiting(process_xml("x", with_fee=True)),
            {"with_fee": True},
            FeeUnpaid,
        ),
        # A matter that ends without a licence is led to issuing one.
        (
            process_xml("x").replace("has_licence == true", "has_licence == false"),
            {"with_licence": False},
            NothingToIssue,
        ),
        # The table of fees names a fee that the matter does not have.
        (process_xml("x", with_fee=True), {"with_fee": True, "fee_decision_key": "fee"},
         FeeUndetermined),
    ],
    ids=["unpaid", "nothing to issue", "undetermined"],
)  # fmt: skip
def test_a_grant_that_its_process_cannot_carry_out_is_not_made(
    process: str, changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    processes.publish_decision(key="fee", dmn=FEE_TABLE, actor=SYSTEM, at=clock.now())
    setting = make_setting(process=process, **changes)
    case = make_case(setting)
    review(case, setting)
    approver = client_for(setting.approver, bearer=True)
    assert case.instance_id is not None
    with nothing_written(*HERE), pytest.raises(refusal) as refused:
        services.decide_case(
            actor=setting.approver, case_id=case.pk, outcome="grant", at=clock.now()
        )
    assert (refused.value.status, refused.value.code) == (409, refusal.code)
    with nothing_written(*HERE):
        answer = approver.post(
            f"{API}/cases/{case.pk}/decision", {"outcome": "grant"}, content_type=JSON
        )
        check_refused(answer, refusal)
    case.refresh_from_db()
    assert (case.state, case.bill_id, case.licence_id) == ("review", None, None)


def test_nothing_is_decided_before_the_inspection_is_recorded() -> None:
    process = process_xml("x").replace(
        _flow("review", "decide"),
        _service("must", "case.require_inspection")
        + _flow("review", "must")
        + _flow("must", "decide"),
    )
    setting = make_setting(process=process)
    case = make_case(setting)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    desk = client_for(setting.handler)
    with nothing_written(*HERE), pytest.raises(InspectionMissing) as refused:
        services.review_case(actor=setting.handler, case_id=case.pk, at=clock.now())
    assert (refused.value.status, refused.value.code) == (409, "case.inspection_missing")
    answer = desk.post(f"/desk/cases/{case.pk}/complete/", {"task": task(case), "outcome": "pass"})
    check_refused(answer, InspectionMissing)
    assert step(case) == "review"


def test_a_case_whose_fee_is_paid_is_not_withdrawn_online() -> None:
    process = process_xml("x").replace(
        _flow("review", "decide"),
        _service("bill", "case.open_bill") + _flow("review", "bill") + _flow("bill", "decide"),
    )
    setting = make_setting(process=process, with_fee=True)
    case = make_case(setting)
    review(case, setting)
    case.refresh_from_db()
    assert case.bill_id is not None
    payments.collect_at_counter(actor=SYSTEM, bill_id=case.bill_id, slip="S1", at=clock.now())
    deliver_all()
    program = client_for(setting.applicant, bearer=True)
    with nothing_written(*HERE):
        answer = program.post(
            f"{API}/cases/{case.pk}/withdrawal", {"reason": "不办了"}, content_type=JSON
        )
    check_refused(answer, FeeSettled)
    assert step(case) == "decide"


def test_a_notice_is_read_once_it_is_written_and_sealed() -> None:
    setting = make_setting()
    case = make_case(setting)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    notice = case.notices.order_by("id").last()
    assert notice is not None
    program = client_for(setting.applicant, bearer=True)
    with nothing_written(*HERE):
        for form in ("pdf", "ofd"):
            check_refused(program.get(f"{API}/notices/{notice.pk}/{form}"), NoticeNotReady)
        assert program.get(f"{API}/notices/{notice.pk}/docx").status_code == 422


def test_a_theme_there_is_not_and_answers_that_are_not_given(
    three: tuple[Setting, Setting, Setting],
) -> None:
    first = three[0]
    program, page = client_for(first.applicant, bearer=True), client_for(first.applicant)
    file_id = str(upload(first).file_id)
    case = {
        "theme_code": "none", "answers": {"food": True}, "data": {**ANSWERS, "seal_count": 2},
        "materials": [{"code": "M01", "file_id": file_id}],
    }  # fmt: skip
    with nothing_written(*HERE):
        check_refused(program.get(f"{API}/joint-themes/none"), ThemeNotFound)
        check_refused(page.get("/joint/none/"), ThemeNotFound)
        plan = program.post(f"{API}/joint-themes/none/plan", {"answers": {}}, content_type=JSON)
        check_refused(plan, ThemeNotFound)
        answer = program.post(f"{API}/joint-cases", case, content_type=JSON)
        check_refused(answer, ThemeNotFound)
        for answers in ({}, {"food": "perhaps"}):
            plan = program.post(
                f"{API}/joint-themes/start/plan", {"answers": answers}, content_type=JSON
            )
            check_refused(plan, AnswersIncomplete)
            assert [field["path"] for field in plan.json()["fields"]] == ["food"]
            body = {**case, "theme_code": "start", "answers": answers}
            answer = program.post(f"{API}/joint-cases", body, content_type=JSON)
            check_refused(answer, AnswersIncomplete)


def task(case: Case) -> str:
    assert case.instance_id is not None
    return str(workflow.current_steps(case.instance_id)[0].task_id)


def step(case: Case) -> str:
    assert case.instance_id is not None
    return workflow.current_steps(case.instance_id)[0].step_id


def test_no_step_is_done_without_an_outcome() -> None:
    setting = make_setting(with_inspection=True)
    case = make_case(setting)
    at = clock.now()

    def without(actor: Actor) -> None:
        desk = client_for(actor)
        desk.get(f"/desk/cases/{case.pk}/")  # the look is on record
        with nothing_written("government_services", "workflow"):
            answer = desk.post(
                f"/desk/cases/{case.pk}/complete/", {"task": task(case), "reason": "写了一半"}
            )
        check_refused(answer, OutcomeMissing)

    without(setting.clerk)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=at)
    without(setting.handler)
    services.review_case(actor=setting.handler, case_id=case.pk, at=at)
    without(setting.inspector)
    desk = client_for(setting.inspector)
    visit = {
        "task": task(case),
        "outcome": "passed",
        "inspected_on": clock.today().isoformat(),
        "inspector": ["何核查", "周核查"],
        "point": ["三防设施", "布局"],
        "note": ["", ""],
        "met_1": "yes",
    }
    with nothing_written("government_services", "workflow"):
        answer = desk.post(f"/desk/cases/{case.pk}/complete/", visit)
    check_refused(answer, FindingOpen)
    assert "三防设施" in answer.content.decode()
    assert not case.inspections.exists()
    desk.post(f"/desk/cases/{case.pk}/complete/", {**visit, "met_0": "yes"})
    without(setting.approver)


def test_a_result_is_not_handed_over_to_nobody() -> None:
    setting = make_setting()
    case = make_case(setting)
    at = clock.now()
    services.choose_delivery(actor=setting.applicant, case_id=case.pk, method="pickup", at=at)
    review(case, setting)
    services.decide_case(actor=setting.approver, case_id=case.pk, outcome="grant", at=at)
    desk = client_for(setting.clerk)
    path = f"/desk/cases/{case.pk}/"
    desk.get(path)
    with nothing_written("government_services", "workflow"):
        check_refused(desk.post(f"{path}hand-over/", {"handed_to": " "}), ReceiverMissing)
    assert desk.post(f"{path}hand-over/", {"handed_to": "陈美玲"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "delivered"


def test_a_file_opened_at_the_window_is_good_for_a_while_and_for_one_clerk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = make_setting()
    number = resident_number()
    make_person("许演示", document_number=number)
    clerk = client_for(setting.clerk)
    colleague = client_for(make_officer_actor("window_clerk", agency_id=setting.window_id))
    look = {"step": "person", "document_type": "resident_id", "purpose": "代为申请"}
    items = clerk.post("/desk/window/", {**look, "document_number": number})["Location"]
    assert clerk.get(items).status_code == 200
    with nothing_written("government_services"):
        for client, path in ((clerk, "/desk/window/forged/"), (colleague, items)):
            check_refused(client.get(path), LookUpExpired)
        monkeypatch.setattr(window, "LOOK_UP_S", -1)
        check_refused(clerk.get(items), LookUpExpired)
        answer = clerk.post(f"{items}{setting.item.code31}/", ANSWERS)
        check_refused(answer, LookUpExpired)
    assert not Case.objects.exists()
