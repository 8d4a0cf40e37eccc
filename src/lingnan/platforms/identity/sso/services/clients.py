"""Programs are registered by owners, judged by an officer, suspended when something is wrong.

Source: Plan 五（一）2（3）; RFC 7591. That a person decides before it may ask anyone is ours.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lingnan.kernel import clock, events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from ...errors import BeyondOwnRights, FirmNotProven
from ...events import ClientReviewed, ClientSubmitted
from ...models import Authorisation, Client, ClientToken, Organisation
from ...queries.accounts import persons_behind
from ...queries.assurance import level_of_organisation
from ...queries.grants import is_entrusted, own_granting
from ...queries.grants import roles as all_roles
from ...sealing import digest
from ...types import check_not_self
from ..errors import (
    ClientHasNoSecret,
    ClientMetadataWrong,
    ClientNeedsOwner,
    ClientStateWrong,
    MandateOfMattersOnly,
    ReasonMissing,
)
from ..queries.clients import may_review, own_client
from ..types import CLIENT_SCOPES, LEVELS, SCIM, NewClient, is_scope
from .addresses import is_redirect_uri, is_web_address, sector_of

SECRET_OVERLAP = timedelta(days=7)  # our default: time to bring the new secret everywhere
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
RSA_TEXT_LENGTH_MIN = 342  # a modulus of 2048 bits in base64url
GRANTS = ("authorization_code", "refresh_token", "client_credentials", DEVICE_GRANT)
ALGORITHMS = ("", "RS256", "ES256")
_KIND_GRANTS = {
    Client.Kind.WEB: {"authorization_code", "refresh_token", "client_credentials"},
    Client.Kind.NATIVE: {"authorization_code", "refresh_token"},
    Client.Kind.DEVICE: {DEVICE_GRANT, "refresh_token"},
    Client.Kind.SERVICE: {"client_credentials"},
}
_FOLLOWS = {
    Client.State.APPROVED: {Client.State.SUBMITTED, Client.State.SUSPENDED},
    Client.State.REFUSED: {Client.State.SUBMITTED},
    Client.State.SUSPENDED: {Client.State.APPROVED},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDetails:
    """What an owner says of his program. `purposes`: why each scope is needed, in words."""

    name: str
    kind: str
    auth_method: str
    scopes: Sequence[str]
    purposes: Mapping[str, str] = field(default_factory=dict)
    redirect_uris: Sequence[str] = ()
    post_logout_redirect_uris: Sequence[str] = ()
    backchannel_logout_uri: str = ""
    grant_types: Sequence[str] = ("authorization_code",)
    jwks: Mapping[str, Any] = field(default_factory=dict)
    subject_type: str = "pairwise"
    id_token_algorithm: str = "RS256"  # noqa: S105
    userinfo_algorithm: str = ""
    default_level: int = 1
    website: str = ""
    policy_url: str = ""
    contact: str = ""


def check_may_register(actor: Actor) -> None:
    """Whether he acts for a firm or an agency whose programs he may register, before he types.

    Raises: ClientNeedsOwner, MandateOfMattersOnly, FirmNotProven (403).
    """
    _owner(actor)


@transaction.atomic
def register_client(
    *, actor: Actor, details: ClientDetails, at: datetime, is_demo: bool = False
) -> NewClient:
    """Put a program on the list, for the firm or agency one acts for; it waits for its review.

    Raises: ClientNeedsOwner, MandateOfMattersOnly, FirmNotProven (403), ClientMetadataWrong (422).
    """
    organisation_id, agency_id, owner_name, region_path = _owner(actor)
    _check(details)
    if SCIM in details.scopes and agency_id is None:
        message = _("Only an agency's own personnel system keeps its officers.")
        raise ClientMetadataWrong(fields=[FieldProblem("scopes", "choice", message)])
    client_id = secrets.token_hex(16)
    confidential = details.auth_method in {Client.AuthMethod.BASIC, Client.AuthMethod.POST}
    secret = secrets.token_urlsafe(32) if confidential else ""
    client = Client.objects.create(
        client_id=client_id,
        name=" ".join(details.name.split()),
        kind=details.kind,
        auth_method=details.auth_method,
        secret_digest=digest(secret) if secret else "",
        jwks=dict(details.jwks),
        redirect_uris=list(details.redirect_uris),
        post_logout_redirect_uris=list(details.post_logout_redirect_uris),
        backchannel_logout_uri=details.backchannel_logout_uri,
        grant_types=list(details.grant_types),
        scopes=list(dict.fromkeys(details.scopes)),
        purposes={code: str(text).strip() for code, text in details.purposes.items()},
        subject_type=details.subject_type,
        sector=_sector(details, client_id),
        id_token_algorithm=details.id_token_algorithm or "RS256",
        userinfo_algorithm=details.userinfo_algorithm,
        default_level=details.default_level,
        website=details.website,
        policy_url=details.policy_url,
        contact=details.contact.strip(),
        owner_organisation_id=organisation_id,
        owner_agency_id=agency_id,
        owner_name=owner_name,
        region_path=region_path,
        submitted_by_id=actor.account_id,
        is_demo=is_demo,
    )
    events.publish(ClientSubmitted(client_pk=client.pk), at=at)
    _record(actor, "identity.client_submitted", client, at, scopes=client.scopes)
    return NewClient(id=client.pk, client_id=client_id, secret=secret)


@transaction.atomic
def approve_client(*, actor: Actor, client_pk: UUID, at: datetime) -> None:
    """Let a program speak, or speak again. Never by whoever registered it.

    A personnel system gives every role of ordinary work, without end, in its agency: only who may
    do all that himself lets it.
    Raises: NotFound (404), SelfApproval, BeyondOwnRights (403), ClientStateWrong (409).
    """
    client = _decide(actor, client_pk, Client.State.APPROVED, "", at)
    if SCIM in client.scopes:
        _check_entrusted(actor, client, at)


@transaction.atomic
def refuse_client(*, actor: Actor, client_pk: UUID, reason: str, at: datetime) -> None:
    """Raises: NotFound (404), SelfApproval (403), ReasonMissing (422), ClientStateWrong (409)."""
    _decide(actor, client_pk, Client.State.REFUSED, reason, at)


@transaction.atomic
def suspend_client(*, actor: Actor, client_pk: UUID, reason: str, at: datetime) -> None:
    """Silence a program at once: every token it holds, in whoever's name, is dead.

    Raises: NotFound (404), SelfApproval (403), ReasonMissing (422), ClientStateWrong (409).
    """
    client = _decide(actor, client_pk, Client.State.SUSPENDED, reason, at)
    Authorisation.objects.filter(client=client, ended_at=None).update(
        ended_at=at, ended_because=Authorisation.End.CLIENT
    )
    ClientToken.objects.filter(client=client, ended_at=None).update(ended_at=at)


@transaction.atomic
def renew_secret(*, actor: Actor, client_pk: UUID, at: datetime) -> str:
    """A new secret, shown once; the old one works a week longer.

    Raises: NotFound (404), ClientHasNoSecret (409).
    """
    client = Client.objects.select_for_update().get(pk=own_client(actor, client_pk).pk)
    if not client.secret_digest:
        raise ClientHasNoSecret
    secret = secrets.token_urlsafe(32)
    client.former_secret_digest = client.secret_digest
    client.former_secret_until = at + SECRET_OVERLAP
    client.secret_digest = digest(secret)
    client.save(update_fields=["secret_digest", "former_secret_digest", "former_secret_until"])
    _record(actor, "identity.client_secret_renewed", client, at)
    return secret


def _decide(actor: Actor, client_pk: UUID, state: str, reason: str, at: datetime) -> Client:
    client = Client.objects.select_for_update().get(pk=may_review(actor, client_pk).pk)
    check_not_self(actor, client.submitted_by_id, *persons_behind(client.submitted_by_id))
    if state != Client.State.APPROVED and not 5 <= len(reason.strip()) <= 500:
        message = _("Write between 5 and 500 characters.")
        raise ReasonMissing(fields=[FieldProblem("reason", "length", message)])
    if client.state not in _FOLLOWS[Client.State(state)]:
        raise ClientStateWrong(state=client.state)
    client.state, client.reason = state, reason.strip()
    client.reviewed_by_id, client.reviewed_at = actor.officer_id, at
    client.save(update_fields=["state", "reason", "reviewed_by", "reviewed_at"])
    events.publish(ClientReviewed(client_pk=client.pk, state=state), at=at)
    _record(actor, f"identity.client_{state}", client, at, reason=client.reason)
    return client


def _check_entrusted(actor: Actor, client: Client, at: datetime) -> None:
    """Raises: BeyondOwnRights (403)."""
    if actor.is_system:
        return
    every = all_roles()
    held = [
        grant
        for grant in own_granting(actor, on=clock.local_date(at))
        if grant.valid_until is None
        and (
            grant.agency_id == client.owner_agency_id
            if grant.agency_id is not None
            else client.region_path.startswith(grant.region_path)
        )
    ]
    for role in every:
        if not role.administration and not any(is_entrusted(one, role, every) for one in held):
            raise BeyondOwnRights(role=role.code)


def _sector(details: ClientDetails, client_id: str) -> str:
    """Only where codes are sent to a host does naming it say anything: else a kiosk could take the
    host of another program, and learn the names that one knows people by."""
    is_sent_there = "authorization_code" in details.grant_types
    return sector_of(list(details.redirect_uris) if is_sent_there else [], client_id)


def _owner(actor: Actor) -> tuple[UUID | None, UUID | None, str, str]:
    if actor.is_officer and actor.agency_id is not None:
        agency = agencies.agency(actor.agency_id)
        return None, agency.id, agency.name, agency.region_path
    principal = actor.principal
    if principal is None or principal.kind != "organisation":
        raise ClientNeedsOwner
    if actor.matter_codes is not None:
        raise MandateOfMattersOnly
    firm = Organisation.objects.select_related("region").get(pk=principal.id)
    held = level_of_organisation(firm.pk, at=clock.now())
    if held < 1:  # its name would stand on the consent page
        url = reverse("identity:organisation", args=[firm.pk])
        raise FirmNotProven(level=1, held=held, organisation_id=firm.pk, url=url)
    return firm.pk, None, firm.name, firm.region.path if firm.region else ""


def _check(details: ClientDetails) -> None:
    """Raises: ClientMetadataWrong (422) with every problem at once."""
    problems: list[FieldProblem] = []

    def wrong(path: str, code: str, message: str) -> None:
        problems.append(FieldProblem(path, code, message))

    if not 2 <= len(details.name.strip()) <= 100:
        wrong("name", "length", _("Give the program the name people know it by."))
    if details.kind not in Client.Kind.values:
        wrong("kind", "choice", _("Choose what kind of program it is."))
    if details.auth_method not in Client.AuthMethod.values:
        wrong("auth_method", "choice", _("Choose how the program proves itself."))
    grants = set(details.grant_types)
    known_kind = details.kind in Client.Kind.values
    if not grants or (known_kind and not grants <= _KIND_GRANTS[Client.Kind(details.kind)]):
        wrong("grant_types", "choice", _("This kind of program cannot use these grants."))
    public = details.auth_method == Client.AuthMethod.NONE
    if public and "client_credentials" in grants:
        wrong("auth_method", "choice", _("In its own name only a program with a secret speaks."))
    _check_addresses(details, grants, wrong)
    _check_scopes(details, grants, wrong)
    if details.auth_method == Client.AuthMethod.PRIVATE_KEY:
        if not _are_public_keys(details.jwks):
            wrong("jwks", "keys", _("Give public keys as a JWK set: RSA from 2048 bits, or EC."))
    elif details.jwks:
        wrong("jwks", "keys", _("Keys are for programs that sign instead of using a secret."))
    if details.subject_type not in Client.SubjectType.values:
        wrong("subject_type", "choice", _("Choose pairwise or public."))
    if details.id_token_algorithm not in ALGORITHMS:
        wrong("id_token_algorithm", "choice", _("Choose RS256 or ES256."))
    if details.userinfo_algorithm not in ALGORITHMS:
        wrong("userinfo_algorithm", "choice", _("Choose RS256 or ES256."))
    if details.default_level not in LEVELS:
        wrong("default_level", "range", _("Levels go from 1 to 4."))
    if not 3 <= len(details.contact.strip()) <= 200:
        wrong("contact", "length", _("Say how we reach whoever runs the program."))
    if problems:
        raise ClientMetadataWrong(fields=problems)


def _check_addresses(details: ClientDetails, grants: set[str], wrong: Any) -> None:
    for index, uri in enumerate(details.redirect_uris):
        if not is_redirect_uri(uri, kind=details.kind):
            message = _("Give a full https:// address without wildcard or fragment.")
            wrong(f"redirect_uris.{index}", "uri", message)
    if "authorization_code" in grants and not details.redirect_uris:
        wrong("redirect_uris", "required", _("Say where people return to after signing in."))
    for index, uri in enumerate(details.post_logout_redirect_uris):
        if not is_redirect_uri(uri, kind=details.kind):
            message = _("Give a full https:// address without wildcard or fragment.")
            wrong(f"post_logout_redirect_uris.{index}", "uri", message)
    for name in ("backchannel_logout_uri", "website", "policy_url"):
        uri = getattr(details, name)
        if uri and not is_web_address(uri):
            wrong(name, "uri", _("Give a full https:// address."))
    if len(details.redirect_uris) > 20 or len(details.post_logout_redirect_uris) > 20:
        wrong("redirect_uris", "length", _("At most twenty addresses."))


def _check_scopes(details: ClientDetails, grants: set[str], wrong: Any) -> None:
    unknown = [code for code in details.scopes if not is_scope(code)]
    if unknown or not details.scopes or len(details.scopes) > 50:
        message = _("Choose at least one scope, all of them known: %(names)s") % {
            "names": ", ".join(unknown)[:200] or "—"
        }
        wrong("scopes", "choice", message)
        return
    for_people = [code for code in details.scopes if code not in CLIENT_SCOPES]
    in_own_name = [code for code in details.scopes if code in CLIENT_SCOPES]
    if in_own_name and "client_credentials" not in grants:
        wrong("scopes", "choice", _("These scopes are for programs in their own name."))
    if for_people and grants == {"client_credentials"}:
        wrong("scopes", "choice", _("In its own name a program cannot ask for people's data."))
    for code in for_people:
        if code != "openid" and not 4 <= len(str(details.purposes.get(code, "")).strip()) <= 200:
            message = _("Say in one sentence what it is for; people read it.")
            wrong(f"purposes.{code}", "required", message)


def _are_public_keys(jwks: Mapping[str, Any]) -> bool:
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 1 <= len(keys) <= 10:
        return False
    for key in keys:
        if not isinstance(key, dict) or key.get("kty") not in {"RSA", "EC"} or "d" in key:
            return False
        if key["kty"] == "RSA" and len(str(key.get("n", ""))) < RSA_TEXT_LENGTH_MIN:
            return False
    try:
        KeySet.import_key_set({"keys": keys})
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True


def _record(actor: Actor, act: str, client: Client, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor, act=act, object_kind="client", object_id=client.pk, facts=facts, at=at
    )
