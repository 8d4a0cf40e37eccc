"""Every route x everyone who may or may not ask."""

from typing import Any

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, SYSTEM, Actor
from lingnan.kernel.testing import check_routes

from .. import services
from ..testing import audit_admin, client_of, with_actors

pytestmark = pytest.mark.django_db


@pytest.fixture
def clients(settings: Any) -> dict[str, Any]:
    with_actors(settings)
    return {
        "anonymous": client_of(ANONYMOUS),
        "person": client_of(Actor(kind="person", name="陈美玲")),
        "officer": client_of(Actor(kind="officer", name="李科长")),
        "admin": client_of(audit_admin()),
    }


def test_who_may_ask_what(clients: dict[str, Client]) -> None:
    services.record(actor=SYSTEM, act="a.b", object_kind="k", object_id="1", at=clock.now())
    page = {"anonymous": 302, "person": 403, "officer": 403, "admin": 200}
    api = {"anonymous": 401, "person": 403, "officer": 403, "admin": 200}
    check_routes(
        clients,
        [
            ("GET", "/admin/audit/", page),
            ("GET", "/admin/audit/chain/", page),
            ("GET", "/admin/audit/?since=rubbish", {"admin": 200}),
            ("GET", "/admin/audit/?cursor=rubbish", {"admin": 422}),
            ("GET", "/api/v1/audit/entries", api),
            ("GET", "/api/v1/audit/entries?limit=0", {"admin": 422}),
            ("GET", "/api/v1/audit/verdict", api),
        ],
    )


def test_the_page_and_the_api_show_the_entry(clients: dict[str, Client]) -> None:
    services.record(
        actor=Actor(kind="officer", name="李科长"), act="licences.revoked",
        object_kind="licences.licence", object_id="x1", facts={"ground": "69"}, at=clock.now(),
    )  # fmt: skip
    page = clients["admin"].get("/admin/audit/", {"act": "licences"}).content.decode()
    assert "李科长" in page
    assert "licences.revoked" in page
    answer = clients["admin"].get("/api/v1/audit/entries", {"object_id": "x1"}).json()
    assert answer["items"][0]["facts"] == {"ground": "69"}
    assert answer["next_cursor"] is None
    verdict = clients["admin"].get("/api/v1/audit/verdict").json()
    assert verdict["unsealed"] == 1
