"""What an officer sees of a licence: numbers in part, the whole where his task needs it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lingnan.kernel.actors import Actor
from lingnan.kernel.testing import max_queries
from lingnan.platforms.workflow import testing as workflow
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.security.masking.types import SEE_WHOLE

from .. import queries, services
from ..models import Licence
from ..testing import holder_actor, make_agency, make_holder, make_licence, make_type
from ..types import VIEW_LICENCES

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
SECRET = "440106199005170025"
FIELDS = {
    "type": "object",
    "properties": {
        "place": {"type": "string", "x-title": {"zh-hans": "住址", "en": "Address"},
                  "x-sensitive": True},
    },
    "required": ["place"],
}  # fmt: skip


@pytest.fixture
def task(settings: Any) -> Any:
    """The open task of a process that has just begun."""
    with_actors(settings)
    workflow.publish(workflow.approval_xml(), at=AT)
    started = workflow.start(agency_id=make_agency(), at=AT)
    return workflow.open_task(started.instance_id)


@pytest.fixture
def officer(task: Any) -> Actor:
    """Works where the process waits; may see licences and, for a task, the whole."""
    return _worker(task, VIEW_LICENCES, SEE_WHOLE)


def _worker(task: Any, *permissions: str) -> Actor:
    return workflow.worker([task.role], agency_id=task.agency_id, extra=permissions)


def _licence(officer: Actor, **changes: object) -> Licence:
    return make_licence(
        type_code=make_type(fields_schema=FIELDS, face={"style": "blue", "fields": ["place"]}).code,
        agency_id=officer.agency_id,
        holder=make_holder(code=SECRET),
        fields={"place": "体育东路 12 号 1203 房"},
        **changes,
    )


def _seen(officer: Actor, licence: Licence) -> list[str]:
    client = client_of(officer)
    answers = [
        client.get(f"/desk/licences/{licence.pk}/"),
        client.get(f"/api/v1/licences/{licence.pk}"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    return [answer.content.decode() for answer in answers]


def test_without_a_task_on_it_numbers_stand_in_part(officer: Actor) -> None:
    licence = _licence(officer)
    page, body = _seen(officer, licence)
    for text in (page, body):
        assert SECRET not in text
        assert "1203" not in text
        assert "?code=" not in text
    assert f"<dd>{queries.card(licence).number}</dd>" not in page


def test_with_a_task_on_its_case_the_whole_stands(officer: Actor, task: Any) -> None:
    licence = _licence(officer, subject_kind=task.subject_kind, subject_id=task.subject_id)
    page, body = _seen(officer, licence)
    assert SECRET in page
    assert "1203" in page
    assert "1203" in body
    assert "?code=" in body


def test_handed_to_a_case_one_works_on_the_whole_stands(officer: Actor, task: Any) -> None:
    licence = _licence(officer)
    holder = replace(make_holder(code=SECRET), id=licence.holder_id)
    services.use_as_material(
        actor=holder_actor(holder), licence_id=licence.pk, purpose="办理", item_code="",
        case_id=task.subject_id, agency_id=officer.agency_id, at=AT,
    )  # fmt: skip
    assert SECRET in _seen(officer, licence)[0]


def test_a_task_without_the_permission_shows_no_more(task: Any) -> None:
    plain = _worker(task, VIEW_LICENCES)
    licence = _licence(plain, subject_kind=task.subject_kind, subject_id=task.subject_id)
    assert SECRET not in _seen(plain, licence)[0]


def test_lists_show_a_trace_and_ask_no_task(officer: Actor, task: Any) -> None:
    for _number in range(3):
        _licence(officer, subject_kind=task.subject_kind, subject_id=task.subject_id)
    client = client_of(officer)
    client.get("/api/v1/licences/search")
    with max_queries(4):
        rows = client.get("/api/v1/licences/search").json()["items"]
    assert len(rows) == 3
    assert all("*" in row["number"] and "*" in row["holder_name"] for row in rows)
    assert "陈美玲" not in client.get("/desk/licences/").content.decode()


def test_the_holder_sees_the_whole(settings: Any) -> None:
    with_actors(settings)
    holder = make_holder(code=SECRET)
    licence = make_licence(holder=holder)
    body = client_of(holder_actor(holder)).get(f"/api/v1/licences/{licence.pk}").json()
    assert "*" not in body["number"]
    assert body["holder_name"] == "陈美玲"
