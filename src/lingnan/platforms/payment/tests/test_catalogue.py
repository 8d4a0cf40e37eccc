"""The catalogue is changed by two persons; bills are issued at the desk.

Source: Plan 五（三）2（2）.
"""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import check_routes
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person,
    make_person_actor,
    resident_number,
)
from lingnan.security.audit.models import Entry as AuditEntry
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..errors import (
    DueDatePast,
    FeeNotInForce,
    FeeNotListed,
    RuleBackdated,
    RuleDraftDecided,
    RuleDraftWaiting,
    RuleMalformed,
    RuleNotInForce,
    SameOfficer,
)
from ..models import Bill, Entry, FeeItem, GovernmentAccount, RuleDraft
from ..types import AccountRule, FeeEnd, FeeRule, PaidInto, ReductionRule, RuleKind, ShareRule
from .test_pay import now
from .test_reconcile import PROVINCE, Books, close

pytestmark = pytest.mark.django_db
FEE = FeeRule(
    name="测试费",
    kind="administrative",
    unit="份",
    unit_price_fen=500,
    legal_basis="测试〔2026〕1号",
)


def clerk_and_second() -> tuple[Any, Any]:
    return (
        make_officer_actor("finance", region_code=PROVINCE),
        make_officer_actor("finance_reviewer", region_code=PROVINCE),
    )


def put(content: Any, code: str = "T-1", days: int = 0) -> RuleDraft:
    clerk, second = clerk_and_second()
    draft = services.propose_rule(
        actor=clerk,
        code=code,
        content=content,
        effective_from=clock.today() + timedelta(days=days),
        at=now(),
    )
    return services.confirm_rule(actor=second, draft_id=draft.pk, at=now())


def test_a_fee_is_in_force_only_when_a_second_person_confirmed_it() -> None:
    clerk, second = clerk_and_second()
    facts: dict[str, Any] = {
        "actor": clerk, "code": "T-1", "content": FEE, "effective_from": clock.today(), "at": now()
    }  # fmt: skip
    draft = services.propose_rule(**facts)
    assert services.propose_rule(**facts).pk == draft.pk
    assert not FeeItem.objects.exists()  # tried, and taken back
    with pytest.raises(RuleDraftWaiting):
        services.propose_rule(**{**facts, "effective_from": clock.today() + timedelta(days=1)})
    person = make_person()
    one = make_officer_actor("finance_reviewer", region_code=PROVINCE, record_of=person)
    own = services.propose_rule(**{**facts, "actor": one, "code": "T-2"})
    same = make_officer_actor(
        "finance_reviewer", agency_id=make_agency().id, region_code=PROVINCE, record_of=person
    )
    for actor in (one, same):
        with pytest.raises(SameOfficer):
            services.confirm_rule(actor=actor, draft_id=own.pk, at=now())
        with pytest.raises(SameOfficer):
            services.refuse_rule(actor=actor, draft_id=own.pk, reason="x", at=now())
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        RuleDraft.objects.filter(pk=own.pk).update(
            state="confirmed", decided_at=now(), decided_by_person_id=own.proposed_by_person_id
        )
    services.confirm_rule(actor=second, draft_id=draft.pk, at=now())
    fee = FeeItem.objects.get()
    assert (fee.code, fee.unit_price_fen, fee.paid_into) == ("T-1", 500, "treasury")
    with pytest.raises(RuleDraftDecided):
        services.refuse_rule(actor=second, draft_id=draft.pk, reason="x", at=now())
    services.withdraw_rule(actor=clerk, draft_id=own.pk, at=now())
    assert RuleDraft.objects.get(pk=own.pk).state == "withdrawn"


def test_what_would_not_hold_is_refused_when_it_is_proposed() -> None:
    clerk, _second = clerk_and_second()
    put(FEE)

    def propose(content: Any, code: str = "T-1", days: int = 1) -> None:
        services.propose_rule(
            actor=clerk,
            code=code,
            content=content,
            effective_from=clock.today() + timedelta(days=days),
            at=now(),
        )

    share = ShareRule(legal_basis="x", province=4000, city=6000)
    ground = ReductionRule(fee_code="T-1", name="减半", percent=50, legal_basis="x")
    account = AccountRule(
        paid_into="treasury", region_code="000", holder_name="a", bank_name="b", account_number="1"
    )
    cases: list[tuple[Any, str, int, str]] = [
        (FEE, "T-9", -1, "payment.rule_backdated"),
        (share, "NONE", 1, "payment.fee_not_listed"),
        (ShareRule(legal_basis="x", province=1), "T-1", 1, "payment.shares_not_whole"),
        (ground, "", 1, "payment.rule_malformed"),
        (FeeEnd(legal_basis="x"), "NONE", 1, "payment.fee_not_in_force"),
        (FeeRule(**{**_facts(FEE), "unit_price_fen": 900}), "T-1", 0, "payment.rule_not_in_force"),
        (account, "", 1, "regions.no_such_region"),
    ]
    for content, code, days, refusal in cases:
        with pytest.raises(Exception) as caught:
            propose(content, code, days)
        assert getattr(caught.value, "code", "") == refusal, content
    assert RuleDraft.objects.count() == 1
    for wrong in ({"legal_basis": 1}, {"legal_basis": "x", "more": "y"}, {}):
        with pytest.raises(RuleMalformed):
            services.read_content(RuleKind.END, wrong)
    assert {RuleBackdated, FeeNotListed, RuleNotInForce}  # the classes behind the codes above


def _facts(content: FeeRule) -> dict[str, Any]:
    return {name: getattr(content, name) for name in FeeRule.__dataclass_fields__}


def test_each_kind_of_change_does_what_it_says() -> None:
    put(FEE)
    put(FeeRule(**{**_facts(FEE), "unit_price_fen": 300}), days=5)
    put(ReductionRule(fee_code="T-1", name="减半", percent=50, legal_basis="x"), code="HALF")
    put(ShareRule(legal_basis="x", province=4000, city=6000))
    put(
        AccountRule(
            paid_into="special", region_code="", holder_name="专户", bank_name="银行",
            account_number="6222 0001",
        )
    )  # fmt: skip
    today = clock.today()
    assert [fee.unit_price_fen for fee in queries.fee_versions("T-1")] == [300, 500]
    assert queries.fees_in_force(today).get().unit_price_fen == 500
    assert queries.reductions_in_force(today).get().percent == 50
    (rule,) = queries.split_rules(today)
    assert sorted(share.share_per_myriad for share in rule.shares.all()) == [4000, 6000]
    assert GovernmentAccount.objects.get().account_number == "62220001"
    put(FeeEnd(legal_basis="取消"), days=9)
    assert not queries.fees_in_force(today + timedelta(days=9)).exists()


def test_a_fee_that_ends_takes_its_grounds_and_shares_with_it() -> None:
    put(FEE)
    put(ReductionRule(fee_code="T-1", name="减半", percent=50, legal_basis="x"), code="HALF")
    put(ReductionRule(fee_code="T-1", name="免", percent=100, legal_basis="x"), "LATER", days=20)
    put(ShareRule(legal_basis="x", province=4000, city=6000))
    put(ShareRule(legal_basis="x", province=5000, city=5000), days=20)
    clerk, second = clerk_and_second()
    waiting = services.propose_rule(
        actor=clerk, code="THIRD", effective_from=clock.today() + timedelta(days=15), at=now(),
        content=ReductionRule(fee_code="T-1", name="x", percent=10, legal_basis="x"),
    )  # fmt: skip
    put(FeeEnd(legal_basis="取消"), days=9)
    end = clock.today() + timedelta(days=9)
    before, after = end - timedelta(days=1), end
    assert [row.code for row in queries.reductions_in_force(before)] == ["HALF"]
    assert [rule.fee_code for rule in queries.split_rules(before)] == ["T-1"]
    for day in (after, after + timedelta(days=30)):
        assert not queries.reductions_in_force(day).exists()
        assert not queries.split_rules(day).exists()
    told = AuditEntry.objects.get(act="payment.fee_ended").facts
    assert told["reductions"] == ["HALF", "LATER"]
    with pytest.raises(FeeNotInForce):
        services.confirm_rule(actor=second, draft_id=waiting.pk, at=now())
    # What never began is not taken out: it says who withdrew it and when, and may be set anew.
    past = queries.fee_history("T-1")
    assert [(row.code, row.withdrawn_by) for row in past.reductions] == [
        ("LATER", second.name),
        ("HALF", ""),
    ]
    assert [row.withdrawn_at is not None for row in past.split_rules] == [True, False]
    assert [row.shares.count() for row in past.split_rules] == [2, 2]
    page = client_for(clerk).get("/desk/fees/history/?code=T-1").content.decode()
    assert ("LATER" in page, second.name in page) == (True, True)
    told = client_for(clerk, bearer=True).get("/api/v1/payment/fees/T-1/history").json()
    assert told["reductions"][0]["withdrawn_by"] == second.name
    assert told["split_rules"][0]["shares"] == {"province": 5000, "city": 5000}
    # A bill from before stays owed, and is shared as it would have been.
    shares = queries.split_rules_in_force({"T-1"}, on=after, opened_on=before)
    assert shares == {"T-1": [("province", 4000), ("city", 6000)]}
    assert queries.split_rules_in_force({"T-1"}, on=after, opened_on=after) == {}
    put(FEE, days=30)
    put(ReductionRule(fee_code="T-1", name="免", percent=90, legal_basis="x"), "LATER", days=40)
    put(ShareRule(legal_basis="x", province=1000, city=9000), days=40)
    far = clock.today() + timedelta(days=41)
    assert queries.reductions_in_force(far).get().percent == 90


def test_a_second_account_of_the_same_person_is_not_offered_to_confirm() -> None:
    person = make_person()
    accounts = [
        make_officer_actor(
            "finance_reviewer", agency_id=make_agency(kind).id, region_code=PROVINCE,
            record_of=person,
        )
        for kind in ("finance", "fire")
    ]  # fmt: skip
    draft = services.propose_rule(
        actor=accounts[0], code="T-1", content=FEE, effective_from=clock.today(), at=now()
    )
    for actor in accounts:
        page = client_for(actor).get(f"/desk/fees/drafts/{draft.pk}/").content.decode()
        assert ('value="confirm"' in page, "另一人" in page) == (False, True)
    other = client_for(clerk_and_second()[1]).get(f"/desk/fees/drafts/{draft.pk}/")
    assert 'value="confirm"' in other.content.decode()


@pytest.mark.parametrize("has_ended", [False, True])
def test_a_fee_of_the_special_account_is_handed_in_there(has_ended: bool) -> None:
    services.set_fee(
        actor=SYSTEM, code="card", name={"zh-hans": "卡"}, unit={"zh-hans": "张"},
        unit_price_fen=1000, legal_basis="x", effective_from=clock.today() - timedelta(days=9),
        paid_into=PaidInto.SPECIAL, at=now(),
    )  # fmt: skip
    books = Books(2)
    if has_ended:  # between the bills and their payment
        services.end_fee(actor=SYSTEM, code="card", on=books.on, legal_basis="取消", at=now())
    books.state(books.lines)
    books.compare()
    close(books)
    rows = Entry.objects.filter(posting__kind="handed_in")
    assert {row.account.kind: row.amount_fen for row in rows} == {
        "clearing": -2000,
        "special": 2000,
    }


def test_the_pages_lead_from_a_draft_to_a_fee() -> None:
    clerk, second = clerk_and_second()
    first, other = client_for(clerk), client_for(second)
    form = {
        "code": "T-1", "name": "测试费", "kind": "administrative", "unit": "份",
        "unit_price_fen": "5.00", "legal_basis": "测试〔2026〕1号", "paid_into": "treasury",
        "effective_from": clock.today().isoformat(),
    }  # fmt: skip
    wrong = first.post("/desk/fees/new/fee/", {**form, "unit_price_fen": "fünf"})
    assert wrong.status_code == 422
    assert "测试费" in wrong.content.decode()  # what was typed stays
    answer = first.post("/desk/fees/new/fee/", form)
    path = answer["Location"]
    assert "另一人" in first.get(path).content.decode()
    assert first.post(path, {"act": "confirm"}).status_code == 403
    assert other.post(path, {"act": "refuse", "reason": ""}).status_code == 422
    assert other.post(path, {"act": "confirm"}).status_code == 302
    assert "测试〔2026〕1号" in Client().get("/pay/fees/").content.decode()
    page = first.get("/desk/fees/").content.decode()
    assert "¥5.00" in page
    assert 'value="5.00"' in first.get("/desk/fees/new/fee/?code=T-1").content.decode()
    for kind in ("end", "reduction", "split", "account"):
        assert first.get(f"/desk/fees/new/{kind}/").status_code == 200


def bill_form(agency: str, payer: str, **more: Any) -> dict[str, Any]:
    return {
        "b-agency": agency, "b-payer_kind": "person", "b-payer_number": payer, "b-title": "",
        "b-due_on": "", "ticket": str(uuid4()), **more,
    }  # fmt: skip


def test_a_joint_bill_is_put_together_looked_at_and_issued_once_at_the_desk() -> None:
    put(FEE)
    put(ReductionRule(fee_code="T-1", name="减半", percent=50, legal_basis="x"), code="HALF")
    agency, other = make_agency(), make_agency("traffic_police")
    desk = client_for(make_officer_actor("finance", agency_id=agency.id))
    number = resident_number()
    payer = make_person(document_number=number)
    base = bill_form(agency.uscc, number)
    searched = desk.post("/desk/bills/new/", {**base, "l-fee-q": "测试", "_find": "l-fee"})
    assert 'value="T-1"' in searched.content.decode()
    line = {
        "l-fee": "T-1", "l-quantity": "3", "l-price": "", "l-reduction": "HALF",
        "l-agency": other.uscc, "act": "add",
    }  # fmt: skip
    early = desk.post("/desk/bills/new/", {**base, **line, "b-payer_number": ""})
    assert "error-summary" not in early.content.decode()  # who pays comes later on the page
    added = desk.post("/desk/bills/new/", {**base, **line})
    kept = {"code": "T-1", "quantity": 3, "price_fen": 500, "reduction": "HALF",
            "agency": other.uscc}  # fmt: skip
    assert added.context["lines"][0][1] == json.dumps(kept)
    lines = {"line": [json.dumps(kept)]}
    seen = desk.post("/desk/bills/new/", {**base, **lines, "act": "preview"})
    assert (seen.status_code, seen.context["preview"].amount_fen) == (200, 750)
    assert payer.name not in seen.content.decode()  # masked
    assert not Bill.objects.exists()
    issue = {**base, **lines, "act": "issue"}
    first, second = (desk.post("/desk/bills/new/", issue) for _ in range(2))
    bill = Bill.objects.get()
    assert first["Location"] == second["Location"] == f"/desk/bills/{bill.pk}/"
    assert (bill.amount_fen, bill.charges.get().agency_id) == (750, other.id)
    assert other.name in desk.get(f"/desk/bills/{bill.pk}/").content.decode()
    told = client_for(make_officer_actor("finance", agency_id=agency.id), bearer=True)
    (charge,) = told.get(f"/api/v1/payment/bills/{bill.pk}").json()["charges"]
    assert (charge["agency_name"], charge["reduction_fen"]) == (other.name, 750)
    assert charge["reduction_basis"]
    forged = {**kept, "code": "FREE", "price_fen": 1}
    refused = desk.post("/desk/bills/new/", {**issue, "line": [json.dumps(forged)]})
    assert refused.status_code == 409
    past = {**issue, "ticket": str(uuid4()), "b-due_on": "2020-01-01", "b-payer_number": number}
    refused = desk.post("/desk/bills/new/", past)
    assert refused.status_code == DueDatePast.status
    assert "2020年1月1日" in refused.content.decode()
    assert number in refused.content.decode()
    dropped = desk.post("/desk/bills/new/", {**base, **lines, "act": "drop:0"})
    assert dropped.context["lines"] == []


def test_a_fine_is_issued_and_its_surcharge_paused_at_the_desk() -> None:
    put(FeeRule(**{**_facts(FEE), "kind": "fine", "unit_price_fen": 20_000}))
    agency = make_agency()
    desk = client_for(make_officer_actor("finance", agency_id=agency.id))
    kept = {"code": "T-1", "quantity": 1, "price_fen": 20_000, "reduction": "", "agency": ""}
    number = resident_number()
    make_person(document_number=number)
    form = bill_form(agency.uscc, number)
    form |= {"b-is_fine": "on", "line": [json.dumps(kept)], "act": "issue"}
    path = desk.post("/desk/bills/new/", form)["Location"]
    today = clock.today().isoformat()
    pause = {"act": "pause", "kind": "review", "basis": "", "from_on": today}
    assert desk.post(path, pause).status_code == 422
    wrong = desk.post(path, {**pause, "basis": "复议1号", "from_on": "gestern"})
    assert wrong.status_code == 422
    assert "复议1号" in wrong.content.decode()
    assert desk.post(path, {**pause, "basis": "复议1号"}).status_code == 302
    assert "复议1号" in desk.get(path).content.decode()
    later = (clock.today() + timedelta(days=2)).isoformat()
    assert desk.post(path, {"act": "resume", "on": later}).status_code == 302
    assert Bill.objects.get().pauses.get().until_on is not None


def test_routes() -> None:
    clerk, second = clerk_and_second()
    draft = services.propose_rule(
        actor=clerk, code="T-1", content=FEE, effective_from=clock.today(), at=now()
    )
    clients = {
        "anonymous": Client(),
        "person": client_for(make_person_actor()),
        "city": client_for(make_officer_actor("finance", region_code="440100000000")),
        "clerk": client_for(clerk),
        "second": client_for(second),
    }

    def expect(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    api = "/api/v1/payment"
    check_routes(
        clients,
        [
            ("GET", "/desk/fees/", expect(302, 403, 200, 200, 200)),
            ("GET", "/desk/fees/new/fee/", expect(302, 403, 403, 200, 200)),
            ("GET", f"/desk/fees/drafts/{draft.pk}/", expect(302, 403, 403, 200, 200)),
            ("GET", "/desk/bills/new/", expect(302, 403, 200, 200, 403)),
            ("GET", f"{api}/rule-drafts", expect(401, 403, 200, 200, 200)),
            ("GET", f"{api}/rule-drafts/{draft.pk}", expect(401, 403, 403, 200, 200)),
            ("GET", f"{api}/government-accounts", expect(401, 403, 200, 200, 200)),
            ("GET", f"{api}/split-rules", expect(200, 200, 200, 200, 200)),
            ("POST", f"{api}/rule-drafts/{draft.pk}/confirm", expect(401, 403, 403, 403, 200)),
            ("POST", f"{api}/rule-drafts/{draft.pk}/withdraw", expect(401, 403, 403, 409, 409)),
        ],
    )
    body = {
        "kind": "fee", "code": "T-2", "content": _facts(FEE),
        "effective_from": clock.today().isoformat(),
    }  # fmt: skip
    made = clients["clerk"].post(f"{api}/rule-drafts", body, content_type="application/json")
    assert (made.status_code, made.json()["state"]) == (200, "waiting")
    path = f"{api}/rule-drafts/{made.json()['id']}/refuse"
    refused = clients["second"].post(path, {"reason": "依据不符"}, content_type="application/json")
    assert refused.json()["state"] == "refused"
    number = resident_number()
    make_person(document_number=number)
    seen = clients["clerk"].post(
        f"{api}/bill-previews",
        {
            "payer_kind": "person",
            "payer_number": number,
            "collecting_agency_id": str(make_agency().id),
            "lines": [{"code": "T-1", "name": "x", "unit_price_fen": 500}],
        },
        content_type="application/json",
    )
    assert (seen.status_code, seen.json()["amount_fen"]) == (200, 500)


def test_the_history_of_a_fee_is_for_who_keeps_the_catalogue() -> None:
    put(FEE)
    clerk, _second = clerk_and_second()
    clients = {
        "anonymous": Client(),
        "resident": client_for(make_person_actor()),
        "other": client_for(make_officer_actor("window_clerk", agency_id=make_agency().id)),
        "clerk": client_for(clerk),
    }
    check_routes(
        clients,
        [
            (
                "GET",
                "/desk/fees/history/?code=T-1",
                {"anonymous": 302, "resident": 403, "other": 403, "clerk": 200},
            ),
            ("GET", "/desk/fees/history/?code=T-9", {"clerk": 404}),
            ("GET", "/desk/fees/history/", {"clerk": 404}),
        ],
    )
    programs = client_for(clerk, bearer=True)
    assert programs.get("/api/v1/payment/fees/T-1/history").status_code == 200
    assert programs.get("/api/v1/payment/fees/T-9/history").status_code == 404
    assert Client().get("/api/v1/payment/fees/T-1/history").status_code == 401


def test_a_list_asked_for_by_a_word_there_is_not_says_so() -> None:
    chief = client_for(make_officer_actor("treasurer", region_code=PROVINCE), bearer=True)
    clerk = client_for(clerk_and_second()[0], bearer=True)
    span = "since=2026-01-01&until=2026-02-01"
    assert chief.get(f"/api/v1/payment/flows?{span}&kind=").status_code == 200
    assert chief.get(f"/api/v1/payment/flows?{span}&kind=treasury").status_code == 200
    for client, path in (
        (chief, f"flows?{span}&kind=nothing"),
        (clerk, "rule-drafts?state=nothing"),
        (clerk, "bills?state=nothing"),
    ):
        answer = client.get(f"/api/v1/payment/{path}")
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed"), path
        (problem,) = answer.json()["fields"]
        assert problem["path"] in {"kind", "state"}
