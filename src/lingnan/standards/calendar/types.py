"""Two kinds of day that cannot be mixed, months, and what a deadline is.

"20 days" is the classic error of this field: the licensing law counts working days throughout, the
penalties law only below ten, the civil code counts calendar days and months. So a bare number is
never a period here.
"""

from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions

MANAGE_CALENDAR = permissions.declare(
    "calendar.manage", _("Publish a year's working days and record closures")
)


@dataclass(frozen=True, slots=True, order=True)
class Workdays:
    """A number of working days. Source: 行政许可法 art. 82."""

    days: int

    def __post_init__(self) -> None:
        _check_count(self.days)

    def __int__(self) -> int:
        return self.days

    def __add__(self, other: "Workdays") -> "Workdays":
        if not isinstance(other, Workdays):
            _refuse_mixing(self, other)
        return Workdays(self.days + other.days)


@dataclass(frozen=True, slots=True, order=True)
class CalendarDays:
    """A number of days by the calendar. Source: 民法典 art. 200-203."""

    days: int

    def __post_init__(self) -> None:
        _check_count(self.days)

    def __int__(self) -> int:
        return self.days

    def __add__(self, other: "CalendarDays") -> "CalendarDays":
        if not isinstance(other, CalendarDays):
            _refuse_mixing(self, other)
        return CalendarDays(self.days + other.days)


@dataclass(frozen=True, slots=True, order=True)
class CalendarMonths:
    """A number of months by the calendar. Source: 民法典 art. 202."""

    months: int

    def __post_init__(self) -> None:
        _check_count(self.months)

    def __int__(self) -> int:
        return self.months


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a period. `provisional` when a year up to then is not published yet: it will
    be computed again when that year is (`CalendarPublished`).
    """

    on: date
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """One day that is not what its weekday says, in the country or in one division."""

    on: date
    is_workday: bool
    kind: str
    name: str
    name_en: str = ""
    region_code: str = ""
    source_doc: str = ""


def _check_count(count: object) -> None:
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"a period is a whole number, not {count!r}")
    if count < 0:
        raise ValueError(f"a period is not negative: {count}")


def _refuse_mixing(left: object, right: object) -> NoReturn:
    raise TypeError(f"{left!r} and {right!r} are different kinds of day")
