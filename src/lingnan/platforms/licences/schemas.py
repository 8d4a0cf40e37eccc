"""Shapes of licences' API."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.text import localise

from .disclosure import Disclosure
from .models import LicenceType, LicenceUse, StatusChange
from .types import LicenceCard


class LicenceFieldOut(Schema):
    name: str
    title: dict[str, str]
    value: str


class LicenceOut(Schema):
    """A licence as its holder, or an officer in reach, sees it."""

    id: UUID
    identifier: str = Field(description="GB/T 36904-2018")
    type_code: str
    type_name: dict[str, str]
    number: str
    version: int
    status: str
    status_ground: str
    holder_kind: str
    holder_name: str
    agency_id: UUID
    agency_name: str
    fields: list[LicenceFieldOut]
    valid_from: date
    valid_until: date | None = Field(description="Last day of validity; null: without end")
    issued_at: datetime
    subject_kind: str
    subject_id: UUID | None
    verify_path: str

    @classmethod
    def of(cls, card: LicenceCard) -> "LicenceOut":
        """From a card."""
        return cls(
            id=card.id,
            identifier=card.identifier,
            type_code=card.type_code,
            type_name=card.type_name,
            number=card.number,
            version=card.version,
            status=card.status.value,
            status_ground=card.status_ground,
            holder_kind=card.holder_kind,
            holder_name=card.holder_name,
            agency_id=card.agency_id,
            agency_name=card.agency_name,
            fields=[
                LicenceFieldOut(name=item.name, title=item.title, value=item.value)
                for item in card.shown_fields
            ],
            valid_from=card.valid_from,
            valid_until=card.valid_until,
            issued_at=card.issued_at,
            subject_kind=card.subject_kind,
            subject_id=card.subject_id,
            verify_path=card.verify_path,
        )


class UseOut(Schema):
    """One line of the log of uses."""

    id: UUID
    kind: str
    used_by: str
    purpose: str
    item_code: str
    case_id: UUID | None
    copy_valid_until: date | None
    used_at: datetime

    @classmethod
    def of(cls, use: LicenceUse) -> "UseOut":
        """From a row."""
        return cls.model_validate(use, from_attributes=True)


class ChangeOut(Schema):
    """One change of status."""

    status_before: str
    status: str
    ground: str
    reason: str
    changed_by: str
    changed_at: datetime

    @classmethod
    def of(cls, change: StatusChange) -> "ChangeOut":
        """From a row."""
        return cls.model_validate(change, from_attributes=True)


class StatusIn(Schema):
    """Why a status is changed."""

    ground: str = Field(
        "", max_length=300, description="Article of law", examples=["食品安全法 132"]
    )
    reason: str = Field("", max_length=2000, description="The facts of the matter")


class TypeOut(Schema):
    """A type of licence."""

    code: str
    version: int
    name: dict[str, str]
    holder_kinds: list[str]
    issuer_kinds: list[str]
    validity: dict[str, Any]
    legal_basis: str
    fields_schema: dict[str, Any]

    @classmethod
    def of(cls, row: LicenceType) -> "TypeOut":
        """From a row."""
        return cls.model_validate(row, from_attributes=True)


class CheckOut(Schema):
    """One check: true held, false did not, null could not be looked at."""

    check: str
    held: bool | None
    text: str
    detail: str


class VerificationOut(Schema):
    """What verifying found. Personal fields are filled only with the code or the file."""

    verdict: str = Field(description="proven; not_valid: genuine but not valid today; not_proven")
    checks: list[CheckOut]
    identifier: str
    type_name: str
    number: str
    issuer: str
    holder_name: str
    holder_code: str
    fields: dict[str, str]
    status: str | None
    valid_from: date | None
    valid_until: date | None
    issued_at: datetime | None
    signer: str
    signed_at: datetime | None

    @classmethod
    def of(cls, shown: Disclosure) -> "VerificationOut":
        """From what may be disclosed."""
        return cls(
            verdict=shown.verdict,
            checks=[
                CheckOut(check=line.check, held=line.held, text=line.text, detail=line.detail)
                for line in shown.lines
            ],
            identifier=shown.identifier,
            type_name=localise(shown.type_name),
            number=shown.number,
            issuer=shown.issuer,
            holder_name=shown.holder_name,
            holder_code=shown.holder_code,
            fields=dict(shown.fields),
            status=shown.status.value if shown.status else None,
            valid_from=shown.valid_from,
            valid_until=shown.valid_until,
            issued_at=shown.issued_at,
            signer=shown.signer,
            signed_at=shown.signed_at,
        )


class ProofOut(Schema):
    """How to verify a licence with the openssl program alone."""

    payload_url: str
    signature_url: str
    certificate_url: str
    chain_url: str
    commands: list[str]
