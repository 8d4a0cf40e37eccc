"""Passkeys over HTTP: for programs that run in a browser or beside a platform authenticator."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import open_to_all, signed_in

from .. import queries, services
from ..asking import program_of
from ..models import Passkey
from ..schemas import (
    PasskeyChallengeOut,
    PasskeyIn,
    PasskeyOut,
    PasskeySessionIn,
    PasskeysOut,
    PasskeyUseChallengeOut,
    SessionOut,
)
from .router import in_session, router


@router.post(
    "/passkey-challenges",
    response={201: PasskeyUseChallengeOut},
    summary="Begin to sign in with a passkey",
)
@open_to_all
def ask_sign_in(request: HttpRequest) -> Status[Any]:
    """`options` go to `navigator.credentials.get`; nobody is named. Keep `binding` to yourself."""
    asked = services.ask_sign_in(address=client_address(request), at=clock.now())
    return Status(201, _told(asked) | {"binding": asked.binding})


@router.post("/passkey-sessions", response={201: SessionOut}, summary="Sign in with a passkey")
@open_to_all
def sign_in_with_passkey(request: HttpRequest, body: PasskeySessionIn) -> Status[Any]:
    """The device and its lock are two factors: no code is asked for."""
    opened = services.sign_in_with_passkey(
        attempt_id=body.id,
        binding=body.binding,
        answer=json.dumps(body.credential.model_dump()),
        as_officer=body.as_officer,
        channel="api",
        device=program_of(request),
        address=client_address(request),
        at=clock.now(),
    )
    return Status(201, opened)


@router.get("/me/passkeys", response=PasskeysOut, summary="My passkeys")
@signed_in
def list_passkeys(request: HttpRequest) -> dict[str, Any]:
    actor = in_session(request)
    assert actor.account_id is not None, "someone signed in has an account"
    return {"items": [_passkey(key) for key in queries.live_passkeys(actor.account_id)]}


@router.post(
    "/me/passkeys/challenge",
    response={201: PasskeyChallengeOut},
    summary="Begin to make a passkey",
)
@signed_in
def ask_new_passkey(request: HttpRequest) -> Status[Any]:
    """`options` go to `navigator.credentials.create`. Only shortly after signing in."""
    return Status(201, _told(services.ask_new_passkey(actor=in_session(request), at=clock.now())))


@router.post("/me/passkeys", response={201: PasskeyOut}, summary="Keep a passkey just made")
@signed_in
def add_passkey(request: HttpRequest, body: PasskeyIn) -> Status[Any]:
    row = services.add_passkey(
        actor=in_session(request),
        attempt_id=body.id,
        name=body.name,
        answer=json.dumps(body.credential.model_dump()),
        at=clock.now(),
    )
    return Status(201, _passkey(row))


@router.delete("/me/passkeys/{passkey_id}", response={204: None}, summary="Remove a passkey")
@signed_in
def remove_passkey(request: HttpRequest, passkey_id: UUID) -> Status[None]:
    services.remove_passkey(actor=in_session(request), passkey_id=passkey_id, at=clock.now())
    return Status(204, None)


def _told(asked: services.Asked) -> dict[str, Any]:
    return {"id": asked.attempt_id, "options": asked.options, "expires_at": asked.expires_at}


def _passkey(row: Passkey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "is_synced": row.is_synced,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
    }
