"""Bills: opened, voided, paid at the counter; fees by the law in force on the day."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries
from lingnan.platforms.identity.testing import (
    make_officer_actor,
    make_person_actor,
)
from lingnan.standards.agencies.errors import NoSuchAgency
from lingnan.standards.agencies.testing import make_agency

from .. import codes, queries, services
from ..errors import (
    BadPaymentCode,
    BillBeingPaid,
    BillNotFound,
    BillNotPayable,
    BillNotVoidable,
    CounterTransactionUsed,
    FeeAboveStandard,
    FeeNotInForce,
    NothingToPay,
    ReasonMissing,
    RuleNotInForce,
)
from ..models import Bill, FeeItem, Payment
from ..testing import CARD, NINE, make_bill
from ..types import BillLine
from .test_pay import begin, now

pytestmark = pytest.mark.django_db


def open_with(*lines: BillLine, agency_id: object = None) -> Bill:
    return services.open_bill(
        payer_kind="person",
        payer_id=uuid4(),
        payer_name="陈美玲",
        collecting_agency_id=agency_id or make_agency().id,  # type: ignore[arg-type]
        lines=lines,
        subject_kind="t",
        subject_id=uuid4(),
        due_on=date(2026, 12, 1),
        actor=SYSTEM,
        at=NINE,
    )


def line(code: str = "card", quantity: int = 1, price: int = 1000) -> BillLine:
    return BillLine(code=code, name=CARD, quantity=quantity, unit_price_fen=price)


def test_a_bill_sums_its_lines_and_is_announced() -> None:
    bill = open_with(line(quantity=2), line("post", price=1550))
    assert bill.amount_fen == 3550
    assert [charge.amount_fen for charge in bill.charges.order_by("position")] == [2000, 1550]
    assert bill.code[:6] == "440106"
    assert bill.code[6:8] == "26"
    assert codes.check_digit(bill.code[:-1]) == bill.code[-1]
    (event,) = OutboxEvent.objects.filter(name="payment.bill_opened")
    assert event.payload["amount_fen"] == 3550


def test_nothing_to_pay_and_an_unknown_agency_leave_no_bill() -> None:
    for lines in ((), (line(price=0),), (line(quantity=0),), (line(), line(quantity=-1))):
        with pytest.raises(NothingToPay):
            open_with(*lines)
    with pytest.raises(NoSuchAgency):
        open_with(line(), agency_id=uuid4())
    assert (
        Bill.objects.count(),
        OutboxEvent.objects.filter(name__startswith="payment.").count(),
    ) == (0, 0)


def test_a_code_that_exists_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["1" * 20, "1" * 20, "2" * 20])
    monkeypatch.setattr(codes.OwnScheme, "make", lambda self, **_: next(drawn))
    assert [make_bill().code, make_bill().code] == ["1" * 20, "2" * 20]


@given(st.integers(0, 10**19 - 1), st.integers(0, 18), st.integers(1, 9))
def test_one_wrong_digit_never_passes_the_check(number: int, place: int, change: int) -> None:
    body = f"{number:019d}"
    wrong = body[:place] + str((int(body[place]) + change) % 10) + body[place + 1 :]
    assert codes.check_digit(body) != codes.check_digit(wrong)


def test_codes_are_read_with_spaces_and_refused_otherwise() -> None:
    assert codes.read_code(" 4401 0626 0001 2345 6789 ") == "44010626000123456789"
    for wrong in ("", "1" * 19, "1" * 21, "1" * 19 + "x", "１" * 20):
        with pytest.raises(BadPaymentCode):
            codes.read_code(wrong)


def fee(price: int, day: date) -> FeeItem:
    return services.set_fee(
        actor=SYSTEM,
        code="card",
        name=CARD,
        unit={"zh-hans": "证", "en": "card"},
        unit_price_fen=price,
        legal_basis="发改价格〔2004〕2831号",
        effective_from=day,
        at=NINE,
    )


def test_fees_follow_the_standard_in_force_on_the_day() -> None:
    fee(1500, date(2020, 1, 1))
    fee(1000, date(2026, 1, 1))
    assert fee(1000, date(2026, 5, 1)).effective_from == date(2026, 1, 1)
    assert [f.unit_price_fen for f in queries.fees_in_force(date(2025, 12, 31))] == [1500]
    assert [f.unit_price_fen for f in queries.fees_in_force(date(2026, 1, 1))] == [1000]
    assert open_with(line(price=800)).amount_fen == 800
    with pytest.raises(FeeAboveStandard):
        open_with(line(price=1001))
    with pytest.raises(RuleNotInForce):
        fee(900, date(2025, 1, 1))


def test_a_fee_that_begins_later_cannot_be_charged_yet() -> None:
    fee(1000, date(2027, 1, 1))
    with pytest.raises(FeeNotInForce):
        open_with(line())


def test_voiding_needs_a_reason_and_an_unpaid_bill_and_is_done_once() -> None:
    bill = make_bill(at=now())
    with pytest.raises(ReasonMissing):
        services.void_bill(bill_id=bill.pk, reason="  ", actor=SYSTEM, at=now())
    for _ in range(2):
        services.void_bill(bill_id=bill.pk, reason="开错了", actor=SYSTEM, at=now())
    assert queries.bill(bill.pk).state == "voided"
    assert OutboxEvent.objects.filter(name="payment.bill_voided").count() == 1
    with pytest.raises(BillNotPayable):
        begin(bill)
    with pytest.raises(BillNotFound):
        services.void_bill(bill_id=uuid4(), reason="x", actor=SYSTEM, at=now())


def test_a_bill_being_paid_is_not_voided_until_the_order_is_closed() -> None:
    agency = make_agency().id
    bill = make_bill(at=now(), agency_id=agency)
    begin(bill)
    with pytest.raises(BillBeingPaid):
        services.void_bill(bill_id=bill.pk, reason="x", actor=SYSTEM, at=now())
    officer = make_officer_actor(role="finance", agency_id=agency)
    services.void_bill_by_officer(actor=officer, bill_id=bill.pk, reason="开错了", at=now())
    assert queries.bill(bill.pk).state == "voided"


def test_the_counter_takes_money_once_per_slip() -> None:
    agency = make_agency().id
    officer = make_officer_actor(role="finance", agency_id=agency)
    first, second = (make_bill(at=now(), agency_id=agency) for _ in range(2))
    services.collect_at_counter(actor=officer, bill_id=first.pk, slip="A1", at=now())
    assert Payment.objects.get().channel == "counter"
    with pytest.raises(CounterTransactionUsed):
        services.collect_at_counter(actor=officer, bill_id=second.pk, slip="A1", at=now())
    with pytest.raises(BillNotPayable):
        services.collect_at_counter(actor=officer, bill_id=first.pk, slip="A2", at=now())
    with pytest.raises(BillNotVoidable):
        services.void_bill(bill_id=first.pk, reason="x", actor=SYSTEM, at=now())
    assert queries.bill(second.pk).state == "open"


def test_only_the_right_role_in_reach_voids_and_collects() -> None:
    agency = make_agency().id
    bill = make_bill(at=now(), agency_id=agency)
    clerk = make_officer_actor(role="window_clerk", agency_id=agency)
    stranger = make_officer_actor(role="finance", region_code="440304000000")
    with pytest.raises(Forbidden):
        services.void_bill_by_officer(actor=clerk, bill_id=bill.pk, reason="x", at=now())
    for actor in (stranger, make_person_actor()):
        with pytest.raises(BillNotFound):
            services.void_bill_by_officer(actor=actor, bill_id=bill.pk, reason="x", at=now())
        with pytest.raises(BillNotFound):
            services.collect_at_counter(actor=actor, bill_id=bill.pk, slip="1", at=now())
    assert queries.bill(bill.pk).state == "open"


def test_a_list_of_bills_costs_one_query() -> None:
    payer = make_person_actor()
    assert payer.person_id
    for number in range(5):
        make_bill(payer_id=payer.person_id, at=NINE + timedelta(minutes=number))
    make_bill()
    with max_queries(1):
        page = queries.bills(payer, limit=3)
    assert len(page.items) == 3
    assert len(queries.bills(payer, limit=3, cursor=page.next_cursor).items) == 2
