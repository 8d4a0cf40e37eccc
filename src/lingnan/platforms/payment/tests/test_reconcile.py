"""A day against its statements, three ways. Source: standards section 5; Plan 五（三）2（3）."""

from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.testing import check_routes, deliver_all, max_queries, race
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person,
    make_person_actor,
)
from lingnan.standards.agencies.testing import make_agency

from .. import flow_queries, queries, services
from ..adapters.base import OrderReport, OrderRequest, OrderState, StatementLine
from ..errors import (
    DayClosed,
    DayHasDifferences,
    DayNotCompared,
    ResolutionUnfit,
    SameOfficer,
    StatementMissing,
    StatementUnreadable,
)
from ..models import BusinessDay, Difference, Entry, Payment, StatementFile
from ..services.settlement import apply_report
from ..testing import make_bill
from ..types import DifferenceState, Resolution, Source
from .conftest import FakeBank
from .test_pay import begin, now, tomorrow
from .wallets import make_channel

pytestmark = pytest.mark.django_db
PROVINCE = "440000000000"


def noon(on: date) -> datetime:
    return datetime.combine(on, datetime.min.time(), tzinfo=SHANGHAI) + timedelta(hours=12)


class Books:
    """A day of the bank with some payments, and the statements to be."""

    def __init__(self, count: int = 4) -> None:
        self.on = now().astimezone(SHANGHAI).date() - timedelta(days=1)
        self.clerk = make_officer_actor("finance_reviewer", region_code=PROVINCE)
        self.chief = make_officer_actor("treasurer", region_code=PROVINCE)
        self.lines = [self.pay(noon(self.on), f"T{place}") for place in range(count)]
        self.day = services.business_day("bank", self.on)

    def pay(self, at: datetime, transaction: str, *, settle: bool = True) -> StatementLine:
        bill = make_bill(at=at - timedelta(minutes=5))
        attempt = services.start_payment(
            bill_id=bill.pk, channel="bank", at=at - timedelta(minutes=1)
        )
        report = OrderReport(
            order_number=attempt.order_number,
            state=OrderState.PAID,
            channel_transaction=transaction,
            amount_fen=1000,
            paid_at=at,
        )
        if settle:
            apply_report("bank", report, at=at)
        return StatementLine(
            order_number=attempt.order_number,
            channel_transaction=transaction,
            amount_fen=1000,
            at=at,
        )

    def state(self, lines: list[StatementLine], *, source: Source = Source.CHANNEL) -> None:
        services.import_lines(
            self.day.pk, source=source, name="test", lines=lines, actor=SYSTEM, at=now()
        )

    def compare(self) -> BusinessDay:
        self.day = services.compare_day(self.day.pk, actor=SYSTEM, at=now())
        return self.day

    def found(self) -> dict[str, str]:
        rows = Difference.objects.filter(day=self.day)
        return {row.transaction: f"{row.kind}:{row.state}" for row in rows}

    def settle(
        self, transaction: str, resolution: Resolution, *, clerk: Actor | None = None
    ) -> Difference:
        row = Difference.objects.get(day=self.day, transaction=transaction)
        services.propose_resolution(
            actor=clerk or self.clerk,
            difference_id=row.pk,
            resolution=resolution,
            explanation="已核对渠道流水",
            at=now(),
        )
        return services.approve_resolution(actor=self.chief, difference_id=row.pk, at=now())


def changed(line: StatementLine, **facts: object) -> StatementLine:
    values = {name: getattr(line, name) for name in StatementLine.__dataclass_fields__}
    return StatementLine(**{**values, **facts})


def balance(kind: str) -> int:
    return sum(Entry.objects.filter(account__kind=kind).values_list("amount_fen", flat=True))


def test_a_day_that_matches_three_ways_closes_and_is_handed_in(bank: FakeBank) -> None:
    books = Books()
    with pytest.raises(StatementMissing):
        books.compare()
    books.state(books.lines)
    day = books.compare()
    assert books.found() == {}
    assert (day.channel_count, day.channel_fen) == (day.platform_count, day.platform_fen)
    assert (day.platform_count, day.platform_fen) == (4, 4000)
    with pytest.raises(DayHasDifferences):  # the treasury's statement is missing
        services.close_day(actor=books.chief, day_id=day.pk, at=tomorrow())
    books.state(books.lines, source=Source.TREASURY)
    assert books.compare().treasury_fen == 4000
    services.close_day(actor=books.chief, day_id=day.pk, at=tomorrow())
    assert (balance("clearing"), balance("treasury"), balance("income")) == (0, 4000, -4000)
    for again in (
        lambda: services.close_day(actor=books.chief, day_id=day.pk, at=tomorrow()),
        lambda: books.state(books.lines),
        books.compare,
    ):
        with pytest.raises(DayClosed):
            again()


def test_each_kind_of_difference_is_found(bank: FakeBank) -> None:
    books = Books()
    late = books.pay(noon(books.on) + timedelta(hours=11, minutes=50), "LATE")
    early = books.pay(noon(books.on) - timedelta(days=1), "BEFORE")
    unpaid = books.pay(noon(books.on), "UNPAID", settle=False)
    first, second, third, _missing = books.lines
    lines = [
        first,
        changed(second, amount_fen=999),
        third,
        third,
        unpaid,
        early,
        changed(first, channel_transaction="NOBODY", order_number="NOBODY"),
    ]
    assert late.channel_transaction == "LATE"
    books.state(lines)
    day = books.compare()
    assert books.found() == {
        "T1": "amount:open",
        "T2": "amount:open",  # stands twice
        "T3": "short:open",
        "UNPAID": "status:open",
        "NOBODY": "long:open",
        "LATE": "cross_day:open",  # in transit for one day
        "BEFORE": "cross_day:resolved",
    }
    assert services.open_differences(day.pk) == 5
    assert (day.channel_count, day.platform_count) == (7, 5)


def test_what_is_in_transit_arrives_the_next_day_or_is_missing(bank: FakeBank) -> None:
    books = Books(1)
    almost = noon(books.on) + timedelta(hours=11, minutes=50)
    arrives, lost = books.pay(almost, "ARRIVES"), books.pay(almost, "LOST")
    books.state(books.lines)
    books.compare()
    assert lost.channel_transaction in books.found()
    before = books.day
    books.day = services.business_day("bank", books.on + timedelta(days=1))
    books.state([arrives])
    books.compare()
    assert books.found() == {"ARRIVES": "cross_day:resolved"}
    rows = Difference.objects.filter(day=before).values_list("transaction", "kind", "state")
    assert set(rows) == {("ARRIVES", "cross_day", "resolved"), ("LOST", "short", "open")}


def test_a_supplement_pays_the_bill_and_the_day_matches(bank: FakeBank) -> None:
    books = Books(1)
    unpaid = books.pay(noon(books.on), "UNPAID", settle=False)
    books.state([*books.lines, unpaid])
    books.compare()
    books.settle("UNPAID", Resolution.SUPPLEMENT)
    assert Payment.objects.filter(kind="settlement").count() == 2
    books.compare()
    assert services.open_differences(books.day.pk) == 0
    assert books.day.platform_fen == books.day.channel_fen == 2000


def test_an_adjustment_makes_the_channels_account_what_its_statement_says(bank: FakeBank) -> None:
    books = Books(2)
    books.state([books.lines[0], changed(books.lines[1], amount_fen=990)])
    books.compare()
    books.settle("T1", Resolution.ADJUSTMENT)
    assert (balance("clearing"), balance("suspense")) == (1990, 10)
    with pytest.raises(ResolutionUnfit):
        services.propose_resolution(
            actor=books.clerk,
            difference_id=_other(books),
            resolution=Resolution.SUPPLEMENT,
            explanation="x",
            at=now(),
        )


def _other(books: Books) -> UUID:
    row = Difference.objects.create(
        day=books.day,
        source="channel",
        kind="long",
        is_refund=False,
        transaction="X",
        order_number="X",
        statement_fen=5,
    )
    return row.pk


def test_one_officer_neither_approves_his_proposal_nor_closes_on_his_own_request(
    bank: FakeBank,
) -> None:
    books = Books(1)
    books.state([])
    books.compare()
    both = Actor(
        kind="officer",
        name="x",
        account_id=books.clerk.account_id,
        grants=books.clerk.grants + books.chief.grants,
    )
    row = Difference.objects.get()
    services.take_difference(actor=both, difference_id=row.pk, at=now())
    services.propose_resolution(
        actor=both,
        difference_id=row.pk,
        resolution=Resolution.NO_ACTION,
        explanation="x",
        at=now(),
    )
    with pytest.raises(SameOfficer):
        services.approve_resolution(actor=both, difference_id=row.pk, at=now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Difference.objects.update(
            state="resolved", resolved_at=now(), resolved_by_id=both.account_id
        )
    services.ask_to_close(actor=both, day_id=books.day.pk, reason="渠道停机", at=now())
    with pytest.raises(SameOfficer):
        services.close_day(actor=both, day_id=books.day.pk, at=tomorrow())
    services.send_difference_back(
        actor=books.chief, difference_id=row.pk, reason="说明不足", at=now()
    )
    assert Difference.objects.get().state == DifferenceState.ASSIGNED
    assert services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow()).closed_by_id


def test_refunds_are_compared_and_handed_back(bank: FakeBank) -> None:
    books = Books(0)
    on = now().astimezone(SHANGHAI).date()
    books.day = services.business_day("bank", on)
    bill = make_bill(at=now())
    number = begin(bill).order_number
    bank.pay(number, "normal")
    services.refresh_bill(bill.pk, at=now())
    agency_id = bill.collecting_agency_id
    finance, reviewer, treasurer = (
        make_officer_actor(role, agency_id=agency_id)
        for role in ("finance", "finance_reviewer", "treasurer")
    )
    refund = services.apply_refund(
        actor=finance, bill_id=bill.pk, amount_fen=400, reason="多收", at=now()
    )
    services.review_refund(actor=reviewer, refund_id=refund.pk, at=now())
    services.approve_refund(actor=treasurer, refund_id=refund.pk, at=now())
    deliver_all()
    services.work_through(books.day.pk, download=True, at=now())
    books.day.refresh_from_db()
    assert (books.day.step_problem, books.found()) == ("", {})
    assert (books.day.channel_fen, books.day.channel_back_fen) == (1000, 400)
    services.ask_to_close(actor=books.clerk, day_id=books.day.pk, reason="国库单未到", at=now())
    services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow())
    assert (balance("clearing"), balance("treasury"), balance("refunds")) == (0, 600, 0)


def test_a_newer_statement_replaces_the_older_and_a_broken_one_changes_nothing(
    bank: FakeBank,
) -> None:
    books = Books(2)
    books.state(books.lines[:1])
    books.compare()
    assert set(books.found()) == {"T1"}
    for broken in (b"", b"a,b\n1,2\n", b"PK\x03\x04", b"\xff\xff\xff"):
        with pytest.raises(StatementUnreadable):
            services.import_file(
                books.day.pk,
                source=Source.CHANNEL,
                name="x",
                content=broken,
                actor=SYSTEM,
                at=now(),
            )
    books.state(books.lines)
    books.compare()
    assert books.found() == {"T1": "short:resolved"}
    assert StatementFile.objects.filter(is_complete=True, replaced_at=None).count() == 1


@pytest.mark.parametrize("code", ["wechat", "alipay", "unionpay"])
def test_the_files_of_the_wallets_are_read_as_they_come(code: str, tmp_path: Path) -> None:
    made = make_channel(code, tmp_path)
    bill = make_bill(at=now())
    made.adapter.place_order(_request(bill.code))
    made.paid()
    on = now().astimezone(SHANGHAI).date()
    (line,) = made.adapter.statement(on)
    assert (line.amount_fen, line.channel_transaction) == (1000, made.order.transaction)
    assert abs(line.at - now()) < timedelta(minutes=1)


def _request(code: str) -> OrderRequest:
    return OrderRequest(
        order_number=f"{code}00000001",
        payment_code=code,
        title="工本费",
        amount_fen=1000,
        placed_at=now(),
        expires_at=now() + timedelta(minutes=5),
        return_url="",
        notify_url="http://127.0.0.1/",
    )


def test_the_pages_lead_from_an_import_to_a_closed_day(bank: FakeBank) -> None:
    books = Books(2)
    clerk, chief = client_for(books.clerk), client_for(books.chief)
    path = f"/desk/reconciliation/{books.day.pk}/"
    head = "kind,order_number,transaction,amount_fen,at,refund_number\n"
    row = "payment,{0},{1},{2},2026-11-25T04:00:00Z,\n"
    first, second = books.lines
    channel = head + row.format(first.order_number, "T0", 1000)
    content = channel + row.format(second.order_number, "T1", 990)
    for source, text in (("channel", content), ("treasury", content.replace("990", "1000"))):
        file = SimpleUploadedFile("statement.csv", text.encode())
        answer = clerk.post(path, {"act": "import", "source": source, "file": file})
        assert answer.status_code == 302
    page = clerk.get(path).content.decode()
    assert "T1" in page
    row_id = Difference.objects.get().pk
    ticket = f"/desk/differences/{row_id}/"
    assert clerk.post(ticket, {"act": "take"}).status_code == 302
    wrong = clerk.post(ticket, {"act": "propose", "resolution": "adjustment", "explanation": ""})
    assert wrong.status_code == 422
    good = {"act": "propose", "resolution": "adjustment", "explanation": "手续费"}
    assert clerk.post(ticket, good).status_code == 302
    assert chief.post(path, {"act": "close"}).status_code == 409
    assert chief.post(ticket, {"act": "approve"}).status_code == 302
    assert chief.post(path, {"act": "close"}).status_code == 302
    assert BusinessDay.objects.get(pk=books.day.pk).state == "closed"
    flows = chief.get("/desk/flows/").content.decode()
    assert "¥20.00" in flows


def test_routes(bank: FakeBank) -> None:
    books = Books(1)
    books.state([])
    books.compare()
    row = Difference.objects.get()
    clients = {
        "anonymous": Client(),
        "person": client_for(make_person_actor()),
        "city": client_for(make_officer_actor("finance_reviewer", region_code="440100000000")),
        "clerk": client_for(books.clerk),
        "chief": client_for(books.chief),
    }

    def expect(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    api = "/api/v1/payment"
    flow = f"{api}/flows?since=2026-01-01&until=2027-01-01"
    day = f"{api}/days/{books.day.pk}"
    check_routes(
        clients,
        [
            ("GET", "/desk/reconciliation/", expect(302, 403, 200, 200, 200)),
            ("GET", f"/desk/reconciliation/{books.day.pk}/", expect(302, 403, 403, 200, 200)),
            ("GET", f"/desk/differences/{row.pk}/", expect(302, 403, 403, 200, 200)),
            ("GET", "/desk/flows/", expect(302, 403, 200, 200, 200)),
            ("GET", f"{api}/days", expect(401, 403, 200, 200, 200)),
            ("GET", day, expect(401, 403, 403, 200, 200)),
            ("GET", f"{day}/differences", expect(401, 403, 403, 200, 200)),
            ("GET", f"{api}/differences/{row.pk}", expect(401, 403, 403, 200, 200)),
            ("GET", f"{api}/suspense", expect(401, 403, 200, 200, 200)),
            ("POST", f"{day}/close", expect(401, 403, 403, 403, 409)),
            ("POST", f"{api}/differences/{row.pk}/approve", expect(401, 403, 403, 403, 409)),
            ("POST", f"{api}/differences/{row.pk}/take", expect(401, 403, 403, 200, 403)),
            ("GET", flow, expect(401, 403, 200, 200, 200)),
            ("GET", flow.replace("?", "/channels?"), expect(401, 403, 200, 200, 200)),
            ("GET", flow.replace("?", "/entries?account=x&"), expect(401, 403, 200, 200, 200)),
            ("GET", f"{api}/flows/late", expect(401, 403, 200, 200, 200)),
        ],
    )
    assert not queries.business_days(
        make_officer_actor("finance_reviewer", region_code="440100000000")
    ).items
    clerk = clients["clerk"]
    clerk.get("/desk/reconciliation/")
    with max_queries(8):
        clerk.get("/desk/reconciliation/")
    with max_queries(12):
        clerk.get(f"/desk/reconciliation/{books.day.pk}/")
    with max_queries(10):
        clerk.get("/desk/flows/")


def test_what_matched_once_is_a_ticket_again_when_it_differs_again(bank: FakeBank) -> None:
    books = Books(2)
    true = [changed(books.lines[0], amount_fen=999), books.lines[1]]
    for lines in (true, books.lines):  # the second is the one an insider would make up
        books.state(lines)
        books.compare()
    assert books.found() == {"T0": "amount:resolved"}
    books.state(true)
    assert services.open_differences(books.compare().pk) == 1
    assert books.found() == {"T0": "amount:open"}
    books.settle("T0", Resolution.NO_ACTION)
    assert services.open_differences(books.compare().pk) == 0
    books.state([changed(books.lines[0], amount_fen=1), books.lines[1]])
    assert services.open_differences(books.compare().pk) == 1


def test_a_day_does_not_close_on_a_comparison_that_is_out_of_date(bank: FakeBank) -> None:
    books = Books(1)
    for source in (Source.CHANNEL, Source.TREASURY):
        books.state(books.lines, source=source)
    books.compare()
    news = books.pay(noon(books.on), "NEWS", settle=False)
    told = OrderReport(
        order_number=news.order_number,
        state=OrderState.PAID,
        channel_transaction="NEWS",
        amount_fen=1000,
        paid_at=noon(books.on),
    )
    apply_report("bank", told, at=now())
    with pytest.raises(DayNotCompared):
        services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow())
    books.compare()
    books.state([], source=Source.CHANNEL)
    with pytest.raises(DayNotCompared):
        services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow())


def close(books: Books) -> BusinessDay:
    services.ask_to_close(actor=books.clerk, day_id=books.day.pk, reason="渠道停机", at=now())
    return services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow())


def tell(transaction_number: str, line: StatementLine, paid_at: datetime) -> Payment:
    report = OrderReport(
        order_number=line.order_number,
        state=OrderState.PAID,
        channel_transaction=transaction_number,
        amount_fen=1000,
        paid_at=paid_at,
    )
    apply_report("bank", report, at=now())
    return Payment.objects.get(channel_transaction=transaction_number)


def test_late_money_of_a_closed_day_is_handed_in_with_the_next_open_day(bank: FakeBank) -> None:
    books = Books(1)
    late = books.pay(noon(books.on), "LATE", settle=False)
    books.state(books.lines)
    books.compare()
    close(books)
    assert (balance("clearing"), balance("treasury")) == (0, 1000)
    payment = tell("LATE", late, noon(books.on))
    following = books.on + timedelta(days=1)
    assert (payment.business_on, payment.carried_to) == (books.on, following)
    closed = books.day
    booked = Entry.objects.filter(posting__cause_id=payment.pk)
    assert set(booked.values_list("business_on", flat=True)) == {following}
    assert [row.day_id for row in flow_queries.late_handing_in(SYSTEM, before=following).items] == [
        None
    ]

    books.day = services.business_day("bank", following)
    books.state([])
    books.compare()
    assert books.found() == {}  # no statement of this day knows it, and none is missed
    page = client_for(books.chief).get(f"/desk/reconciliation/{books.day.pk}/").content.decode()
    assert "¥10.00" in page
    assert payment.bill.code[:4] in page
    api = client_for(books.chief, bearer=True)
    told = api.get(f"/api/v1/payment/days/{books.day.pk}").json()
    assert (told["carried_count"], told["carried_fen"], told["platform_fen"]) == (1, 1000, 0)
    close(books)
    assert (balance("clearing"), balance("treasury"), balance("income")) == (0, 2000, -2000)
    assert not flow_queries.late_handing_in(SYSTEM, before=following).items
    assert client_for(books.clerk).get(f"/desk/reconciliation/{closed.pk}/").status_code == 200


def test_money_is_carried_past_every_closed_day(bank: FakeBank) -> None:
    books = Books(0)
    late = books.pay(noon(books.on), "LATE", settle=False)
    for _ in range(2):
        books.state([])
        books.compare()
        close(books)
        books.day = services.business_day("bank", books.day.business_on + timedelta(days=1))
    assert tell("LATE", late, noon(books.on)).carried_to == books.on + timedelta(days=2)


@pytest.mark.parametrize("resolution", [Resolution.SUPPLEMENT, Resolution.ADJUSTMENT])
def test_a_ticket_that_was_open_when_its_day_closed_is_settled_afterwards(
    bank: FakeBank, resolution: Resolution
) -> None:
    books = Books(1)
    unpaid = books.pay(noon(books.on), "UNPAID", settle=False)
    books.state([*books.lines, unpaid])
    books.compare()
    close(books)
    days = client_for(books.clerk).get("/desk/reconciliation/").content.decode()
    assert "尚有 1 笔差异未处理" in days
    ticket = f"/desk/differences/{Difference.objects.get().pk}/"
    page = client_for(books.clerk).get(ticket).content.decode()
    assert 'value="propose"' in page
    books.settle("UNPAID", resolution)
    assert books.found() == {"UNPAID": "status:resolved"}
    following = books.on + timedelta(days=1)
    posted = Entry.objects.order_by("-posting__created_at").values_list("business_on", flat=True)
    assert posted[0] == following
    books.day = services.business_day("bank", following)
    books.state([])
    books.compare()
    close(books)
    expected = 2000 if resolution == Resolution.SUPPLEMENT else 1000
    assert balance("treasury") == expected


@pytest.mark.parametrize("closes", [True, False])
def test_money_in_suspense_is_not_counted_again_when_its_notice_comes(
    bank: FakeBank, closes: bool
) -> None:
    books = Books(0)
    late = books.pay(noon(books.on), "LATE", settle=False)
    books.state([late])
    books.compare()
    if closes:
        close(books)
    books.settle("LATE", Resolution.ADJUSTMENT)
    assert (balance("clearing"), balance("suspense")) == (1000, -1000)
    tell("LATE", late, noon(books.on))
    assert (balance("clearing"), balance("suspense")) == (1000, 0)
    tell("LATE", late, noon(books.on))
    assert (balance("clearing"), balance("suspense")) == (1000, 0)


def test_what_was_heard_of_meanwhile_is_not_put_into_suspense(bank: FakeBank) -> None:
    books = Books(0)
    late = books.pay(noon(books.on), "LATE", settle=False)
    books.state([late])
    books.compare()
    tell("LATE", late, noon(books.on))
    with pytest.raises(ResolutionUnfit):
        books.settle("LATE", Resolution.ADJUSTMENT)
    assert (balance("clearing"), balance("suspense")) == (1000, 0)


def test_what_was_in_transit_when_its_day_closed_is_settled_when_it_never_arrives(
    bank: FakeBank,
) -> None:
    books = Books(0)
    books.pay(noon(books.on) + timedelta(hours=11, minutes=50), "LOST")
    books.state([])
    books.compare()
    assert books.found() == {"LOST": "cross_day:open"}
    closed = books.day
    close(books)
    books.day = services.business_day("bank", books.on + timedelta(days=1))
    books.state([])
    books.compare()
    books.day = closed
    assert books.found() == {"LOST": "short:open"}
    books.settle("LOST", Resolution.ADJUSTMENT)
    assert books.found() == {"LOST": "short:resolved"}


@pytest.mark.django_db(transaction=True)
def test_money_booked_while_its_day_closes_is_seen_or_carried(bank: FakeBank) -> None:
    books = Books(1)
    late = books.pay(noon(books.on), "LATE", settle=False)
    books.state(books.lines)
    books.compare()
    services.ask_to_close(actor=books.clerk, day_id=books.day.pk, reason="渠道停机", at=now())
    closed, payment = race(
        [
            lambda: services.close_day(actor=books.chief, day_id=books.day.pk, at=tomorrow()),
            lambda: tell("LATE", late, noon(books.on)),
        ]
    )
    assert isinstance(payment, Payment)
    is_carried = payment.carried_to is not None
    assert isinstance(closed, DayNotCompared) != is_carried
    assert balance("treasury") == (1000 if is_carried else 0)


def test_the_database_refuses_one_person_for_two_steps(bank: FakeBank) -> None:
    books, person = Books(1), make_person().pk
    books.state([])
    books.compare()
    with pytest.raises(IntegrityError, match="carried_onwards"), transaction.atomic():
        Payment.objects.update(carried_to=books.on)
    same = {"proposed_by_person_id": person, "resolved_by_person_id": person}
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        Difference.objects.update(**same)
    same = {"close_asked_by_person_id": person, "closed_by_person_id": person}
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        BusinessDay.objects.update(**same)
    clerk = make_officer_actor("finance_reviewer", region_code=PROVINCE, record_of=make_person())
    row = books.settle("T0", Resolution.NO_ACTION, clerk=clerk)
    assert (row.proposed_by_person_id, clerk.person_id is None) == (clerk.person_id, False)


def test_a_second_officer_is_a_second_person(bank: FakeBank) -> None:
    books, person = Books(1), make_person()
    clerk = make_officer_actor("finance_reviewer", region_code=PROVINCE, record_of=person)
    chief = make_officer_actor(
        "treasurer", agency_id=make_agency().id, region_code=PROVINCE, record_of=person
    )
    assert clerk.account_id != chief.account_id
    books.state([])
    books.compare()
    books.chief = chief
    with pytest.raises(SameOfficer):
        books.settle("T0", Resolution.NO_ACTION, clerk=clerk)
    services.ask_to_close(actor=clerk, day_id=books.day.pk, reason="x", at=now())
    with pytest.raises(SameOfficer):
        services.close_day(actor=chief, day_id=books.day.pk, at=tomorrow())
