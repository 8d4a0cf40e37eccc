"""An officer asks to see licences out of a wallet: what, what for, and the signed request.

A request is good once, for minutes. Its address, like its state, is a secret that only the square
code carries. Source: OpenID4VP 1.0, 5, 6 (DCQL), 8; 个人信息保护法 6, 17.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from joserfc.jwk import ECKey

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.matters import queries as matters

from .. import queries
from ..access import check_at_work
from ..errors import LicenceTypeUnknown
from ..models import LicenceType, PresentationRequest
from ..types import SCAN
from .claims import claim_path, claims_of, vct_of
from .errors import CredentialUnknown, PresentationClosed, PresentationMalformed
from .jose import sign_jwt
from .keys import issuer, verifier_certificate, verifier_id
from .types import ALGORITHM, FORMAT, REQUEST_TERM, AskedPresentation, ProtocolError, Wanted

Mode = PresentationRequest.Mode
REQUEST_TYPE = "oauth-authz-req+jwt"
AUDIENCE = "https://self-issued.me/v2"  # OpenID4VP 1.0, 5.8: wallets are not known before
ENCODINGS = ("A128GCM", "A256GCM")
WANTED_MAX = 5
_PURPOSE = "licences.presentation"
BASE_PATHS = ("holder.name", "licence.number", "licence.valid_until")


def index(value: str) -> str:
    """What is kept of a secret of a request."""
    return crypto.blind_index(value, purpose=_PURPOSE)


def wanted_of_item(item_code: str, *, at: datetime) -> tuple[Wanted, ...]:
    """What a matter needs to see: its materials that a licence can stand for, with the fields its
    form takes from them. Raises: NotFound (404) for an unknown matter.
    """
    item = matters.published_item(item_code)
    prefilled: dict[str, list[str]] = {}
    for field in dict(item.form_schema.get("properties", {})).values():
        place = str(field.get("x-prefill", "")).split(".")
        if len(place) == 3 and place[0] == "licences":
            prefilled.setdefault(place[1], []).append(f"fields.{place[2]}")
    found: dict[str, Wanted] = {}
    for material in item.materials:
        code = material.licence_type_code
        if not code or code in found:
            continue
        try:
            kind = queries.type_in_force(code, on=clock.local_date(at))
        except LicenceTypeUnknown:
            continue  # named by the list, not defined here yet
        known = claims_of(kind)
        paths = [path for path in (*BASE_PATHS, *prefilled.get(kind.key, ())) if path in known]
        found[code] = Wanted(
            type_code=code,
            paths=tuple(dict.fromkeys(paths)),
            required=material.required and not material.condition,
        )
    return tuple(found.values())[:WANTED_MAX]


@transaction.atomic
def ask_presentation(
    *,
    actor: Actor,
    wanted: Sequence[Wanted] = (),
    item_code: str = "",
    purpose: str,
    mode: str = Mode.ENCRYPTED.value,
    at: datetime,
) -> AskedPresentation:
    """Ask for licences of certain types, or for what a matter needs.

    Raises: Forbidden (403), NotFound, LicenceTypeUnknown (404), PresentationMalformed (422).
    """
    check_at_work(actor, SCAN)
    assert actor.agency_id is not None, "who works somewhere has an agency"
    chosen = tuple(wanted) or (wanted_of_item(item_code, at=at) if item_code else ())
    _check(chosen, purpose, mode, at=at)
    certificate = verifier_certificate(at=at)
    address = secrets.token_urlsafe(32)
    row = PresentationRequest(
        agency_id=actor.agency_id,
        asked_by=queries.name_at_work(actor)[:200],
        asked_by_account=actor.account_id,
        purpose=purpose.strip()[:300],
        item_code=item_code,
        wanted=[
            {"type_code": item.type_code, "paths": list(item.paths), "required": item.required}
            for item in chosen
        ],
        mode=mode,
        address_index=index(address),
        state_index=index(state_of(address)),
        nonce=secrets.token_urlsafe(24),
        client_id=verifier_id(certificate.der),
        asked_at=at,
        expires_at=at + REQUEST_TERM,
    )
    if mode == Mode.ENCRYPTED:
        pem = ECKey.generate_key("P-256").as_pem(private=True)
        row.decryption_sealed = crypto.encrypt(pem, purpose=_PURPOSE)
    row.save(force_insert=True)
    audit.record(
        actor=actor,
        act="licences.presentation_asked",
        object_kind="licences.presentation",
        object_id=row.pk,
        facts={"purpose": row.purpose, "types": [item.type_code for item in chosen]},
        at=at,
    )
    reference = quote(f"{issuer()}/openid4vp/requests/{address}", safe="")
    link = f"openid4vp://?client_id={quote(row.client_id, safe='')}&request_uri={reference}"
    return AskedPresentation(request_id=row.pk, link=link, expires_at=row.expires_at)


def state_of(address: str) -> str:
    """The state of the request at an address."""
    return crypto.blind_index(address, purpose=f"{_PURPOSE}.state")


def _check(wanted: Sequence[Wanted], purpose: str, mode: str, *, at: datetime) -> None:
    """Raises: LicenceTypeUnknown (404), PresentationMalformed (422)."""
    problems = []
    if len(purpose.strip()) < 2:
        problems.append(FieldProblem("purpose", "required", _("Say what for.")))
    if mode not in Mode.values:
        problems.append(FieldProblem("mode", "choice", _("Choose direct_post or direct_post.jwt.")))
    if not 1 <= len(wanted) <= WANTED_MAX:
        text = _("Name one to %(limit)s types of licence, or a matter that takes licences.")
        problems.append(FieldProblem("wanted", "count", text % {"limit": WANTED_MAX}))
    for item in wanted:
        known = claims_of(queries.type_in_force(item.type_code, on=clock.local_date(at)))
        unknown = [path for path in item.paths if path not in known]
        if not item.paths:
            problems.append(FieldProblem("wanted", "required", _("Name the fields.")))
        problems += [
            FieldProblem(
                "wanted", "unknown", _("This type has no field %(name)s.") % {"name": path}
            )
            for path in unknown
        ]
    if problems:
        raise PresentationMalformed(fields=problems)


def request_object(address: str, *, wallet_nonce: str = "", at: datetime) -> str:
    """The signed request that stands at an address. Raises: PresentationClosed (410)."""
    rows = PresentationRequest.objects.filter(address_index=index(address))
    row = rows.first()
    if row is None or not row.is_open(at):
        raise PresentationClosed
    certificate = verifier_certificate(at=at)
    metadata: dict[str, Any] = {
        "client_name": row.asked_by,
        "vp_formats_supported": {
            FORMAT: {"sd-jwt_alg_values": [ALGORITHM], "kb-jwt_alg_values": [ALGORITHM]}
        },
    }
    if row.mode == Mode.ENCRYPTED:
        public = decryption_key(row).as_dict(private=False)
        jwk = {**public, "use": "enc", "alg": "ECDH-ES", "kid": str(row.pk)}
        metadata |= {
            "jwks": {"keys": [jwk]},
            "encrypted_response_enc_values_supported": list(ENCODINGS),
        }
    claims: dict[str, Any] = {
        "iss": row.client_id,
        "aud": AUDIENCE,
        "iat": int(at.timestamp()),
        "exp": int(row.expires_at.timestamp()),
        "client_id": row.client_id,
        "response_type": "vp_token",
        "response_mode": row.mode,
        "response_uri": f"{issuer()}/openid4vp/responses",
        "nonce": row.nonce,
        "state": state_of(address),
        "dcql_query": dcql_of(row),
        "client_metadata": metadata,
    }
    if wallet_nonce:
        claims["wallet_nonce"] = wallet_nonce
    header = {"typ": REQUEST_TYPE, "x5c": [_base64(certificate.der)]}
    return sign_jwt(header, claims, key_id=certificate.key_id)


def _base64(der: bytes) -> str:
    return base64.b64encode(der).decode()


def dcql_of(row: PresentationRequest) -> dict[str, Any]:
    """The query in the words of DCQL; a licence that may be missing is a set of its own."""
    credentials = [
        {
            "id": f"licence{number}",
            "format": FORMAT,
            "meta": {"vct_values": [vct_of(item["type_code"])]},
            "claims": [{"path": claim_path(path)} for path in item["paths"]],
        }
        for number, item in enumerate(row.wanted)
    ]
    query: dict[str, Any] = {"credentials": credentials}
    if not all(item["required"] for item in row.wanted):
        query["credential_sets"] = [
            {"options": [[f"licence{number}"]], "required": item["required"]}
            for number, item in enumerate(row.wanted)
        ]
    return query


def decryption_key(row: PresentationRequest) -> ECKey:
    """The key an answer to this request is encrypted to."""
    pem = crypto.decrypt(row.decryption_sealed, purpose=_PURPOSE)
    return ECKey.import_key(pem)


def seal_answer(shown: Sequence[dict[str, Any]]) -> str:
    """What was shown, for the table."""
    return crypto.encrypt(json.dumps(shown, ensure_ascii=False).encode(), purpose=_PURPOSE)


def open_answer(row: PresentationRequest) -> list[dict[str, Any]]:
    """What was shown; nothing once it was blanked."""
    if not row.answer_sealed:
        return []
    found: list[dict[str, Any]] = json.loads(crypto.decrypt(row.answer_sealed, purpose=_PURPOSE))
    return found


def access_request(*, actor: Actor, request_id: UUID) -> PresentationRequest:
    """A request of the officer's own: what it showed is for whoever asked, no colleague.

    Raises: CredentialUnknown (404).
    """
    found = _own(actor).filter(pk=request_id).first()
    if found is None:
        raise CredentialUnknown
    return found


def _own(actor: Actor) -> QuerySet[PresentationRequest]:
    if actor.agency_id is None or actor.account_id is None or not actor.can(SCAN):
        return PresentationRequest.objects.none()
    return PresentationRequest.objects.filter(
        agency_id=actor.agency_id, asked_by_account=actor.account_id
    )


def page_of_requests(
    actor: Actor, *, cursor: str | None = None, limit: int = 20
) -> Page[PresentationRequest]:
    """The officer's own requests, newest first. One query."""
    return keyset_page(_own(actor), order=("-asked_at", "-id"), cursor=cursor, limit=limit)


def titles_of(row: PresentationRequest) -> list[tuple[LicenceType, list[Any]]]:
    """The types asked for and the words of their fields, for the page."""
    on = clock.local_date(row.asked_at)
    found = []
    for item in row.wanted:
        kind = queries.type_as_known(item["type_code"], on=on)
        known = claims_of(kind)
        found.append((kind, [known[path] for path in item["paths"] if path in known]))
    return found


def row_of_state(state: str, *, at: datetime) -> PresentationRequest:
    """The open request a wallet answers, locked. Raises: ProtocolError."""
    rows = PresentationRequest.objects.select_for_update(of=("self",))
    row = rows.filter(state_index=index(state)).first() if state else None
    if row is None or not row.is_open(at):
        raise ProtocolError("invalid_request", "the request is unknown, answered or over")
    return row
