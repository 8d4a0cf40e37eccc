"""Values that cross licences' wall."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.kernel import permissions
from lingnan.kernel.text import LocalisedText

VIEW_LICENCES = permissions.declare("licences.view", _("See licences within reach"))
CHANGE_STATUS = permissions.declare("licences.change_status", _("Suspend and revoke licences"))
ISSUE = permissions.declare("licences.issue", _("Issue licences outside a case, singly or in bulk"))
DEFINE_TYPES = permissions.declare("licences.define_types", _("Define types of licence"))
REVIEW_TYPES = permissions.declare(
    "licences.review_types", _("Review, publish and withdraw types of licence")
)

SCAN = permissions.declare("licences.scan", _("Scan the code of a licence that is shown"))
ASK_CONSENT = permissions.declare(
    "licences.ask_consent", _("Ask holders to let their licences be read")
)
KEEP_SEALS = permissions.declare("licences.keep_seals", _("Apply for seals and put them"))
APPROVE_SEALS = permissions.declare(
    "licences.approve_seals", _("Approve applications for seals and their use")
)
MANAGE_SEALS = permissions.declare(
    "licences.manage_seals", _("Make, record, enable and destroy seals")
)

BRING_IN = permissions.declare("licences.bring_in", _("Bring in old and other-province licences"))
CHECK_ORIGINALS = permissions.declare(
    "licences.check_originals", _("Compare licences brought in with their originals")
)

HolderKind = Literal["person", "organisation"]


class Status(models.TextChoices):
    """Where a licence stands. National codes and allowed changes are in `life`.

    `NOT_YET` is never stored: a valid licence stands so before its first day.
    """

    VALID = "valid", pgettext_lazy("licence", "valid")
    SUSPENDED = "suspended", pgettext_lazy("licence", "suspended")
    REVOKED = "revoked", pgettext_lazy("licence", "revoked")
    ANNULLED = "annulled", pgettext_lazy("licence", "taken away")
    CANCELLED = "cancelled", pgettext_lazy("licence", "cancelled")
    EXPIRED = "expired", pgettext_lazy("licence", "expired")
    MOVED_OUT = "moved_out", pgettext_lazy("licence", "moved to another register")
    SUPERSEDED = "superseded", pgettext_lazy("licence", "replaced by a newer version")
    NOT_YET = "not_yet", pgettext_lazy("licence", "not in force yet")


# Ended by a decision; a decision that is annulled restores it.
ENDED = (Status.REVOKED, Status.ANNULLED, Status.CANCELLED, Status.MOVED_OUT)
STORED_STATUSES = [(one.value, one.label) for one in Status if one is not Status.NOT_YET]


class Grade(models.TextChoices):
    """How far a licence may be trusted (可信等级). What each allows is in `grades`."""

    A = "A", _("issued by the authority itself")
    B = "B", _("checked against the original")
    C = "C", _("uploaded by the holder, not checked")
    D = "D", _("stated by the holder, who vouches for it")


class SealKind(models.TextChoices):
    """What a seal is for; `type_code` stands in the seal itself (our default: the standard leaves
    the numbers to its users).
    """

    UNIT = "unit", _("seal of the unit")
    DEPARTMENT = "department", _("seal of a department")
    SPECIAL = "special", _("seal for a special use")
    PERSONAL = "personal", _("name seal of the head")

    @property
    def type_code(self) -> int:
        """The type in SES_ESPropertyInfo."""
        return {"unit": 1, "department": 2, "special": 3, "personal": 4}[self.value]


class UseKind(models.TextChoices):
    """What someone did with a licence."""

    VIEWED = "viewed", _("shown in the wallet")
    DOWNLOADED = "downloaded", _("downloaded by the holder")
    MATERIAL = "material", _("used as a material")
    VERIFIED = "verified", _("verified by someone")
    SHOWN = "shown", _("shown by a code and scanned")
    OFFLINE = "offline", _("code for offline verifying made by the holder")
    CONSENT = "consent", _("read with consent")
    COPY = "copy", _("marked copy made by the holder")
    PREFILL = "prefill", _("filled into a form")
    CHECKED = "checked", _("checked by an officer before deciding")
    CREDENTIAL = "credential", _("put into a wallet by the holder")
    PRESENTED = "presented", _("shown to an officer out of a wallet")


class Check(StrEnum):
    """One thing looked at while verifying, in the order of GB/T 38540."""

    IDENTIFIER = "identifier"
    REGISTERED = "registered"
    PAYLOAD_SIGNATURE = "payload_signature"
    SEAL_MAKER = "seal_maker"
    SEAL_VALIDITY = "seal_validity"
    SIGNER_LISTED = "signer_listed"
    SIGNER_VALID = "signer_valid"
    SIGNATURE_VALUE = "signature_value"
    DATA_HASH = "data_hash"
    PARTS = "parts"
    COVERAGE = "coverage"
    TIMESTAMP = "timestamp"
    STATUS = "status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose licence it is. `code` is the document number or the credit code; kept encrypted."""

    kind: HolderKind
    id: UUID
    name: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderGiven:
    """A holder as another system names him: found by the exact number, compared by the name.

    `document_type` is one of `codes.DocumentType` for persons, and ignored for organisations.
    """

    kind: HolderKind
    name: str
    number: str
    document_type: str = "resident_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPlace:
    """Where a seal's picture stands: page from 1, millimetres from the page's upper left corner."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SealStanding:
    """What our register says of a seal at an instant; `state` is a code, `since` when it began."""

    could_seal: bool
    state: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceField:
    """One field of a licence as it is shown."""

    name: str
    title: LocalisedText
    value: str
    is_sensitive: bool
    is_public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceCard:
    """A licence as others see it; `status` is as of the day asked about."""

    id: UUID
    identifier: str
    type_code: str
    type_name: LocalisedText
    number: str
    version: int
    status: Status
    status_ground: str
    holder_kind: HolderKind
    holder_id: UUID
    holder_name: str
    holder_code: str
    agency_id: UUID
    agency_name: str
    fields: Mapping[str, object]
    shown_fields: tuple[LicenceField, ...]
    valid_from: date
    valid_until: date | None
    issued_at: datetime
    subject_kind: str
    subject_id: UUID | None
    verify_path: str
    face_style: str
    replaces: str = ""
    grade: str = "A"
    checked_by: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The outcome of one check: True held, False did not, None could not be looked at."""

    check: Check
    held: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What verifying found. `proven` only when every check that applies held.

    `licence` is filled when the licence is known here; its personal fields are for those who
    presented the code or the document itself.
    """

    checks: tuple[CheckResult, ...]
    licence: LicenceCard | None = None
    discloses: bool = False
    signer: str = ""
    signed_at: datetime | None = None
    status: Status | None = None

    @property
    def proven(self) -> bool:
        """Nothing that was looked at failed, and something was looked at."""
        return bool(self.checks) and all(result.held is not False for result in self.checks)

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The checks that did not hold."""
        return tuple(result for result in self.checks if result.held is False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialCopy:
    """A marked copy of a licence, handed to a case; the master stays in the wallet.

    The file is made after commit, or when `url` is first followed. Where `needs_original`, it
    stands for the paper only once an officer has noted the original of it, for this use.
    """

    use_id: UUID
    licence_id: UUID
    name: str
    media_type: str
    copy_valid_until: date
    needs_original: bool = False

    @property
    def url(self) -> str:
        """The path that shows the copy to those who may see it."""
        return f"/licences/copies/{self.use_id}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCode:
    """A code just made: shown once, kept nowhere. `url` is what the square code says."""

    presentation_id: UUID
    code: str
    url: str
    expires_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedLicence:
    """What a scan shows: only what the purpose the holder chose needs."""

    presentation_id: UUID
    licence_id: UUID
    purpose: str
    type_name: LocalisedText
    status: Status
    holder_name: str
    holder_code: str
    number: str
    agency_name: str
    valid_from: date
    valid_until: date | None
    shown_fields: tuple[LicenceField, ...]
    scanned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefillValue:
    """A value for a form from a licence, and the licence it stands on."""

    value: str
    licence_id: UUID
    type_name: LocalisedText
    agency_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentData:
    """What a live consent delivers."""

    consent_id: UUID
    identifier: str
    status: Status
    type_name: LocalisedText
    fields: Mapping[str, object]
    valid_from: date
    valid_until: date | None
    read_at: datetime
    until: datetime


class SealState(models.TextChoices):
    """Where a seal stands in its life (制作、备案、启用、停用、挂失、注销、到期)."""

    MADE = "made", pgettext_lazy("seal", "made, not yet recorded")
    RECORDED = "recorded", pgettext_lazy("seal", "recorded, not yet enabled")
    ACTIVE = "active", pgettext_lazy("seal", "in use")
    SUSPENDED = "suspended", pgettext_lazy("seal", "suspended")
    LOST = "lost", pgettext_lazy("seal", "reported lost")
    DESTROYED = "destroyed", pgettext_lazy("seal", "destroyed")
    EXPIRED = "expired", pgettext_lazy("seal", "past its term")
