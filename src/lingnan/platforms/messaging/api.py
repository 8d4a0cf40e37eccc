"""The inbox for programs."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, signed_in

from . import queries, services
from .schemas import MessageOut, UnreadOut

router = Router(tags=["messaging"])


@router.get("/messages", response=paged(MessageOut), summary="List messages, newest first")
@signed_in
def list_messages(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(20, ge=1, le=200)
) -> object:
    """The inbox of whom the actor acts for, or of the officer."""
    return queries.messages(actor_of(request), cursor=cursor, limit=limit)


@router.get("/messages/unread", response=UnreadOut, summary="Count unread messages")
@signed_in
def count_unread(request: HttpRequest) -> UnreadOut:
    return UnreadOut(unread=queries.unread_count(actor_of(request)))


@router.post("/messages/{message_id}/read", response=MessageOut, summary="Mark as read")
@signed_in
def mark_read(request: HttpRequest, message_id: UUID) -> object:
    """Reading twice keeps the first instant."""
    return services.read_message(actor=actor_of(request), message_id=message_id, at=clock.now())


@router.post("/messages/read", response=UnreadOut, summary="Mark all as read")
@signed_in
def mark_all_read(request: HttpRequest) -> UnreadOut:
    services.read_all_messages(actor=actor_of(request), at=clock.now())
    return UnreadOut(unread=0)
