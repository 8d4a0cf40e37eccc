"""The browser for journeys: Debian's Chromium by Playwright, a live server, axe-core, screenshots.

A journey is marked `browser`; without a Chromium it is skipped and says so. Screenshots are put
under `test-output/` for people to look at.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(settings.BASE_DIR)
OUTPUT = ROOT / "test-output"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (320, 768, 1440)
HEIGHT = 900
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

# Playwright keeps an event loop in this thread; Django would refuse its queries beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# What a page is waited for, also where something else keeps the machine busy.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the session."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield found
        found.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a person's own browser: `new_context(width=360)`; JavaScript may be switched off."""
    made: list[BrowserContext] = []

    def make(width: int = 1440, *, javascript: bool = True, **options: Any) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            locale=options.pop("locale", "zh-CN"),
            timezone_id="Asia/Shanghai",
            java_script_enabled=javascript,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A desktop page."""
    return new_context().new_page()


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    """A phone of 360 pixels."""
    return new_context(360, has_touch=True, is_mobile=True).new_page()


@pytest.fixture
def check_page() -> Callable[..., None]:
    """`check_page(page, "name")`: nothing found by axe-core, nothing wider than the screen, no
    errors of the content security policy; one screenshot for each width."""

    def check(page: Page, name: str, *, widths: tuple[int, ...] = WIDTHS) -> None:
        before = page.viewport_size or {"width": WIDTHS[-1], "height": HEIGHT}
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            screenshot(page, f"{name}-{width}")
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide <= 0, f"{name}: {too_wide} px wider than a screen of {width}"
            found = violations(page)
            assert not found, f"{name} at {width}:\n" + "\n".join(found)
        page.set_viewport_size(before)

    return check


def screenshot(page: Page, name: str) -> Path:
    """The whole page as it looks now, under test-output/."""
    OUTPUT.mkdir(exist_ok=True)
    path = OUTPUT / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path


def violations(page: Page) -> list[str]:
    """What axe-core finds, one line for each place. Needs the page's JavaScript."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm ci --ignore-scripts)")
    # Evaluated by the debugger, so the page's own content security policy stays in force.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(AXE_RULES)}}})")
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
