"""Pay by scanning and get the receipt; reconcile a day with five planted differences: in a browser.

The wallets are the simulators over HTTP with real signatures.
"""

import threading
from collections.abc import Callable, Iterator
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
    make_person_actor,
    session_token,
)
from lingnan.platforms.payment import queries, services
from lingnan.platforms.payment.models import Bill, BusinessDay, Difference
from lingnan.platforms.payment.simulators.bank import Bank
from lingnan.platforms.payment.simulators.server import make_wallets, serve
from lingnan.platforms.payment.simulators.wallet import Wallet, WalletOrder
from lingnan.platforms.payment.testing import make_bill

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PROVINCE = "440000000000"


@pytest.fixture
def wallets(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, Wallet]]:
    """The simulators on a port of their own, known to the platform."""
    bank = Bank(secret=settings.LINGNAN.bank_secret, public_url="")
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


def _plant(wallet: Wallet, today: date) -> dict[str, str]:
    """Five differences; transaction -> kind."""
    _paid(wallet)
    wrong, missing, unheard = _paid(wallet), _paid(wallet), _paid(wallet, told=False)
    yesterday = datetime.combine(today, datetime.min.time(), tzinfo=SHANGHAI)
    late = _paid(wallet, at=yesterday - timedelta(minutes=10))
    late.paid_at = datetime.now(UTC)
    wrong.paid_fen = 990
    del wallet.orders[missing.number]
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
        wrong.transaction: "amount",
        missing.transaction: "short",
        unheard.transaction: "status",
        late.transaction: "cross_day",
        nobody.transaction: "long",
    }


def test_a_day_with_five_planted_differences_is_reconciled_and_closed(
    wallets: dict[str, Wallet],
    live_server: LiveServer,
    sign_in: Callable[..., BrowserContext],
    check_page: Callable[..., None],
) -> None:
    today = datetime.now(SHANGHAI).date()
    planted = _plant(wallets["wechat"], today)
    clerk = sign_in(make_officer_actor("finance_reviewer", region_code=PROVINCE)).new_page()
    chief = sign_in(make_officer_actor("treasurer", region_code=PROVINCE)).new_page()
    clerk.goto(f"{live_server.url}/desk/reconciliation/")
    clerk.get_by_label("渠道").select_option("wechat")
    clerk.get_by_label("日期").fill(today.isoformat())
    clerk.get_by_role("button", name="下载对账单并比对").click()
    expect(clerk.get_by_text("等待开始")).to_be_visible()
    clerk.goto("about:blank")  # the day's page looks again by itself
    deliver_all()
    day = BusinessDay.objects.get(channel="wechat")
    address = f"{live_server.url}/desk/reconciliation/{day.pk}/"
    clerk.goto(address)
    found = dict(Difference.objects.values_list("transaction", "kind"))
    assert found == planted
    check_page(clerk, "reconcile-day")
    ways = {"amount": "调账", "short": "不作账务处理", "status": "补单入账", "long": "调账"}
    for transaction, kind in planted.items():
        if kind == "cross_day":
            continue  # settled by itself: it stands in our books on the day before
        clerk.goto(address)
        clerk.get_by_role("link", name=transaction, exact=True).click()
        clerk.get_by_label("处理方式").select_option(label=ways[kind])
        clerk.get_by_label("说明").fill("已与渠道核对流水")
        clerk.get_by_role("button", name="提交").click()
        expect(clerk.get_by_text("已说明，待核准").first).to_be_visible()
        chief.goto(clerk.url)
        chief.get_by_role("button", name="核准处理意见").click()
        expect(chief.get_by_text("已核准并执行。")).to_be_visible()
    check_page(chief, "reconcile-difference")
    unheard = next(t for t, kind in planted.items() if kind == "status")
    assert Bill.objects.filter(payments__channel_transaction=unheard, state="paid").exists()
    clerk.goto(address)
    clerk.get_by_label("理由").fill("国库对账单次日到达")
    clerk.get_by_role("button", name="申请如此日结").click()
    chief.goto(address)
    chief.get_by_role("button", name="日结").click()
    expect(chief.get_by_text("已日结，款项已缴库。")).to_be_visible()
    chief.goto(f"{live_server.url}/desk/flows/")
    check_page(chief, "money-flows")
    chief.get_by_role("link", name="国库").first.click()
    expect(chief.get_by_text("缴入国库").first).to_be_visible()
    assert not queries.flows(make_officer_actor("treasurer"), since=today, until=today)
