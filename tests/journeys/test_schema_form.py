"""A person fills in a form from a schema on a small phone, without JavaScript, making mistakes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.template.engine import Engine
from django.test import override_settings
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel.web.components_page import ANSWERS as EXPECTED
from tests.journeys import schema_form_site as site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.journeys.schema_form_site"),
]


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    """The site's two templates stand in memory, before the product's own."""
    site.ANSWERS.clear()
    engine: dict[str, Any] = dict(settings.TEMPLATES[0])
    options = {
        **engine["OPTIONS"],
        "loaders": [
            (
                "django.template.loaders.locmem.Loader",
                {f"form/{name}.html": text for name, text in site.TEMPLATES.items()},
            ),
            ("django.template.loaders.filesystem.Loader", [str(item) for item in engine["DIRS"]]),
        ],
    }
    with override_settings(
        TEMPLATES=[{**engine, "APP_DIRS": False, "DIRS": [], "OPTIONS": options}]
    ):
        assert Engine.get_default().get_template("form/page.html")
        yield


def fill_first_page(page: Page) -> None:
    page.get_by_label("姓名").fill(EXPECTED["name"])
    page.get_by_label("身份证号码").fill(EXPECTED["resident_id"])
    page.get_by_label("手机号码").fill("+86 138 0013 8000")
    for part, value in zip(("年", "月", "日"), ("1990", "3", "7"), strict=True):
        page.get_by_label(part, exact=True).fill(value)


@pytest.mark.parametrize("javascript", [False, True])
def test_mistakes_are_shown_kept_and_mended(
    new_context: Callable[..., BrowserContext], live_server: LiveServer, javascript: bool
) -> None:
    page = new_context(320, javascript=javascript).new_page()
    page.goto(live_server.url + "/form/you/")
    page.get_by_label("姓名").fill(EXPECTED["name"])
    page.get_by_label("年", exact=True).fill("1990")
    page.get_by_label("月", exact=True).fill("二")
    page.get_by_role("button", name="继续").click()

    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("请填写手机号码")
    expect(summary).to_contain_text("出生日期不是有效的日期")
    expect(page.get_by_label("姓名")).to_have_value(EXPECTED["name"])
    expect(page.get_by_label("月", exact=True)).to_have_value("二")
    summary.get_by_role("link", name="请填写手机号码").click()
    expect(page.get_by_label("手机号码")).to_be_focused()

    fill_first_page(page)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("店铺")
    page.get_by_label("餐馆").check()
    page.get_by_label("热食类").check()
    page.get_by_label("自制饮品").check()
    page.get_by_label("注册资本").fill("100,000")
    page.get_by_label("使用面积").fill("86.5")
    page.get_by_label("所在地").select_option("440100000000")
    first = page.get_by_role("group", name="股东 1")
    first.get_by_label("姓名").fill("陈小明")
    first.get_by_label("持股比例").fill("60")
    page.get_by_role("button", name="再加一项").click()
    second = page.get_by_role("group", name="股东 2")
    second.get_by_label("姓名").fill("李玉珠")
    second.get_by_label("持股比例").fill("40")
    expect(first.get_by_label("姓名")).to_have_value("陈小明")
    page.get_by_role("button", name="再加一项").click()
    page.get_by_role("button", name="移除 股东 3").click()
    expect(page.get_by_role("group", name="股东 3")).to_have_count(0)
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="继续").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("核对填写内容")
    expect(page.locator("main")).to_contain_text("¥100,000.00")
    assert site.ANSWERS == EXPECTED


def test_the_pages_of_a_form_are_accessible(
    page: Page, live_server: LiveServer, check_page: Callable[..., None]
) -> None:
    page.goto(live_server.url + "/form/you/")
    check_page(page, "form-page")
    page.get_by_role("button", name="继续").click()
    check_page(page, "form-page-errors")
    fill_first_page(page)
    page.get_by_role("button", name="继续").click()
    page.goto(live_server.url + "/form/shop/?layout=large")
    check_page(page, "form-page-large")
    page.goto(live_server.url + "/check/")
    check_page(page, "form-check")
