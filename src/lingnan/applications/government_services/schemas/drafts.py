"""Drafts, and what is put into them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from ..models import (
    Draft,
)
from ..services import drafts


class DraftMaterialOut(Schema):
    id: UUID
    code: str
    kind: str
    file_id: UUID | None
    licence_id: UUID | None
    name: str


class DraftOut(Schema):
    id: UUID
    item_code: str
    item_version_id: UUID
    principal_kind: str
    principal_id: UUID
    data: dict[str, Any]
    page: str
    materials: list[DraftMaterialOut]
    state: str
    changed_at: datetime
    expires_at: datetime

    @staticmethod
    def of(draft: Draft) -> "DraftOut":
        return DraftOut(
            id=draft.pk,
            item_code=draft.item_code,
            item_version_id=draft.item_version_id,
            principal_kind=draft.principal_kind,
            principal_id=draft.principal_id,
            data=drafts.draft_answers(draft),
            page=draft.page,
            materials=[DraftMaterialOut(**given) for given in draft.materials],
            state=draft.state,
            changed_at=draft.changed_at,
            expires_at=draft.expires_at,
        )


class DraftCardOut(Schema):
    id: UUID
    item_code: str
    page: str
    changed_at: datetime
    expires_at: datetime


class UploadOut(Schema):
    file_id: UUID
    name: str
    media_type: str
    size_bytes: int
