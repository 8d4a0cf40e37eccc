"""Types of licence: the list for everyone, their drafts for stewards and reviewers."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import FieldProblemOut, paged
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted
from lingnan.standards.agencies import queries as agencies

from .. import queries, services, type_access, type_checks, type_content, type_faces
from ..models import TypeDraft
from ..type_content import TypeContent
from ..type_schemas import (
    TypeDraftActIn,
    TypeDraftIn,
    TypeDraftOut,
    TypeDraftSaveIn,
    TypeDraftWholeOut,
    TypeOut,
    TypeWithdrawalDecideIn,
    TypeWithdrawalOut,
    TypeWithdrawIn,
)
from ..types import DEFINE_TYPES, REVIEW_TYPES
from .router import router

TypeCode = Annotated[str, Field(max_length=21)]


@router.get("/licences/types", response=list[TypeOut], url_name="licences_types")
@open_to_all
def list_types(request: HttpRequest) -> list[TypeOut]:
    """Every type of licence in force today."""
    return [TypeOut.of(row) for row in queries.types(on=clock.today())]


@router.get("/licences/types/drafts", response=paged(TypeDraftOut), url_name="licences_type_drafts")
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def list_drafts(
    request: HttpRequest,
    state: Literal["", "draft", "in_review", "published", "discarded"] = "",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """Drafts within reach, newest first."""
    page = type_access.page_of_drafts(actor_of(request), state=state, cursor=cursor, limit=limit)
    return {"items": [TypeDraftOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post(
    "/licences/types/drafts", response={201: TypeDraftWholeOut}, url_name="licences_type_start"
)
@permitted(DEFINE_TYPES)
@idempotent
def start_draft(request: HttpRequest, payload: TypeDraftIn) -> Status[TypeDraftWholeOut]:
    """Draft a new type, or the next version of one; also how a type is imported.

    Nothing is in force before another person has reviewed and published it.
    """
    actor, at = actor_of(request), clock.now()
    if payload.content is None and payload.type_code:
        draft = services.start_version(actor=actor, code=payload.type_code, at=at)
    else:
        own = agencies.agency(actor.agency_id).uscc if actor.agency_id else ""
        department = payload.department_code or own
        if not department:
            raise Forbidden(permission=DEFINE_TYPES)
        draft = services.start_type(
            actor=actor, department_code=department, content=payload.content or {}, at=at
        )
    return Status(201, _whole(draft))


@router.get(
    "/licences/types/drafts/{uuid:draft_id}",
    response=TypeDraftWholeOut,
    url_name="licences_type_draft",
)
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def get_draft(request: HttpRequest, draft_id: UUID) -> TypeDraftWholeOut:
    """A draft, what is still wrong with it, and whom it would touch."""
    return _whole(type_access.access_draft(actor=actor_of(request), draft_id=draft_id))


@router.put(
    "/licences/types/drafts/{uuid:draft_id}",
    response=TypeDraftWholeOut,
    url_name="licences_type_save",
)
@permitted(DEFINE_TYPES)
@idempotent
def save_draft(request: HttpRequest, draft_id: UUID, payload: TypeDraftSaveIn) -> TypeDraftWholeOut:
    """Keep what was written, complete or not."""
    actor = actor_of(request)
    services.save_type_draft(
        actor=actor,
        draft_id=draft_id,
        revision=payload.revision,
        content=payload.content,
        at=clock.now(),
    )
    return _whole(type_access.access_draft(actor=actor, draft_id=draft_id))


@router.get(
    "/licences/types/drafts/{uuid:draft_id}/preview",
    response={200: None},
    url_name="licences_type_preview",
)
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def preview(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The face as PDF, with sample values."""
    draft = type_access.access_draft(actor=actor_of(request), draft_id=draft_id)
    content = type_faces.preview_pdf(type_content.read_content(draft.content))
    return HttpResponse(content, content_type="application/pdf")


@router.post(
    "/licences/types/drafts/{uuid:draft_id}/{act}",
    response=TypeDraftWholeOut,
    url_name="licences_type_draft_act",
)
@permitted(DEFINE_TYPES, REVIEW_TYPES)
@idempotent
def act_on_draft(
    request: HttpRequest,
    draft_id: UUID,
    act: Literal["submit", "return", "publish", "discard"],
    payload: TypeDraftActIn,
) -> TypeDraftWholeOut:
    """Submit; send back with a reason; publish from a day on (without one: from today); discard."""
    actor, at, reason = actor_of(request), clock.now(), payload.reason
    if act == "submit":
        services.submit_type(actor=actor, draft_id=draft_id, note=reason, at=at)
    elif act == "return":
        services.return_type(actor=actor, draft_id=draft_id, reason=reason, at=at)
    elif act == "publish":
        services.publish_type(
            actor=actor,
            draft_id=draft_id,
            effective_from=payload.effective_from or clock.local_date(at),
            revision=payload.revision,
            note=reason,
            at=at,
        )
    else:
        services.discard_type(actor=actor, draft_id=draft_id, at=at)
    return _whole(type_access.access_draft(actor=actor, draft_id=draft_id))


@router.get(
    "/licences/types/{type_code}/content", response=TypeContent, url_name="licences_type_content"
)
@open_to_all
def export_type(request: HttpRequest, type_code: TypeCode) -> TypeContent:
    """The newest version as a document that `POST /licences/types/drafts` takes."""
    return type_content.content_of(type_access.versions_of_type(type_code)[0])


@router.get(
    "/licences/types/{type_code}/versions",
    response=list[TypeOut],
    url_name="licences_type_versions",
)
@open_to_all
def list_versions(request: HttpRequest, type_code: TypeCode) -> list[TypeOut]:
    """Every version of a type, newest first."""
    return [TypeOut.of(row) for row in type_access.versions_of_type(type_code)]


@router.post(
    "/licences/types/{type_code}/withdrawal",
    response={201: TypeWithdrawalOut},
    url_name="licences_type_withdraw",
)
@permitted(DEFINE_TYPES, REVIEW_TYPES)
@idempotent
def ask_withdrawal(
    request: HttpRequest, type_code: TypeCode, payload: TypeWithdrawIn
) -> Status[TypeWithdrawalOut]:
    """Ask that from a day on nothing be issued under a type; another person decides."""
    row = services.ask_withdrawal(
        actor=actor_of(request),
        code=type_code,
        effective_from=payload.effective_from,
        reason=payload.reason,
        at=clock.now(),
    )
    return Status(201, TypeWithdrawalOut.of(row))


@router.post(
    "/licences/types/{type_code}/withdrawal/decision",
    response=TypeWithdrawalOut,
    url_name="licences_type_withdrawal_decide",
)
@permitted(REVIEW_TYPES)
@idempotent
def decide_withdrawal(
    request: HttpRequest, type_code: TypeCode, payload: TypeWithdrawalDecideIn
) -> TypeWithdrawalOut:
    """Agree to a withdrawal someone else asked for, or refuse it. Issued licences stay."""
    row = services.decide_withdrawal(
        actor=actor_of(request),
        code=type_code,
        accept=payload.accept,
        reason=payload.reason,
        at=clock.now(),
    )
    return TypeWithdrawalOut.of(row)


def _whole(draft: TypeDraft) -> TypeDraftWholeOut:
    content = type_content.read_content(draft.content)
    is_open = draft.state in (TypeDraft.State.DRAFT, TypeDraft.State.IN_REVIEW)
    problems = type_checks.problems_of(content) if is_open else []
    return TypeDraftWholeOut.whole(
        draft,
        content=content,
        problems=[
            FieldProblemOut(path=one.path, code=one.code, message=str(one.message))
            for one in problems
        ],
        cautions=type_checks.warnings_of(content, draft.based_on) if is_open else [],
        steps=type_access.steps_of(draft.code),
    )
