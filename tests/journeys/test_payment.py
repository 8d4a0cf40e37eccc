"""Pay by scanning and get the receipt, in a browser.

The wallets are the simulators over HTTP with real signatures.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel.actors import Actor
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.identity.testing import (
    make_person_actor,
    session_token,
)
from lingnan.platforms.payment.simulators.bank import Bank
from lingnan.platforms.payment.simulators.server import make_wallets, serve
from lingnan.platforms.payment.simulators.wallet import Wallet
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
