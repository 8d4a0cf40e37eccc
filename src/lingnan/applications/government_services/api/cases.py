"""Cases as applicants see and move them; reading for both sides."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted, person_only, signed_in
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.licences import services as licences

from .. import access, queries, services
from ..errors import NoticeNotReady
from ..models import Case
from ..queries import CaseFilters
from ..schemas import (
    CaseFileOut,
    CaseIn,
    CaseOut,
    CaseViewOut,
    CorrectionAnswerIn,
    DeliveryIn,
    DeliveryOut,
    NoticeOut,
    RatingIn,
    RatingOut,
    SupplementIn,
    TimelineOut,
    WithdrawalIn,
)
from ..types import READ, Applicant, Channel
from .router import download, router

CasePage = paged(CaseOut)


@router.post("/cases", response={201: CaseOut}, summary="Submit an application")
@signed_in
@idempotent
def submit_case(request: HttpRequest, payload: CaseIn) -> Status[CaseOut]:
    """Hands in an application. Send an `Idempotency-Key`: asking again gives the same case.

    A resident applies for whom he acts for; an officer with `government_services.receive` names
    the `applicant`.

    Refusals: not_found (item), case.item_not_online, case.not_for_you, case.applicant_barred,
    case.mandate_too_narrow, case.form_invalid (fields), case.materials_missing,
    case.material_unknown, case.material_file_unknown, case.licence_not_usable,
    case.applicant_required, forbidden.
    """
    applicant = payload.applicant
    case = services.submit_case(
        actor=actor_of(request),
        item_code=payload.item_code,
        data=payload.data,
        given=[material.given() for material in payload.materials],
        channel=Channel(payload.channel),
        applicant=Applicant(kind=applicant.kind, id=applicant.id) if applicant else None,
        at=clock.now(),
    )
    return Status(201, CaseOut.of(case))


@router.get("/cases", response=CasePage, summary="Cases")
@signed_in
def list_cases(
    request: HttpRequest,
    state: str = "",
    is_open: bool | None = None,
    item_code: str = "",
    number: str = "",
    light: str = "",
    agency_id: UUID | None = None,
    submitted_from: date | None = None,
    submitted_until: date | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> dict[str, Any]:
    """Residents: the cases of whom they act for. Officers: those in their reach, filtered.

    Refusals: pagination.bad_cursor.
    """
    actor = actor_of(request)
    if actor.is_person:
        page = queries.my_cases(actor, is_open=is_open, cursor=cursor, limit=limit)
    else:
        filters = CaseFilters(
            state=state,
            is_open=is_open,
            item_code=item_code,
            number=number,
            light=light,
            agency_id=agency_id,
            submitted_from=submitted_from,
            submitted_until=submitted_until,
        )
        page = queries.list_cases(actor, filters, cursor=cursor, limit=limit)
    return {
        "items": [CaseOut.of(case) for case in page.items],
        "next_cursor": page.next_cursor,
    }


def _opened(request: HttpRequest, case_id: UUID) -> Case:
    """A case the asker may see; that an officer opened it is on record. Raises: CaseNotFound."""
    actor = actor_of(request)
    case = access.any_case(actor, case_id)
    services.note_look(actor=actor, case=case, at=clock.now())
    return case


@router.get("/cases/{case_id}", response=CaseOut, summary="One case")
@signed_in
def read_case(request: HttpRequest, case_id: UUID) -> CaseOut:
    """Its state and dates. Refusals: case.not_found."""
    return CaseOut.of(_opened(request, case_id))


@router.get("/cases/{case_id}/view", response=CaseViewOut, summary="The applicant's case page")
@person_only
def view_case(request: HttpRequest, case_id: UUID) -> CaseViewOut:
    """Who has it, since when, until when; what was handed in, told, decided. Refusals:
    case.not_found.
    """
    return CaseViewOut.of(queries.case_view(actor_of(request), case_id, at=clock.now()))


@router.get("/cases/{case_id}/file", response=CaseFileOut, summary="The officer's case file")
@permitted(READ)
def read_file(request: HttpRequest, case_id: UUID) -> CaseFileOut:
    """Facts, documents, steps, clocks and law on one page. Sensitive answers are shown to those
    who work on the case. Refusals: case.not_found, forbidden.
    """
    actor, at = actor_of(request), clock.now()
    file = queries.case_file(actor, case_id, at=at)
    services.note_look(actor=actor, case=file.case, at=at)
    return CaseFileOut.of(file)


@router.get("/cases/{case_id}/timeline", response=list[TimelineOut], summary="What happened")
@signed_in
def read_timeline(request: HttpRequest, case_id: UUID) -> list[TimelineOut]:
    """In words: what a citizen may read, or what an officer may. Refusals: case.not_found."""
    _opened(request, case_id)
    return [
        TimelineOut(
            at=item.at,
            code=item.code,
            text=item.text,
            detail=item.detail,
            actor_name=item.actor_name,
            agency_name=item.agency_name,
        )
        for item in queries.timeline(actor_of(request), case_id)
    ]


@router.get("/cases/{case_id}/notices", response=list[NoticeOut], summary="Notices of a case")
@signed_in
def list_notices(request: HttpRequest, case_id: UUID) -> list[NoticeOut]:
    """Refusals: case.not_found."""
    case = _opened(request, case_id)
    return [NoticeOut.of(row) for row in case.notices.all()]


@router.get("/notices/{notice_id}/{file_format}", summary="A notice's sealed face")
@signed_in
def read_notice(
    request: HttpRequest, notice_id: UUID, file_format: Literal["pdf", "ofd"]
) -> HttpResponse:
    """`pdf` or `ofd` (sealed). Refusals: case.not_found, case.notice_not_ready."""
    notice = access.notice(actor_of(request), notice_id)
    file_id = notice.pdf_file_id if file_format == "pdf" else notice.ofd_file_id
    if file_id is None:
        raise NoticeNotReady
    services.note_look(actor=actor_of(request), case=notice.case, at=clock.now())
    return download(documents.file(file_id))


@router.get("/cases/{case_id}/materials/{material_id}/content", summary="A material's content")
@signed_in
def read_material(request: HttpRequest, case_id: UUID, material_id: UUID) -> HttpResponse:
    """The uploaded file, the marked copy of the licence used, or the words of the commitment.

    Refusals: case.not_found.
    """
    material = access.material(actor_of(request), case_id, material_id)
    file_id = material.file_id
    services.note_look(actor=actor_of(request), case=material.case, at=clock.now())
    offer = services.offer_of(material)
    if offer is not None:
        return HttpResponse(localise(offer.text), content_type="text/plain; charset=utf-8")
    if file_id is None:
        assert material.licence_use_id is not None
        file_id = licences.ensure_copy(material.licence_use_id, at=clock.now())
    return download(documents.file(file_id))


@router.post("/cases/{case_id}/correction", response=CaseOut, summary="Hand in a correction")
@person_only
@idempotent
def submit_correction(request: HttpRequest, case_id: UUID, payload: CorrectionAnswerIn) -> CaseOut:
    """Everything that was asked for, at once; `data` holds changed answers only, `replies` answer
    general instructions.

    Refusals: case.not_found, case.correction_not_open, case.correction_outside,
    case.correction_incomplete,
    case.form_invalid, case.material_unknown, case.material_file_unknown, case.licence_not_usable.
    """
    case = services.submit_correction(
        actor=actor_of(request),
        case_id=case_id,
        data=payload.data,
        given=[material.given() for material in payload.materials],
        replies=[reply.reply() for reply in payload.replies],
        at=clock.now(),
    )
    return CaseOut.of(case)


@router.post("/cases/{case_id}/withdrawal", response=CaseOut, summary="Withdraw a case")
@person_only
@idempotent
def withdraw_case(request: HttpRequest, case_id: UUID, payload: WithdrawalIn) -> CaseOut:
    """Until it is decided. Refusals: case.not_found, case.not_withdrawable, case.fee_settled."""
    case = services.withdraw_case(
        actor=actor_of(request), case_id=case_id, reason=payload.reason, at=clock.now()
    )
    return CaseOut.of(case)


@router.post("/cases/{case_id}/bill", response={201: CaseOut}, summary="Renew an expired bill")
@person_only
@idempotent
def renew_bill(request: HttpRequest, case_id: UUID) -> Status[CaseOut]:
    """The same amount, a new term. Refusals: case.not_found, case.bill_not_expired."""
    case = services.renew_bill(actor=actor_of(request), case_id=case_id, at=clock.now())
    return Status(201, CaseOut.of(case))


@router.put("/cases/{case_id}/delivery", response=DeliveryOut, summary="How the result comes")
@person_only
@idempotent
def choose_delivery(request: HttpRequest, case_id: UUID, payload: DeliveryIn) -> DeliveryOut | None:
    """Electronic at once, or paper at the counter or by post.

    Refusals: case.not_found, case.address_required, case.delivery_missing, case.wrong_state.
    """
    delivery = services.choose_delivery(
        actor=actor_of(request),
        case_id=case_id,
        method=payload.method,
        address={
            "name": payload.name,
            "phone": payload.phone,
            "address": payload.address,
        },
        at=clock.now(),
    )
    return DeliveryOut.of(delivery)


@router.post("/cases/{case_id}/rating", response={201: RatingOut}, summary="Rate the service")
@person_only
@idempotent
def rate_case(request: HttpRequest, case_id: UUID, payload: RatingIn) -> Status[RatingOut | None]:
    """Five levels, once per case, after it ended, if one likes.

    Refusals: case.not_found, rating.not_yet, rating.already_rated.
    """
    rating = services.rate_case(
        actor=actor_of(request),
        case_id=case_id,
        level=payload.level,
        text=payload.text,
        channel=Channel(payload.channel),
        at=clock.now(),
    )
    return Status(201, RatingOut.of(rating))


@router.post("/cases/{case_id}/rating/supplement", response=RatingOut, summary="Add to a rating")
@person_only
@idempotent
def supplement_rating(
    request: HttpRequest, case_id: UUID, payload: SupplementIn
) -> RatingOut | None:
    """Words within five working days, once.

    Refusals: case.not_found, rating.not_yet, rating.supplement_too_late, case.reason_required.
    """
    rating = services.supplement_rating(
        actor=actor_of(request), case_id=case_id, text=payload.text, at=clock.now()
    )
    return RatingOut.of(rating)
