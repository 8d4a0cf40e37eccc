"""Providers whose sign-in is accepted, over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema, Status

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.web.guard import actor_of, permitted

from ..models import UpstreamChange, UpstreamProvider
from .api import router
from .queries import open_changes, providers
from .services import providers as services
from .services import saml, upstream
from .types import MANAGE_UPSTREAMS


class ProviderValues(Schema):
    protocol: Literal["oidc", "saml"]
    name: str = Field(..., min_length=2, max_length=100)
    issuer: str = Field(..., min_length=1, max_length=300, description="SAML: the entity id")
    client_id: str = Field("", max_length=200)
    scopes: str = Field("openid profile person", max_length=200)
    sso_url: str = Field("", max_length=300, description="SAML: address for questions")
    certificates: str = Field("", max_length=20_000, description="SAML: PEM")
    name_claim: str = Field("name", max_length=60)
    document_type_claim: str = Field("document_type", max_length=60)
    document_number_claim: str = Field("document_number", max_length=60)
    levels: dict[str, int] = Field(
        default_factory=dict, description="acr or authentication context -> level 1 to 4"
    )
    default_level: int = Field(1, ge=1, le=4)
    link_level: int = Field(2, ge=2, le=4)
    is_test: bool = False


class ProviderChangeIn(ProviderValues):
    code: str = Field(..., max_length=32, pattern="^[a-z0-9-]+$")
    secret: str = Field("", max_length=300, description="Empty: the present one stays")


class UpstreamProviderOut(ProviderValues):
    code: str
    active: bool
    return_url: str = Field(description="To be registered with the provider")
    entity_id: str = Field(description="What we are called there (SAML)")


class UpstreamProvidersOut(Schema):
    items: list[UpstreamProviderOut]


class PresentValues(ProviderValues):
    active: bool = Field(description="Enabling a change switches the provider on")


class ProviderChangeOut(Schema):
    id: UUID
    code: str
    values: ProviderValues
    present: PresentValues | None = Field(description="What is in force today; none: a new one")
    has_new_secret: bool
    state: Literal["open", "enabled", "declined"]
    proposed_by: str
    created_at: datetime


class ProviderChangesOut(Schema):
    items: list[ProviderChangeOut]


class ProbeOut(Schema):
    what: str
    held: bool
    detail: str


class ProbesOut(Schema):
    items: list[ProbeOut]


@router.get(
    "/upstream-providers", response=UpstreamProvidersOut, summary="Whose sign-in is accepted"
)
@permitted(MANAGE_UPSTREAMS)
def list_providers(request: HttpRequest) -> dict[str, Any]:
    """Secrets are never shown."""
    return {"items": [_provider(row) for row in providers()]}


@router.get(
    "/upstream-providers/changes",
    response=ProviderChangesOut,
    summary="Changes of providers that wait for a second person",
)
@permitted(MANAGE_UPSTREAMS)
def list_changes(request: HttpRequest) -> dict[str, Any]:
    return {"items": [_change(row) for row in open_changes()]}


@router.post(
    "/upstream-providers/changes",
    response={201: ProviderChangeOut},
    summary="Propose to add or change a provider",
)
@permitted(MANAGE_UPSTREAMS)
@idempotent
def propose(request: HttpRequest, body: ProviderChangeIn) -> Status[Any]:
    """Nothing counts until another administrator enables it."""
    row = services.propose_provider(
        actor=actor_of(request),
        code=body.code,
        values=body.model_dump(exclude={"code", "secret"}),
        secret=body.secret,
        at=clock.now(),
    )
    return Status(201, _change(row))


@router.post(
    "/upstream-providers/changes/{change_id}/enabling",
    response=UpstreamProviderOut,
    summary="Put a change in force",
)
@permitted(MANAGE_UPSTREAMS)
def enable(request: HttpRequest, change_id: UUID) -> dict[str, Any]:
    row = services.enable_change(actor=actor_of(request), change_id=change_id, at=clock.now())
    return _provider(row)


@router.post(
    "/upstream-providers/changes/{change_id}/refusal",
    response={204: None},
    summary="Drop a change",
)
@permitted(MANAGE_UPSTREAMS)
def decline(request: HttpRequest, change_id: UUID) -> Status[None]:
    services.decline_change(actor=actor_of(request), change_id=change_id, at=clock.now())
    return Status(204, None)


@router.post(
    "/upstream-providers/{code}/end", response={204: None}, summary="Switch a provider off"
)
@permitted(MANAGE_UPSTREAMS)
def disable(request: HttpRequest, code: str) -> Status[None]:
    services.disable_provider(actor=actor_of(request), code=code, at=clock.now())
    return Status(204, None)


@router.post("/upstream-providers/{code}/test", response=ProbesOut, summary="Look at a provider")
@permitted(MANAGE_UPSTREAMS)
def probe(request: HttpRequest, code: str) -> dict[str, Any]:
    """Its description, keys and certificates; nobody is signed in."""
    found = services.probe_provider(actor=actor_of(request), code=code, at=clock.now())
    return {"items": [{"what": row.what, "held": row.held, "detail": row.detail} for row in found]}


def _provider(row: UpstreamProvider) -> dict[str, Any]:
    is_saml = row.protocol == UpstreamProvider.Protocol.SAML
    address = saml.acs_address(row.code) if is_saml else upstream.callback_address(row.code)
    return {
        **{name: getattr(row, name) for name in services.FIELDS},
        "code": row.code,
        "active": row.active,
        "return_url": address,
        "entity_id": saml.entity_id(row.code) if is_saml else "",
    }


def _change(row: UpstreamChange) -> dict[str, Any]:
    return {
        "id": row.pk,
        "code": row.code,
        "values": row.values,
        "present": UpstreamProvider.objects.filter(code=row.code).first(),
        "has_new_secret": bool(row.secret_sealed),
        "state": row.state,
        "proposed_by": row.proposed_by.name,
        "created_at": row.created_at,
    }
