"""SM2 certificates over HTTP."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.web.guard import signed_in

from .. import queries, services
from ..adapters.base import Answer
from ..models import HolderCertificate
from ..schemas import (
    CertificateAskedOut,
    CertificateBindIn,
    CertificateIn,
    CertificateOut,
    CertificatesOut,
)
from .router import in_session, router


@router.get("/me/certificates", response=CertificatesOut, summary="My SM2 certificates")
@signed_in
def list_certificates(request: HttpRequest) -> dict[str, Any]:
    actor = in_session(request)
    assert actor.account_id is not None, "someone signed in has an account"
    rows = queries.live_certificates(actor.account_id)
    return {"items": [_certificate(row) for row in rows]}


@router.post(
    "/me/certificates/challenge",
    response={201: CertificateAskedOut},
    summary="Begin to bind an SM2 certificate",
)
@signed_in
def ask_certificate(request: HttpRequest, body: CertificateIn) -> Status[Any]:
    """Sign `challenge` with SM2 over SM3, user identity 1234567812345678. Only shortly after
    signing in."""
    asked = services.ask_certificate(
        actor=in_session(request), certificate=body.certificate.encode(), at=clock.now()
    )
    told = {"id": asked.attempt_id, "expires_at": asked.expires_at, **asked.options}
    return Status(201, told)


@router.post("/me/certificates", response={201: CertificateOut}, summary="Bind an SM2 certificate")
@signed_in
def bind_certificate(request: HttpRequest, body: CertificateBindIn) -> Status[Any]:
    row = services.bind_certificate(
        actor=in_session(request),
        attempt_id=body.id,
        answer=Answer(values={"signature": body.signature}),
        at=clock.now(),
    )
    return Status(201, _certificate(row))


@router.delete(
    "/me/certificates/{certificate_id}", response={204: None}, summary="Remove a certificate"
)
@signed_in
def remove_certificate(request: HttpRequest, certificate_id: UUID) -> Status[None]:
    services.remove_certificate(
        actor=in_session(request), certificate_id=certificate_id, at=clock.now()
    )
    return Status(204, None)


def _certificate(row: HolderCertificate) -> dict[str, Any]:
    return {
        "id": row.pk,
        "issuer": row.issuer,
        "serial_number": row.serial_number,
        "expires_at": row.not_after,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
    }
