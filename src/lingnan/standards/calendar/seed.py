"""The arrangements shipped with the product."""

import csv
from datetime import date
from functools import lru_cache
from pathlib import Path

from .types import SpecialDay

SOURCE = "国务院办公厅关于部分节假日安排的通知（各年）; chinese-days 1.5.7 (MIT)"
_FILE = Path(__file__).parent / "seed" / "workdays_2004_2026.csv"


@lru_cache(maxsize=1)
def shipped_days() -> tuple[SpecialDay, ...]:
    """Every special day of the years 2004 to 2026."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            SpecialDay(
                on=date.fromisoformat(row["date"]),
                is_workday=row["kind"] == "swapped_workday",
                kind=row["kind"],
                name=row["name"],
                name_en=row["name_en"],
                source_doc=SOURCE,
            )
            for row in csv.DictReader(file)
        )


@lru_cache(maxsize=1)
def shipped_years() -> frozenset[int]:
    return frozenset(day.on.year for day in shipped_days())
