"""Licences brought in: one by one or as a table, by holders; checked, sealed."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Status, UploadedFile
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.idempotency import idempotent, idempotent_by_contents
from lingnan.kernel.schemas import paged
from lingnan.kernel.tables import ROWS_MAX, UPLOAD_BYTES_MAX, TableTooLarge
from lingnan.kernel.web.guard import actor_of, permitted, person_only, signed_in

from .. import queries, services, stock_access
from ..schemas import LicenceOut
from ..stock_schemas import (
    CheckOriginalIn,
    DecideIn,
    DeclareIn,
    StockEntryOut,
    StockIn,
    StockTableOut,
)
from ..types import BRING_IN, CHECK_ORIGINALS, ISSUE
from .router import licence_out, router


@router.get("/licences/stock", response=paged(StockEntryOut), url_name="licences_stock")
@permitted(BRING_IN)
def list_stock(
    request: HttpRequest,
    state: Literal["", "waiting", "differs", "taken", "refused"] = "",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """Licences brought in within reach, newest first."""
    page = stock_access.page_of_entries(actor_of(request), state=state, cursor=cursor, limit=limit)
    return {"items": [StockEntryOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post("/licences/stock", response={201: StockEntryOut}, url_name="licences_bring_in")
@permitted(BRING_IN)
@idempotent
def bring_in(request: HttpRequest, payload: StockIn) -> Status[StockEntryOut]:
    """Bring in one licence of an agency's register, or of another province's issuer.

    It is of grade B. Whoever is not registered yet gets it when he is.
    """
    actor = actor_of(request)
    agency_id = payload.agency_id or actor.agency_id
    if agency_id is None:
        raise Forbidden(permission=BRING_IN)
    values = payload.model_dump(exclude={"agency_id", "holder"})
    made = services.bring_in(
        actor=actor, agency_id=agency_id, holder=payload.holder.given(), at=clock.now(), **values
    )
    return Status(201, StockEntryOut.of(made))


@router.post("/licences/stock/table", response=StockTableOut, url_name="licences_stock_table")
@permitted(BRING_IN)
@idempotent
def bring_in_table(
    request: HttpRequest,
    file: File[UploadedFile],
    type_code: Annotated[str, Form(max_length=21)],
    agency_id: Annotated[UUID | None, Form()] = None,
) -> StockTableOut:
    """Bring in a table (CSV, XLSX, JSON): all rows, or none and what is wrong in which."""
    actor = actor_of(request)
    agency = agency_id or actor.agency_id
    if agency is None:
        raise Forbidden(permission=BRING_IN)
    if (file.size or 0) > UPLOAD_BYTES_MAX:
        raise TableTooLarge(limit=ROWS_MAX)
    rows, made = services.bring_in_table(
        file.read(), actor=actor, agency_id=agency, type_code=type_code, at=clock.now()
    )
    return StockTableOut.of(rows, made)


@router.get("/licences/stock/own", response=paged(StockEntryOut), url_name="licences_declared")
@person_only
def list_declared(
    request: HttpRequest, cursor: str | None = None, limit: Annotated[int, Field(ge=1, le=100)] = 20
) -> dict[str, object]:
    """What one declared oneself, newest first."""
    page = stock_access.page_of_declared(actor_of(request), cursor=cursor, limit=limit)
    return {"items": [StockEntryOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post("/licences/stock/own", response={201: StockEntryOut}, url_name="licences_declare")
@person_only
@idempotent
def declare(request: HttpRequest, payload: DeclareIn) -> Status[StockEntryOut]:
    """A licence of one's own, on one's word: grade D; with its picture grade C."""
    made = services.declare(actor=actor_of(request), at=clock.now(), **payload.model_dump())
    return Status(201, StockEntryOut.of(made))


@router.post(
    "/licences/stock/{uuid:entry_id}/scan", response=StockEntryOut, url_name="licences_stock_scan"
)
@signed_in
@idempotent
def attach_scan(request: HttpRequest, entry_id: UUID, file: File[UploadedFile]) -> StockEntryOut:
    """The picture of the paper (PDF or JPEG), once; for who brought the licence in."""
    made = services.attach_scan(
        actor=actor_of(request),
        entry_id=entry_id,
        name=file.name or "scan",
        content=file.read(),
        at=clock.now(),
    )
    return StockEntryOut.of(made)


@router.post(
    "/licences/stock/{uuid:entry_id}/decision",
    response=StockEntryOut,
    url_name="licences_stock_decide",
)
@permitted(BRING_IN)
@idempotent
def decide(request: HttpRequest, entry_id: UUID, payload: DecideIn) -> StockEntryOut:
    """Of an entry whose name differs: the same holder after all, or refused."""
    made = services.decide_entry(
        actor=actor_of(request),
        entry_id=entry_id,
        accept=payload.accept,
        reason=payload.reason,
        at=clock.now(),
    )
    return StockEntryOut.of(made)


@router.post("/licences/originals", response=LicenceOut, url_name="licences_check_original")
@permitted(CHECK_ORIGINALS)
@idempotent
def check_original(request: HttpRequest, payload: CheckOriginalIn) -> LicenceOut:
    """The original is at hand and agrees: grade B from now on."""
    actor, at = actor_of(request), clock.now()
    licence = services.check_original(actor=actor, at=at, **payload.model_dump())
    return licence_out(queries.row(licence.pk), actor, at=at)


@router.post(
    "/licences/stock/{uuid:licence_id}/sealed",
    response={201: LicenceOut},
    url_name="licences_convert",
)
@permitted(ISSUE)
@idempotent_by_contents
def convert(request: HttpRequest, licence_id: UUID) -> Status[LicenceOut]:
    """Issue a licence brought in electronically, as its issuer: its next version, grade A.

    It keeps number and term. A term is measured by the version of its type in force on its first
    day; where none is known, it stands as it is.
    """
    actor, at = actor_of(request), clock.now()
    made = services.convert(actor=actor, licence_id=licence_id, at=at)
    return Status(201, licence_out(queries.row(made.pk), actor, at=at))
