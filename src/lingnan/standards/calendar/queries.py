"""Questions to the calendar: microseconds, from tables held in the process.

The tables are checked against the version row at most once a second, so a change made by another
process is seen within that time; a subscriber of `CalendarPublished` or `ClosureRecorded` calls
`refresh()` and sees it at once. A year that is not in the database is taken from the shipped seed:
the calendar is right on an empty database too.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from time import monotonic

from django.db import connection

from .models import CalendarVersion, PublishedYear, WorkdayOverride
from .seed import shipped_days, shipped_years
from .snapshot import Snapshot
from .types import CalendarDays, CalendarMonths, DueDate, SpecialDay, Workdays

CHECK_EVERY_S = 1.0


class _Held:
    """What this process holds. One assignment swaps it, so threads need no lock."""

    snapshot: Snapshot | None = None
    checked_at: float = 0.0


def add_workdays(start: date, count: Workdays, *, region_code: str = "") -> DueDate:
    """The last day of a period of working days; the day it starts from is not counted.

    `region_code` may be a division's code or its path: closures there and above count.
    Raises: OutsideCalendar (422). No query while the tables are fresh.
    Source: 行政许可法 art. 82; 民法典 art. 201.
    """
    if not isinstance(count, Workdays):
        raise TypeError(f"working days are Workdays(n), not {count!r}")
    snapshot = _snapshot()
    on = snapshot.table(scope_codes(region_code)).add(start, count.days)
    return DueDate(on, not snapshot.is_final(on))


def add_calendar_days(start: date, count: CalendarDays, *, region_code: str = "") -> DueDate:
    """The last day of a period of calendar days; a last day of rest moves to the next workday.

    A closure counts as rest here too (our choice, in favour of whoever must act by that day).
    Raises: OutsideCalendar (422). Source: 民法典 art. 201, 203.
    """
    if not isinstance(count, CalendarDays):
        raise TypeError(f"calendar days are CalendarDays(n), not {count!r}")
    return _roll(start + timedelta(days=count.days), region_code)


def add_months(start: date, count: CalendarMonths, *, region_code: str = "") -> DueDate:
    """The corresponding day of a later month, or that month's last; rest moves it on.

    Raises: OutsideCalendar (422). Source: 民法典 art. 202, 203.
    """
    months = start.year * 12 + start.month - 1 + count.months
    year, month = divmod(months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = following - timedelta(days=1)
    return _roll(last.replace(day=min(start.day, last.day)), region_code)


def workdays_between(start: date, end: date, *, region_code: str = "") -> int:
    """Working days after `start` up to and including `end`; negative when `end` is earlier.

    So `workdays_between(d, add_workdays(d, Workdays(n)).on) == n`. Raises: OutsideCalendar (422).
    """
    return _snapshot().table(scope_codes(region_code)).between(start, end)


def is_workday(on: date, *, region_code: str = "") -> bool:
    """Raises: OutsideCalendar (422)."""
    return _snapshot().table(scope_codes(region_code)).is_workday(on)


def next_workday(on: date, *, region_code: str = "") -> date:
    """The day itself if it is a working day, else the next. Raises: OutsideCalendar (422)."""
    return _snapshot().table(scope_codes(region_code)).next_workday(on)


def is_provisional(on: date) -> bool:
    """Whether a deadline on that day may still move because its year is not published."""
    return not _snapshot().is_final(on)


def published_years() -> frozenset[int]:
    return _snapshot().published_years


def last_published_year() -> int:
    """Deadlines up to the end of this year are final."""
    return _snapshot().last_published_year


def special_days(year: int, *, region_code: str = "") -> list[SpecialDay]:
    """The days of a year that are not what their weekday says, with closures there and above.

    Without a division, every closure of every division.
    """
    codes = scope_codes(region_code)
    days = [
        day
        for day in _snapshot().special_days
        if day.on.year == year and (not codes or not day.region_code or day.region_code in codes)
    ]
    return sorted(days, key=lambda day: (day.on, day.region_code))


def version() -> int:
    """Grows with every change of the calendar."""
    return _snapshot().version


def scope_codes(region: str) -> frozenset[str]:
    """A division's code and those above it, from a path ("440000000000/440100000000/") or a code.

    From a bare code the ancestors follow by the digits of GB/T 2260 and GB/T 10114; that holds for
    cities without counties too (their towns carry "00" as county). Prefer the path: it is explicit.
    """
    if not region:
        return frozenset()
    if "/" in region:
        return frozenset(code for code in region.split("/") if code)
    return frozenset({region, *(region[:n].ljust(12, "0") for n in (2, 4, 6, 9))})


def refresh() -> None:
    """Read the calendar from the database now. Four queries."""
    _Held.snapshot = _load(_stored_version())
    _Held.checked_at = monotonic()


def forget() -> None:
    """Make the next question read the calendar again."""
    _Held.snapshot = None


def _roll(on: date, region_code: str) -> DueDate:
    snapshot = _snapshot()
    rolled = snapshot.table(scope_codes(region_code)).next_workday(on)
    return DueDate(rolled, not snapshot.is_final(rolled))


def _snapshot() -> Snapshot:
    held = _Held.snapshot
    if held is not None and monotonic() - _Held.checked_at < CHECK_EVERY_S:
        return held
    stored = _stored_version()
    if held is None or held.version != stored:
        held = _Held.snapshot = _load(stored)
    _Held.checked_at = monotonic()
    return held


def _stored_version() -> int:
    """One look-up by primary key. Straight on the connection's cursor: this check belongs to the
    process, not to the request during which its second happened to be over.
    """
    connection.ensure_connection()
    raw = connection.connection
    assert raw is not None
    with raw.cursor() as cursor:
        cursor.execute(f"SELECT number FROM {CalendarVersion._meta.db_table} WHERE id = 1")  # noqa: S608
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _load(version: int) -> Snapshot:
    stored_years = frozenset(PublishedYear.objects.values_list("year", flat=True))
    stored = [_special_day(row) for row in WorkdayOverride.objects.order_by("date")]
    shipped = (day for day in shipped_days() if day.on.year not in stored_years)
    return Snapshot(
        version=version,
        published_years=stored_years | shipped_years(),
        special_days=tuple(_sorted([*shipped, *stored])),
    )


def _sorted(days: Iterable[SpecialDay]) -> list[SpecialDay]:
    return sorted(days, key=lambda day: (day.on, day.region_code))


def _special_day(row: WorkdayOverride) -> SpecialDay:
    return SpecialDay(
        on=row.date,
        is_workday=row.is_workday,
        kind=row.kind,
        name=row.name,
        name_en=row.name_en,
        region_code=row.region_code,
        source_doc=row.source_doc,
    )
