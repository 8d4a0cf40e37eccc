"""Many licences at once."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Status, UploadedFile
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.tables import CONTENT_TYPES, ROWS_MAX, UPLOAD_BYTES_MAX, TableTooLarge
from lingnan.kernel.web.guard import actor_of, permitted

from .. import queries, rows, services
from ..access import access_batch
from ..schemas import BatchOut, BatchRowOut
from ..types import BRING_IN, ISSUE
from .router import router


@router.get("/licences/batches", response=paged(BatchOut), url_name="licences_batches")
@permitted(ISSUE)
def list_batches(
    request: HttpRequest, cursor: str | None = None, limit: Annotated[int, Field(ge=1, le=100)] = 20
) -> dict[str, object]:
    """Batches within reach, newest first."""
    page = queries.page_of_batches(actor_of(request), cursor=cursor, limit=limit)
    return {"items": [BatchOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post("/licences/batches", response={201: BatchOut}, url_name="licences_plan_batch")
@permitted(ISSUE)
@idempotent
def plan_batch(
    request: HttpRequest,
    file: File[UploadedFile],
    type_code: Annotated[str, Form(max_length=21)],
    agency_id: Annotated[UUID | None, Form()] = None,
) -> Status[BatchOut]:
    """Send a table (CSV, XLSX) or a JSON list; it is checked, nothing is issued yet."""
    actor = actor_of(request)
    agency = agency_id or actor.agency_id
    if agency is None:
        raise Forbidden(permission=ISSUE)
    if (file.size or 0) > UPLOAD_BYTES_MAX:
        raise TableTooLarge(limit=ROWS_MAX)
    batch = services.plan_batch(
        file.read(),
        file_name=file.name or "",
        type_code=type_code,
        agency_id=agency,
        actor=actor,
        at=clock.now(),
    )
    return Status(201, BatchOut.of(access_batch(actor=actor, batch_id=batch.pk)))


@router.get("/licences/batches/{uuid:batch_id}", response=BatchOut, url_name="licences_batch")
@permitted(ISSUE)
def get_batch(request: HttpRequest, batch_id: UUID) -> BatchOut:
    """One batch and how far it is."""
    return BatchOut.of(access_batch(actor=actor_of(request), batch_id=batch_id))


@router.get(
    "/licences/batches/{uuid:batch_id}/rows",
    response=paged(BatchRowOut),
    url_name="licences_batch_rows",
)
@permitted(ISSUE)
def list_rows(
    request: HttpRequest,
    batch_id: UUID,
    only_problems: bool = False,
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> dict[str, object]:
    """The rows with their problems and the licences made of them."""
    batch = access_batch(actor=actor_of(request), batch_id=batch_id)
    page = queries.page_of_rows(batch, only_problems=only_problems, cursor=cursor, limit=limit)
    return {"items": [BatchRowOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post(
    "/licences/batches/{uuid:batch_id}/{act}", response=BatchOut, url_name="licences_batch_act"
)
@permitted(ISSUE)
@idempotent
def act_on_batch(request: HttpRequest, batch_id: UUID, act: Literal["start", "drop"]) -> BatchOut:
    """Start a batch that is in order (or go on with one that stopped), or give it up."""
    verb = services.start_batch if act == "start" else services.drop_batch
    verb(batch_id=batch_id, actor=actor_of(request), at=clock.now())
    return BatchOut.of(access_batch(actor=actor_of(request), batch_id=batch_id))


@router.get(
    "/licences/types/{type_code}/template", response={200: None}, url_name="licences_template"
)
@permitted(ISSUE, BRING_IN)
def get_template(
    request: HttpRequest, type_code: str, kind: Literal["csv", "xlsx"] = "csv"
) -> HttpResponse:
    """The empty table of a type."""
    licence_type = queries.type_in_force(type_code, on=clock.today())
    response = HttpResponse(rows.template(licence_type, kind), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{licence_type.code}.{kind}"'
    return response
