"""Documents' verbs: keep, open and forget files; check uploads; render papers."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.db import connection, transaction

from lingnan.kernel.actors import Actor
from lingnan.security.crypto import services as crypto

from . import queries
from .adapters.registry import store as content_store
from .errors import FileNotFound
from .layout import bill as _bill  # noqa: F401  (registers the templates)
from .layout import face as _face  # noqa: F401
from .layout import notice as _notice  # noqa: F401
from .layout import receipt as _receipt  # noqa: F401
from .layout.fonts import ensure_fonts
from .layout.model import Paper, SealPlace
from .layout.ofd_writer import write_ofd
from .layout.pdf_writer import write_pdf
from .layout.templates import paper_of
from .models import StoredFile
from .ofd.package import OfdPackage
from .ofd.reader import OfdDocument, read_ofd
from .types import DataClass
from .uploads import check_upload, clean_name

__all__ = (
    "OfdDocument",
    "OfdPackage",
    "check_upload",
    "ensure_fonts",
    "file_link",
    "forget_file",
    "hand_over_file",
    "layout",
    "open_file",
    "read_file",
    "read_ofd",
    "render",
    "render_paper",
    "seal_place",
    "store",
    "sweep_contents",
)

logger = logging.getLogger("lingnan.documents")

_LOCK = "documents.content"
SWEEP_AFTER = timedelta(days=2)  # longer than any transaction and any half-done request


@transaction.atomic
def store(
    content: bytes,
    *,
    name: str,
    media_type: str,
    actor: Actor,
    owner_kind: str,
    owner_id: UUID,
    at: datetime,
    data_class: str = DataClass.PERSONAL,
) -> StoredFile:
    """Keep a content for an owner, in the caller's transaction.

    The bytes are durable before the row exists, so that no row ever points at nothing; should the
    caller roll back, the sweep removes them. Holds a shared lock on the digest against that sweep.

    Raises: StoreUnavailable; ValueError for an empty content (check uploads first).
    """
    if not content:
        raise ValueError("an empty file is not stored")
    digest = crypto.sm3(content).hex()
    _hold_shared(digest)
    content_store().put(digest, content)
    return StoredFile.objects.create(
        owner_kind=owner_kind,
        owner_id=owner_id,
        name=clean_name(name),
        media_type=media_type,
        size_bytes=len(content),
        digest_sm3=digest,
        digest_sha256=hashlib.sha256(content).hexdigest(),
        data_class=data_class,
        stored_by=actor.name[:100],
        stored_by_account_id=actor.account_id,
        stored_at=at,
    )


def open_file(file_id: UUID) -> BinaryIO:
    """A file's content as a stream; the caller has already decided who may see it.

    Raises: FileNotFound (404), StoreUnavailable.
    """
    digest = queries.file(file_id).digest_sm3
    try:
        return content_store().open(digest)
    except KeyError:
        logger.error("content %s of file %s is missing from the store", digest, file_id)
        raise FileNotFound from None


def read_file(file_id: UUID) -> bytes:
    """A file's whole content, compared with its digest.

    Raises: FileNotFound (404), StoreUnavailable; ValueError when the bytes were changed.
    """
    with open_file(file_id) as stream:
        content = stream.read()
    if crypto.sm3(content).hex() != queries.file(file_id).digest_sm3:
        raise ValueError(f"the content of file {file_id} was changed in the store")
    return content


def file_link(file_id: UUID) -> str:
    """The path that downloads a file; the owner's module decides who may follow it."""
    return f"/documents/{file_id}/"


@transaction.atomic
def hand_over_file(file_id: UUID, *, owner_kind: str, owner_id: UUID) -> None:
    """Give a file to another owner (an upload of a draft becomes a material of its case).

    Raises: FileNotFound (404).
    """
    changed = StoredFile.objects.filter(pk=file_id).update(owner_kind=owner_kind, owner_id=owner_id)
    if not changed:
        raise FileNotFound


@transaction.atomic
def forget_file(file_id: UUID) -> None:
    """Remove a file from its owner; the sweep removes the bytes once no one else has them."""
    StoredFile.objects.filter(pk=file_id).delete()


def sweep_contents(*, at: datetime) -> int:
    """Remove contents that no file points at and no one put for two days; return how many.

    Each digest is judged under its own lock, so a content that is being stored again stays.
    """
    removed = 0
    for digest in content_store().old_digests(at - SWEEP_AFTER):
        with transaction.atomic():
            if not _try_hold(digest):
                continue
            if StoredFile.objects.filter(digest_sm3=digest).exists():
                continue
            content_store().delete(digest)
            removed += 1
    return removed


def render(
    template: str, facts: dict[str, Any], *, formats: Sequence[str] = ("pdf", "ofd")
) -> dict[str, bytes]:
    """A paper from a template (notice, bill, receipt, licence) and its facts, in each format.

    The facts of each template are described in its function. Raises: KeyError for an unknown
    template or a missing fact.
    """
    return render_paper(paper_of(template, facts), formats=formats)


def layout(template: str, facts: dict[str, Any]) -> Paper:
    """The page description a template makes of facts, before it is written in any format."""
    return paper_of(template, facts)


def seal_place(template: str, facts: dict[str, Any]) -> SealPlace | None:
    """Where the seal belongs on the paper `render` makes of the same facts."""
    return paper_of(template, facts).seal_place


def render_paper(paper: Paper, *, formats: Sequence[str] = ("pdf", "ofd")) -> dict[str, bytes]:
    """A page description of one's own, written in each format."""
    writers = {"pdf": write_pdf, "ofd": write_ofd}
    return {name: writers[name](paper) for name in formats}


def _hold_shared(digest: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [f"{_LOCK}:{digest}"]
        )


def _try_hold(digest: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{_LOCK}:{digest}"]
        )
        row = cursor.fetchone()
    return bool(row and row[0])
