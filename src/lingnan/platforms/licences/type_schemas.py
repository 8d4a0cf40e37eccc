"""Shapes of the API of types of licence."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.schemas import FieldProblemOut

from .models import LicenceType, TypeDraft, TypeStep, TypeWithdrawal
from .type_checks import Caution
from .type_content import TypeContent


class TypeOut(Schema):
    """A type of licence."""

    code: str
    version: int
    name: dict[str, str]
    holder_kinds: list[str]
    issuer_kinds: list[str]
    issuer_regions: list[str]
    issuer_agencies: list[str]
    validity: dict[str, Any]
    legal_basis: str
    fields_schema: dict[str, Any]
    effective_from: date
    effective_until: date | None = Field(description="Nothing is issued from this day on")

    @classmethod
    def of(cls, row: LicenceType) -> "TypeOut":
        """From a row."""
        return cls.model_validate(row, from_attributes=True)


class TypeDraftIn(Schema):
    """A new type, or the next version of one.

    With `type_code` alone the draft begins as the newest version is. A `content` with the code of
    a known type is its next version; without a code it gets the department's next free one.
    """

    type_code: str = Field("", max_length=21)
    department_code: str = Field("", max_length=18, description="Credit code; empty: one's own")
    content: dict[str, Any] | None = Field(
        None, description="As GET /licences/types/{type_code}/content gives it"
    )


class TypeDraftSaveIn(Schema):
    """What was written, complete or not, and the revision it was written on."""

    revision: Annotated[int, Field(ge=1, le=2_000_000_000)]
    content: dict[str, Any]


class TypeDraftActIn(Schema):
    """What an act needs: a day to publish from, a reason to send back with."""

    effective_from: date | None = None
    revision: Annotated[int, Field(ge=1, le=2_000_000_000)] | None = Field(
        None, description="Publish: the revision that was read; another one is refused"
    )
    reason: str = Field("", max_length=2000)


class TypeWithdrawIn(Schema):
    """From when nothing is issued, and why."""

    effective_from: date
    reason: str = Field("", max_length=2000)


class TypeWithdrawalDecideIn(Schema):
    """Whether the type is withdrawn; a refusal says why."""

    accept: bool
    reason: str = Field("", max_length=2000)


class TypeWithdrawalOut(Schema):
    """A request to withdraw a type, and what became of it."""

    id: UUID
    code: str
    effective_from: date
    reason: str
    state: str = Field(description="asked, done or refused")
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None

    @classmethod
    def of(cls, row: TypeWithdrawal) -> "TypeWithdrawalOut":
        """From a row."""
        return cls(
            id=row.pk,
            code=row.code,
            effective_from=row.effective_from,
            reason=row.reason,
            state=row.state,
            asked_by=row.asked_by_name,
            asked_at=row.asked_at,
            decided_by=row.decided_by_name,
            decided_at=row.decided_at,
        )


class TypeCautionOut(Schema):
    """What a reviewer should know; it does not hinder."""

    code: str
    text: str
    users: list[str] = Field(description="Matters that rely on it, in words")


class TypeDraftOut(Schema):
    """A draft without its content."""

    id: UUID
    code: str
    name: dict[str, str]
    agency_id: UUID
    state: str = Field(description="draft, in_review, published or discarded")
    revision: int
    based_on_version: int | None
    drafted_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: TypeDraft) -> "TypeDraftOut":
        """From a row that carries its base."""
        return cls(
            id=row.pk,
            code=row.code,
            name=row.content.get("name", {}),
            agency_id=row.agency_id,
            state=row.state,
            revision=row.revision,
            based_on_version=row.based_on.version if row.based_on else None,
            drafted_by=row.drafted_by,
            created_at=row.created_at,
        )


class TypeStepOut(Schema):
    """One step in a type's life."""

    act: str
    version: int | None
    note: str
    actor_name: str
    at: datetime

    @classmethod
    def of(cls, row: TypeStep) -> "TypeStepOut":
        """From a row."""
        return cls.model_validate(row, from_attributes=True)


class TypeDraftWholeOut(TypeDraftOut):
    """A draft with its content, what is still wrong and whom it would touch."""

    content: TypeContent
    problems: list[FieldProblemOut]
    cautions: list[TypeCautionOut]
    steps: list[TypeStepOut]

    @classmethod
    def whole(
        cls,
        row: TypeDraft,
        *,
        content: TypeContent,
        problems: list[FieldProblemOut],
        cautions: list[Caution],
        steps: list[TypeStep],
    ) -> "TypeDraftWholeOut":
        """From a row and what was found out about it."""
        return cls(
            **TypeDraftOut.of(row).model_dump(),
            content=content,
            problems=problems,
            cautions=[
                TypeCautionOut(code=one.code, text=one.text, users=list(one.users))
                for one in cautions
            ],
            steps=[TypeStepOut.of(step) for step in steps],
        )
