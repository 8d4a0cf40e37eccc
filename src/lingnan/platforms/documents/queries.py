"""Questions about stored files."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from lingnan.kernel.prepared import Given, Prepared

from .errors import FileNotFound
from .models import StoredFile
from .types import FileCard

PREPARED_MAX = 20


def file(file_id: UUID) -> FileCard:
    """One file's card, without asking who wants it. Raises: FileNotFound (404)."""
    row = StoredFile.objects.filter(pk=file_id).first()
    if row is None:
        raise FileNotFound
    return card(row)


def files(file_ids: Iterable[UUID]) -> dict[UUID, FileCard]:
    """Cards of many files by id, in one query; unknown ids are left out."""
    wanted = list(dict.fromkeys(file_ids))
    if len(wanted) > PREPARED_MAX:
        return {row.pk: card(row) for row in StoredFile.objects.filter(pk__in=wanted)}
    given = {f"id_{number}": file_id for number, file_id in enumerate(wanted)}
    return {row.pk: card(row) for row in _by_ids(len(wanted)).all(**given)} if wanted else {}


@lru_cache
def _by_ids(quantity: int) -> Prepared[StoredFile]:
    """Files by so many ids: what every application asks."""
    ids: Any = [Given(f"id_{number}") for number in range(quantity)]
    return Prepared(StoredFile.objects.filter(pk__in=ids))


def files_of(owner_kind: str, owner_id: UUID) -> list[FileCard]:
    """What one owner keeps, oldest first."""
    rows = StoredFile.objects.filter(owner_kind=owner_kind, owner_id=owner_id).order_by("id")
    return [card(row) for row in rows]


def files_like(digest_sm3: str, owner_kind: str) -> list[FileCard]:
    """Files of a kind of owner with exactly this content, newest first. One query."""
    rows = StoredFile.objects.filter(digest_sm3=digest_sm3, owner_kind=owner_kind)
    return [card(row) for row in rows.order_by("-stored_at", "-id")[:20]]


def card(row: StoredFile) -> FileCard:
    """A row as the value others may hold."""
    return FileCard(
        id=row.pk,
        owner_kind=row.owner_kind,
        owner_id=row.owner_id,
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        digest_sm3=row.digest_sm3,
        digest_sha256=row.digest_sha256,
        data_class=row.data_class,
        stored_at=row.stored_at,
    )
