"""Builders for tests of other modules."""

import io
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils.compat as uuid_utils
from PIL import Image

from lingnan.kernel.actors import SYSTEM, Actor

from . import services
from .models import StoredFile
from .types import PNG, DataClass

NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Guangzhou


def png(width: int = 8, height: int = 8, colour: str = "red") -> bytes:
    """A small picture."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, "PNG")
    return made.getvalue()


def make_file(
    content: bytes = b"",
    *,
    name: str = "身份证.png",
    media_type: str = PNG,
    owner_kind: str = "test.thing",
    owner_id: UUID | None = None,
    actor: Actor = SYSTEM,
    at: datetime = NINE,
    data_class: str = DataClass.PERSONAL,
) -> StoredFile:
    """A stored file of a made-up owner."""
    return services.store(
        content or png(),
        name=name,
        media_type=media_type,
        actor=actor,
        owner_kind=owner_kind,
        owner_id=owner_id or uuid_utils.uuid7(),
        at=at,
        data_class=data_class,
    )
