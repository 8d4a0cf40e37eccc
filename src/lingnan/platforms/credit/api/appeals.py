"""Objections, repairs and statements, by their subjects."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Status, UploadedFile
from ninja.params.functions import File, Form

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Malformed
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.web.guard import actor_of, person_only

from .. import access, queries, services
from ..models import Objection, Repair
from ..schemas import ReasonIn
from ..shapes import ObjectionOut, OwnEntryOut, RepairOut, RepairPromiseOut
from .router import router


@router.get("/credit/mine/entries", response=list[OwnEntryOut], summary="Entries one was told of")
@person_only
def list_own_entries(request: HttpRequest) -> object:
    """Raises: SubjectNotFound (404)."""
    return queries.own_entries(access.own_subject(actor_of(request)))


@router.post(
    "/credit/mine/entries/{entry_id}/statement", response=OwnEntryOut, summary="Make a statement"
)
@person_only
@idempotent
def make_statement(request: HttpRequest, entry_id: UUID, body: ReasonIn) -> object:
    """State one's view before the decision, within the time of the notice."""
    return services.make_statement(
        actor=actor_of(request), entry_id=entry_id, text=body.reason, at=clock.now()
    )


@router.get("/credit/mine/objections", response=list[ObjectionOut], summary="One's objections")
@person_only
def list_objections(request: HttpRequest) -> object:
    """Newest first. Raises: SubjectNotFound (404)."""
    return queries.appeals_of(access.own_subject(actor_of(request)))[0]


@router.post("/credit/mine/objections", response={201: ObjectionOut}, summary="Object")
@person_only
@idempotent
def open_objection(
    request: HttpRequest,
    ground: Literal["wrong", "not_me", "over_term", "revoked", "private"] = Form(...),
    text: str = Form(..., min_length=1, max_length=4000),
    record_id: UUID | None = Form(None),  # noqa: B008
    entry_id: UUID | None = Form(None),  # noqa: B008
    files: list[UploadedFile] = File([]),  # noqa: B008
) -> Status[object]:
    """To a record or an entry (give one of the ids); it is marked until the answer."""
    _check_one(record_id, entry_id)
    row = services.open_objection(
        actor=actor_of(request),
        record_id=record_id,
        entry_id=entry_id,
        ground=ground,
        text=text,
        files=_evidence(files),
        at=clock.now(),
    )
    return Status(201, row)


@router.get("/credit/mine/objections/{appeal_id}", response=ObjectionOut, summary="One of them")
@person_only
def show_objection(request: HttpRequest, appeal_id: UUID) -> object:
    """Raises: AppealNotFound (404)."""
    return access.own_appeal(actor_of(request), Objection, appeal_id)


@router.delete(
    "/credit/mine/objections/{appeal_id}", response={204: None}, summary="Take an objection back"
)
@person_only
@idempotent
def withdraw_objection(request: HttpRequest, appeal_id: UUID) -> Status[None]:
    """Raises: AppealNotFound (404), AppealSettled (409)."""
    services.withdraw_appeal(
        actor=actor_of(request), model=Objection, appeal_id=appeal_id, at=clock.now()
    )
    return Status(204, None)


@router.get("/credit/mine/repairs", response=list[RepairOut], summary="One's repairs")
@person_only
def list_repairs(request: HttpRequest) -> object:
    """Newest first. Raises: SubjectNotFound (404)."""
    return queries.appeals_of(access.own_subject(actor_of(request)))[1]


@router.get(
    "/credit/repair-promise",
    response=RepairPromiseOut,
    summary="What whoever applies for repair commits himself to",
)
@person_only
def show_promise(request: HttpRequest) -> object:
    """The words and their version; an application names the version that was read."""
    return services.PROMISE


@router.post("/credit/mine/repairs", response={201: RepairOut}, summary="Apply for repair")
@person_only
@idempotent
def apply_for_repair(
    request: HttpRequest,
    text: str = Form(..., min_length=1, max_length=4000),
    promised_version: str = Form(
        ...,
        min_length=1,
        max_length=40,
        description="The credit commitment is made: `version` of the words that were read"
        " (GET /credit/repair-promise)",
    ),
    record_id: UUID | None = Form(None),  # noqa: B008
    entry_id: UUID | None = Form(None),  # noqa: B008
    files: list[UploadedFile] = File([]),  # noqa: B008
) -> Status[object]:
    """Of a record or an entry (give one of the ids), with proofs."""
    _check_one(record_id, entry_id)
    row = services.apply_for_repair(
        actor=actor_of(request),
        record_id=record_id,
        entry_id=entry_id,
        text=text,
        promised_version=promised_version,
        files=_evidence(files),
        at=clock.now(),
    )
    return Status(201, row)


@router.get("/credit/mine/repairs/{appeal_id}", response=RepairOut, summary="One of them")
@person_only
def show_repair(request: HttpRequest, appeal_id: UUID) -> object:
    """Raises: AppealNotFound (404)."""
    return access.own_appeal(actor_of(request), Repair, appeal_id)


@router.delete(
    "/credit/mine/repairs/{appeal_id}", response={204: None}, summary="Take an application back"
)
@person_only
@idempotent
def withdraw_repair(request: HttpRequest, appeal_id: UUID) -> Status[None]:
    """Raises: AppealNotFound (404), AppealSettled (409)."""
    services.withdraw_appeal(
        actor=actor_of(request), model=Repair, appeal_id=appeal_id, at=clock.now()
    )
    return Status(204, None)


def _check_one(record_id: UUID | None, entry_id: UUID | None) -> None:
    if (record_id is None) == (entry_id is None):
        raise Malformed(
            fields=[FieldProblem("record_id", "input.one_of", "record_id or entry_id, not both")]
        )


def _evidence(files: list[UploadedFile]) -> list[services.Evidence]:
    return [services.Evidence(file.name or "", file.read()) for file in files]
