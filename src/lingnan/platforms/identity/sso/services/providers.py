"""Whose sign-in is accepted here: proposed by one administrator, put in force by another.

A provider lets people in under names it vouches for, so no single person adds or changes one;
switching one off is anyone's who may propose, and counts at once.
Source: GB/T 22239-2019 8.1.4.2, 8.1.5; Plan 五（一）2（3）.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound, Refusal, Unavailable
from lingnan.security.audit import services as audit

from ...errors import NotToOneself
from ...models import UpstreamChange, UpstreamLink, UpstreamProvider
from ...queries.officers import is_oneself
from ...sealing import seal, unseal
from ..errors import ProviderChangeDecided, ProviderChangeWaits, ProviderWrong
from ..types import MANAGE_UPSTREAMS
from . import saml, upstream
from .addresses import is_web_address

FIELDS = (
    "protocol",
    "name",
    "issuer",
    "client_id",
    "scopes",
    "sso_url",
    "certificates",
    "name_claim",
    "document_type_claim",
    "document_number_claim",
    "levels",
    "default_level",
    "link_level",
    "is_test",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One thing looked at in a provider, and what came of it."""

    what: str
    held: bool
    detail: str = ""


@transaction.atomic
def propose_provider(
    *, actor: Actor, code: str, values: Mapping[str, Any], secret: str, at: datetime
) -> UpstreamChange:
    """Ask that a provider be added or changed; an empty secret leaves the present one.

    Raises: Forbidden (403), ProviderWrong (422), ProviderChangeWaits (409).
    """
    actor.check(MANAGE_UPSTREAMS)
    assert actor.officer_id is not None, "a permission of the desk is an officer's"
    wanted = {name: values[name] for name in FIELDS if name in values}
    present = UpstreamProvider.objects.filter(code=code).first()
    check_provider(code, wanted, has_secret=bool(secret or (present and _has_secret(present))))
    change = UpstreamChange(
        code=code,
        values=wanted,
        secret_sealed=seal(secret, purpose=upstream.PURPOSE) if secret else "",
        proposed_by_id=actor.officer_id,
    )
    try:
        with transaction.atomic():
            change.save(force_insert=True)
    except IntegrityError as waits:
        raise ProviderChangeWaits from waits
    _record(actor, "identity.upstream_proposed", code, at, change=change.pk)
    return change


@transaction.atomic
def enable_change(*, actor: Actor, change_id: UUID, at: datetime) -> UpstreamProvider:
    """Another person puts it in force. Raises: Forbidden, NotToOneself (403), NotFound (404),
    ProviderChangeDecided (409), ProviderWrong (422)."""
    change = _open_change(actor, change_id)
    if is_oneself(actor, change.proposed_by):
        raise NotToOneself
    secret = unseal(change.secret_sealed, purpose=upstream.PURPOSE) if change.secret_sealed else ""
    present = UpstreamProvider.objects.filter(code=change.code).first()
    check_provider(
        change.code, change.values, has_secret=bool(secret or (present and _has_secret(present)))
    )
    if present is not None:
        _end_links_of_another(present, change.values, at)
    row = upstream.save_provider(
        values={**change.values, "code": change.code, "active": True}, secret=secret
    )
    _decide(actor, change, UpstreamChange.State.ENABLED, at)
    return row


@transaction.atomic
def decline_change(*, actor: Actor, change_id: UUID, at: datetime) -> None:
    """It does not come into force; also by whoever proposed it.

    Raises: Forbidden (403), NotFound (404), ProviderChangeDecided (409).
    """
    _decide(actor, _open_change(actor, change_id), UpstreamChange.State.DECLINED, at)


@transaction.atomic
def set_provider_by_operator(
    *, actor: Actor, code: str, values: Mapping[str, Any], secret: str, at: datetime
) -> UpstreamProvider:
    """Put a provider in force without a second person: for whoever operates the machine, who could
    write the table anyway, when no two administrators are there yet. The audit record names it.

    `values` are what changes. One is switched off also where what is kept of it is wrong by now.
    Raises: ProviderWrong (422).
    """
    present = UpstreamProvider.objects.filter(code=code).first()
    known = {name: getattr(present, name) for name in FIELDS} if present else {}
    wanted = {"protocol": UpstreamProvider.Protocol.OIDC.value, **known, **values}
    if present is None or secret or dict(values) != {"active": False}:
        check_provider(code, wanted, has_secret=bool(secret or (present and _has_secret(present))))
    if present is not None:
        _end_links_of_another(present, wanted, at)
    row = upstream.save_provider(values={**values, "code": code}, secret=secret)
    changed = sorted([*values, *(["secret"] if secret else [])])
    _record(actor, "identity.upstream_set_by_operator", code, at, changed=changed)
    return row


@transaction.atomic
def disable_provider(*, actor: Actor, code: str, at: datetime) -> None:
    """Nobody comes in by it from now on. Raises: Forbidden (403), NotFound (404)."""
    actor.check(MANAGE_UPSTREAMS)
    if not UpstreamProvider.objects.filter(code=code, active=True).update(active=False):
        raise NotFound
    _record(actor, "identity.upstream_disabled", code, at)


def probe_provider(*, actor: Actor, code: str, at: datetime) -> list[Probe]:
    """Look whether a provider can be relied on now: its description, its keys, its certificates.

    Nobody is signed in. Raises: Forbidden (403), NotFound (404).
    """
    actor.check(MANAGE_UPSTREAMS)
    row = UpstreamProvider.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    if row.protocol == UpstreamProvider.Protocol.SAML:
        return _probe_saml(row, at)
    return _probe_oidc(row)


def _probe_saml(row: UpstreamProvider, at: datetime) -> list[Probe]:
    found: list[Probe] = []
    for certificate in saml.read_certificates(row.certificates):
        until = certificate.not_valid_after_utc
        found.append(
            Probe(
                what=_("Certificate in force"),
                held=certificate.not_valid_before_utc <= at < until,
                detail=f"{until:%Y-%m-%d}",
            )
        )
    url, _request = saml.ask(row, "probe")
    found.append(Probe(what=_("A question can be put"), held=len(url) < 8000))
    return found


def _probe_oidc(row: UpstreamProvider) -> list[Probe]:
    found: list[Probe] = []
    try:
        known = upstream.described(row)
    except (Refusal, Unavailable) as silent:
        return [Probe(what=_("Describes itself"), held=False, detail=type(silent).__name__)]
    found.append(Probe(what=_("Describes itself"), held=True, detail=str(known["issuer"])))
    try:
        keys = upstream.call("GET", known["jwks_uri"]).get("keys")
    except (Refusal, Unavailable) as silent:
        keys = None
        found.append(Probe(what=_("Publishes keys"), held=False, detail=type(silent).__name__))
    if keys is not None:
        found.append(Probe(what=_("Publishes keys"), held=bool(keys), detail=str(len(keys))))
    return found


def check_provider(code: str, values: Mapping[str, Any], *, has_secret: bool) -> None:
    """Whether a provider is described completely and safely. Raises: ProviderWrong (422)."""
    problems: list[FieldProblem] = []

    def wrong(field: str, reason: str, message: str) -> None:
        problems.append(FieldProblem(field, reason, message))

    if not 2 <= len(code) <= 32 or slugify(code) != code:
        wrong("code", "shape", _("Use 2 to 32 small letters, digits and hyphens."))
    if not 2 <= len(str(values.get("name", ""))) <= 100:
        wrong("name", "length", _("Give the provider a name."))
    protocol = values.get("protocol")
    if protocol not in UpstreamProvider.Protocol.values:
        wrong("protocol", "choice", _("Choose OpenID Connect or SAML."))
    issuer = str(values.get("issuer", ""))
    if protocol == UpstreamProvider.Protocol.OIDC:
        if not is_web_address(issuer):
            wrong("issuer", "address", _("Enter the full https address of the provider."))
        if not values.get("client_id"):
            wrong("client_id", "required", _("Enter the client id the provider gave us."))
        if not has_secret:
            wrong("secret", "required", _("Enter the secret the provider gave us."))
    elif protocol == UpstreamProvider.Protocol.SAML:
        if not 1 <= len(issuer) <= 300:
            wrong("issuer", "required", _("Enter the entity id of the provider."))
        if not is_web_address(str(values.get("sso_url", ""))):
            wrong("sso_url", "address", _("Enter the full https address questions go to."))
        try:
            saml.read_certificates(str(values.get("certificates", "")))
        except ValueError:
            message = _("Enter certificates in PEM, of RSA keys from 2048 bits on or of curves.")
            wrong("certificates", "form", message)
    levels = values.get("levels", {})
    if not isinstance(levels, dict) or not all(
        isinstance(name, str) and level in (1, 2, 3, 4) for name, level in levels.items()
    ):
        wrong("levels", "shape", _("Each value of the provider stands for a level from 1 to 4."))
    if values.get("default_level", 1) not in (1, 2, 3, 4):
        wrong("default_level", "range", _("Choose a level from 1 to 4."))
    if values.get("link_level", 2) not in (2, 3, 4):
        wrong("link_level", "range", _("Choose a level from 2 to 4."))
    if problems:
        raise ProviderWrong(fields=problems)


def _end_links_of_another(
    present: UpstreamProvider, values: Mapping[str, Any], at: datetime
) -> None:
    """Under another issuer a subject is someone else: everyone is known by his document anew.

    Source: OpenID Connect Core 5.7 (only issuer and subject together name an end-user).
    """
    if (present.protocol, present.issuer) != (values["protocol"], values["issuer"]):
        UpstreamLink.objects.filter(provider=present, ended_at=None).update(ended_at=at)


def _has_secret(row: UpstreamProvider) -> bool:
    return bool(row.client_secret_sealed)


def _open_change(actor: Actor, change_id: UUID) -> UpstreamChange:
    actor.check(MANAGE_UPSTREAMS)
    rows = UpstreamChange.objects.select_for_update(of=("self",))
    change = rows.select_related("proposed_by__account").filter(pk=change_id).first()
    if change is None:
        raise NotFound
    if change.state != UpstreamChange.State.OPEN:
        raise ProviderChangeDecided
    return change


def _decide(actor: Actor, change: UpstreamChange, state: str, at: datetime) -> None:
    change.state, change.decided_by_id, change.decided_at = state, actor.officer_id, at
    change.save(update_fields=["state", "decided_by", "decided_at"])
    _record(actor, f"identity.upstream_{state}", change.code, at, change=change.pk)


def _record(actor: Actor, act: str, code: str, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor, act=act, object_kind="upstream_provider", object_id=code, facts=facts, at=at
    )
