"""Shapes of what a window does about persons in the API: checks, accounts, changed details."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from .schemas import Text100


class WindowFindIn(Schema):
    document_type: str = Field(..., max_length=24)
    document_number: str = Field(..., max_length=40)


class WindowFoundOut(Schema):
    name: str
    name_latin: str
    document_type: str
    document_number: str = Field(description="In part")
    born_on: date | None
    sex: str
    nationality: str
    has_account: bool
    level: int = Field(description="How surely the person is known so far")


class WindowCheckIn(WindowFindIn):
    document_valid_until: date | None = Field(None, description="Without: valid for good")
    name_agrees: bool
    photo: Literal["same", "different", "unclear"]
    place: str = Text100
    renews: bool = Field(
        False, description="The document has expired and the person brings a renewed one"
    )


class WindowCheckOut(Schema):
    id: UUID
    person_name: str = Field(description="In part")
    document_type: str
    photo: Literal["same", "different", "unclear"]
    outcome: Literal["passed", "failed"]
    level: int
    checked_at: datetime
    expires_at: datetime | None
    officer_id: UUID
    officer_name: str
    agency_id: UUID
    agency_name: str
    place: str
    withdrawn_at: datetime | None
    withdrawn_for: str


class WindowAccountIn(Schema):
    """The telephone number its owner will sign in with."""

    phone: str = Field(min_length=1, max_length=40)


class WindowAccountOut(Schema):
    """The account opened at a window."""

    username: str


class WithdrawCheckIn(Schema):
    reason: str = Field(..., min_length=2, max_length=300)


class DetailsIn(Schema):
    """Another name or document of the person just checked; what stays is left empty."""

    name: str = Field("", max_length=100)
    document_type: str = Field("", max_length=24)
    document_number: str = Field("", max_length=40)
    document_valid_until: date | None = Field(None, description="Without: valid for good")
    replaces: bool = Field(True, description="The document takes the place of the one on record")
    basis: str = Field(min_length=2, max_length=300, description="The papers that were seen")


class DetailsDecisionIn(Schema):
    confirms: bool
    document_number: str = Field(
        "", max_length=40, description="As the second officer reads it off the new document"
    )
    reason: str = Field("", max_length=300, description="Needed to refuse")


class DetailsChangeOut(Schema):
    """A change of a person's name or document and what became of it."""

    id: UUID
    check_id: UUID
    state: Literal["waiting", "confirmed", "refused", "undone"]
    name_before: str
    name: str = Field(description="Empty where the name stays")
    document_type: str = Field(description="Empty where the document stays")
    document_number: str = Field(description="In part")
    document_valid_until: date | None
    replaces: bool
    basis: str
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str
    decided_for: str


class OwnDocumentOut(Schema):
    """A document one is or was known by; the one on record comes first."""

    type: str
    number: str = Field(alias="masked_number", description="In part")
    valid_until: date | None
    ended_at: datetime | None = Field(description="When another took its place")
