"""Files uploaded ahead of a case or for a correction, without a draft."""

from datetime import datetime

from lingnan.kernel.actors import Actor
from lingnan.platforms.documents import queries as document_queries
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import DataClass, FileCard
from lingnan.standards.matters import queries as matters

from . import materials


def upload_material(
    *, actor: Actor, item_code: str, code: str, content: bytes, name: str, at: datetime
) -> FileCard:
    """Check and keep a file that this account may hand in as a material of an item.

    Raises: matters' NotFound, MaterialUnknown, documents' refusals (size, type, content).
    """
    assert actor.account_id is not None, "uploads belong to an account"
    item = matters.published_item(item_code)
    checked = materials.check_content(item, code, content, name, takes_general=True)
    stored = documents.store(
        checked.content,
        name=checked.name,
        media_type=checked.media_type,
        actor=actor,
        owner_kind=materials.UPLOAD_OWNER,
        owner_id=actor.account_id,
        data_class=DataClass.SENSITIVE,
        at=at,
    )
    return document_queries.card(stored)
