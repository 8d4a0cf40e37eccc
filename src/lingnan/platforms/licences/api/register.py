"""The officers' register."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Status
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.idempotency import idempotent_by_contents
from lingnan.kernel.schemas import Chosen, paged
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted

from .. import queries, services
from ..life import grounds
from ..schemas import GroundOut, IssueIn, LicenceOut
from ..types import ISSUE, VIEW_LICENCES
from ..types import Status as Standing
from .router import licence_out, listed, router


@router.get("/licences/search", response=paged(LicenceOut), url_name="licences_search")
@permitted(VIEW_LICENCES)
def search(
    request: HttpRequest,
    identifier: str = "",
    holder_code: Annotated[str, Field(description="The whole document number or credit code")] = "",
    type_code: str = "",
    status: Chosen[Standing] = None,
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
        status=status or "",
        cursor=cursor,
        limit=limit,
    )
    return {"items": [listed(row, actor) for row in page.items], "next_cursor": page.next_cursor}


@router.get("/licences/grounds", response=list[GroundOut], url_name="licences_grounds")
@open_to_all
def list_grounds(request: HttpRequest) -> list[GroundOut]:
    """The catalogue of grounds for changing a status, with the days they are in force."""
    return [GroundOut.of(ground) for ground in grounds().values()]


@router.post("/licences", response={201: LicenceOut}, url_name="licences_issue")
@permitted(ISSUE)
@idempotent_by_contents
def issue(request: HttpRequest, payload: IssueIn) -> Status[LicenceOut]:
    """Issue a licence that an agency's own system decided on.

    Once per agency and source number: the same contents again give the licence that is there. Only
    types that the agency issues; a token needs the scope `licences` or `licences.issue`.
    """
    actor = actor_of(request)
    agency_id = payload.agency_id or actor.agency_id
    if agency_id is None:
        raise Forbidden(permission=ISSUE)
    licence = services.issue_outside(
        actor=actor,
        agency_id=agency_id,
        type_code=payload.type_code,
        holder=payload.holder.given(),
        fields=payload.fields,
        valid_from=payload.valid_from,
        valid_until=payload.valid_until,
        source_id=payload.source_id,
        supersedes=payload.supersedes,
        at=clock.now(),
    )
    return Status(201, licence_out(queries.row(licence.pk), actor, at=clock.now()))
