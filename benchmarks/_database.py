"""A database of a benchmark's own on the server in use, migrated, and dropped afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import conninfo, sql


@contextmanager
def own_database(name: str) -> Iterator[str]:
    """The URL of a fresh database, which Django uses inside the block."""
    connection.close()
    if connection.settings_dict["OPTIONS"].pop("pool", None) is not None:
        close_pool = getattr(connection, "close_pool", None)  # only PostgreSQL's wrapper has it
        if close_pool is not None:
            close_pool()
    before = connection.settings_dict["NAME"]
    parts = conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    head, _mark, query = os.environ["DATABASE_URL"].partition("?")
    _on_server(parts, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _on_server(parts, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name)
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
        yield f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        _on_server(parts, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        (settings.LINGNAN.var / "audit" / f"{name}.anchor").unlink(missing_ok=True)


def _on_server(parts: dict[str, Any], statement: str, name: str) -> None:
    target = conninfo.make_conninfo("", **{**parts, "dbname": "postgres"})
    with psycopg.connect(target, autocommit=True) as server:
        server.execute(sql.SQL(statement).format(sql.Identifier(name)))
