"""Pictures of pages of a running server at 320, 768 and 1440 pixels, and what axe-core finds there.

    python tools/screenshots.py http://127.0.0.1:8000 / /wallet/ --cookie sessionid=...

The pictures are put under test-output/. Exit status 1 when a page has a violation or is wider than
its screen.
"""

import argparse
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
OUTPUT = ROOT / "test-output"
WIDTHS = (320, 768, 1440)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def file_name(path: str, width: int) -> str:
    """The picture's name: "/cases/7/?x=1" at 320 -> "cases-7-x-1-320.png"."""
    name = re.sub(r"[^\w]+", "-", path, flags=re.ASCII).strip("-")
    return f"{name or 'home'}-{width}.png"


def look(page: Page, address: str, output: Path, widths: Sequence[int]) -> list[str]:
    """Take the pictures of one page and return what is wrong with it."""
    found: list[str] = []
    path = address.removeprefix("{0.scheme}://{0.netloc}".format(urlsplit(address)))
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        page.screenshot(path=output / file_name(path, width), full_page=True)
        root = "document.documentElement"
        over = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        if over > 0:
            found.append(f"{path} at {width}: {over} px too wide")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        result = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(RULES)}}})")
        for rule in result["violations"]:
            places = "; ".join(node["html"][:120] for node in rule["nodes"][:3])
            found.append(f"{path} at {width}: {rule['id']}: {places}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("server", help="as http://127.0.0.1:8000")
    parser.add_argument("paths", nargs="+", help="as / or /wallet/")
    parser.add_argument("--cookie", action="append", default=[], help="name=value, repeatable")
    parser.add_argument("--language", default="zh-CN")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    chromium = shutil.which("chromium")
    if chromium is None:
        print("No Chromium here: apt-get install chromium", file=sys.stderr)
        return 2
    options.output.mkdir(exist_ok=True, parents=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        context = browser.new_context(locale=options.language, timezone_id="Asia/Shanghai")
        for cookie in options.cookie:
            name, _, value = cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": options.server}])
        page = context.new_page()
        found = [
            problem
            for path in options.paths
            for problem in look(page, options.server.rstrip("/") + path, options.output, WIDTHS)
        ]
        browser.close()
    for problem in found:
        print(problem)
    print(f"{len(options.paths)} pages looked at; pictures in {options.output}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
