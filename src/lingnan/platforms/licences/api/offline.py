"""Codes that verify without us, and the keys they are verified with."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.web.guard import actor_of, open_to_all, signed_in
from lingnan.security.crypto import services as crypto

from .. import offline, queries, services
from ..schemas import (
    OfflineCodeOut,
    OfflineKeyOut,
    OfflineKeysOut,
    OfflineReadIn,
    OfflineReadOut,
    ShowIn,
)
from .router import router


@router.get("/licences/offline-keys", response=OfflineKeysOut, url_name="licences_offline_keys")
@open_to_all
def list_keys(request: HttpRequest) -> OfflineKeysOut:
    """The public keys of offline codes. Fetch them once, over HTTPS, and keep them."""
    key = offline.offline_key(at=clock.now())
    return OfflineKeysOut(
        keys=[
            OfflineKeyOut(
                kid=key.kid,
                algorithm="SM2 with SM3, user id 1234567812345678",
                point=key.point.hex(),
                certificate=crypto.to_pem(key.certificate).decode(),
            )
        ]
    )


@router.post(
    "/licences/{uuid:licence_id}/offline-code",
    response={201: OfflineCodeOut},
    url_name="licences_offline_code",
)
@signed_in
def make_code(request: HttpRequest, licence_id: UUID, payload: ShowIn) -> Status[OfflineCodeOut]:
    """A signed code for one's own licence, good for a day without a network."""
    code = services.make_offline_code(
        actor=actor_of(request), licence_id=licence_id, purpose=payload.purpose, at=clock.now()
    )
    seconds = int(offline.TERM.total_seconds())
    return Status(201, OfflineCodeOut(code=code, seconds=seconds))


@router.post("/licences/verify-code", response=OfflineReadOut, url_name="licences_verify_code")
@open_to_all
def verify_code(request: HttpRequest, payload: OfflineReadIn) -> OfflineReadOut:
    """Read an offline code here, and compare it with the register."""
    now = clock.now()
    facts = offline.read_code(payload.code, at=now)
    if facts is None:
        return OfflineReadOut(genuine=False, current=False, status_now=None)
    status_now = queries.status_now(facts.identifier, on=clock.today())
    return OfflineReadOut(
        genuine=True,
        current=facts.is_current,
        identifier=facts.identifier,
        type_name=facts.type_name,
        holder_name=facts.holder_name,
        issuer=facts.issuer,
        national_status=facts.status,
        valid_from=facts.valid_from,
        valid_until=facts.valid_until,
        fields=dict(facts.fields),
        stated_at=facts.stated_at,
        expires_at=facts.expires_at,
        status_now=status_now.value if status_now else None,
    )
