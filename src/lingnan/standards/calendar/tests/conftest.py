from collections.abc import Iterator

import pytest

from lingnan.standards.calendar.testing import fresh_calendar


@pytest.fixture(autouse=True)
def _own_calendar() -> Iterator[None]:
    with fresh_calendar():
        yield
