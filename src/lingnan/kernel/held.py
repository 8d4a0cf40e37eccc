"""Values read often and changed seldom, kept in the process while their tables are unchanged.

A `Held` names sets of tables. Triggers give a set a new revision in the transaction that changes
one of its tables, by whatever way it is changed; a value is used only under the revisions it was
read under. A revision is a random UUID: one that was rolled back, or came from a backup, never
returns. What another process commits is seen by the next `get`, or at the latest when the running
`moment` ends.

Hold values, never rows or anything that is changed in place.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Generic, TypeVar

from django.db import connection

from .models import TableRevision

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_revisions: ContextVar[dict[str, str] | None] = ContextVar("held_revisions", default=None)

WATCH = """
CREATE TRIGGER {table}_watched AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_table_changed('{name}');
"""
UNWATCH = "DROP TRIGGER {table}_watched ON {table};\n"


def watching(name: str, *tables: str) -> tuple[str, str]:
    """The two statements of a migration that makes `tables` the set `name`: forward, backward."""
    return (
        "".join(WATCH.format(table=table, name=name) for table in tables),
        "".join(UNWATCH.format(table=table) for table in tables),
    )


@contextmanager
def moment() -> Iterator[None]:
    """Ask for the revisions once for all that is looked up within; for an act of many lookups.

    What is changed meanwhile, here or elsewhere, is seen after it: change no held table within.
    """
    if _revisions.get() is not None:
        yield
        return
    token = _revisions.set(_read())
    try:
        yield
    finally:
        _revisions.reset(token)


class Held(Generic[K, V]):
    """Values by key; at most `limit` of them. One query for the revisions, none within a `moment`.

    A set that was never written has no revision, and nothing is kept of it.
    """

    def __init__(self, *names: str, limit: int = 10_000) -> None:
        self._names = names
        self._limit = limit
        self._lock = Lock()
        self._under: tuple[str, ...] = ()
        self._values: dict[K, V] = {}

    def get(self, key: K, load: Callable[[], V]) -> V:
        """The value under the key, loaded where it is not held. What `load` raises is not kept."""
        known = _revisions.get()
        revisions = _read() if known is None else known
        under = tuple(revisions.get(name, "") for name in self._names)
        with self._lock:
            if under == self._under and key in self._values:
                return self._values[key]
        value = load()
        if all(under):
            with self._lock:
                if under != self._under or len(self._values) >= self._limit:
                    self._under, self._values = under, {}
                self._values[key] = value
        return value


def _read() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name, revision::text FROM {TableRevision._meta.db_table}")  # noqa: S608
        return dict(cursor.fetchall())
