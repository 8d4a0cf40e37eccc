"""A firm objects to a credit record, the agency corrects it, and a year later it is repaired."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.platforms.credit.models import CreditRecord
from lingnan.platforms.credit.testing import AGENCY_KINDS, deliver, make_source, penalty_row
from lingnan.platforms.documents.testing import png
from lingnan.platforms.identity import services as identity
from lingnan.platforms.identity.testing import (
    PASSWORD,
    make_account,
    make_officer,
    make_organisation,
    make_person,
)
from lingnan.standards.agencies.testing import make_agency

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Officer = tuple[str, str]


def _officer(role: str, *, name: str, agency_id: object = None, region: str = "") -> Officer:
    made = make_officer(role, name=name, agency_id=agency_id, region_code=region)  # type: ignore[arg-type]
    secret = identity.start_second_factor(account_id=made.account_id)
    earlier = clock.now() - timedelta(minutes=5)  # the code of this moment stays unused
    identity.confirm_second_factor(
        actor=SYSTEM,
        account_id=made.account_id,
        code=pyotp.TOTP(secret).at(int(earlier.timestamp())),
        at=earlier,
    )
    return made.account.username, secret


def _sign_in(page: Page, base: str, username: str, secret: str = "") -> None:
    page.goto(f"{base}/account/sign-in/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    if secret and page.locator("[name=as_officer]").count():
        page.check("[name=as_officer]")
    page.locator("main form button.button").first.click()
    if secret:
        page.fill("[name=code]", pyotp.TOTP(secret).now())
        page.locator("main form button.button").first.click()
    page.wait_for_load_state()


def _finish(page: Page, outcome: str, opinion: str = "") -> None:
    page.check(f"#o-{outcome}")
    if opinion:
        page.fill("#f-opinion", opinion)
    page.get_by_role("button", name="办结本环节").click()
    page.wait_for_load_state()


def test_object_and_repair(
    live_server: LiveServer,
    new_context: Callable[..., BrowserContext],
    check_page: Callable[..., None],
    tmp_path: Path,
) -> None:
    for kind in AGENCY_KINDS:
        make_agency(kind)
    market = make_agency()
    source = make_source(at=clock.now())
    leader = make_person("周演示")
    account = make_account(leader)
    firm = make_organisation(leader)
    today = clock.today()
    serious = penalty_row(
        source,
        CF_XDR_SHXYM=firm.registration_number,
        CF_XDR_MC=firm.name,
        CF_CFLB="罚款",
        CF_NR_FK="1.300000",
        CF_JDRQ=f"{today - timedelta(days=120):%Y/%m/%d}",
    )
    record = deliver(source, serious, at=clock.now())
    office = _officer("credit_officer", name="贺信用", region="440106000000")
    reporter = _officer("credit_reporter", name="戴报送", agency_id=market.id)
    approver = _officer("credit_approver", name="龙认定", agency_id=market.id)
    base = live_server.url

    public = new_context().new_page()
    public.goto(f"{base}/credit/")
    check_page(public, "credit-home")
    public.fill("[name=q]", firm.name[:6])
    public.locator("main form button").first.click()
    public.get_by_role("link", name=firm.name).click()
    check_page(public, "credit-subject")
    public.get_by_role("link", name=record.number).click()
    expect(public.locator("main")).to_contain_text("¥13,000.00")
    check_page(public, "credit-decision")
    for path in ("decisions", "rosters", "measures", "policies", "reports/check"):
        public.goto(f"{base}/credit/{path}/")
        check_page(public, f"credit-{path.replace('/', '-')}")

    me = new_context(360).new_page()
    _sign_in(me, base, account.username or "")
    me.context.request.get(f"{base}/")
    me.goto(f"{base}/credit/mine/")
    _act_for(me, firm.name)
    me.goto(f"{base}/credit/mine/")
    check_page(me, "credit-mine")
    me.get_by_role("link", name=record.number).click()
    check_page(me, "credit-own-record")
    me.get_by_role("link", name="提出异议").click()
    check_page(me, "credit-object")
    me.check("#f-ground")
    me.fill("#f-text", "罚款为一万元，公示为一万三千元")
    me.get_by_role("button", name="提交异议").click()
    expect(me.locator("main")).to_contain_text("办理中")
    check_page(me, "credit-own-objection")
    public.goto(f"{base}/credit/decisions/{record.pk}/")
    expect(public.locator("main")).to_contain_text("异议处理中")

    desk = new_context().new_page()
    _sign_in(desk, base, *office)
    desk.goto(f"{base}/desk/")
    desk.locator("a[href*='/desk/credit/objections/']").first.click()
    check_page(desk, "credit-desk-objection")
    _finish(desk, "forward")
    agency = new_context().new_page()
    _sign_in(agency, base, *reporter)
    agency.goto(f"{base}/desk/")
    agency.locator("a[href*='/desk/credit/objections/']").first.click()
    agency.get_by_text("更正内容").click()
    agency.fill("#f-fine_wan", "1")
    check_page(agency, "credit-desk-verify")
    _finish(agency, "amend", "经核查，罚款为一万元")
    desk.reload()
    _finish(desk, "answer", "已更正")
    me.reload()
    expect(me.locator("main")).to_contain_text("已更正")
    current = CreditRecord.objects.get(series=record.series, is_current=True)
    assert current.fine_fen == 1_000_000

    me.goto(f"{base}/credit/mine/records/{current.pk}/repair/")
    check_page(me, "credit-repair")
    proof = tmp_path / "缴款凭证.png"
    proof.write_bytes(png(40, 40))
    me.fill("#f-text", "罚款已缴，已完成整改")
    me.set_input_files("#f-files", str(proof))
    me.check("#f-promises")
    me.get_by_role("button", name="提交申请").click()
    expect(me.locator("main")).to_contain_text("XF")
    desk.goto(f"{base}/desk/")
    desk.locator("a[href*='/desk/credit/repairs/']").first.click()
    _finish(desk, "accept")
    judge = new_context().new_page()
    _sign_in(judge, base, *approver)
    judge.goto(f"{base}/desk/")
    judge.locator("a[href*='/desk/credit/repairs/']").first.click()
    check_page(judge, "credit-desk-repair")
    _finish(judge, "grant", "已履行义务，准予修复")
    public.goto(f"{base}/credit/decisions/{current.pk}/")
    expect(public.locator("main")).to_contain_text("没有这条信用记录")
    current.refresh_from_db()
    assert (current.in_use, current.publicity) == (False, "stopped")


def _act_for(page: Page, name: str) -> None:
    """Choose in whose name one acts, in the header's menu."""
    option = page.locator("button[name=principal], select[name=principal] option, [name=principal]")
    chosen = option.filter(has_text=name).first
    if page.locator("select[name=principal]").count():
        page.select_option("select[name=principal]", label=name)
        page.locator("form:has(select[name=principal]) button").first.click()
    else:
        page.locator("details:has([name=principal]) summary").first.click()
        chosen.click()
    page.wait_for_load_state()
