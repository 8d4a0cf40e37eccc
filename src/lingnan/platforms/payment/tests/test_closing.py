"""What keeps a day open, and money given back that our books hear of late."""

from datetime import timedelta

import pytest

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.identity.testing import make_officer_actor

from .. import services
from ..adapters.base import RefundProgress, RefundReport, StatementLine
from ..errors import DayHasDifferences, DayNotCompared, DayNotOver, ResolutionUnfit
from ..models import Difference, Refund
from ..services.refunds import apply_refund_report
from ..testing import make_bill
from ..types import Resolution, Source
from .conftest import FakeBank
from .test_pay import begin, now, tomorrow
from .test_reconcile import Books, balance, changed

pytestmark = pytest.mark.django_db


def approved(bank: FakeBank) -> tuple[Books, Refund]:
    """Today's books with one bill of ten yuan, four of which are to go back."""
    books = Books(0)
    books.on = now().astimezone(SHANGHAI).date()
    books.day = services.business_day("bank", books.on)
    bill = make_bill(at=now())
    number = begin(bill).order_number
    bank.pay(number, "normal")
    services.refresh_bill(bill.pk, at=now())
    finance, reviewer, treasurer = (
        make_officer_actor(role, agency_id=bill.collecting_agency_id)
        for role in ("finance", "finance_reviewer", "treasurer")
    )
    refund = services.apply_refund(
        actor=finance, bill_id=bill.pk, amount_fen=400, reason="多收", at=now()
    )
    services.review_refund(actor=reviewer, refund_id=refund.pk, at=now())
    return books, services.approve_refund(actor=treasurer, refund_id=refund.pk, at=now())


def tell(refund: Refund) -> None:
    """The channel says that it gave the money back."""
    report = RefundReport(
        refund_number=refund.number,
        state=RefundProgress.SUCCEEDED,
        channel_refund="BACK",
        amount_fen=400,
        paid_at=now(),
    )
    apply_refund_report("bank", report, at=now())


def state_given_back(books: Books, refund: Refund) -> None:
    """A statement that has the money given back, which our books do not know of."""
    bill = refund.payment
    came = StatementLine(
        order_number=bill.attempt.order_number if bill.attempt else "",
        channel_transaction=bill.channel_transaction,
        amount_fen=1000,
        at=now(),
    )
    back = changed(
        came, channel_transaction="BACK", amount_fen=400, is_refund=True,
        refund_number=refund.number,
    )  # fmt: skip
    books.state([came, back])
    books.compare()


def test_what_was_asked_of_one_comparison_closes_no_other(bank: FakeBank) -> None:
    books = Books(2)
    books.state(books.lines[:1])
    books.compare()
    services.ask_to_close(actor=books.clerk, day_id=books.day.pk, reason="一笔在查", at=now())
    books.state([])  # a newer statement: now nothing is there
    day = books.compare()
    assert (day.close_asked_by_id, day.close_reason) == (None, "")
    assert services.open_differences(day.pk) == 2
    with pytest.raises(DayHasDifferences):
        services.close_day(actor=books.chief, day_id=day.pk, at=tomorrow())


def test_money_given_back_since_the_comparison_keeps_a_day_from_closing(bank: FakeBank) -> None:
    books, refund = approved(bank)
    services.work_through(books.day.pk, download=True, at=now())
    services.ask_to_close(actor=books.clerk, day_id=books.day.pk, reason="国库单未到", at=now())
    deliver_all()
    refund.refresh_from_db()
    assert refund.state == "paid"
    with pytest.raises(DayNotCompared):
        services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow())


def test_a_refund_entered_by_its_ticket_does_not_hold_the_day_up(bank: FakeBank) -> None:
    books, refund = approved(bank)
    state_given_back(books, refund)
    books.settle("BACK", Resolution.SUPPLEMENT)
    refund.refresh_from_db()
    assert refund.state == "paid"
    services.ask_to_close(actor=books.clerk, day_id=books.day.pk, reason="国库单未到", at=now())
    services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow())
    assert (balance("clearing"), balance("treasury"), balance("refunds")) == (0, 600, 0)


def test_a_refund_in_suspense_is_not_counted_again_when_the_channel_tells_of_it(
    bank: FakeBank,
) -> None:
    books, refund = approved(bank)
    state_given_back(books, refund)
    books.settle("BACK", Resolution.ADJUSTMENT)
    assert (balance("clearing"), balance("suspense")) == (600, 400)
    for _turn in range(2):
        tell(refund)
        assert (balance("clearing"), balance("suspense"), balance("refunds")) == (600, 0, 0)


def test_a_refund_heard_of_meanwhile_is_not_put_into_suspense(bank: FakeBank) -> None:
    books, refund = approved(bank)
    state_given_back(books, refund)
    row = Difference.objects.get(transaction="BACK")
    services.propose_resolution(
        actor=books.clerk, difference_id=row.pk, resolution=Resolution.ADJUSTMENT,
        explanation="已核对渠道流水", at=now(),
    )  # fmt: skip
    tell(refund)
    with pytest.raises(ResolutionUnfit):
        services.approve_resolution(
            actor=books.chief, difference_id=row.pk, at=now() + timedelta(seconds=1)
        )
    assert (balance("clearing"), balance("suspense")) == (600, 0)


def test_a_day_is_closed_when_it_is_over_and_none_to_come_is_looked_at() -> None:
    books = Books(0)
    today = now().astimezone(SHANGHAI).date()
    day = services.business_day("bank", today)
    services.import_lines(day.pk, source=Source.CHANNEL, name="x", lines=[], actor=SYSTEM, at=now())
    services.compare_day(day.pk, actor=SYSTEM, at=now())
    with pytest.raises(DayNotOver):
        services.close_day(actor=books.chief, day_id=day.pk, at=now())
    with pytest.raises(DayNotOver):
        services.begin_reconciliation(
            actor=books.clerk, channel="bank", on=today + timedelta(days=1), at=now()
        )
