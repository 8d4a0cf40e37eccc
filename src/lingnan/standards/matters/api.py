"""The catalogue over HTTP: guides and search for everyone, the rest for stewards."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from ninja.files import UploadedFile
from ninja.params.functions import File, Form, Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.tables import CONTENT_TYPES, ROWS_MAX, UPLOAD_BYTES_MAX, TableTooLarge
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted
from lingnan.standards.regions import queries as regions

from . import queries, services
from .access import access_item, access_version
from .content import content_of
from .models import ItemVersion
from .schemas import (
    AdoptIn,
    BasicItemChange,
    BasicItemIn,
    BasicItemOut,
    DraftIn,
    DutyIn,
    DutyOut,
    ElementIn,
    ElementOut,
    ImportOut,
    ItemHitOut,
    ItemOut,
    ListCardOut,
    ListIn,
    ListOut,
    NoteIn,
    ReasonIn,
    StepOut,
    ThemeOut,
    VersionOut,
)
from .services.tables import report_of
from .types import CATALOGUE, EDIT, READ, REVIEW

router = Router(tags=["matters"])

HitPage = paged(ItemHitOut)
ListPage = paged(ListOut)
BasicItemPage = paged(BasicItemOut)


@router.get("/matters/items", response=HitPage, summary="Find service items")
@open_to_all
def find_items(
    request: HttpRequest,
    q: str = Query("", max_length=60, description="Everyday words, pinyin, initials or a code"),
    region: str = Query("", max_length=12, description="Code of the region one asks from"),
    theme: str = Query("", max_length=20),
    service_object: str = Query("", max_length=1),
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=50),
) -> dict[str, Any]:
    """One result for each item: the list of the region asked from, else the nearest above, else of
    a part of it, else of any. Without words, the items of a theme that can be had there.
    """
    path = regions.region(region).path if region else ""
    page = queries.search_items(
        q,
        region_path=path,
        theme=theme or None,
        service_object=service_object or None,
        limit=limit,
        cursor=cursor,
    )
    return {"items": [ItemHitOut.of(hit) for hit in page.items], "next_cursor": page.next_cursor}


@router.get("/matters/items/{code31}", response=ItemOut, summary="One guide")
@open_to_all
def read_item(request: HttpRequest, code31: str) -> ItemOut:
    """The published version: conditions, materials, times, fees, visits, law, places, form."""
    return ItemOut.of(queries.published_item(code31))


@router.get("/matters/themes", response=list[ThemeOut], summary="Life events")
@open_to_all
def list_themes(request: HttpRequest) -> list[ThemeOut]:
    """The events people start from, and how many items each has."""
    return [ThemeOut.of(card) for card in queries.themes()]


@router.get("/matters/lists", response=ListPage, summary="The stewards' lists")
@permitted(READ)
def list_lists(
    request: HttpRequest,
    q: str = Query("", max_length=60, description="Start of a code, or part of the name"),
    state: str = Query("", max_length=10),
    item_type: str = Query("", max_length=2),
    scheme: str | None = Query(None, max_length=40, description="A foreign scheme; empty = ours"),
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> dict[str, Any]:
    """Lists in every state within the officer's reach, newest first."""
    page = queries.list_items(
        actor_of(request),
        text=q,
        state=state,
        item_type=item_type,
        scheme=scheme,
        cursor=cursor,
        limit=limit,
    )
    return {"items": [ListOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post("/matters/lists", response={201: VersionOut}, summary="Claim a basic item")
@permitted(EDIT)
@idempotent
def create_list(request: HttpRequest, payload: ListIn) -> Status[VersionOut]:
    """Makes an agency's list of a basic item, with a first draft."""
    version = services.create_item(
        actor=actor_of(request),
        basic_code=payload.basic_code,
        agency_id=payload.agency_id,
        exercise_level=payload.exercise_level,
        body_nature=payload.body_nature,
        content=payload.content,
        at=clock.now(),
    )
    return Status(201, _version(version))


@router.get("/matters/lists/{list_id}", response=ListCardOut, summary="One list with its history")
@permitted(READ)
def read_list(request: HttpRequest, list_id: UUID) -> ListCardOut:
    """Every version with its content, and every step."""
    item = access_item(actor_of(request), list_id, READ)
    return ListCardOut(
        item=ListOut.of(item),
        versions=[_version(version) for version in queries.versions_of(item.id)],
        steps=[StepOut.of(step) for step in queries.steps_of(item.id)],
    )


@router.post(
    "/matters/lists/{list_id}/change", response={201: VersionOut}, summary="Open a new version"
)
@permitted(EDIT)
@idempotent
def change_list(request: HttpRequest, list_id: UUID, payload: NoteIn) -> Status[VersionOut]:
    """A draft that starts as a copy of the version in force."""
    version = services.start_change(
        actor=actor_of(request), service_item_id=list_id, note=payload.note, at=clock.now()
    )
    return Status(201, _version(version))


@router.post("/matters/lists/{list_id}/suspend", response=ListOut, summary="Suspend a list")
@permitted(REVIEW)
@idempotent
def suspend_list(request: HttpRequest, list_id: UUID, payload: ReasonIn) -> ListOut:
    """No applications for a while."""
    actor = actor_of(request)
    services.suspend_item(
        actor=actor, service_item_id=list_id, reason=payload.reason, at=clock.now()
    )
    return ListOut.of(access_item(actor, list_id, READ))


@router.post("/matters/lists/{list_id}/resume", response=ListOut, summary="Resume a list")
@permitted(REVIEW)
@idempotent
def resume_list(request: HttpRequest, list_id: UUID) -> ListOut:
    """Takes applications again."""
    actor = actor_of(request)
    services.resume_item(actor=actor, service_item_id=list_id, at=clock.now())
    return ListOut.of(access_item(actor, list_id, READ))


@router.post("/matters/lists/{list_id}/cancel", response=ListOut, summary="Cancel a list")
@permitted(REVIEW)
@idempotent
def cancel_list(request: HttpRequest, list_id: UUID, payload: ReasonIn) -> ListOut:
    """Ends it for good."""
    actor = actor_of(request)
    services.cancel_item(
        actor=actor, service_item_id=list_id, reason=payload.reason, at=clock.now()
    )
    return ListOut.of(access_item(actor, list_id, READ))


@router.post("/matters/lists/{list_id}/adopt", response=ListOut, summary="Adopt a foreign list")
@permitted(EDIT)
@idempotent
def adopt_list(request: HttpRequest, list_id: UUID, payload: AdoptIn) -> ListOut:
    """Gives a list of another scheme our basic item, agency and code; its own codes stay."""
    actor = actor_of(request)
    services.adopt_item(
        actor=actor,
        service_item_id=list_id,
        basic_code=payload.basic_code,
        agency_id=payload.agency_id,
        exercise_level=payload.exercise_level,
        at=clock.now(),
    )
    return ListOut.of(access_item(actor, list_id, READ))


@router.get("/matters/versions/{version_id}", response=VersionOut, summary="One version")
@permitted(READ)
def read_version(request: HttpRequest, version_id: UUID) -> VersionOut:
    """In whatever state, with its content."""
    return _version(access_version(actor_of(request), version_id, READ))


@router.put("/matters/versions/{version_id}", response=VersionOut, summary="Save a draft")
@permitted(EDIT)
@idempotent
def save_version(request: HttpRequest, version_id: UUID, payload: DraftIn) -> VersionOut:
    """Replaces the content; refused if someone saved it since `revision`."""
    version = services.save_draft(
        actor=actor_of(request),
        version_id=version_id,
        revision=payload.revision,
        content=payload.content,
        at=clock.now(),
    )
    return _version(version)


@router.post("/matters/versions/{version_id}/submit", response=VersionOut, summary="Submit")
@permitted(EDIT)
@idempotent
def submit_version(request: HttpRequest, version_id: UUID, payload: NoteIn) -> VersionOut:
    """Asks for review; the draft must be complete."""
    version = services.submit_for_review(
        actor=actor_of(request), version_id=version_id, note=payload.note, at=clock.now()
    )
    return _version(version)


@router.post("/matters/versions/{version_id}/publish", response=VersionOut, summary="Publish")
@permitted(REVIEW)
@idempotent
def publish_version(request: HttpRequest, version_id: UUID) -> VersionOut:
    """Approves a submitted version; never one's own."""
    version = services.publish_version(
        actor=actor_of(request), version_id=version_id, at=clock.now()
    )
    return _version(version)


@router.post("/matters/versions/{version_id}/return", response=VersionOut, summary="Send back")
@permitted(REVIEW)
@idempotent
def return_version(request: HttpRequest, version_id: UUID, payload: ReasonIn) -> VersionOut:
    """Makes a submitted version a draft again, with a reason."""
    version = services.return_version(
        actor=actor_of(request), version_id=version_id, reason=payload.reason, at=clock.now()
    )
    return _version(version)


@router.post("/matters/versions/{version_id}/discard", response=VersionOut, summary="Discard")
@permitted(EDIT)
@idempotent
def discard_version(request: HttpRequest, version_id: UUID) -> VersionOut:
    """Gives up a draft."""
    version = services.discard_draft(actor=actor_of(request), version_id=version_id, at=clock.now())
    return _version(version)


@router.get("/matters/basic-items", response=BasicItemPage, summary="The basic catalogue")
@open_to_all
def list_basic_items(
    request: HttpRequest,
    q: str = Query("", max_length=60),
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> dict[str, Any]:
    """What is the same at every level: name, code, legal basis, type."""
    page = queries.basic_items(text=q, cursor=cursor, limit=limit)
    return {"items": [BasicItemOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post("/matters/basic-items", response={201: BasicItemOut}, summary="Add a basic item")
@permitted(CATALOGUE)
@idempotent
def create_basic_item(request: HttpRequest, payload: BasicItemIn) -> Status[BasicItemOut]:
    """Enters an item in the basic catalogue; its type is the one its code carries."""
    row = services.create_basic_item(
        actor=actor_of(request), at=clock.now(), **payload.model_dump()
    )
    return Status(201, BasicItemOut.of(row))


@router.put("/matters/basic-items/{basic_id}", response=BasicItemOut, summary="Change it")
@permitted(CATALOGUE)
@idempotent
def change_basic_item(
    request: HttpRequest, basic_id: UUID, payload: BasicItemChange
) -> BasicItemOut:
    """Changes what all levels share; code and type stay."""
    row = services.change_basic_item(
        actor=actor_of(request), basic_item_id=basic_id, at=clock.now(), **payload.model_dump()
    )
    return BasicItemOut.of(row)


@router.get("/matters/duties", response=list[DutyOut], summary="Powers and responsibilities")
@open_to_all
def list_duties(request: HttpRequest, agency_id: UUID) -> list[DutyOut]:
    """Of one agency."""
    return [DutyOut.of(row) for row in queries.duties(agency_id=agency_id)]


@router.post("/matters/duties", response={201: DutyOut}, summary="Enter a duty")
@permitted(CATALOGUE)
@idempotent
def create_duty(request: HttpRequest, payload: DutyIn) -> Status[DutyOut]:
    """A power or responsibility from which items follow."""
    row = services.create_duty(actor=actor_of(request), **payload.model_dump())
    return Status(201, DutyOut.of(row))


@router.get("/matters/unified-elements", response=list[ElementOut], summary="Unified elements")
@open_to_all
def list_elements(request: HttpRequest) -> list[ElementOut]:
    """What lower levels may only tighten, and from which level on."""
    return [
        ElementOut(
            key=element.key,
            name=str(element.name),
            owner_level=element.owner_level,
            rule=element.rule,
            is_active=element.is_active,
        )
        for element in queries.unified_elements()
    ]


@router.put("/matters/unified-elements/{key}", response=ElementOut, summary="Set an element")
@permitted(CATALOGUE)
@idempotent
def set_element(request: HttpRequest, key: str, payload: ElementIn) -> ElementOut:
    """Who owns the element, and the rule below that level."""
    services.set_unified_element(actor=actor_of(request), key=key, **payload.model_dump())
    return next(element for element in list_elements(request) if element.key == key)


@router.post("/matters/imports", response={200: ImportOut, 201: ImportOut}, summary="Import")
@permitted(EDIT)
@idempotent
def import_table(
    request: HttpRequest,
    file: UploadedFile = File(...),  # noqa: B008  (ninja's way of naming a part)
    scheme: str = Form("", max_length=40, description="A foreign code scheme; empty = ours"),
    dry_run: bool = Form(False),
) -> Status[ImportOut]:
    """A CSV or XLSX table of lists, all rows or none; 201 when it was written, 200 with the report
    when rows were refused or it was only tried.
    """
    if (file.size or 0) > UPLOAD_BYTES_MAX:
        raise TableTooLarge(limit=ROWS_MAX)
    report = services.import_items(
        file.read(),
        file_name=file.name or "",
        scheme=scheme,
        dry_run=dry_run,
        actor=actor_of(request),
        at=clock.now(),
    )
    return Status(201 if report.is_applied else 200, ImportOut.of(report))


@router.get("/matters/imports/{run_id}", response=ImportOut, summary="The report of an import")
@permitted(READ)
def read_import(request: HttpRequest, run_id: UUID) -> ImportOut:
    """What became of each row."""
    return ImportOut.of(report_of(queries.import_run(actor_of(request), run_id)))


@router.get("/matters/export", summary="Export lists")
@permitted(READ)
def export_table(
    request: HttpRequest,
    kind: str = Query("csv", pattern="^(csv|xlsx)$"),
    state: str = Query("", max_length=10),
    scheme: str | None = Query(None, max_length=40),
) -> HttpResponse:
    """The latest version of every list within reach, in the columns an import reads."""
    content = services.export_items(actor=actor_of(request), kind=kind, state=state, scheme=scheme)
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="items.{kind}"'
    return response


def _version(version: ItemVersion) -> VersionOut:
    return VersionOut.of(version, content_of(version))
