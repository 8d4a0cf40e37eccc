"""A legal representative proves her firm and appoints an agent, who applies in its name until the
mandate is taken back. Civil Code art. 161-175."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.applications.government_services import services
from lingnan.applications.government_services.models import Case, Draft
from lingnan.kernel import clock
from lingnan.platforms.identity.models import Account, Mandate, Organisation
from lingnan.platforms.identity.testing import (
    PASSWORD,
    firm_number,
    identity_gateway,
    make_account,
    make_person,
    prove,
    resident_number,
)
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.calendar.services import load_calendar
from lingnan.standards.regions.testing import make_region

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TIANHE = "440106000000"
PROVINCE = "440000000000"
PHONE_WIDTH = (360,)
FIRM = "广州市演示点心有限公司"
AGENT_NUMBER = resident_number()


@pytest.fixture
def tianhe() -> str:
    """The shipped matters as Tianhe District handles them."""
    district = make_region(TIANHE)
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


def account(name: str, number: str) -> Account:
    """Someone who has been at a window with a document."""
    person = make_person(name, document_number=number)
    prove(person, "window")
    return make_account(person)


def sign_in(page: Page, site: str, who: Account, onward: str) -> None:
    # The first page of a process waits for everything to be imported and compiled.
    page.goto(f"{site}/account/sign-in/?next={onward}", timeout=120_000)
    page.fill("[name=username]", who.username or "")
    page.fill("[name=password]", PASSWORD)
    page.locator("form:has([name=password]) button").first.click()
    expect(page).to_have_url(f"{site}{onward}")


def go_on(page: Page) -> None:
    page.get_by_role("button", name="继续", exact=True).click()


def test_an_agent_applies_for_the_firm_until_the_mandate_ends(
    page: Page,
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    tianhe: str,
    check_page: Callable[..., None],
) -> None:
    leader = account("周志强", resident_number())
    agent = account("何敏", AGENT_NUMBER)
    site = live_server.url
    with identity_gateway():
        _proves_the_firm(page, site, leader, check_page)
        _appoints(page, site, check_page)
        phone = new_context(360, has_touch=True, is_mobile=True).new_page()
        case = _applies(phone, site, agent, check_page)
        _sees_who_acted(page, site, case, check_page)
        _takes_it_back(page, phone, site, case, check_page)


def _proves_the_firm(
    page: Page, site: str, leader: Account, check_page: Callable[..., None]
) -> None:
    sign_in(page, site, leader, "/account/")
    page.get_by_role("link", name="注册单位").click()
    page.fill("[name=name]", FIRM)
    page.fill("[name=registration_number]", firm_number())
    check_page(page, "firm-new")
    page.locator("form:has([name=registration_number]) button").first.click()
    expect(page.get_by_role("heading", name=FIRM, level=1)).to_be_visible()
    expect(page.get_by_text("尚未核验")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button", name="身份办事")).to_have_count(0)
    check_page(page, "firm-unproven")

    # Named is not proven.
    firm = Organisation.objects.get()
    page.locator("button[name=method][value=legal_representative]").click()
    expect(page.get_by_text("核验通过：您是该单位的法定代表人。")).to_be_visible()
    expect(page.get_by_text("尚未核验")).to_have_count(0)
    check_page(page, "firm-proven")
    assert firm.legal_representative_id == leader.person_id


def _appoints(page: Page, site: str, check_page: Callable[..., None]) -> None:
    page.get_by_role("main").get_by_role("button", name=f"以{FIRM}的身份办事").click()
    expect(page).to_have_url(f"{site}/account/mandates/")
    page.get_by_role("link", name="办理授权").click()
    expect(page.get_by_role("main")).to_contain_text(FIRM)
    page.fill("[name=agent_name]", "何敏")
    page.fill("[name=agent_document_number]", AGENT_NUMBER)
    page.locator("[name=relation][value=employee]").check()
    check_page(page, "firm-mandate")
    page.get_by_role("button", name="发出授权").click()
    expect(page.get_by_role("heading", name="何敏")).to_be_visible()
    check_page(page, "firm-mandate-offered")
    mandate = Mandate.objects.get()
    assert mandate.state == Mandate.State.OFFERED
    assert mandate.valid_until - mandate.valid_from < timedelta(days=400)


def _applies(phone: Page, site: str, agent: Account, check_page: Callable[..., None]) -> Case:
    # Offered is not accepted: nothing to switch to yet.
    sign_in(phone, site, agent, "/account/")
    expect(phone.get_by_role("button", name=f"以{FIRM}的身份办事")).to_have_count(0)
    phone.get_by_role("link", name="授权管理").click()
    check_page(phone, "agent-offered", widths=PHONE_WIDTH)
    phone.get_by_role("button", name="接受").click()
    expect(phone.get_by_role("button", name="立即终止")).to_be_visible()
    phone.goto(f"{site}/account/")
    check_page(phone, "agent-account", widths=PHONE_WIDTH)
    phone.get_by_role("button", name=f"以{FIRM}的身份办事").click()

    phone.get_by_role("searchbox").fill("刻章")
    phone.get_by_role("searchbox").press("Enter")
    phone.get_by_role("link", name="公章刻制备案").first.click()
    phone.get_by_role("link", name="在线申请").click()
    expect(phone.get_by_role("main").locator(".notice")).to_contain_text(FIRM)
    check_page(phone, "agent-start", widths=PHONE_WIDTH)
    phone.get_by_role("button", name="开始").click()
    phone.get_by_label("公章", exact=True).check()
    go_on(phone)
    phone.get_by_label("证件号码").fill(resident_number())
    phone.get_by_label("联系电话").fill("13800138000")
    check_page(phone, "agent-representative", widths=PHONE_WIDTH)
    go_on(phone)
    phone.get_by_role("checkbox").check()
    go_on(phone)
    expect(phone.get_by_role("heading", name="申请材料", level=1)).to_be_visible()
    go_on(phone)
    expect(phone.get_by_role("heading", name="核对填写内容", level=1)).to_be_visible()
    expect(phone.get_by_role("main").locator(".notice")).to_contain_text(FIRM)
    phone.get_by_role("button", name="确认提交").click()
    expect(phone.get_by_role("heading", name="申请已提交")).to_be_visible()
    phone.get_by_role("link", name="查看办理进度").click()
    _who_acted(phone)
    check_page(phone, "agent-case")
    case = Case.objects.get()
    assert case.applicant_id == Organisation.objects.get().pk
    assert case.submitter_person_id == agent.person_id
    assert case.mandate_id == Mandate.objects.get().pk
    return case


def _who_acted(page: Page) -> None:
    """The case says whose it is, and who handed it in for them."""
    rows = page.locator(".summary-list__row")
    expect(rows.filter(has_text="申请人")).to_contain_text(FIRM)
    expect(rows.filter(has_text="提交人")).to_contain_text("何敏")
    expect(rows.filter(has_text="提交人")).to_contain_text("凭授权")


def _sees_who_acted(page: Page, site: str, case: Case, check_page: Callable[..., None]) -> None:
    page.goto(f"{site}/cases/{case.pk}/")
    _who_acted(page)
    check_page(page, "leader-case")


def _takes_it_back(
    page: Page, phone: Page, site: str, case: Case, check_page: Callable[..., None]
) -> None:
    # The agent has another application half written when the mandate ends.
    address = phone.url
    phone.goto(f"{site}/apply/{case.item_code}/")
    phone.get_by_role("button", name="开始").click()
    phone.get_by_label("公章", exact=True).check()
    page.goto(f"{site}/account/mandates/")
    page.get_by_role("button", name="立即终止").click()
    expect(page.get_by_text("已撤销")).to_be_visible()

    go_on(phone)
    expect(phone.get_by_role("main")).not_to_contain_text("联系电话")
    check_page(phone, "agent-stopped", widths=PHONE_WIDTH)
    phone.goto(address)
    expect(phone.get_by_role("main")).not_to_contain_text(case.number)
    phone.goto(f"{site}/account/")
    expect(phone.get_by_role("button", name=f"以{FIRM}的身份办事")).to_have_count(0)
    assert Case.objects.count() == 1
    for draft in Draft.objects.filter(state=Draft.State.LIVE):
        assert "seals" not in draft.data, "nothing was written after the end"
