"""How dates, instants and numbers are written for people."""

from datetime import datetime

from .. import clock
from ..dates import MONTHS, as_date, format_date, in_english

__all__ = (
    "as_date",
    "format_date",
    "format_instant",
    "format_month",
    "format_number",
    "in_english",
)


def format_month(value: str) -> str:
    """2026-11 -> 2026年11月, or November 2026 for readers of English; other texts stay."""
    year, _dash, month = value.partition("-")
    if not (year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        return value
    if in_english():
        return f"{MONTHS[int(month) - 1]} {year}"
    return f"{year}年{int(month)}月"


def format_instant(value: datetime | str | None) -> str:
    """2026年11月23日 09:05, in China's time."""
    if isinstance(value, str):
        try:
            return format_instant(datetime.fromisoformat(value))
        except ValueError:
            return value
    if value is None:
        return ""
    if value.tzinfo is not None:
        value = value.astimezone(clock.SHANGHAI)
    separator = ", " if in_english() else " "
    return f"{format_date(value.date())}{separator}{value:%H:%M}"


def format_number(value: float | None, decimals: int | None = None) -> str:
    """46212 -> 46,212; no value is a dash, never a zero."""
    if value is None:
        return "—"
    if decimals is None:
        decimals = 0 if value == int(value) else 1
    return f"{value:,.{decimals}f}"
