"""Money in suspense: what a ticket found missing is not handed in until the channel makes it good.

Source: standards section 5; Plan 五（三）2（3）.
"""

from datetime import timedelta

import pytest

from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.testing import max_queries, race
from lingnan.platforms.identity.testing import client_for, make_officer_actor

from .. import flow_queries, services
from ..adapters.base import StatementLine
from ..errors import DayHasDifferences, DifferenceSettled, ResolutionUnfit
from ..models import Bill, Difference, Entry, Posting
from ..services.ledger import set_split_rule
from ..types import Resolution, Source
from .conftest import FakeBank
from .test_closing import approved, state_given_back, tell
from .test_pay import now, tomorrow
from .test_reconcile import Books, balance, changed, close, noon
from .test_reconcile import tell as tell_paid

pytestmark = pytest.mark.django_db


def balances() -> dict[str, int]:
    """What stands on each account that is not at zero, by kind and level of government."""
    found: dict[str, int] = {}
    for row in Entry.objects.select_related("account"):
        codes = [code for code in row.account.region_path.split("/") if code]
        key = f"{row.account.kind}{len(codes)}"
        found[key] = found.get(key, 0) + row.amount_fen
    return {key: amount for key, amount in sorted(found.items()) if amount}


def follow(books: Books, lines: list[StatementLine] | None = None, *, days: int = 1) -> None:
    """Go on with a later day."""
    books.day = services.business_day("bank", books.day.business_on + timedelta(days=days))
    books.state(lines or [])
    books.compare()


def ticket(transaction: str = "T1") -> Difference:
    return Difference.objects.get(transaction=transaction, source=Source.CHANNEL)


def make_good(books: Books, found: Difference) -> Difference:
    services.propose_resolution(
        actor=books.clerk, difference_id=found.pk, resolution=Resolution.MADE_GOOD,
        explanation="渠道次日补足，凭证号 001", at=now(),
    )  # fmt: skip
    return services.approve_resolution(actor=books.chief, difference_id=found.pk, at=now())


@pytest.mark.parametrize("stated", [990, None])
def test_what_is_missing_is_handed_in_when_the_channel_makes_it_good(
    bank: FakeBank, stated: int | None
) -> None:
    books = Books(2)
    first, second = books.lines
    books.state([first] if stated is None else [first, changed(second, amount_fen=stated)])
    books.compare()
    books.settle("T1", Resolution.ADJUSTMENT)
    missing = 1000 - (stated or 0)
    close(books)
    assert (balance("clearing"), balance("treasury"), balance("suspense")) == (
        0,
        2000 - missing,
        missing,
    )
    (row,) = flow_queries.channel_flows(books.chief, since=books.on, until=books.on)
    assert (row.came_fen, row.corrected_fen, row.handed_in_fen, row.held_fen) == (
        2000,
        -missing,
        2000 - missing,
        0,
    )
    found = ticket()
    (line,) = flow_queries.tickets_in_suspense(books.clerk).items
    assert (line.ticket, line.amount_fen) == (found, -missing)

    make_good(books, found)
    assert (balance("clearing"), balance("suspense")) == (missing, 0)
    assert not flow_queries.tickets_in_suspense(books.clerk).items
    with pytest.raises(ResolutionUnfit):
        make_good(books, found)
    today = now().astimezone(SHANGHAI).date()
    follow(books, days=(today - books.on).days)
    close(books)
    assert (balance("clearing"), balance("treasury"), balance("suspense")) == (0, 2000, 0)
    assert balance("income") == -2000


def test_each_government_misses_its_share_and_gets_it_back(bank: FakeBank) -> None:
    books = Books(0)
    line = books.pay(noon(books.on), "T1", settle=False)
    set_split_rule(
        actor=books.chief,
        fee_code=Bill.objects.get().charges.get().code,
        shares={"province": 3000, "county": 7000},
        legal_basis="test",
        effective_from=books.on - timedelta(days=9),
        at=now(),
    )
    report_paid(books, line)
    books.state([changed(line, amount_fen=900)])
    books.compare()
    books.settle("T1", Resolution.ADJUSTMENT)
    close(books)
    held = balances()
    assert (held["treasury1"], held["treasury3"], balance("clearing")) == (270, 630, 0)
    make_good(books, ticket())
    today = now().astimezone(SHANGHAI).date()
    follow(books, days=(today - books.on).days)
    close(books)
    held = balances()
    assert (held["treasury1"], held["treasury3"], balance("clearing")) == (300, 700, 0)


def report_paid(books: Books, line: StatementLine) -> None:
    tell_paid(line.channel_transaction, line, noon(books.on))


def test_both_statements_miss_the_same_money_once(bank: FakeBank) -> None:
    books = Books(2)
    short = [books.lines[0], changed(books.lines[1], amount_fen=990)]
    books.state(short)
    books.state(short, source=Source.TREASURY)
    books.compare()
    rows = list(Difference.objects.order_by("source"))
    assert [(row.source, row.statement_fen) for row in rows] == [
        ("channel", 990),
        ("treasury", 990),
    ]
    for row in rows:
        services.propose_resolution(
            actor=books.clerk, difference_id=row.pk, resolution=Resolution.ADJUSTMENT,
            explanation="少 1 角", at=now(),
        )  # fmt: skip
    services.approve_resolution(actor=books.chief, difference_id=rows[0].pk, at=now())
    with pytest.raises(ResolutionUnfit):
        services.approve_resolution(actor=books.chief, difference_id=rows[1].pk, at=now())
    assert (balance("clearing"), balance("suspense")) == (1990, 10)
    rows[1].refresh_from_db()
    assert services.fitting_resolutions(rows[1]) == (Resolution.NO_ACTION,)
    with pytest.raises(DayHasDifferences):
        services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow())
    services.propose_resolution(
        actor=books.clerk, difference_id=rows[1].pk, resolution=Resolution.NO_ACTION,
        explanation="与渠道差异同源", at=now(),
    )  # fmt: skip
    services.approve_resolution(actor=books.chief, difference_id=rows[1].pk, at=now())
    services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow())
    assert (balance("clearing"), balance("treasury")) == (0, 1990)


def test_a_second_statement_takes_nothing_back_of_what_the_first_found(bank: FakeBank) -> None:
    books = Books(1)
    unknown = changed(books.lines[0], channel_transaction="X", order_number="X")
    books.state([changed(books.lines[0], amount_fen=700), unknown])
    books.state([changed(unknown, amount_fen=700)], source=Source.TREASURY)
    books.compare()
    found = {(row.source, row.transaction): row for row in Difference.objects.all()}

    def adjust(source: str, transaction: str) -> None:
        row = found[source, transaction]
        services.propose_resolution(
            actor=books.clerk, difference_id=row.pk, resolution=Resolution.ADJUSTMENT,
            explanation="已核对", at=now(),
        )  # fmt: skip
        services.approve_resolution(actor=books.chief, difference_id=row.pk, at=now())

    adjust("channel", "X")  # 10.00 that nobody owed; the treasury heard of 7.00
    with pytest.raises(ResolutionUnfit):
        adjust("treasury", "X")
    adjust("treasury", "T0")  # all of it is missing there
    with pytest.raises(ResolutionUnfit):
        adjust("channel", "T0")
    close(books)
    assert (balance("clearing"), balance("treasury"), balance("suspense")) == (1000, 0, 0)


def test_a_newer_statement_is_adjusted_to_in_turn(bank: FakeBank) -> None:
    books = Books(1)
    for stated in (990, 500, 700):
        books.state([changed(books.lines[0], amount_fen=stated)])
        books.compare()
        found = ticket("T0")
        assert Resolution.ADJUSTMENT in services.fitting_resolutions(found)
        books.settle("T0", Resolution.ADJUSTMENT)
        assert (balance("clearing"), balance("suspense")) == (stated, 1000 - stated)
    assert services.fitting_resolutions(ticket("T0")) == (Resolution.MADE_GOOD,)
    close(books)
    assert (balance("clearing"), balance("treasury"), balance("suspense")) == (0, 700, 300)
    make_good(books, ticket("T0"))
    today = now().astimezone(SHANGHAI).date()
    follow(books, days=(today - books.on).days)
    close(books)
    assert (balance("clearing"), balance("treasury"), balance("suspense")) == (0, 1000, 0)


def test_money_nobody_owed_stays_with_the_channel_until_it_takes_it_back(bank: FakeBank) -> None:
    books = Books(1)
    nobody = changed(books.lines[0], channel_transaction="NOBODY", order_number="NOBODY")
    books.state([*books.lines, nobody])
    books.compare()
    books.settle("NOBODY", Resolution.ADJUSTMENT)
    close(books)
    assert (balance("clearing"), balance("treasury"), balance("suspense")) == (1000, 1000, -1000)
    make_good(books, ticket("NOBODY"))
    today = now().astimezone(SHANGHAI).date()
    follow(books, days=(today - books.on).days)
    close(books)
    assert (balance("clearing"), balance("treasury"), balance("suspense")) == (0, 1000, 0)


def test_a_refund_our_books_did_not_know_is_taken_from_the_day_once(bank: FakeBank) -> None:
    books, refund = approved(bank)
    state_given_back(books, refund)
    books.settle("BACK", Resolution.ADJUSTMENT)
    close(books)
    assert (balance("clearing"), balance("treasury")) == (0, 600)
    tell(refund)  # the day is closed: it counts with the next
    follow(books)
    services.ask_to_close(actor=books.clerk, day_id=books.day.pk, reason="国库单未到", at=now())
    services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow() + timedelta(days=1))
    assert (balance("clearing"), balance("treasury")) == (0, 600)
    assert (balance("suspense"), balance("refunds"), balance("income")) == (0, 0, -600)


def test_a_surplus_that_is_missing_takes_nothing_from_a_treasury(bank: FakeBank) -> None:
    books = Books(1)
    (line,) = books.lines
    twice = tell_paid("TWICE", changed(line, channel_transaction="TWICE"), noon(books.on))
    assert twice.kind == "surplus"
    books.state([line])
    books.compare()
    books.settle("TWICE", Resolution.ADJUSTMENT)
    close(books)
    assert (balance("clearing"), balance("treasury")) == (0, 1000)


def test_an_approval_that_came_too_late_moves_nothing(bank: FakeBank) -> None:
    """The notice arrives between proposing and approving that the channel put it right."""
    books = Books(0)
    late = books.pay(noon(books.on), "LATE", settle=False)
    books.state([late])
    books.compare()
    books.settle("LATE", Resolution.ADJUSTMENT)
    found = ticket("LATE")
    services.propose_resolution(
        actor=books.clerk, difference_id=found.pk, resolution=Resolution.MADE_GOOD,
        explanation="渠道退回", at=now(),
    )  # fmt: skip
    report_paid(books, late)
    with pytest.raises(ResolutionUnfit):
        services.approve_resolution(actor=books.chief, difference_id=found.pk, at=now())
    assert (balance("clearing"), balance("suspense")) == (1000, 0)


def test_a_settled_ticket_is_only_cleared_up(bank: FakeBank) -> None:
    books = Books(1)
    books.state([])
    books.compare()
    books.settle("T0", Resolution.ADJUSTMENT)
    found = ticket("T0")
    with pytest.raises(DifferenceSettled):
        services.propose_resolution(
            actor=books.clerk, difference_id=found.pk, resolution=Resolution.NO_ACTION,
            explanation="x", at=now(),
        )  # fmt: skip
    services.propose_resolution(
        actor=books.clerk, difference_id=found.pk, resolution=Resolution.MADE_GOOD,
        explanation="补足", at=now(),
    )  # fmt: skip
    services.send_difference_back(
        actor=books.chief, difference_id=found.pk, reason="凭证不符", at=now()
    )
    found.refresh_from_db()
    assert found.state == "assigned"
    assert services.fitting_resolutions(found) == (Resolution.MADE_GOOD, Resolution.NO_ACTION)
    assert balance("suspense") == 1000


@pytest.mark.django_db(transaction=True)
def test_it_is_cleared_up_once_whoever_comes_first(bank: FakeBank) -> None:
    books = Books(0)
    late = books.pay(noon(books.on), "LATE", settle=False)
    books.state([late])
    books.compare()
    books.settle("LATE", Resolution.ADJUSTMENT)
    found = ticket("LATE")
    services.propose_resolution(
        actor=books.clerk, difference_id=found.pk, resolution=Resolution.MADE_GOOD,
        explanation="渠道退回", at=now(),
    )  # fmt: skip
    race(
        [
            lambda: services.approve_resolution(
                actor=books.chief, difference_id=found.pk, at=now()
            ),
            lambda: report_paid(books, late),
        ]
    )
    assert Posting.objects.filter(kind="adjustment").count() == 2
    assert (balance("clearing"), balance("suspense")) == (1000, 0)


def test_pages_and_api_show_what_stands_in_suspense(bank: FakeBank) -> None:
    books = Books(1)
    books.state([changed(books.lines[0], amount_fen=990)])
    books.compare()
    books.settle("T0", Resolution.ADJUSTMENT)
    close(books)
    found = ticket("T0")
    desk, page = client_for(books.clerk), f"/desk/differences/{found.pk}/"
    assert page in desk.get("/desk/reconciliation/").content.decode()
    shown = desk.get(page).content.decode()
    assert 'value="made_good"' in shown
    assert 'value="no_action"' not in shown
    api = client_for(books.clerk, bearer=True)
    told = api.get(f"/api/v1/payment/differences/{found.pk}").json()
    assert (told["in_suspense_fen"], told["fitting"]) == (-10, ["made_good"])
    (listed,) = api.get("/api/v1/payment/suspense").json()["items"]
    assert (listed["id"], listed["in_suspense_fen"]) == (str(found.pk), -10)
    county = make_officer_actor("finance_reviewer", region_code="440106000000")
    elsewhere = client_for(county)
    assert "T0" not in elsewhere.get("/desk/reconciliation/").content.decode()
    assert client_for(county, bearer=True).get("/api/v1/payment/suspense").json()["items"] == []
    posted = api.post(
        f"/api/v1/payment/differences/{found.pk}/resolution",
        {"resolution": "made_good", "explanation": "补足"},
        content_type="application/json",
        headers={"Idempotency-Key": "made-good-1"},
    )
    assert (posted.status_code, posted.json()["state"]) == (200, "explained")
    chief = client_for(books.chief, bearer=True)
    done = chief.post(
        f"/api/v1/payment/differences/{found.pk}/approve",
        headers={"Idempotency-Key": "made-good-2"},
    )
    assert (done.status_code, done.json()["resolution"]) == (200, "made_good")
    assert balance("suspense") == 0


def test_what_stands_in_suspense_is_listed_page_by_page(bank: FakeBank) -> None:
    books = Books(3)
    books.state([])
    books.compare()
    for place in range(3):
        books.settle(f"T{place}", Resolution.ADJUSTMENT)
    found, cursor = [], None
    for _turn in range(2):
        with max_queries(2):
            page = flow_queries.tickets_in_suspense(books.clerk, cursor=cursor, limit=2)
        found += [(line.ticket.transaction, line.amount_fen) for line in page.items]
        cursor = page.next_cursor
    assert (sorted(found), cursor) == ([("T0", -1000), ("T1", -1000), ("T2", -1000)], None)


def test_every_entry_of_an_account_opens_to_what_it_comes_of(bank: FakeBank) -> None:
    books = Books(3)
    books.state([*books.lines[:2], changed(books.lines[2], amount_fen=990)])
    books.compare()
    books.settle("T2", Resolution.ADJUSTMENT)
    close(books)
    desk = client_for(books.chief)
    key = Entry.objects.filter(account__kind="clearing").values_list("account", flat=True)[0]
    page = desk.get("/desk/flows/", {"account": key}).content.decode()
    for bill in Bill.objects.all():
        assert f"/desk/bills/{bill.pk}/" in page
    assert f"/desk/differences/{ticket('T2').pk}/" in page
    assert f"/desk/reconciliation/{books.day.pk}/" in page
    rows = list(Entry.objects.filter(account_id=key).select_related("posting"))
    with max_queries(2):
        flow_queries.causes(rows)
