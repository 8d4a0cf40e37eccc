"""A resident makes a passkey, signs in with it alone, steps up with it, and removes it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.platforms.identity.testing import PASSWORD, make_account, make_person, prove

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def authenticator(page: Page) -> Any:
    """A device with a finger in front of it, as Chromium simulates one."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def test_a_resident_signs_in_with_a_passkey(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    check_page: Callable[..., None],
    settings: Any,
) -> None:
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"public_url": live_server.url})
    person = make_person("陈美玲")
    prove(person, "window")
    account = make_account(person)
    page = new_context().new_page()
    authenticator(page)
    page.goto(f"{live_server.url}/account/sign-in/?next=/account/passkeys/")
    page.fill("[name=username]", account.username)
    page.fill("[name=password]", PASSWORD)
    page.locator("form:has([name=password]) button").click()
    expect(page).to_have_url(f"{live_server.url}/account/passkeys/")
    expect(page.locator("[data-passkey-without]")).to_be_hidden()
    check_page(page, "passkeys-empty")
    page.fill("[name=name]", "我的手机")
    page.locator("form[data-passkey=create] button").click()
    expect(page.locator(".summary-list")).to_contain_text("我的手机")
    check_page(page, "passkeys-list")
    page.fill("[name=name]", "又一个")
    page.locator("form[data-passkey=create] button").click()
    expect(page.locator("[data-passkey-problem]")).to_be_visible()
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/account/sign-in/?next=/account/assurance/")
    check_page(page, "sign-in-with-passkey")
    page.locator("form[data-passkey=get] button").click()
    expect(page).to_have_url(f"{live_server.url}/account/assurance/")
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/account/sign-in/?next=/account/step-up/%3Flevel%3D3")
    page.fill("[name=username]", account.username)
    page.fill("[name=password]", PASSWORD)
    page.locator("form:has([name=password]) button").click()
    page.locator("button[name=method][value=passkey]").click()
    check_page(page, "step-up-with-passkey")
    page.locator("form[data-passkey=get] button").click()
    expect(page).to_have_url(f"{live_server.url}/account/assurance/")
    page.goto(f"{live_server.url}/account/passkeys/")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".summary-list button").click()
    expect(page.locator(".summary-list")).to_have_count(0)


def test_without_javascript_the_page_says_why_there_is_no_button(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, settings: Any
) -> None:
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"public_url": live_server.url})
    page = new_context(360, javascript=False).new_page()
    page.goto(f"{live_server.url}/account/sign-in/")
    expect(page.locator("[data-passkey-without]")).to_be_visible()
    expect(page.locator("form[data-passkey=get] button")).to_be_hidden()
    expect(page.locator("[name=password]")).to_be_visible()
