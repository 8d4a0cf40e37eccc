"""Shapes of licences' API."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import AwareDatetime

from lingnan.kernel.text import localise

from .disclosure import Disclosure
from .life import NATIONAL_STATUS, Ground
from .models import Batch, BatchRow, Consent, LicenceUse, StatusChange
from .types import ConsentData, HolderGiven, HolderKind, LicenceCard, ScannedLicence, ShownCode


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
    national_status: str = Field(description="01 to 07, 99: as the national line systems write it")
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
    replaces: str = Field("", description="Identifier of the version this one took over from")
    grade: str = Field("A", description="A to D: how far it may be trusted (国办函〔2016〕108号)")
    checked_by: str = Field("", description="Who compared it with the original or the register")

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
            national_status=NATIONAL_STATUS[card.status],
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
            replaces=card.replaces,
            grade=card.grade,
            checked_by=card.checked_by,
        )


class UseOut(Schema):
    """One line of the log of uses."""

    id: UUID
    kind: str
    used_by: str
    purpose: str
    item_code: str
    case_id: UUID | None
    fields: list[str]
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
    verb: str
    ground_code: str
    ground: str
    reason: str
    changed_by: str
    changed_at: datetime

    @classmethod
    def of(cls, change: StatusChange) -> "ChangeOut":
        """From a row."""
        return cls.model_validate(change, from_attributes=True)


class GroundOut(Schema):
    """A ground in law for one change of status."""

    code: str
    verb: str
    title: dict[str, str]
    source: str
    effective_from: date
    effective_until: date | None

    @classmethod
    def of(cls, ground: Ground) -> "GroundOut":
        """From the catalogue."""
        return cls.model_validate(ground, from_attributes=True)


class StatusIn(Schema):
    """Why a status is changed: a ground of the catalogue, or an article of law in words."""

    ground_code: str = Field("", max_length=40, examples=["fraud"])

    ground: str = Field(
        "", max_length=300, description="Article of law", examples=["食品安全法 132"]
    )
    reason: str = Field("", max_length=2000, description="The facts of the matter")


class CheckOut(Schema):
    """One check: true held, false did not, null could not be looked at."""

    check: str
    held: bool | None
    text: str
    detail: str


class VerificationOut(Schema):
    """What verifying found. Personal fields are filled only with the code or the file."""

    verdict: str = Field(
        description=(
            "proven; not_valid: genuine but not valid today; brought_in: in the register without"
            " a seal of its issuer, see grade; brought_in_not_valid: the same, and not valid today,"
            " see status; not_proven"
        )
    )
    grade: str = Field(description="A to D; empty where there is no licence")
    grade_words: str
    checked_by: str
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
            grade=shown.grade,
            grade_words=shown.grade_words,
            checked_by=shown.checked_by,
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


class HolderIn(Schema):
    """A holder, found by the exact number; the name is compared."""

    kind: HolderKind
    name: str = Field(min_length=1, max_length=200)
    number: str = Field(min_length=1, max_length=64)
    document_type: str = Field("resident_id", max_length=40)

    def given(self) -> HolderGiven:
        """As the services take it."""
        return HolderGiven(
            kind=self.kind, name=self.name, number=self.number, document_type=self.document_type
        )


class IssueIn(Schema):
    """A licence another system decided on."""

    type_code: str = Field(max_length=21, examples=["11440000MD0000101P001"])
    agency_id: UUID | None = Field(None, description="Without it, the officer's own agency")
    holder: HolderIn
    fields: dict[str, Any] = Field(default_factory=dict, max_length=100)
    valid_from: date
    valid_until: date | None = None
    source_id: str = Field(
        min_length=1, max_length=100, description="The system's own number, once per agency"
    )
    supersedes: str = Field(
        "", max_length=120, description="Identifier of the licence this one renews or changes"
    )


class BatchOut(Schema):
    """A table of licences to issue and how far it is."""

    id: UUID
    state: str
    type_code: str
    agency_id: UUID
    file_name: str
    rows_count: int
    done_count: int
    refused_count: int
    problem: str
    made_by: str
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, batch: Batch) -> "BatchOut":
        """From a row with its type."""
        values = {
            name: getattr(batch, name) for name in cls.model_fields if name not in ("type_code",)
        }
        return cls(type_code=batch.type.code, **values)


class RowProblemOut(Schema):
    field: str
    code: str
    message: str


class BatchRowOut(Schema):
    """One row of a batch."""

    number: int
    problems: list[RowProblemOut]
    identifier: str
    licence_id: UUID | None

    @classmethod
    def of(cls, row: BatchRow) -> "BatchRowOut":
        """From a row with its licence."""
        return cls(
            number=row.number,
            problems=[RowProblemOut(**problem) for problem in row.problems],
            identifier=row.licence.identifier if row.licence else "",
            licence_id=row.licence_id,
        )


class ShowIn(Schema):
    """For which purpose a licence is shown."""

    purpose: Literal["held", "identity", "inspect", "whole"]


class ShownCodeOut(Schema):
    """A code that shows a licence once; `url` is what a square code says."""

    code: str
    url: str
    expires_at: datetime
    seconds: int

    @classmethod
    def of(cls, shown: ShownCode) -> "ShownCodeOut":
        """From a code just made."""
        return cls.model_validate(shown, from_attributes=True)


class ScanIn(Schema):
    code: str = Field(min_length=1, max_length=40)


class ScannedOut(Schema):
    """What a scan shows: only what the purpose needs."""

    licence_id: UUID
    purpose: str
    type_name: dict[str, str]
    status: str
    holder_name: str
    holder_code: str
    number: str
    agency_name: str
    valid_from: date
    valid_until: date | None
    fields: list[LicenceFieldOut]
    scanned_at: datetime

    @classmethod
    def of(cls, scanned: ScannedLicence) -> "ScannedOut":
        """From a scan."""
        values = {
            name: getattr(scanned, name)
            for name in cls.model_fields
            if name not in ("fields", "status")
        }
        fields = [
            LicenceFieldOut(name=item.name, title=item.title, value=item.value)
            for item in scanned.shown_fields
        ]
        return cls(fields=fields, status=scanned.status.value, **values)


class ConsentIn(Schema):
    """Who is asked for what, for which purpose, until when."""

    holder: HolderIn
    type_code: str = Field(max_length=21)
    fields: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=50)
    purpose: str = Field(min_length=2, max_length=300)
    matter: str = Field("", max_length=200, description="Item code or the asker's own reference")
    until: AwareDatetime


class GrantIn(Schema):
    """What the holder lets be read: no more and no longer than asked."""

    licence_id: UUID
    fields: list[Annotated[str, Field(max_length=60)]] | None = Field(None, max_length=50)
    until: AwareDatetime | None = None


class ConsentOut(Schema):
    """A request and its answer."""

    id: UUID
    state: str
    asker_kind: str
    asker_name: str
    type_code: str
    fields: list[str]
    purpose: str
    matter: str
    asked_at: datetime
    answer_by: datetime
    until: datetime
    answered_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, consent: Consent) -> "ConsentOut":
        """From a row."""
        return cls.model_validate(consent, from_attributes=True)


class ConsentDataOut(Schema):
    """What a live consent delivers, as of `read_at`."""

    consent_id: UUID
    identifier: str
    status: str
    type_name: dict[str, str]
    fields: dict[str, Any]
    valid_from: date
    valid_until: date | None
    read_at: datetime
    until: datetime

    @classmethod
    def of(cls, data: ConsentData) -> "ConsentDataOut":
        """From what was read."""
        return cls.model_validate(data, from_attributes=True)


class CopyIn(Schema):
    """To whom a marked copy goes, for what, until when."""

    given_to: str = Field(min_length=1, max_length=200)
    purpose: str = Field(min_length=2, max_length=300)
    until: date


class CopyOut(Schema):
    """A marked copy, to be fetched as PDF or OFD."""

    id: UUID
    copy_valid_until: date
    pdf_url: str
    ofd_url: str

    @classmethod
    def of(cls, use: LicenceUse) -> "CopyOut":
        """From the line in the log."""
        assert use.copy_valid_until is not None
        base = f"/api/v1/licences/copies/{use.pk}"
        return cls(
            id=use.pk,
            copy_valid_until=use.copy_valid_until,
            pdf_url=f"{base}/pdf",
            ofd_url=f"{base}/ofd",
        )


class OfflineCodeOut(Schema):
    """A code that verifies without us for a day."""

    code: str
    seconds: int


class OfflineKeyOut(Schema):
    """A public key: `point` is 04, x, y in hex; the certificate is PEM."""

    kid: str
    algorithm: str
    point: str
    certificate: str


class OfflineKeysOut(Schema):
    keys: list[OfflineKeyOut]


class OfflineReadIn(Schema):
    code: str = Field(min_length=1, max_length=2000)


class OfflineReadOut(Schema):
    """What a code says: `genuine` false means nothing of it can be relied on."""

    genuine: bool
    current: bool
    identifier: str = ""
    type_name: str = ""
    holder_name: str = ""
    issuer: str = ""
    national_status: str = ""
    valid_from: str = ""
    valid_until: str = ""
    fields: dict[str, str] = {}
    stated_at: datetime | None = None
    expires_at: datetime | None = None
    status_now: str | None = Field(default=None, description="As the register says at this moment")
