"""What people write comes out as what they wrote: never as markup, script or a header of ours."""

import re
from collections.abc import Iterator
from email.message import Message
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from django.http import HttpResponseBase

from .asking import ask, filled, guards_of, is_closed, page_routes, parts_of
from .base import World
from .routes import OWNED
from .test_strangers import values_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]

ASKERS = ("owner", "firm", "officer", "clerk", "anonymous")
WORDS = {
    "slug": "identity",
    "code31": "item",
    "theme_code": "theme",
    "type_code": "licence type",
    "identifier": "identifier",
    "number": "receipt number",
}


class Reader(HTMLParser):
    """Collects what a browser would run because of a value of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.is_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_script = tag == "script"
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append(f"<{tag} {name}>")
            if name in {"href", "src", "action", "formaction"} and re.match(
                r"\s*(javascript|data:text)", value or "", re.I
            ):
                self.found.append(f"<{tag} {name}={value}>")
            if name == "style":
                self.found.append(f"<{tag} style>")

    def handle_endtag(self, tag: str) -> None:
        self.is_script = False

    def handle_data(self, data: str) -> None:
        if self.is_script and "x1()" in data:
            self.found.append(f"script: {data[:60]}")


def problems_of(answer: HttpResponseBase) -> Iterator[str]:
    raw = b"".join(answer) if answer.streaming else getattr(answer, "content", b"")
    media_type = answer.get("Content-Type", "")
    if answer.get("Content-Disposition"):
        header = Message()
        header["Content-Disposition"] = answer["Content-Disposition"]
        if re.search(r"[<>\r\n\u202e]", header["Content-Disposition"]):
            yield f"file name {header['Content-Disposition']!r}"
    if media_type.startswith("text/html"):
        text = raw.decode()
        if "<script>x1" in text or "<img src=x" in text:
            place = max(text.find("<script>x1"), text.find("<img src=x"))
            yield f"unescaped: {text[max(0, place - 80) : place + 40]!r}"
        reader = Reader()
        reader.feed(text)
        yield from reader.found
    elif "svg" in media_type or "xml" in media_type:
        tree = ElementTree.fromstring(raw)
        for element in tree.iter():
            name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
            if name == "script" or any(key.startswith("on") for key in element.attrib):
                yield f"<{name}> in {media_type}"
    if answer.status_code >= 500:
        yield f"status {answer.status_code}"


def addresses(world: World) -> Iterator[tuple[str, list[str]]]:
    """Each page with its address here and those its guard lets in, its owner before the others."""
    guards = guards_of()
    for route in page_routes():
        parts = parts_of(route)
        if "?P<" in route or route.startswith(("oauth/", "scim/", "account/sign-out")):
            continue
        owner, things = OWNED.get(route, ("", {}))
        if route in OWNED:
            values = values_of(world, things)
        elif all(part in WORDS for part in parts):
            values = {part: world.ids.get(WORDS[part], WORDS[part]) for part in parts}
        else:
            continue
        askers = [who for who in ASKERS if not is_closed(guards[route], world.actors.get(who))]
        yield filled(route, values), sorted(askers, key=lambda who: who != owner)


def test_no_page_carries_markup_of_a_value(world: World) -> None:
    wrong: list[str] = []
    shown = read = 0
    for address, askers in addresses(world):
        for who in askers:
            answer = ask(world.page(who), "GET", address)
            if answer.status_code == 405:
                break
            if answer.status_code in {301, 302}:
                continue
            found = list(problems_of(answer))
            wrong += [f"GET {address} as {who}: {problem}" for problem in found]
            read += answer.status_code == 200
            text = getattr(answer, "content", b"")
            shown += b"&lt;script&gt;x1()" in text
            if answer.status_code == 200:
                break
    assert not wrong, "\n".join(wrong)
    assert read > 80
    assert shown > 30, "the value is not on the pages: the test looks at nothing"
