"""Single sign-on over our own API: one's programs, their review, one's consents."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Status

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden, SignInRequired
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted, signed_in

from ..asking import identification_of
from ..models import Consent
from . import queries, services
from .schemas import (
    ClientIn,
    ClientMadeOut,
    ClientOut,
    ConsentsOut,
    ReasonIn,
    SecretOut,
)
from .types import REVIEW_CLIENTS

router = Router(tags=["identity"])

Limit = Annotated[int, Field(ge=1, le=100)]
State = Annotated[str, Field(max_length=10)]


def _in_session(request: HttpRequest) -> Actor:
    """Raises: Forbidden (403) for a token: what it may do, its owner has decided."""
    found = identification_of(request)
    if found is None or found.via != "session":
        raise Forbidden(needs="session")
    return actor_of(request)


@router.get("/sso/clients", response=paged(ClientOut), summary="The programs of whom I act for")
@signed_in
def list_clients(request: HttpRequest, cursor: str | None = None, limit: Limit = 20) -> Any:
    return queries.clients_of(actor_of(request), cursor=cursor, limit=limit)


@router.post("/sso/clients", response={201: ClientMadeOut}, summary="Register a program")
@signed_in
@idempotent
def register_client(request: HttpRequest, body: ClientIn) -> Status[Any]:
    """It may ask nobody anything before an officer has approved it."""
    details = services.ClientDetails(**body.model_dump())
    made = services.register_client(actor=actor_of(request), details=details, at=clock.now())
    return Status(201, made)


@router.get("/sso/clients/{client_pk}", response=ClientOut, summary="One of my programs")
@signed_in
def show_client(request: HttpRequest, client_pk: UUID) -> Any:
    return queries.own_client(actor_of(request), client_pk)


@router.post("/sso/clients/{client_pk}/secret", response=SecretOut, summary="Renew its secret")
@signed_in
def renew_secret(request: HttpRequest, client_pk: UUID) -> dict[str, str]:
    secret = services.renew_secret(actor=_in_session(request), client_pk=client_pk, at=clock.now())
    return {"secret": secret}


@router.get("/sso/reviews", response=paged(ClientOut), summary="Registrations in my reach")
@permitted(REVIEW_CLIENTS)
def list_reviews(
    request: HttpRequest, state: State = "", cursor: str | None = None, limit: Limit = 20
) -> Any:
    return queries.clients_to_review(actor_of(request), state=state, cursor=cursor, limit=limit)


@router.get("/sso/reviews/{client_pk}", response=ClientOut, summary="A registration to judge")
@permitted(REVIEW_CLIENTS)
def show_review(request: HttpRequest, client_pk: UUID) -> Any:
    return queries.may_review(actor_of(request), client_pk)


@router.post("/sso/reviews/{client_pk}/approval", response=ClientOut, summary="Let it speak")
@permitted(REVIEW_CLIENTS)
def approve(request: HttpRequest, client_pk: UUID) -> Any:
    services.approve_client(actor=actor_of(request), client_pk=client_pk, at=clock.now())
    return queries.may_review(actor_of(request), client_pk)


@router.post("/sso/reviews/{client_pk}/refusal", response=ClientOut, summary="Refuse it")
@permitted(REVIEW_CLIENTS)
def refuse(request: HttpRequest, client_pk: UUID, body: ReasonIn) -> Any:
    services.refuse_client(
        actor=actor_of(request), client_pk=client_pk, reason=body.reason, at=clock.now()
    )
    return queries.may_review(actor_of(request), client_pk)


@router.post("/sso/reviews/{client_pk}/suspension", response=ClientOut, summary="Silence it")
@permitted(REVIEW_CLIENTS)
def suspend(request: HttpRequest, client_pk: UUID, body: ReasonIn) -> Any:
    services.suspend_client(
        actor=actor_of(request), client_pk=client_pk, reason=body.reason, at=clock.now()
    )
    return queries.may_review(actor_of(request), client_pk)


@router.get("/me/consents", response=ConsentsOut, summary="Which programs know what of me")
@signed_in
def list_consents(request: HttpRequest) -> dict[str, Any]:
    account_id = _in_session(request).account_id
    if account_id is None:
        raise SignInRequired
    return {"items": [_consent(row) for row in queries.live_consents(account_id, at=clock.now())]}


@router.delete("/me/consents/{consent_id}", response={204: None}, summary="Take a consent back")
@signed_in
def withdraw_consent(request: HttpRequest, consent_id: UUID) -> Status[None]:
    services.withdraw_consent(actor=_in_session(request), consent_id=consent_id, at=clock.now())
    return Status(204, None)


def _consent(row: Consent) -> dict[str, Any]:
    return {
        "id": row.pk,
        "client_id": row.client.client_id,
        "client_name": row.client.name,
        "owner_name": row.client.owner_name,
        "scopes": row.scopes,
        "claims": row.claims,
        "given_at": row.given_at,
        "until": row.until,
    }
