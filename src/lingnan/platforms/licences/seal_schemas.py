"""Shapes of seals over HTTP."""

from datetime import datetime
from uuid import UUID

from ninja import Field, Schema

from .models import Seal, SealApplication, SealChange, SealRequest, SealRequestItem, SealUse
from .types import SealKind


class SealOut(Schema):
    """A seal in the register."""

    id: UUID
    agency_id: UUID
    agency_name: str
    kind: str
    name: str
    esid: str
    state: str
    record_number: str
    valid_from: datetime
    valid_until: datetime

    @classmethod
    def of(cls, row: Seal) -> "SealOut":
        """From a row that carries its agency."""
        return cls(
            id=row.pk,
            agency_id=row.agency_id,
            agency_name=row.agency.name,
            kind=row.kind,
            name=row.name,
            esid=row.esid,
            state=row.state,
            record_number=row.record_number,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )


class SealChangeOut(Schema):
    """One step in a seal's life."""

    state_before: str
    state: str
    ground: str
    changed_by: str
    changed_at: datetime

    @classmethod
    def of(cls, row: SealChange) -> "SealChangeOut":
        """From a row."""
        return cls.model_validate(row, from_attributes=True)


class SealUseOut(Schema):
    """One use of a seal."""

    id: UUID
    purpose: str
    digest_sm3: str
    sealed_digest_sm3: str
    used_by: str
    approved_by: str
    rule: str
    used_at: datetime

    @classmethod
    def of(cls, row: SealUse) -> "SealUseOut":
        """From a row."""
        return cls.model_validate(row, from_attributes=True)


class SealApplicationIn(Schema):
    """What seal is wanted and why."""

    kind: SealKind
    text: str = Field("", max_length=60, description="What it says, but for a seal of the unit")
    reason: str = Field(min_length=1, max_length=500)
    replaces_id: UUID | None = None
    agency_id: UUID | None = Field(None, description="The officer's own agency if left out")


class SealApplicationOut(Schema):
    """An application for a seal."""

    id: UUID
    agency_id: UUID
    agency_name: str
    kind: str
    text: str
    reason: str
    replaces_id: UUID | None
    state: str
    applied_by: str
    applied_at: datetime
    decided_by: str
    decided_at: datetime | None
    ground: str
    seal_id: UUID | None

    @classmethod
    def of(cls, row: SealApplication) -> "SealApplicationOut":
        """From a row that carries its agency."""
        return cls(
            id=row.pk,
            agency_id=row.agency_id,
            agency_name=row.agency.name,
            kind=row.kind,
            text=row.text,
            reason=row.reason,
            replaces_id=row.replaces_id,
            state=row.state,
            applied_by=row.applied_by,
            applied_at=row.applied_at,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            ground=row.ground,
            seal_id=row.seal_id,
        )


class DecisionIn(Schema):
    """Yes or no, and why."""

    approves: bool
    ground: str = Field(min_length=1, max_length=500)


class DropIn(Schema):
    """Why a request is given up; who asked need not say."""

    ground: str = Field("", max_length=500)


class SealStepIn(Schema):
    """Why a step is taken; for `record` the number in the register."""

    ground: str = Field(min_length=1, max_length=500)


class SealRequestItemOut(Schema):
    """One document of a request."""

    number: int
    name: str
    state: str
    problem: str
    digest_sm3: str
    file_id: UUID
    sealed_file_id: UUID | None

    @classmethod
    def of(cls, row: SealRequestItem) -> "SealRequestItemOut":
        """From a row."""
        return cls.model_validate(row, from_attributes=True)


class SealRequestOut(Schema):
    """A request to put a seal on documents, and how far it is."""

    id: UUID
    seal_id: UUID
    seal_name: str
    agency_id: UUID
    purpose: str
    straddles: bool
    closing: bool
    state: str
    items_count: int
    done_count: int
    refused_count: int
    problem: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    ground: str
    ended_at: datetime | None
    dropped_by: str
    dropped_ground: str

    @classmethod
    def of(cls, row: SealRequest) -> "SealRequestOut":
        """From a row that carries its seal."""
        names = [name for name in cls.model_fields if name not in {"id", "seal_name"}]
        values = {name: getattr(row, name) for name in names}
        return cls(id=row.pk, seal_name=row.seal.name, **values)
