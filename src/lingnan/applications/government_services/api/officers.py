"""What officers do with a case."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import queries, services
from ..schemas import (
    CaseOut,
    CorrectionIn,
    DecisionIn,
    DeliveryOut,
    HandOverIn,
    InspectionIn,
    InspectionOut,
    OpinionIn,
    RatingOut,
    RatingReviewIn,
    ReasonIn,
    RefusalIn,
    ReviewIn,
)
from ..types import (
    ACCEPT,
    DECIDE,
    DELIVER,
    HANDLE_RATINGS,
    INSPECT,
    REVIEW,
    CorrectionItem,
    Finding,
)
from .router import router

RatingPage = paged(RatingOut)


@router.post("/cases/{case_id}/acceptance", response=CaseOut, summary="Accept a case")
@permitted(ACCEPT)
@idempotent
def accept_case(request: HttpRequest, case_id: UUID, payload: OpinionIn) -> CaseOut:
    """The clocks start; the applicant gets a sealed notice.

    Refusals: case.not_found, forbidden, case.no_task, case.wrong_state, identity.self_approval,
    workflow.own_submission, workflow.task_already_done, workflow.task_claimed_by_other.
    """
    case = services.accept_case(
        actor=actor_of(request),
        case_id=case_id,
        opinion=payload.opinion,
        task_id=payload.task_id,
        at=clock.now(),
    )
    return CaseOut.of(case)


@router.post("/cases/{case_id}/refusal", response=CaseOut, summary="Do not accept a case")
@permitted(ACCEPT)
@idempotent
def refuse_case(request: HttpRequest, case_id: UUID, payload: RefusalIn) -> CaseOut:
    """Not accepted, no permission needed, or another agency's business; with a reason.

    Refusals: case.reason_required, and those of acceptance.
    """
    case = services.refuse_case(
        actor=actor_of(request),
        case_id=case_id,
        outcome=payload.outcome,
        reason=payload.reason,
        legal_basis=payload.legal_basis,
        right_agency=payload.right_agency,
        task_id=payload.task_id,
        at=clock.now(),
    )
    return CaseOut.of(case)


@router.post("/cases/{case_id}/corrections", response=CaseOut, summary="Tell what to correct")
@permitted(ACCEPT)
@idempotent
def request_correction(request: HttpRequest, case_id: UUID, payload: CorrectionIn) -> CaseOut:
    """Once and completely (Administrative Licensing Law art. 32). An item without material and
    field is a general instruction; the applicant answers it with words or files.

    Refusals: case.correction_empty, case.correction_already_told, case.material_unknown, and
    those of acceptance.
    """
    case = services.request_correction(
        actor=actor_of(request),
        case_id=case_id,
        items=[CorrectionItem(**item.dict()) for item in payload.items],
        limit_workdays=payload.limit_workdays,
        task_id=payload.task_id,
        at=clock.now(),
    )
    return CaseOut.of(case)


@router.post("/cases/{case_id}/reviews", response=CaseOut, summary="Complete a review step")
@permitted(REVIEW)
@idempotent
def review_case(request: HttpRequest, case_id: UUID, payload: ReviewIn) -> CaseOut:
    """One's own review step; the process says which outcomes it has. Any but `pass` needs words.

    Refusals: case.reason_required, case.not_found, forbidden, case.no_task,
    workflow.outcome_invalid, workflow.own_submission, workflow.task_already_done.
    """
    case = services.review_case(
        actor=actor_of(request),
        case_id=case_id,
        outcome=payload.outcome,
        opinion=payload.opinion,
        form=payload.form,
        task_id=payload.task_id,
        at=clock.now(),
    )
    return CaseOut.of(case)


@router.post("/cases/{case_id}/return", response=CaseOut, summary="Send back a step")
@permitted(REVIEW, DECIDE)
@idempotent
def return_step(request: HttpRequest, case_id: UUID, payload: ReasonIn) -> CaseOut:
    """Where the process allows it, with a reason.

    Refusals: case.reason_required, case.not_found, case.no_task, workflow.outcome_invalid.
    """
    case = services.return_step(
        actor=actor_of(request),
        case_id=case_id,
        reason=payload.reason,
        task_id=payload.task_id,
        at=clock.now(),
    )
    return CaseOut.of(case)


@router.post(
    "/cases/{case_id}/inspections", response={201: InspectionOut}, summary="Record an inspection"
)
@permitted(INSPECT)
@idempotent
def record_inspection(
    request: HttpRequest, case_id: UUID, payload: InspectionIn
) -> Status[InspectionOut]:
    """By at least two officers; completes the inspection step with its result.

    Refusals: case.inspection_needs_two, case.inspection_date_wrong, case.reason_required,
    case.not_found, forbidden, case.no_task, case.wrong_state, identity.self_approval.
    """
    inspection = services.record_inspection(
        actor=actor_of(request),
        case_id=case_id,
        inspected_on=payload.inspected_on,
        inspectors=payload.inspectors,
        findings=[Finding(**finding.dict()) for finding in payload.findings],
        result=payload.result,
        summary=payload.summary,
        task_id=payload.task_id,
        at=clock.now(),
    )
    return Status(201, InspectionOut.of(inspection))


@router.post("/cases/{case_id}/decision", response=CaseOut, summary="Decide a case")
@permitted(DECIDE)
@idempotent
def decide_case(request: HttpRequest, case_id: UUID, payload: DecisionIn) -> CaseOut:
    """Grant, deny or return. A denial needs a reason and tells where to object.

    Refusals: case.reason_required, case.not_found, forbidden, case.no_task, case.wrong_state,
    identity.self_approval, workflow.own_submission, workflow.task_already_done.
    """
    case = services.decide_case(
        actor=actor_of(request),
        case_id=case_id,
        outcome=payload.outcome,
        reason=payload.reason,
        legal_basis=payload.legal_basis,
        conditions=payload.conditions,
        false_materials=payload.false_materials,
        task_id=payload.task_id,
        at=clock.now(),
    )
    return CaseOut.of(case)


@router.post(
    "/cases/{case_id}/delivery/handover", response=DeliveryOut, summary="Hand over a result"
)
@permitted(DELIVER)
@idempotent
def hand_over(request: HttpRequest, case_id: UUID, payload: HandOverIn) -> DeliveryOut | None:
    """Over the counter or to the post. Refusals: case.not_found, case.delivery_missing."""
    delivery = services.hand_over(
        actor=actor_of(request),
        case_id=case_id,
        handed_to=payload.handed_to,
        tracking_number=payload.tracking_number,
        at=clock.now(),
    )
    return DeliveryOut.of(delivery)


@router.get("/ratings/waiting", response=RatingPage, summary="Negative ratings to call back")
@permitted(HANDLE_RATINGS)
def list_waiting_ratings(
    request: HttpRequest, cursor: str | None = None, limit: int = 20
) -> dict[str, Any]:
    """Those in reach, the longest waiting first. Refusals: pagination.bad_cursor."""
    page = queries.ratings_to_review(actor_of(request), HANDLE_RATINGS, cursor=cursor, limit=limit)
    return {
        "items": [RatingOut.of(rating) for rating in page.items],
        "next_cursor": page.next_cursor,
    }


@router.post("/cases/{case_id}/rating/review", response=RatingOut, summary="Answer a bad rating")
@permitted(HANDLE_RATINGS)
@idempotent
def review_rating(request: HttpRequest, case_id: UUID, payload: RatingReviewIn) -> RatingOut | None:
    """After the call back: confirmed, mistaken or malicious. Not by whoever decided the case.

    Refusals: case.not_found, rating.not_under_review, case.reason_required,
    identity.self_approval.
    """
    rating = services.review_rating(
        actor=actor_of(request),
        case_id=case_id,
        finding=payload.finding,
        note=payload.note,
        at=clock.now(),
    )
    return RatingOut.of(rating)
