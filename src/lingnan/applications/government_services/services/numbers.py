"""Numbers from locked counters: never `max + 1`, never twice, without holes."""

from datetime import date

from django.db import connection

from lingnan.standards.codes.types import item_code as item_codes

from ..models import Counter


def next_case_number(item_code: str, *, received_on: date) -> str:
    """The next of an item's numbers of that day; others wait for it until this one commits.

    Raises: CaseNumberExhausted (409) after 635,610 in one day.
    """
    serial = take(f"case/{item_code}/{received_on:%Y%m%d}")
    return item_codes.build_case_number(item_code, received_on=received_on, serial=serial)


def take(name: str) -> int:
    """Count one further under a name, from 1. One statement; holds the row to the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Counter._meta.db_table} AS counter (name, last) VALUES (%s, 1)"  # noqa: S608
            " ON CONFLICT (name) DO UPDATE SET last = counter.last + 1 RETURNING last",
            [name],
        )
        row = cursor.fetchone()
    return int(row[0])
