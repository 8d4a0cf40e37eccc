"""The living page of the design language, seen by a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS = "/developers/components/"


def test_every_component_is_accessible(
    page: Page, live_server: LiveServer, check_page: Callable[..., None]
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(live_server.url + ADDRESS)
    check_page(page, "components")
    assert not [text for text in complaints if "Content Security Policy" in text]


@pytest.mark.parametrize("language", ["en", "zh-HK"])
def test_in_the_other_languages_too(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    check_page: Callable[..., None],
    language: str,
) -> None:
    page = new_context(locale=language).new_page()
    page.goto(live_server.url + ADDRESS)
    check_page(page, f"components-{language}", widths=(320, 1440))


def test_an_unknown_address_has_a_way_out(
    phone: Page, live_server: LiveServer, check_page: Callable[..., None]
) -> None:
    phone.goto(live_server.url + "/no/such/page/?layout=large")
    check_page(phone, "not-found-large")
    expect(phone.locator("main")).to_contain_text("12345")


def test_the_language_changes_without_javascript(
    new_context: Callable[..., BrowserContext], live_server: LiveServer
) -> None:
    page = new_context(360, javascript=False).new_page()
    page.goto(live_server.url + ADDRESS)
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.locator("details[data-menu] summary").first.click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Components")


def test_the_keyboard_reaches_the_content_first(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + ADDRESS)
    page.evaluate("document.activeElement.blur()")
    page.evaluate("window.scrollTo(0, 0)")
    skip = page.locator(".skip-link")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_an_error_summary_leads_to_its_field(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + ADDRESS)
    expect(page.locator(".error-summary").first).to_be_focused()
    link = page.locator(".error-summary a[href='#f-capital']")
    link.click()
    assert page.evaluate("location.hash") == "#f-capital"
    assert page.locator("#f-capital").count() >= 1
