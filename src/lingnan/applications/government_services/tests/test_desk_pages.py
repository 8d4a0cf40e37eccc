"""The officers' pages: who may open them, what is kept after a refusal, what they cost."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.applications.government_services import services
from lingnan.applications.government_services import testing as builders
from lingnan.applications.government_services.models import Case, CaseMaterial, ServiceRating
from lingnan.applications.government_services.types import CaseState
from lingnan.applications.government_services.wording import notice_facts
from lingnan.kernel import clock
from lingnan.kernel.testing import check_routes, deliver_all, max_queries
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    resident_number,
)
from lingnan.platforms.workflow import queries as workflow
from lingnan.platforms.workflow.types import Clock
from lingnan.security.audit.models import Entry
from lingnan.standards.agencies.testing import make_agency

pytestmark = pytest.mark.django_db

CASE_PAGE_QUERIES = 35  # one of them writes down that the officer looked


@pytest.fixture
def setting() -> builders.Setting:
    return builders.make_setting()


def _page(client: Client, case: Case, query: str = "") -> str:
    response = client.get(f"/desk/cases/{case.pk}/{query}")
    assert response.status_code == 200
    return str(response.content.decode())


def _task(case: Case) -> str:
    assert case.instance_id is not None
    return str(workflow.current_steps(case.instance_id)[0].task_id)


def _post(client: Client, case: Case, verb: str = "complete", **fields: Any) -> Any:
    return client.post(f"/desk/cases/{case.pk}/{verb}/", fields)


def _clock(case: Case) -> Clock:
    assert case.instance_id is not None
    return workflow.clock(case.instance_id, at=clock.now())


def test_every_page_asks_who_it_is(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    material = case.materials.get()
    rater = make_officer_actor("data_steward", agency_id=setting.agency_id)
    elsewhere = make_officer_actor(
        "window_clerk", agency_id=make_agency("government_service", "440305000000").id
    )
    clients = {
        "no one": client_for(None),
        "person": client_for(setting.applicant),
        "elsewhere": client_for(elsewhere),
        "clerk": client_for(setting.clerk),
        "steward": client_for(make_officer_actor("item_steward", agency_id=setting.agency_id)),
        "rater": client_for(rater),
    }
    page = {"no one": 302, "person": 403}
    own = f"/desk/cases/{case.pk}/"
    check_routes(
        clients,
        [
            ("GET", own, {**page, "clerk": 200, "elsewhere": 404, "steward": 404}),
            ("GET", f"/desk/cases/{uuid4()}/", {**page, "clerk": 404}),
            ("POST", f"{own}complete/", {"person": 403, "elsewhere": 404, "clerk": 422}),
            ("POST", f"{own}steal/", {"clerk": 404}),
            ("POST", f"{own}suspend/", {"clerk": 422, "elsewhere": 404}),
            (
                "GET",
                f"{own}materials/{material.pk}/",
                {**page, "clerk": 200, "elsewhere": 404},
            ),
            ("GET", f"{own}materials/{uuid4()}/", {"clerk": 404}),
            ("GET", "/desk/cases/", {**page, "clerk": 200, "steward": 403, "rater": 403}),
            ("GET", "/desk/cases/export.csv", {**page, "clerk": 200, "steward": 403}),
            ("GET", "/desk/window/", {**page, "clerk": 200, "steward": 403}),
            ("GET", "/desk/window/forged/", {"clerk": 422, "person": 403}),
            ("GET", "/desk/ratings/", {**page, "clerk": 403, "rater": 200}),
            ("GET", f"/desk/ratings/{case.pk}/", {**page, "clerk": 403, "rater": 404}),
        ],
    )


def test_a_case_goes_through_all_its_steps_on_its_page(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    clerk, handler, approver = (
        client_for(actor) for actor in (setting.clerk, setting.handler, setting.approver)
    )
    shown = _page(clerk, case)
    assert "中山一路 1 号" in shown
    assert "009999199005170025" in shown  # who works on it may open the number
    assert 'value="not_ours"' in shown
    done = _post(clerk, case, task=_task(case), outcome="accept")
    assert (done.status_code, done["Location"]) == (302, f"/desk/cases/{case.pk}/")
    assert _post(handler, case, task=_task(case), outcome="pass").status_code == 302
    decided = _post(
        approver,
        case,
        task=_task(case),
        outcome="grant",
        legal_basis=["《食品安全法》第三十五条"],
        conditions="仅限热食",
    )
    assert decided.status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.DELIVERED
    assert case.decision.conditions == "仅限热食"
    assert case.decision.legal_basis == ["《食品安全法》第三十五条"]
    after = _page(approver, case)
    assert "仅限热食" in after
    assert 'name="outcome"' not in after


def test_finishing_leads_to_the_next_task(setting: builders.Setting) -> None:
    first, second = builders.make_case(setting), builders.make_case(setting)
    clerk = client_for(setting.clerk)
    task = _task(second)
    done = _post(clerk, first, task=_task(first), outcome="accept", next_task="1")
    assert done["Location"] == f"/desk/cases/{second.pk}/?task={task}"
    last = _post(clerk, second, task=task, outcome="accept", next_task="1")
    assert last["Location"] == "/desk/"


def test_a_refusal_keeps_what_was_typed(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    clerk = client_for(setting.clerk)
    refused = _post(
        clerk,
        case,
        task=_task(case),
        outcome="correct",
        subject=["m:M01", "", "f:place"],
        problem=["照片不清楚", "", "地址不完整"],
        what_to_do=["重新扫描", "", ""],
        limit_workdays="8",
    )
    text = refused.content.decode()
    assert refused.status_code == 422
    assert 'role="alert"' in text
    assert all(word in text for word in ("照片不清楚", "重新扫描", "地址不完整", 'value="8"'))
    assert 'value="correct" checked' in text
    case.refresh_from_db()
    assert case.state == CaseState.SUBMITTED
    more = _post(clerk, case, task=_task(case), outcome="correct", problem="a", more="1")
    assert more.status_code == 200
    assert 'role="alert"' not in more.content.decode()


def test_a_correction_is_told_from_the_page(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    clerk = client_for(setting.clerk)
    told = _post(
        clerk,
        case,
        task=_task(case),
        outcome="correct",
        subject=["m:M01", "f:place", "g:"],
        problem=["照片不清楚", "地址不完整", "用途不明"],
        what_to_do=["重新扫描", "补充门牌号", "说明用途"],
        limit_workdays="8",
    )
    assert told.status_code == 302
    case.refresh_from_db()
    assert [row["field"] for row in case.correction.items] == ["", "place", ""]
    facts = notice_facts("correction", case.notices.get(kind="correction").facts)
    assert [line.split("：")[0] for line in facts["items"]] == ["申请书", "经营场所", "总体要求"]
    assert case.materials.get().state == CaseMaterial.State.TO_CORRECT
    assert "补充门牌号" in _page(clerk, case)


def test_a_denial_needs_its_reason_and_shows_the_remedies(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    services.review_case(actor=setting.handler, case_id=case.pk, at=clock.now())
    approver = client_for(setting.approver)
    refused = _post(approver, case, task=_task(case), outcome="deny", conditions="写了一半")
    assert refused.status_code == 422
    assert "写了一半" in refused.content.decode()
    assert _post(approver, case, task=_task(case)).status_code == 422
    denied = _post(
        approver, case, task=_task(case), outcome="deny", reason="场所不符", false_materials="on"
    )
    assert denied.status_code == 302
    case.refresh_from_db()
    assert (case.state, case.decision.reason) == (CaseState.DENIED, "场所不符")
    assert case.decision.remedy["litigation"]["months"] == 6


def test_who_comes_second_is_told_and_keeps_his_words(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    task = _task(case)
    colleague = make_officer_actor("window_clerk", agency_id=setting.window_id, name="后来者")
    assert _post(client_for(setting.clerk), case, task=task, outcome="accept").status_code == 302
    late = _post(client_for(colleague), case, task=task, outcome="refuse", reason="我写的理由")
    text = late.content.decode()
    assert late.status_code == 409
    assert "林窗口" in text
    assert "我写的理由" in text
    assert 'name="outcome"' not in text


def test_a_task_of_another_case_is_not_done_from_here(setting: builders.Setting) -> None:
    case, other = builders.make_case(setting), builders.make_case(setting)
    answer = _post(client_for(setting.clerk), case, task=_task(other), outcome="accept")
    assert answer.status_code == 404
    other.refresh_from_db()
    assert other.state == CaseState.SUBMITTED


def test_an_inspection_is_recorded_from_the_page() -> None:
    setting = builders.make_setting(with_inspection=True)
    case = builders.make_case(setting)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    services.review_case(actor=setting.handler, case_id=case.pk, at=clock.now())
    inspector = client_for(setting.inspector)
    assert 'name="inspector"' in _page(inspector, case)
    visit: dict[str, Any] = {
        "task": _task(case),
        "outcome": "passed",
        "inspected_on": clock.today().isoformat(),
        "inspector": ["何核查", ""],
        "point": ["三防设施", ""],
        "note": ["", ""],
    }
    open_point = _post(inspector, case, **visit)
    assert (open_point.status_code, "三防设施" in open_point.content.decode()) == (422, True)
    alone = _post(inspector, case, **visit, met_0="yes")
    assert alone.status_code == 422
    visit["inspector"] = ["何核查", "周核查"]
    assert _post(inspector, case, **visit, met_0="yes").status_code == 302
    found = case.inspections.get()
    assert found.inspectors == ["何核查", "周核查"]
    assert found.findings == [{"point": "三防设施", "met": True, "note": ""}]
    assert "周核查" in _page(client_for(setting.approver), case)


def test_the_clock_is_stopped_extended_and_restarted(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    approver, handler = client_for(setting.approver), client_for(setting.handler)
    assert (
        _post(approver, case, "suspend", stop_reason="holiday", stop_workdays=3).status_code == 422
    )
    lost = _post(approver, case, "suspend", stop_reason="hearing", stop_note="已定听证日期")
    assert (lost.status_code, "已定听证日期" in lost.content.decode()) == (422, True)
    stop = _post(approver, case, "suspend", stop_reason="hearing", stop_workdays=3)
    assert stop.status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.SUSPENDED
    assert case.notices.filter(kind="clock_stopped").exists()
    assert _post(approver, case, "resume").status_code == 302
    assert _clock(case).stopped_since is None
    asked = _post(handler, case, "extend", extension_workdays=5, extension_reason="案情复杂")
    assert asked.status_code == 302
    before = _clock(case).promised_due_on
    page = _page(approver, case)
    request_id = page.split('name="extension" value="')[1].split('"')[0]
    denied = _post(handler, case, "answer", extension=request_id, answer="approve")
    assert denied.status_code == 403
    granted = _post(approver, case, "answer", extension=request_id, answer="approve")
    assert granted.status_code == 302
    after = _clock(case).promised_due_on
    assert before is not None
    assert after is not None
    assert after > before


def test_colleagues_are_asked_urged_and_handed_over_to(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    colleague = make_officer_actor("window_clerk", agency_id=setting.window_id, name="同事")
    clerk, other = client_for(setting.clerk), client_for(colleague)
    task = _task(case)
    assert _post(clerk, case, "claim", task=task).status_code == 302
    asked = {"task": task, "consult_officer": str(colleague.officer_id), "question": "您怎么看"}
    assert _post(clerk, case, "consult", **asked).status_code == 302
    blocked = _post(clerk, case, task=task, outcome="accept", opinion="同意受理")
    assert (blocked.status_code, "同意受理" in blocked.content.decode()) == (409, True)
    assert "您怎么看" in _page(other, case)
    question = next(
        t for t in workflow.tasks_of(case.instance_id or uuid4()) if t.question == "您怎么看"
    )
    assert _post(other, case, task=str(question.pk), opinion="可以").status_code == 302
    assert "可以" in _page(clerk, case)
    moved = {"task": task, "transfer_officer": str(colleague.officer_id), "transfer_reason": "休假"}
    assert _post(clerk, case, "transfer", **moved).status_code == 302
    assert _post(clerk, case, task=task, outcome="accept").status_code == 409
    services.accept_case(actor=colleague, case_id=case.pk, at=clock.now())
    approver = client_for(setting.approver)
    review = _task(case)
    assert _post(approver, case, "urge", task=review).status_code == 302
    assert _post(approver, case, "urge", task=review).status_code == 409


def test_a_reader_who_does_not_work_on_it_sees_no_numbers(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    leader = client_for(make_officer_actor("leader", region_code=builders.REGION))
    shown = _page(leader, case)
    assert "009999199005170025" not in shown
    assert 'name="outcome"' not in shown


def test_the_case_page_costs_the_same_with_ten_times_the_papers(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    client = client_for(setting.clerk)
    _page(client, case)
    with max_queries(CASE_PAGE_QUERIES) as few:
        _page(client, case)
    row = case.materials.get()
    CaseMaterial.objects.bulk_create(
        CaseMaterial(case=case, code=f"X{n}", name=row.name, kind=row.kind, file_id=row.file_id)
        for n in range(10)
    )
    for _n in range(4):
        builders.make_case(setting)
    with max_queries(len(few)):
        _page(client, case)


def test_the_list_narrows_exports_and_stays_flat(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    builders.bulk_cases(setting, 300)
    clerk = client_for(setting.clerk)
    first = clerk.get("/desk/cases/")
    assert case.number in first.content.decode()
    assert "陈*玲" in first.content.decode()
    with max_queries(14) as few:
        clerk.get("/desk/cases/")
    cursor = first.context["page"].next_cursor
    with max_queries(len(few)):
        assert case.number not in clerk.get(f"/desk/cases/?cursor={cursor}").content.decode()
    for query, found in (
        (f"number={case.number}", True),
        ("state=submitted&open=open", True),
        ("state=denied", False),
        ("light=red", False),
        (f"item={setting.item.code31}", True),
        ("item=没有这个事项名称", False),
        (f"agency={setting.agency_id}", True),
        (f"region={setting.item.region_path}", True),
        ("region=440000000000/440300000000/", False),
        (f"from={clock.today().isoformat()}&until={clock.today().isoformat()}", True),
        ("until=2020-01-01", False),
    ):
        shown = clerk.get(f"/desk/cases/?{query}").content.decode()
        assert (case.number in shown) is found, query
    export = clerk.get("/desk/cases/export.csv?state=submitted")
    text = b"".join(export.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    assert text.count(setting.item.code31) == 1
    assert Entry.objects.filter(act="government_services.cases.export").count() == 1


def test_a_clerk_enters_a_case_at_the_window_and_cannot_accept_it(
    setting: builders.Setting,
) -> None:
    number = resident_number()
    visitor = make_person("许演示", document_number=number)
    clerk = client_for(setting.clerk)
    look = {"step": "person", "document_type": "resident_id", "purpose": "代为申请"}
    wrong = clerk.post("/desk/window/", {**look, "document_number": "123"})
    assert wrong.status_code == 422
    found = clerk.post("/desk/window/", {**look, "document_number": number})
    assert found.status_code == 302
    assert Entry.objects.filter(act="identity.person_looked_up").exists()
    items = found["Location"]
    assert "许演示" in clerk.get(items).content.decode()
    stranger = make_officer_actor("window_clerk", agency_id=setting.window_id)
    assert client_for(stranger).get(items).status_code == 422
    address = f"{items}{setting.item.code31}/"
    form = clerk.get(address)
    assert form.status_code == 200
    once = form.context["once"]
    scan = SimpleUploadedFile("申请书.pdf", builders.PDF, content_type="application/pdf")
    half = clerk.post(
        address, {**builders.ANSWERS, "place": "", "once": once, "material-M01": scan}
    )
    text = half.content.decode()
    assert half.status_code == 422
    assert "申请书.pdf" in text
    kept = text.split('name="kept-M01" value="')[1].split('"')[0]
    whole = {**builders.ANSWERS, "once": once, "kept-M01": kept}
    done = clerk.post(address, whole)
    assert done.status_code == 302, done.content.decode()[:2000]
    again = clerk.post(address, whole)
    assert again["Location"] == done["Location"]
    case = Case.objects.get(applicant_id=visitor.pk)
    assert (case.channel, case.submitter_officer_id) == ("window", setting.clerk.officer_id)
    material = case.materials.get()
    colleague = client_for(stranger)
    assert colleague.get(f"/desk/cases/{case.pk}/materials/{material.pk}/").status_code == 200
    page = _page(clerk, case)
    assert 'name="outcome"' not in page
    assert _post(clerk, case, task=_task(case), outcome="accept").status_code == 403
    assert _post(colleague, case, task=_task(case), outcome="accept").status_code == 302


def test_a_firm_is_found_by_its_code_and_its_register_fills_the_form() -> None:
    form = {
        "type": "object",
        "properties": {
            "firm": {
                "type": "string",
                "x-title": {"zh-hans": "单位", "en": "Firm"},
                "x-prefill": "organisation.name",
            }
        },
        "required": ["firm"],
    }
    setting = builders.make_setting(form=form)
    firm = make_organisation()
    clerk = client_for(setting.clerk)
    unknown = clerk.post("/desk/window/", {"step": "firm", "uscc": "91440101MA5DEMO00X"})
    assert unknown.status_code == 422
    found = clerk.post("/desk/window/", {"step": "firm", "uscc": firm.registration_number.lower()})
    assert found.status_code == 302
    shown = clerk.get(f"{found['Location']}{setting.item.code31}/").content.decode()
    assert f'value="{firm.name}"' in shown


def test_a_person_who_is_not_there_yet_is_registered(setting: builders.Setting) -> None:
    clerk = client_for(setting.clerk)
    number = resident_number()
    look = {"step": "person", "document_type": "resident_id", "document_number": number}
    nobody = clerk.post("/desk/window/", {**look, "purpose": "代为申请"})
    assert 'value="register"' in nobody.content.decode()
    assert number in nobody.content.decode()
    details = {**look, "step": "register", "name": "新来者", "phone": "1"}
    wrong = clerk.post("/desk/window/", details)
    assert (wrong.status_code, "新来者" in wrong.content.decode()) == (422, True)
    done = clerk.post("/desk/window/", {**details, "phone": "13800000001"})
    assert done.status_code == 302
    assert "新来者" in clerk.get(done["Location"]).content.decode()


def test_a_bad_rating_is_called_back_and_answered(setting: builders.Setting) -> None:
    case = builders.make_granted_case(setting)
    services.rate_case(
        actor=setting.applicant, case_id=case.pk, level=5, text="等了太久", at=clock.now()
    )
    rater = client_for(make_officer_actor("data_steward", agency_id=setting.agency_id))
    rater.get("/desk/ratings/")
    with max_queries(6):
        rater.get("/desk/ratings/")
    assert "等了太久" in rater.get("/desk/ratings/").content.decode()
    own = f"/desk/ratings/{case.pk}/"
    lost = rater.post(own, {"note": "已电话道歉"})
    assert (lost.status_code, "已电话道歉" in lost.content.decode()) == (422, True)
    done = rater.post(own, {"finding": "confirmed", "note": "已电话道歉"})
    assert (done.status_code, done["Location"]) == (302, "/desk/ratings/")
    assert ServiceRating.objects.get(case=case).review == "confirmed"
    assert rater.post(own, {"finding": "confirmed", "note": "再次"}).status_code == 409
    assert "等了太久" not in rater.get("/desk/ratings/").content.decode()


def test_a_result_on_paper_is_handed_over(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    services.choose_delivery(
        actor=setting.applicant, case_id=case.pk, method="pickup", at=clock.now()
    )
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    services.review_case(actor=setting.handler, case_id=case.pk, at=clock.now())
    services.decide_case(actor=setting.approver, case_id=case.pk, outcome="grant", at=clock.now())
    deliver_all()
    clerk = client_for(setting.clerk)
    assert 'name="handed_to"' in _page(clerk, case)
    assert _post(clerk, case, "hand-over", handed_to="").status_code == 422
    assert _post(clerk, case, "hand-over", handed_to="陈美玲").status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.DELIVERED


def test_a_resident_is_not_an_officer(setting: builders.Setting) -> None:
    case = builders.make_case(setting)
    resident = client_for(make_person_actor())
    assert _post(resident, case, task=_task(case), outcome="accept").status_code == 403
