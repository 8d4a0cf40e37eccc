"""How days are written for people; low down, because refusals say them too."""

from datetime import date, datetime

from django.utils.translation import get_language

from . import clock

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def as_date(value: date | datetime | str | None) -> date | None:
    """A date from what templates hold; None where it is not one."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).date() if value.tzinfo else value.date()
    return value


def format_date(value: date | datetime | str | None) -> str:
    """2026年11月23日, or 23 November 2026 for readers of English; nothing for no date."""
    on = as_date(value)
    if on is None:
        return ""
    if in_english():
        return f"{on.day} {MONTHS[on.month - 1]} {on.year}"
    return f"{on.year}年{on.month}月{on.day}日"
