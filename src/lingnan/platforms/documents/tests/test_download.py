"""Who may read a file, and the headers it comes with."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lingnan.kernel.actors import Actor
from lingnan.kernel.testing import check_routes, max_queries

from .. import queries, services, types
from ..adapters.folder import FolderStore
from ..testing import make_file, png
from ..types import DataClass
from .acting import actors_from_tests, client_for, make_officer_actor, make_person_actor

__all__ = ("actors_from_tests",)
pytestmark = pytest.mark.usefixtures("actors_from_tests")


@pytest.fixture(autouse=True)
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    store = FolderStore(tmp_path)
    monkeypatch.setattr(services, "content_store", lambda: store)
    monkeypatch.setitem(types._owners, "test.thing", can_read)
    yield


def can_read(actor: Actor, owner_id: UUID) -> bool:
    return actor.person_id == owner_id


@pytest.mark.django_db
def test_routes() -> None:
    mine, other = make_person_actor(), make_person_actor()
    clients = {
        "anonymous": Client(),
        "owner": client_for(mine),
        "other": client_for(other),
        "officer": client_for(make_officer_actor()),
    }
    assert mine.person_id
    private = make_file(owner_id=mine.person_id).pk
    public = make_file(owner_id=uuid4(), data_class=DataClass.PUBLIC).pk
    orphan = make_file(owner_kind="unknown.kind").pk
    only_owner = {"anonymous": 404, "owner": 200, "other": 404, "officer": 404}
    everyone = dict.fromkeys(only_owner, 200)
    no_one = dict.fromkeys(only_owner, 404)
    check_routes(
        clients,
        [
            (method, path.format(file_id), expected)
            for file_id, expected in (
                (private, only_owner),
                (public, everyone),
                (orphan, no_one),
                (uuid4(), no_one),
            )
            for method, path in (
                ("GET", "/documents/{}/"),
                ("GET", "/api/v1/documents/{}"),
                ("GET", "/api/v1/documents/{}/content"),
            )
        ],
    )


@pytest.mark.django_db
def test_a_file_comes_as_attachment_that_cannot_act_as_our_page() -> None:
    row = make_file(png(), name="身份证\u202egnp.exe.png", data_class=DataClass.PUBLIC)
    response = Client().get(f"/documents/{row.pk}/")
    assert response.content == png()
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert "%E2%80%AE" not in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["Content-Length"] == str(len(png()))
    shown = Client().get(f"/documents/{row.pk}/?view=1")
    assert shown["Content-Disposition"].startswith("inline")
    again = Client().get(f"/documents/{row.pk}/", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
def test_many_files_cost_one_query() -> None:
    ids = [make_file(png(colour=colour)).pk for colour in ("red", "blue", "green")]
    with max_queries(1):
        assert set(queries.files(ids)) == set(ids)
