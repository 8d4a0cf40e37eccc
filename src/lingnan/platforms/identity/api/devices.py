"""The devices of an account over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema, Status

from lingnan.kernel import clock
from lingnan.kernel.web.guard import signed_in

from .. import queries, services
from ..services.owners import account_of
from .router import in_session, router


class DeviceOut(Schema):
    id: UUID = Field(description="Of the session")
    device: str = Field(examples=["Chrome, Windows"])
    kind: Literal["computer", "phone", "tablet", "program"]
    device_id: UUID | None
    address: str = Field(examples=["203.0.113.*"])
    channel: Literal["web", "api"]
    methods: list[str] = Field(examples=[["password", "totp"]])
    first_seen_at: datetime = Field(description="Of the device, with this account")
    created_at: datetime = Field(description="Of the sign-in")
    last_seen_at: datetime
    is_current: bool


class DevicesOut(Schema):
    items: list[DeviceOut]


class KnownDeviceOut(Schema):
    id: UUID
    device: str
    kind: Literal["computer", "phone", "tablet", "program"]
    first_seen_at: datetime
    last_seen_at: datetime


class KnownDevicesOut(Schema):
    items: list[KnownDeviceOut]


class SignedOutOut(Schema):
    ended: int = Field(description="How many sessions were signed out")


@router.delete("/sessions/{session_id}", response={204: None}, summary="Sign out a device")
@signed_in
def close_device(request: HttpRequest, session_id: UUID) -> Status[None]:
    services.end_session(actor=in_session(request), session_id=session_id, at=clock.now())
    return Status(204, None)


@router.get("/me/sessions", response=DevicesOut, summary="Where I am signed in")
@signed_in
def list_devices(request: HttpRequest) -> dict[str, Any]:
    """The 50 used last. Of an address only the network's part is shown; `methods` says how it was
    signed in."""
    actor = in_session(request)
    rows = queries.signed_in_devices(account_of(actor), present=actor.session_id, at=clock.now())
    items = [
        {
            "id": row.session_id,
            "device": row.name,
            "kind": row.kind,
            "device_id": row.id,
            "address": row.address,
            "channel": row.channel,
            "methods": list(row.methods),
            "first_seen_at": row.first_seen_at,
            "created_at": row.signed_in_at,
            "last_seen_at": row.last_seen_at,
            "is_current": row.is_current,
        }
        for row in rows
    ]
    return {"items": items}


@router.delete("/me/sessions", response=SignedOutOut, summary="Sign out everywhere else")
@signed_in
def end_others(request: HttpRequest) -> dict[str, int]:
    return {"ended": services.end_other_sessions(actor=in_session(request), at=clock.now())}


@router.post(
    "/me/sessions/disowning", response=SignedOutOut, summary="Someone else signed in: end it all"
)
@signed_in
def disown(request: HttpRequest) -> dict[str, int]:
    """Every other session, API token and consent to a program ends, every other device is
    forgotten. Change the password next (`PUT /me/password`)."""
    return {"ended": services.disown_sign_ins(actor=in_session(request), at=clock.now())}


@router.get("/me/devices", response=KnownDevicesOut, summary="Devices I used before")
@signed_in
def list_known(request: HttpRequest) -> dict[str, Any]:
    """The 50 used last of those not signed in now; each is forgotten 400 days
    after its last use."""
    rows = queries.devices_before(account_of(in_session(request)), at=clock.now())
    items = [
        {
            "id": row.id,
            "device": row.name,
            "kind": row.kind,
            "first_seen_at": row.first_seen_at,
            "last_seen_at": row.last_seen_at,
        }
        for row in rows
    ]
    return {"items": items}


@router.delete("/me/devices/{device_id}", response={204: None}, summary="Forget a device")
@signed_in
def forget(request: HttpRequest, device_id: UUID) -> Status[None]:
    """It is signed out; its next sign-in is told of. Not the one in use (404)."""
    services.forget_device(actor=in_session(request), device_id=device_id, at=clock.now())
    return Status(204, None)
