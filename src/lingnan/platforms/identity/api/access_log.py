"""Who looked at one's data, for programs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema

from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, person_only

from .. import queries
from ..queries.access_log import SeenBy
from .router import router


class SeenByOut(Schema):
    """One look: the agency and post; the officer's name where the rule shows names."""

    id: UUID
    at: datetime
    agency_name: str
    post_title: str
    officer_name: str
    what: str
    matter: str
    number: str
    purpose: str

    @staticmethod
    def of(seen: SeenBy) -> "SeenByOut":
        return SeenByOut(
            id=seen.line.id,
            at=seen.at,
            agency_name=seen.agency_name,
            post_title=seen.post_title,
            officer_name=seen.officer_name,
            what=str(seen.line.what),
            matter=seen.line.matter,
            number=seen.line.number,
            purpose=seen.line.purpose,
        )


@router.get("/me/looks", response=paged(SeenByOut), summary="Who looked at my data")
@person_only
def list_looks(
    request: HttpRequest,
    object_id: Annotated[
        UUID | None, Field(description="Only looks at this case, joint case or licence")
    ] = None,
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """When which agency and post opened data about whom one acts for, for which matter; newest
    first, once for each officer, thing and hour. Refusals: pagination.bad_cursor.
    """
    page = queries.access_log(actor_of(request), object_id=object_id, cursor=cursor, limit=limit)
    return {
        "items": [SeenByOut.of(seen) for seen in page.items],
        "next_cursor": page.next_cursor,
    }
