"""Numbers from locked counters: never `max + 1`, never twice."""

from django.db import connection

from ..models import Counter


def take(name: str) -> int:
    """Count one further under a name, from 1; holds the row to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Counter._meta.db_table} AS counter (name, last) VALUES (%s, 1)"  # noqa: S608
            " ON CONFLICT (name) DO UPDATE SET last = counter.last + 1 RETURNING last",
            [name],
        )
        row = cursor.fetchone()
    return int(row[0])


def next_number(letters: str, year: int) -> str:
    """MD202600001: letters, year, five digits."""
    return f"{letters}{year}{take(f'{letters}/{year}'):05d}"
