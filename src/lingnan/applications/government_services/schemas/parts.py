"""Parts of a case: materials, notices, steps, clocks."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from lingnan.kernel.text import LocalisedText
from lingnan.platforms.workflow.types import Clock

from ..models import (
    Case,
    CaseMaterial,
    Correction,
    Decision,
    Delivery,
    Notice,
    ServiceRating,
    SiteInspection,
)
from .given import CorrectionItemIn, FindingIn


class CaseOut(Schema):
    """A case as lists and answers show it."""

    id: UUID
    number: str = Field(description="43 characters")
    item_code: str
    item_name: LocalisedText
    applicant_kind: str
    applicant_name: str
    state: str
    state_since: datetime
    result: str
    exchange_result_code: str = Field(description="办结结果 of the case exchange")
    channel: str
    submitted_at: datetime
    accepted_at: datetime | None
    decided_at: datetime | None
    concluded_at: datetime | None
    promised_due_on: date | None
    statutory_due_on: date | None
    light: str
    receiving_agency_id: UUID
    deciding_agency_id: UUID

    @staticmethod
    def of(case: Case) -> "CaseOut":
        return CaseOut.model_construct(
            id=case.pk,
            number=case.number,
            item_code=case.item_code,
            item_name=case.item_name,
            applicant_kind=case.applicant_kind,
            applicant_name=case.applicant_name,
            state=str(case.state),
            state_since=case.state_since,
            result=str(case.result),
            exchange_result_code=case.exchange_result_code,
            channel=str(case.channel),
            submitted_at=case.submitted_at,
            accepted_at=case.accepted_at,
            decided_at=case.decided_at,
            concluded_at=case.concluded_at,
            promised_due_on=case.promised_due_on,
            statutory_due_on=case.statutory_due_on,
            light=case.light,
            receiving_agency_id=case.receiving_agency_id,
            deciding_agency_id=case.deciding_agency_id,
        )


class CaseMaterialOut(Schema):
    id: UUID
    code: str
    name: LocalisedText
    kind: str
    file_name: str
    licence_id: UUID | None
    state: str
    content: str = Field(description="Path of the content")

    @staticmethod
    def of(row: CaseMaterial) -> "CaseMaterialOut":
        return CaseMaterialOut(
            id=row.pk,
            code=row.code,
            name=row.name,
            kind=row.kind,
            file_name=row.file_name,
            licence_id=row.licence_id,
            state=row.state,
            content=f"/api/v1/cases/{row.case_id}/materials/{row.pk}/content",
        )


class NoticeOut(Schema):
    id: UUID
    kind: str
    number: str
    noticed_at: datetime
    state: str = Field(description="pending until its sealed faces are rendered")
    is_sealed: bool
    pdf: str | None
    ofd: str | None

    @staticmethod
    def of(row: Notice) -> "NoticeOut":
        base = f"/api/v1/notices/{row.pk}"
        return NoticeOut(
            id=row.pk,
            kind=row.kind,
            number=row.number,
            noticed_at=row.noticed_at,
            state=row.state,
            is_sealed=row.is_sealed,
            pdf=f"{base}/pdf" if row.pdf_file_id else None,
            ofd=f"{base}/ofd" if row.ofd_file_id else None,
        )


class CorrectionReplyOut(Schema):
    item: int
    text: str


class CorrectionOut(Schema):
    items: list[CorrectionItemIn]
    replies: list[CorrectionReplyOut]
    told_at: datetime
    due_on: date
    state: str
    submitted_at: datetime | None

    @staticmethod
    def of(row: Correction | None) -> "CorrectionOut | None":
        if row is None:
            return None
        return CorrectionOut(
            items=[CorrectionItemIn(**item) for item in row.items],
            replies=[CorrectionReplyOut(**reply) for reply in row.replies],
            told_at=row.told_at,
            due_on=row.due_on,
            state=row.state,
            submitted_at=row.submitted_at,
        )


class DecisionOut(Schema):
    outcome: str
    reason: str
    legal_basis: list[str]
    remedy: dict[str, Any]
    conditions: str
    decided_at: datetime

    @staticmethod
    def of(row: Decision | None) -> "DecisionOut | None":
        if row is None:
            return None
        return DecisionOut(
            outcome=row.outcome,
            reason=row.reason,
            legal_basis=row.legal_basis,
            remedy=row.remedy,
            conditions=row.conditions,
            decided_at=row.decided_at,
        )


class DeliveryOut(Schema):
    method: str
    due_on: date
    delivered_at: datetime | None
    handed_to: str
    tracking_number: str

    @staticmethod
    def of(row: Delivery | None) -> "DeliveryOut | None":
        if row is None:
            return None
        return DeliveryOut(
            method=row.method,
            due_on=row.due_on,
            delivered_at=row.delivered_at,
            handed_to=row.handed_to,
            tracking_number=row.tracking_number,
        )


class InspectionOut(Schema):
    id: UUID
    inspected_on: date
    inspectors: list[str]
    findings: list[FindingIn]
    result: str
    summary: str
    recorded_at: datetime

    @staticmethod
    def of(row: SiteInspection) -> "InspectionOut":
        return InspectionOut(
            id=row.pk,
            inspected_on=row.inspected_on,
            inspectors=row.inspectors,
            findings=[FindingIn(**finding) for finding in row.findings],
            result=row.result,
            summary=row.summary,
            recorded_at=row.recorded_at,
        )


class RatingOut(Schema):
    level: int
    text: str
    rated_at: datetime
    supplement: str
    supplemented_at: datetime | None
    review: str
    is_excluded: bool

    @staticmethod
    def of(row: ServiceRating | None) -> "RatingOut | None":
        if row is None:
            return None
        return RatingOut(
            level=row.level,
            text=row.text,
            rated_at=row.rated_at,
            supplement=row.supplement,
            supplemented_at=row.supplemented_at,
            review=row.review,
            is_excluded=row.is_excluded,
        )


class WaitingOut(Schema):
    step: str
    who: str
    since: datetime | None
    until: date | None


class StepOut(Schema):
    step_id: str
    name: str
    kind: str
    task_id: UUID | None
    role: str
    agency_id: UUID | None
    agency_name: str
    assignee_name: str
    since: datetime | None
    due_on: date | None
    is_mine: bool = False


class ClockOut(Schema):
    statutory_due_on: date | None
    promised_due_on: date | None
    is_provisional: bool
    light: str
    is_running: bool
    stopped_since: date | None
    stopped_until: date | None
    stopped_reason: str
    workdays_used: int
    workdays_left: int | None


class TimelineOut(Schema):
    at: datetime
    code: str
    text: str
    detail: str
    actor_name: str
    agency_name: str


def clock_out(found: Clock | None) -> ClockOut | None:
    if found is None:
        return None
    return ClockOut(**{name: getattr(found, name) for name in ClockOut.model_fields})
