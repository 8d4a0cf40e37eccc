"""Drafts and uploads."""

from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Status
from ninja.files import UploadedFile

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.web.guard import actor_of, person_only, signed_in

from .. import access, queries, services
from ..schemas import (
    CaseOut,
    CommitmentIn,
    DraftCardOut,
    DraftChange,
    DraftIn,
    DraftOut,
    LicenceIn,
    SubmissionIn,
    UploadOut,
)
from ..types import Channel
from .router import router


@router.post("/drafts", response={201: DraftOut}, summary="Begin an application")
@person_only
@idempotent
def open_draft(request: HttpRequest, payload: DraftIn) -> Status[DraftOut]:
    """The live draft of this item, made and prefilled if there is none.

    Refusals: not_found, case.item_not_online, case.not_for_you, case.applicant_barred,
    case.mandate_too_narrow.
    """
    draft = services.open_draft(
        actor=actor_of(request), item_code=payload.item_code, at=clock.now()
    )
    return Status(201, DraftOut.of(draft))


@router.get("/drafts", response=list[DraftCardOut], summary="My drafts")
@person_only
def list_drafts(request: HttpRequest) -> list[DraftCardOut]:
    """Live drafts for whom one acts, the last changed first."""
    return [
        DraftCardOut(
            id=draft.pk,
            item_code=draft.item_code,
            page=draft.page,
            changed_at=draft.changed_at,
            expires_at=draft.expires_at,
        )
        for draft in queries.my_drafts(actor_of(request), at=clock.now())
    ]


@router.get("/drafts/{draft_id}", response=DraftOut, summary="One draft")
@person_only
def read_draft(request: HttpRequest, draft_id: UUID) -> DraftOut:
    """Refusals: draft.not_found."""
    return DraftOut.of(access.own_draft(actor_of(request), draft_id))


@router.patch("/drafts/{draft_id}", response=DraftOut, summary="Save answers")
@person_only
@idempotent
def save_draft(request: HttpRequest, draft_id: UUID, payload: DraftChange) -> DraftOut:
    """Keeps right and wrong answers alike; they are checked at submission.

    Refusals: draft.not_found, draft.already_submitted, malformed (too much text).
    """
    draft = services.save_draft(
        actor=actor_of(request),
        draft_id=draft_id,
        data=payload.data,
        page=payload.page,
        at=clock.now(),
    )
    return DraftOut.of(draft)


@router.delete("/drafts/{draft_id}", response={204: None}, summary="Throw a draft away")
@person_only
@idempotent
def discard_draft(request: HttpRequest, draft_id: UUID) -> Status[None]:
    """Refusals: draft.not_found, draft.already_submitted."""
    services.discard_draft(actor=actor_of(request), draft_id=draft_id, at=clock.now())
    return Status(204, None)


@router.post("/drafts/{draft_id}/materials", response={201: DraftOut}, summary="Upload a material")
@person_only
@idempotent
def upload_to_draft(
    request: HttpRequest, draft_id: UUID, code: Form[str], file: File[UploadedFile]
) -> Status[DraftOut]:
    """Multipart: `code` (the material's code) and `file`.

    Refusals: draft.not_found, draft.already_submitted, case.material_unknown, and the refusals of
    documents about size, type and content.
    """
    draft = services.add_upload(
        actor=actor_of(request),
        draft_id=draft_id,
        code=code,
        content=file.read(),
        name=file.name or "",
        at=clock.now(),
    )
    return Status(201, DraftOut.of(draft))


@router.post("/drafts/{draft_id}/licences", response={201: DraftOut}, summary="Use a licence")
@person_only
@idempotent
def use_licence(request: HttpRequest, draft_id: UUID, payload: LicenceIn) -> Status[DraftOut]:
    """A valid licence of the wallet stands for a material.

    Refusals: draft.not_found, draft.already_submitted, case.material_unknown,
    case.licence_not_usable.
    """
    draft = services.add_licence(
        actor=actor_of(request),
        draft_id=draft_id,
        code=payload.code,
        licence_id=payload.licence_id,
        at=clock.now(),
    )
    return Status(201, DraftOut.of(draft))


@router.post("/drafts/{draft_id}/commitments", response={201: DraftOut}, summary="Promise")
@person_only
@idempotent
def make_commitment(
    request: HttpRequest, draft_id: UUID, payload: CommitmentIn
) -> Status[DraftOut]:
    """The promise the guide offers stands for a material (告知承诺制); it is checked later.

    Refusals: draft.not_found, draft.already_submitted, case.material_unknown,
    case.commitment_not_allowed, case.commitment_barred, case.commitment_words_changed.
    """
    draft = services.add_commitment(
        actor=actor_of(request),
        draft_id=draft_id,
        code=payload.code,
        version=payload.version,
        at=clock.now(),
    )
    return Status(201, DraftOut.of(draft))


@router.delete(
    "/drafts/{draft_id}/materials/{material_id}", response=DraftOut, summary="Remove a material"
)
@person_only
@idempotent
def remove_material(request: HttpRequest, draft_id: UUID, material_id: UUID) -> DraftOut:
    """Refusals: draft.not_found, draft.already_submitted."""
    draft = services.remove_material(
        actor=actor_of(request), draft_id=draft_id, material_id=material_id, at=clock.now()
    )
    return DraftOut.of(draft)


@router.post("/drafts/{draft_id}/submission", response={201: CaseOut}, summary="Submit a draft")
@person_only
@idempotent
def submit_draft(request: HttpRequest, draft_id: UUID, payload: SubmissionIn) -> Status[CaseOut]:
    """Submitting a draft again gives the same case.

    Refusals: draft.not_found, and those of POST /cases.
    """
    case = services.submit_draft(
        actor=actor_of(request),
        draft_id=draft_id,
        channel=Channel(payload.channel),
        at=clock.now(),
    )
    return Status(201, CaseOut.of(case))


@router.post("/materials", response={201: UploadOut}, summary="Upload a file ahead of a case")
@signed_in
@idempotent
def upload_material(
    request: HttpRequest, item_code: Form[str], code: Form[str], file: File[UploadedFile]
) -> Status[UploadOut]:
    """Multipart: `item_code`, `code` (of the material, or `correction` for the answer to a general
    instruction) and `file`; gives the `file_id` for a case
    or a correction. Only the account that uploaded a file can hand it in.

    Refusals: not_found, case.material_unknown, and those of documents about size, type, content.
    """
    card = services.upload_material(
        actor=actor_of(request),
        item_code=item_code,
        code=code,
        content=file.read(),
        name=file.name or "",
        at=clock.now(),
    )
    made = UploadOut(
        file_id=card.id, name=card.name, media_type=card.media_type, size_bytes=card.size_bytes
    )
    return Status(201, made)
