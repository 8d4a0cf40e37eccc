"""Every address with an id, asked by those whose it is not: the same answer as for no such thing.

The table is `routes.OWNED`; whoever adds an address adds its row, and a row can fail in both ways:
a stranger who gets in, and the right one who does not.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.http import HttpResponseBase
from django.test.client import BOUNDARY, encode_multipart
from django.test.client import MULTIPART_CONTENT as MULTIPART

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
from .routes import BODIES, OWNED, PUBLIC

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]

STRANGERS = ("anonymous", "other person", "other firm", "other agency", "other region")
OFFICERS = {"officer", "clerk", "keeper", "second officer", "window clerk"}
COMPARED = {"other person", "other agency"}
CHANGING = re.compile(r'(csrf\w*"[^>]*value=|nonce=)"[^"]*"')


def is_id(part: str) -> bool:
    return part.endswith(("_id", "_pk")) and part != "page_id"


def test_every_address_with_an_id_is_in_the_table() -> None:
    addresses = [*page_routes(), *api_routes()]
    with_id = {address for address in addresses if any(map(is_id, parts_of(address)))}
    assert with_id - OWNED.keys() == set(), "say in routes.OWNED whose these are"
    assert OWNED.keys() - with_id == set(), "these are no more"
    assert len(with_id) > 200


def values_of(world: World, things: Mapping[str, str]) -> dict[str, str]:
    return {
        part: thing[1:] if thing.startswith("=") else world.ids[thing]
        for part, thing in things.items()
    }


def content_of(answer: HttpResponseBase, values: Mapping[str, str]) -> str:
    """What an answer says, without the id it was asked for and what differs each time."""
    raw = b"".join(answer) if answer.streaming else getattr(answer, "content", b"")
    text = CHANGING.sub("", raw.decode(errors="replace"))
    for value in values.values():
        text = text.replace(value, "*")
    return text


class Asked:
    """One address with what it takes, and how to ask it as someone."""

    def __init__(self, world: World, route: str, operations: dict[str, Any], known: Any) -> None:
        self.world, self.route = world, route
        self.who, things = OWNED[route]
        self.values = values_of(world, things)
        self.nobodys = {
            part: str(uuid4()) if is_id(part) else value for part, value in self.values.items()
        }
        self.is_api = " " in route
        self.methods = [route.split()[0]] if self.is_api else ["GET", "POST"]
        given = {
            name: world.ids.get(str(value), value) for name, value in BODIES.get(route, {}).items()
        }
        self.options: dict[str, Any] = {
            "data": urlencode(given),
            "content_type": "application/x-www-form-urlencoded",
        }
        if self.is_api:
            body = {**(body_of(operations[route], known) or {}), **given}
            self.options = {"data": json.dumps(body), "content_type": "application/json"}
            form = form_of(operations[route], known)
            if form:
                self.options = {"data": encode_multipart(BOUNDARY, form), "content_type": MULTIPART}

    def ask(self, who: str, method: str, values: Mapping[str, str]) -> HttpResponseBase:
        client = self.world.api(who) if self.is_api else self.world.page(who)
        options = {} if method == "GET" else self.options
        return ask(client, method, filled(self.route, values), **options)

    def gets_in(self, mine: HttpResponseBase, method: str) -> bool:
        """A page or a file is shown; an act is done, or refused for another reason than nothing."""
        if is_to_sign_in(mine) or mine.status_code in {401, 403}:
            return False
        if mine.status_code < 400 or method == "GET":
            return mine.status_code < 400
        return code_of(mine) != code_of(self.ask(self.who, method, self.nobodys))

    def strangers(self) -> list[str]:
        if self.route in PUBLIC:
            return []
        return [who for who in STRANGERS if who != "other firm" or self.who not in OFFICERS]

    def problem_of(self, stranger: str, method: str) -> str:
        """What a stranger got that he should not, if anything."""
        answer = self.ask(stranger, method, self.values)
        # 422 is of the body alone where it is the same for nothing.
        if answer.status_code not in {401, 403, 404, 422} and not is_to_sign_in(answer):
            return str(answer.status_code)
        if stranger in COMPARED:
            other = self.ask(stranger, method, self.nobodys)
            if (answer.status_code, content_of(answer, self.values)) != (
                other.status_code,
                content_of(other, self.nobodys),
            ):
                return "tells it from what does not exist"
        return ""

    def problem_at_guard(self, stranger: str) -> str:
        """As `problem_of`, where the guard refuses before the address is read: once is enough."""
        answer = self.ask(stranger, self.methods[0], self.values)
        refused = answer.status_code in {401, 403} or is_to_sign_in(answer)
        return "" if refused else f"{answer.status_code} in spite of the guard"


def is_to_sign_in(answer: HttpResponseBase) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/account/sign-in/")


def code_of(answer: HttpResponseBase) -> tuple[int, str]:
    """The status, and which refusal it is."""
    content = getattr(answer, "content", b"")
    problem = json.loads(content) if answer.get("Content-Type", "").endswith("problem+json") else {}
    return answer.status_code, problem.get("code", "")


def test_strangers_learn_nothing_and_the_right_one_gets_in(world: World) -> None:
    operations, known, guards = api_routes(), schemas(), guards_of()
    wrong: list[str] = []
    asked = 0
    for route, (who, _things) in OWNED.items():
        if who.startswith("open"):
            continue
        asking = Asked(world, route, operations, known)
        methods, let_in = [], False
        for method in asking.methods:
            mine = asking.ask(who, method, asking.values)
            if mine.status_code != 405:
                methods.append(method)
                let_in = let_in or asking.gets_in(mine, method)
        if not let_in:
            wrong.append(f"{route}: {who} does not get in {code_of(mine)}")
        asking.methods = methods
        refused = False
        for stranger in asking.strangers():
            if is_closed(guards[route], world.actors.get(stranger)):
                if refused:  # by the same guard, which stands before the route: seen just now
                    continue
                refused = True
                found = {methods[0]: asking.problem_at_guard(stranger)}
            else:
                found = {method: asking.problem_of(stranger, method) for method in methods}
            asked += len(found)
            wrong += [
                f"{route} ({method}) as {stranger}: {problem}"
                for method, problem in found.items()
                if problem
            ]
    assert not wrong, "\n".join(wrong)
    assert asked > 800
