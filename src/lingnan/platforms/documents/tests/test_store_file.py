"""Keeping files: contents once, whole, and until no one needs them."""

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import race
from lingnan.security.crypto import services as crypto

from .. import queries, services
from ..adapters import registry
from ..adapters.folder import FolderStore
from ..errors import FileNotFound, StoreUnavailable
from ..models import StoredFile
from ..testing import NINE, make_file


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FolderStore]:
    store = FolderStore(tmp_path)
    monkeypatch.setattr(services, "content_store", lambda: store)
    yield store


def contents(store: FolderStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_file_is_kept_under_its_sm3_digest_and_comes_back_whole(folder: FolderStore) -> None:
    row = make_file(b"abc", name="a.pdf")
    assert row.digest_sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert contents(folder) == [folder.folder / "66" / "c7" / row.digest_sm3]
    assert services.read_file(row.pk) == b"abc"
    assert queries.file(row.pk).size_bytes == 3


@pytest.mark.django_db
def test_equal_contents_lie_once_and_each_use_has_its_row(folder: FolderStore) -> None:
    make_file(b"same", name="one.pdf")
    make_file(b"same", name="two.pdf")
    assert (StoredFile.objects.count(), len(contents(folder))) == (2, 1)


@pytest.mark.django_db
def test_nothing_is_stored_of_an_empty_file(folder: FolderStore) -> None:
    with pytest.raises(ValueError, match="empty"):
        services.store(
            b"",
            name="a",
            media_type="x/y",
            actor=SYSTEM,
            owner_kind="t",
            owner_id=uuid4(),
            at=NINE,
        )
    assert (StoredFile.objects.count(), contents(folder)) == (0, [])


@pytest.mark.django_db
def test_a_changed_content_is_noticed_when_read(folder: FolderStore) -> None:
    row = make_file(b"true")
    contents(folder)[0].write_bytes(b"fals")
    with pytest.raises(ValueError, match="was changed"):
        services.read_file(row.pk)


@pytest.mark.django_db
def test_a_lost_content_and_an_unknown_file_are_not_found(folder: FolderStore) -> None:
    row = make_file(b"gone")
    contents(folder)[0].unlink()
    with pytest.raises(FileNotFound):
        services.open_file(row.pk)
    with pytest.raises(FileNotFound):
        queries.file(uuid4())


@pytest.mark.django_db
def test_the_sweep_removes_only_old_contents_without_a_file(folder: FolderStore) -> None:
    kept, forgotten = make_file(b"kept"), make_file(b"forgotten")
    services.forget_file(forgotten.pk)
    old = (NINE - timedelta(days=3)).timestamp()
    for path in contents(folder):
        os.utime(path, (old, old))
    make_file(b"young, and forgotten too").delete()
    assert services.sweep_contents(at=NINE) == 1
    assert sorted(path.name for path in contents(folder)) == sorted(
        [kept.digest_sm3, crypto.sm3(b"young, and forgotten too").hex()]
    )


@pytest.mark.django_db
def test_storing_an_old_content_again_makes_it_young(folder: FolderStore) -> None:
    make_file(b"again").delete()
    old = (NINE - timedelta(days=3)).timestamp()
    os.utime(contents(folder)[0], (old, old))
    with transaction.atomic():
        make_file(b"again")
    assert services.sweep_contents(at=NINE) == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_store_the_same_at_once_both_have_it(folder: FolderStore) -> None:
    race([partial(make_file, b"both") for _ in range(6)])
    assert (StoredFile.objects.count(), len(contents(folder))) == (6, 1)


def test_a_full_disk_is_unavailable_not_a_crash(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        FolderStore(blocked).put("a" * 64, b"x")


def test_a_digest_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        FolderStore(tmp_path).open("../../etc/passwd")


def test_the_registry_gives_the_configured_folder() -> None:
    assert isinstance(registry.store(), FolderStore)
