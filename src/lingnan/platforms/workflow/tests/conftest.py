"""What workflow's tests share."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from lingnan.platforms.workflow import registry
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.calendar.testing import fresh_calendar


@pytest.fixture
def at() -> datetime:
    """Thursday 24 September 2026, 10:00 in China."""
    return datetime(2026, 9, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
def agency(db: None) -> UUID:
    return make_agency().id


@pytest.fixture(autouse=True)
def calendar() -> Iterator[None]:
    with fresh_calendar():
        yield


@pytest.fixture
def actions() -> Iterator[dict[str, object]]:
    """Registered actions of one test; what was there before comes back."""
    before = dict(registry._actions)
    yield registry._actions  # type: ignore[misc]
    registry._actions.clear()
    registry._actions.update(before)
