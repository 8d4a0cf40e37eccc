"""A holder, his licence, and a wallet."""

import pytest

from lingnan.kernel.actors import Actor

from ...models import Licence
from ...testing import FIELDS_SCHEMA, holder_actor, make_holder, make_licence, make_type
from ..testing import Wallet


@pytest.fixture
def licence() -> Licence:
    kind = make_type(key="demo_permit", fields_schema=FIELDS_SCHEMA)
    return make_licence(holder=make_holder(), type_code=kind.code)


@pytest.fixture
def holder(licence: Licence) -> Actor:
    given = make_holder()
    return holder_actor(
        type(given)(kind="person", id=licence.holder_id, name="陈美玲", code=given.code)
    )


@pytest.fixture
def wallet() -> Wallet:
    return Wallet()
