"""Fines, reductions, bills of other systems. Source: Administrative Penalty Law art. 67-73."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import Forbidden
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_organisation,
    make_person_actor,
)
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..errors import (
    BillNotPayable,
    FineAtCounter,
    NotAFine,
    PauseOpen,
    PayerUnknown,
    ReductionNeedsApproval,
    ReductionNotInForce,
)
from ..models import Bill, Entry, FinePause, FiscalReceipt, Payment
from ..surcharge import compute_surcharge
from ..testing import CARD, NINE, make_bill
from ..types import BillLine
from .conftest import FakeBank
from .test_pay import tell

LAWSUIT = FinePause.Kind.LAWSUIT
DUE = date(2026, 3, 15)


def test_three_percent_a_day_until_as_much_again() -> None:
    def owed(days: int) -> int:
        return compute_surcharge(20_000, due_on=DUE, on=DUE + timedelta(days=days))

    assert [owed(days) for days in (-5, 0, 1, 10, 33, 34, 400)] == [
        0,
        0,
        600,
        6000,
        19_800,
        20_000,
        20_000,
    ]


def test_days_of_review_and_lawsuit_do_not_count_even_when_they_overlap() -> None:
    pauses = [
        (DUE - timedelta(days=3), DUE + timedelta(days=3)),
        (DUE + timedelta(days=2), DUE + timedelta(days=5)),
        (DUE + timedelta(days=9), None),
    ]
    # Days 1 to 4 and from 9 on are covered; 5, 6, 7 and 8 count.
    on = DUE + timedelta(days=12)
    assert compute_surcharge(10_000, due_on=DUE, on=on, pauses=pauses) == 4 * 300


@given(
    principal=st.integers(1, 10**9),
    days=st.integers(-10, 500),
    pauses=st.lists(
        st.tuples(st.integers(-20, 200), st.one_of(st.none(), st.integers(1, 90))), max_size=4
    ),
)
def test_a_pause_never_adds_and_the_fine_is_the_most(
    principal: int, days: int, pauses: list[tuple[int, int | None]]
) -> None:
    on = DUE + timedelta(days=days)
    terms = [
        (
            DUE + timedelta(days=start),
            None if length is None else DUE + timedelta(days=start + length),
        )
        for start, length in pauses
    ]
    plain = compute_surcharge(principal, due_on=DUE, on=on)
    assert 0 <= compute_surcharge(principal, due_on=DUE, on=on, pauses=terms) <= plain <= principal


def make_fine(*, amount_fen: int = 20_000, at: datetime = NINE) -> Bill:
    return services.open_bill(
        payer_kind="person",
        payer_id=uuid4(),
        payer_name="陈美玲",
        collecting_agency_id=make_agency().id,
        lines=[BillLine(code="fine", name=CARD, quantity=1, unit_price_fen=amount_fen)],
        subject_kind="test.penalty",
        subject_id=uuid4(),
        due_on=local_date(at) + timedelta(days=15),
        is_fine=True,
        actor=SYSTEM,
        at=at,
    )


@pytest.mark.django_db
def test_a_late_fine_is_paid_with_its_surcharge_by_channel_ledger_and_receipt(
    bank: FakeBank,
) -> None:
    now = datetime.now(UTC)
    fine = make_fine(at=now - timedelta(days=25))
    assert services.expire_bills(at=now) == 0
    assert "¥260.00" in Client().get(f"/pay/{fine.pk}/").content.decode()
    attempt = services.start_payment(bill_id=fine.pk, channel="bank", at=now)
    assert attempt.amount_fen == 26_000
    bank.pay(attempt.order_number, "normal")
    tell(bank, attempt.order_number)
    payment = Payment.objects.get()
    assert (payment.kind, payment.amount_fen) == ("settlement", 26_000)
    owed = dict(Entry.objects.filter(amount_fen__lt=0).values_list("fee_code", "amount_fen"))
    assert owed == {"fine": -20_000, "surcharge": -6000}
    assert FiscalReceipt.objects.get().amount_fen == 26_000
    paid = Bill.objects.get()
    # What is paid grows no more, however late it is asked for.
    assert queries.payable_fen(paid, on=local_date(now)) == 26_000
    assert queries.owed_fen(paid, on=local_date(now)) == 20_000


@pytest.mark.django_db
def test_a_paused_fine_does_not_grow_and_a_fee_never_does() -> None:
    finance = make_officer_actor("finance", agency_id=make_agency().id)
    fine = make_fine()
    late = fine.due_on + timedelta(days=10)
    pause = services.pause_fine(
        actor=finance,
        bill_id=fine.pk,
        kind=FinePause.Kind.REVIEW,
        basis="粤府行复〔2026〕1号",
        from_on=fine.due_on + timedelta(days=1),
        at=NINE,
    )
    assert queries.payable_fen(fine, on=late) == 20_000
    with pytest.raises(PauseOpen):
        services.pause_fine(
            actor=finance,
            bill_id=fine.pk,
            kind=FinePause.Kind.LAWSUIT,
            basis="x",
            from_on=late,
            at=NINE,
        )
    with pytest.raises(PauseOpen):
        services.resume_fine(actor=finance, bill_id=fine.pk, on=pause.from_on, at=NINE)
    services.resume_fine(
        actor=finance, bill_id=fine.pk, on=fine.due_on + timedelta(days=8), at=NINE
    )
    assert queries.payable_fen(fine, on=late) == 20_000 + 3 * 600
    fee = make_bill()
    with pytest.raises(NotAFine):
        services.pause_fine(
            actor=finance,
            bill_id=fee.pk,
            kind=FinePause.Kind.LAWSUIT,
            basis="x",
            from_on=late,
            at=NINE,
        )
    with pytest.raises(BillNotPayable):
        services.start_payment(bill_id=fee.pk, channel="bank", at=NINE + timedelta(days=60))


@pytest.mark.django_db
def test_a_fine_above_a_hundred_yuan_is_not_taken_at_the_agencys_counter() -> None:
    finance = make_officer_actor("finance", agency_id=make_agency().id)
    with pytest.raises(FineAtCounter):
        services.collect_at_counter(
            actor=finance, bill_id=make_fine(amount_fen=10_001).pk, slip="1", at=NINE
        )
    small = make_fine(amount_fen=10_000)
    services.collect_at_counter(actor=finance, bill_id=small.pk, slip="2", at=NINE)
    assert queries.bill(small.pk).state == "paid"


@pytest.fixture(autouse=True)
def card_is_listed(request: pytest.FixtureRequest) -> None:
    """The fee these bills are for stands in the catalogue."""
    request.getfixturevalue("db")
    services.set_fee(
        actor=SYSTEM,
        code="card",
        name=CARD,
        unit={"zh-hans": "张"},
        unit_price_fen=1001,
        legal_basis="测试",
        effective_from=date(2020, 1, 1),
        at=NINE,
    )


def issue(actor: Actor, agency_id: UUID, number: str, **line: object) -> Bill:
    return services.issue_bill(
        actor=actor,
        payer_kind="organisation",
        payer_number=number,
        collecting_agency_id=agency_id,
        lines=[BillLine(code="card", name=CARD, quantity=1, unit_price_fen=1001, **line)],  # type: ignore[arg-type]
        subject_kind="test.push",
        subject_id=uuid4(),
        due_on=None,
        title=None,
        is_fine=False,
        at=NINE,
    )


@pytest.mark.django_db
def test_a_ground_of_reduction_gives_amount_and_basis_and_some_need_approval() -> None:
    agency = make_agency().id
    finance = make_officer_actor("finance", agency_id=agency)
    number = make_organisation().registration_number
    for code, percent, needs_approval in (("half", 50, False), ("kind", 30, True)):
        services.set_reduction(
            actor=SYSTEM,
            code=code,
            fee_code="card",
            name={"zh-hans": "小微企业减半", "en": "Small firms pay half"},
            percent=percent,
            legal_basis="测试依据",
            effective_from=date(2026, 1, 1),
            needs_approval=needs_approval,
            at=NINE,
        )
    bill = issue(finance, agency, number, reduction_code="half")
    charge = bill.charges.get()
    assert (bill.amount_fen, charge.reduction_fen) == (500, 501)
    assert charge.reduction_basis == "小微企业减半：测试依据"
    with pytest.raises(ReductionNeedsApproval):
        issue(finance, agency, number, reduction_code="kind")
    with pytest.raises(ReductionNotInForce):
        issue(finance, agency, number, reduction_code="none")
    forged = issue(finance, agency, number, reduction_fen=900, reduction_basis="x")
    assert forged.amount_fen == 1001  # what is taken off comes from the catalogue alone
    page = Client().get("/pay/fees/").content.decode()
    assert page.count("<h1") == 1


@pytest.mark.django_db
def test_bills_are_pushed_only_into_ones_own_region_and_once_per_subject() -> None:
    agency = make_agency()
    number = make_organisation().registration_number
    city = make_officer_actor("finance", region_code="440300000000")
    with pytest.raises(Forbidden):
        issue(city, agency.id, number)
    own = make_officer_actor("finance", agency_id=agency.id)
    with pytest.raises(PayerUnknown):
        issue(own, agency.id, "911234567890123456")
    body = {
        "payer_kind": "organisation",
        "payer_number": number,
        "collecting_agency_id": str(agency.id),
        "lines": [{"code": "card", "name": "工本费", "unit_price_fen": 1000}],
        "subject_kind": "city.case",
        "subject_id": str(uuid4()),
    }
    desk = client_for(own)
    house = {**body, "subject_kind": "case"}  # paid, it would pass for the fee of that case
    refused = desk.post("/api/v1/payment/bills", house, content_type="application/json")
    assert (refused.status_code, Bill.objects.count()) == (422, 0)
    unlisted = {**body, "lines": [{"code": "FREE", "name": "杂费", "unit_price_fen": 1}]}
    refused = desk.post("/api/v1/payment/bills", unlisted, content_type="application/json")
    assert refused.json()["code"] == "payment.fee_not_listed"
    refused = desk.post("/api/v1/payment/bill-previews", unlisted, content_type="application/json")
    assert (refused.status_code, Bill.objects.count()) == (409, 0)
    answers = [
        desk.post("/api/v1/payment/bills", body, content_type="application/json") for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert (
        client_for(city).post("/api/v1/payment/bills", body, content_type="application/json")
    ).status_code == 403
    person = client_for(make_person_actor())
    refused = person.post("/api/v1/payment/bills", body, content_type="application/json")
    assert refused.status_code == 403
    services.collect_at_counter(
        actor=own, bill_id=UUID(answers[0].json()["id"]), slip="=1+9", at=datetime.now(UTC)
    )
    on = local_date(datetime.now(UTC)).isoformat()
    mine = desk.get(f"/api/v1/payment/statements/{on}").content.decode()
    theirs = client_for(city).get(f"/api/v1/payment/statements/{on}").content.decode()
    assert (mine.count("\n"), theirs.count("\n")) == (2, 1)
    assert "=1+9" in mine
    assert ",=1+9" not in mine  # a spreadsheet runs what was typed at a counter otherwise
    assert person.get(f"/api/v1/payment/statements/{on}").status_code == 403
    assert Client().get("/api/v1/payment/reductions").status_code == 200
