"""One write is one transaction, and costs no more statements than that needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Model

from .rows import insert


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit of work under way: its savepoints, and the rows that wait for its end."""

    savepoints: tuple[str, ...]
    rows: list[Model]


_unit: ContextVar[_Unit | None] = ContextVar("unit_of_work", default=None)
_goes_back_whole: ContextVar[bool] = ContextVar("goes_back_whole", default=False)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """`transaction.atomic()` for a service, without a savepoint where its caller needs none.

    Inside a request that goes back as a whole when it is refused (`goes_back_whole`) the two
    statements of a savepoint are spared: a refusal then takes everything with it.
    """
    with transaction.atomic(savepoint=not _goes_back_whole.get()):
        if _unit.get() is not None:
            yield
            return
        unit = _Unit(_savepoints(), [])
        token = _unit.set(unit)
        try:
            yield
        finally:
            _unit.reset(token)
        for _table_name, rows in groupby(sorted(unit.rows, key=_table), key=_table):
            insert(list(rows))


def insert_later(row: Model) -> None:
    """Insert a row that nothing in its unit of work reads, one with others like it at its end.

    For rows whose order is their own (an audit entry's key is made when it is recorded), not that
    of their writing.

    Outside a unit, or within a savepoint inside it (which may go back alone), at once.
    """
    unit = _unit.get()
    if unit is not None and unit.savepoints == _savepoints():
        unit.rows.append(row)
    else:
        insert([row])


def _savepoints() -> tuple[str, ...]:
    """Those that are open now; a block without one of its own says None."""
    return tuple(name for name in connection.savepoint_ids if name)


def _table(row: Model) -> str:
    return row._meta.db_table


@contextmanager
def goes_back_whole() -> Iterator[None]:
    """A transaction whose refused work takes all of it back; `transaction.get_rollback` says so."""
    with transaction.atomic():
        token = _goes_back_whole.set(True)
        try:
            yield
        finally:
            _goes_back_whole.reset(token)
