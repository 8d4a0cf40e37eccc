"""An installation of its own for one test: folder, embedded PostgreSQL, ports, processes.

Nothing of it is shared with the database the other tests use; all of it is gone afterwards.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from django.db import connection
from psycopg import conninfo, sql

from lingnan.project import config, embedded, processes

ROOT = config.BASE_DIR


@dataclass(frozen=True, slots=True)
class Installation:
    """Where everything is, and the environment its processes run in."""

    config: config.Config
    database_url: str
    environment: dict[str, str]

    @property
    def base_url(self) -> str:
        return f"http://{self.config.host}:{self.config.port}"

    def run(self, *arguments: str, timeout_s: float = 200) -> str:
        """A Python module of the tests or a command in this installation; its output."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def lingnan(self, *arguments: str) -> str:
        """One of our commands; its output."""
        return self.run("-m", "lingnan.project.cli", *arguments)


def describe(var: Path, database_url: str) -> Installation:
    """An installation over a folder and a database, on free ports."""
    web, bank = processes.free_port(), processes.free_port()
    settings = config.read(
        {
            "LINGNAN_MODE": "demo",
            "LINGNAN_VAR": str(var),
            "LINGNAN_PORT": str(web),
            "LINGNAN_PUBLIC_URL": f"http://127.0.0.1:{web}",
            "LINGNAN_BANK_URL": f"http://127.0.0.1:{bank}",
            "LINGNAN_WORKERS": "2",
            "DATABASE_URL": database_url,
        }
    )
    environment = processes.environment_for(settings, database_url, LINGNAN_WORKERS="2")
    environment["PYTHONPATH"] = os.pathsep.join([environment["PYTHONPATH"], str(ROOT)])
    return Installation(settings, database_url, environment)


@contextmanager
def on_embedded_server() -> Iterator[Installation]:
    """A fresh folder below /tmp with its own running server; stopped and removed at the end."""
    # Short, because a socket's path has at most 107 characters.
    var = Path(tempfile.mkdtemp(prefix="lingnan-"))
    try:
        yield describe(var, embedded.start(var))
    finally:
        embedded.stop(var)
        shutil.rmtree(var, ignore_errors=True)


@contextmanager
def on_test_server(template_name: str) -> Iterator[Installation]:
    """A fresh folder and a migrated database of its own, on the server the tests use."""
    var = Path(tempfile.mkdtemp(prefix="lingnan-"))
    settings = connection.settings_dict
    name = f"lingnan_own_{uuid4().hex[:8]}"
    given = {
        "host": settings["HOST"],
        "port": settings["PORT"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
    }
    parts = {key: str(value) for key, value in given.items() if value}
    on_server(parts, sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template_name)
    try:
        yield describe(var, _url(parts, name))
    finally:
        on_server(parts, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)
        shutil.rmtree(var, ignore_errors=True)


def _url(parts: dict[str, str], name: str) -> str:
    user = parts.get("user", "")
    password = f":{parts['password']}" if parts.get("password") else ""
    query = "&".join(f"{key}={parts[key]}" for key in ("host", "port") if parts.get(key))
    return f"postgresql://{user}{password}{'@' if user else ''}/{name}?{query}"


def on_server(parts: dict[str, str], statement: sql.SQL, *names: str) -> None:
    target = conninfo.make_conninfo("", dbname="postgres", **parts)
    with psycopg.connect(target, autocommit=True) as server:
        server.execute(statement.format(*map(sql.Identifier, names)))
