"""The surcharge of a fine paid late: a pure rule.

Source: Administrative Penalty Law (2021) art. 72 (three percent a day, at most the fine itself; not
while a review or a lawsuit stops it, art. 73), art. 67 (fifteen days to pay).
"""

from collections.abc import Sequence
from datetime import date, timedelta

TERM_DAYS = 15
PERCENT_PER_DAY = 3
COUNTER_LIMIT_FEN = 10_000
"""Officers who fine may take the money themselves up to 100 yuan (art. 68)."""


def compute_surcharge(
    principal_fen: int,
    *,
    due_on: date,
    on: date,
    pauses: Sequence[tuple[date, date | None]] = (),
) -> int:
    """What is owed above the fine when it is paid on a day, in fen, fractions dropped.

    Each calendar day after `due_on` counts, unless a pause covers it (first day, exclusive end;
    None: not over). Pauses may overlap.
    """
    if on <= due_on:
        return 0
    first = due_on + timedelta(days=1)
    days = (on - due_on).days
    covered: set[date] = set()
    for begins, ends in pauses:
        day, last = max(begins, first), min(ends or on + timedelta(days=1), on + timedelta(days=1))
        while day < last:
            covered.add(day)
            day += timedelta(days=1)
    counted = days - len(covered)
    return min(principal_fen, principal_fen * PERCENT_PER_DAY * counted // 100)
