"""The life of an account over HTTP: recovery, another number, end, two made one, history."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema, Status

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import open_to_all, person_only, signed_in

from .. import queries, services
from ..adapters.base import Answer, ProofMethod
from .router import in_session, router

ANSWER_MAX = 20_000


class RecoveryIn(Schema):
    username: str = Field(..., max_length=100, description="Sign-in name or telephone number")
    name: str = Field(..., max_length=100)
    document_type: str = Field(..., max_length=24)
    document_number: str = Field(..., max_length=40)


class AskedFieldOut(Schema):
    name: str
    label: str
    hint: str
    kind: str
    required: bool


class WayOut(Schema):
    code: str
    label: str
    hint: str
    is_test: bool
    fields: list[AskedFieldOut]


class RecoveryOut(Schema):
    token: str = Field(description="Goes on with this recovery for half an hour")
    ways: list[WayOut]


class RecoveryProofIn(Schema):
    token: str = Field(..., max_length=500)
    method: str = Field(..., max_length=24)


class RecoveryProofOut(Schema):
    token: str = Field(description="Finishes this recovery")
    url: str = Field(description="Where the person goes now; empty: answer the fields")
    shown: dict[str, Any]
    expires_at: datetime


class RecoveryAnswerIn(Schema):
    token: str = Field(..., max_length=500)
    values: dict[
        Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=ANSWER_MAX)]
    ] = Field(default_factory=dict)
    new_password: str = Field(..., max_length=128)


class PhoneIn(Schema):
    phone: str = Field(..., max_length=40)


class PhoneChangeOut(Schema):
    attempt_id: UUID
    new_phone: str = Field(description="Masked")
    old_phone: str = Field(description="Masked; empty where its code is not asked for")
    expires_at: datetime


class PhoneCodesIn(Schema):
    code: str = Field(..., max_length=12, description="Sent to the new number")
    old_code: str = Field("", max_length=12, description="Sent to the number so far")


class ObstacleOut(Schema):
    text: str
    url: str


class ClosingOut(Schema):
    """What stands against closing the account now."""

    obstacles: list[ObstacleOut]


class ClosingIn(Schema):
    password: str = Field(..., max_length=128)
    totp: str = Field("", max_length=20)


class MergeIn(Schema):
    username: str = Field(..., max_length=100, description="Of the account to take over")
    password: str = Field(..., max_length=128)
    totp: str = Field("", max_length=20)


class HistoryLineOut(Schema):
    id: UUID
    at: datetime
    act: str
    what: str
    passed: bool
    address: str = Field(description="Empty where someone else did it")
    by: Literal["oneself", "system", "unknown", "other"] = Field(
        description="unknown: someone who was not signed in; other: an officer"
    )
    by_oneself: bool


@router.post("/recoveries", response={201: RecoveryOut}, summary="I forgot my password")
@open_to_all
def find_account(request: HttpRequest, body: RecoveryIn) -> Status[Any]:
    """One answer whatever of it is wrong; wrong ones are counted."""
    found = services.find_account(
        **body.model_dump(), address=client_address(request), at=clock.now()
    )
    return Status(201, {"token": found.token, "ways": [_way(way) for way in found.ways]})


@router.post("/recoveries/proofs", response={201: RecoveryProofOut}, summary="Prove that it is me")
@open_to_all
def start_recovery(request: HttpRequest, body: RecoveryProofIn) -> Status[Any]:
    token, started = services.start_recovery(
        token=body.token, method=body.method, address=client_address(request), at=clock.now()
    )
    made = {
        "token": token,
        "url": started.url,
        "shown": started.shown,
        "expires_at": started.expires_at,
    }
    return Status(201, made)


@router.post(
    "/recoveries/completion", response={204: None}, summary="Set a new password with the proof"
)
@open_to_all
def finish_recovery(request: HttpRequest, body: RecoveryAnswerIn) -> Status[None]:
    """Every session and token ends; the second factor stays. For a proof given elsewhere `values`
    holds `arrival`, from the address the person was sent back to."""
    services.finish_recovery(
        token=body.token,
        answer=Answer(values=body.values),
        new_password=body.new_password,
        address=client_address(request),
        at=clock.now(),
    )
    return Status(204, None)


@router.post("/me/phone", response={201: PhoneChangeOut}, summary="Begin to change my number")
@person_only
def start_phone_change(request: HttpRequest, body: PhoneIn) -> Status[Any]:
    change = services.start_phone_change(
        actor=in_session(request), phone=body.phone, at=clock.now()
    )
    return Status(201, change)


@router.post(
    "/me/phone/{attempt_id}", response={204: None}, summary="Confirm my new number by its codes"
)
@person_only
def finish_phone_change(request: HttpRequest, attempt_id: UUID, body: PhoneCodesIn) -> Status[None]:
    services.finish_phone_change(
        actor=in_session(request), attempt_id=attempt_id, **body.model_dump(), at=clock.now()
    )
    return Status(204, None)


@router.get("/me/closing", response=ClosingOut, summary="What stands against closing my account")
@person_only
def show_closing(request: HttpRequest) -> dict[str, Any]:
    found = services.closing_obstacles(actor=in_session(request), at=clock.now())
    return {"obstacles": [{"text": str(row.text), "url": row.url} for row in found]}


@router.post("/me/closing", response={204: None}, summary="Close my account for good")
@person_only
def close_account(request: HttpRequest, body: ClosingIn) -> Status[None]:
    services.close_account(
        actor=in_session(request), password=body.password, code=body.totp, at=clock.now()
    )
    return Status(204, None)


@router.post("/me/merges", response={204: None}, summary="Take over another account of mine")
@person_only
@idempotent
def merge_accounts(request: HttpRequest, body: MergeIn) -> Status[None]:
    services.merge_accounts(
        actor=in_session(request),
        username=body.username,
        password=body.password,
        code=body.totp,
        at=clock.now(),
    )
    return Status(204, None)


@router.get("/me/history", response=paged(HistoryLineOut), summary="What happened to my account")
@signed_in
def list_history(
    request: HttpRequest,
    cursor: Annotated[str | None, Field(max_length=500)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    page = queries.account_history(in_session(request), cursor=cursor, limit=limit)
    items = [
        {
            "id": line.id,
            "at": line.at,
            "act": line.act,
            "what": str(line.what),
            "passed": line.passed,
            "address": line.address,
            "by": line.by,
            "by_oneself": line.by_oneself,
        }
        for line in page.items
    ]
    return {"items": items, "next_cursor": page.next_cursor}


def _way(method: ProofMethod) -> dict[str, Any]:
    return {
        "code": method.code,
        "label": str(method.label),
        "hint": str(method.hint),
        "is_test": method.is_test,
        "fields": [
            {
                "name": field.name,
                "label": str(field.label),
                "hint": str(field.hint),
                "kind": field.kind,
                "required": field.required,
            }
            for field in method.fields
        ],
    }
