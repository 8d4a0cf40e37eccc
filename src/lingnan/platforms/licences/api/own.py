"""One's own licences, their faces, uses and proofs."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, signed_in

from .. import proof, queries, services
from ..access import access_licence_to_view, access_own_licence
from ..schemas import ChangeOut, LicenceOut, ProofOut, UseOut
from ..types import UseKind
from .router import licence_out, listed, router

Purpose = Annotated[
    str,
    Field(
        max_length=300,
        description="For an officer without a task on a case with the licence; its holder reads it",
    ),
]


@router.get("/licences", response=paged(LicenceOut), url_name="licences_own")
@signed_in
def list_own(
    request: HttpRequest, cursor: str | None = None, limit: Annotated[int, Field(ge=1, le=100)] = 20
) -> dict[str, object]:
    """The licences of the person or organisation one acts for, newest first."""
    actor = actor_of(request)
    page = queries.page_of_own(actor, cursor=cursor, limit=limit)
    return {"items": [listed(row, actor) for row in page.items], "next_cursor": page.next_cursor}


@router.get("/licences/{uuid:licence_id}", response=LicenceOut, url_name="licences_get")
@signed_in
def get_licence(request: HttpRequest, licence_id: UUID) -> LicenceOut:
    """One licence, for its holder or an officer in reach.

    An officer sees personal data in part, unless a task of his is on a case with this licence.
    """
    actor = actor_of(request)
    row = services.open_licence(actor=actor, licence_id=licence_id, at=clock.now())
    return licence_out(row, actor, at=clock.now())


@router.get(
    "/licences/{uuid:licence_id}/faces/{kind}", response={200: None}, url_name="licences_face"
)
@signed_in
def get_face(
    request: HttpRequest, licence_id: UUID, kind: Literal["pdf", "ofd"], purpose: Purpose = ""
) -> HttpResponse:
    """The face as PDF or as OFD with the agency's seal; made now if it was not yet."""
    actor, now = actor_of(request), clock.now()
    licence = services.open_whole(actor=actor, licence_id=licence_id, purpose=purpose, at=now)
    content, media_type = services.face_bytes(licence.pk, kind, at=now)
    services.record_use(
        licence=licence, kind=UseKind.DOWNLOADED, used_by=actor.name, purpose=purpose, at=now
    )
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
    licence = services.open_licence(actor=actor_of(request), licence_id=licence_id, at=clock.now())
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
    purpose: Purpose = "",
) -> HttpResponse:
    """One file of the proof: signed payload, signature (DER), certificate or chain (PEM)."""
    licence = services.open_whole(
        actor=actor_of(request), licence_id=licence_id, purpose=purpose, at=clock.now()
    )
    file = proof.proof_file(licence, part)
    response = HttpResponse(file.content, content_type=file.media_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
