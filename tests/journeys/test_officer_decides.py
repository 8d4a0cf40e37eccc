"""Officers take a residence permit from the inbox to a licence that the public can verify."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pyotp
import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.applications.government_services import services
from lingnan.applications.government_services.models import Case
from lingnan.applications.government_services.types import CaseState, MaterialGiven
from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.identity import services as identity
from lingnan.platforms.identity.testing import PASSWORD, make_officer, make_person_actor
from lingnan.platforms.licences import queries as licences
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.matters import queries as matters
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.testing import make_region

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PROVINCE = "440000000000"
DISTRICT = "440106000000"
STREET = "440106006000"
EXAMPLES = settings.BASE_DIR / "examples"
DEFINING_BODIES = (
    "market_supervision",
    "public_security",
    "civil_affairs",
    "housing",
    "human_resources",
)


@dataclass(frozen=True, slots=True)
class Officer:
    """Someone at work with a second factor."""

    username: str
    secret: str


def _officer(role: str, *, name: str, agency_id: object) -> Officer:
    made = make_officer(role, name=name, agency_id=agency_id)  # type: ignore[arg-type]
    secret = identity.start_second_factor(account_id=made.account_id)
    earlier = clock.now() - timedelta(minutes=5)  # the code of this moment stays unused
    identity.confirm_second_factor(
        actor=SYSTEM,
        account_id=made.account_id,
        code=pyotp.TOTP(secret).at(int(earlier.timestamp())),
        at=earlier,
    )
    return Officer(made.account.username or "", secret)


@pytest.fixture
def officers() -> dict[str, Officer]:
    """The window of the district and the police bureau that decides."""
    for code in (PROVINCE, DISTRICT, STREET):
        make_region(code)
    for kind in DEFINING_BODIES:
        make_agency(kind, PROVINCE)
    window = make_agency("government_service", DISTRICT)
    police = make_agency("public_security", DISTRICT)
    return {
        "clerk": _officer("window_clerk", name="林窗口", agency_id=window.id),
        "handler": _officer("case_handler", name="黄承办", agency_id=police.id),
        "approver": _officer("approver", name="梁审批", agency_id=police.id),
    }


@pytest.fixture
def case(officers: dict[str, Officer]) -> Case:
    """A residence permit someone has applied for, with the files of the example."""
    at = clock.now()
    place = regions.region(DISTRICT).path
    services.load_content(at=at, only=place)
    example = json.loads((EXAMPLES / "residence_permit.json").read_text())
    item = matters.published_for(example["matter"], region_path=place)
    assert item is not None
    applicant = make_person_actor()
    given = []
    for code, name in example["materials"].items():
        file = EXAMPLES / name
        card = services.upload_material(
            actor=applicant,
            item_code=item.code31,
            code=code,
            content=file.read_bytes(),
            name=file.name,
            at=at,
        )
        given.append(MaterialGiven(code=code, file_id=card.id))
    known = {
        name: services.prefill_of(applicant)[field["x-prefill"]].value
        for name, field in item.form_schema["properties"].items()
        if field.get("x-prefill") in services.prefill_of(applicant)
    }
    return services.submit_case(
        actor=applicant,
        item_code=item.code31,
        data={**known, "phone": "13800000001", **example["answers"]},
        given=given,
        at=at,
    )


def _sign_in(page: Page, base: str, officer: Officer) -> None:
    page.goto(f"{base}/account/sign-in/")
    page.fill("[name=username]", officer.username)
    page.fill("[name=password]", PASSWORD)
    if page.locator("[name=as_officer]").count():
        page.check("[name=as_officer]")
    page.locator("main form").get_by_role("button").first.click()
    page.fill("[name=code]", pyotp.TOTP(officer.secret).now())
    page.locator("main form").get_by_role("button").first.click()
    expect(page).to_have_url(f"{base}/desk/")


def _open_from_inbox(page: Page, base: str, case: Case) -> None:
    page.goto(f"{base}/desk/")
    row = page.locator("[data-row]").filter(has_text=case.number)
    row.get_by_role("link").first.click()
    if "/desk/tasks/" in page.url:
        page.locator(f'main a[href^="/desk/cases/{case.pk}/"]').first.click()
    expect(page.locator("[data-act]")).to_be_visible()


def _work(
    new_context: Callable[..., BrowserContext], base: str, officer: Officer, case: Case
) -> Page:
    page = new_context().new_page()
    _sign_in(page, base, officer)
    _open_from_inbox(page, base, case)
    return page


def _finish(page: Page, outcome: str) -> None:
    page.check(f'[name=outcome][value="{outcome}"]')
    page.locator("[data-act] button:not([name])").last.click()
    page.wait_for_load_state()


def test_a_residence_permit_is_decided_and_verifies(
    officers: dict[str, Officer],
    case: Case,
    live_server: LiveServer,
    new_context: Callable[..., BrowserContext],
    check_page: Callable[..., None],
) -> None:
    base = live_server.url
    deliver_all()

    page = _work(new_context, base, officers["clerk"], case)
    check_page(page, "desk-case-acceptance", widths=(360, 768, 1440))
    page.locator("main h1").click()
    page.keyboard.press("1")  # by keyboard: the first outcome
    expect(page.locator('[name=outcome][value="accept"]')).to_be_checked()
    page.locator("[data-act] button:not([name])").last.click()
    expect(page).to_have_url(f"{base}/desk/")  # nothing is left for the clerk
    deliver_all()
    page.goto(f"{base}/desk/cases/")
    expect(page.locator("main")).to_contain_text(case.number)
    check_page(page, "desk-cases", widths=(360, 768, 1440))

    page = _work(new_context, base, officers["handler"], case)
    page.fill("[name=opinion]", "须补查居住地址。")
    page.check('[name=outcome][value="object"]')
    page.click('form[action$="/claim/"] button')  # what was typed outlives taking the task
    expect(page.locator('form[action$="/claim/"]')).to_have_count(0)
    expect(page.locator("[name=opinion]")).to_have_value("须补查居住地址。")
    expect(page.locator('[name=outcome][value="object"]')).to_be_checked()
    page.fill("[name=opinion]", "")
    _finish(page, "object")  # without a word: refused
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator('[name=outcome][value="object"]')).to_be_checked()
    _finish(page, "pass")
    deliver_all()

    page = _work(new_context, base, officers["approver"], case)
    page.check('[name=outcome][value="deny"]')
    expect(page.locator("[name=false_materials]")).to_be_visible()
    check_page(page, "desk-case-decision", widths=(360, 768, 1440))
    _finish(page, "grant")
    deliver_all()

    case.refresh_from_db()
    assert case.state == CaseState.DELIVERED
    assert case.licence_id is not None
    licence = licences.licence(case.licence_id)
    page.goto(f"{base}/desk/cases/{case.pk}/")
    expect(page.locator(f'.case-act a[href="{licence.verify_path}"]')).to_be_visible()
    check_page(page, "desk-case-delivered", widths=(360, 768, 1440))

    public = new_context(360).new_page()
    public.goto(base + licence.verify_path)
    expect(public.locator("main")).to_contain_text(licence.identifier)
    expect(public.locator("main .notice--success, main .confirmation").first).to_be_visible()
