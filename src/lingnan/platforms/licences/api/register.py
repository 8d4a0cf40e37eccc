"""The officers' register."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import queries, services
from ..access import access_licence_to_view
from ..schemas import LicenceOut, StatusIn
from ..types import CHANGE_STATUS, VIEW_LICENCES
from .router import licence_out, listed, router


@router.get("/licences/search", response=paged(LicenceOut), url_name="licences_search")
@permitted(VIEW_LICENCES)
def search(
    request: HttpRequest,
    identifier: str = "",
    holder_code: Annotated[str, Field(description="The whole document number or credit code")] = "",
    type_code: str = "",
    status: str = "",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """Licences within an officer's reach; personal data in part."""
    actor = actor_of(request)
    page = queries.search(
        actor,
        identifier=identifier,
        holder_code=holder_code,
        type_code=type_code,
        status=status,
        cursor=cursor,
        limit=limit,
    )
    return {"items": [listed(row, actor) for row in page.items], "next_cursor": page.next_cursor}


_CHANGES = {
    "revoke": services.revoke_licence,
    "suspend": services.suspend_licence,
    "resume": services.resume_licence,
    "cancel": services.cancel_licence,
}


@router.post(
    "/licences/{uuid:licence_id}/{change}", response=LicenceOut, url_name="licences_change"
)
@permitted(CHANGE_STATUS)
@idempotent
def change_status(
    request: HttpRequest,
    licence_id: UUID,
    change: Literal["revoke", "suspend", "resume", "cancel"],
    payload: StatusIn,
) -> LicenceOut:
    """Revoke, suspend, resume or cancel a licence, with the ground in law."""
    if change not in _CHANGES:
        raise NotFound
    actor, now = actor_of(request), clock.now()
    _CHANGES[change](
        licence_id=licence_id, ground=payload.ground, reason=payload.reason, actor=actor, at=now
    )
    row = access_licence_to_view(actor=actor, licence_id=licence_id)
    return licence_out(row, actor, at=now)
