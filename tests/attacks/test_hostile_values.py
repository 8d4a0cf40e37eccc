"""Values nobody means: whatever a text or number holds, the answer is an answer, never a crash."""

import json
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.http import HttpResponseBase

from .asking import (
    api_routes,
    ask,
    body_of,
    filled,
    form_of,
    guards_of,
    is_closed,
    page_routes,
    parts_of,
    schemas,
)
from .base import World
from .routes import BODIES, OWNED
from .test_markup import WORDS
from .test_strangers import values_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]

ASKERS = ("owner", "firm", "officer", "clerk", "keeper", "anonymous")
TEXTS = {
    "10,000 characters": "演" * 10_000,
    "NUL": "演示\x00名",
    "lone surrogate": "演示\ud800名",
    "turned around": "\u202e\u200b\u2066演示\ufeff",
}
# All fields of a form at once: fewer requests, and no field is spared.
FIELDS = (
    ("unreadable", "演示\x00\u202e\u200b\x1b名"),
    ("10,000 characters", TEXTS["10,000 characters"]),
    ("400 digits", "9" * 400),
)
NUMBERS = {"400 digits": 10**400, "below zero": -(10**30)}
DEEP = '{"a":' * 3_000 + "1" + "}" * 3_000
NO_JSON = {
    "deep": DEEP,
    "deep list": "[" * 3_000 + "]" * 3_000,
    "twice the same key": '{"a": 1, "a": 2}',
    "a list": "[1]",
    "a word": '"x"',
    "nothing": "",
    "half": '{"a": ',
    "not a number": '{"a": NaN}',
    "not UTF-8": b'{"a": "\xff\xfe"}',
}


def kinds_of(schema: Mapping[str, Any], known: Mapping[str, Any]) -> set[str]:
    """The plain types a property takes: free texts and numbers only."""
    if "$ref" in schema:
        return kinds_of(known[schema["$ref"].rpartition("/")[2]], known)
    if "enum" in schema or "const" in schema or schema.get("format") in {"uuid", "binary"}:
        return set()
    kinds = {schema["type"]} if schema.get("type") in {"string", "integer", "number"} else set()
    for choice in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(choice, ()):
            kinds |= kinds_of(part, known)
    return kinds


def properties_of(operation: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, set[str]]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    while "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    return {name: kinds_of(part, known) for name, part in schema.get("properties", {}).items()}


def hostile(kinds: set[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "string" in kinds:
        values |= TEXTS
    if kinds & {"integer", "number"}:
        values |= NUMBERS
    return values


def by_turns(values: dict[str, Any], turn: int) -> list[tuple[str, Any]]:
    """NUL, which databases do not keep, and one other."""
    others = [entry for entry in values.items() if entry[0] != "NUL"]
    chosen = [others[turn % len(others)]] if others else []
    return chosen + [entry for entry in values.items() if entry[0] == "NUL"]


def asker_of(world: World, route: str, guards: Mapping[str, Any]) -> str | None:
    owner = OWNED.get(route, ("", {}))[0]
    access = guards.get(route)
    if access is None:
        return None
    open_to = [who for who in ASKERS if not is_closed(access, world.actors.get(who))]
    return min(open_to, key=lambda who: who != owner, default=None)


def address_of(world: World, route: str) -> str | None:
    if route in OWNED:
        return filled(route, values_of(world, OWNED[route][1]))
    parts = parts_of(route)
    return filled(route, {part: world.ids.get(WORDS.get(part, ""), "x") for part in parts})


def fault_of(answer: HttpResponseBase, *, is_api: bool) -> str:
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"status {answer.status_code}"
    is_problem = answer.get("Content-Type", "").startswith("application/problem+json")
    if is_api and answer.status_code >= 400 and not is_problem:
        return f"{answer.status_code} as {answer.get('Content-Type')}"
    return ""


def test_no_operation_falls_over_a_value(world: World) -> None:
    """Each string and number of each body by itself, each query parameter, what is no JSON."""
    guards, known = guards_of(), schemas()
    wrong, asked = [], 0
    for route, operation in api_routes().items():
        who, address = asker_of(world, route, guards), address_of(world, route)
        if who is None or address is None:
            continue
        client, method = world.api(who), route.split()[0]
        requests = list(_bodies(world, route, operation, known))
        requests += list(_queries(address, operation, known))
        for name, target, options in requests:
            answer = ask(client, method, target or address, **options)
            asked += 1
            if fault := fault_of(answer, is_api=True):
                wrong.append(f"{route} as {who}, {name}: {fault}")
    assert not wrong, f"{len(wrong)} of {asked}\n" + "\n".join(wrong[:80])
    assert asked > 1000


def _bodies(
    world: World, route: str, operation: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    plain = body_of(operation, known)
    if plain is None or form_of(operation, known):
        return
    given = {
        name: world.ids.get(str(value), value) for name, value in BODIES.get(route, {}).items()
    }
    turn = len(route)  # which of many, by turns: all of them are asked, not each of everyone
    shapes = list(NO_JSON.items())
    for name, text in (shapes[turn % len(shapes)], shapes[(turn * 7 + 3) % len(shapes)]):
        yield name, "", {"data": text, "content_type": "application/json"}
    if not isinstance(plain, dict):
        return
    for field, kinds in properties_of(operation, known).items():
        turn += 1
        for name, value in by_turns(hostile(kinds), turn):
            body = json.dumps({**plain, **given, field: value})
            yield f"{field} = {name}", "", {"data": body, "content_type": "application/json"}


def _queries(
    address: str, operation: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") != "query":
            continue
        name = parameter["name"]
        for title, value in by_turns(hostile(kinds_of(parameter["schema"], known)), len(name)):
            text = quote(str(value), safe="", errors="surrogatepass")
            yield f"?{name} = {title}", f"{address}?{name}={text}", {}


TYPED = {"text", "tel", "search", "password", "date", "number", "email", "url"}


class Fields(HTMLParser):
    """The forms of a page that are sent by POST: where to, and what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str], list[str]]] = []
        self.is_in = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_in = found.get("method", "").lower() == "post"
            if self.is_in:
                self.forms.append((found.get("action", ""), {}, []))
        name = found.get("name")
        if not self.is_in or not name or tag not in {"input", "textarea", "select", "button"}:
            return
        _action, values, texts = self.forms[-1]
        kind = found.get("type", "text")
        if (
            tag == "textarea"
            or (tag == "input" and kind in {"text", "tel", "search", "password"})
            or tag == "select"
            or kind in {"date", "number", "email", "url"}
        ):
            texts.append(name)
        elif kind in {"hidden", "radio", "checkbox"} or tag == "button":
            values.setdefault(name, found.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_in = False


def test_no_form_falls_over_a_value(world: World) -> None:
    """Every field of every form on every page holds the value at once."""
    guards = guards_of()
    wrong, asked, done = [], 0, set()
    for route in page_routes():
        if "?P<" in route or route.startswith(("oauth/", "scim/", "account/sign-out")):
            continue
        who, address = asker_of(world, route, guards), address_of(world, route)
        if who is None or address is None:
            continue
        client = world.page(who)
        page = ask(client, "GET", address)
        if page.status_code != 200 or not page.get("Content-Type", "").startswith("text/html"):
            continue
        reader = Fields()
        reader.feed(getattr(page, "content", b"").decode())
        for action, values, texts in reader.forms:
            target = action or address
            key = (route.split("<")[0], *sorted(texts))
            if not texts or not target.startswith("/") or key in done:
                continue
            done.add(key)
            for title, value in (FIELDS[0], FIELDS[1 + len(done) % 2]):
                data = {**values, **dict.fromkeys(texts, value)}
                sent = urlencode(data, errors="surrogatepass")
                form = "application/x-www-form-urlencoded"
                answer = ask(client, "POST", target, data=sent, content_type=form)
                asked += 1
                if fault := fault_of(answer, is_api=False):
                    wrong.append(f"POST {target} as {who}, {title}: {fault}")
    assert not wrong, f"{len(wrong)} of {asked}\n" + "\n".join(wrong[:80])
    assert asked > 150
