"""Builders for tests that need a published year or a closure."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

from django.http import HttpRequest
from django.test import Client
from django.test.client import ClientHandler

from lingnan.kernel.actors import ANONYMOUS, Actor, Grant

from . import queries
from .types import SpecialDay

ARRANGEMENT_2027 = (
    *((f"2027-01-{n:02d}", "holiday", "元旦") for n in (1, 2, 3)),
    *((f"2027-02-{n:02d}", "holiday", "春节") for n in range(5, 12)),
    ("2027-02-20", "swapped_workday", "春节"),
    ("2027-04-05", "holiday", "清明"),
    *((f"2027-05-{n:02d}", "holiday", "劳动节") for n in (1, 2, 3, 4, 5)),
    ("2027-05-08", "swapped_workday", "劳动节"),
    ("2027-06-09", "holiday", "端午"),
    ("2027-09-15", "holiday", "中秋"),
    *((f"2027-10-{n:02d}", "holiday", "国庆节") for n in range(1, 8)),
    ("2027-10-09", "swapped_workday", "国庆节"),
)


def make_year_2027() -> list[SpecialDay]:
    """An invented arrangement of 2027, shaped like the real ones; no official one exists yet."""
    return [
        SpecialDay(
            on=date.fromisoformat(on), is_workday=kind == "swapped_workday", kind=kind, name=name
        )
        for on, kind, name in ARRANGEMENT_2027
    ]


@contextmanager
def fresh_calendar() -> Iterator[None]:
    """Read the calendar anew for this block, and leave nothing of it to the next test."""
    queries.forget()
    try:
        yield
    finally:
        queries.forget()


class _ActingHandler(ClientHandler):
    def __init__(self, actor: Actor) -> None:
        super().__init__(enforce_csrf_checks=False)
        self.actor = actor

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async)
        self._view_middleware.insert(0, self._become)  # type: ignore[attr-defined]

    def _become(self, request: HttpRequest, *_rest: object) -> None:
        request.actor = self.actor  # type: ignore[attr-defined]
        request.auth_via = "token"  # type: ignore[attr-defined]


def client_as(actor: Actor) -> Client:
    """A test client whose every request comes from the actor: no account behind it is needed."""
    client = Client(headers={"accept-language": "en"})
    client.handler = _ActingHandler(actor)
    return client


def make_steward(permission: str, region_path: str = "") -> Actor:
    """An officer who holds one permission in a subtree ("" = everywhere)."""
    grant = Grant(role="tester", permissions=frozenset({permission}), region_path=region_path)
    return Actor(
        kind="officer",
        name="林晓",
        account_id=uuid4(),
        officer_id=uuid4(),
        region_path=region_path,
        grants=(grant,),
    )


def make_route_clients(permission: str) -> dict[str, Client]:
    """Who asks in a table of routes; "elsewhere" holds the permission for another city only."""
    resident = Actor(kind="person", name="陈大文", account_id=uuid4(), person_id=uuid4())
    elsewhere = make_steward(permission, "440000000000/440400000000/")
    return {
        "anonymous": client_as(ANONYMOUS),
        "resident": client_as(resident),
        "officer": client_as(make_steward("tests.nothing")),
        "elsewhere": client_as(elsewhere),
        "steward": client_as(make_steward(permission)),
    }
