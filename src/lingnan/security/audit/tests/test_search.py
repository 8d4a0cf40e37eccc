"""Reading the record: filters, reach, pages."""

from datetime import timedelta
from uuid import uuid4

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.testing import max_queries

from .. import queries, services
from ..testing import audit_admin
from ..types import AuditFilter

pytestmark = pytest.mark.django_db


def _acts(reader: Actor, **wanted: object) -> list[str]:
    page = queries.search(actor=reader, wanted=AuditFilter(**wanted))  # type: ignore[arg-type]
    return [entry.act for entry in page.items]


def test_filters_narrow() -> None:
    now, officer = clock.now(), uuid4()
    for hours, act, who in (
        (3, "licences.issued", SYSTEM),
        (2, "licences.revoked", Actor(kind="officer", name="李科长", officer_id=officer)),
        (1, "licencesother.done", SYSTEM),
    ):
        services.record(
            actor=who, act=act, object_kind="k", object_id=act[-1], at=now - timedelta(hours=hours)
        )
    admin = audit_admin()
    assert _acts(admin) == ["licencesother.done", "licences.revoked", "licences.issued"]
    assert _acts(admin, act="licences") == ["licences.revoked", "licences.issued"]
    assert _acts(admin, act="licences.revoked") == ["licences.revoked"]
    assert _acts(admin, actor=str(officer)) == ["licences.revoked"]
    assert _acts(admin, actor="李科长") == ["licences.revoked"]
    assert _acts(admin, since=now - timedelta(hours=2, minutes=30)) == [
        "licencesother.done", "licences.revoked",
    ]  # fmt: skip
    assert _acts(admin, until=now - timedelta(hours=2)) == ["licences.issued"]
    assert _acts(admin, object_kind="k", object_id="e") == ["licencesother.done"]


def test_reach_is_kept() -> None:
    mine, other = uuid4(), uuid4()
    for agency in (mine, other):
        services.record(
            actor=Actor(kind="officer", agency_id=agency), act="a.b", object_kind="k",
            object_id=str(agency), at=clock.now(),
        )  # fmt: skip
    page = queries.search(actor=audit_admin(agency_id=mine), wanted=AuditFilter())
    assert [entry.object_id for entry in page.items] == [str(mine)]
    assert not queries.search(actor=Actor(kind="officer"), wanted=AuditFilter()).items


def test_pages_follow_each_other_in_one_query_each() -> None:
    now = clock.now()
    for number in range(7):
        services.record(actor=SYSTEM, act="a.b", object_kind="k", object_id=str(number), at=now)
    seen, cursor = [], None
    for _page in range(3):
        with max_queries(1):
            page = queries.search(actor=audit_admin(), wanted=AuditFilter(), cursor=cursor, limit=3)
        seen += [entry.object_id for entry in page.items]
        cursor = page.next_cursor
    assert sorted(seen) == [str(number) for number in range(7)]
    assert cursor is None
