"""Queries of every request, compiled once: Django otherwise builds the text anew each time, which
costs several times what asking costs (docs/decisions/0017).

    _by_digest = Prepared(
        Session.objects.select_related("account").filter(token_digest=Given("digest"))
    )
    row = _by_digest.first(digest=found)

The rows are what the query set itself would give. No `prefetch_related`, no annotations.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators


class Given(Expression):
    """A value told when the query is asked, with the type of what it is compared to.

    Text, numbers, UUIDs, dates and instants: it goes to the driver as it is told. None is equal to
    nothing. On the right of `in` stands a list of them, each for one value.
    """

    allowed_default = False

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def resolve_expression(self, *_args: Any, **_kwargs: Any) -> "Given":
        return self

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def get_group_by_cols(self) -> list[Any]:
        return []


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A query's text and how its rows become objects."""

    text: str
    values: tuple[Any, ...]  # those that stay, and a Given where one is told
    columns: slice
    names: list[str]
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]
    related: list[Any]


M = TypeVar("M", bound=Model)


class Prepared(Generic[M]):
    """A query set with `Given` values, asked as often as one likes."""

    def __init__(self, rows: QuerySet[M]) -> None:
        self._rows = rows
        self._compiled: _Compiled | None = None
        self._compiling = Lock()

    def first(self, **given: Any) -> M | None:
        """The first row, in the query's own order; None without one. One statement."""
        return next(self._asked(given, "fetchone"), None)

    def all(self, **given: Any) -> list[M]:
        """Every row. One statement."""
        return list(self._asked(given, "fetchall"))

    def _asked(self, given: dict[str, Any], fetch: str) -> Iterator[M]:
        compiled = self._compiled or self._compile()
        values = [given[v.name] if isinstance(v, Given) else v for v in compiled.values]
        with connection.cursor() as cursor:
            cursor.execute(compiled.text, values)
            found = getattr(cursor, fetch)()
        for row in [] if found is None else [found] if fetch == "fetchone" else found:
            yield self._object(compiled, list(row))

    def _compile(self) -> _Compiled:
        """Compile it, by one thread: compiling changes the query it reads."""
        with self._compiling:
            if self._compiled is None:
                self._compiled = _compile(self._rows)
            return self._compiled

    def _object(self, compiled: _Compiled, row: list[Any]) -> M:
        for at, (convert, expression) in compiled.converters.items():
            for one in convert:
                row[at] = one(row[at], expression, connection)
        made = self._rows.model.from_db(DEFAULT_DB_ALIAS, compiled.names, row[compiled.columns])
        for populator in compiled.related:
            populator.populate(row, made)
        return made


def _compile(rows: QuerySet[Any]) -> _Compiled:
    compiler = rows.query.chain().get_compiler(using=DEFAULT_DB_ALIAS)
    text, values = compiler.as_sql()
    select = cast("Sequence[Any]", compiler.select)
    info = cast("dict[str, Any]", compiler.klass_info)
    fields = info["select_fields"]
    columns = slice(fields[0], fields[-1] + 1)
    return _Compiled(
        text=text,
        values=tuple(values),
        columns=columns,
        names=[column[0].target.attname for column in select[columns]],
        converters=compiler.get_converters([column[0] for column in select]),
        related=cast("Any", get_related_populators)(info, select, DEFAULT_DB_ALIAS),
    )
