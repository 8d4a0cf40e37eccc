"""What government services announce. Each carries what indicators and neighbours need, no texts."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSubmitted(Event):
    """An application was handed in and has a number; the completeness rule's five days run."""

    name: ClassVar[str] = "government_services.case_submitted"
    case_id: UUID
    number: str
    item_code: str
    receiving_agency_id: UUID
    deciding_agency_id: UUID
    region_path: str
    applicant_kind: str
    channel: str
    submitted_at: datetime
    material_count: int
    reused_material_count: int
    prefilled_field_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAccepted(Event):
    """The case was accepted, by a clerk or by silence (`is_deemed`); the clocks run."""

    name: ClassVar[str] = "government_services.case_accepted"
    case_id: UUID
    item_code: str
    deciding_agency_id: UUID
    region_path: str
    accepted_at: datetime
    is_deemed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRequested(Event):
    name: ClassVar[str] = "government_services.correction_requested"
    case_id: UUID
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionSubmitted(Event):
    name: ClassVar[str] = "government_services.correction_submitted"
    case_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecided(Event):
    """The agency granted or denied."""

    name: ClassVar[str] = "government_services.case_decided"
    case_id: UUID
    item_code: str
    deciding_agency_id: UUID
    region_path: str
    outcome: str
    accepted_at: datetime
    decided_at: datetime
    promised_due_on: date | None
    statutory_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseConcluded(Event):
    """Nothing more happens to the case. `result` is one of `types.Result`."""

    name: ClassVar[str] = "government_services.case_concluded"
    case_id: UUID
    item_code: str
    receiving_agency_id: UUID
    deciding_agency_id: UUID
    region_path: str
    channel: str
    result: str
    submitted_at: datetime
    accepted_at: datetime | None
    decided_at: datetime | None
    concluded_at: datetime
    promised_due_on: date | None
    statutory_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDelivered(Event):
    """The result reached the applicant: `electronic`, `pickup` (a visit) or `mail`."""

    name: ClassVar[str] = "government_services.case_delivered"
    case_id: UUID
    delivered_at: datetime
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWritten(Event):
    """A notice has its number and date; its sealed faces are still to be rendered."""

    name: ClassVar[str] = "government_services.notice_written"
    notice_id: UUID
    case_id: UUID
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRated(Event):
    name: ClassVar[str] = "government_services.case_rated"
    case_id: UUID
    item_code: str
    deciding_agency_id: UUID
    receiving_agency_id: UUID
    region_path: str
    level: int
    rated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingReviewed(Event):
    """A negative rating was called back; an excluded one no longer counts."""

    name: ClassVar[str] = "government_services.rating_reviewed"
    case_id: UUID
    item_code: str
    deciding_agency_id: UUID
    region_path: str
    level: int
    is_excluded: bool
    reviewed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JointCaseSubmitted(Event):
    name: ClassVar[str] = "government_services.joint_case_submitted"
    joint_case_id: UUID
    theme_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JointCaseConcluded(Event):
    name: ClassVar[str] = "government_services.joint_case_concluded"
    joint_case_id: UUID
    theme_code: str
    state: str
    concluded_at: datetime
