"""Reporting: sources, deliveries, corrections, export."""

from datetime import date
from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status, UploadedFile
from ninja.params.functions import File, Form, Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import access, queries, services
from ..errors import TableTooLarge
from ..files import BYTES_MAX, ROWS_MAX
from ..schemas import (
    ArchiveIn,
    ArchiveOut,
    BatchIn,
    BatchOut,
    BatchRowOut,
    CorrectionIn,
    ReasonIn,
    RecordOut,
    SourceIn,
    SourceOut,
)
from ..types import EXPORT, MANAGE, READ, REPORT
from .router import router


@router.get("/credit/sources", response=list[SourceOut], summary="Sources")
@permitted(REPORT, MANAGE)
def list_sources(request: HttpRequest) -> object:
    """The catalogues of credit information in one's reach, each with its legal basis."""
    return queries.sources(actor_of(request))


@router.post("/credit/sources", response={201: SourceOut}, summary="Register a source")
@permitted(MANAGE)
@idempotent
def register_source(request: HttpRequest, body: SourceIn) -> Status[object]:
    """Raises: BasisMissing (422), SourceTaken (409)."""
    row = services.register_source(actor=actor_of(request), at=clock.now(), **body.model_dump())
    return Status(201, row)


@router.post("/credit/batches", response={201: BatchOut}, summary="Deliver rows")
@permitted(REPORT)
@idempotent
def deliver_rows(request: HttpRequest, body: BatchIn) -> Status[object]:
    """Rows in the national columns (XK_* or CF_*, by the source's kind). Good rows are stored, the
    report names what is wrong with the others; the same row again changes nothing.
    """
    batch = services.deliver_rows(
        actor=actor_of(request), source_code=body.source, rows=body.rows, at=clock.now()
    )
    return Status(201, batch)


@router.post(
    "/credit/batches/file", response={200: BatchOut, 201: BatchOut}, summary="Deliver a table"
)
@permitted(REPORT)
@idempotent
def deliver_file(
    request: HttpRequest,
    file: UploadedFile = File(...),  # noqa: B008  (ninja's way of naming a part)
    source: str = Form(..., max_length=40, description="Code of the source"),
    dry_run: bool = Form(False),
) -> Status[object]:
    """A CSV table, all rows or none: 201 when it was stored, 200 with the report when rows were
    refused or it was only tried. UTF-8 (with or without mark) and GBK are read.
    """
    if (file.size or 0) > BYTES_MAX:
        raise TableTooLarge(limit=ROWS_MAX)
    batch = services.deliver_file(
        actor=actor_of(request),
        source_code=source,
        content=file.read(),
        file_name=file.name or "",
        dry_run=dry_run,
        at=clock.now(),
    )
    return Status(201 if batch.is_applied else 200, batch)


@router.get("/credit/batches", response=paged(BatchRowOut), summary="Deliveries")
@permitted(REPORT, MANAGE)
def list_batches(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(20, ge=1, le=100)
) -> object:
    """In one's reach, newest first."""
    return queries.batches(actor_of(request), cursor=cursor, limit=limit)


@router.get("/credit/batches/{batch_id}", response=BatchOut, summary="A delivery's report")
@permitted(REPORT, MANAGE)
def show_batch(request: HttpRequest, batch_id: UUID) -> object:
    """Raises: BatchNotFound (404)."""
    return access.access_batch(actor_of(request), batch_id)


@router.post(
    "/credit/records/{record_id}/corrections", response=RecordOut, summary="Correct a record"
)
@permitted(REPORT)
@idempotent
def correct_record(request: HttpRequest, record_id: UUID, body: CorrectionIn) -> object:
    """A new version; the one before stays in the history."""
    row = services.correct_record(
        actor=actor_of(request),
        record_id=record_id,
        changes=body.changes(),
        reason=body.reason,
        at=clock.now(),
    )
    return RecordOut.of_shown(queries.shown_record(row, whole=True))


@router.post(
    "/credit/records/{record_id}/withdrawal", response={204: None}, summary="Withdraw a record"
)
@permitted(REPORT)
@idempotent
def withdraw_record(request: HttpRequest, record_id: UUID, body: ReasonIn) -> Status[None]:
    """Its decision was revoked or changed: it is neither shown nor used any more."""
    services.withdraw_record(
        actor=actor_of(request), record_id=record_id, reason=body.reason, at=clock.now()
    )
    return Status(204, None)


@router.get("/credit/records/{record_id}/history", response=list[RecordOut], summary="History")
@permitted(READ)
def record_history(request: HttpRequest, record_id: UUID) -> object:
    """Every version of a record, oldest first; a person sees who looked. Raises: RecordNotFound
    (404).
    """
    actor = actor_of(request)
    record = access.officer_record(actor, record_id)
    if record.is_person or not record.is_published(clock.today()):
        services.record_view(
            actor=actor, subject=record.subject, purpose=f"查阅 {record.number}", at=clock.now()
        )
    return [
        RecordOut.of_shown(queries.shown_record(row, whole=True))
        for row in queries.history(record.series)
    ]


@router.post("/credit/archives", response=ArchiveOut, summary="Open an archive")
@permitted(READ)
def open_archive(request: HttpRequest, body: ArchiveIn) -> object:
    """The archive of a subject, for a purpose that is recorded and shown to the subject."""
    actor, at = actor_of(request), clock.now()
    subject = access.access_archive(actor, body.subject_id)
    services.record_view(actor=actor, subject=subject, purpose=body.purpose, at=at)
    return ArchiveOut.of_archive(actor, subject, section=body.section, cursor=body.cursor)


@router.get(
    "/credit/export",
    summary="Export in the national columns",
    openapi_extra={
        "responses": {
            200: {
                "description": "A CSV table",
                "content": {"text/csv": {"schema": {"type": "string"}}},
            }
        }
    },
)
@permitted(EXPORT)
def export_records(
    request: HttpRequest,
    kind: Literal["licence", "penalty"],
    since: date | None = None,
    until: date | None = None,
) -> HttpResponse:
    """Decisions of agencies in reach; personal numbers are opened and the export is audited."""
    content = services.export_records(
        actor=actor_of(request), kind=kind, since=since, until=until, at=clock.now()
    )
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return response
