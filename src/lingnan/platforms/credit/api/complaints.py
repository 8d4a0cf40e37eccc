"""Complaints to the credit office."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Status, UploadedFile
from ninja.params.functions import File, Form, Query

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Malformed
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted, person_only

from .. import access, queries, services
from ..shapes import ComplaintOut, OfficeComplaintOut
from ..types import MANAGE
from .router import router


@router.get("/credit/mine/complaints", response=list[ComplaintOut], summary="One's complaints")
@person_only
def list_own_complaints(request: HttpRequest) -> object:
    """Newest first, at most a hundred."""
    return queries.own_complaints(actor_of(request))


@router.post("/credit/mine/complaints", response={201: ComplaintOut}, summary="Complain")
@person_only
@idempotent
def make_complaint(
    request: HttpRequest,
    text: str = Form(..., min_length=1, max_length=4000),
    subject_id: UUID | None = Form(None, description="A firm, for its conduct"),  # noqa: B008
    objection_id: UUID | None = Form(None, description="How it was handled"),  # noqa: B008
    repair_id: UUID | None = Form(None, description="How it was handled"),  # noqa: B008
    files: list[UploadedFile] = File([]),  # noqa: B008
) -> Status[object]:
    """About one of the three; give one of the ids. The credit office answers."""
    if sum(given is not None for given in (subject_id, objection_id, repair_id)) != 1:
        text_ = "subject_id, objection_id or repair_id: one of them"
        raise Malformed(fields=[FieldProblem("subject_id", "input.one_of", text_)])
    row = services.make_complaint(
        actor=actor_of(request),
        subject_id=subject_id,
        objection_id=objection_id,
        repair_id=repair_id,
        text=text,
        files=[services.Evidence(file.name or "", file.read()) for file in files],
        at=clock.now(),
    )
    return Status(201, row)


@router.get("/credit/mine/complaints/{complaint_id}", response=ComplaintOut, summary="One of them")
@person_only
def show_own_complaint(request: HttpRequest, complaint_id: UUID) -> object:
    """Raises: ComplaintNotFound (404)."""
    return access.own_complaint(actor_of(request), complaint_id)


@router.delete(
    "/credit/mine/complaints/{complaint_id}", response={204: None}, summary="Take it back"
)
@person_only
@idempotent
def withdraw_complaint(request: HttpRequest, complaint_id: UUID) -> Status[None]:
    """Raises: ComplaintNotFound (404), AppealSettled (409)."""
    services.withdraw_complaint(actor=actor_of(request), complaint_id=complaint_id, at=clock.now())
    return Status(204, None)


@router.get("/credit/complaints", response=paged(OfficeComplaintOut), summary="Complaints")
@permitted(MANAGE)
def list_complaints(
    request: HttpRequest,
    state: Literal["", "open", "granted", "denied", "refused", "withdrawn"] = "",
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """To the offices in one's reach, newest first. Their steps are tasks of the inbox."""
    return queries.complaints(actor_of(request), state=state, cursor=cursor, limit=limit)


@router.get("/credit/complaints/{complaint_id}", response=OfficeComplaintOut, summary="A complaint")
@permitted(MANAGE)
def show_complaint(request: HttpRequest, complaint_id: UUID) -> object:
    """Raises: ComplaintNotFound (404)."""
    return access.access_complaint(actor_of(request), complaint_id)
