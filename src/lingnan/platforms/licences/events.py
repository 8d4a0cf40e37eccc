"""What licences announce."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceIssued(Event):
    """A licence was sealed and is valid."""

    name: ClassVar[str] = "licences.issued"
    licence_id: UUID
    identifier: str
    type_code: str
    holder_kind: str
    holder_id: UUID
    agency_id: UUID
    region_path: str
    subject_kind: str
    subject_id: UUID | None
    issued_at: datetime
    supersedes_id: UUID | None
    supersedes_identifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceStatusChanged(Event):
    """A licence was suspended, given back, revoked, cancelled, superseded, expired, or moved.

    `national_status` and `national_operation` are the codes of the national line systems.
    """

    name: ClassVar[str] = "licences.status_changed"
    licence_id: UUID
    identifier: str
    status_before: str
    status: str
    ground: str
    subject_kind: str
    subject_id: UUID | None
    changed_at: datetime
    verb: str = ""
    ground_code: str = ""
    national_status: str = ""
    national_operation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceRevoked(Event):
    """A licence was revoked, or taken away as a penalty."""

    name: ClassVar[str] = "licences.revoked"
    licence_id: UUID
    identifier: str
    ground: str
    subject_kind: str
    subject_id: UUID | None
    revoked_at: datetime
    ground_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceUsed(Event):
    """A marked copy of a licence was handed to a case."""

    name: ClassVar[str] = "licences.used"
    licence_id: UUID
    use_id: UUID
    purpose: str
    case_id: UUID | None
    used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceShown(Event):
    """A holder showed a licence by a code and an officer scanned it."""

    name: ClassVar[str] = "licences.shown"
    licence_id: UUID
    purpose: str
    agency_id: UUID | None
    shown_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAsked(Event):
    """Someone asked a holder to let a licence be read."""

    name: ClassVar[str] = "licences.consent_asked"
    consent_id: UUID
    asker_id: UUID
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAnsweredByHolder(Event):
    """The holder granted, declined or withdrew; `state` says which."""

    name: ClassVar[str] = "licences.consent_changed"
    consent_id: UUID
    asker_id: UUID
    state: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceBroughtIn(Event):
    """A licence from paper, a register or another province went into its holder's wallet."""

    name: ClassVar[str] = "licences.brought_in"
    licence_id: UUID
    identifier: str
    type_code: str
    grade: str
    holder_kind: str
    holder_id: UUID
    agency_id: UUID
    brought_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceChecked(Event):
    """An officer compared a licence with its original: its grade rose."""

    name: ClassVar[str] = "licences.checked_against_original"
    licence_id: UUID
    grade_before: str
    grade: str
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceTypePublished(Event):
    """A version of a type of licence was published; it is in force from a day on."""

    name: ClassVar[str] = "licences.type_published"
    type_code: str
    version: int
    effective_from: date
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceTypeWithdrawn(Event):
    """From a day on nothing is issued under a type of licence."""

    name: ClassVar[str] = "licences.type_withdrawn"
    type_code: str
    effective_from: date
    reason: str
    withdrawn_at: datetime
