"""The ledger balances, stays as posted, and shares to the fen. Source: Plan 五（三）2（3）."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import race
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..errors import RuleNotInForce, SharesNotWhole
from ..models import Account, Entry, Payment, Posting
from ..services import ledger
from ..splitting import compute_shares, level_path
from ..testing import CARD, NINE
from ..types import BillLine
from .conftest import FakeBank
from .test_pay import now, paid_bill, tell


def entries_of(payment: Payment) -> dict[str, int]:
    rows = Entry.objects.filter(posting__cause_id=payment.pk)
    return {f"{row.account.kind}:{row.fee_code}": row.amount_fen for row in rows}


@given(
    amount=st.integers(-(10**12), 10**12),
    weights=st.lists(st.integers(1, 10_000), min_size=1, max_size=6),
)
def test_shares_sum_to_the_amount_and_none_is_off_by_a_whole_fen(
    amount: int, weights: list[int]
) -> None:
    parts = compute_shares(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


def test_a_level_is_the_region_above_or_the_region_itself() -> None:
    tianhe = "440000000000/440100000000/440106000000/"
    assert [level_path(tianhe, level) for level in ("central", "province", "city", "county")] == [
        "",
        "440000000000/",
        "440000000000/440100000000/",
        tianhe,
    ]
    assert level_path("440000000000/", "county") == "440000000000/"


@pytest.mark.django_db
def test_a_paid_bill_and_a_surplus_are_posted_once(bank: FakeBank) -> None:
    _bill, number = paid_bill(bank)
    tell(bank, number)
    tell(bank, number, transaction="ANOTHER")
    settlement, surplus = Payment.objects.order_by("kind")
    assert entries_of(settlement) == {"clearing:": 1000, "income:card": -1000}
    assert entries_of(surplus) == {"clearing:": 1000, "surplus:": -1000}
    again = ledger.post_payment(settlement, actor=SYSTEM, at=now())
    assert (Posting.objects.count(), Entry.objects.filter(posting=again).count()) == (3, 2)


@pytest.mark.django_db
def test_a_joint_bill_gives_each_agency_and_each_level_its_own() -> None:
    first = make_agency()
    second = make_agency("fire")
    services.set_split_rule(
        actor=SYSTEM,
        fee_code="card",
        shares={"central": 3333, "province": 3333, "county": 3334},
        legal_basis="测试依据",
        effective_from=date(2026, 1, 1),
        at=NINE,
    )
    bill = services.open_bill(
        payer_kind="person",
        payer_id=uuid4(),
        payer_name="陈美玲",
        collecting_agency_id=first.id,
        lines=[
            BillLine(code="own", name=CARD, quantity=1, unit_price_fen=500),
            BillLine(code="card", name=CARD, quantity=1, unit_price_fen=1001, agency_id=second.id),
        ],
        subject_kind="test.case",
        subject_id=uuid4(),
        due_on=(now() + timedelta(days=9)).date(),
        actor=SYSTEM,
        at=now(),
    )
    services.collect_at_counter(actor=SYSTEM, bill_id=bill.pk, slip="1", at=now())
    rows = Entry.objects.filter(amount_fen__lt=0).select_related("account")
    found = {(r.account.agency_id, r.account.region_path, r.amount_fen) for r in rows}
    assert found == {
        (first.id, first.region_path, -500),
        (second.id, "", -334),
        (second.id, "440000000000/", -333),
        (second.id, second.region_path, -334),
    }
    assert queries.balance_fen(f"clearing:counter:{first.region_path}") == 1501


@pytest.mark.django_db
def test_a_rule_of_splitting_is_whole_and_changes_from_a_day_on() -> None:
    rule_of = partial(
        services.set_split_rule, actor=SYSTEM, fee_code="x", legal_basis="依据", at=NINE
    )
    for wrong in ({"city": 9999}, {"city": 10_000, "moon": 0}, {"city": 10_001, "county": -1}):
        with pytest.raises(SharesNotWhole):
            rule_of(shares=wrong, effective_from=date(2026, 1, 1))
    first = rule_of(shares={"city": 10_000}, effective_from=date(2026, 1, 1))
    assert rule_of(shares={"city": 10_000}, effective_from=date(2027, 1, 1)) == first
    with pytest.raises(RuleNotInForce):
        rule_of(shares={"county": 10_000}, effective_from=date(2026, 1, 1))
    rule_of(shares={"county": 4000, "city": 6000}, effective_from=date(2026, 6, 1))
    before = queries.split_rules_in_force({"x"}, on=date(2026, 5, 31), opened_on=date(2026, 5, 1))
    after = queries.split_rules_in_force({"x"}, on=date(2026, 6, 1), opened_on=date(2026, 5, 1))
    assert (before["x"], after["x"]) == (
        [("city", 10_000)],
        [("city", 6000), ("county", 4000)],
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payment_entry SET amount_fen = 1",
        "DELETE FROM payment_entry",
        "UPDATE payment_posting SET note = 'x'",
        "DELETE FROM payment_posting",
    ],
)
def test_the_database_refuses_to_change_what_is_posted(bank: FakeBank, statement: str) -> None:
    _bill, number = paid_bill(bank)
    tell(bank, number)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.django_db
def test_the_database_refuses_what_does_not_balance(bank: FakeBank) -> None:
    _bill, number = paid_bill(bank)
    tell(bank, number)
    posting, account = Posting.objects.get(), Account.objects.get(kind="clearing")

    def commit(write: Callable[[], object]) -> None:
        with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
            write()
            connection.check_constraints()

    commit(
        lambda: Entry.objects.create(
            posting=posting, account=account, amount_fen=1, fee_code="x", business_on=NINE.date()
        )
    )
    commit(
        lambda: Posting.objects.create(
            kind="adjustment",
            cause_kind="x",
            cause_id=uuid4(),
            business_on=NINE.date(),
            posted_at=NINE,
            posted_by="x",
        )
    )


@pytest.mark.django_db
def test_a_posting_that_does_not_balance_is_a_bug() -> None:
    with pytest.raises(ValueError, match="balances"):
        ledger.post(
            kind=Posting.Kind.ADJUSTMENT,
            cause_kind="x",
            cause_id=uuid4(),
            lines=[ledger.Line(account=ledger.clearing("x", "44/"), amount_fen=5)],
            business_on=NINE.date(),
            actor=SYSTEM,
            at=NINE,
        )


@pytest.mark.django_db(transaction=True)
def test_one_cause_posted_by_many_at_once_is_posted_once(bank: FakeBank) -> None:
    _bill, number = paid_bill(bank)
    tell(bank, number)
    payment = Payment.objects.get()

    def again() -> None:
        with transaction.atomic():
            ledger.post_payment(payment, actor=SYSTEM, at=now())

    race([again] * 4)
    assert (Posting.objects.count(), Entry.objects.count()) == (1, 2)


class Books(RuleBasedStateMachine):
    """Any postings in any order: each account holds the sum of its entries, all of them zero."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.held: dict[str, int] = {}

    @rule(
        amount=st.integers(1, 10**9),
        source=st.sampled_from(["a", "b"]),
        weights=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    )
    def move(self, amount: int, source: str, weights: list[int]) -> None:
        parts = compute_shares(amount, weights)
        lines = [ledger.Line(account=ledger.clearing(source, "44/"), amount_fen=amount)]
        lines += [
            ledger.Line(account=ledger.treasury(f"{place}/"), amount_fen=-part)
            for place, part in enumerate(parts)
        ]
        ledger.post(
            kind=Posting.Kind.ADJUSTMENT,
            cause_kind="x",
            cause_id=uuid4(),
            lines=lines,
            business_on=NINE.date(),
            actor=SYSTEM,
            at=NINE,
        )
        for line in lines:
            key = line.account.key
            self.held[key] = self.held.get(key, 0) + line.amount_fen

    @invariant()
    def balances_are_the_sums(self) -> None:
        for key, amount in self.held.items():
            assert queries.balance_fen(key) == amount
        assert sum(self.held.values()) == 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)


@pytest.mark.django_db
def test_the_books_hold_whatever_is_posted() -> None:
    run_state_machine_as_test(
        Books, settings=hypothesis_settings(max_examples=8, stateful_step_count=8, deadline=None)
    )
