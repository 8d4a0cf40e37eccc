"""Someone uploads a sealed file that was changed, and reads what is wrong with it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel import clock
from lingnan.platforms.licences import ofd
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.testing import make_licence

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "Doc_0/Pages/Page_0/Content.xml"


def test_a_changed_file_is_refused_and_the_changed_part_is_named(
    live_server: LiveServer, page: Page, check_page: Callable[..., None]
) -> None:
    genuine = licences.face_bytes(make_licence().pk, "ofd", at=clock.now())[0]
    parts = ofd.open_package(genuine)
    parts[PAGE] += b"<!-- changed -->"

    page.goto(f"{live_server.url}/verify/file/")
    _send(page, genuine)
    expect(page.locator(".notice--success")).to_be_visible()
    expect(page.locator(".notice--danger")).to_have_count(0)

    _send(page, ofd.write_package(parts))
    verdict = page.locator(".notice--danger")
    expect(verdict).to_be_visible()
    expect(verdict).to_contain_text("licence.ofd")
    expect(page.locator(".findings").first).to_contain_text(PAGE)
    check_page(page, "verify-file-changed", widths=(320, 1440))


def _send(page: Page, content: bytes) -> None:
    page.set_input_files(
        "input[type=file]",
        {"name": "licence.ofd", "mimeType": "application/ofd", "buffer": content},
    )
    page.locator('main form[enctype="multipart/form-data"] button').click()
