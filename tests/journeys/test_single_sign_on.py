"""A resident comes from another site, signs in, agrees, and is back there; no script needed."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.platforms.identity.sso.testing import Asking, make_client, make_owner, returned
from lingnan.platforms.identity.testing import (
    PASSWORD,
    make_account,
    make_officer_actor,
    make_person,
    session_token,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class _OtherSite(BaseHTTPRequestHandler):
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write("<title>Other site</title><h1>欢迎回来</h1>".encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def other_site() -> Iterator[str]:
    _OtherSite.seen.clear()
    server = HTTPServer(("127.0.0.1", 0), _OtherSite)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_resident_signs_in_on_another_site(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    other_site: str,
    check_page: Callable[..., None],
    settings: Any,
) -> None:
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"public_url": live_server.url})
    person = make_person("陈美玲", phone="13800000001")
    account = make_account(person)
    client = make_client("openid", "profile", "phone", redirect_uris=[f"{other_site}/callback"])
    asking = Asking(client, scope="openid profile phone")
    page: Page = new_context(360, has_touch=True, is_mobile=True).new_page()
    page.goto(f"{live_server.url}/oauth/authorize?{asking.query}")
    page.locator("#id_username").fill(account.username)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main form button").first.click()
    agree = page.get_by_role("button", name="同意", exact=True)
    expect(agree).to_be_visible()
    check_page(page, "sso-consent")
    agree.click()
    page.wait_for_url(f"{other_site}/callback**")
    expect(page.get_by_role("heading", name="欢迎回来")).to_be_visible()
    (back,) = [path for path in _OtherSite.seen if path.startswith("/callback")]
    assert returned(back)["state"] == asking.state
    page.goto(f"{live_server.url}/account/consents/")
    expect(page.get_by_role("heading", name=client.row.name)).to_be_visible()
    check_page(page, "sso-consents")
    page.goto(f"{live_server.url}/device/?user_code=BCDF-GHJK")
    check_page(page, "sso-device")


def test_without_scripts_the_way_is_the_same(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    other_site: str,
    settings: Any,
) -> None:
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"public_url": live_server.url})
    account = make_account(make_person())
    client = make_client(redirect_uris=[f"{other_site}/callback"])
    page = new_context(javascript=False).new_page()
    page.goto(f"{live_server.url}/oauth/authorize?{Asking(client).query}")
    page.locator("#id_username").fill(account.username)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.get_by_role("button", name="同意", exact=True).click()
    page.wait_for_url(f"{other_site}/callback**")


def test_a_developer_registers_and_an_officer_reviews(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    check_page: Callable[..., None],
) -> None:
    owner = make_owner()
    client = make_client(owner=owner)

    def at(actor: Any) -> Page:
        context = new_context()
        context.add_cookies(
            [{"name": "lingnan_session", "value": session_token(actor), "url": live_server.url}]
        )
        return context.new_page()

    page = at(owner)
    for path, name in (
        ("/developers/sign-in/", "sso-clients"),
        ("/developers/sign-in/new/", "sso-client-new"),
        (f"/developers/sign-in/{client.row.pk}/", "sso-client"),
    ):
        page.goto(live_server.url + path)
        check_page(page, name)
    agency_owner = make_officer_actor("window_clerk")
    waiting = make_client(owner=agency_owner, approved=False)
    reviewer = make_officer_actor("security_admin", agency_id=agency_owner.agency_id)
    page = at(reviewer)
    page.goto(f"{live_server.url}/desk/sign-in-programs/")
    check_page(page, "sso-review-list")
    page.goto(f"{live_server.url}/desk/sign-in-programs/{waiting.row.pk}/")
    check_page(page, "sso-review")
    page.get_by_role("button", name="批准", exact=True).click()
    expect(page.get_by_text("已批准")).to_be_visible()
