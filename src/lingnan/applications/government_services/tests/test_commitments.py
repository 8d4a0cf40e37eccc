"""A promise may stand for a material where the guide allows it; it is kept and checked later."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from django.urls import reverse

from lingnan.kernel import clock
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.credit import services as credit
from lingnan.platforms.credit import testing as credit_testing
from lingnan.platforms.credit.models import Commitment, CreditRecord, RosterEntry
from lingnan.platforms.credit.types import COMMITMENT_SUBJECT
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import client_for, make_officer_actor
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.matters.testing import make_published_item

from .. import services
from ..errors import CommitmentBarred, CommitmentNotAllowed, MaterialsMissing
from ..models import Case, CaseMaterial, Draft
from ..testing import ANSWERS, FORM, MATERIALS, PDF, Setting, make_case, make_setting, upload
from ..types import Applicant, MaterialGiven

pytestmark = pytest.mark.django_db
CONTENT = Path(__file__).resolve().parents[1] / "content"
AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
PROMISE = MaterialGiven(code="M01", kind="commitment", version="2026-1")


def setting_with_promise() -> Setting:
    first, second = cast("list[dict[str, Any]]", MATERIALS)
    offer = {
        "text": {"zh-hans": "承诺三十日内补齐申请书。", "en": "I hand it in within 30 days."},
        "version": "2026-1",
        "check_days": 45,
    }
    return make_setting(materials=[{**first, "commitment": offer}, second])


def test_a_promise_is_kept_at_acceptance_and_stands_for_the_material() -> None:
    setting = setting_with_promise()
    case = make_case(setting, given=[PROMISE], at=AT)
    row = CaseMaterial.objects.get(case=case)
    assert (row.kind, row.file_id, row.licence_id) == ("commitment", None, None)
    assert not Commitment.objects.exists()
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    kept = Commitment.objects.get()
    assert (kept.text, kept.text_version) == ("承诺三十日内补齐申请书。", "2026-1")
    assert (kept.case_number, kept.agency_id) == (case.number, setting.agency_id)
    assert (kept.made_by, kept.made_at) == (setting.applicant.name, AT)
    assert kept.check_due_on == AT.date() + timedelta(days=45)
    services.review_case(actor=setting.handler, case_id=case.pk, at=AT)
    services.decide_case(actor=setting.approver, case_id=case.pk, outcome="grant", at=AT)
    deliver_all()
    kept.refresh_from_db()
    assert kept.state == "open"
    own = client_for(setting.applicant)
    assert "以您的承诺代替" in own.get(f"/cases/{case.pk}/").content.decode()
    assert "承诺三十日内" in own.get(f"/credit/mine/commitments/{kept.pk}/").content.decode()
    content = own.get(f"/api/v1/cases/{case.pk}/materials/{row.pk}/content")
    assert content.content.decode() == "承诺三十日内补齐申请书。"
    desk = client_for(setting.handler).get(f"/desk/cases/{case.pk}/").content.decode()
    assert "承诺三十日内补齐申请书。" in desk


def test_two_materials_of_one_name_are_two_promises() -> None:
    first, second = cast("list[dict[str, Any]]", MATERIALS)
    offers = [
        {"text": {"zh-hans": text}, "version": "2026-1", "check_days": days}
        for text, days in (("承诺补齐申请书。", 45), ("承诺补齐另一份。", 90))
    ]
    same = {**first, "code": "M02"}
    setting = make_setting(
        materials=[{**first, "commitment": offers[0]}, {**same, "commitment": offers[1]}]
    )
    assert second["code"] == "M02"
    given = [PROMISE, replace(PROMISE, code="M02")]
    case = make_case(setting, given=given, at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    kept = Commitment.objects.order_by("check_due_on")
    assert [(row.part, row.text) for row in kept] == [
        ("M01", "承诺补齐申请书。"),
        ("M02", "承诺补齐另一份。"),
    ]


def test_a_case_that_ends_without_a_grant_frees_the_promise() -> None:
    setting = setting_with_promise()
    case = make_case(setting, given=[PROMISE], at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    services.withdraw_case(actor=setting.applicant, case_id=case.pk, reason="不办了", at=AT)
    deliver_all()
    deliver_all()
    assert Commitment.objects.get().state == "void"


def test_only_where_the_guide_allows_it_and_only_by_the_applicant() -> None:
    setting = setting_with_promise()
    with pytest.raises(MaterialsMissing):
        make_case(setting, given=[], at=AT)
    with pytest.raises(CommitmentNotAllowed):
        make_case(setting, given=[PROMISE, MaterialGiven(code="M02", kind="commitment")], at=AT)
    assert setting.applicant.person_id is not None
    with pytest.raises(CommitmentNotAllowed):
        make_case(
            setting,
            actor=setting.clerk,
            given=[PROMISE],
            applicant=Applicant(kind="person", id=setting.applicant.person_id),
            at=AT,
        )
    assert not Case.objects.exists()


def broken(setting: Setting) -> CreditRecord:
    """The applicant promised before, did not keep it, was heard, and it went on record."""
    for kind in credit_testing.AGENCY_KINDS:
        make_agency(kind)
    credit_testing.make_source(
        "breach", agency_id=setting.agency_id, rule="publicity.breach", at=AT
    )
    case = make_case(setting, given=[PROMISE], at=AT)
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    row = Commitment.objects.get()
    reporter = make_officer_actor("credit_reporter", agency_id=setting.agency_id)
    approver = make_officer_actor("credit_approver", agency_id=setting.agency_id)
    credit.check_commitment(
        actor=reporter, commitment_id=row.pk, kept=False, finding="没有制度文本", at=AT
    )
    owner = setting.applicant
    credit.answer_breach(actor=owner, commitment_id=row.pk, text="忘了", at=AT)
    credit_testing.finish_step(
        COMMITMENT_SUBJECT, row.pk, "confirm", "confirm", actor=approver, at=AT
    )
    return CreditRecord.objects.select_related("subject").get(kind="breach")


def test_whoever_broke_a_promise_may_not_promise_again_until_it_is_repaired() -> None:
    setting = setting_with_promise()
    record = broken(setting)
    assert not RosterEntry.objects.exists()  # a broken promise lists nobody
    draft = services.open_draft(actor=setting.applicant, item_code=setting.item.code31, at=AT)
    with pytest.raises(CommitmentBarred) as refused:
        services.add_commitment(
            actor=setting.applicant, draft_id=draft.pk, code="M01", version="2026-1", at=AT
        )
    assert record.number in str(refused.value.facts["reasons"])
    with pytest.raises(CommitmentBarred):
        make_case(setting, given=[PROMISE], at=AT)
    assert make_case(setting, given=[upload(setting)], at=AT).number
    later = AT + timedelta(days=100)
    assert record.repair_from is not None and record.repair_from <= later.date()
    CreditRecord.objects.filter(pk=record.pk).update(in_use=False, publicity="stopped")
    assert services.add_commitment(
        actor=setting.applicant, draft_id=draft.pk, code="M01", version="2026-1", at=later
    ).materials


def test_whoever_stands_on_a_roster_of_restraint_may_not_promise() -> None:
    setting = setting_with_promise()
    office = credit_testing.make_office()
    assert setting.applicant.person_id is not None
    person = identity.person(setting.applicant.person_id)
    source = credit_testing.make_source(agency_id=setting.agency_id)
    row = credit_testing.person_row(
        source,
        name=person.name,
        number=person.document_number,
        CF_CFLB="罚款;限制从业",
    )
    record = credit_testing.deliver(source, row)
    entry = credit.open_lead(
        actor=office["officer"],
        subject_id=record.subject_id,
        roster="market_serious",
        facts="情节严重",
        evidence_ids=[record.pk],
        at=credit_testing.NOW,
    )
    RosterEntry.objects.filter(pk=entry.pk).update(
        state="listed",
        notified_at=credit_testing.NOW,
        statement_due_on=credit_testing.NOW.date(),
        decided_at=credit_testing.NOW,
        decided_by="龙认定",
        decision_number="440106信列〔2026〕1号",
        until=datetime(2029, 11, 23, tzinfo=UTC).date(),
    )
    with pytest.raises(CommitmentBarred) as refused:
        make_case(setting, given=[PROMISE], at=credit_testing.NOW)
    assert "2029年11月23日" in str(refused.value.facts["reasons"])


def test_the_pages_offer_it_take_it_and_say_why_not() -> None:
    setting = setting_with_promise()
    me = client_for(setting.applicant)
    draft = services.open_draft(
        actor=setting.applicant, item_code=setting.item.code31, at=clock.now()
    )
    services.save_draft(actor=setting.applicant, draft_id=draft.pk, data=ANSWERS, at=clock.now())
    place = address("apply_materials", setting)
    page = me.get(place).content.decode()
    assert "承诺三十日内补齐申请书。" in page and 'name="promise.M01"' in page
    unticked = me.post(place, {"_promise": "M01"})
    assert unticked.status_code == 422 and "请先勾选承诺" in unticked.content.decode()
    assert me.post(place, {"_promise": "M01", "promise.M01": "2026-1"}).status_code == 302
    assert [row["kind"] for row in Draft.objects.get().materials] == ["commitment"]
    again = me.post(place, {"_promise": "M01", "promise.M01": "2026-1"})
    assert again.status_code == 302 and len(Draft.objects.get().materials) == 1
    assert "以承诺代替" in me.get(address("apply_check", setting)).content.decode()
    services.add_upload(  # a file takes the place of the promise
        actor=setting.applicant,
        draft_id=draft.pk,
        code="M01",
        content=PDF,
        name="申请书.pdf",
        at=clock.now(),
    )
    assert [row["kind"] for row in Draft.objects.get().materials] == ["upload"]


def address(name: str, setting: Setting) -> str:
    return reverse(f"government_services:{name}", args=[setting.item.code31])


def test_by_the_api() -> None:
    setting = setting_with_promise()
    me = client_for(setting.applicant, bearer=True)

    def post(path: str, body: dict[str, Any]) -> Any:
        return me.post(
            f"/api/v1{path}",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": str(uuid4())},
        )

    draft = post("/drafts", {"item_code": setting.item.code31}).json()["id"]
    read = {"code": "M01", "agrees": True, "version": "2026-1"}
    for other in ({"agrees": False}, {"version": "x" * 41}):
        assert post(f"/drafts/{draft}/commitments", {**read, **other}).status_code == 422
    assert post(f"/drafts/{draft}/commitments", {"code": "M01", "agrees": True}).status_code == 422
    wrong = post(f"/drafts/{draft}/commitments", {**read, "code": "M02"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "case.commitment_not_allowed")
    old = post(f"/drafts/{draft}/commitments", {**read, "version": "2025-9"})
    assert (old.status_code, old.json()["code"]) == (409, "case.commitment_words_changed")
    assert old.json()["facts"]["version"] == "2026-1" and not Draft.objects.get().materials
    made = post(f"/drafts/{draft}/commitments", read)
    assert made.status_code == 201 and made.json()["materials"][0]["kind"] == "commitment"
    body = {"item_code": setting.item.code31, "data": ANSWERS}
    given = {"code": "M01", "kind": "commitment"}
    for unread in (given, {**given, "version": "2025-9"}):
        refused = post("/cases", {**body, "materials": [unread]})
        assert (refused.status_code, refused.json()["code"]) == (
            409,
            "case.commitment_words_changed",
        )
    direct = post("/cases", {**body, "materials": [{**given, "version": "2026-1"}]})
    assert direct.status_code == 201, direct.content
    guide = me.get(f"/api/v1/matters/items/{setting.item.code31}").json()
    assert guide["materials"][0]["commitment"]["check_days"] == 45


def test_nobody_is_held_to_words_he_has_not_read() -> None:
    setting = setting_with_promise()
    code = setting.item.code31
    draft = services.open_draft(actor=setting.applicant, item_code=code, at=AT)
    services.save_draft(actor=setting.applicant, draft_id=draft.pk, data=ANSWERS, at=AT)
    promise = partial(
        services.add_commitment,
        actor=setting.applicant,
        draft_id=draft.pk,
        code="M01",
        version="2026-1",
        at=AT,
    )
    hand_in = partial(services.submit_draft, actor=setting.applicant, draft_id=draft.pk, at=AT)
    promise()
    first, second = cast("list[dict[str, Any]]", MATERIALS)
    offer = {
        "text": {"zh-hans": "承诺已符合全部条件，愿承担一切责任。", "en": "All conditions hold."},
        "version": "2026-2",
        "check_days": 45,
    }
    make_published_item(
        setting.agency_id,
        code12=setting.item.basic_code,
        materials=[{**first, "commitment": offer}, second],
        form_schema=FORM,
        process_key=setting.item.process_key,
        licence_type_code=setting.item.licence_type_code,
    )
    with pytest.raises(MaterialsMissing):
        hand_in()
    me, place = client_for(setting.applicant), address("apply_materials", setting)
    assert "愿承担一切责任" in me.get(place).content.decode()
    old = me.post(place, {"_promise": "M01", "promise.M01": "2026-1"})  # a page opened before
    assert old.status_code == 422 and "2026-2" in old.content.decode()
    promise(version="2026-2")
    case = hand_in()
    services.accept_case(actor=setting.clerk, case_id=case.pk, at=AT)
    assert Commitment.objects.get().text_version == "2026-2"


def test_a_shipped_matter_uses_it() -> None:
    read = json.loads((CONTENT / "food_business" / "item.json").read_text(encoding="utf-8"))
    offered = {m["code"]: m.get("commitment") for m in read["content"]["materials"]}
    assert offered["safety_rules"]["check_days"] == 60 and not offered["floor_plan"]
