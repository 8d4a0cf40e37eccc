"""Migrations run once: test databases are copies of a template named after the migrations.

A test database remembers of which template it is; one of another is made anew.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg import conninfo, sql

from lingnan.project import processes
from lingnan.project.config import BASE_DIR

PACKAGE = BASE_DIR / "src" / "lingnan"
PREFIX = "lingnan_template_"
LOCK = 0x4C4E_7E57
MIGRATION_MINUTES = 15


def current_name() -> str:
    """The template's name: a digest of every migration and of the locked packages."""
    digest = hashlib.sha256((BASE_DIR / "requirements.lock").read_bytes())
    for path in sorted(PACKAGE.rglob("migrations/*.py")):
        digest.update(f"\n{path.relative_to(PACKAGE)}\n".encode())
        digest.update(path.read_bytes())
    return PREFIX + digest.hexdigest()[:16]


def ensure(name: str) -> None:
    """Make the template where there is none; other workers wait. Older ones are dropped."""
    with psycopg.connect(_server(), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if _exists(server, name):
            return
        for (old,) in server.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]
        ).fetchall():
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))
        building = f"{name}_new"
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(building)
            )
        )
        done = subprocess.run(
            processes.command("migrate", "--verbosity", "0", "--no-input"),
            cwd=BASE_DIR,
            env={**os.environ, "DATABASE_URL": _url(building)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MIGRATION_MINUTES * 60,
        )
        if done.returncode:
            raise RuntimeError(f"the migrations fail:\n{done.stdout}{done.stderr}")
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(building), sql.Identifier(name)
            )
        )


def is_copy(database: str, template: str) -> bool:
    """Whether a database was copied from this template."""
    with psycopg.connect(_server(), autocommit=True) as server:
        row = server.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [database],
        ).fetchone()
    return row is not None and row[0] == template


def mark_copy(database: str, template: str) -> None:
    """Write down of which template a database is a copy."""
    with psycopg.connect(_server(), autocommit=True) as server:
        server.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(database), sql.Literal(template)
            )
        )
        # A test's rows need not outlive the machine.
        server.execute(
            sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(
                sql.Identifier(database)
            )
        )


def empty_only_what_is_filled() -> None:
    """After a test that commits, truncate the tables that have rows, not all three hundred.

    The keys in memory go with their rows: a key kept longer than its row could still encrypt, and
    not be found again once its time in memory is over, in whatever test that happens to be. They
    are forgotten before and after: a page still open asks its server while the rows go.
    """
    from lingnan.security.crypto import keyring  # noqa: PLC0415  (this module runs without models)

    ops = connection.ops
    truncation, execution = ops.sql_flush, ops.execute_sql_flush

    def sql_flush(style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        keyring.forget()
        asked = " UNION ALL ".join(
            f"(SELECT {number} FROM {ops.quote_name(table)} LIMIT 1)"
            for number, table in enumerate(tables)
        )
        with connection.cursor() as cursor:
            cursor.execute(asked)
            filled = [tables[number] for (number,) in cursor.fetchall()]
        if not filled:
            return []
        flushed: list[str] = truncation(style, filled, **(options | {"allow_cascade": True}))
        return flushed

    def execute_sql_flush(sql_list: Iterable[str]) -> None:
        execution(sql_list)
        keyring.forget()

    ops.sql_flush = sql_flush  # type: ignore[method-assign]
    ops.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]


def _exists(server: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
    row = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    return row is not None


def _url(database: str) -> str:
    head, mark, query = os.environ["DATABASE_URL"].partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}{mark}{query}"


def _server() -> str:
    parts = conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    parts["dbname"] = "postgres"
    return conninfo.make_conninfo("", **parts)


def database_name() -> str:
    """The test database of this worker."""
    return str(connection.creation._get_test_db_name())  # type: ignore[attr-defined]


if __name__ == "__main__":
    ensure(current_name())
