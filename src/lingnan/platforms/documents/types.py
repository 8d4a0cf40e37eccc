"""Values of documents that cross the wall, and the registry of who owns files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor

PDF = "application/pdf"
OFD = "application/ofd"
PNG = "image/png"
JPEG = "image/jpeg"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MATERIAL_TYPES = (PDF, OFD, JPEG, PNG)  # what an applicant may upload, unless the guide says more

CanRead = Callable[[Actor, UUID], bool]
NoteLook = Callable[[Actor, UUID, datetime], None]


class DataClass(models.TextChoices):
    """How much harm a leak would do."""

    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    PERSONAL = "personal", _("Personal")
    SENSITIVE = "sensitive", _("Sensitive")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCard:
    """What others may know of a stored file without opening it."""

    id: UUID
    owner_kind: str
    owner_id: UUID
    name: str
    media_type: str
    size_bytes: int
    digest_sm3: str
    digest_sha256: str
    data_class: str
    stored_at: datetime

    @property
    def url(self) -> str:
        """The path that downloads it; who may follow it the owner's module decides."""
        return f"/documents/{self.id}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedUpload:
    """An upload that passed every check; `media_type` comes from the content."""

    content: bytes
    name: str
    media_type: str


_owners: dict[str, CanRead] = {}
_noters: dict[str, NoteLook] = {}


def register_owner(kind: str, can_read: CanRead, *, note_look: NoteLook | None = None) -> None:
    """Say who may read files of an owner kind; call it in `AppConfig.ready`.

    `can_read(actor, owner_id)` must answer for any id, also for one that does not exist.
    `note_look(actor, owner_id, at)` is called when a file's content is handed out, so that the
    owner puts an officer's reading on record.
    """
    if kind in _owners and _owners[kind] is not can_read:
        raise ValueError(f"owner kind {kind} is registered twice")
    _owners[kind] = can_read
    if note_look is not None:
        _noters[kind] = note_look


def reader_of(kind: str) -> CanRead | None:
    """The registered answer for an owner kind."""
    return _owners.get(kind)


def note_look(kind: str, actor: Actor, owner_id: UUID, at: datetime) -> None:
    """Tell the owner that content of a file of his was handed out."""
    if kind in _noters:
        _noters[kind](actor, owner_id, at)
