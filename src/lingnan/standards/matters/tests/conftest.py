"""A province, two cities and a county with an agency each; officers; a client that is someone."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.http import HttpRequest
from django.test import Client
from django.test.client import ClientHandler

from lingnan.kernel.actors import Actor, Grant
from lingnan.standards.codes.types import uscc
from lingnan.standards.matters.types import CATALOGUE, EDIT, READ, REVIEW

STEWARD = frozenset({READ, EDIT})
REVIEWER = frozenset({READ, REVIEW})

PROVINCE = "440000000000/"
GUANGZHOU = PROVINCE + "440100000000/"
SHENZHEN = PROVINCE + "440300000000/"
YUEXIU = GUANGZHOU + "440104000000/"


@dataclass(frozen=True)
class Place:
    """An agency and where it stands."""

    agency_id: UUID
    uscc: str
    path: str
    level: int


def _make_place(path: str, name: str, level: int, parent: Any, serial: int) -> tuple[Place, Any]:
    code = path.rstrip("/").rpartition("/")[2]
    region = apps.get_model("regions", "Region").objects.create(
        code=code,
        name=name,
        full_name=name,
        level=level,
        kind=("province", "city", "district")[level - 1],
        parent=parent,
        path=path,
        pinyin="x",
        initials="x",
        source="test",
    )
    number = uscc.build(
        authority="1", org_class="1", region_code=code[:6], org_body=f"MT{serial:06d}"
    )
    agency = apps.get_model("agencies", "Agency").objects.create(
        uscc=number,
        name=f"{name}市场监督管理局",
        short_name=f"{name}市监局",
        name_en=f"Market Supervision of {code}",
        kind="market_supervision",
        level=level,
        region=region,
        region_path=path,
        is_demo=True,
    )
    return Place(agency.pk, number, path, level), region


@dataclass(frozen=True)
class Places:
    province: Place
    guangzhou: Place
    shenzhen: Place
    yuexiu: Place


def make_places() -> Places:
    province, top = _make_place(PROVINCE, "广东省", 1, None, 1)
    guangzhou, city = _make_place(GUANGZHOU, "广州市", 2, top, 2)
    shenzhen, _city = _make_place(SHENZHEN, "深圳市", 2, top, 3)
    yuexiu, _district = _make_place(YUEXIU, "越秀区", 3, city, 4)
    return Places(province, guangzhou, shenzhen, yuexiu)


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


def officer(
    place: Place | None, permissions: frozenset[str] = STEWARD, *, region: str | None = None
) -> Actor:
    """An officer whose role reaches an agency, or with `region` a subtree ("" = everywhere)."""
    grant = Grant(
        role="tester",
        permissions=permissions,
        agency_id=place.agency_id if place and region is None else None,
        region_path=region,
    )
    return Actor(
        kind="officer",
        name="李四",
        account_id=uuid4(),
        officer_id=uuid4(),
        agency_id=place.agency_id if place else None,
        region_path=place.path if place else "",
        grants=(grant,),
    )


def catalogue_keeper() -> Actor:
    return officer(None, frozenset({READ, CATALOGUE}), region="")


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
    """A test client whose every request comes from the actor."""
    client = Client(headers={"accept-language": "en"})
    client.handler = _ActingHandler(actor)
    return client
