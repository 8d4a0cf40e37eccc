"""Names and documents of persons: one's own, and changes of them at windows."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Status

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted, signed_in

from .. import queries, services
from ..models import DetailsChange
from ..types import VERIFY_PERSONS, WITHDRAW_CHECKS
from ..window_schemas import DetailsChangeOut, DetailsDecisionIn, DetailsIn, OwnDocumentOut
from .router import router


@router.get(
    "/me/documents", response=list[OwnDocumentOut], summary="The documents of mine on record"
)
@signed_in
def own_documents(request: HttpRequest) -> Any:
    """The one on record, further ones, and those that were replaced."""
    actor = actor_of(request)
    return queries.documents_of(actor.person_id) if actor.person_id is not None else []


@router.post(
    "/window-checks/{check_id}/details",
    response={201: DetailsChangeOut},
    summary="Propose another name or document of the person just checked",
)
@permitted(VERIFY_PERSONS)
@idempotent
def propose_details(request: HttpRequest, check_id: UUID, body: DetailsIn) -> Status[Any]:
    """By the clerk who checked, within two hours; a supervisor decides."""
    made = services.propose_details(
        actor=actor_of(request), check_id=check_id, **body.model_dump(), at=clock.now()
    )
    return Status(201, _out(request, made.pk))


@router.get(
    "/identity-changes",
    response=paged(DetailsChangeOut),
    summary="Changes of names and documents at windows in my reach",
)
@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
def list_details_changes(
    request: HttpRequest,
    waiting: bool = False,
    cursor: Annotated[str | None, Field(max_length=500)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    page = queries.list_changes(actor_of(request), waiting=waiting, cursor=cursor, limit=limit)
    return {"items": [_shape(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post(
    "/identity-changes/{change_id}/decision",
    response=DetailsChangeOut,
    summary="Confirm or refuse a change of a name or document",
)
@permitted(WITHDRAW_CHECKS)
@idempotent
def decide_details(request: HttpRequest, change_id: UUID, body: DetailsDecisionIn) -> Any:
    """By a supervisor of the window who did not propose it. The person is told."""
    services.decide_details(
        actor=actor_of(request), change_id=change_id, **body.model_dump(), at=clock.now()
    )
    return _out(request, change_id)


def _out(request: HttpRequest, change_id: UUID) -> dict[str, Any]:
    row = queries.changes_in_reach(actor_of(request)).filter(pk=change_id).first()
    if row is None:
        raise NotFound
    return _shape(row)


def _shape(row: DetailsChange) -> dict[str, Any]:
    return {
        "id": row.pk,
        "check_id": row.check_made_id,
        "state": row.state,
        "name_before": row.name_before,
        "name": row.name,
        "document_type": row.document_type,
        "document_number": queries.proposed_number(row),
        "document_valid_until": row.document_valid_until,
        "replaces": row.replaces,
        "basis": row.basis,
        "proposed_at": row.proposed_at,
        "proposed_by": row.check_made.officer.name,
        "decided_at": row.decided_at,
        "decided_by": row.decided_by.name if row.decided_by else "",
        "decided_for": row.decided_for,
    }
