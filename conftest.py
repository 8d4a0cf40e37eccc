"""Set-up every test run shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from lingnan.project import translations
from lingnan.standards.calendar.testing import fresh_calendar

PACKAGE = Path(__file__).parent / "src" / "lingnan"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and translations.is_stale(PACKAGE):
        translations.compile_all(PACKAGE)
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def calendar_of_this_test() -> Iterator[None]:
    """A year published in one test is not remembered in the next."""
    with fresh_calendar():
        yield
