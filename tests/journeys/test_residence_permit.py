"""A newcomer looks for a residence permit on a phone, registers, and hands in the application."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.applications.government_services import services
from lingnan.applications.government_services.models import Case, Draft
from lingnan.kernel import clock
from lingnan.platforms.identity.testing import identity_gateway, resident_number
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.calendar.services import load_calendar
from lingnan.standards.regions.testing import make_region

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TIANHE = "440106000000"
SHIPAI = "440106006000"
PROVINCE = "440000000000"
PHONE_WIDTH = (360,)
PASSWORD = "Yangcheng-2026"


@pytest.fixture
def tianhe() -> str:
    """The shipped matters as Tianhe District handles them."""
    district = make_region(TIANHE)
    make_region(SHIPAI)
    for kind in (
        "market_supervision",
        "housing",
        "public_security",
        "human_resources",
        "civil_affairs",
    ):
        make_agency(kind, PROVINCE)
    make_agency("public_security", TIANHE)
    make_agency("government_service", TIANHE)
    at = clock.now()
    load_calendar(at=at)
    services.load_content(at=at, only=district.path)
    return district.code


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo as a telephone takes it."""
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (358, 441), "white").save(path)
    return path


def go_on(page: Page) -> None:
    page.get_by_role("button", name="继续", exact=True).click()


def test_a_newcomer_applies_on_a_phone(
    phone: Page,
    live_server: LiveServer,
    tianhe: str,
    photo: Path,
    check_page: Callable[..., None],
) -> None:
    with identity_gateway():
        _apply(phone, live_server, photo, check_page)


def _apply(
    phone: Page, live_server: LiveServer, photo: Path, check_page: Callable[..., None]
) -> None:
    phone.goto(live_server.url)
    check_page(phone, "permit-home")
    phone.get_by_role("searchbox").fill("居住证")
    phone.get_by_role("searchbox").press("Enter")
    check_page(phone, "permit-search", widths=PHONE_WIDTH)

    phone.get_by_role("link", name="居住证办理").click()
    expect(phone.get_by_role("heading", name="居住证办理", level=1)).to_be_visible()
    expect(phone.get_by_text("一次不用跑")).to_be_visible()
    check_page(phone, "permit-guide")
    phone.get_by_role("link", name="在线申请").click()
    check_page(phone, "permit-start", widths=PHONE_WIDTH)

    # No account yet: register, and be back where one was.
    phone.get_by_role("main").get_by_role("link", name="注册").click()
    phone.get_by_label("姓名").fill("欧阳明")
    phone.locator("input[name=document_number]").fill(resident_number())
    phone.locator("input[name=phone]").fill("13800138000")
    phone.locator("input[name=password]").fill(PASSWORD)
    phone.locator("input[name=password_again]").fill(PASSWORD)
    phone.get_by_role("main").get_by_role("button").first.click()
    phone.get_by_role("button", name="开始").click()

    # Nobody has looked at who he is yet: he confirms it and is where he was going.
    expect(phone.get_by_role("heading", name="核验身份", level=1)).to_be_visible()
    check_page(phone, "permit-step-up")
    phone.get_by_role("button", name=re.compile("人口")).click()
    expect(phone.get_by_role("status").or_(phone.get_by_text("核验通过")).first).to_be_visible()

    # What registration told is filled in; the first question is one nobody could answer for him.
    expect(phone.get_by_role("heading", name="户籍所在地", level=1)).to_be_visible()
    go_on(phone)
    expect(phone.get_by_role("alert")).to_contain_text("户籍所在地")
    check_page(phone, "permit-mistake", widths=PHONE_WIDTH)
    phone.get_by_role("textbox").fill("湖南省衡阳市衡南县")
    go_on(phone)

    phone.get_by_label("也可以按名称或拼音搜索").fill("石牌")
    phone.get_by_role("radio").first.check()
    phone.get_by_label("详细地址").fill("石牌西路 8 号 1203 房")
    for part, value in zip(("年", "月", "日"), ("2026", "3", "1"), strict=True):
        phone.get_by_label(part, exact=True).fill(value)
    check_page(phone, "permit-address", widths=PHONE_WIDTH)
    go_on(phone)

    # Time for tea: the draft is there when he comes back.
    phone.goto(live_server.url)
    phone.get_by_role("main").locator("article", has_text="草稿").get_by_role("link").click()
    phone.get_by_role("button", name="继续填写草稿").click()

    phone.get_by_label("有合法稳定住所").check()
    go_on(phone)
    phone.get_by_label("租赁").check()
    go_on(phone)
    phone.get_by_role("checkbox").check()
    go_on(phone)

    expect(phone.get_by_role("heading", name="申请材料", level=1)).to_be_visible()
    phone.locator("input[name='file.photo']").set_input_files(photo)
    go_on(phone)
    expect(phone.get_by_role("alert")).to_contain_text("住所证明")
    expect(phone.get_by_role("link", name="photo.jpg")).to_be_visible()
    check_page(phone, "permit-materials", widths=PHONE_WIDTH)
    phone.locator("input[name='file.proof_of_home']").set_input_files(photo)
    go_on(phone)

    expect(phone.get_by_role("heading", name="核对填写内容", level=1)).to_be_visible()
    expect(phone.get_by_text("石牌西路 8 号 1203 房")).to_be_visible()
    check_page(phone, "permit-check")
    phone.get_by_role("link", name=re.compile("修改.*现住址")).click()
    phone.get_by_label("详细地址").fill("石牌西路 8 号 1204 房")
    phone.get_by_role("button", name="保存并返回核对").click()
    expect(phone.get_by_text("石牌西路 8 号 1204 房")).to_be_visible()
    phone.get_by_role("button", name="确认提交").dblclick()

    expect(phone.get_by_role("heading", name="申请已提交")).to_be_visible()
    case = Case.objects.get()
    assert case.applicant_name == "欧阳明"
    assert case.form_data["address"] == "石牌西路 8 号 1204 房"
    assert not Draft.objects.filter(state=Draft.State.LIVE).exists()
    expect(phone.get_by_text(case.number)).to_be_visible()
    check_page(phone, "permit-done")

    phone.get_by_role("link", name="查看办理进度").click()
    expect(phone.get_by_text("已收到您的申请")).to_be_visible()
    check_page(phone, "permit-case")


def test_the_large_layout_holds_the_whole_way_to_the_questions(
    phone: Page, live_server: LiveServer, tianhe: str, check_page: Callable[..., None]
) -> None:
    phone.goto(live_server.url)
    phone.get_by_role("button", name="长者版").click()
    check_page(phone, "permit-large-home", widths=(320, 768))
    expect(phone.get_by_text("12345").first).to_be_visible()
    phone.get_by_role("searchbox").fill("jzz")
    phone.get_by_role("searchbox").press("Enter")
    phone.get_by_role("link", name="居住证办理").click()
    check_page(phone, "permit-large-guide", widths=(320, 768))
