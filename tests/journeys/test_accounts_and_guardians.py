"""Devices, a guardian at the window, an offered post, and a sign-in by SAML from another site."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.platforms.identity import queries
from lingnan.platforms.identity.models import UpstreamProvider
from lingnan.platforms.identity.simulator import Registry, serve
from lingnan.platforms.identity.simulator_saml import CONTEXTS, SamlProvider
from lingnan.platforms.identity.testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer_actor,
    make_person,
    make_person_actor,
    resident_number,
    session_token,
)
from lingnan.standards.agencies.testing import make_agency

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PROVINCE, TIANHE = "440000000000", "440106000000"


def signed_in(context: BrowserContext, base: str, token: str) -> Page:
    context.add_cookies([{"name": "lingnan_session", "value": token, "url": base}])
    return context.new_page()


def test_a_resident_sees_his_devices_and_shuts_a_stranger_out(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    check_page: Callable[..., None],
) -> None:
    account = make_account(make_person("陈美玲"))
    base = live_server.url
    pages = []
    for _device in range(2):
        page = new_context().new_page()
        page.goto(f"{base}/account/sign-in/?next=/account/devices/")
        page.fill("[name=username]", account.username)
        page.fill("[name=password]", PASSWORD)
        page.locator("form:has([name=password]) button").click()
        expect(page).to_have_url(f"{base}/account/devices/")
        pages.append(page)
    mine, other = pages
    mine.reload()
    check_page(mine, "devices")
    mine.goto(f"{base}/messages/")
    expect(mine.locator("main")).to_contain_text("新的设备或网络登录")
    mine.goto(f"{base}/account/devices/not-me/")
    check_page(mine, "devices-not-me")
    mine.locator("form .button--large").click()
    expect(mine).to_have_url(f"{base}/account/password/")
    other.goto(f"{base}/account/devices/")
    assert "/account/sign-in/" in other.url


def test_a_clerk_records_a_guardian_who_accepts(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    check_page: Callable[..., None],
) -> None:
    base = live_server.url
    parent = make_person("陈大明")
    child = make_person("陈小宝", document_number=resident_number(born_on=date(2018, 5, 17)))
    clerk = make_officer_actor(
        "window_clerk",
        agency_id=make_agency("other", TIANHE).id,
        record_of=make_person("周窗口"),
    )
    desk = signed_in(new_context(), base, session_token(clerk))
    desk.goto(f"{base}/desk/guardianships/")
    check_page(desk, "guardians-empty")
    desk.goto(f"{base}/desk/guardianships/new/")
    check_page(desk, "guardian-new")
    desk.check("[name=ground][value=minor]")
    for who, person in (("ward", child), ("guardian", parent)):
        desk.fill(f"[name={who}_name]", person.name)
        number = queries.person(person.pk).document_number
        desk.fill(f"[name={who}_document_number]", number)
    desk.fill("[name=documents]", "出生医学证明 T440000001；户口簿")
    desk.locator("form[method=post] .button--large").click()
    expect(desk.locator(".summary-list")).to_contain_text("陈小宝")
    check_page(desk, "guardian-detail")
    mine = signed_in(new_context(), base, session_token(make_person_actor(parent)))
    mine.goto(f"{base}/account/mandates/")
    check_page(mine, "mandates-guardian")
    mine.locator("button[value=accept]").click()
    expect(mine.locator("main")).to_contain_text("有效")
    mine.goto(f"{base}/account/mandates/child/")
    check_page(mine, "mandates-child")


def test_an_administrator_offers_a_post_that_its_owner_accepts(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    check_page: Callable[..., None],
) -> None:
    base = live_server.url
    account = make_account(make_person("陈美玲"))
    agency = make_agency("other", TIANHE)
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    done = client_for(admin).post(
        "/api/v1/post-offers",
        {"name": "陈美玲", "username": account.username, "agency_id": str(agency.id)},
        content_type="application/json",
    )
    assert done.status_code == 201
    desk = signed_in(new_context(), base, session_token(admin))
    desk.goto(f"{base}/desk/post-offers/")
    check_page(desk, "post-offers")
    desk.goto(f"{base}/desk/post-offers/new/")
    check_page(desk, "post-offer-new")
    assert account.person is not None
    mine = signed_in(new_context(), base, session_token(make_person_actor(account.person)))
    mine.goto(f"{base}/account/posts/")
    check_page(mine, "own-posts")
    mine.locator("button[value=accept]").click()
    mine.goto(f"{base}/account/")
    expect(mine.locator("main")).to_contain_text(agency.short_name)


def test_a_provider_of_saml_is_enabled_by_two_and_signs_someone_in(
    new_context: Callable[..., BrowserContext],
    live_server: LiveServer,
    check_page: Callable[..., None],
    settings: Any,
) -> None:
    """On another site: its form brings no cookie of ours along, and still only the browser that
    asked is let in."""
    base = live_server.url
    registry = Registry(secret="x" * 32, public_url="")
    server = serve(registry, host="127.0.0.1", port=0)
    there = f"http://127.0.0.1:{server.server_address[1]}"
    registry.public_url, registry.saml = there, SamlProvider(there)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    one, two = (make_officer_actor("security_admin", region_code=PROVINCE) for _n in range(2))
    with override_settings(LINGNAN=settings.LINGNAN.model_copy(update={"public_url": base})):
        desk = signed_in(new_context(), base, session_token(one))
        desk.goto(f"{base}/desk/sign-in-providers/new/")
        check_page(desk, "provider-new")
        for name, value in {
            "code": "nation",
            "name": "国家统一身份认证",
            "issuer": registry.saml.entity_id,
            "sso_url": registry.saml.sso_url,
            "certificates": registry.saml.certificate,
            "levels": f"{CONTEXTS[2]} = 2",
        }.items():
            desk.fill(f"[name={name}]", value)
        desk.check("[name=protocol][value=saml]")
        desk.check("[name=is_test]")
        desk.locator("form[method=post] .button--large").click()
        other = signed_in(new_context(), base, session_token(two))
        other.goto(f"{base}/desk/sign-in-providers/")
        check_page(other, "providers-waiting")
        other.locator("button[value=enable]").click()
        other.goto(f"{base}/desk/sign-in-providers/nation/?test=1")
        check_page(other, "provider-tested")
        assert UpstreamProvider.objects.get().active
        person = make_person("陈美玲")
        make_account(person)
        page = new_context().new_page()
        page.goto(f"{base}/account/sign-in/?next=/account/devices/")
        page.get_by_text("国家统一身份认证").click()
        page.wait_for_url(f"{there}/**")
        page.fill("[name=name]", "陈美玲")
        page.fill("[name=number]", queries.person(person.pk).document_number)
        page.click("#agree")
        page.wait_for_url(f"{base}/account/devices/")
        expect(page.locator("main")).to_contain_text("其他身份认证平台")
    server.shutdown()
    server.server_close()
