"""Builders for tests that need a published year or a closure."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from . import queries
from .types import SpecialDay

ARRANGEMENT_2027 = (
    *((f"2027-01-{n:02d}", "holiday", "元旦") for n in (1, 2, 3)),
    *((f"2027-02-{n:02d}", "holiday", "春节") for n in range(5, 12)),
    ("2027-02-20", "swapped_workday", "春节"),
    ("2027-04-05", "holiday", "清明"),
    *((f"2027-05-{n:02d}", "holiday", "劳动节") for n in (1, 2, 3, 4, 5)),
    ("2027-05-08", "swapped_workday", "劳动节"),
    ("2027-06-09", "holiday", "端午"),
    ("2027-09-15", "holiday", "中秋"),
    *((f"2027-10-{n:02d}", "holiday", "国庆节") for n in range(1, 8)),
    ("2027-10-09", "swapped_workday", "国庆节"),
)


def make_year_2027() -> list[SpecialDay]:
    """An invented arrangement of 2027, shaped like the real ones; no official one exists yet."""
    return [
        SpecialDay(
            on=date.fromisoformat(on), is_workday=kind == "swapped_workday", kind=kind, name=name
        )
        for on, kind, name in ARRANGEMENT_2027
    ]


@contextmanager
def fresh_calendar() -> Iterator[None]:
    """Read the calendar anew for this block, and leave nothing of it to the next test."""
    queries.forget()
    try:
        yield
    finally:
        queries.forget()
