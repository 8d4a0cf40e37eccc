"""Pay by scanning and get the receipt; reconcile a day with planted differences of every kind: in a
browser.

The wallets are the simulators over HTTP with real signatures.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.identity.testing import (
    make_officer_actor,
    make_person,
    make_person_actor,
    session_token,
)
from lingnan.platforms.payment import flow_queries, services
from lingnan.platforms.payment.adapters.bank_signatures import SecretSigner
from lingnan.platforms.payment.models import Bill, BusinessDay, Difference, Payment, Refund
from lingnan.platforms.payment.simulators.bank import Bank
from lingnan.platforms.payment.simulators.server import make_wallets, serve
from lingnan.platforms.payment.simulators.wallet import Wallet, WalletOrder
from lingnan.platforms.payment.testing import make_bill
from lingnan.platforms.payment.types import Source
from lingnan.standards.agencies.testing import make_agency

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PROVINCE = "440000000000"


@pytest.fixture
def wallets(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, Wallet]]:
    """The simulators on a port of their own, known to the platform."""
    bank = Bank(signer=SecretSigner(settings.LINGNAN.bank_secret), public_url="")
    found: dict[str, Wallet] = {}
    server = serve(bank, host="127.0.0.1", port=0, wallets=found)
    bank.public_url = f"http://127.0.0.1:{server.server_port}"
    found.update(make_wallets(tmp_path, public_url=bank.public_url, behaviour="normal", late_s=0.1))
    changed = settings.LINGNAN.model_copy(
        update={
            "public_url": live_server.url,
            "bank_url": bank.public_url,
            "channels": str(tmp_path),
        }
    )
    monkeypatch.setattr(settings, "LINGNAN", changed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def sign_in(
    new_context: Callable[..., BrowserContext], live_server: LiveServer
) -> Callable[..., BrowserContext]:
    """A browser that is signed in as someone."""

    def make(actor: Actor, width: int = 1440) -> BrowserContext:
        context = new_context(width)
        context.add_cookies(
            [{"name": "lingnan_session", "value": session_token(actor), "url": live_server.url}]
        )
        return context

    return make


def test_a_resident_scans_the_code_and_gets_the_receipt(
    wallets: dict[str, Wallet],
    live_server: LiveServer,
    sign_in: Callable[..., BrowserContext],
    new_context: Callable[..., BrowserContext],
    check_page: Callable[..., None],
) -> None:
    payer = make_person_actor()
    bill = make_bill(payer_id=payer.person_id, at=datetime.now(UTC))
    page = sign_in(payer).new_page()
    page.goto(f"{live_server.url}/pay/{bill.pk}/")
    check_page(page, "pay-bill")
    page.get_by_role("button", name="微信支付").click()
    code = page.get_by_role("img", name="微信支付缴款二维码")
    expect(code).to_be_visible()
    scanned = page.get_by_role("link", name="打开模拟手机（测试）").get_attribute("href")
    assert scanned is not None
    page.goto(f"{live_server.url}/pay/{bill.pk}/")  # without looking again by itself
    check_page(page, "pay-scan")
    phone = new_context(360).new_page()
    phone.goto(scanned)
    expect(phone.get_by_text("测试环境 TEST")).to_be_visible()
    phone.get_by_role("button", name="确认支付（测试，不扣款）").click()
    expect(phone.get_by_text("支付成功")).to_be_visible()
    page.goto(f"{live_server.url}/pay/{bill.pk}/?wait=1")
    expect(page.get_by_text("缴清。")).to_be_visible(timeout=15_000)
    deliver_all()
    page.reload()
    expect(page.get_by_text("执收单位已签章")).to_be_visible()
    check_page(page, "pay-receipt")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


def _paid(wallet: Wallet, *, told: bool = True, at: datetime | None = None) -> WalletOrder:
    """A bill paid at the simulator; whether the platform hears of it, and when it was."""
    bill = make_bill(at=datetime.now(UTC) - timedelta(days=1))
    attempt = services.start_payment(bill_id=bill.pk, channel="wechat", at=datetime.now(UTC))
    order = wallet.orders[attempt.order_number]
    wallet.mark_paid(order, "normal")
    order.paid_at = at or order.paid_at
    if told:
        body, headers = wallet.notice(order)
        services.receive_notice(channel="wechat", body=body, headers=headers, at=datetime.now(UTC))
    return order


def _late_money(wallet: Wallet, today: date, clerk: Actor, chief: Actor) -> WalletOrder:
    """Yesterday is closed before its last notice comes: that money is carried to today."""
    at = datetime.combine(today, datetime.min.time(), tzinfo=SHANGHAI) - timedelta(hours=6)
    order = _paid(wallet, told=False, at=at)
    day = services.business_day("wechat", today - timedelta(days=1))
    services.import_lines(
        day.pk, source=Source.CHANNEL, name="昨日", lines=[], actor=clerk, at=datetime.now(UTC)
    )
    services.compare_day(day.pk, actor=clerk, at=datetime.now(UTC))
    services.ask_to_close(actor=clerk, day_id=day.pk, reason="国库对账单未到", at=datetime.now(UTC))
    services.close_day(actor=chief, day_id=day.pk, at=datetime.now(UTC))
    body, headers = wallet.notice(order)
    services.receive_notice(channel="wechat", body=body, headers=headers, at=datetime.now(UTC))
    return order


def _plant(wallet: Wallet, today: date) -> dict[str, tuple[str, str, str]]:
    """Differences of every kind: transaction -> kind, how it is settled, why."""
    _paid(wallet)
    wrong, missing, unheard = _paid(wallet), _paid(wallet), _paid(wallet, told=False)
    yesterday = datetime.combine(today, datetime.min.time(), tzinfo=SHANGHAI)
    late = _paid(wallet, at=yesterday - timedelta(minutes=10))
    late.paid_at = datetime.now(UTC)
    wrong.paid_fen = 990
    del wallet.orders[missing.number]
    twice = _paid(wallet)
    again = replace(twice, transaction=wallet.new_transaction())
    wallet.orders["charged again"] = again
    nobody = WalletOrder(
        number="NOBODY",
        title="?",
        amount_fen=500,
        notify_url="",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        code="nobody",
    )
    wallet.orders[nobody.number] = nobody
    wallet.mark_paid(nobody, "normal")
    return {
        wrong.transaction: ("amount", "调账", "渠道少记一角，已发函更正"),
        missing.transaction: ("short", "不作账务处理", "渠道确认次日补入对账单"),
        unheard.transaction: ("status", "补单入账", "通知未送达"),
        again.transaction: ("status", "补单入账", "重复缴款，原路退回"),
        late.transaction: ("cross_day", "", ""),
        nobody.transaction: ("long", "调账", "来历不明，挂账待查"),
    }


def test_a_day_with_planted_differences_is_reconciled_and_closed(
    wallets: dict[str, Wallet],
    live_server: LiveServer,
    sign_in: Callable[..., BrowserContext],
    check_page: Callable[..., None],
) -> None:
    today, person = datetime.now(SHANGHAI).date(), make_person()
    first = make_officer_actor("finance_reviewer", region_code=PROVINCE, record_of=person)
    second = make_officer_actor("treasurer", region_code=PROVINCE)
    carried = _late_money(wallets["wechat"], today, first, second)
    planted = _plant(wallets["wechat"], today)
    clerk, chief = sign_in(first).new_page(), sign_in(second).new_page()
    # The clerk's other account has the chief's right, and is no second person.
    own = make_officer_actor(
        "treasurer", agency_id=make_agency("fire").id, region_code=PROVINCE, record_of=person
    )
    clerks_other = sign_in(own).new_page()
    clerk.goto(f"{live_server.url}/desk/reconciliation/")
    clerk.get_by_label("渠道").select_option("wechat")
    clerk.get_by_label("日期").fill(today.isoformat())
    clerk.get_by_role("button", name="下载对账单并比对").click()
    expect(clerk.get_by_text("等待开始")).to_be_visible()
    clerk.goto("about:blank")  # the day's page looks again by itself
    deliver_all()
    day = BusinessDay.objects.get(channel="wechat", business_on=today)
    address = f"{live_server.url}/desk/reconciliation/{day.pk}/"
    clerk.goto(address)
    found = dict(Difference.objects.filter(day=day).values_list("transaction", "kind"))
    assert found == {transaction: kind for transaction, (kind, _way, _why) in planted.items()}
    expect(clerk.get_by_text("由已关账日结转而来")).to_be_visible()
    check_page(clerk, "reconcile-day")
    chief.goto(address)
    expect(chief.get_by_role("button", name="日结")).to_have_count(0)  # five are open
    for transaction, (kind, way, why) in planted.items():
        if kind == "cross_day":
            continue  # settled by itself: it stands in our books on the day before
        clerk.goto(address)
        clerk.get_by_role("link", name=transaction, exact=True).click()
        clerk.get_by_label("处理方式").select_option(label=way)
        clerk.get_by_label("说明").fill(why)
        clerk.get_by_role("button", name="提交").click()
        expect(clerk.get_by_text("已说明，待核准").first).to_be_visible()
        for page, is_offered in ((clerk, 0), (clerks_other, 0), (chief, 1)):
            page.goto(clerk.url)
            button = page.get_by_role("button", name="核准处理意见")
            expect(button).to_have_count(is_offered)
        chief.get_by_role("button", name="核准处理意见").click()
        expect(chief.get_by_text("已核准并执行。")).to_be_visible()
    check_page(chief, "reconcile-difference")
    (unheard, again) = (t for t, (kind, _way, _why) in planted.items() if kind == "status")
    assert Bill.objects.filter(payments__channel_transaction=unheard, state="paid").exists()
    refund = Refund.objects.get(payment__channel_transaction=again)
    assert (refund.payment.kind, refund.amount_fen) == ("surplus", 1000)
    clerk.goto(address)
    clerk.get_by_label("理由").fill("国库对账单次日到达")
    clerk.get_by_role("button", name="申请如此日结").click()
    clerks_other.goto(address)
    expect(clerks_other.get_by_role("button", name="日结")).to_have_count(0)
    chief.goto(address)
    chief.get_by_role("button", name="日结").click()
    expect(chief.get_by_text("尚未结束，当日款项仍可能入账")).to_be_visible()
    services.close_day(actor=second, day_id=day.pk, at=datetime.now(UTC) + timedelta(days=1))
    chief.goto(address)
    expect(chief.get_by_text("已关闭").first).to_be_visible()
    check_page(chief, "reconcile-closed")
    late = Payment.objects.get(channel_transaction=carried.transaction)
    assert (late.business_on, late.carried_to) == (today - timedelta(days=1), today)
    chief.goto(f"{live_server.url}/desk/flows/")
    check_page(chief, "money-flows")
    chief.get_by_role("link", name="国库").first.click()
    expect(chief.get_by_text("缴入国库").first).to_be_visible()
    assert not flow_queries.late_handing_in(second, before=today).items
