"""Originals before an officer: the picture to compare with, and the note for one use."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.web.guard import actor_of, permitted

from .. import services
from ..stock_schemas import OriginalCodeIn, OriginalSeenIn, OriginalSeenOut
from ..types import CHECK_ORIGINALS, VIEW_LICENCES
from .router import router


@router.post("/licences/originals/scan", response={200: None}, url_name="licences_original_scan")
@permitted(CHECK_ORIGINALS)
def open_scan(request: HttpRequest, payload: OriginalCodeIn) -> HttpResponse:
    """The picture of the paper, for the clerk who compares it; the holder reads that he looked."""
    card, content = services.open_scan(
        actor=actor_of(request), at=clock.now(), **payload.model_dump()
    )
    return HttpResponse(content, content_type=card.media_type)


@router.post(
    "/licences/copies/{uuid:use_id}/original",
    response=OriginalSeenOut,
    url_name="licences_original_seen",
)
@permitted(VIEW_LICENCES)
@idempotent
def note_original(request: HttpRequest, use_id: UUID, payload: OriginalSeenIn) -> OriginalSeenOut:
    """The original of a copy handed to a case was seen, for this use (grade C asks for it).

    For officers of the agency the copy went to; without it nothing is granted on the copy.
    """
    use = services.note_original(
        actor=actor_of(request), use_id=use_id, note=payload.note, at=clock.now()
    )
    return OriginalSeenOut.of(use)
