"""The directory of agencies for programs."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted

from . import queries, services
from .schemas import AgencyKindOut, AgencyOut, NewAgencyIn, PostOut
from .types import MANAGE_AGENCIES, AgencyCard, AgencyKind, NewAgency, NewPost

router = Router(tags=["agencies"])
AgencyPage = paged(AgencyOut)


@router.get("/agencies", response=AgencyPage, summary="List and search agencies")
@open_to_all
def list_agencies(
    request: HttpRequest,
    q: str = Query("", max_length=60, description="A part of the name"),
    region: str = Query("", max_length=80, description="Path of a division: at and below it"),
    kind: str = Query("", max_length=40),
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=200),
) -> object:
    """Open agencies, the higher levels first."""
    return queries.list_agencies(text=q, region_path=region, kind=kind, cursor=cursor, limit=limit)


@router.get("/agencies/kinds", response=list[AgencyKindOut], summary="Lines of work")
@open_to_all
def list_kinds(request: HttpRequest) -> list[AgencyKindOut]:
    """The kinds of agency, by which the responsible one is found at every level."""
    return [AgencyKindOut(code=kind.value, name=str(kind.label)) for kind in AgencyKind]


@router.get("/agencies/responsible", response=AgencyOut, summary="Who is responsible here")
@open_to_all
def responsible(
    request: HttpRequest,
    kind: str = Query(..., max_length=40),
    region: str = Query(..., max_length=80, description="Code or path of a division"),
) -> object:
    """The agency of this kind at the division, or the nearest one above it."""
    return queries.agency_of_kind(kind, region)


@router.get("/agencies/{agency_id}", response=AgencyOut, summary="One agency")
@open_to_all
def one_agency(request: HttpRequest, agency_id: UUID) -> object:
    """An agency by its id, also one that was closed."""
    return queries.agency(agency_id)


@router.get("/agencies/{agency_id}/posts", response=list[PostOut], summary="Posts of an agency")
@open_to_all
def agency_posts(request: HttpRequest, agency_id: UUID) -> object:
    """The posts, without who holds them."""
    queries.agency(agency_id)
    return queries.posts(agency_id)


@router.post("/agencies", response={201: AgencyOut}, summary="Enter an agency")
@permitted(MANAGE_AGENCIES)
@idempotent
def register_agency(request: HttpRequest, payload: NewAgencyIn) -> Status[AgencyCard]:
    """Its credit code is checked; one agency per kind and division."""
    new = NewAgency(
        uscc=payload.uscc.upper(),
        name=payload.name,
        short_name=payload.short_name,
        name_en=payload.name_en,
        kind=payload.kind,
        region_code=payload.region_code,
        parent_uscc=payload.parent_uscc,
        posts=tuple(
            NewPost(code=post.code, title=post.title, title_en=post.title_en)
            for post in payload.posts
        ),
    )
    made = services.register_agency(actor=actor_of(request), new=new, at=clock.now())
    return Status(201, made)
