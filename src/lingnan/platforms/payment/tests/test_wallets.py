"""WeChat Pay, Alipay and UnionPay over their published wire formats, with a misbehaving other
side. Source: Plan 五（三）2（1）; standards section 5; docs/reference/channels.md.
"""

import urllib.parse
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.test import Client

from lingnan.kernel.clock import local_date
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.identity.testing import client_for, make_officer_actor

from .. import queries, services
from ..adapters import registry, unionpay_messages, wechat_messages
from ..adapters.base import OrderReport, OrderState, RefundProgress, RefundReport, StatementLine
from ..errors import (
    BillBeingPaid,
    ChannelUnavailable,
    ForgedNotice,
    NoticeMalformed,
    PayerCodeRefused,
)
from ..models import Bill, ChannelNotice, FiscalReceipt, Payment, PaymentAttempt, Refund
from ..testing import make_bill
from .test_pay import now, settled_events, state_of
from .wallets import CODES, Channel, make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("channels")


@pytest.fixture(params=CODES)
def wallet(request: pytest.FixtureRequest, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Channel:
    made = make_channel(request.param, keys)
    monkeypatch.setitem(registry.FACTORIES, made.code, lambda: made.adapter)
    return made


def begin(wallet: Channel, bill: Bill) -> PaymentAttempt:
    return services.start_payment(bill_id=bill.pk, channel=wallet.code, at=now())


def tell(wallet: Channel, *, forged: bool = False, body: bytes | None = None) -> None:
    made, headers = wallet.wallet.notice(wallet.order, forged=forged)
    services.receive_notice(
        channel=wallet.code, body=body if body is not None else made, headers=headers, at=now()
    )


def waiting(wallet: Channel) -> Bill:
    bill = make_bill(at=now())
    begin(wallet, bill)
    return bill


def test_a_scanned_code_is_paid_told_and_receipted_once(wallet: Channel) -> None:
    bill = make_bill(at=now())
    attempt = begin(wallet, bill)
    assert attempt.qr_text == wallet.order.code
    assert begin(wallet, bill).pk == attempt.pk
    wallet.paid()
    for _ in range(3):
        tell(wallet)
    assert state_of(bill) == "paid"
    payment = Payment.objects.get()
    assert (payment.amount_fen, payment.channel_transaction) == (1000, wallet.order.transaction)
    assert abs(payment.paid_at - now()) < timedelta(minutes=1)
    assert (FiscalReceipt.objects.count(), settled_events()) == (1, 1)


def test_a_callback_over_http_is_answered_as_the_channel_wants(wallet: Channel) -> None:
    bill = waiting(wallet)
    wallet.paid()
    body, headers = wallet.wallet.notice(wallet.order)
    answer = Client().post(
        f"/api/v1/payment/callbacks/{wallet.code}",
        body,
        content_type=headers.pop("Content-Type"),
        headers=headers,
    )
    expected = {"wechat": b'{"code":"SUCCESS"}', "alipay": b"success", "unionpay": b"ok"}
    assert (answer.status_code, answer.content) == (200, expected[wallet.code])
    assert state_of(bill) == "paid"


def test_a_forged_or_changed_callback_leaves_no_trace(wallet: Channel) -> None:
    bill = waiting(wallet)
    wallet.paid()
    with pytest.raises(ForgedNotice):
        tell(wallet, forged=True)
    body, _headers = wallet.wallet.notice(wallet.order)
    number = wallet.order.number.encode()
    changed = [body + b" ", body[:-1]] if wallet.code == "wechat" else [body.replace(number, b"X")]
    changed += [b"", b"{}", "é".encode(), b"\xff"]
    for wrong in changed:
        with pytest.raises((ForgedNotice, NoticeMalformed)):
            tell(wallet, body=wrong)
    assert (state_of(bill), ChannelNotice.objects.count()) == ("paying", 0)


def test_a_callback_of_one_channel_proves_nothing_at_another(
    wallet: Channel, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = waiting(wallet)
    wallet.paid()
    body, headers = wallet.wallet.notice(wallet.order)
    for code in CODES:
        if code == wallet.code:
            continue
        other = make_channel(code, keys)
        monkeypatch.setitem(registry.FACTORIES, code, partial(getattr, other, "adapter"))
        with pytest.raises((ForgedNotice, NoticeMalformed)):
            services.receive_notice(channel=code, body=body, headers=headers, at=now())
    assert state_of(bill) == "paying"


def test_a_wrong_amount_does_not_pay_and_goes_back_by_itself(wallet: Channel) -> None:
    bill = waiting(wallet)
    wallet.paid("wrong_amount")
    tell(wallet)
    assert (state_of(bill), Payment.objects.get().kind) == ("open", "surplus")
    deliver_all()
    assert (Refund.objects.get().state, wallet.order.refunded_fen) == ("paid", 999)


def test_money_told_before_the_answer_to_the_order_settles(
    wallet: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = make_bill(at=now())
    wallet.wallet.behaviour = "early"
    monkeypatch.setattr(wallet.wallet, "notify", lambda order, behaviour: tell(wallet))
    attempt = begin(wallet, bill)
    assert (attempt.state, state_of(bill)) == ("paid", "paid")


def test_after_a_lost_answer_asking_back_settles(wallet: Channel) -> None:
    bill = make_bill(at=now())
    wallet.wallet.behaviour = "no_answer"
    with pytest.raises(ChannelUnavailable):
        begin(wallet, bill)
    wallet.paid()
    services.refresh_bill(bill.pk, at=now())
    assert (state_of(bill), settled_events()) == ("paid", 1)


def test_without_a_callback_asking_back_settles_and_never_calls_it_unpaid(wallet: Channel) -> None:
    bill = waiting(wallet)
    services.refresh_bill(bill.pk, at=now())
    assert state_of(bill) == "paying"
    wallet.paid()
    wallet.line.cut = 1
    with pytest.raises(ChannelUnavailable):
        services.refresh_bill(bill.pk, at=now())
    services.refresh_bill(bill.pk, at=now())
    assert state_of(bill) == "paid"


def test_another_channel_is_chosen_where_the_first_can_be_closed(wallet: Channel) -> None:
    bill = waiting(wallet)
    if wallet.code == "unionpay":  # has no closing: the code may still be scanned
        with pytest.raises(BillBeingPaid):
            services.start_payment(bill_id=bill.pk, channel="bank", at=now())
        return
    attempt = services.start_payment(bill_id=bill.pk, channel="bank", at=now())
    assert (attempt.channel, attempt.state) == ("bank", "pending")


def test_a_refund_is_paid_once_however_often_it_is_asked(wallet: Channel) -> None:
    bill = waiting(wallet)
    wallet.paid()
    tell(wallet)
    actors = [
        make_officer_actor(role, agency_id=bill.collecting_agency_id)
        for role in ("finance", "finance_reviewer", "treasurer")
    ]
    refund = services.apply_refund(
        actor=actors[0], bill_id=bill.pk, amount_fen=400, reason="多收", at=now()
    )
    services.review_refund(actor=actors[1], refund_id=refund.pk, at=now())
    services.approve_refund(actor=actors[2], refund_id=refund.pk, at=now())
    wallet.line.cut = 1
    with pytest.raises(ChannelUnavailable):
        services.ask_refund(refund.pk, at=now())
    for _ in range(3):
        services.ask_refund(refund.pk, at=now())
    refund.refresh_from_db()
    assert (refund.state, wallet.order.refunded_fen) == ("paid", 400)
    lines = list(wallet.adapter.statement(local_date(now())))
    assert [(line.is_refund, line.amount_fen) for line in lines] == [(False, 1000), (True, 400)]
    given = lines[1]
    assert isinstance(given, StatementLine)
    assert given.channel_transaction == refund.channel_refund
    assert lines[0].order_number == wallet.order.number


def test_more_than_was_paid_is_refused_by_the_channel_itself(wallet: Channel) -> None:
    bill = waiting(wallet)
    wallet.paid()
    tell(wallet)
    wallet.order.refunded_fen = 700
    actors = [
        make_officer_actor(role, agency_id=bill.collecting_agency_id)
        for role in ("finance", "finance_reviewer", "treasurer")
    ]
    refund = services.apply_refund(
        actor=actors[0], bill_id=bill.pk, amount_fen=400, reason="多收", at=now()
    )
    services.review_refund(actor=actors[1], refund_id=refund.pk, at=now())
    services.approve_refund(actor=actors[2], refund_id=refund.pk, at=now())
    found = services.ask_refund(refund.pk, at=now())
    assert found.state == "failed"
    assert found.problem


def test_a_code_shown_at_the_counter_pays(wallet: Channel) -> None:
    agency = make_bill(at=now()).collecting_agency_id
    desk = make_officer_actor("finance", agency_id=agency)
    good, refused, slow = (make_bill(agency_id=agency, at=now()) for _ in range(3))

    def show(bill: Bill, code: str) -> str:
        return services.charge_payer_code(
            actor=desk, bill_id=bill.pk, channel=wallet.code, payer_code=code, at=now()
        ).state

    assert show(good, "134567890123456781") == "paid"
    with pytest.raises(PayerCodeRefused):
        show(refused, "134567890123456780")
    assert state_of(refused) == "open"
    assert show(slow, "134567890123456789") == "paying"
    (waits,) = [o for o in wallet.wallet.orders.values() if o.state == "pending"]
    wallet.wallet.mark_paid(waits, "normal")
    services.refresh_bill(slow.pk, at=now())
    assert state_of(slow) == "paid"


def test_the_counter_page_charges_a_shown_code(wallet: Channel) -> None:
    bill = make_bill(at=now())
    desk = client_for(make_officer_actor("finance", agency_id=bill.collecting_agency_id))
    path = f"/desk/bills/{bill.pk}/"
    form = {"act": "charge", "payer_code": "134567890123456780", "channel": wallet.code}
    assert desk.post(path, form).status_code == 409
    assert desk.post(path, {**form, "payer_code": "134567890123456781"}).status_code == 302
    assert queries.bill(bill.pk).state == "paid"


def test_the_bill_page_shows_the_code_of_the_chosen_wallet(wallet: Channel) -> None:
    bill = make_bill(at=now())
    answer = Client().post(f"/pay/{bill.pk}/start/", {"channel": wallet.code})
    assert answer["Location"] == f"/pay/{bill.pk}/?wait=1"
    page = Client().get(answer["Location"]).content.decode()
    assert f"/pay/{bill.pk}/scan.svg" in page
    assert urllib.parse.quote(wallet.order.code, safe="") in page
    assert Client().get(f"/pay/{bill.pk}/scan.svg")["Content-Type"] == "image/svg+xml"


def test_a_wechat_resource_sealed_with_another_key_is_no_notice(keys: Path) -> None:
    made = make_channel("wechat", keys)
    sealed = wechat_messages.seal("0" * 32, b"{}", associated="transaction")
    with pytest.raises(ValueError, match="opened"):
        wechat_messages.unseal("1" * 32, sealed)
    assert wechat_messages.unseal("0" * 32, sealed) == b"{}"
    assert made.adapter.code == "wechat"


def test_a_refund_unionpay_says_failed_is_not_money_given_back(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_channel("unionpay", keys)
    monkeypatch.setitem(registry.FACTORIES, made.code, lambda: made.adapter)
    waiting(made)
    made.paid()
    body, headers = made.wallet.notice(made.order)
    fields = unionpay_messages.decode_form(body)

    def read(**changes: str) -> object:
        told = {k: v for k, v in {**fields, **changes}.items() if k != "signature"}
        signed = unionpay_messages.sign(made.adapter.credentials.key("gateway.key"), told)
        return made.adapter.read_notice(urllib.parse.urlencode(signed).encode(), headers)

    assert isinstance(read(), OrderReport)
    failed = read(txnType="04", respCode="61")
    assert isinstance(failed, RefundReport)
    assert failed.state == RefundProgress.PROCESSING
    other = read(txnType="99")  # not a purchase
    assert isinstance(other, OrderReport)
    assert other.state == OrderState.PENDING
