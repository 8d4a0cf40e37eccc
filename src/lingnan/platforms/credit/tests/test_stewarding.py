"""Rules change with a day and by two persons; what happened before keeps the rule it had."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.testing import check_routes
from lingnan.platforms.identity.models import Officer
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person,
    make_person_actor,
)
from lingnan.platforms.identity.types import SelfApproval
from lingnan.platforms.workflow.models import ProcessVersion
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services, shaping
from ..errors import (
    ProposalDecided,
    ProposalOpen,
    ReasonMissing,
    RuleContentWrong,
    RuleNotNew,
    RuleReachesBack,
)
from ..models import MeasureKind, RosterKind, RuleProposal, Scorecard
from ..testing import NOW, deliver, make_rules, make_source, penalty_row
from .test_rosters import firm_and_record

pytestmark = pytest.mark.django_db
FROM = date(2027, 1, 1)


def stewards() -> tuple[Actor, Actor]:
    make_rules()
    one, other = (
        make_officer_actor("credit_steward", region_code="440000000000", name=name)
        for name in ("田规则", "江复核")
    )
    return one, other


def content_of(kind: str, code: str) -> dict[str, Any]:
    return deepcopy(queries.rule_file(kind, code).newest.content)


def proposing(actor: Actor, **changed: object) -> RuleProposal:
    content = content_of("rule", "publicity.penalty")
    content["grades"]["general"]["max_months"] = 6
    given_: dict[str, Any] = {
        "actor": actor,
        "kind": "rule",
        "code": "publicity.penalty",
        "version": "2027",
        "source": "信用修复管理办法（修订，测试）",
        "effective_from": FROM,
        "content": content,
        "reason": "缩短一般失信公示期",
        "at": NOW,
        **changed,
    }
    return services.propose_rule(**given_)


def test_a_second_person_publishes_and_older_facts_keep_their_rule() -> None:
    one, other = stewards()
    row = proposing(one)
    decide = partial(services.decide_proposal, proposal_id=row.pk, publish=True, note="", at=NOW)
    with pytest.raises(SelfApproval):
        decide(actor=one)
    assert queries.rule("publicity.penalty", FROM).version == "2026"
    decide(actor=other)
    with pytest.raises(ProposalDecided):
        decide(actor=other)
    assert queries.rule("publicity.penalty", FROM - timedelta(days=1)).version == "2026"
    assert queries.rule("publicity.penalty", FROM).version == "2027"
    source = make_source()
    later = datetime(2027, 3, 1, 1, 0, tzinfo=UTC)
    before = deliver(source, penalty_row(source, CF_JDRQ="2026/12/31"), at=later)
    after = deliver(source, penalty_row(source, CF_JDRQ="2027/01/01"), at=later)
    assert (before.rule_version, before.publish_until) == ("2026", date(2028, 1, 1))
    assert (after.rule_version, after.publish_until) == ("2027", date(2027, 7, 2))
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleProposal.objects.filter(pk=row.pk).update(decided_by_id=row.proposed_by_id)


def test_a_second_account_of_the_same_human_being_is_no_second_person() -> None:
    one, _other = stewards()
    behind = make_person("田规则")
    assert one.account_id is not None
    Officer.objects.create(  # another post of the account says who he is
        account_id=one.account_id,
        person=behind,
        name="田规则",
        agency_id=make_agency("finance").id,
    )
    again = make_officer_actor("credit_steward", region_code="440000000000", record_of=behind)
    row = proposing(one)
    with pytest.raises(SelfApproval):
        services.decide_proposal(actor=again, proposal_id=row.pk, publish=True, note="", at=NOW)


def test_what_a_proposal_needs() -> None:
    one, other = stewards()
    with pytest.raises(RuleReachesBack):
        proposing(one, effective_from=NOW.date())
    with pytest.raises(RuleReachesBack):
        proposing(one, effective_from=None)
    with pytest.raises(RuleNotNew):
        proposing(one, version="2026")
    with pytest.raises(ReasonMissing):
        proposing(one, reason=" ")
    wrong = content_of("rule", "publicity.penalty")
    wrong["grades"]["general"]["max_months"] = "6"
    with pytest.raises(RuleContentWrong) as refused:
        proposing(one, content=wrong)
    assert refused.value.facts["place"] == "grades.general.max_months"
    turned = content_of("rule", "publicity.penalty")
    turned["grades"]["general"]["min_months"] = 24
    with pytest.raises(RuleContentWrong):
        proposing(one, content=turned)
    with pytest.raises(RuleContentWrong):
        proposing(one, content={})
    row = proposing(one)
    with pytest.raises(ProposalOpen):
        proposing(other)
    with pytest.raises(ReasonMissing):
        services.decide_proposal(actor=other, proposal_id=row.pk, publish=False, note="", at=NOW)
    late = datetime(2027, 1, 1, 1, 0, tzinfo=UTC)
    with pytest.raises(RuleReachesBack):
        services.decide_proposal(actor=other, proposal_id=row.pk, publish=True, note="", at=late)
    services.withdraw_proposal(actor=one, proposal_id=row.pk, at=NOW)
    again = proposing(other)
    services.decide_proposal(actor=one, proposal_id=again.pk, publish=False, note="不可", at=NOW)
    assert queries.rule("publicity.penalty", FROM).version == "2026"


def test_scorecards_measures_and_rosters() -> None:
    one, other = stewards()
    publish = partial(services.decide_proposal, actor=other, publish=True, note="", at=NOW)
    card = content_of("scorecard", "general")
    card["base_points"] = 1000
    row = proposing(one, kind="scorecard", code="general", version="2", content=card)
    publish(proposal_id=row.pk)
    assert Scorecard.objects.get(version="2").base_points == 1000
    _owner, record = firm_and_record()
    early = services.evaluate_subject(record.subject_id, at=NOW)
    later = services.evaluate_subject(record.subject_id, at=datetime(2027, 1, 2, tzinfo=UTC))
    assert early is not None and later is not None
    assert (early.base_points, later.base_points) == (100, 1000)
    measure = content_of("measure", "bid_ban")
    measure["executor_kinds"] = ["finance", "nobody"]
    with pytest.raises(RuleContentWrong):
        proposing(one, kind="measure", code="bid_ban", content=measure)
    measure["executor_kinds"] = ["finance", "housing"]
    row = proposing(one, kind="measure", code="bid_ban", content=measure)
    publish(proposal_id=row.pk)
    assert MeasureKind.objects.get(code="bid_ban").executor_kinds == ["finance", "housing"]
    roster = content_of("roster", "market_serious")
    roster["measures"] = ["bid_ban", "invented"]
    with pytest.raises(RuleContentWrong):
        proposing(one, kind="roster", code="market_serious", content=roster)
    roster |= {"measures": ["bid_ban"], "repair_after_months": None}
    row = proposing(one, kind="roster", code="market_serious", content=roster)
    publish(proposal_id=row.pk)
    kind = RosterKind.objects.get(code="market_serious")
    assert kind.repair_after_months is None
    assert [measure_.code for measure_ in kind.measures.all()] == ["bid_ban"]


def test_procedures_take_new_periods_on_their_first_day() -> None:
    one, other = stewards()
    content = {**content_of("rule", "objection"), "verify_workdays": 5}
    row = proposing(one, code="objection", version="2", content=content)
    services.decide_proposal(actor=other, proposal_id=row.pk, publish=True, note="", at=NOW)
    assert services.refresh_procedures(at=NOW) == 0
    count = ProcessVersion.objects.count()
    late = datetime(2027, 1, 3, 1, 0, tzinfo=UTC)  # nothing ran on the first day
    assert services.refresh_procedures(at=late) == 1
    assert services.refresh_procedures(at=late) == 0
    assert ProcessVersion.objects.count() == count + 1


@given(
    st.dictionaries(
        st.sampled_from(["min_months", "max_months", "verify_workdays"]),
        st.integers(0, 600),
        min_size=1,
    )
)
def test_what_is_read_from_a_form_is_what_was_written_in_it(content: dict[str, int]) -> None:
    typed = {line.path: line.text for line in shaping.lines(content)}
    assert shaping.read_lines(content, typed) == (content, [])


def test_amounts_are_typed_in_ten_thousand_yuan() -> None:
    before = {"minor_fine_fen": {"person": 20_000}}
    assert shaping.lines(before)[0].text == "0.020000"
    read, problems = shaping.read_lines(before, {"minor_fine_fen.person": "0.5"})
    assert (read, problems) == ({"minor_fine_fen": {"person": 500_000}}, [])
    _same, problems = shaping.read_lines(before, {"minor_fine_fen.person": "半万"})
    assert [problem.path for problem in problems] == ["minor_fine_fen.person"]


def test_routes_and_pages() -> None:
    one, other = stewards()
    clients = {
        "anonymous": Client(),
        "person": client_for(make_person_actor()),
        "officer": client_for(make_officer_actor("credit_officer", region_code="440106000000")),
        "one": client_for(one),
        "other": client_for(other),
    }

    def all_of(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    form = "/desk/credit/rules/rule/publicity.penalty/propose/"
    begins = clock.today() + timedelta(days=40)
    typed = {
        "version": "2027",
        "effective_from": begins.isoformat(),
        "source": "修订（测试）",
        "reason": "缩短",
        "line.grades.general.max_months": "六",
    }
    wrong = clients["one"].post(form, typed)
    assert wrong.status_code == 422 and "六" in wrong.content.decode()
    sent = clients["one"].post(form, {**typed, "line.grades.general.max_months": "6"})
    row = RuleProposal.objects.get()
    place = f"/desk/credit/rules/proposals/{row.pk}/"
    assert sent["Location"] == place
    page = clients["other"].get(place).content.decode()
    assert "最长公示（月）" in page and 'value="publish"' in page
    assert 'value="publish"' not in clients["one"].get(place).content.decode()
    api = f"/api/v1/credit/rule-proposals/{row.pk}"
    check_routes(
        clients,
        [
            ("GET", "/desk/credit/rules/", all_of(302, 403, 403, 200, 200)),
            ("GET", "/desk/credit/rules/roster/market_serious/", all_of(302, 403, 403, 200, 200)),
            ("GET", "/desk/credit/rules/rule/invented/", all_of(302, 403, 403, 404, 404)),
            ("GET", "/desk/credit/rules/measure/bid_ban/propose/", all_of(302, 403, 403, 200, 200)),
            ("GET", place, all_of(302, 403, 403, 200, 200)),
            ("GET", "/api/v1/credit/rule-files", all_of(401, 403, 403, 200, 200)),
            ("GET", "/api/v1/credit/rule-proposals", all_of(401, 403, 403, 200, 200)),
            ("GET", api, all_of(401, 403, 403, 200, 200)),
            ("POST", f"{api}/decision", all_of(401, 403, 403, 415, 415)),
            ("POST", "/api/v1/credit/rule-proposals", all_of(401, 403, 403, 415, 415)),
            ("DELETE", api, all_of(401, 403, 403, 204, 404)),
        ],
    )
    by_api = client_for(one, bearer=True).post(
        "/api/v1/credit/rule-proposals",
        {
            "kind": "rule",
            "code": "objection",
            "version": "2",
            "source": "测试",
            "effective_from": begins.isoformat(),
            "content": {"forward_workdays": 1, "verify_workdays": 5, "reply_workdays": 2},
            "reason": "加快",
        },
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert by_api.status_code == 201, by_api.content
    decided = clients["other"].post(
        f"/desk/credit/rules/proposals/{by_api.json()['id']}/", {"act": "publish"}
    )
    assert decided.status_code == 302
    assert queries.rule("objection", begins).parameters["verify_workdays"] == 5


def test_a_firm_reads_how_it_is_evaluated() -> None:
    owner, record = firm_and_record()
    services.evaluate_subject(record.subject_id, at=NOW)
    me = client_for(owner)
    page = me.get("/credit/mine/evaluation/").content.decode()
    assert record.number in page and f"/credit/mine/records/{record.pk}/" in page
    read = me.get("/api/v1/credit/mine/evaluation").json()
    assert read["points"] == read["base_points"] + sum(line["points"] for line in read["lines"])
    assert client_for(make_person_actor()).get("/credit/mine/evaluation/").status_code == 404
