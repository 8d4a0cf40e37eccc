"""Posts offered to people who have an account, over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema, Status

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted, signed_in

from .. import queries, services
from ..models import PostOffer
from ..services.owners import account_of
from ..types import MANAGE_OFFICERS
from .router import in_session, router

State = Literal["open", "accepted", "declined", "withdrawn", "expired", "lapsed"]


class PostOfferIn(Schema):
    name: str = Field(..., max_length=100)
    agency_id: UUID
    post_id: UUID | None = None
    username: str = Field(..., max_length=64, description="Sign-in name of the account")


class PostOfferOut(Schema):
    id: UUID
    name: str
    username: str
    agency_id: UUID
    agency_name: str
    post_title: str
    state: State = Field(..., description="`lapsed`: whoever made it may not do so any more")
    created_at: datetime
    expires_at: datetime


class PostOffersOut(Schema):
    items: list[PostOfferOut]


class OfficerIdOut(Schema):
    officer_id: UUID


@router.get("/post-offers", response=paged(PostOfferOut), summary="Posts offered in my reach")
@permitted(MANAGE_OFFICERS)
def list_offers(
    request: HttpRequest,
    state: State = "open",
    cursor: Annotated[str | None, Field(max_length=500)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    page = queries.list_offers(
        actor_of(request), at=clock.now(), state=state, cursor=cursor, limit=limit
    )
    return {"items": [_offer(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post(
    "/post-offers",
    response={201: PostOfferOut},
    summary="Offer a post to someone who has an account",
)
@permitted(MANAGE_OFFICERS)
@idempotent
def offer_post(request: HttpRequest, body: PostOfferIn) -> Status[Any]:
    """Nothing counts until the owner of the account accepts; he has thirty days."""
    row = services.offer_post(actor=actor_of(request), **body.model_dump(), at=clock.now())
    return Status(201, _offer(row))


@router.delete("/post-offers/{offer_id}", response={204: None}, summary="Take an offer back")
@permitted(MANAGE_OFFICERS)
def withdraw_offer(request: HttpRequest, offer_id: UUID) -> Status[None]:
    services.withdraw_post(actor=actor_of(request), offer_id=offer_id, at=clock.now())
    return Status(204, None)


@router.get("/me/post-offers", response=PostOffersOut, summary="Posts I am offered")
@signed_in
def list_own_offers(request: HttpRequest) -> dict[str, Any]:
    rows = queries.own_offers(account_of(in_session(request)), at=clock.now())
    return {"items": [_offer(row) for row in rows]}


@router.post(
    "/me/post-offers/{offer_id}/acceptance",
    response={201: OfficerIdOut},
    summary="Accept a post with this account",
)
@signed_in
def accept_offer(request: HttpRequest, offer_id: UUID) -> Status[Any]:
    officer = services.accept_post(actor=in_session(request), offer_id=offer_id, at=clock.now())
    return Status(201, {"officer_id": officer.pk})


@router.post("/me/post-offers/{offer_id}/refusal", response={204: None}, summary="Decline a post")
@signed_in
def decline_offer(request: HttpRequest, offer_id: UUID) -> Status[None]:
    services.decline_post(actor=in_session(request), offer_id=offer_id, at=clock.now())
    return Status(204, None)


def _offer(row: PostOffer) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "username": row.account.username,
        "agency_id": row.agency_id,
        "agency_name": row.agency.name,
        "post_title": row.post.title if row.post else "",
        "state": getattr(row, "stands", row.state),
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }
