"""From bill to receipt through a channel that misbehaves. Source: Plan 五（三）; standards 5."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.clock import local_date
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import deliver_all, race
from lingnan.platforms.documents import services as documents

from .. import queries, services
from ..adapters.bank_signatures import SecretSigner
from ..errors import (
    BillBeingPaid,
    BillNotPayable,
    ChannelUnavailable,
    ForgedNotice,
    NoticeMalformed,
)
from ..models import Bill, ChannelNotice, FiscalReceipt, Payment, PaymentAttempt
from ..testing import make_bill
from ..types import BillState
from .conftest import FakeBank, Wire

pytestmark = pytest.mark.django_db


class Undone(Exception):
    pass


def now() -> datetime:
    return datetime.now(UTC)


def tomorrow() -> datetime:
    """When today is over and can be closed."""
    return datetime.now(UTC) + timedelta(days=1)


def begin(bill: Bill) -> PaymentAttempt:
    return services.start_payment(bill_id=bill.pk, channel="bank", at=now())


def tell(bank: FakeBank, number: str, **changes: object) -> None:
    body, headers = bank.notice(number, **changes)
    services.receive_notice(channel="bank", body=body, headers=headers, at=now())


def settled_events() -> int:
    return OutboxEvent.objects.filter(name="payment.bill_settled").count()


def state_of(bill: Bill) -> str:
    return queries.bill(bill.pk).state


def paid_bill(bank: FakeBank) -> tuple[Bill, str]:
    bill = make_bill(at=now())
    number = begin(bill).order_number
    bank.pay(number, "normal")
    return bill, number


def test_a_paid_bill_has_one_settlement_one_receipt_one_event_and_both_files(
    bank: FakeBank,
) -> None:
    bill, number = paid_bill(bank)
    assert state_of(bill) == BillState.PAYING
    tell(bank, number)
    assert state_of(bill) == BillState.PAID
    payment, receipt = Payment.objects.get(), FiscalReceipt.objects.get()
    assert (payment.kind, payment.amount_fen) == ("settlement", 1000)
    assert (len(receipt.code), receipt.number) == (8, "0000000001")
    event = OutboxEvent.objects.get(name="payment.bill_settled")
    assert (event.payload["bill_id"], event.payload["amount_fen"]) == (str(bill.pk), 1000)
    deliver_all()
    receipt.refresh_from_db()
    assert receipt.pdf_file_id
    assert receipt.ofd_file_id
    text = documents.read_ofd(documents.read_file(receipt.ofd_file_id)).text
    assert bill.code in text
    assert "壹拾元整" in text


def test_the_same_notice_again_and_again_changes_nothing(bank: FakeBank) -> None:
    _bill, number = paid_bill(bank)
    for _ in range(3):
        tell(bank, number)
    assert (Payment.objects.count(), FiscalReceipt.objects.count(), settled_events()) == (1, 1, 1)
    notice = ChannelNotice.objects.get()
    assert (notice.times_received, notice.outcome) == (3, "settled")


def test_a_pending_notice_after_the_paid_one_changes_nothing(bank: FakeBank) -> None:
    bill, number = paid_bill(bank)
    tell(bank, number)
    body = b'{"order_number":"%s","state":"pending"}' % number.encode()
    services.receive_notice(channel="bank", body=body, headers=bank.signed(body), at=now())
    body = b'{"order_number":"%s","state":"closed"}' % number.encode()
    services.receive_notice(channel="bank", body=body, headers=bank.signed(body), at=now())
    assert state_of(bill) == BillState.PAID
    assert settled_events() == 1


def test_a_notice_before_the_answer_to_our_order_still_settles(bank: FakeBank, wire: Wire) -> None:
    bill = make_bill(at=now())
    wire.cut = 1
    with pytest.raises(ChannelUnavailable):
        begin(bill)
    (number,) = bank.orders
    bank.pay(number, "normal")
    tell(bank, number)
    assert state_of(bill) == BillState.PAID


def test_after_a_lost_answer_the_same_order_is_placed_again(bank: FakeBank, wire: Wire) -> None:
    bill = make_bill(at=now())
    wire.cut = 1
    with pytest.raises(ChannelUnavailable):
        begin(bill)
    attempt = begin(bill)
    assert (len(bank.orders), attempt.state) == (1, "pending")
    assert attempt.pay_url == f"http://bank.invalid/pay/{attempt.order_number}"
    assert begin(bill).pk == attempt.pk


def test_a_wrong_amount_does_not_settle_and_is_kept_as_surplus(bank: FakeBank) -> None:
    bill, number = paid_bill(bank)
    tell(bank, number, amount_fen=999)
    assert state_of(bill) == BillState.OPEN
    assert (Payment.objects.get().kind, FiscalReceipt.objects.count()) == ("surplus", 0)
    assert OutboxEvent.objects.filter(name="payment.surplus_received").count() == 1
    assert ChannelNotice.objects.get().outcome == "wrong_amount"
    assert begin(bill).order_number != number


def test_a_second_charge_of_the_same_order_is_surplus(bank: FakeBank) -> None:
    _bill, number = paid_bill(bank)
    tell(bank, number)
    tell(bank, number, transaction="ANOTHER")
    kinds = sorted(Payment.objects.values_list("kind", flat=True))
    assert kinds == ["settlement", "surplus"]
    assert (settled_events(), FiscalReceipt.objects.count()) == (1, 1)


def test_one_transaction_cannot_pay_two_bills(bank: FakeBank) -> None:
    first, one = paid_bill(bank)
    second, two = paid_bill(bank)
    tell(bank, one, transaction="T")
    tell(bank, two, transaction="T")
    assert (state_of(first), state_of(second)) == (BillState.PAID, BillState.PAYING)
    assert Payment.objects.count() == 1


def test_a_forged_notice_leaves_no_trace(bank: FakeBank) -> None:
    bill, number = paid_bill(bank)
    body, headers = bank.notice(number)
    attacks = [
        (body, bank.signed(body, signer=SecretSigner("other"))),
        (body.replace(b"1000", b"1"), headers),
        (body, {}),
        (body, {**headers, "X-Gateway-Timestamp": "1"}),
        (body, {**headers, "X-Gateway-Signature": "é"}),
    ]
    for wrong_body, wrong_headers in attacks:
        with pytest.raises(ForgedNotice):
            services.receive_notice(
                channel="bank", body=wrong_body, headers=wrong_headers, at=now()
            )
    assert (state_of(bill), ChannelNotice.objects.count()) == (BillState.PAYING, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_fen": -5},
        {"amount_fen": 10.5},
        {"amount_fen": True},
        {"transaction": ""},
        {"currency": "USD"},
        {"paid_at": "yesterday"},
        {"paid_at": "2026-11-23T10:00:00"},
        {"state": "maybe"},
        {"order_number": ""},
    ],
    ids=str,
)
def test_a_malformed_notice_is_refused_though_signed(
    bank: FakeBank, changes: dict[str, object]
) -> None:
    _bill, number = paid_bill(bank)
    with pytest.raises(NoticeMalformed):
        tell(bank, number, **changes)
    assert ChannelNotice.objects.count() == 0


def test_a_signed_notice_nested_without_end_is_refused(bank: FakeBank) -> None:
    body = b"[" * 100_000
    with pytest.raises(NoticeMalformed):
        services.receive_notice(channel="bank", body=body, headers=bank.signed(body), at=now())


def test_a_notice_of_an_unknown_order_is_kept_and_tried_again(bank: FakeBank) -> None:
    bill, number = paid_bill(bank)
    tell(bank, number, order_number="someone-elses")
    assert ChannelNotice.objects.get().outcome == "unknown_order"
    assert state_of(bill) == BillState.PAYING


def test_without_a_notice_asking_back_settles(bank: FakeBank) -> None:
    bill, _number = paid_bill(bank)
    services.refresh_bill(bill.pk, at=now())
    assert (state_of(bill), settled_events()) == (BillState.PAID, 1)


def test_an_order_past_its_term_is_closed_at_the_bank_before_another_begins(
    bank: FakeBank, wire: Wire
) -> None:
    bill = make_bill(at=now())
    first = begin(bill)
    later = now() + services.ATTEMPT_TERM
    second = services.start_payment(bill_id=bill.pk, channel="bank", at=later)
    assert f"POST /orders/{first.order_number}/close" in wire.requests
    assert second.order_number != first.order_number
    assert bank.orders[first.order_number].state == "closed"


def test_money_that_came_before_the_close_settles_and_no_second_order_begins(
    bank: FakeBank,
) -> None:
    bill, _number = paid_bill(bank)
    with pytest.raises(BillNotPayable):
        services.start_payment(bill_id=bill.pk, channel="bank", at=now() + services.ATTEMPT_TERM)
    assert (state_of(bill), len(bank.orders)) == (BillState.PAID, 1)


def test_a_bank_that_does_not_answer_never_makes_a_payment_fail(bank: FakeBank, wire: Wire) -> None:
    bill, number = paid_bill(bank)
    wire.cut = 1
    with pytest.raises(ChannelUnavailable):
        services.release_bill(bill.pk, at=now())
    assert PaymentAttempt.objects.get().state == "pending"
    tell(bank, number)
    assert state_of(bill) == BillState.PAID


def test_a_late_notice_settles_an_expired_bill_if_the_money_came_in_time(bank: FakeBank) -> None:
    bill, number = paid_bill(bank)
    PaymentAttempt.objects.update(state="closed", ended_at=now())
    Bill.objects.update(state="open")
    later = now() + timedelta(days=60)
    assert services.expire_bills(at=later) == 1
    body, headers = bank.notice(number)
    services.receive_notice(channel="bank", body=body, headers=headers, at=later)
    assert state_of(bill) == BillState.PAID


def test_money_for_an_expired_bill_after_its_day_is_surplus(bank: FakeBank) -> None:
    bill, number = paid_bill(bank)
    PaymentAttempt.objects.update(state="closed", ended_at=now())
    Bill.objects.update(state="expired", due_on=(now() - timedelta(days=3)).date())
    tell(bank, number)
    assert (state_of(bill), Payment.objects.get().kind) == (BillState.EXPIRED, "surplus")


def test_expiry_leaves_alone_who_is_paying_and_what_is_due_today() -> None:
    paying, today = make_bill(at=now()), make_bill(at=now(), due_on=local_date(now()))
    begin(paying)
    assert services.expire_bills(at=now()) == 0
    assert services.expire_bills(at=now() + timedelta(days=60)) == 1
    assert (state_of(paying), state_of(today)) == (BillState.PAYING, BillState.EXPIRED)


def test_receipt_numbers_follow_without_gaps_even_when_a_settlement_rolls_back(
    bank: FakeBank,
) -> None:
    for keep in (True, False, True):
        _bill, number = paid_bill(bank)
        try:
            with transaction.atomic():
                tell(bank, number)
                if not keep:
                    raise Undone
        except Undone:
            continue
    numbers = sorted(FiscalReceipt.objects.values_list("number", flat=True))
    assert numbers == ["0000000001", "0000000002"]


def test_the_database_itself_refuses_a_second_settlement(bank: FakeBank) -> None:
    bill, number = paid_bill(bank)
    tell(bank, number)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(
            bill=bill,
            kind="settlement",
            channel="x",
            channel_transaction="x",
            amount_fen=1,
            paid_at=now(),
            recorded_at=now(),
            recorded_by="x",
        )


@pytest.mark.django_db(transaction=True)
def test_ten_notices_at_once_settle_once(bank: FakeBank) -> None:
    bill, number = paid_bill(bank)
    body, headers = bank.notice(number)
    other, other_headers = bank.notice(number, note="worded otherwise")
    calls = [
        partial(services.receive_notice, channel="bank", body=b, headers=h, at=now())
        for b, h in ((body, headers), (other, other_headers)) * 5
    ]
    calls.append(
        partial(services.receive_notice, channel="bank", body=body, headers=headers, at=now())
    )
    race(calls)
    assert state_of(bill) == BillState.PAID
    assert (Payment.objects.count(), FiscalReceipt.objects.count(), settled_events()) == (1, 1, 1)
    assert sum(ChannelNotice.objects.values_list("times_received", flat=True)) == 11


@pytest.mark.django_db(transaction=True)
def test_voiding_against_paying_ends_in_one_of_both(bank: FakeBank) -> None:
    bill = make_bill(at=now())
    void = partial(services.void_bill, bill_id=bill.pk, reason="x", actor=SYSTEM, at=now())
    calls: list[Callable[[], object]] = [void, partial(begin, bill), partial(begin, bill)]
    answers = race(calls)
    refusals = [a for a in answers if isinstance(a, BillBeingPaid | BillNotPayable)]
    assert refusals
    voided = OutboxEvent.objects.filter(name="payment.bill_voided").count()
    live = PaymentAttempt.objects.filter(state__in=["placing", "pending"]).count()
    assert (voided, live) in {(1, 0), (0, 1)}
