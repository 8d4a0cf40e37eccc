"""A holder uploads a licence, an officer sees the original; a long table has its report."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.tables import write_csv
from lingnan.platforms.documents import services as documents
from lingnan.platforms.identity.testing import (
    make_officer_actor,
    make_person_actor,
    resident_number,
    session_token,
)
from lingnan.platforms.licences import queries
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.testing import make_agency, make_licence, type_content
from lingnan.platforms.licences.types import Holder
from lingnan.standards.agencies import queries as agencies

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RIGHTS = ("licences.check_originals", "licences.view", "licences.bring_in")
HEADER = ["持有人类型", "持有人名称", "持有人证件号码", "有效期起", "来源编号", "经营项目"]


def signed_in(context: BrowserContext, base: str, actor: Actor) -> Page:
    cookie = {"name": "lingnan_session", "value": session_token(actor), "url": base}
    context.add_cookies([cookie])  # type: ignore[list-item]
    return context.new_page()


def test_an_original_is_compared_and_noted_and_a_table_reports(
    live_server: LiveServer,
    new_context: Callable[..., BrowserContext],
    check_page: Callable[..., None],
) -> None:
    agency_id = make_agency()
    content = type_content(key="old_permit", effective_from="2015-01-01")
    content["code"] = f"{agencies.agency(agency_id).uscc}701"
    kind = licences.define_type(content, at=clock.now())
    holder = make_person_actor()
    assert holder.principal is not None
    paper = {
        "title": "食品经营许可证（扫描件）", "number": "", "addressee": "演示",
        "paragraphs": ["演示"],
        "agency_name": "演示", "date": "2023-01-01", "made_at": "2023-01-01T10:00:00+08:00",
    }  # fmt: skip
    scan = documents.render("notice", paper, formats=("pdf",))["pdf"]
    entry = licences.declare(
        actor=holder, type_code=kind.code,
        fields={"business_scope": "热食类食品制售", "place": "中山一路 1 号"},
        valid_from=date(2023, 1, 1), valid_until=clock.today() + timedelta(days=300),
        issuer_name="外省某市市场监督管理局", scan=("scan.pdf", scan), source_id="own",
        at=clock.now(),
    )  # fmt: skip
    assert entry.licence is not None
    owner = Holder(kind="person", id=holder.principal.id, name=holder.name, code="x")
    make_licence(holder=owner)
    roles = apps.get_model("identity", "Role")._default_manager
    roles.create(code="window_test", name={"zh-hans": "窗口"}, permissions=sorted(RIGHTS))
    officer = make_officer_actor("window_test", agency_id=agency_id)
    use = licences.use_as_material(
        actor=holder, licence_id=entry.licence.pk, purpose="食品经营许可延续", item_code="x",
        case_id=uuid4(), agency_id=agency_id, at=clock.now(),
    )  # fmt: skip
    base = live_server.url

    wallet = signed_in(new_context(360, has_touch=True, is_mobile=True), base, holder)
    wallet.goto(f"{base}/wallet/")
    check_page(wallet, "wallet", widths=(320, 360))

    desk = signed_in(new_context(), base, officer)
    code = queries.verify_code(entry.licence.identifier)
    desk.goto(f"{base}/desk/licences/originals/?identifier={entry.licence.identifier}&code={code}")
    check_page(desk, "compare-original")
    with desk.context.expect_page() as opened:
        desk.locator('form[action="/desk/licences/originals/scan/"] button').click()
    opened.value.close()
    desk.goto(f"{base}/desk/licences/copies/{use.use_id}/original/")
    desk.locator('input[name="note"]').fill("纸质原件，编号、姓名一致")
    check_page(desk, "original-for-this-use")
    desk.locator("main form button").click()
    expect(desk.locator(".notice--success").last).to_contain_text("核对原件")

    rows = [
        ["个人", "陈某", resident_number(), "2023-01-01", "旧-1", "热食"],
        ["个人", "李某", resident_number(), "去年", "旧-2", ""],
        ["个人", "王某", "44010619900517002X", "2023-01-01", "旧-1", "热食"],
    ]
    table = licences.start_table(
        write_csv(HEADER, rows), file_name="老证照 2015-2020.csv", actor=officer,
        agency_id=agency_id, type_code=kind.code, at=clock.now(),
    )  # fmt: skip
    licences.run_table(table_id=table.pk, at=clock.now())
    desk.goto(f"{base}/desk/licences/stock/tables/{table.pk}/")
    expect(desk.locator(".notice--danger")).to_be_visible()
    check_page(desk, "stock-table-report")
    desk.goto(f"{base}/desk/licences/stock/")
    check_page(desk, "stock", widths=(320, 1440))
