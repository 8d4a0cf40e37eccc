"""Put a licence into a wallet: bound to the wallet's key, with a place on a status list.

What a wallet may fetch is decided here, from whom its token speaks for; the key is the wallet's, as
its proof of possession shows. Source: OpenID4VCI 1.0, 8, appendix F.1.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock, locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.platforms.identity import services as identity
from lingnan.security.audit import services as audit

from .. import queries
from ..access import access_own_licence
from ..errors import LicenceUnknown
from ..models import Credential, CredentialOffer, Licence, LicenceUse
from ..types import LicenceCard, Status, UseKind
from .claims import selective, vct_of
from .errors import CredentialEnded, CredentialUnknown
from .jose import public_key, read_header, thumbprint, verified_claims
from .keys import issuer, issuer_certificate, issuer_header
from .nonces import spend_nonce
from .offers import end_token, index, offer_of_token
from .sdjwt import make_sd_jwt
from .status import list_address, take_place
from .types import ALGORITHM, CREDENTIAL_TERM, FORMAT, PROOF_AGE, SCOPE, ProtocolError

PROOF_TYPE = "openid4vci-proof+jwt"
_EVENTS = {
    "credential_accepted": "",
    "credential_failure": Credential.End.REFUSED,
    "credential_deleted": Credential.End.DELETED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bearer:
    """Whom an access token speaks for: one licence by an offer, or a person's by his consent."""

    offer: CredentialOffer | None
    actor: Actor
    program: str = ""
    program_name: str = ""
    account_id: UUID | None = None


@transaction.atomic
def issue_credential(
    *, token: str, request: Mapping[str, Any], address: str, at: datetime
) -> dict[str, Any]:
    """The credential endpoint's answer; a line in the holder's log.

    Fetched again under one offer, the credential before it ends. Raises: ProtocolError.
    """
    bearer = _bearer(token, address=address, at=at)
    type_code = request.get("credential_configuration_id")
    if "credential_identifier" in request:
        raise ProtocolError("unknown_credential_identifier")
    if not isinstance(type_code, str):
        raise ProtocolError("invalid_credential_request", "credential_configuration_id is missing")
    if "credential_response_encryption" in request:
        raise ProtocolError("invalid_encryption_parameters", "answers are not encrypted here")
    licence = _licence(bearer, type_code, at=at)
    jwk = _proven_key(request, program=bearer.program, at=at)
    return _issue(licence, bearer, jwk, at=at)


def _bearer(token: str, *, address: str, at: datetime) -> _Bearer:
    offer = offer_of_token(token, at=at) if token else None
    if offer is not None:
        return _Bearer(offer=offer, actor=system_actor("licences.wallets"))
    found = identity.identify(token=token, at=at, address=address) if token else None
    if found is None or found.via != "oauth" or found.stage != "open":
        raise ProtocolError("invalid_token", status=401)
    if found.actor.scopes is None or SCOPE not in found.actor.scopes:
        raise ProtocolError("insufficient_scope", status=403)
    # Whoever takes a credential back holds this lock while he ends the token: asked again under it.
    locks.hold("licences.credential_program", f"{found.account_id}:{found.program}")
    if identity.identify(token=token, at=at, address=address) is None:
        raise ProtocolError("invalid_token", status=401)
    return _Bearer(
        offer=None,
        actor=found.actor,
        program=found.program,
        program_name=found.program_name,
        account_id=found.account_id,
    )


def _licence(bearer: _Bearer, type_code: str, *, at: datetime) -> Licence:
    """The one that was offered, or the newest valid one of the type that the person holds."""
    on = clock.local_date(at)
    if bearer.offer is not None:
        if bearer.offer.licence.type_code != type_code:
            raise ProtocolError("unknown_credential_configuration", "another one was offered")
        found: Licence | None = bearer.offer.licence
    else:
        page = queries.page_of_own(bearer.actor, type_code=type_code, limit=50)
        valid = [row for row in page.items if row.seal and row.status_on(on) is Status.VALID]
        found = valid[0] if valid else None
    if found is None or found.status_on(on) is not Status.VALID:
        raise ProtocolError("credential_request_denied", "there is no valid licence of this type")
    return found


def _proven_key(request: Mapping[str, Any], *, program: str, at: datetime) -> dict[str, Any]:
    """The wallet's public key, after its proof: made for us, now, with a nonce of ours, by it."""
    proofs = request.get("proofs")
    jwts = proofs.get("jwt") if isinstance(proofs, dict) else None
    if not isinstance(jwts, list) or len(jwts) != 1 or not isinstance(jwts[0], str):
        raise ProtocolError("invalid_proof", "exactly one proof of the type jwt is needed")
    header = read_header(jwts[0])
    if header is None or header.get("typ") != PROOF_TYPE or header.get("alg") != ALGORITHM:
        raise ProtocolError("invalid_proof", "the header of the proof is not as it must be")
    key = public_key(header.get("jwk"))
    if key is None or {"kid", "x5c", "trust_chain", "crit"} & set(header):
        raise ProtocolError("invalid_proof", "the proof names its key as a public jwk on P-256")
    claims = verified_claims(jwts[0], key)
    if claims is None:
        raise ProtocolError("invalid_proof", "the proof was not signed by the key it names")
    if claims.get("aud") not in (issuer(), [issuer()]):
        raise ProtocolError("invalid_proof", "the proof was made for someone else")
    if "iss" in claims and program and claims["iss"] != program:
        raise ProtocolError("invalid_proof", "the proof was made by another program")
    issued_at = claims.get("iat")
    if not isinstance(issued_at, int) or abs(at.timestamp() - issued_at) > (
        PROOF_AGE.total_seconds()
    ):
        raise ProtocolError("invalid_proof", "the proof is not of now")
    if not spend_nonce(claims.get("nonce"), at=at):
        raise ProtocolError("invalid_nonce", "the nonce is unknown, used or too old")
    return {name: header["jwk"][name] for name in ("kty", "crv", "x", "y")}


def _issue(
    licence: Licence, bearer: _Bearer, jwk: Mapping[str, Any], *, at: datetime
) -> dict[str, Any]:
    if bearer.offer is not None:
        Credential.objects.filter(offer=bearer.offer, ended_at=None).update(
            ended_at=at, ended_because=Credential.End.REPLACED
        )
    card = queries.card(licence, on=clock.local_date(at))
    status_list, place = take_place()
    notification = secrets.token_urlsafe(24)
    row = Credential.objects.create(
        licence=licence,
        offer=bearer.offer,
        status_list=status_list,
        place=place,
        key_thumbprint=thumbprint(jwk),
        wallet=bearer.program_name,
        program=bearer.program,
        account_id=bearer.account_id,
        notification_index=index(notification),
        issued_at=at,
        expires_at=_ends(card, at=at),
    )
    LicenceUse.objects.create(
        licence=licence,
        kind=UseKind.CREDENTIAL,
        used_by=(bearer.program_name or card.holder_name)[:200],
        purpose=bearer.program_name,
        used_at=at,
    )
    audit.record(
        actor=bearer.actor,
        act="licences.credential_issued",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={"credential_id": row.pk, "program": bearer.program_name},
        at=at,
    )
    credential = _signed(card, row, jwk, at=at)
    return {"credentials": [{"credential": credential}], "notification_id": notification}


def _ends(card: LicenceCard, *, at: datetime) -> datetime:
    latest = at + CREDENTIAL_TERM
    if card.valid_until is None:
        return latest
    end = datetime.combine(card.valid_until + timedelta(days=1), time.min, tzinfo=clock.SHANGHAI)
    return min(latest, end.astimezone(UTC))


def _signed(card: LicenceCard, row: Credential, jwk: Mapping[str, Any], *, at: datetime) -> str:
    certificate = issuer_certificate(at=at)
    claims = {
        "iss": issuer(),
        "vct": vct_of(card.type_code),
        "iat": int(at.timestamp()),
        "exp": int(row.expires_at.timestamp()),
        "cnf": {"jwk": dict(jwk)},
        "status": {"status_list": {"idx": row.place, "uri": list_address(row.status_list_id)}},
        "issuing_authority": card.agency_name,
        "issuing_country": "CN",
        **selective(card),
    }
    header = issuer_header(FORMAT, certificate=certificate)
    return make_sd_jwt(claims, header, key_id=certificate.key_id)


@transaction.atomic
def note_notification(
    *, token: str, request: Mapping[str, Any], address: str, at: datetime
) -> None:
    """A wallet tells what became of a credential; one it did not keep ends. Repeatable.

    Raises: ProtocolError. Source: OpenID4VCI 1.0, 11.
    """
    bearer = _bearer(token, address=address, at=at)
    event, notification = request.get("event"), request.get("notification_id")
    if not isinstance(notification, str) or event not in _EVENTS:
        raise ProtocolError("invalid_notification_request")
    rows = Credential.objects.select_for_update(of=("self",)).select_related("licence")
    row = rows.filter(notification_index=index(notification)).first()
    if row is None or not _is_theirs(row, bearer):
        raise ProtocolError("invalid_notification_id")
    row.told = str(event)
    row.save(update_fields=["told"])
    if _EVENTS[str(event)] and row.ended_at is None:
        _end(row, _EVENTS[str(event)], at=at)


def _is_theirs(row: Credential, bearer: _Bearer) -> bool:
    if bearer.offer is not None:
        return row.offer_id == bearer.offer.pk
    principal = bearer.actor.principal
    holder = (row.licence.holder_kind, row.licence.holder_id)
    return principal is not None and (principal.kind, principal.id) == holder


def _end(row: Credential, because: str, *, at: datetime) -> None:
    row.ended_at, row.ended_because = at, because
    row.save(update_fields=["ended_at", "ended_because"])


@transaction.atomic
def withdraw_credential(*, actor: Actor, credential_id: UUID, at: datetime) -> Credential:
    """The holder takes a credential back (a telephone is lost): it is invalid from now on.

    What it was fetched with ends too, else the wallet would fetch it again: the token of its offer,
    or, of a wallet one signed in at, what one agreed to: it has to ask anew.

    Raises: CredentialUnknown (404), CredentialEnded (409).
    """
    found = Credential.objects.filter(pk=credential_id).first()
    if found is None:
        raise CredentialUnknown
    try:
        access_own_licence(actor=actor, licence_id=found.licence_id)
    except LicenceUnknown as unknown:  # the same answer as for no such credential
        raise CredentialUnknown from unknown
    if found.offer_id is not None:  # locked first, as whoever fetches does
        end_token(found.offer_id, at=at)
    elif found.program and found.account_id is not None:
        locks.hold("licences.credential_program", f"{found.account_id}:{found.program}")
        identity.withdraw_scope(
            actor=actor,
            account_id=found.account_id,
            client_id=found.program,
            scope=SCOPE,
            at=at,
        )
    row = Credential.objects.select_for_update(of=("self",)).get(pk=credential_id)
    if row.ended_at is not None:
        raise CredentialEnded
    _end(row, Credential.End.WITHDRAWN, at=at)
    audit.record(
        actor=actor,
        act="licences.credential_withdrawn",
        object_kind="licences.licence",
        object_id=row.licence_id,
        facts={"credential_id": row.pk},
        at=at,
    )
    return row
