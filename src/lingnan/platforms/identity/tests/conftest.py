"""The identity gateway as a server of its own."""

from collections.abc import Iterator

import pytest

from ..simulator import Registry
from ..testing import identity_gateway


@pytest.fixture
def gateway() -> Iterator[Registry]:
    with identity_gateway() as registry:
        yield registry
