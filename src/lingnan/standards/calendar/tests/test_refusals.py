"""A period is of working days, of calendar days or of months: of one of them."""

import pytest
from django.test import Client

from lingnan.kernel.testing import check_refused, nothing_written
from lingnan.standards.calendar.errors import OnePeriod

DUE = "/api/v1/calendar/due?start=2026-09-24"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    ["", "&workdays=5&months=1", "&workdays=0&calendar_days=0", "&calendar_days=1&months=0"],
)
def test_a_period_is_of_exactly_one_kind(given: str) -> None:
    with nothing_written("calendar"):
        check_refused(Client().get(f"{DUE}{given}"), OnePeriod)
