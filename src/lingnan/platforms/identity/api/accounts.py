"""Identity over HTTP: sessions, oneself, persons and firms, mandates, tokens."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden, NotFound, SignInRequired
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import (
    actor_of,
    open_to_all,
    permitted,
    person_only,
    signed_in,
    why_signed_out,
)

from .. import queries, services
from ..asking import identification_of, program_of
from ..errors import SecondFactorSet
from ..models import FirmClaim
from ..schemas import (
    AccountIn,
    AccountOut,
    ActingAsIn,
    ChoiceOut,
    CodeIn,
    ContactIn,
    LegalRepresentativeIn,
    MandateIn,
    MandateOut,
    MandatesOut,
    MeOut,
    OrganisationIn,
    OrganisationOut,
    OrganisationsOut,
    PasswordIn,
    PersonIn,
    PersonLookupIn,
    PersonLookupOut,
    PersonOut,
    RecoveryCodesOut,
    SecondFactorOut,
    SessionIn,
    SessionOut,
    TokenIn,
    TokenMadeOut,
    TokensOut,
)
from ..services.second_factor import provisioning_uri
from ..types import (
    FIND_PERSONS,
    REGISTER_PERSONS,
    MandateCard,
    OrganisationCard,
    PersonCard,
)
from .router import in_session, router


@router.post("/sessions", response={201: SessionOut}, summary="Sign in")
@open_to_all
def open_session(request: HttpRequest, body: SessionIn) -> Status[Any]:
    opened = services.sign_in(
        username=body.username,
        password=body.password,
        code=body.totp,
        as_officer=body.as_officer,
        wait=body.wait_for_second_step,
        channel="api",
        device=program_of(request),
        address=client_address(request),
        at=clock.now(),
    )
    return Status(201, opened)


@router.delete("/sessions", response={204: None}, summary="Sign out")
@signed_in
def close_session(request: HttpRequest) -> Status[None]:
    actor = in_session(request)
    if actor.session_id is None:
        raise NotFound
    services.end_session(actor=actor, session_id=actor.session_id, at=clock.now())
    return Status(204, None)


@router.post("/accounts", response={201: AccountOut}, summary="Register as a resident")
@open_to_all
def open_account(request: HttpRequest, body: AccountIn) -> Status[Any]:
    account = services.sign_up(**body.model_dump(), address=client_address(request), at=clock.now())
    made = {
        "account_id": account.pk,
        "username": account.username,
        "person_id": account.person_id,
    }
    return Status(201, made)


@router.get("/me", response=MeOut, summary="Who I am, and for whom I act")
@signed_in
def show_me(request: HttpRequest) -> dict[str, Any]:
    return _me(request, actor_of(request))


@router.post("/me/acting-as", response=ChoiceOut, summary="Act in another of my identities")
@open_to_all
def switch_identity(request: HttpRequest, body: ActingAsIn) -> dict[str, Any]:
    """Also for a session whose identity has ended, which may do nothing else."""
    found = identification_of(request)
    if found is None or found.stage not in {"open", "ended"}:
        raise why_signed_out(request)
    if found.via != "session":
        raise Forbidden(needs="session")
    choice = services.act_as(actor=found.actor, kind=body.kind, choice_id=body.id, at=clock.now())
    return {
        "kind": choice.kind,
        "id": choice.id,
        "name": choice.name,
        "detail": choice.detail,
        "until": choice.until,
        "is_current": True,
    }


@router.put("/me/contact", response={204: None}, summary="Change how I am reached")
@person_only
def change_contact(request: HttpRequest, body: ContactIn) -> Status[None]:
    services.update_contact(actor=in_session(request), **body.model_dump(), at=clock.now())
    return Status(204, None)


@router.put("/me/password", response={204: None}, summary="Change my password")
@open_to_all
def change_password(request: HttpRequest, body: PasswordIn) -> Status[None]:
    """Also for a session that waits for the first password to be changed."""
    found = identification_of(request)
    if found is None or found.via != "session" or found.stage not in {"open", "password"}:
        raise SignInRequired
    services.change_password(
        actor=found.actor,
        account_id=found.account_id,
        present=body.present,
        new=body.new,
        keep=found.credential_id,
        at=clock.now(),
    )
    return Status(204, None)


@router.post("/me/second-factor", response=SecondFactorOut, summary="Set up a second factor")
@signed_in
def start_second_factor(request: HttpRequest) -> dict[str, str]:
    actor = in_session(request)
    account_id = _account(actor)
    card = queries.account_card(account_id)
    if card.has_second_factor:
        raise SecondFactorSet
    secret = services.start_second_factor(account_id=account_id, session_id=actor.session_id)
    return {"secret": secret, "uri": provisioning_uri(secret, card.username)}


@router.post(
    "/me/second-factor/confirmation",
    response=RecoveryCodesOut,
    summary="Confirm the second factor with its first code",
)
@signed_in
def confirm_second_factor(request: HttpRequest, body: CodeIn) -> dict[str, Any]:
    actor = in_session(request)
    codes = services.confirm_second_factor(
        actor=actor,
        account_id=_account(actor),
        code=body.code,
        session_id=actor.session_id,
        at=clock.now(),
    )
    return {"recovery_codes": codes}


@router.get("/me/tokens", response=TokensOut, summary="My API tokens")
@signed_in
def list_tokens(request: HttpRequest) -> dict[str, Any]:
    rows = queries.live_tokens(_account(in_session(request)), at=clock.now())
    items = [
        {
            "id": row.pk,
            "name": row.name,
            "hint": row.hint,
            "scopes": row.scopes,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "last_seen_at": row.last_seen_at,
        }
        for row in rows
    ]
    return {"items": items}


@router.post("/me/tokens", response={201: TokenMadeOut}, summary="Make an API token")
@signed_in
def make_token(request: HttpRequest, body: TokenIn) -> Status[Any]:
    made = services.make_api_token(actor=in_session(request), **body.model_dump(), at=clock.now())
    return Status(201, {"id": made.token_id, "token": made.token})


@router.delete("/me/tokens/{token_id}", response={204: None}, summary="Revoke an API token")
@signed_in
def revoke_token(request: HttpRequest, token_id: UUID) -> Status[None]:
    services.revoke_api_token(actor=in_session(request), token_id=token_id, at=clock.now())
    return Status(204, None)


@router.post("/persons", response={201: PersonOut}, summary="Register a person at the window")
@permitted(REGISTER_PERSONS)
@idempotent
def register_person(request: HttpRequest, body: PersonIn) -> Status[Any]:
    person = services.register_person(actor=actor_of(request), **body.model_dump(), at=clock.now())
    return Status(201, _person(queries.person(person.pk)))


@router.post(
    "/persons/lookup", response=PersonLookupOut, summary="Find a person by a document's number"
)
@permitted(FIND_PERSONS)
def look_up_person(request: HttpRequest, body: PersonLookupIn) -> dict[str, Any]:
    """Exact number only; the purpose and the look-up go on record, also when nothing is found."""
    card = services.find_person_for(actor=actor_of(request), **body.model_dump(), at=clock.now())
    return {"found": card is not None, "person": _person(card) if card else None}


@router.get("/organisations", response=OrganisationsOut, summary="The organisations I lead")
@person_only
def list_organisations(request: HttpRequest) -> dict[str, Any]:
    person_id = actor_of(request).person_id
    assert person_id is not None, "a person is someone"
    led = queries.organisations_led_by(person_id)
    levels = queries.levels_of_organisations([card.id for card in led], at=clock.now())
    return {"items": [_organisation(card, levels.get(card.id, 0)) for card in led]}


@router.post("/organisations", response={201: OrganisationOut}, summary="Register an organisation")
@signed_in
@idempotent
def register_organisation(request: HttpRequest, body: OrganisationIn) -> Status[Any]:
    """A person names a firm he leads, and has to prove it; a clerk registers one for whoever
    stands before him. Of a firm that is known one learns nothing but the id to prove it by.
    """
    actor = actor_of(request)
    values = body.model_dump()
    leader = values.pop("legal_representative_id")
    if actor.is_person:
        values.pop("established_on", None)
        firm_id = services.claim_organisation(actor=actor, **values, at=clock.now())
        claim = services.claim_of(actor=actor, organisation_id=firm_id)
        return Status(201, _claim(claim))
    actor.check(REGISTER_PERSONS)
    if leader is None:
        raise NotFound
    firm = services.register_organisation(
        actor=actor, legal_representative_id=leader, **values, at=clock.now()
    )
    return Status(201, _organisation(queries.organisation(firm.pk)))


@router.put(
    "/organisations/{organisation_id}/legal-representative",
    response=OrganisationOut,
    summary="Another person leads the organisation",
)
@permitted(REGISTER_PERSONS)
@idempotent
def change_legal_representative(
    request: HttpRequest, organisation_id: UUID, body: LegalRepresentativeIn
) -> dict[str, Any]:
    """As the register says; whoever led it before no longer acts for it, in no session or token."""
    firm = services.change_legal_representative(
        actor=actor_of(request),
        organisation_id=organisation_id,
        **body.model_dump(),
        at=clock.now(),
    )
    return _organisation(queries.organisation(firm.pk))


@router.get("/mandates", response=MandatesOut, summary="Mandates I gave or hold")
@person_only
def list_mandates(request: HttpRequest) -> dict[str, Any]:
    person_id = actor_of(request).person_id
    assert person_id is not None, "a person is someone"
    return {"items": [mandate_out(card) for card in queries.mandates_of(person_id)]}


@router.post("/mandates", response={201: MandateOut}, summary="Give a mandate")
@person_only
@idempotent
def give_mandate(request: HttpRequest, body: MandateIn) -> Status[Any]:
    mandate = services.give_mandate(actor=in_session(request), **body.model_dump(), at=clock.now())
    return Status(201, mandate_out(queries.mandate(mandate.pk)))


@router.post("/mandates/{mandate_id}/acceptance", response=MandateOut, summary="Accept a mandate")
@person_only
def accept_mandate(request: HttpRequest, mandate_id: UUID) -> dict[str, Any]:
    services.accept_mandate(actor=in_session(request), mandate_id=mandate_id, at=clock.now())
    return mandate_out(queries.mandate(mandate_id))


@router.post("/mandates/{mandate_id}/refusal", response=MandateOut, summary="Decline a mandate")
@person_only
def decline_mandate(request: HttpRequest, mandate_id: UUID) -> dict[str, Any]:
    services.decline_mandate(actor=actor_of(request), mandate_id=mandate_id, at=clock.now())
    return mandate_out(queries.mandate(mandate_id))


@router.post("/mandates/{mandate_id}/revocation", response=MandateOut, summary="End a mandate")
@person_only
def revoke_mandate(request: HttpRequest, mandate_id: UUID) -> dict[str, Any]:
    services.revoke_mandate(actor=actor_of(request), mandate_id=mandate_id, at=clock.now())
    return mandate_out(queries.mandate(mandate_id))


def _account(actor: Actor) -> UUID:
    assert actor.account_id is not None, "someone signed in has an account"
    return actor.account_id


def _me(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    found = identification_of(request)
    choices = found.choices if found else ()
    current = found.current if found else ""
    principal = actor.principal
    return {
        "kind": actor.kind,
        "name": actor.name,
        "account_id": actor.account_id,
        "person_id": actor.person_id,
        "officer_id": actor.officer_id,
        "agency_id": actor.agency_id,
        "principal": principal
        and {"kind": principal.kind, "id": principal.id, "name": principal.name},
        "mandate_id": actor.mandate_id,
        "assurance_level": actor.assurance_level,
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
        "grants": [
            {
                "role": grant.role,
                "permissions": sorted(grant.permissions),
                "agency_id": grant.agency_id,
                "region_path": grant.region_path,
            }
            for grant in actor.grants
        ],
        "choices": [
            {
                "kind": choice.kind,
                "id": choice.id,
                "name": choice.name,
                "detail": choice.detail,
                "until": choice.until,
                "is_current": choice.key == current,
            }
            for choice in choices
        ],
    }


def _person(card: PersonCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "name": card.name,
        "document_type": card.document_type,
        "document_number": card.masked_document_number,
        "phone": card.masked_phone,
        "born_on": card.born_on,
        "region_code": card.region_code,
        "has_account": card.account_id is not None,
    }


def _organisation(card: OrganisationCard, level: int | None = None) -> dict[str, Any]:
    if level is None:
        level = queries.level_of_organisation(card.id, at=clock.now())
    return {
        "id": card.id,
        "name": card.name,
        "registration_type": card.registration_type,
        "registration_number": card.registration_number,
        "registration_place": card.registration_place,
        "legal_representative_name": card.legal_representative_name,
        "source": card.source,
        "established_on": card.established_on,
        "level": level,
    }


def _claim(claim: FirmClaim) -> dict[str, Any]:
    firm = claim.organisation
    leads = firm.legal_representative_id == claim.person_id
    return {
        "id": firm.pk,
        "name": claim.named_as,
        "registration_type": firm.registration_type,
        "registration_number": firm.registration_number,
        "registration_place": firm.registration_place,
        "legal_representative_name": firm.legal_representative.name if leads else "",
        "source": firm.source if leads else "declared",
        "established_on": firm.established_on if leads else None,
        "level": queries.level_of_organisation(firm.pk, at=clock.now()) if leads else 0,
    }


def mandate_out(card: MandateCard) -> dict[str, Any]:
    """A mandate in the form of the API."""
    return {
        "id": card.id,
        "grantor_kind": card.grantor_kind,
        "grantor_id": card.grantor_id,
        "grantor_name": card.grantor_name,
        "agent_id": card.agent_id,
        "agent_name": card.agent_name,
        "relation": card.relation,
        "kinship": card.kinship,
        "ground": card.ground,
        "all_matters": card.all_matters,
        "item_codes": list(card.item_codes),
        "valid_from": card.valid_from,
        "valid_until": card.valid_until,
        "state": card.state,
    }
