"""The floor: the rows one POST of a case writes, written by plain psycopg, nothing else.

The rows are taken from the tables after one POST on an otherwise still database: whatever a
transaction since then has written. They are written again, with new keys, into copies of the same
tables with the same indexes and checks, in one committed transaction a request, on connections that
stay open. Foreign keys are not checked there, which favours the floor.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import uuid_utils.compat as uuid_utils
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

SCHEMA = "floor"


@dataclass(frozen=True, slots=True)
class Row:
    """One row a POST wrote; `is_new` is false when the row was there and was changed."""

    table: str
    values: Mapping[str, Any]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What must be known of a table to write a row again."""

    key: str
    unique: frozenset[str]
    given_by_server: frozenset[str]
    kinds: Mapping[str, str]


def capture(url: str, post: Callable[[], object]) -> list[Row]:
    """Every row that `post` wrote, in the order of their tables."""
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        tables = _tables(connection)
        counts = {table: _count(connection, table) for table in tables}
        found = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS x")
        first = int((found.fetchone() or {})["x"])
        post()
        rows = []
        for table in tables:
            query = sql.SQL("SELECT * FROM {} WHERE xmin::text::bigint >= %s").format(
                sql.Identifier(table)
            )
            written = connection.execute(query, [first]).fetchall()
            added = _count(connection, table) - counts[table]
            # The newest keys are the new rows; what else was written was there before.
            for place, values in enumerate(written):
                rows.append(Row(table, values, place >= len(written) - added))
    return rows


class Floor:
    """Copies of the tables, and a connection per client."""

    def __init__(self, url: str, rows: Sequence[Row]) -> None:
        self.url = url
        self.rows = [row for row in rows if row.is_new]
        self.changed = [row for row in rows if not row.is_new]
        self.connections: dict[int, psycopg.Connection[Any]] = {}
        with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
            tables = dict.fromkeys(row.table for row in rows)
            self.shapes = {table: _shape(connection, table) for table in tables}
            for table in tables:
                connection.execute(
                    sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(
                        sql.Identifier(SCHEMA, table), sql.Identifier("public", table)
                    )
                )
            for row in self.changed:
                self._insert(connection, row, dict(row.values))
        self._statements = {id(row): _statement(row, self.shapes[row.table]) for row in self.rows}

    def write(self, client: int) -> None:
        """What one request writes, committed."""
        connection = self.connections.get(client)
        if connection is None:
            connection = self.connections[client] = psycopg.connect(self.url)
        fresh: dict[UUID, UUID] = {}
        mark = uuid_utils.uuid7().hex
        for row in self.rows:
            connection.execute(*self._again(row, fresh, mark))
        for row in self.changed:
            key = self.shapes[row.table].key
            connection.execute(
                sql.SQL("UPDATE {} SET {} = {} WHERE {} = %s").format(
                    sql.Identifier(SCHEMA, row.table),
                    *(sql.Identifier(_other(row, key)) for _ in range(2)),
                    sql.Identifier(key),
                ),
                [row.values[key]],
            )
        connection.commit()

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()

    def _again(
        self, row: Row, fresh: dict[UUID, UUID], mark: str
    ) -> tuple[sql.Composed, list[Any]]:
        """The insertion of a row with keys of its own; equal old keys become equal new ones."""
        statement, columns = self._statements[id(row)]
        shape = self.shapes[row.table]
        values = []
        for column in columns:
            value = row.values[column]
            if isinstance(value, UUID) and (column in shape.unique or value in fresh):
                value = fresh.setdefault(value, uuid_utils.uuid7())
            elif isinstance(value, str) and column in shape.unique:
                own = str(int(mark, 16))[-32:] if value.isdigit() else mark
                value = (own[-len(value) :] if len(value) <= 32 else value[:-32] + own)[
                    : len(value)
                ]
            elif shape.kinds[column] == "jsonb" and value is not None:
                value = Jsonb(value)
            values.append(value)
        return statement, values

    def _insert(
        self, connection: psycopg.Connection[Any], row: Row, values: dict[str, Any]
    ) -> None:
        kinds = self.shapes[row.table].kinds
        connection.execute(
            sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
                sql.Identifier(SCHEMA, row.table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            [
                Jsonb(value) if kinds[name] == "jsonb" and value is not None else value
                for name, value in values.items()
            ],
        )


def described(rows: Sequence[Row]) -> str:
    """How many rows of how many bytes, for the caption."""
    size = sum(len(json.dumps(dict(row.values), default=str)) for row in rows)
    new = [row for row in rows if row.is_new]
    return (
        f"{len(new)} rows inserted into {len({row.table for row in new})} tables and"
        f" {len(rows) - len(new)} changed, about {size / 1000:.1f} kB"
    )


def _statement(row: Row, shape: Shape) -> tuple[sql.Composed, list[str]]:
    columns = [column for column in row.values if column not in shape.given_by_server]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(SCHEMA, row.table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    return statement, columns


def _other(row: Row, key: str) -> str:
    return next((column for column in row.values if column != key), key)


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname"
    )
    return [row["relname"] for row in rows]


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    query = sql.SQL("SELECT count(*) AS n FROM {}").format(sql.Identifier(table))
    return int((connection.execute(query).fetchone() or {})["n"])


def _shape(connection: psycopg.Connection[Any], table: str) -> Shape:
    columns = connection.execute(
        "SELECT column_name, data_type, udt_name,"
        " is_identity = 'YES' OR column_default LIKE 'nextval%%' AS given"
        " FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s",
        [table],
    ).fetchall()
    keys = connection.execute(
        "SELECT a.attname, i.indisprimary, i.indkey[0] = a.attnum AS leads FROM pg_index i"
        " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indrelid = %s::regclass AND i.indisunique",
        [f"public.{table}"],
    ).fetchall()
    return Shape(
        key=next((row["attname"] for row in keys if row["indisprimary"]), ""),
        unique=frozenset(row["attname"] for row in keys),
        given_by_server=frozenset(row["column_name"] for row in columns if row["given"]),
        kinds={row["column_name"]: row["udt_name"] for row in columns},
    )
