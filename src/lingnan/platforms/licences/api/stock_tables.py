"""Long tables of licences brought in: sent, looked at, gone on with, given up."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Status, UploadedFile
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.tables import UPLOAD_BYTES_MAX, TableTooLarge
from lingnan.kernel.web.guard import actor_of, permitted

from .. import services, stock_access
from ..rows import LONG_ROWS_MAX
from ..stock_schemas import StockLongTableOut
from ..types import BRING_IN
from .router import router


@router.get(
    "/licences/stock/tables", response=paged(StockLongTableOut), url_name="licences_stock_tables"
)
@permitted(BRING_IN)
def list_tables(
    request: HttpRequest, cursor: str | None = None, limit: Annotated[int, Field(ge=1, le=100)] = 20
) -> dict[str, object]:
    """Long tables within reach, newest first."""
    page = stock_access.page_of_tables(actor_of(request), cursor=cursor, limit=limit)
    items = [StockLongTableOut.of(row) for row in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


@router.post(
    "/licences/stock/tables",
    response={202: StockLongTableOut},
    url_name="licences_stock_table_start",
)
@permitted(BRING_IN)
@idempotent
def start_table(
    request: HttpRequest,
    file: File[UploadedFile],
    type_code: Annotated[str, Form(max_length=21)],
    agency_id: Annotated[UUID | None, Form()] = None,
) -> Status[StockLongTableOut]:
    """A table (CSV, XLSX) of up to 200,000 rows: a job checks all of it, then takes it.

    With one wrong row nothing is taken, and the rows are named.
    """
    actor = actor_of(request)
    agency = agency_id or actor.agency_id
    if agency is None:
        raise Forbidden(permission=BRING_IN)
    if (file.size or 0) > UPLOAD_BYTES_MAX:
        raise TableTooLarge(limit=LONG_ROWS_MAX)
    made = services.start_table(
        file.read(),
        file_name=file.name or "table",
        actor=actor,
        agency_id=agency,
        type_code=type_code,
        at=clock.now(),
    )
    return Status(202, StockLongTableOut.of(made))


@router.get(
    "/licences/stock/tables/{uuid:table_id}",
    response=StockLongTableOut,
    url_name="licences_stock_table_get",
)
@permitted(BRING_IN)
def get_table(request: HttpRequest, table_id: UUID) -> StockLongTableOut:
    """How far a long table is, and what is wrong in it."""
    found = stock_access.access_table(actor=actor_of(request), table_id=table_id)
    return StockLongTableOut.of(found)


@router.post(
    "/licences/stock/tables/{uuid:table_id}/resume",
    response={202: StockLongTableOut},
    url_name="licences_stock_table_resume",
)
@permitted(BRING_IN)
@idempotent
def resume_table(request: HttpRequest, table_id: UUID) -> Status[StockLongTableOut]:
    """Go on with a table that stopped, from where it did, in the name of who asks."""
    made = services.resume_table(actor=actor_of(request), table_id=table_id, at=clock.now())
    return Status(202, StockLongTableOut.of(made))


@router.post(
    "/licences/stock/tables/{uuid:table_id}/drop",
    response=StockLongTableOut,
    url_name="licences_stock_table_drop",
)
@permitted(BRING_IN)
@idempotent
def drop_table(request: HttpRequest, table_id: UUID) -> StockLongTableOut:
    """Give up what is left of a table; what was taken stays."""
    made = services.drop_table(actor=actor_of(request), table_id=table_id, at=clock.now())
    return StockLongTableOut.of(made)
