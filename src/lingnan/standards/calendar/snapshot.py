"""The calendar in memory: for every day the number of working days up to it.

Pure. With these two arrays every question is a subtraction or one look-up, whatever the distance.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from .errors import OutsideCalendar
from .types import SpecialDay

FIRST_DAY = date(1999, 1, 1)
YEARS_AHEAD = 40

# Holidays by law on fixed days of the solar calendar; those by the lunar one wait for the notice.
# Source: 全国年节及纪念日放假办法 (2024 revision).
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@dataclass(frozen=True, slots=True)
class DayTable:
    """Working days of one set of scopes. Index 0 is FIRST_DAY."""

    until: "array[int]"  # per day: working days up to and including it
    workdays: "array[int]"  # per working day: its index as a day

    def is_workday(self, on: date) -> bool:
        index = self._index(on)
        return self.until[index] > (self.until[index - 1] if index else 0)

    def add(self, start: date, count: int) -> date:
        """The `count`-th working day after `start`, which itself is not counted."""
        if count == 0:
            return start
        place = self.until[self._index(start)] + count - 1
        if place >= len(self.workdays):
            raise self._outside()
        return FIRST_DAY + timedelta(days=self.workdays[place])

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is earlier."""
        return self.until[self._index(end)] - self.until[self._index(start)]

    def next_workday(self, on: date) -> date:
        """The day itself if it is a working day, else the next one."""
        return on if self.is_workday(on) else self.add(on, 1)

    def _index(self, on: date) -> int:
        index = (on - FIRST_DAY).days
        if not 0 <= index < len(self.until):
            raise self._outside()
        return index

    def _outside(self) -> OutsideCalendar:
        last = FIRST_DAY + timedelta(days=len(self.until) - 1)
        return OutsideCalendar(first=FIRST_DAY, last=last)


@dataclass(slots=True)
class Snapshot:
    """All special days at one version of the calendar; tables per scope are made on first use."""

    version: int
    published_years: frozenset[int]
    special_days: tuple[SpecialDay, ...]
    _tables: dict[frozenset[str], DayTable] = field(default_factory=dict)

    @property
    def last_published_year(self) -> int:
        """The last year of the unbroken run of published years."""
        year = min(self.published_years)
        while year + 1 in self.published_years:
            year += 1
        return year

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(day.region_code for day in self.special_days if day.region_code)

    def table(self, codes: frozenset[str] = frozenset()) -> DayTable:
        """The table for a division, given its code and those above it."""
        relevant = codes & self.scopes
        found = self._tables.get(relevant)
        if found is None:
            found = self._tables[relevant] = self._build(relevant)
        return found

    def is_final(self, on: date) -> bool:
        """Whether every working day up to this date is officially known."""
        return on.year <= self.last_published_year

    def _build(self, codes: frozenset[str]) -> DayTable:
        special = _by_day(day for day in self.special_days if day.region_code in codes | {""})
        end = date(self.last_published_year + YEARS_AHEAD, 12, 31)
        until, workdays = array("i"), array("i")
        count = 0
        for index in range((end - FIRST_DAY).days + 1):
            on = FIRST_DAY + timedelta(days=index)
            is_workday = special.get(on)
            if is_workday is None:
                is_workday = on.weekday() < 5 and not self._is_fixed_holiday(on)
            if is_workday:
                workdays.append(index)
                count += 1
            until.append(count)
        return DayTable(until=until, workdays=workdays)

    def _is_fixed_holiday(self, on: date) -> bool:
        return (on.month, on.day) in FIXED_HOLIDAYS and on.year not in self.published_years


def _by_day(days: Iterable[SpecialDay]) -> dict[date, bool]:
    """Per day whether it is a working day. A closure wins: it is nearer than the country's rule."""
    answer: dict[date, bool] = {}
    for day in days:
        answer[day.on] = day.is_workday and answer.get(day.on, True)
    return answer
