"""What payment refuses, as those who ask meet it; nothing is half-written."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Refusal
from lingnan.kernel.testing import check_refused, deliver_all, nothing_written
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person,
    make_person_actor,
    resident_number,
)
from lingnan.standards.agencies.testing import make_agency

from .. import services
from ..adapters import registry
from ..adapters.bank_gateway import STATEMENT_COLUMNS
from ..errors import (
    DayMalformed,
    DayNotFound,
    DifferenceNotFound,
    FeeUnknown,
    PayerCodeMalformed,
    ReasonMissing,
    ReductionAboveCharge,
    RefundNotFound,
    RuleDraftNotFound,
    StatementNotReady,
    StatementUnreadable,
    StateUnknown,
    SubjectOfTheHouse,
)
from ..models import Bill, BusinessDay, FinePause, Refund, StatementFile
from ..services.statements import download_statement
from ..testing import CARD, make_bill
from ..types import BillLine
from .conftest import FakeBank
from .test_catalogue import FEE, put
from .test_pay import begin, now, tell
from .test_reconcile import PROVINCE
from .wallets import make_channel

pytestmark = pytest.mark.django_db
API = "/api/v1/payment"
JSON = "application/json"
REASON = {"reason": "依据不符"}


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "refusal"),
    [
        ("finance", "GET", f"{API}/fees/T-9/history", None, FeeUnknown),
        ("finance", "GET", "/desk/fees/history/?code=T-9", None, FeeUnknown),
        ("finance", "GET", f"{API}/rule-drafts/{{id}}", None, RuleDraftNotFound),
        ("finance", "GET", "/desk/fees/drafts/{id}/", None, RuleDraftNotFound),
        ("finance", "POST", f"{API}/rule-drafts/{{id}}/withdraw", None, RuleDraftNotFound),
        ("finance_reviewer", "POST", f"{API}/rule-drafts/{{id}}/confirm", None, RuleDraftNotFound),
        ("finance_reviewer", "POST", f"{API}/rule-drafts/{{id}}/refuse", REASON, RuleDraftNotFound),
        ("finance", "GET", f"{API}/refunds/{{id}}", None, RefundNotFound),
        ("finance", "GET", "/desk/refunds/{id}/", None, RefundNotFound),
        ("finance_reviewer", "POST", f"{API}/refunds/{{id}}/review", None, RefundNotFound),
        ("finance_reviewer", "POST", f"{API}/refunds/{{id}}/refuse", REASON, RefundNotFound),
        ("treasurer", "POST", f"{API}/refunds/{{id}}/approve", None, RefundNotFound),
        ("treasurer", "POST", f"{API}/refunds/{{id}}/transfer", {"slip": "T1"}, RefundNotFound),
        ("finance_reviewer", "GET", f"{API}/days/{{id}}", None, DayNotFound),
        ("treasurer", "GET", f"{API}/days/{{id}}", None, DayNotFound),
        ("finance_reviewer", "GET", f"{API}/days/{{id}}/differences", None, DayNotFound),
        ("finance_reviewer", "GET", "/desk/reconciliation/{id}/", None, DayNotFound),
        ("finance_reviewer", "POST", f"{API}/days/{{id}}/close-request", REASON, DayNotFound),
        ("treasurer", "POST", f"{API}/days/{{id}}/close", None, DayNotFound),
        ("finance_reviewer", "GET", f"{API}/differences/{{id}}", None, DifferenceNotFound),
        ("finance_reviewer", "GET", "/desk/differences/{id}/", None, DifferenceNotFound),
        ("finance_reviewer", "POST", f"{API}/differences/{{id}}/take", None, DifferenceNotFound),
        (
            "finance_reviewer",
            "POST",
            f"{API}/differences/{{id}}/resolution",
            {"resolution": "no_action", "explanation": "已核对"},
            DifferenceNotFound,
        ),
        ("treasurer", "POST", f"{API}/differences/{{id}}/approve", None, DifferenceNotFound),
        ("treasurer", "POST", f"{API}/differences/{{id}}/return", REASON, DifferenceNotFound),
    ],
)
def test_what_is_not_there_is_not_found_by_whoever_may_look_for_it(
    role: str, method: str, path: str, body: Any, refusal: type[Refusal]
) -> None:
    officer = make_officer_actor(role, region_code=PROVINCE)
    client = client_for(officer, bearer=path.startswith("/api/"))
    path = path.format(id=uuid4())
    with nothing_written("payment"):
        if method == "GET":
            answer = client.get(path)
        else:
            answer = client.post(path, body or {}, content_type=JSON)
    check_refused(answer, refusal)


def test_a_statement_for_a_day_there_is_not_is_not_taken() -> None:
    desk = client_for(make_officer_actor("finance_reviewer", region_code=PROVINCE), bearer=True)
    file = SimpleUploadedFile("a.csv", b"kind,order_number")
    with nothing_written("payment"):
        answer = desk.post(f"{API}/days/{uuid4()}/statements", {"source": "channel", "file": file})
    check_refused(answer, DayNotFound)


def test_the_refund_of_another_is_as_if_it_were_not_there(bank: FakeBank) -> None:
    payer, agency = make_person_actor(), make_agency().id
    bill = make_bill(payer_id=payer.person_id, agency_id=agency, at=now())
    number = begin(bill).order_number
    bank.pay(number, "normal")
    tell(bank, number)
    finance = make_officer_actor("finance", agency_id=agency)
    refund = services.apply_refund(
        actor=finance, bill_id=bill.pk, amount_fen=5, reason="多收", at=now()
    )
    path = f"{API}/refunds/{refund.pk}"
    assert client_for(payer, bearer=True).get(path).status_code == 200
    other = client_for(make_person_actor(), bearer=True)
    elsewhere = make_officer_actor("finance_reviewer", region_code="440304000000")
    desk, program = client_for(elsewhere), client_for(elsewhere, bearer=True)
    with nothing_written("payment"):
        check_refused(other.get(path), RefundNotFound)
        check_refused(program.post(f"{path}/review"), RefundNotFound)
        answer = desk.post(f"/desk/refunds/{refund.pk}/", {"act": "review"})
        check_refused(answer, RefundNotFound)
    assert Refund.objects.get().state == "applied"


@pytest.mark.parametrize("kind", ["case", "credit.objection"])
def test_a_system_cannot_bill_in_the_name_of_the_platforms_own_matters(kind: str) -> None:
    put(FEE)
    agency, number = make_agency(), resident_number()
    make_person(document_number=number)
    system = client_for(make_officer_actor("finance", agency_id=agency.id), bearer=True)
    body = {
        "payer_kind": "person",
        "payer_number": number,
        "collecting_agency_id": str(agency.id),
        "lines": [{"code": "T-1", "name": "测试费", "unit_price_fen": 500}],
        "subject_kind": kind,
        "subject_id": str(uuid4()),
    }
    with nothing_written("payment"):
        answer = system.post(f"{API}/bills", body, content_type=JSON)
    check_refused(answer, SubjectOfTheHouse)
    assert answer.json()["facts"] == {"subject_kind": kind}
    own = system.post(f"{API}/bills", {**body, "subject_kind": "city.case"}, content_type=JSON)
    assert own.status_code == 200, own.content


@pytest.mark.parametrize("reduction_fen", [1001, -1])
def test_a_reduction_takes_off_nothing_to_the_whole_charge(reduction_fen: int) -> None:
    agency = make_agency().id

    def open_with(reduction_fen: int) -> Bill:
        lines = [
            BillLine(code="card", name=CARD, quantity=1, unit_price_fen=1000,
                     reduction_fen=reduction_fen, reduction_basis="测试减免"),
            BillLine(code="card", name=CARD, quantity=1, unit_price_fen=1000),
        ]  # fmt: skip
        return services.open_bill(
            payer_kind="person", payer_id=uuid4(), payer_name="陈美玲",
            collecting_agency_id=agency, lines=lines, subject_kind="test.case",
            subject_id=uuid4(), due_on=clock.today(), actor=SYSTEM, at=now(),
        )  # fmt: skip

    with nothing_written("payment"), pytest.raises(ReductionAboveCharge) as caught:
        open_with(reduction_fen)
    assert (caught.value.status, caught.value.code) == (409, "payment.reduction_above_charge")
    assert open_with(1000).amount_fen == 1000  # an exemption takes off the whole


def test_the_way_back_from_wechat_is_taken_only_in_the_browser_that_began_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wechat = make_channel("wechat", tmp_path)
    monkeypatch.setitem(registry.FACTORIES, wechat.code, lambda: wechat.adapter)
    bill = make_bill(at=now())
    path = f"/pay/{bill.pk}/wechat/"
    begun, other = Client(), Client()
    asked = urlsplit(begun.get(path)["Location"]).query
    state = parse_qs(asked)["state"][0]
    with nothing_written("payment"):
        for browser, query in (
            (other, f"code=abc&state={state}"),
            (begun, "code=abc&state=guessed"),
            (begun, "code=abc&state=%E5%B2%AD"),
            (begun, "code=abc"),
        ):
            check_refused(browser.get(f"{path}?{query}"), StateUnknown)
    assert wechat.wallet.orders == {}


def late_fine() -> Bill:
    bill = make_bill(at=now())
    Bill.objects.filter(pk=bill.pk).update(is_fine=True)
    return bill


@pytest.mark.parametrize("day", ["", "gestern", "2026-02-30"])
def test_the_desk_pauses_a_surcharge_only_on_a_day_of_the_calendar(day: str) -> None:
    bill = late_fine()
    desk = client_for(make_officer_actor("finance", agency_id=bill.collecting_agency_id))
    path = f"/desk/bills/{bill.pk}/"
    pause = {"act": "pause", "kind": "review", "basis": "复议1号", "from_on": day}
    with nothing_written("payment"):
        answer = desk.post(path, pause)
    check_refused(answer, DayMalformed)
    assert "复议1号" in answer.content.decode()  # what was typed stays
    desk.post(path, {**pause, "from_on": clock.today().isoformat()})
    with nothing_written("payment"):
        check_refused(desk.post(path, {"act": "resume", "on": day}), DayMalformed)
    assert FinePause.objects.get().until_on is None


@pytest.mark.parametrize("day", ["", "gestern", "2026-02-30"])
def test_no_other_day_is_reconciled_than_the_one_that_was_typed(day: str) -> None:
    desk = client_for(make_officer_actor("finance_reviewer", region_code=PROVINCE))
    typed = {"channel": "bank", "on": day}
    with nothing_written("payment"):
        answer = desk.post("/desk/reconciliation/", typed)
    check_refused(answer, DayMalformed)
    assert f'value="{day}"' in answer.content.decode()  # what was typed stays
    assert not BusinessDay.objects.exists()
    on = clock.today()
    assert desk.post("/desk/reconciliation/", {**typed, "on": on.isoformat()}).status_code == 302
    assert BusinessDay.objects.get().business_on == on


def test_a_reason_that_payers_read_is_not_left_out() -> None:
    bill = late_fine()
    officer = make_officer_actor("finance", agency_id=bill.collecting_agency_id)
    desk, program = client_for(officer), client_for(officer, bearer=True)
    pause = {"kind": "review", "basis": " ", "from_on": clock.today().isoformat()}
    with nothing_written("payment"):
        for act, body in (("void", {"reason": " "}), ("pauses", pause)):
            answer = program.post(f"{API}/bills/{bill.pk}/{act}", body, content_type=JSON)
            check_refused(answer, ReasonMissing)
        answer = desk.post(f"/desk/bills/{bill.pk}/", {"act": "pause", **pause})
        check_refused(answer, ReasonMissing)


@pytest.mark.parametrize(
    "shown", ["", "123456789012345", "1" * 25, "13456789012345678x", "１" * 18]
)
def test_a_code_that_no_wallet_shows_is_not_charged(
    shown: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet = make_channel("alipay", tmp_path)
    monkeypatch.setitem(registry.FACTORIES, wallet.code, lambda: wallet.adapter)
    bill = make_bill(at=now())
    officer = make_officer_actor("finance", agency_id=bill.collecting_agency_id)
    desk, program = client_for(officer), client_for(officer, bearer=True)
    body = {"channel": wallet.code, "payer_code": shown}
    with nothing_written("payment"):
        answer = program.post(f"{API}/bills/{bill.pk}/payer-codes", body, content_type=JSON)
        check_refused(answer, PayerCodeMalformed)
        answer = desk.post(f"/desk/bills/{bill.pk}/", {"act": "charge", **body})
        check_refused(answer, PayerCodeMalformed)
    assert (wallet.line.requests, wallet.wallet.orders) == ([], {})


def test_a_statement_the_bank_does_not_have_yet_is_said_on_the_day(
    bank: FakeBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank, "statement", lambda day: {"on": day, "state": "pending"})
    officer = make_officer_actor("finance_reviewer", region_code=PROVINCE)
    on = clock.today()
    begun = client_for(officer, bearer=True).post(
        f"{API}/days", {"channel": "bank", "on": on.isoformat()}, content_type=JSON
    )
    assert begun.status_code == 200
    day = BusinessDay.objects.get()
    with pytest.raises(StatementNotReady) as caught:
        download_statement(day.pk, actor=SYSTEM, at=now())
    assert (caught.value.status, caught.value.code) == (409, "payment.statement_not_ready")
    deliver_all()
    day.refresh_from_db()
    assert (day.step, day.state) == ("stopped", "open")
    assert not StatementFile.objects.exists()
    told = client_for(officer, bearer=True).get(f"{API}/days/{day.pk}").json()
    page = client_for(officer).get(f"/desk/reconciliation/{day.pk}/").content.decode()
    said = str(caught.value.text)
    assert f"{on.year}年{on.month}月{on.day}日" in said
    assert said in page and said == told["step_problem"]


def test_why_a_day_stopped_is_said_in_the_language_of_whoever_reads_it() -> None:
    officer = make_officer_actor("finance_reviewer", region_code=PROVINCE)
    day = services.business_day("bank", clock.today())
    file = SimpleUploadedFile("a.csv", (",".join(STATEMENT_COLUMNS) + "\n").encode())
    english = client_for(officer, bearer=True)
    answer = english.post(
        f"{API}/days/{day.pk}/statements",
        {"source": "treasury", "file": file},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 200
    for language, words in (("en", "The channel"), ("zh-hans", "缺少该日的渠道对账单")):
        told = english.get(f"{API}/days/{day.pk}", headers={"Accept-Language": language}).json()
        assert told["step"] == "stopped" and words in told["step_problem"], told


@pytest.mark.parametrize(
    "content", [b"kind,wrong\n", b"\xff\xfe\x00", b"%s\npayment,1,2,three,4,\n"]
)
def test_a_statement_that_is_refused_leaves_nothing_of_itself(content: bytes) -> None:
    desk = client_for(make_officer_actor("finance_reviewer", region_code=PROVINCE), bearer=True)
    day = services.business_day("bank", clock.today())
    if b"%s" in content:
        content %= ",".join(STATEMENT_COLUMNS).encode()
    with nothing_written("payment"):
        answer = desk.post(
            f"{API}/days/{day.pk}/statements",
            {"source": "channel", "file": SimpleUploadedFile("a.csv", content)},
        )
    check_refused(answer, StatementUnreadable)
