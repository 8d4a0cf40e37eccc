"""A backup is worth what a restore brings back: tried by losing database, documents and keys."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from psycopg import conninfo, sql

from lingnan.project import backups

from .installation import Installation, on_server, on_test_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def installation(template_name: str) -> Iterator[Installation]:
    """A folder and a migrated database of their own, on the server the tests use."""
    with on_test_server(template_name) as made:
        yield made


@pytest.fixture(scope="module")
def before(installation: Installation) -> dict[str, Any]:
    """What is there when the backup is made."""
    found: dict[str, Any] = json.loads(installation.run("-m", "tests.operations.one_case", "make"))
    assert found["audit_sound"] and found["audit_sealed"] == found["anchored_to"]
    return found


@pytest.fixture(scope="module")
def backup(
    installation: Installation,
    before: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    target = tmp_path_factory.mktemp("backup") / "lingnan.tar"
    installation.lingnan("backup", str(target))
    return target


def test_what_was_lost_comes_back_as_it_was(
    installation: Installation, before: dict[str, Any], backup: Path
) -> None:
    # Work goes on after the backup, so that the audit anchor is ahead of what comes back.
    installation.run("-c", _MORE_WORK)
    anchor = next((installation.config.var / "audit").glob("*.anchor"))
    ahead = anchor.read_text()

    parts = conninfo.conninfo_to_dict(installation.database_url)
    name = str(parts.pop("dbname"))
    on_server(
        {key: str(value) for key, value in parts.items()},
        sql.SQL("DROP DATABASE {} WITH (FORCE)"),
        name,
    )
    shutil.rmtree(installation.config.files_dir)
    for key in backups.KEYS:
        (installation.config.var / key).unlink(missing_ok=True)

    installation.lingnan("restore", str(backup), "--replace")

    assert json.loads(installation.run("-m", "tests.operations.one_case", "look")) == before
    assert (installation.config.var / "master-key").stat().st_mode & 0o077 == 0
    # What the restore gave up stays as evidence.
    replaced = [path for path in anchor.parent.iterdir() if ".replaced-" in path.name]
    assert [path.read_text() for path in replaced] == [ahead]


def test_a_damaged_backup_is_refused_and_nothing_is_touched(
    installation: Installation, before: dict[str, Any], backup: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.tar"
    with tarfile.open(backup) as tar:
        dump = tar.getmember("database.dump")
    content = bytearray(backup.read_bytes())
    content[dump.offset_data + dump.size // 2] ^= 0xFF
    damaged.write_bytes(content)

    for wrong in (damaged, _cut_short(backup, tmp_path), _something_else(tmp_path)):
        with pytest.raises(backups.BackupFailed, match=r"is damaged|is not a backup"):
            backups.restore(installation.config, installation.database_url, wrong)

    found = json.loads(installation.run("-m", "tests.operations.one_case", "look"))
    assert found["case"] == before["case"]
    assert found["files"] == before["files"]


def test_a_backup_is_readable_by_its_owner_alone(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0


def test_restore_asks_to_be_told_twice(backup: Path) -> None:
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", str(backup))


def test_a_file_that_is_not_there_is_one_sentence(installation: Installation) -> None:
    with pytest.raises(backups.BackupFailed, match="there is no file"):
        backups.restore(installation.config, installation.database_url, Path("/nowhere.tar"))


_MORE_WORK = """
import django
django.setup()
from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.security.audit import services
from django.db import transaction
with transaction.atomic():
    services.record(actor=SYSTEM, act="test.more", object_kind="test", object_id="1",
                    at=clock.now())
services.seal_entries(at=clock.now())
"""


def _cut_short(backup: Path, folder: Path) -> Path:
    target = folder / "short.tar"
    target.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    return target


def _something_else(folder: Path) -> Path:
    target = folder / "other.tar"
    target.write_text("not a tar")
    return target
