"""Licences over HTTP: one's own, verifying for anyone, the status for officers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Body, File, Router, UploadedFile
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted, signed_in

from . import proof, queries, services, verification
from .access import access_licence_to_view, access_own_licence
from .disclosure import disclose
from .errors import DocumentUnreadable
from .models import Licence
from .schemas import (
    ChangeOut,
    LicenceOut,
    ProofOut,
    StatusIn,
    TypeOut,
    UseOut,
    VerificationOut,
)
from .types import CHANGE_STATUS, DEFINE_TYPES, VIEW_LICENCES, UseKind

router = Router(tags=["licences"])

UPLOAD_MAX_BYTES = 20_000_000


def licence_out(licence: Licence) -> LicenceOut:
    """A row as the API shows it."""
    return LicenceOut.of(queries.card(licence))


@router.get("/licences", response=paged(LicenceOut), url_name="licences_own")
@signed_in
def list_own(
    request: HttpRequest, cursor: str | None = None, limit: Annotated[int, Field(ge=1, le=100)] = 20
) -> dict[str, object]:
    """The licences of the person or organisation one acts for, newest first."""
    page = queries.page_of_own(actor_of(request), cursor=cursor, limit=limit)
    return {"items": [licence_out(row) for row in page.items], "next_cursor": page.next_cursor}


@router.get("/licences/search", response=paged(LicenceOut), url_name="licences_search")
@permitted(VIEW_LICENCES)
def search(
    request: HttpRequest,
    identifier: str = "",
    holder_code: Annotated[str, Field(description="The whole document number or credit code")] = "",
    type_code: str = "",
    status: str = "",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """Licences within an officer's reach."""
    page = queries.search(
        actor_of(request),
        identifier=identifier,
        holder_code=holder_code,
        type_code=type_code,
        status=status,
        cursor=cursor,
        limit=limit,
    )
    return {"items": [licence_out(row) for row in page.items], "next_cursor": page.next_cursor}


@router.get("/licences/types", response=list[TypeOut], url_name="licences_types")
@open_to_all
def list_types(request: HttpRequest) -> list[TypeOut]:
    """Every type of licence in force today."""
    return [TypeOut.of(row) for row in queries.types(on=clock.today())]


@router.post("/licences/types", response=TypeOut, url_name="licences_define_type")
@permitted(DEFINE_TYPES)
@idempotent
def define_type(request: HttpRequest, payload: Body[dict[str, Any]]) -> TypeOut:
    """Define a type, or its next version; the same content again changes nothing."""
    made = services.define_type(payload, at=clock.now(), actor=actor_of(request))
    return TypeOut.of(made)


@router.get("/licences/verify/{identifier}", response=VerificationOut, url_name="licences_verify")
@open_to_all
def verify(
    request: HttpRequest,
    identifier: str,
    code: Annotated[
        str, Field(description="From the QR on the licence; opens the personal fields")
    ] = "",
) -> VerificationOut:
    """Verify a licence by its identifier, as anyone."""
    found = verification.verify_identifier(identifier, code=code, at=clock.now())
    return VerificationOut.of(disclose(found))


@router.post("/licences/verify", response=VerificationOut, url_name="licences_verify_file")
@open_to_all
def verify_file(request: HttpRequest, file: File[UploadedFile]) -> VerificationOut:
    """Verify an OFD or PDF licence file. The file is not kept."""
    if (file.size or 0) > UPLOAD_MAX_BYTES:
        raise DocumentUnreadable(reason="too large")
    return VerificationOut.of(disclose(verification.verify_file(file.read(), at=clock.now())))


@router.get("/licences/{uuid:licence_id}", response=LicenceOut, url_name="licences_get")
@signed_in
def get_licence(request: HttpRequest, licence_id: UUID) -> LicenceOut:
    """One licence, for its holder or an officer in reach."""
    return licence_out(access_licence_to_view(actor=actor_of(request), licence_id=licence_id))


@router.get(
    "/licences/{uuid:licence_id}/faces/{kind}", response={200: None}, url_name="licences_face"
)
@signed_in
def get_face(request: HttpRequest, licence_id: UUID, kind: Literal["pdf", "ofd"]) -> HttpResponse:
    """The face as PDF or as OFD with the agency's seal; made now if it was not yet."""
    actor, now = actor_of(request), clock.now()
    licence = access_licence_to_view(actor=actor, licence_id=licence_id)
    content, media_type = services.face_bytes(licence.pk, kind, at=now)
    services.record_use(licence=licence, kind=UseKind.DOWNLOADED, used_by=actor.name, at=now)
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{licence.identifier}.{kind}"'
    return response


@router.get("/licences/{uuid:licence_id}/uses", response=list[UseOut], url_name="licences_uses")
@signed_in
def list_uses(request: HttpRequest, licence_id: UUID) -> list[UseOut]:
    """Who used the licence, for what, when; for its holder."""
    licence = access_own_licence(actor=actor_of(request), licence_id=licence_id)
    return [UseOut.of(use) for use in queries.uses_of(licence.pk)]


@router.get(
    "/licences/{uuid:licence_id}/changes", response=list[ChangeOut], url_name="licences_changes"
)
@signed_in
def list_changes(request: HttpRequest, licence_id: UUID) -> list[ChangeOut]:
    """The history of the status."""
    licence = access_licence_to_view(actor=actor_of(request), licence_id=licence_id)
    return [ChangeOut.of(change) for change in queries.changes_of(licence.pk)]


@router.get("/licences/{uuid:licence_id}/proof", response=ProofOut, url_name="licences_proof")
@signed_in
def get_proof(request: HttpRequest, licence_id: UUID) -> ProofOut:
    """How to verify the licence with the openssl program, without trusting this service."""
    licence = access_licence_to_view(actor=actor_of(request), licence_id=licence_id)
    base = f"/api/v1/licences/{licence.pk}/proof"
    return ProofOut(
        payload_url=f"{base}/payload",
        signature_url=f"{base}/signature",
        certificate_url=f"{base}/certificate",
        chain_url=f"{base}/chain",
        commands=list(proof.COMMANDS),
    )


@router.get(
    "/licences/{uuid:licence_id}/proof/{part}", response={200: None}, url_name="licences_proof_file"
)
@signed_in
def get_proof_file(
    request: HttpRequest,
    licence_id: UUID,
    part: Literal["payload", "signature", "certificate", "chain"],
) -> HttpResponse:
    """One file of the proof: signed payload, signature (DER), certificate or chain (PEM)."""
    licence = access_licence_to_view(actor=actor_of(request), licence_id=licence_id)
    file = proof.proof_file(licence, part)
    response = HttpResponse(file.content, content_type=file.media_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


_CHANGES = {
    "revoke": services.revoke_licence,
    "suspend": services.suspend_licence,
    "resume": services.resume_licence,
    "cancel": services.cancel_licence,
}


@router.post(
    "/licences/{uuid:licence_id}/{change}", response=LicenceOut, url_name="licences_change"
)
@permitted(CHANGE_STATUS)
@idempotent
def change_status(
    request: HttpRequest,
    licence_id: UUID,
    change: Literal["revoke", "suspend", "resume", "cancel"],
    payload: StatusIn,
) -> LicenceOut:
    """Revoke, suspend, resume or cancel a licence, with the ground in law."""
    if change not in _CHANGES:
        raise NotFound
    _CHANGES[change](
        licence_id=licence_id,
        ground=payload.ground,
        reason=payload.reason,
        actor=actor_of(request),
        at=clock.now(),
    )
    return licence_out(access_licence_to_view(actor=actor_of(request), licence_id=licence_id))
