"""Seals over HTTP: the register, applications, steps of their life, requests to put them."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Status, UploadedFile
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import seal_access, services
from ..document_checks import FILE_MAX_BYTES
from ..errors import DocumentTooLarge
from ..seal_schemas import (
    DecisionIn,
    DropIn,
    SealApplicationIn,
    SealApplicationOut,
    SealChangeOut,
    SealOut,
    SealRequestItemOut,
    SealRequestOut,
    SealStepIn,
    SealUseOut,
)
from ..types import APPROVE_SEALS, KEEP_SEALS, MANAGE_SEALS, SealKind, SealState
from .router import router

Limit = Annotated[int, Field(ge=1, le=100)]


@router.get("/seals", response=paged(SealOut), url_name="seals_list")
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def list_seals(
    request: HttpRequest,
    state: SealState | None = None,
    cursor: str | None = None,
    limit: Limit = 20,
) -> dict[str, object]:
    """Seals within reach, newest first."""
    page = seal_access.page_of_seals(
        actor_of(request), state=state or "", cursor=cursor, limit=limit
    )
    return {"items": [SealOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.get("/seals/applications", response=paged(SealApplicationOut), url_name="seals_asked")
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def list_seal_applications(
    request: HttpRequest, cursor: str | None = None, limit: Limit = 20
) -> dict[str, object]:
    """Applications for seals within reach, newest first."""
    page = seal_access.page_of_applications(actor_of(request), cursor=cursor, limit=limit)
    items = [SealApplicationOut.of(row) for row in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


@router.post("/seals/applications", response={201: SealApplicationOut}, url_name="seals_apply")
@permitted(KEEP_SEALS)
@idempotent
def apply_for_seal(request: HttpRequest, payload: SealApplicationIn) -> Status[SealApplicationOut]:
    """Ask for a seal, or for one in place of another; another person decides."""
    actor = actor_of(request)
    agency_id = payload.agency_id or actor.agency_id
    if agency_id is None:
        raise Forbidden(permission=KEEP_SEALS)
    made = services.apply_for_seal(
        agency_id=agency_id,
        kind=SealKind(payload.kind),
        text=payload.text,
        reason=payload.reason,
        replaces_id=payload.replaces_id,
        actor=actor,
        at=clock.now(),
    )
    return Status(201, _application(request, made.pk))


def _application(request: HttpRequest, application_id: UUID) -> SealApplicationOut:
    found = seal_access.access_application(actor=actor_of(request), application_id=application_id)
    return SealApplicationOut.of(found)


@router.post(
    "/seals/applications/{uuid:application_id}/decision",
    response=SealApplicationOut,
    url_name="seals_decide",
)
@permitted(APPROVE_SEALS)
@idempotent
def decide_on_seal(
    request: HttpRequest, application_id: UUID, payload: DecisionIn
) -> SealApplicationOut:
    """Approve or refuse an application."""
    services.decide_on_seal(
        application_id=application_id,
        approves=payload.approves,
        ground=payload.ground,
        actor=actor_of(request),
        at=clock.now(),
    )
    return _application(request, application_id)


@router.post(
    "/seals/applications/{uuid:application_id}/seal",
    response={201: SealOut},
    url_name="seals_make",
)
@permitted(MANAGE_SEALS)
@idempotent
def make_seal(request: HttpRequest, application_id: UUID) -> Status[SealOut]:
    """Make the seal that was approved."""
    actor = actor_of(request)
    seal = services.make_seal(application_id=application_id, actor=actor, at=clock.now())
    return Status(201, SealOut.of(seal_access.access_seal(actor=actor, seal_id=seal.pk)))


@router.get("/seals/requests", response=paged(SealRequestOut), url_name="seals_requests")
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def list_seal_requests(
    request: HttpRequest, cursor: str | None = None, limit: Limit = 20
) -> dict[str, object]:
    """Requests to put seals within reach, newest first."""
    page = seal_access.page_of_requests(actor_of(request), cursor=cursor, limit=limit)
    items = [SealRequestOut.of(row) for row in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


@router.get("/seals/requests/{uuid:request_id}", response=SealRequestOut, url_name="seals_request")
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def get_seal_request(request: HttpRequest, request_id: UUID) -> SealRequestOut:
    """One request and how far it is."""
    return _request(request, request_id)


def _request(request: HttpRequest, request_id: UUID) -> SealRequestOut:
    found = seal_access.access_request(actor=actor_of(request), request_id=request_id)
    return SealRequestOut.of(found)


@router.get(
    "/seals/requests/{uuid:request_id}/documents",
    response=list[SealRequestItemOut],
    url_name="seals_request_documents",
)
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def list_request_documents(request: HttpRequest, request_id: UUID) -> list[SealRequestItemOut]:
    """The report: each document, sealed or refused and why; files at `/documents/{id}/`."""
    found = seal_access.access_request(actor=actor_of(request), request_id=request_id)
    return [SealRequestItemOut.of(item) for item in seal_access.items_of(found)]


@router.post(
    "/seals/requests/{uuid:request_id}/decision",
    response=SealRequestOut,
    url_name="seals_decide_request",
)
@permitted(APPROVE_SEALS)
@idempotent
def decide_on_seal_request(
    request: HttpRequest, request_id: UUID, payload: DecisionIn
) -> SealRequestOut:
    """Approve or refuse; a job then seals one document after another."""
    services.decide_on_request(
        request_id=request_id,
        approves=payload.approves,
        ground=payload.ground,
        actor=actor_of(request),
        at=clock.now(),
    )
    return _request(request, request_id)


@router.post(
    "/seals/requests/{uuid:request_id}/resumption",
    response=SealRequestOut,
    url_name="seals_resume_request",
)
@permitted(KEEP_SEALS)
@idempotent
def resume_seal_request(request: HttpRequest, request_id: UUID) -> SealRequestOut:
    """Go on with a request that a problem stopped."""
    services.resume_request(request_id=request_id, actor=actor_of(request), at=clock.now())
    return _request(request, request_id)


@router.post(
    "/seals/requests/{uuid:request_id}/drop",
    response=SealRequestOut,
    url_name="seals_drop_request",
)
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
@idempotent
def drop_seal_request(request: HttpRequest, request_id: UUID, payload: DropIn) -> SealRequestOut:
    """Withdraw one's own request that waits or was stopped; a keeper gives up a stopped one.

    What was sealed before stays. A keeper who did not ask says why.
    """
    services.drop_request(
        request_id=request_id, ground=payload.ground, actor=actor_of(request), at=clock.now()
    )
    return _request(request, request_id)


@router.get("/seals/{uuid:seal_id}", response=SealOut, url_name="seals_get")
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def get_seal(request: HttpRequest, seal_id: UUID) -> SealOut:
    """One seal."""
    return SealOut.of(seal_access.access_seal(actor=actor_of(request), seal_id=seal_id))


@router.get("/seals/{uuid:seal_id}/changes", response=list[SealChangeOut], url_name="seals_changes")
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def list_seal_changes(request: HttpRequest, seal_id: UUID) -> list[SealChangeOut]:
    """The steps of a seal's life, newest first."""
    seal = seal_access.access_seal(actor=actor_of(request), seal_id=seal_id)
    return [SealChangeOut.of(row) for row in seal_access.changes_of_seal(seal)]


@router.get("/seals/{uuid:seal_id}/uses", response=paged(SealUseOut), url_name="seals_uses")
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def list_seal_uses(
    request: HttpRequest, seal_id: UUID, cursor: str | None = None, limit: Limit = 20
) -> dict[str, object]:
    """The log of a seal's uses, newest first."""
    seal = seal_access.access_seal(actor=actor_of(request), seal_id=seal_id)
    page = seal_access.page_of_uses(seal, cursor=cursor, limit=limit)
    return {"items": [SealUseOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post("/seals/{uuid:seal_id}/requests", response={201: SealRequestOut}, url_name="seals_ask")
@permitted(KEEP_SEALS)
@idempotent
def ask_for_seal(
    request: HttpRequest,
    seal_id: UUID,
    files: File[list[UploadedFile]],
    purpose: Annotated[str, Form(min_length=1, max_length=300)],
    straddles: Annotated[bool, Form()] = False,
    closing: Annotated[bool, Form()] = True,
) -> Status[SealRequestOut]:
    """Ask that the seal be put on OFD documents, all approved at once by another person."""
    if any((file.size or 0) > FILE_MAX_BYTES for file in files):
        raise DocumentTooLarge(limit_mb=FILE_MAX_BYTES // 1_000_000)
    made = services.ask_for_seal(
        seal_id=seal_id,
        purpose=purpose,
        files=[(file.name or "", file.read()) for file in files],
        straddles=straddles,
        closing=closing,
        actor=actor_of(request),
        at=clock.now(),
    )
    return Status(201, _request(request, made.pk))


@router.post("/seals/{uuid:seal_id}/{step}", response=SealOut, url_name="seals_step")
@permitted(KEEP_SEALS, MANAGE_SEALS)
@idempotent
def take_seal_step(
    request: HttpRequest,
    seal_id: UUID,
    step: Literal["record", "enable", "suspend", "report-lost", "destroy"],
    payload: SealStepIn,
) -> SealOut:
    """Record, enable, suspend, report lost or destroy; keepers may only report a loss."""
    actor = actor_of(request)
    services.SEAL_STEPS[step](seal_id, payload.ground, actor, clock.now())
    return SealOut.of(seal_access.access_seal(actor=actor, seal_id=seal_id))
