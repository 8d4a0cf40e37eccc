"""Every address with an id, asked by those whose it is not: the same answer as for no such thing.

The table is `routes.OWNED`; whoever adds an address adds its row, and a row can fail in both ways:
a stranger who gets in, and the right one who does not.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.http import HttpResponseBase
from django.test.client import BOUNDARY, encode_multipart
from django.test.client import MULTIPART_CONTENT as MULTIPART

from .asking import api_routes, ask, body_of, filled, form_of, page_routes, parts_of, schemas
from .routes import BODIES, OWNED, PUBLIC
from .world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(600)]

STRANGERS = ("anonymous", "other person", "other firm", "other agency", "other region")
OFFICERS = {"officer", "clerk", "keeper", "fee officer"}
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
        self.is_api = " " in route
        self.methods = [route.split()[0]] if self.is_api else ["GET", "POST"]
        given = {name: world.ids.get(str(value), value) for name, value in self.given()}
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

    def given(self) -> Iterable[tuple[str, object]]:
        return BODIES.get(self.route, {}).items()

    def ask(self, who: str, method: str, values: Mapping[str, str]) -> HttpResponseBase:
        client = self.world.api(who) if self.is_api else self.world.page(who)
        options = {} if method == "GET" else self.options
        return ask(client, method, filled(self.route, values), **options)


def is_to_sign_in(answer: HttpResponseBase) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/account/sign-in/")


def code_of(answer: HttpResponseBase) -> tuple[int, str]:
    """The status, and which refusal it is."""
    content = getattr(answer, "content", b"")
    problem = json.loads(content) if answer.get("Content-Type", "").endswith("problem+json") else {}
    return answer.status_code, problem.get("code", "")


def gets_in(mine: HttpResponseBase, nobodys: HttpResponseBase, method: str) -> bool:
    """A page or a file is shown; an act is done, or refused for another reason than for nothing."""
    if is_to_sign_in(mine) or mine.status_code in {401, 403}:
        return False
    return mine.status_code < 400 or (method != "GET" and code_of(mine) != code_of(nobodys))


def test_strangers_learn_nothing_and_the_right_one_gets_in(world: World) -> None:
    operations, known = api_routes(), schemas()
    wrong: list[str] = []
    asked = 0
    for route, (who, things) in OWNED.items():
        if who.startswith("open"):
            continue
        values = values_of(world, things)
        nobodys = {part: str(uuid4()) if is_id(part) else v for part, v in values.items()}
        asking = Asked(world, route, operations, known)
        let_in = False
        for method in asking.methods:
            mine = asking.ask(who, method, values)
            if mine.status_code == 405:
                continue
            let_in = let_in or gets_in(mine, asking.ask(who, method, nobodys), method)
            for stranger in STRANGERS:
                if route in PUBLIC or (who in OFFICERS and stranger == "other firm"):
                    continue
                answer = asking.ask(stranger, method, values)
                asked += 1
                place = f"{route} ({method}) as {stranger}"
                # 422 is of the body alone where it is the same for nothing.
                if answer.status_code not in {401, 403, 404, 422} and not is_to_sign_in(answer):
                    wrong.append(f"{place}: {answer.status_code}")
                if stranger in COMPARED:
                    other = asking.ask(stranger, method, nobodys)
                    if (answer.status_code, content_of(answer, values)) != (
                        other.status_code,
                        content_of(other, nobodys),
                    ):
                        wrong.append(f"{place}: tells it from what does not exist")
        if not let_in:
            wrong.append(f"{route}: {who} does not get in {code_of(mine)}")
    assert not wrong, "\n".join(wrong)
    assert asked > 900
