"""国办函〔2016〕108号: a copy carries purpose and end; the master stays; the holder sees it."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries
from lingnan.platforms.documents import services as documents

from .. import access, faces, queries, services
from ..errors import LicenceUnknown, NotValidNow
from ..faces import render_copy
from ..models import LicenceUse
from ..testing import (
    holder_actor,
    make_agency,
    make_holder,
    make_licence,
    officer_actor,
)
from ..types import Holder, MaterialCopy

pytestmark = pytest.mark.django_db

ITEM = "11440000MD0000101P100011700100" + "0"


def _use(actor: Actor, licence_id: object, **changes: object) -> MaterialCopy:
    values = {
        "actor": actor,
        "licence_id": licence_id,
        "purpose": "办理居住证",
        "item_code": ITEM,
        "case_id": uuid4(),
        "at": clock.now(),
        **changes,
    }
    return services.use_as_material(**values)  # type: ignore[arg-type]


def _waiting_jobs(name: str) -> list[dict[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s", [name])
        return [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in cursor]


@pytest.fixture
def holder() -> Holder:
    return make_holder()


def test_a_copy_is_logged_marked_and_rendered_afterwards(holder: Holder) -> None:
    licence = make_licence(holder=holder)
    copy = _use(holder_actor(holder), licence.pk)
    use = LicenceUse.objects.get(pk=copy.use_id)
    assert use.file_id is None
    assert OutboxEvent.objects.filter(name="licences.used").count() == 1
    assert _waiting_jobs("licences.render_copy") == [{"use_id": str(use.pk)}]
    render_copy(use_id=str(use.pk))
    use.refresh_from_db()
    assert use.file_id is not None
    content = documents.read_file(use.file_id)
    assert content.startswith(b"%PDF-")
    face = services.face_bytes(licence.pk, "pdf", at=clock.now())[0]
    assert content != face
    (logged,) = queries.uses_of(licence.pk)
    assert (logged.purpose, logged.used_by) == ("办理居住证", holder.name)


def test_the_same_case_gets_one_copy(holder: Holder) -> None:
    licence, case = make_licence(holder=holder), uuid4()
    first = _use(holder_actor(holder), licence.pk, case_id=case)
    assert _use(holder_actor(holder), licence.pk, case_id=case).use_id == first.use_id
    assert LicenceUse.objects.count() == 1


def test_a_copy_never_outlives_its_licence(holder: Holder) -> None:
    soon = clock.today() + timedelta(days=10)
    licence = make_licence(
        holder=holder, valid_from=clock.today() - timedelta(days=30), valid_until=soon
    )
    assert _use(holder_actor(holder), licence.pk).copy_valid_until == soon


def test_refusals(holder: Holder) -> None:
    licence = make_licence(holder=holder)
    with pytest.raises(LicenceUnknown):
        _use(holder_actor(make_holder()), licence.pk)
    with pytest.raises(LicenceUnknown):
        _use(officer_actor(make_agency()), licence.pk)
    services.suspend_licence(licence_id=licence.pk, ground="69", actor=SYSTEM, at=clock.now())
    with pytest.raises(NotValidNow):
        _use(holder_actor(holder), licence.pk)
    assert not LicenceUse.objects.exists()


def test_who_may_read_a_copy(holder: Holder) -> None:
    receiving = make_agency()
    licence = make_licence(holder=holder)
    use_id = _use(holder_actor(holder), licence.pk, agency_id=receiving).use_id
    assert access.can_read_copy_file(holder_actor(holder), use_id)
    assert access.can_read_copy_file(officer_actor(receiving), use_id)
    assert not access.can_read_copy_file(officer_actor(make_agency()), use_id)
    assert not access.can_read_copy_file(holder_actor(make_holder()), use_id)
    assert not access.can_read_copy_file(holder_actor(holder), uuid4())
    assert access.can_read_licence_file(holder_actor(holder), licence.pk)
    assert not access.can_read_licence_file(officer_actor(receiving), licence.pk)


def test_copy_is_rendered_on_demand_once(holder: Holder) -> None:
    licence = make_licence(holder=holder)
    use_id = _use(holder_actor(holder), licence.pk).use_id
    first = faces.ensure_copy(use_id, at=clock.now())
    assert faces.ensure_copy(use_id, at=clock.now()) == first


def test_the_wallet_is_one_query_however_many_licences(holder: Holder) -> None:
    first = make_licence(holder=holder)
    for _more in range(4):
        make_licence(holder=holder, type_code=first.type_code, agency_id=first.agency_id)
    with max_queries(1):
        page = queries.page_of_own(holder_actor(holder))
        cards = queries.cards(page.items)
    assert len(cards) == 5
    principal = holder_actor(holder).principal
    assert principal is not None
    with max_queries(1):
        assert len(queries.licences_of(principal)) == 5
