"""Backup and restore: the database, the documents, the keys and the audit anchor, in one file.

The file is a tar of `database.dump` (pg_dump's custom format), `files/` (the document store, when
it is a folder), `keys/`, `audit/anchor` and `manifest.json` with digests. Whoever holds it holds
everything: keep it as you would keep the master key.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from . import embedded
from .config import Config

KEYS = ("secret-key", "master-key")
TOOL_VERSION = re.compile(r"(\d+)(?:\.\d+)*")


class BackupFailed(Exception):
    """The message says what to do."""


def write_backup(config: Config, database_url: str, target: Path) -> Path:
    """Write a backup to `target`, atomically. Raises: BackupFailed."""
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as name:
        folder = Path(name)
        # The anchor first: a line is written after its block is committed, so that every line
        # read here stands for a block the dump has.
        anchor = folder / "anchor"
        if _anchor(config, database_url).exists():
            shutil.copy2(_anchor(config, database_url), anchor)
        dump = folder / "database.dump"
        _run([_tool("pg_dump", database_url), "--format=custom", "--no-owner", "--no-acl",
              f"--file={dump}", database_url])  # fmt: skip
        entries = [(dump, "database.dump")]
        entries += [
            (path, f"files/{path.relative_to(config.files_dir)}")
            for path in sorted(config.files_dir.rglob("*"))
            if path.is_file()
        ]
        entries += [
            (config.var / key, f"keys/{key}") for key in KEYS if (config.var / key).exists()
        ]
        entries += [(anchor, "audit/anchor")] if anchor.exists() else []
        manifest = {
            "product": "lingnan",
            "made_at": datetime.now(UTC).isoformat(),
            "sha256": {name: _digest(path) for path, name in entries},
        }
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
        fresh = folder / "backup.tar"
        with tarfile.open(fresh, "w") as tar:
            tar.add(folder / "manifest.json", "manifest.json")
            for path, name in entries:
                tar.add(path, name)
        fresh.chmod(0o600)
        fresh.replace(target)
    return target


def restore(config: Config, database_url: str, source: Path) -> dict[str, str]:
    """Put a backup in place of what is there; nothing is touched unless the file is whole.

    Returns the manifest. Raises: BackupFailed.
    """
    if not source.exists():
        raise BackupFailed(f"there is no file {source}")
    with _unpacked(source) as (folder, manifest):
        _recreate_database(database_url)
        _run([_tool("pg_restore", database_url), "--no-owner", "--no-acl", "--exit-on-error",
              f"--dbname={database_url}", str(folder / "database.dump")])  # fmt: skip
        files = folder / "files"
        if files.exists():
            shutil.copytree(files, config.files_dir, dirs_exist_ok=True)
        for key in KEYS:
            if (folder / "keys" / key).exists():
                shutil.copy2(folder / "keys" / key, config.var / key)
                (config.var / key).chmod(0o600)
        _put_anchor_back(_anchor(config, database_url), folder / "audit" / "anchor")
    return manifest


def _anchor(config: Config, database_url: str) -> Path:
    """Where audit keeps the head of its chain outside the database."""
    from psycopg import conninfo  # noqa: PLC0415

    name = conninfo.conninfo_to_dict(database_url)["dbname"]
    return config.var / "audit" / f"{name}.anchor"


def _put_anchor_back(target: Path, kept: Path) -> None:
    """The anchor of the backup takes the place of the newer one, which is kept beside it: it is
    evidence of what the restore gave up."""
    if target.exists() and not (kept.exists() and kept.read_bytes() == target.read_bytes()):
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        target.rename(target.with_name(f"{target.name}.replaced-{stamp}"))
    if kept.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(kept, target)
        target.chmod(0o600)


@contextmanager
def _unpacked(source: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="lingnan-restore-") as name:
        folder = Path(name)
        try:
            with tarfile.open(source) as tar:
                _extract(tar, folder)
            manifest = json.loads((folder / "manifest.json").read_text())
            digests = dict(manifest["sha256"])
        except (tarfile.TarError, OSError, ValueError, KeyError) as error:
            raise BackupFailed(f"{source} is not a backup of this product") from error
        for path, digest in digests.items():
            if not (folder / path).is_file() or _digest(folder / path) != digest:
                raise BackupFailed(f"{source} is damaged: {path} is not what was written")
        yield folder, manifest


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    """Plain files below the folder, nothing else. Raises: BackupFailed for any other member.

    (`extractall(filter=...)` is not in every Python 3.11.)
    """
    for member in tar:
        target = (folder / member.name).resolve()
        if not member.isfile() or not target.is_relative_to(folder.resolve()):
            raise BackupFailed(f"{member.name} does not belong in a backup of this product")
        source = tar.extractfile(member)
        assert source is not None, "a regular file has content"
        target.parent.mkdir(parents=True, exist_ok=True)
        with source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def _recreate_database(database_url: str) -> None:
    import psycopg  # noqa: PLC0415
    from psycopg import conninfo, sql  # noqa: PLC0415

    parts = conninfo.conninfo_to_dict(database_url)
    name = str(parts.pop("dbname"))
    last: Exception | None = None
    for maintenance in ("postgres", "template1"):
        try:
            with psycopg.connect(
                conninfo.make_conninfo(dbname=maintenance, **parts),  # type: ignore[arg-type]
                autocommit=True,
            ) as connection:
                identifier = sql.Identifier(name)
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
                )
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                        identifier
                    )
                )
                return
        except psycopg.OperationalError as error:
            last = error
    raise BackupFailed(f"the database server does not let us make {name} anew: {last}")


def _tool(name: str, database_url: str) -> str:
    """pg_dump or pg_restore of the server's own version if there is one, else a newer one."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(_any_database(database_url)) as connection:
        server = connection.info.server_version // 10_000
    candidates = [shutil.which(name)]
    candidates += [str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")]
    candidates.append(str(embedded.binaries() / name))
    versions = {path: _version(path) for path in candidates if path and os.access(path, os.X_OK)}
    good = sorted((version, path) for path, version in versions.items() if version >= server)
    if not good:
        raise BackupFailed(f"no {name} of PostgreSQL {server} or newer was found")
    return good[0][1]


def _any_database(database_url: str) -> str:
    from psycopg import conninfo  # noqa: PLC0415

    return conninfo.make_conninfo(database_url, dbname="postgres")


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    match = TOOL_VERSION.search(said)
    return int(match[1]) if match else 0


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise BackupFailed(done.stderr.strip().splitlines()[-1] if done.stderr else command[0])


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
