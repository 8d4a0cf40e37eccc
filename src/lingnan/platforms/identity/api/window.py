"""Checks of identity at windows."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Status

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import queries, services
from ..models import WindowCheck
from ..types import VERIFY_PERSONS, WITHDRAW_CHECKS, mask_name
from ..window_schemas import (
    WindowAccountIn,
    WindowAccountOut,
    WindowCheckIn,
    WindowCheckOut,
    WindowFindIn,
    WindowFoundOut,
    WithdrawCheckIn,
)
from .router import router


@router.post(
    "/window-checks/lookup",
    response=WindowFoundOut,
    summary="Whose document lies on the counter: what to compare",
)
@permitted(VERIFY_PERSONS)
def find_at_window(request: HttpRequest, body: WindowFindIn) -> dict[str, Any]:
    at = clock.now()
    card = services.find_at_window(actor=actor_of(request), **body.model_dump(), at=at)
    return {
        "name": card.name,
        "name_latin": card.name_latin,
        "document_type": card.document_type,
        "document_number": card.masked_document_number,
        "born_on": card.born_on,
        "sex": card.sex,
        "nationality": card.nationality,
        "has_account": card.account_id is not None,
        "level": queries.level_of_person(card.id, at=at),
    }


@router.post(
    "/window-checks", response={201: WindowCheckOut}, summary="Record a check at the window"
)
@permitted(VERIFY_PERSONS)
@idempotent
def check_at_window(request: HttpRequest, body: WindowCheckIn) -> Status[Any]:
    """Passed only where the name agrees and the photo shows the person; else kept as failed."""
    check = services.check_at_window(actor=actor_of(request), **body.model_dump(), at=clock.now())
    return Status(201, check_out(queries.checks_in_reach(actor_of(request)).get(pk=check.pk)))


@router.get(
    "/window-checks", response=paged(WindowCheckOut), summary="Checks at windows in my reach"
)
@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
def list_checks(
    request: HttpRequest,
    cursor: Annotated[str | None, Field(max_length=500)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    page = queries.list_checks(actor_of(request), cursor=cursor, limit=limit)
    return {"items": [check_out(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post(
    "/window-checks/{check_id}/withdrawal",
    response=WindowCheckOut,
    summary="Withdraw a check; it proves nothing from now on",
)
@permitted(WITHDRAW_CHECKS)
def withdraw_check(request: HttpRequest, check_id: UUID, body: WithdrawCheckIn) -> dict[str, Any]:
    services.withdraw_check(
        actor=actor_of(request), check_id=check_id, reason=body.reason, at=clock.now()
    )
    row = queries.checks_in_reach(actor_of(request)).filter(pk=check_id).first()
    if row is None:
        raise NotFound
    return check_out(row)


@router.post(
    "/window-checks/{check_id}/account",
    response={201: WindowAccountOut},
    summary="Open an account for the person just checked",
)
@permitted(VERIFY_PERSONS)
def open_account_at_window(
    request: HttpRequest, check_id: UUID, body: WindowAccountIn
) -> Status[Any]:
    """For who has none, or closed it; the first password goes to his telephone.

    Raises: CheckOver, AccountThere, UsernameTaken (409).
    """
    made = services.open_at_window(
        actor=actor_of(request), check_id=check_id, phone=body.phone, at=clock.now()
    )
    return Status(201, {"username": made.username})


def check_out(row: WindowCheck) -> dict[str, Any]:
    """A check in the form of the API."""
    return {
        "id": row.pk,
        "person_name": mask_name(row.evidence.person.name),
        "document_type": row.document_type,
        "photo": row.photo,
        "outcome": row.evidence.outcome,
        "level": row.evidence.level,
        "checked_at": row.checked_at,
        "expires_at": row.evidence.expires_at,
        "officer_id": row.officer_id,
        "officer_name": row.officer.name,
        "agency_id": row.agency_id,
        "agency_name": row.agency.name,
        "place": row.place,
        "withdrawn_at": row.evidence.withdrawn_at,
        "withdrawn_for": row.withdrawn_for,
    }
