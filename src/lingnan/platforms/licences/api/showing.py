"""Showing a licence by a code, scanning it, marked copies, and the log of uses."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted, signed_in
from lingnan.platforms.documents import services as documents

from .. import queries, services
from ..faces import MEDIA_TYPES
from ..schemas import CopyIn, CopyOut, ScanIn, ScannedOut, ShowIn, ShownCodeOut, UseOut
from ..types import SCAN, UseKind
from .router import router


@router.post(
    "/licences/{uuid:licence_id}/show", response={201: ShownCodeOut}, url_name="licences_show_code"
)
@signed_in
def show_licence(request: HttpRequest, licence_id: UUID, payload: ShowIn) -> Status[ShownCodeOut]:
    """A new code for one's own licence, good once and for seconds; the one before is void.

    Not repeatable: each call makes a new code.
    """
    shown = services.show_licence(
        actor=actor_of(request), licence_id=licence_id, purpose=payload.purpose, at=clock.now()
    )
    return Status(201, ShownCodeOut.of(shown))


@router.post("/licences/scan", response=ScannedOut, url_name="licences_scan")
@permitted(SCAN)
@idempotent
def scan(request: HttpRequest, payload: ScanIn) -> ScannedOut:
    """Open a code that a holder shows: once. The holder sees it in his log."""
    found = services.scan_code(actor=actor_of(request), code=payload.code, at=clock.now())
    return ScannedOut.of(found)


@router.get("/licences/uses", response=paged(UseOut), url_name="licences_all_uses")
@signed_in
def list_all_uses(
    request: HttpRequest,
    kind: UseKind | None = None,
    licence_id: UUID | None = None,
    since: date | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 30,
) -> dict[str, object]:
    """Every use of the licences of whom one acts for, newest first."""
    page = queries.page_of_uses(
        actor_of(request),
        kind=kind.value if kind else "",
        licence_id=licence_id,
        since=since,
        cursor=cursor,
        limit=limit,
    )
    return {"items": [UseOut.of(use) for use in page.items], "next_cursor": page.next_cursor}


@router.post(
    "/licences/{uuid:licence_id}/copies", response={201: CopyOut}, url_name="licences_make_copy"
)
@signed_in
@idempotent
def make_copy(request: HttpRequest, licence_id: UUID, payload: CopyIn) -> Status[CopyOut]:
    """A marked copy to hand out: by whom, for what and until when stand across it."""
    use = services.make_copy(
        actor=actor_of(request),
        licence_id=licence_id,
        given_to=payload.given_to,
        purpose=payload.purpose,
        until=payload.until,
        at=clock.now(),
    )
    return Status(201, CopyOut.of(use))


@router.get(
    "/licences/copies/{uuid:use_id}/{kind}", response={200: None}, url_name="licences_copy_file"
)
@signed_in
def get_copy(request: HttpRequest, use_id: UUID, kind: Literal["pdf", "ofd"]) -> HttpResponse:
    """The file of a marked copy, for its holder and for officers of the agency it went to."""
    use = services.open_copy(actor=actor_of(request), use_id=use_id, at=clock.now())
    ensure = services.ensure_copy if kind == "pdf" else services.ensure_copy_ofd
    content = documents.read_file(ensure(use.pk, at=clock.now()))
    response = HttpResponse(content, content_type=MEDIA_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{use.pk}.{kind}"'
    return response
