"""Consent: an agency or a firm asks, the holder answers, the fields are read while it lives."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Status
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, signed_in

from .. import queries, services
from ..access import access_consent
from ..schemas import ConsentDataOut, ConsentIn, ConsentOut, GrantIn
from .router import router


@router.get("/licences/consents", response=paged(ConsentOut), url_name="licences_consents")
@signed_in
def list_consents(
    request: HttpRequest,
    side: Literal["asker", "holder"] = "holder",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """Requests one's side received, or made, newest first."""
    page = queries.page_of_consents(
        actor_of(request), asked=side == "asker", cursor=cursor, limit=limit
    )
    return {"items": [ConsentOut.of(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post("/licences/consents", response={201: ConsentOut}, url_name="licences_ask_consent")
@signed_in
@idempotent
def ask_consent(request: HttpRequest, payload: ConsentIn) -> Status[ConsentOut]:
    """Ask a holder, as an agency (permission `licences.ask_consent`) or as a firm.

    The answer is the same whether or not the holder is known here.
    """
    consent = services.ask_consent(
        actor=actor_of(request),
        holder=payload.holder.given(),
        type_code=payload.type_code,
        fields=payload.fields,
        purpose=payload.purpose,
        matter=payload.matter,
        until=payload.until,
        at=clock.now(),
    )
    return Status(201, ConsentOut.of(consent))


@router.get(
    "/licences/consents/{uuid:consent_id}", response=ConsentOut, url_name="licences_consent"
)
@signed_in
def get_consent(request: HttpRequest, consent_id: UUID) -> ConsentOut:
    """One request, for either side."""
    return ConsentOut.of(access_consent(actor=actor_of(request), consent_id=consent_id))


@router.get(
    "/licences/consents/{uuid:consent_id}/data",
    response=ConsentDataOut,
    url_name="licences_consent_data",
)
@signed_in
def read_consent(request: HttpRequest, consent_id: UUID) -> ConsentDataOut:
    """The fields, while the consent lives and the licence is valid; each read is in the log."""
    data = services.read_consent(actor=actor_of(request), consent_id=consent_id, at=clock.now())
    return ConsentDataOut.of(data)


@router.post(
    "/licences/consents/{uuid:consent_id}/grant",
    response=ConsentOut,
    url_name="licences_grant_consent",
)
@signed_in
@idempotent
def grant_consent(request: HttpRequest, consent_id: UUID, payload: GrantIn) -> ConsentOut:
    """The holder agrees: with fewer fields or a shorter term, if he likes."""
    consent = services.grant_consent(
        actor=actor_of(request),
        consent_id=consent_id,
        licence_id=payload.licence_id,
        fields=payload.fields,
        until=payload.until,
        at=clock.now(),
    )
    return ConsentOut.of(consent)


@router.post(
    "/licences/consents/{uuid:consent_id}/{answer}",
    response=ConsentOut,
    url_name="licences_answer_consent",
)
@signed_in
@idempotent
def answer_consent(
    request: HttpRequest, consent_id: UUID, answer: Literal["decline", "withdraw"]
) -> ConsentOut:
    """The holder says no, or takes his consent back."""
    verb = services.decline_consent if answer == "decline" else services.withdraw_consent
    return ConsentOut.of(verb(actor=actor_of(request), consent_id=consent_id, at=clock.now()))
