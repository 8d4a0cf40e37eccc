"""The residents' pages: who may see what, nothing typed is lost, one case for two presses."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import check_routes, max_queries
from lingnan.platforms.identity.testing import (
    client_for,
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.platforms.payment import services as payment
from lingnan.standards.regions.testing import make_region

from .. import services
from ..models import Case, Correction, Draft, JointCase, JointDraft, ServiceRating
from ..testing import (
    ANSWERS,
    PDF,
    Setting,
    make_case,
    make_granted_case,
    make_setting,
    upload,
)
from ..types import Applicant, CorrectionItem

pytestmark = pytest.mark.django_db

HOME_QUERIES_MAX = 24
LIST_QUERIES_MAX = 12
CASE_QUERIES_MAX = 32


def page(name: str, *arguments: object) -> str:
    return reverse(f"government_services:{name}", args=list(arguments))


def begin(setting: Setting, client: Client) -> Draft:
    """Press "start" and come out with the draft."""
    response = client.post(page("apply", setting.item.code31))
    assert response.status_code == 302
    return Draft.objects.get(item_code=setting.item.code31, state=Draft.State.LIVE)


def fill(setting: Setting, client: Client, draft: Draft, **changes: str) -> None:
    """Answer every question page and upload what is needed."""
    for name, value in {**ANSWERS, **changes}.items():
        sent = {name: value, "draft": str(draft.pk)}
        response = client.post(page("apply_page", setting.item.code31, name), sent)
        assert response.status_code == 302, name
    file = SimpleUploadedFile("form.pdf", PDF, "application/pdf")
    response = client.post(
        page("apply_materials", setting.item.code31), {"file.M01": file, "_continue": "1"}
    )
    assert response.url == page("apply_check", setting.item.code31)  # type: ignore[attr-defined]


def test_a_guide_of_many_places_asks_where_before_one_applies() -> None:
    code12 = "440190777000"
    here = make_setting(code12=code12, region="440106000000")
    there = make_setting(code12=code12, region="440103000000")
    guide, apply = page("item", here.item.code31), page("apply", here.item.code31)
    choose = f"{page('region')}?item={here.item.code31}"
    stranger = client_for()
    text = stranger.get(guide).content.decode()
    assert apply not in text
    assert choose in text
    chosen = stranger.get(f"{choose}&choose=440103000000")
    assert chosen.headers["Location"] == page("item", there.item.code31)
    text = stranger.get(page("item", there.item.code31)).content.decode()
    assert page("apply", there.item.code31) in text
    city = client_for().get(f"{choose}&choose=440100000000").headers["Location"]
    assert city == f"{page('region')}?item={here.item.code31}&city=440100000000"
    neighbour = client_for(make_person_actor(make_person(region_code="440106000000")))
    assert apply in neighbour.get(guide).content.decode()


def test_each_page_for_each_person() -> None:
    setting = make_setting()
    code = setting.item.code31
    case = make_case(setting)
    services.open_draft(actor=setting.applicant, item_code=code, at=clock.now())
    clients = {
        "anonymous": client_for(),
        "other": client_for(make_person_actor()),
        "officer": client_for(setting.clerk),
        "owner": client_for(setting.applicant),
    }
    open_pages = {"anonymous": 200, "other": 200, "officer": 200, "owner": 200}
    own = {"anonymous": 302, "other": 404, "officer": 403, "owner": 200}
    drafts = {"anonymous": 302, "other": 302, "officer": 403, "owner": 200}
    table: list[tuple[str, str, dict[str, int]]] = [
        ("GET", page("home"), open_pages),
        ("GET", page("region"), open_pages),
        ("GET", page("search") + "?q=食品", open_pages),
        ("GET", page("theme", "start_business"), open_pages),
        ("GET", page("theme", "nothing"), dict.fromkeys(open_pages, 404)),
        ("GET", page("item", code), open_pages),
        ("GET", page("item", "X" * 31), dict.fromkeys(open_pages, 404)),
        ("GET", page("known", "person.name"), open_pages),
        ("GET", page("known", "legal_representative.name"), open_pages),
        ("GET", page("known", "stranger"), dict.fromkeys(open_pages, 404)),
        ("GET", page("apply", code), open_pages),
        ("POST", page("apply", code), {"anonymous": 302, "officer": 403, "owner": 302}),
        ("GET", page("apply_page", code, "place"), drafts),
        ("GET", page("apply_page", code, "nothing"), {**drafts, "owner": 404}),
        ("GET", page("apply_materials", code), drafts),
        ("GET", page("apply_check", code), {**drafts, "owner": 302}),
        ("POST", page("apply_check", code), {"officer": 403, "other": 404}),
        ("GET", page("apply_discard", code), drafts),
        ("GET", page("cases"), {"anonymous": 302, "other": 200, "officer": 403, "owner": 200}),
        ("GET", page("case", case.pk), own),
        ("GET", page("case_done", case.pk), own),
        ("GET", page("correct", case.pk), {**own, "owner": 409}),
        ("POST", page("correct", case.pk), {"other": 404, "officer": 403, "owner": 409}),
        ("GET", page("withdraw", case.pk), own),
        ("POST", page("withdraw", case.pk), {"anonymous": 302, "other": 404, "officer": 403}),
        ("GET", page("rate", case.pk), {**own, "owner": 409}),
        ("POST", page("rate", case.pk), {"other": 404, "officer": 403}),
        ("GET", page("delivery", case.pk), own),
        ("POST", page("delivery", case.pk), {"other": 404, "officer": 403, "owner": 422}),
        ("POST", page("renew_bill", case.pk), {"anonymous": 302, "other": 404, "officer": 403}),
        ("GET", page("joint", "nothing"), dict.fromkeys(open_pages, 404)),
        ("GET", page("joint_resume", uuid4()), {**own, "owner": 404}),
        ("GET", page("joint_case", uuid4()), {**own, "owner": 404}),
        ("GET", page("joint_withdraw", uuid4()), {**own, "owner": 404}),
    ]
    check_routes(clients, table)


def test_from_start_to_the_done_page() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    draft = begin(setting, client)
    fill(setting, client, draft)
    shown = client.get(page("apply_check", setting.item.code31))
    assert "中山一路 1 号" in shown.content.decode()
    response = client.post(page("apply_check", setting.item.code31), {"draft": str(draft.pk)})
    case = Case.objects.get(draft_id=draft.pk)
    assert response.url == page("case_done", case.pk)  # type: ignore[attr-defined]
    assert case.number in client.get(page("case_done", case.pk)).content.decode()


def test_a_case_says_who_acted_for_the_applicant() -> None:
    setting = make_setting()
    applicant = setting.applicant
    assert applicant.person_id is not None
    own, entered = (
        make_case(setting),
        make_case(
            setting, actor=setting.clerk, applicant=Applicant(kind="person", id=applicant.person_id)
        ),
    )
    client = client_for(applicant)
    for case, who in ((own, ""), (entered, "林窗口")):
        view = client.get(f"/api/v1/cases/{case.pk}/view").json()
        assert view["handed_in_by"] == who
        text = client.get(page("case", case.pk)).content.decode()
        assert ("提交人" in text) == bool(who) and who in text


def test_pressing_twice_makes_one_case() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    draft = begin(setting, client)
    fill(setting, client, draft)
    sent = {"draft": str(draft.pk)}
    first = client.post(page("apply_check", setting.item.code31), sent)
    second = client.post(page("apply_check", setting.item.code31), sent)
    assert first.url == second.url  # type: ignore[attr-defined]
    assert Case.objects.count() == 1


def test_a_wrong_answer_is_kept_and_told_at_its_field() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    draft = begin(setting, client)
    address = page("apply_page", setting.item.code31, "place")
    response = client.post(address, {"place": "中", "draft": str(draft.pk)})
    assert response.status_code == 422
    text = response.content.decode()
    assert 'value="中"' in text
    assert 'href="#f-place"' in text
    assert 'value="中"' in client.get(address).content.decode()


def test_the_draft_saves_itself_without_a_page() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    draft = begin(setting, client)
    address = page("apply_page", setting.item.code31, "place")
    sent = {"place": "海珠", "draft": str(draft.pk), "_autosave": "1"}
    assert client.post(address, sent).status_code == 204
    draft.refresh_from_db()
    assert draft.data["place"] == "海珠"


def test_what_was_typed_without_a_session_comes_back_after_the_sign_in() -> None:
    setting = make_setting()
    signed_in = client_for(setting.applicant)
    draft = begin(setting, signed_in)
    address = page("apply_page", setting.item.code31, "place")
    client = client_for()
    response = client.post(address, {"place": "荔湾路 8 号", "draft": str(draft.pk)})
    assert response.status_code == 302
    assert response.url.startswith("/account/sign-in/")  # type: ignore[attr-defined]
    assert "荔湾" not in str(response.cookies)
    client.cookies["lingnan_session"] = signed_in.cookies["lingnan_session"].value
    shown = client.get(address).content.decode()
    assert "荔湾路 8 号" in shown
    draft.refresh_from_db()
    assert draft.data["place"] == "荔湾路 8 号"


def test_what_one_person_typed_never_comes_back_to_another() -> None:
    setting = make_setting()
    draft = begin(setting, client_for(setting.applicant))
    other = client_for(make_person_actor())
    other.post(page("apply", setting.item.code31))
    address = page("apply_page", setting.item.code31, "place")
    anonymous = client_for()
    anonymous.post(address, {"place": "荔湾路 8 号", "draft": str(draft.pk)})
    anonymous.cookies["lingnan_session"] = other.cookies["lingnan_session"].value
    assert "荔湾路 8 号" not in anonymous.get(address).content.decode()


def test_a_refused_file_is_told_at_its_material_and_the_others_stay() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    draft = begin(setting, client)
    good = SimpleUploadedFile("form.pdf", PDF, "application/pdf")
    bad = SimpleUploadedFile("plan.pdf", b"not a pdf at all", "application/pdf")
    response = client.post(
        page("apply_materials", setting.item.code31),
        {"file.M01": good, "file.M02": bad, "_continue": "1"},
    )
    assert response.status_code == 422
    text = response.content.decode()
    assert 'href="#f-M02"' in text
    assert 'href="#f-M01"' not in text
    assert "form.pdf" in text
    draft.refresh_from_db()
    assert [row["code"] for row in draft.materials] == ["M01"]


def test_a_missing_material_stops_and_a_file_may_be_removed() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    draft = begin(setting, client)
    address = page("apply_materials", setting.item.code31)
    assert client.post(address, {"_continue": "1"}).status_code == 422
    file = SimpleUploadedFile("form.pdf", PDF, "application/pdf")
    assert client.post(address, {"file.M01": file, "_upload": "M01"}).status_code == 302
    draft.refresh_from_db()
    assert client.post(address, {"_remove": draft.materials[0]["id"]}).status_code == 302
    draft.refresh_from_db()
    assert draft.materials == []


def test_throwing_a_draft_away_asks_first() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    draft = begin(setting, client)
    client.get(page("apply_discard", setting.item.code31))
    draft.refresh_from_db()
    assert draft.state == Draft.State.LIVE
    client.post(page("apply_discard", setting.item.code31))
    draft.refresh_from_db()
    assert draft.state == Draft.State.DISCARDED


def corrected(setting: Setting) -> Case:
    case = make_case(setting)
    services.request_correction(
        actor=setting.clerk,
        case_id=case.pk,
        items=[
            CorrectionItem(material_code="M01", problem="缺页", what_to_do="补齐全部页"),
            CorrectionItem(field="place", problem="无门牌", what_to_do="写明门牌号"),
        ],
        at=clock.now(),
    )
    return case


def test_a_correction_with_an_error_keeps_answer_and_file() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    case = corrected(setting)
    address = page("correct", case.pk)
    shown = client.get(address).content.decode()
    assert "写明门牌号" in shown
    assert "陈美玲" in shown.split("<form")[-2] and 'name="applicant_name"' not in shown
    file = SimpleUploadedFile("again.pdf", PDF, "application/pdf")
    response = client.post(address, {"place": "中", "file.M01": file})
    assert response.status_code == 422
    text = response.content.decode()
    assert 'value="中"' in text
    assert "again.pdf" in text
    kept = text.split('name="kept.M01" value="')[1].split('"')[0]
    response = client.post(address, {"place": "中山一路 2 号", "kept.M01": kept})
    assert response.status_code == 302
    assert Correction.objects.get(case=case).state == Correction.State.SUBMITTED
    case.refresh_from_db()
    assert case.form_data["place"] == "中山一路 2 号"


def test_a_general_instruction_is_answered_with_words_and_a_file() -> None:
    setting = make_setting()
    case, client = make_case(setting), client_for(setting.applicant)
    services.request_correction(
        actor=setting.clerk,
        case_id=case.pk,
        items=[
            CorrectionItem(field="place", problem="无门牌", what_to_do="写明门牌号"),
            CorrectionItem(problem="看不出经营方式", what_to_do="说明如何经营，可附平面图"),
        ],
        at=clock.now(),
    )
    address = page("correct", case.pk)
    assert "说明如何经营" in client.get(address).content.decode()
    bare = client.post(address, {"place": "中山一路 2 号"})
    assert bare.status_code == 422 and 'href="#f-correction-2"' in bare.content.decode()
    plan = SimpleUploadedFile("plan.pdf", PDF, "application/pdf")
    wrong = {"place": "", "reply.correction-2": "堂食为主", "file.correction-2": plan}
    text = client.post(address, wrong).content.decode()
    assert "堂食为主</textarea>" in text and "plan.pdf" in text
    kept = text.split('name="kept.correction-2" value="')[1].split('"')[0]
    right = {"place": "中山一路 2 号", "reply.correction-2": "堂食为主", "kept.correction-2": kept}
    assert client.post(address, right).status_code == 302
    correction = Correction.objects.get(case=case)
    assert correction.replies == [{"item": 1, "text": "堂食为主"}]
    assert case.materials.get(code="correction-2").file_name == "plan.pdf"
    assert "堂食为主" in client.get(page("case", case.pk)).content.decode()


def test_another_persons_file_is_no_correction() -> None:
    setting = make_setting()
    case = corrected(setting)
    stranger = make_person_actor()
    foreign = upload(setting, actor=stranger)
    response = client_for(setting.applicant).post(
        page("correct", case.pk), {"place": "中山一路 2 号", "kept.M01": str(foreign.file_id)}
    )
    assert response.status_code == 422
    assert Correction.objects.get(case=case).state == Correction.State.OPEN


def test_taking_back_asks_first_and_ends_the_case() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    case = make_case(setting)
    client.get(page("withdraw", case.pk))
    case.refresh_from_db()
    assert case.state == "submitted"
    client.post(page("withdraw", case.pk), {"reason": "不办了"})
    case.refresh_from_db()
    assert case.state == "withdrawn"
    assert client.post(page("withdraw", case.pk)).status_code == 409


def test_rating_has_no_default_and_counts_once() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    case = make_granted_case(setting)
    address = page("rate", case.pk)
    shown = client.get(address).content.decode()
    assert " checked" not in shown
    response = client.post(address, {"text": "窗口很耐心"})
    assert response.status_code == 422
    assert "窗口很耐心" in response.content.decode()
    assert not ServiceRating.objects.exists()
    assert client.post(address, {"level": "2", "text": "窗口很耐心"}).status_code == 302
    assert ServiceRating.objects.get(case=case).level == 2
    assert client.post(address, {"text": "再补一句"}).status_code == 302
    assert ServiceRating.objects.get(case=case).supplement == "再补一句"
    assert client.post(address, {"text": "第三次"}).status_code == 422


def test_an_overdue_bill_is_replaced_on_the_case_page() -> None:
    setting = make_setting(with_fee=True)
    case = make_granted_case(setting)
    old = case.bill_id
    client = client_for(setting.applicant)
    assert f"/pay/{old}/" in client.get(page("case", case.pk)).content.decode()
    payment.expire_bills(at=clock.now() + timedelta(days=400))
    assert page("renew_bill", case.pk) in client.get(page("case", case.pk)).content.decode()
    assert client.post(page("renew_bill", case.pk)).status_code == 302
    case.refresh_from_db()
    assert case.bill_id != old


def test_delivery_by_post_needs_an_address_and_keeps_what_was_typed() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    case = make_case(setting)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=clock.now())
    address = page("delivery", case.pk)
    response = client.post(address, {"method": "mail", "name": "陈美玲"})
    assert response.status_code == 422
    assert 'value="陈美玲"' in response.content.decode()
    sent = {"method": "mail", "name": "陈美玲", "phone": "13800138000", "address": "中山一路"}
    assert client.post(address, sent).status_code == 302
    assert "中山一路" in client.get(address).content.decode()


def test_the_chosen_place_is_remembered() -> None:
    make_region("440106000000", name="天河区")
    client = client_for()
    response = client.get(page("region") + "?choose=440106000000&next=/search/")
    assert response.url == "/search/"  # type: ignore[attr-defined]
    assert "天河区" in client.get(page("home")).content.decode()
    away = client.get(page("region") + "?choose=440106000000&next=//evil.example/")
    assert away.url == page("home")  # type: ignore[attr-defined]


def test_lists_cost_the_same_with_many_rows() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    begin(setting, client)
    for _ in range(4):
        make_case(setting)
    client.get(page("cases"))
    with max_queries(LIST_QUERIES_MAX):
        assert client.get(page("cases")).status_code == 200
    with max_queries(HOME_QUERIES_MAX):
        assert client.get(page("home")).status_code == 200
    case = Case.objects.first()
    assert case is not None
    with max_queries(CASE_QUERIES_MAX):
        assert client.get(page("case", case.pk)).status_code == 200


def test_the_helper_sees_for_whom_he_acts() -> None:
    from_home = make_setting(service_objects=["1", "2"])
    leader = make_person()
    firm = make_organisation(leader)
    client = client_for(make_person_actor(leader, organisation=firm))
    text = client.get(page("apply", from_home.item.code31)).content.decode()
    assert f"<strong>{firm.name}</strong>" in text


def make_theme(setting: Setting, other: Setting) -> str:
    content: dict[str, Any] = {
        "code": "open_shop",
        "title": {"zh-hans": "开店一件事", "en": "Open a shop"},
        "questions": {
            "type": "object",
            "properties": {
                "hires": {
                    "type": "boolean",
                    "x-widget": "radio",
                    "x-title": {"zh-hans": "招人吗？", "en": "Will you hire?"},
                }
            },
            "required": ["hires"],
        },
        "children": [
            {"key": "shop", "item_code": setting.item.code31},
            {
                "key": "staff",
                "item_code": other.item.code31,
                "show_if": "hires == true",
                "mandatory": False,
            },
        ],
    }
    services.publish_theme(content=content, actor=SYSTEM, at=clock.now())
    return "open_shop"


def test_one_thing_from_questions_to_its_parts() -> None:
    setting, other = make_setting(), make_setting()
    theme = make_theme(setting, other)
    client = client_for(setting.applicant)
    assert client.get(page("joint_plan", theme)).status_code == 422
    planned = client.get(page("joint_plan", theme) + "?hires=true")
    assert planned.status_code == 200
    assert client_for().post(page("joint_plan", theme), {"hires": "true"}).status_code == 302
    assert not JointDraft.objects.exists()
    client.post(page("joint_plan", theme), {"hires": "true"})
    draft = JointDraft.objects.get()
    question = page("joint_page", draft.pk, setting.item.basic_code)
    wrong = client.post(question, {**ANSWERS, "place": "中"})
    assert wrong.status_code == 422
    assert 'value="中"' in client.get(question).content.decode()
    assert client.post(question, ANSWERS).status_code == 302
    assert client.get(page("joint_check", draft.pk)).status_code == 302
    file = SimpleUploadedFile("form.pdf", PDF, "application/pdf")
    client.post(page("joint_materials", draft.pk), {"file.M01": file, "_continue": "1"})
    assert client.get(page("joint_check", draft.pk)).status_code == 200
    first = client.post(page("joint_check", draft.pk))
    joint = JointCase.objects.get()
    assert first.url == page("joint_done", joint.pk)  # type: ignore[attr-defined]
    assert client.post(page("joint_check", draft.pk)).url == first.url  # type: ignore[attr-defined]
    assert Case.objects.count() == 2
    shown = client.get(page("joint_case", joint.pk)).content.decode()
    assert all(case.number in shown for case in Case.objects.all())
    assert client_for(make_person_actor()).get(page("joint_done", joint.pk)).status_code == 404
    client.post(page("joint_withdraw", joint.pk), {"reason": ""})
    joint.refresh_from_db()
    assert joint.state == JointCase.State.WITHDRAWN


def test_a_joint_draft_is_its_owners_alone_and_expires() -> None:
    setting, other = make_setting(), make_setting()
    theme = make_theme(setting, other)
    client = client_for(setting.applicant)
    client.post(page("joint_plan", theme), {"hires": "false"})
    draft = JointDraft.objects.get()
    stranger = client_for(make_person_actor())
    for name in ("joint_resume", "joint_materials", "joint_check", "joint_discard"):
        assert stranger.get(page(name, draft.pk)).status_code == 404, name
    later = draft.expires_at
    assert services.expire_joint_drafts(at=later) == 1
    assert client.get(page("joint_materials", draft.pk)).status_code == 404
    draft.refresh_from_db()
    assert draft.data == {}


def test_a_case_not_found_offers_to_go_on_in_the_name_of_ones_firm() -> None:
    leader = make_person()
    firm = make_organisation(leader)
    unknown = client_for(make_person_actor(leader)).get(page("case", uuid4()))
    assert unknown.status_code == 404
    assert f"organisation:{firm.pk}" in unknown.content.decode()
    assert client_for(make_person_actor()).get(page("case", uuid4())).status_code == 404


def test_whoever_has_it_already_is_told_before_he_applies_again() -> None:
    setting = make_setting()
    client = client_for(setting.applicant)
    address = page("apply", setting.item.code31)
    assert "notice--warning" not in client.get(address).content.decode()
    running = make_case(setting)
    begun = client.get(address).content.decode()
    assert page("case", running.pk) in begun
    granted = make_granted_case(setting, at=clock.now())
    after = client.get(address).content.decode()
    assert page("case", granted.pk) not in after
    assert "/wallet/" in after and "notice--info" in after
    stranger = client_for(make_person_actor())
    assert page("case", running.pk) not in stranger.get(address).content.decode()
