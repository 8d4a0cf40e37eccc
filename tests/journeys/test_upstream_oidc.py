"""Someone from another province signs in by OpenID Connect; the provider is another process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import override_settings
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.platforms.identity.models import Account
from lingnan.platforms.identity.queries.demo import played_oidc
from lingnan.platforms.identity.simulator_oidc import ACR, CLIENT_ID
from lingnan.platforms.identity.sso.services import upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def simulator(
    live_server: LiveServer, settings: Any, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """`lingnan identity-simulator`, and its provider accepted here."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    changed = {"public_url": live_server.url, "identity_url": url, "var": tmp_path}
    with override_settings(LINGNAN=settings.LINGNAN.model_copy(update=changed)):
        played = played_oidc()
        process = subprocess.Popen(
            [sys.executable, "-m", "lingnan.project.cli", "identity-simulator"],
            env={
                **os.environ,
                "LINGNAN_PUBLIC_URL": live_server.url,
                "LINGNAN_IDENTITY_URL": url,
                "LINGNAN_VAR": str(tmp_path),
            },
            stdout=subprocess.DEVNULL,
        )
        try:
            _await(f"{played.issuer}/jwks", process)
            upstream.save_provider(
                values={
                    "code": "demo-province",
                    "name": "邻省统一身份认证",
                    "issuer": played.issuer,
                    "client_id": CLIENT_ID,
                    "levels": {value: level for level, value in ACR.items()},
                    "is_test": True,
                },
                secret=played.secret,
            )
            yield process
        finally:
            process.terminate()
            process.wait(20)


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the simulator does not answer: {process.poll()}")


def leave(page: Page, base: str) -> None:
    page.goto(f"{base}/account/sign-in/?next=/account/assurance/")
    page.get_by_text("邻省统一身份认证").click()
    page.wait_for_url("**/oidc/authorize?**")


def test_someone_from_another_province_comes_in_and_comes_again(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    check_page: Callable[..., None],
    simulator: "subprocess.Popen[bytes]",
) -> None:
    base = live_server.url
    phone = new_context(390, has_touch=True, is_mobile=True).new_page()
    leave(phone, base)
    expect(phone.locator(".test")).to_contain_text("TEST")
    check_page(phone, "oidc-provider")
    phone.get_by_label("欧阳晴演示").check()
    phone.click("#refuse")
    expect(phone.locator("h1")).to_contain_text("未同意")
    check_page(phone, "oidc-refused")
    phone.get_by_role("link", name="返回登录页").click()
    assert phone.url == f"{base}/account/sign-in/?next=%2Faccount%2Fassurance%2F"
    for fault, words in (("nonce", "不属于本次登录"), ("expired", "已过期"), ("state", "本浏览器")):
        leave(phone, base)
        phone.select_option("#fault", fault)
        phone.click("#agree")
        expect(phone.locator("h1")).to_contain_text(words)
    assert not Account.objects.exists()
    leave(phone, base)
    phone.get_by_label("欧阳晴演示").check()
    phone.click("#agree")
    phone.wait_for_url(f"{base}/account/assurance/")
    expect(phone.locator("main")).to_contain_text("3 级 · 其他身份认证平台")
    at_home = new_context().new_page()
    leave(at_home, base)
    at_home.get_by_label("欧阳晴演示").check()
    at_home.click("#agree")
    at_home.wait_for_url(f"{base}/account/assurance/")
    assert Account.objects.get().person.name == "欧阳晴演示"  # type: ignore[union-attr]
    simulator.terminate()
    simulator.wait(20)
    upstream._known.clear()  # its description is asked for once an hour
    other = new_context().new_page()
    other.goto(f"{base}/account/sign-in/")
    other.get_by_text("邻省统一身份认证").click()
    expect(other.locator("h1")).to_contain_text("没有应答")
    check_page(other, "oidc-silent")
