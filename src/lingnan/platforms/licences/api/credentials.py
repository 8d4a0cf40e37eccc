"""Licences in wallets, and out of them: what the pages do, over the API."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Status
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted, signed_in

from ..access import access_own_licence
from ..credential_schemas import (
    AskedOut,
    CredentialOut,
    OfferOut,
    PresentationIn,
    PresentationOut,
)
from ..credentials import issuing, offers, register, requests, words
from ..types import SCAN
from .router import router


@router.post(
    "/licences/{uuid:licence_id}/credential-offers",
    response={201: OfferOut},
    url_name="licences_offer_credential",
)
@signed_in
def offer_credential(request: HttpRequest, licence_id: UUID) -> Status[OfferOut]:
    """Offer a licence of one's own to a wallet (OpenID4VCI 1.0): good once, for ten minutes.

    Its secrets are shown once and kept nowhere, so an idempotency key does not bring them back.
    """
    made = offers.make_offer(actor=actor_of(request), licence_id=licence_id, at=clock.now())
    return Status(201, OfferOut.of(made))


@router.get(
    "/licences/{uuid:licence_id}/credentials",
    response=list[CredentialOut],
    url_name="licences_credentials",
)
@signed_in
def list_credentials(request: HttpRequest, licence_id: UUID) -> list[CredentialOut]:
    """In which wallets a licence of one's own stands, newest first."""
    licence = access_own_licence(actor=actor_of(request), licence_id=licence_id)
    return [CredentialOut.of(row) for row in register.credentials_of(licence.pk)]


@router.post(
    "/licences/credentials/{uuid:credential_id}/withdraw",
    response=CredentialOut,
    url_name="licences_withdraw_credential",
)
@signed_in
@idempotent
def withdraw_credential(request: HttpRequest, credential_id: UUID) -> CredentialOut:
    """Take a credential back: verifiers read that it is invalid."""
    row = issuing.withdraw_credential(
        actor=actor_of(request), credential_id=credential_id, at=clock.now()
    )
    return CredentialOut.of(row)


@router.post(
    "/licences/presentations", response={201: AskedOut}, url_name="licences_ask_presentation"
)
@permitted(SCAN)
def ask_presentation(request: HttpRequest, payload: PresentationIn) -> Status[AskedOut]:
    """Ask whoever stands before one to show licences out of a wallet (OpenID4VP 1.0).

    The link is shown once and kept nowhere, so an idempotency key does not bring it back.
    """
    made = requests.ask_presentation(
        actor=actor_of(request),
        wanted=[item.wanted() for item in payload.wanted],
        item_code=payload.item_code,
        purpose=payload.purpose,
        mode=payload.mode,
        at=clock.now(),
    )
    return Status(201, AskedOut.of(made))


@router.get(
    "/licences/presentations", response=paged(PresentationOut), url_name="licences_presentations"
)
@permitted(SCAN)
def list_presentations(
    request: HttpRequest, cursor: str | None = None, limit: Annotated[int, Field(ge=1, le=100)] = 20
) -> dict[str, object]:
    """One's own requests, newest first, without what was shown."""
    page = requests.page_of_requests(actor_of(request), cursor=cursor, limit=limit)
    items = [PresentationOut.of(row, []) for row in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


@router.get(
    "/licences/presentations/{uuid:request_id}",
    response=PresentationOut,
    url_name="licences_presentation",
)
@permitted(SCAN)
def get_presentation(request: HttpRequest, request_id: UUID) -> PresentationOut:
    """One's own request: whether a wallet answered, what it showed and what is proven of it."""
    row = requests.access_request(actor=actor_of(request), request_id=request_id)
    return PresentationOut.of(row, words.shown_in_words(row))
