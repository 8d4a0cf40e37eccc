"""What credit refuses, as those who ask meet it; nothing is half-written."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Refusal
from lingnan.kernel.testing import check_refused, nothing_written
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person,
    make_person_actor,
)
from lingnan.standards.agencies.testing import make_agency

from .. import services
from ..errors import (
    BasisMissing,
    BatchNotFound,
    ConsentNotFound,
    DecisionWrong,
    NothingToRepair,
    ProposalDecided,
    ProposalNotFound,
    ReasonMissing,
    RuleMissing,
    RuleUnknown,
    TableTooLarge,
)
from ..models import Consent, CreditRecord, CreditSource, Evaluation, Repair, RuleProposal
from ..testing import (
    NOW,
    deliver,
    make_office,
    make_rules,
    make_source,
    penalty_row,
    person_row,
    reporter,
)
from .test_rosters import firm_and_record
from .test_stewarding import content_of, proposing, stewards

pytestmark = pytest.mark.django_db
API = "/api/v1/credit"
JSON = "application/json"
OLD = datetime(2009, 6, 1, 4, tzinfo=UTC)  # before the first rule and the first scorecard


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "refusal"),
    [
        ("credit_officer", "GET", f"{API}/batches/{{id}}", None, BatchNotFound),
        ("credit_officer", "GET", "/desk/credit/intake/{id}/", None, BatchNotFound),
        ("credit_steward", "GET", "/desk/credit/rules/rule/invented/", None, RuleUnknown),
        ("credit_steward", "GET", "/desk/credit/rules/rule/invented/propose/", None, RuleUnknown),
        ("credit_steward", "POST", "/desk/credit/rules/rule/invented/propose/", {}, RuleUnknown),
        ("credit_steward", "GET", f"{API}/rule-proposals/{{id}}", None, ProposalNotFound),
        ("credit_steward", "GET", "/desk/credit/rules/proposals/{id}/", None, ProposalNotFound),
        ("credit_steward", "DELETE", f"{API}/rule-proposals/{{id}}", None, ProposalNotFound),
        (
            "credit_steward",
            "POST",
            f"{API}/rule-proposals/{{id}}/decision",
            {"publish": True},
            ProposalNotFound,
        ),
    ],
)
def test_what_is_not_there_is_not_found_by_whoever_may_look_for_it(
    role: str, method: str, path: str, body: Any, refusal: type[Refusal]
) -> None:
    make_rules()
    officer = make_officer_actor(role, region_code="440000000000")
    client = client_for(officer, bearer=path.startswith("/api/"))
    path = path.format(id=uuid4())
    with nothing_written("credit"):
        if method == "POST":
            answer = client.post(path, body, content_type=JSON)
        else:
            answer = client.generic(method, path)
    check_refused(answer, refusal)


def test_the_delivery_of_another_agency_is_as_if_it_were_not_there() -> None:
    source = make_source()
    deliver(source, penalty_row(source))
    batch = source_batch(source)
    elsewhere = make_officer_actor("credit_reporter", agency_id=make_agency("housing").id)
    own, program, desk = (
        client_for(reporter(source), bearer=True),
        client_for(elsewhere, bearer=True),
        client_for(elsewhere),
    )
    with nothing_written("credit"):
        assert own.get(f"{API}/batches/{batch}").status_code == 200
        check_refused(program.get(f"{API}/batches/{batch}"), BatchNotFound)
        check_refused(desk.get(f"/desk/credit/intake/{batch}/"), BatchNotFound)


def source_batch(source: CreditSource) -> str:
    (row,) = client_for(reporter(source), bearer=True).get(f"{API}/batches").json()["items"]
    return str(row["id"])


def test_a_source_without_its_legal_basis_is_not_registered() -> None:
    make_rules()
    agency = make_agency()
    office = client_for(
        make_officer_actor("credit_officer", region_code="440106000000"), bearer=True
    )
    new = {
        "code": "tianhe.market.licence",
        "title": {"zh_hans": "许可"},
        "agency_id": str(agency.id),
        "kind": "licence",
        "section": "administration",
        "legal_basis": " ",
        "cycle": "daily",
        "publicity_rule": "publicity.licence",
    }
    with nothing_written("credit"):
        answer = office.post(f"{API}/sources", new, content_type=JSON)
    check_refused(answer, BasisMissing)
    mended = {**new, "legal_basis": "行政许可法 第四十条"}
    assert office.post(f"{API}/sources", mended, content_type=JSON).status_code == 201


def test_a_rule_without_its_source_is_not_entered() -> None:
    make_rules()
    with nothing_written("credit"), pytest.raises(BasisMissing) as refused:
        services.set_rule(
            actor=SYSTEM, code="publicity.penalty", version="2030", title={"zh-hans": "规则"},
            source=" ", effective_from=clock.today(), parameters={}, at=NOW,
        )  # fmt: skip
    assert (refused.value.status, refused.value.code) == (422, "credit.basis_missing")


def test_a_fact_from_before_every_rule_is_named_in_the_report_and_not_stored() -> None:
    source = make_source()
    program = client_for(reporter(source), bearer=True)
    row = penalty_row(source, CF_JDRQ="2009/06/01")
    answer = program.post(
        f"{API}/batches", {"source": source.code, "rows": [row]}, content_type=JSON
    )
    assert answer.status_code == 201
    (problem,) = answer.json()["report"][0]["problems"]
    assert problem["code"] == RuleMissing.code
    assert "2009年6月1日" in problem["message"]
    assert not CreditRecord.objects.exists()
    typed = client_for(reporter(source))
    with nothing_written("credit"):
        page = typed.post(f"/desk/credit/intake/new/?source={source.code}", row)
    assert page.status_code == DecisionWrong.status
    assert "2009年6月1日" in page.content.decode()


def test_nobody_is_evaluated_for_a_day_without_a_scorecard() -> None:
    _owner, record = firm_and_record()
    with nothing_written("credit"), pytest.raises(RuleMissing) as refused:
        services.evaluate_subject(record.subject_id, at=OLD)
    assert (refused.value.status, refused.value.code) == (409, "credit.rule_missing")
    assert refused.value.facts == {"rule": "general", "on": "2009-06-01"}
    assert not Evaluation.objects.exists()


def test_a_typed_decision_that_is_wrong_leaves_neither_record_nor_report() -> None:
    source = make_source()
    actor = reporter(source)
    row = penalty_row(source, CF_WSH="", CF_NR_FK="一万")
    with nothing_written("credit"), pytest.raises(DecisionWrong) as refused:
        services.deliver_decision(actor=actor, source_code=source.code, row=row, at=NOW)
    assert (refused.value.status, refused.value.code) == (422, "credit.decision_wrong")
    assert {field.path for field in refused.value.fields} == {"CF_WSH", "CF_NR_FK"}
    desk = client_for(actor)
    with nothing_written("credit"):
        page = desk.post(f"/desk/credit/intake/new/?source={source.code}", row)
    assert page.status_code == 422
    assert "“一万”不是" in page.content.decode() and row["CF_XDR_MC"] in page.content.decode()


def test_what_is_no_longer_shown_is_not_repaired() -> None:
    make_office()
    owner, record = firm_and_record()
    assert record.publish_until is not None
    CreditRecord.objects.filter(pk=record.pk).update(publicity="ended")
    after = datetime.combine(record.publish_until, datetime.min.time(), tzinfo=UTC)
    program, browser = client_for(owner, bearer=True), client_for(owner)
    sent = {"text": "已整改", "promised_version": services.PROMISE.version}
    with nothing_written("credit"):
        with pytest.raises(NothingToRepair) as refused:
            services.apply_for_repair(
                actor=owner, record_id=record.pk, text="已整改", files=[],
                promised_version=services.PROMISE.version, at=after,
            )  # fmt: skip
        answer = program.post(f"{API}/mine/repairs", {**sent, "record_id": str(record.pk)})
        check_refused(answer, NothingToRepair)
        path = f"/credit/mine/records/{record.pk}/repair/"
        check_refused(
            browser.post(path, {"text": "已整改", "promises": services.PROMISE.version}),
            NothingToRepair,
        )
        page = browser.get(path)
    assert (refused.value.status, refused.value.code) == (409, "credit.nothing_to_repair")
    assert "公示期" in page.content.decode()  # said before anyone writes in vain
    assert not Repair.objects.exists()


def test_a_consent_is_taken_back_only_by_whoever_gave_it() -> None:
    source = make_source()
    person = make_person("陈美玲")
    number = identity.person(person.pk).document_number
    deliver(source, person_row(source, name="陈美玲", number=number))
    other = make_person("何其他")
    deliver(
        source,
        person_row(source, name="何其他", number=identity.person(other.pk).document_number),
    )
    giver = make_person_actor(person)
    consent = services.give_consent(
        actor=giver, agency_id=source.agency_id, purpose="入职审查",
        until=clock.today() + timedelta(days=30), at=clock.now(),
    )  # fmt: skip
    stranger = make_person_actor(other)
    program, browser = client_for(stranger, bearer=True), client_for(stranger)
    own = client_for(giver, bearer=True)
    with nothing_written("credit"):
        for one in (consent.pk, uuid4()):
            check_refused(program.delete(f"{API}/mine/consents/{one}"), ConsentNotFound)
            answer = browser.post("/credit/mine/consents/", {"revoke": str(one)})
            check_refused(answer, ConsentNotFound)
        check_refused(own.delete(f"{API}/mine/consents/{uuid4()}"), ConsentNotFound)
    assert Client().delete(f"{API}/mine/consents/{consent.pk}").status_code == 401
    assert Consent.objects.get().revoked_at is None


def test_a_version_of_a_rule_there_is_not_is_not_proposed() -> None:
    one, _other = stewards()
    program = client_for(one, bearer=True)
    body = {
        "kind": "rule", "code": "invented", "version": "2", "source": "测试",
        "effective_from": (clock.today() + timedelta(days=40)).isoformat(),
        "content": content_of("rule", "objection"), "reason": "加快",
    }  # fmt: skip
    with nothing_written("credit"):
        check_refused(program.post(f"{API}/rule-proposals", body, content_type=JSON), RuleUnknown)
        known = {**body, "code": "objection", "reason": " "}
        check_refused(
            program.post(f"{API}/rule-proposals", known, content_type=JSON), ReasonMissing
        )


def test_a_proposal_is_taken_back_only_by_whoever_made_it_and_decided_once() -> None:
    one, other = stewards()
    row = proposing(one)
    path = f"{API}/rule-proposals/{row.pk}"
    first, second = client_for(one, bearer=True), client_for(other, bearer=True)
    with nothing_written("credit"):
        check_refused(second.delete(path), ProposalNotFound)
    assert RuleProposal.objects.get().state == "proposed"
    decision = {"publish": False, "note": "不可"}
    assert second.post(f"{path}/decision", decision, content_type=JSON).status_code == 200
    with nothing_written("credit"):
        answer = second.post(f"{path}/decision", {"publish": True}, content_type=JSON)
        check_refused(answer, ProposalDecided)
        check_refused(first.delete(path), ProposalDecided)


def test_a_table_that_is_too_large_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_source()
    actor = reporter(source)
    program, desk = client_for(actor, bearer=True), client_for(actor)
    monkeypatch.setattr("lingnan.platforms.credit.files.ROWS_MAX", 2)
    table = "\n".join(["CF_WSH,CF_NR", *["1,a"] * 3]).encode()

    def sent() -> dict[str, Any]:
        return {"source": source.code, "file": SimpleUploadedFile("处罚.csv", table)}

    with nothing_written("credit"):
        check_refused(program.post(f"{API}/batches/file", sent()), TableTooLarge)
        check_refused(desk.post("/desk/credit/intake/", sent()), TableTooLarge)
