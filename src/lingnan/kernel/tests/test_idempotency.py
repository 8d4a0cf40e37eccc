"""Whose an idempotency key is."""

from uuid import uuid4

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
