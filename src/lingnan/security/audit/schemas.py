"""Shapes of audit's API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema


class EntryOut(Schema):
    """One audit entry."""

    id: UUID
    at: datetime
    act: str
    object_kind: str
    object_id: str
    outcome: str
    actor_kind: str
    actor_id: str
    actor_name: str
    agency_id: UUID | None
    principal_kind: str
    principal_name: str
    address: str
    facts: dict[str, Any]
    seal_seq: int | None


class FindingOut(Schema):
    """One thing wrong with the chain."""

    kind: str
    what: str
    seq: int | None
    entry_id: UUID | None
    detail: str


class VerdictOut(Schema):
    """What verifying the chain found."""

    is_sound: bool
    sealed: int
    unsealed: int
    blocks: int
    anchored_to: int
    findings: list[FindingOut]
