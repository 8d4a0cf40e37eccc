"""Working days and calendar days: the values of the official arrangement of 2026, and the laws."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lingnan.kernel.testing import max_queries
from lingnan.standards.calendar import queries
from lingnan.standards.calendar.errors import OutsideCalendar
from lingnan.standards.calendar.types import CalendarDays, CalendarMonths, DueDate, Workdays

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("received", "limit", "due"),
    [
        (date(2026, 9, 24), 5, date(2026, 10, 9)),
        (date(2026, 9, 24), 20, date(2026, 10, 29)),
        (date(2026, 2, 13), 5, date(2026, 2, 27)),
        (date(2026, 2, 13), 20, date(2026, 3, 19)),
        (date(2026, 9, 19), 5, date(2026, 9, 24)),
    ],
)
def test_the_computed_examples_of_2026(received: date, limit: int, due: date) -> None:
    assert queries.add_workdays(received, Workdays(limit)) == DueDate(due, False)
    assert queries.workdays_between(received, due) == limit


def test_a_swapped_sunday_is_a_working_day() -> None:
    assert date(2026, 9, 20).weekday() == 6
    assert queries.is_workday(date(2026, 9, 20))
    assert not queries.is_workday(date(2026, 9, 19))


def test_a_calendar_period_that_ends_in_the_holidays_ends_after_them() -> None:
    """行政处罚法: 15 calendar days from 2026-09-22 end on 10-07, a day of rest."""
    due = queries.add_calendar_days(date(2026, 9, 22), CalendarDays(15))
    assert due == DueDate(date(2026, 10, 8), False)
    assert date(2026, 9, 22) + timedelta(days=15) == date(2026, 10, 7)
    assert not queries.is_workday(date(2026, 10, 7))


def test_a_period_of_months_ends_on_the_corresponding_day_or_the_months_last() -> None:
    """民法典 art. 202."""
    assert queries.add_months(date(2026, 3, 31), CalendarMonths(1)).on == date(2026, 4, 30)
    assert queries.add_months(date(2025, 12, 31), CalendarMonths(2)).on == date(2026, 2, 28)
    assert queries.add_months(date(2026, 8, 5), CalendarMonths(2)).on == date(2026, 10, 8)
    assert queries.add_months(date(2026, 11, 12), CalendarMonths(1)).on == date(2026, 12, 14)


def test_a_deadline_beyond_the_last_published_year_is_provisional() -> None:
    assert queries.last_published_year() == 2026
    assert not queries.add_workdays(date(2026, 12, 1), Workdays(10)).provisional
    late = queries.add_workdays(date(2026, 12, 21), Workdays(20))
    assert late.provisional
    assert late.on == date(2027, 1, 19)  # weekends and New Year's Day, which the law fixes
    assert queries.add_calendar_days(date(2026, 12, 30), CalendarDays(10)).provisional
    assert queries.is_provisional(date(2027, 1, 1))


def test_the_two_kinds_of_day_cannot_be_mixed() -> None:
    with pytest.raises(TypeError):
        queries.add_workdays(date(2026, 9, 24), CalendarDays(5))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        queries.add_workdays(date(2026, 9, 24), 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        queries.add_calendar_days(date(2026, 9, 24), Workdays(5))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Workdays(5) + CalendarDays(5)  # type: ignore[operator]
    with pytest.raises(TypeError):
        CalendarDays(5) + Workdays(5)  # type: ignore[operator]
    with pytest.raises(TypeError):
        Workdays(True)
    with pytest.raises(ValueError, match="negative"):
        Workdays(-1)
    assert Workdays(5) + Workdays(10) == Workdays(15)


def test_no_working_days_end_where_they_start() -> None:
    assert queries.add_workdays(date(2026, 10, 1), Workdays(0)).on == date(2026, 10, 1)


@pytest.mark.parametrize("far", [date(1998, 12, 31), date(2090, 1, 1)])
def test_a_date_outside_the_calendar_is_refused(far: date) -> None:
    with pytest.raises(OutsideCalendar):
        queries.add_workdays(far, Workdays(1))
    with pytest.raises(OutsideCalendar):
        queries.is_workday(far)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dates(date(2004, 1, 1), date(2027, 12, 31)), st.integers(1, 400))
def test_adding_and_counting_agree_with_walking_day_by_day(start: date, count: int) -> None:
    due = queries.add_workdays(start, Workdays(count)).on
    assert queries.workdays_between(start, due) == count
    assert queries.workdays_between(due, start) == -count
    on, left = start, count
    while left:
        on += timedelta(days=1)
        left -= queries.is_workday(on)
    assert on == due


@pytest.mark.parametrize(("year", "workdays"), [(2024, 251), (2025, 248), (2026, 248)])
def test_the_working_days_of_whole_years(year: int, workdays: int) -> None:
    assert queries.workdays_between(date(year - 1, 12, 31), date(year, 12, 31)) == workdays


def test_a_question_costs_microseconds_and_no_query() -> None:
    queries.refresh()
    queries.add_workdays(date(2026, 9, 24), Workdays(20))
    with max_queries(0):
        start = time.perf_counter()
        for _ in range(2000):
            queries.add_workdays(date(2026, 9, 24), Workdays(20))
        each_us = (time.perf_counter() - start) / 2000 * 1e6
    assert each_us < 200  # measured: about 3; the margin is for a busy machine


def test_the_scope_of_a_division_from_its_path_or_its_code() -> None:
    path = "440000000000/441900000000/441900003000/"
    assert queries.scope_codes(path) == queries.scope_codes("441900003000")
    assert queries.scope_codes("440305001000") == {
        "440000000000",
        "440300000000",
        "440305000000",
        "440305001000",
    }
    assert queries.scope_codes("") == frozenset()
