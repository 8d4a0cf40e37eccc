"""A resident shows a licence on the phone, an officer scans it, and the resident sees that he did.

Then an agency asks to read it, the resident agrees, and takes it back.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import make_officer_actor, make_person_actor, session_token
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.testing import make_licence
from lingnan.platforms.licences.types import Holder, HolderGiven
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.regions.testing import make_region

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DISTRICT = "440106000000"


def _signed_in(context: BrowserContext, base: str, actor: Actor) -> Page:
    cookie = {"name": "lingnan_session", "value": session_token(actor), "url": base}
    context.add_cookies([cookie])  # type: ignore[list-item]
    return context.new_page()


def test_show_scan_and_see_it_in_the_log(
    live_server: LiveServer,
    new_context: Callable[..., BrowserContext],
    check_page: Callable[..., None],
) -> None:
    base = live_server.url
    for code in ("440000000000", "440100000000", DISTRICT):
        make_region(code)
    agency = make_agency("market_supervision", DISTRICT)
    resident = make_person_actor()
    assert resident.principal is not None
    number = "009999199005170025"
    holder = Holder(
        kind="person", id=resident.principal.id, name=resident.principal.name, code=number
    )
    licence = make_licence(holder=holder, agency_id=agency.id)
    inspector = make_officer_actor("window_clerk", agency_id=agency.id, name="何窗口")

    phone = _signed_in(new_context(360, has_touch=True, is_mobile=True), base, resident)
    phone.goto(f"{base}/wallet/")
    check_page(phone, "wallet-cards", widths=(320, 768, 1440))
    phone.locator(".licence-card__show").first.click()
    check_page(phone, "wallet-show-purpose", widths=(320, 1440))
    phone.locator('a[href="?purpose=inspect"]').click()
    code = phone.locator(".show-code__text code").inner_text()
    check_page(phone, "wallet-show-code", widths=(320, 768, 1440))

    desk = _signed_in(new_context(), base, inspector)
    desk.goto(f"{base}/desk/licences/scan/?code={code}")
    desk.locator("main form button").click()
    expect(desk.locator("main")).to_contain_text("热食类食品制售")
    check_page(desk, "desk-scan", widths=(320, 768, 1440))
    desk.fill("[name=code]", code)
    desk.locator("main form button").click()  # a second time it is spent
    expect(desk.locator(".error-summary")).to_be_visible()

    phone.goto(f"{base}/wallet/uses/?kind=shown")
    expect(phone.locator(".timeline")).to_contain_text("何窗口")
    check_page(phone, "wallet-uses", widths=(320, 768, 1440))

    at = clock.now()
    consent = licences.ask_consent(
        actor=inspector,
        holder=HolderGiven(kind="person", name=holder.name, number=_number_of(resident)),
        type_code=licence.type_code,
        fields=["business_scope", "place"],
        purpose="核实经营场所",
        until=at + timedelta(days=30),
        at=at,
    )
    phone.goto(f"{base}/wallet/requests/")
    check_page(phone, "wallet-requests", widths=(320, 1440))
    phone.locator("main li a").first.click()
    check_page(phone, "wallet-consent", widths=(320, 768, 1440))
    phone.uncheck("[name=fields][value=place]")
    phone.locator('form[action$="/grant/"] button').click()
    expect(phone.locator('form[action$="/withdraw/"]')).to_be_visible()
    data = licences.read_consent(actor=inspector, consent_id=consent.pk, at=clock.now())
    assert set(data.fields) == {"business_scope"}
    phone.locator('form[action$="/withdraw/"] button').click()
    expect(phone.locator('form[action$="/withdraw/"]')).to_have_count(0)

    phone.goto(f"{base}/wallet/{licence.pk}/copy/")
    phone.fill("[name=given_to]", "演示房东")
    phone.fill("[name=purpose]", "租房")
    check_page(phone, "wallet-copy", widths=(320, 1440))
    phone.locator("main form button").click()
    expect(phone.locator("main")).to_contain_text("演示房东")


def _number_of(resident: Actor) -> str:
    assert resident.person_id is not None
    return identity.person(resident.person_id).document_number
