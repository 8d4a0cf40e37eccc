"""Accounts elsewhere over HTTP: at WeChat and Alipay, and at providers of identity."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import open_to_all, signed_in

from .. import queries, services
from ..asking import program_of
from ..models import LinkedAccount, UpstreamLink
from ..schemas import (
    LinkedAccountOut,
    LinkedAccountsOut,
    OutsideIn,
    OutsideSentOut,
    SessionOut,
    UpstreamLinksOut,
)
from .router import in_session, router


@router.get("/me/linked-accounts", response=LinkedAccountsOut, summary="My linked accounts")
@signed_in
def list_linked(request: HttpRequest) -> dict[str, Any]:
    actor = in_session(request)
    assert actor.account_id is not None, "someone signed in has an account"
    return {"items": [_linked(row) for row in queries.linked_accounts(actor.account_id)]}


@router.post(
    "/me/linked-accounts/{provider}/authorisation",
    response={201: OutsideSentOut},
    summary="Begin to link a WeChat or Alipay account",
)
@signed_in
def begin_link(request: HttpRequest, provider: str) -> Status[Any]:
    """Lead the person to `url`; what comes back goes to the next operation. Only shortly after
    signing in."""
    sent = services.begin_link(actor=in_session(request), provider=provider, at=clock.now())
    return Status(201, {"url": sent.url, "state": sent.state})


@router.post(
    "/me/linked-accounts/{provider}/completion",
    response={201: LinkedAccountOut},
    summary="Link the account the provider named",
)
@signed_in
def finish_link(request: HttpRequest, provider: str, body: OutsideIn) -> Status[Any]:
    row = services.finish_link(
        actor=in_session(request), provider=provider, **body.model_dump(), at=clock.now()
    )
    return Status(201, _linked(row))


@router.delete("/me/linked-accounts/{link_id}", response={204: None}, summary="Unlink an account")
@signed_in
def unlink(request: HttpRequest, link_id: UUID) -> Status[None]:
    services.unlink(actor=in_session(request), link_id=link_id, at=clock.now())
    return Status(204, None)


@router.get(
    "/me/upstream-links", response=UpstreamLinksOut, summary="My accounts at identity providers"
)
@signed_in
def list_upstream_links(request: HttpRequest) -> dict[str, Any]:
    """The national, provincial and city accounts that sign me in here."""
    actor = in_session(request)
    assert actor.account_id is not None, "someone signed in has an account"
    return {"items": [_upstream(row) for row in queries.upstream_links(actor.account_id)]}


@router.delete(
    "/me/upstream-links/{link_id}",
    response={204: None},
    summary="Unlink an account at an identity provider",
)
@signed_in
def unlink_upstream(request: HttpRequest, link_id: UUID) -> Status[None]:
    """Whoever came in by such an account elsewhere is signed out. Refused (409) where nothing else
    opens the account; only its owner, signed in, links it again."""
    services.unlink_upstream(actor=in_session(request), link_id=link_id, at=clock.now())
    return Status(204, None)


@router.post(
    "/outside-sessions/{provider}/authorisation",
    response={201: OutsideSentOut},
    summary="Begin to sign in with a WeChat or Alipay account",
)
@open_to_all
def begin_outside_sign_in(request: HttpRequest, provider: str) -> Status[Any]:
    """Keep `state` to yourself until the provider sends it back."""
    sent = services.begin_outside_sign_in(
        provider=provider, address=client_address(request), at=clock.now()
    )
    return Status(201, {"url": sent.url, "state": sent.state})


@router.post(
    "/outside-sessions/{provider}",
    response={201: SessionOut},
    summary="Sign in with the account the provider named",
)
@open_to_all
def finish_outside_sign_in(request: HttpRequest, provider: str, body: OutsideIn) -> Status[Any]:
    """A second factor set here is still asked for: `stage` says so."""
    opened = services.finish_outside_sign_in(
        provider=provider,
        **body.model_dump(),
        channel="api",
        device=program_of(request),
        address=client_address(request),
        at=clock.now(),
    )
    return Status(201, opened)


def _linked(row: LinkedAccount) -> dict[str, Any]:
    return {
        "id": row.pk,
        "provider": row.provider,
        "nickname": row.nickname,
        "is_test": row.is_test,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
    }


def _upstream(row: UpstreamLink) -> dict[str, Any]:
    return {
        "id": row.pk,
        "provider": row.provider.code,
        "name": row.provider.name,
        "is_test": row.provider.is_test,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
    }
