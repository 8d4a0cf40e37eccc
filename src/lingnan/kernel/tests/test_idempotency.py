"""Whose an idempotency key is."""

from datetime import timedelta
from uuid import uuid4

import pytest

from .. import clock, idempotency
from ..actors import Actor, Principal
from ..idempotency import _owner
from ..models import IdempotencyKey

ACCOUNT, FIRM, POST, MANDATE = uuid4(), uuid4(), uuid4(), uuid4()


def test_a_key_belongs_to_an_account_in_one_identity_under_one_mandate() -> None:
    firm = Principal(kind="organisation", id=FIRM, name="演示一号有限公司")
    actors = [
        Actor(kind="person", account_id=ACCOUNT),
        Actor(kind="person", account_id=ACCOUNT, principal=firm),
        Actor(kind="person", account_id=ACCOUNT, principal=firm, mandate_id=MANDATE),
        Actor(kind="officer", account_id=ACCOUNT, officer_id=POST),
        Actor(kind="officer", account_id=ACCOUNT, officer_id=FIRM),  # one id in another place
        Actor(kind="person", account_id=uuid4(), principal=firm),
    ]
    owners = {_owner(actor) for actor in actors}
    assert len(owners) == len(actors)
    full = Actor(
        kind="person", account_id=ACCOUNT, officer_id=POST, principal=firm, mandate_id=MANDATE
    )
    length = IdempotencyKey._meta.get_field("owner").max_length
    assert length is not None and len(_owner(full)) <= length


@pytest.mark.django_db
def test_what_was_answered_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "SWEPT_AT_ONCE", 2)
    now = clock.now()
    for days in (9, 8, 8, 8, 8, 6, 0):
        row = IdempotencyKey.objects.create(owner="a", key=uuid4().hex, request_digest="x")
        IdempotencyKey.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=days))
    assert idempotency.sweep(before=now - timedelta(days=7)) == 5
    assert idempotency.sweep(before=now - timedelta(days=7)) == 0
    assert IdempotencyKey.objects.count() == 2
