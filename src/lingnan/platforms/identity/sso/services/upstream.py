"""Signing in with a national or city account: sent there, awaited back, known by the document.

Nothing is taken on trust but the provider's signature: state belongs to this browser, nonce and
PKCE to this attempt, the issuer to this provider. An e-mail address never makes two accounts one.
Source: OpenID Connect Core 3.1.3.7, RFC 9700 2.1, 4.4; SAML 2.0 Profiles 4.1; Plan 五（一）2（3）.
"""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
from django.db import IntegrityError, transaction
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.networks import trusted
from lingnan.security.audit import services as audit

from ... import wording
from ...errors import DetailsWrong, PersonKnown
from ...models import (
    Account,
    Person,
    SeenAssertion,
    UpstreamAttempt,
    UpstreamLink,
    UpstreamProvider,
)
from ...queries.assurance import evidence_now
from ...queries.people import find_person, is_former_document
from ...queries.rules import rule
from ...sealing import digest, seal, unseal
from ...services import open_account, record_evidence, register_person
from ...services.sessions import open_session
from ...services.telling import tell_owner
from ...types import Device, SignedIn
from ..errors import (
    UpstreamAccountClosed,
    UpstreamIdentityUnclear,
    UpstreamRefused,
    UpstreamSilent,
    UpstreamUnlinked,
)
from . import saml
from .provider import address

PURPOSE = "identity.upstream"
TERM = timedelta(minutes=10)
VOUCHED_ANEW = timedelta(days=30)  # our default: how often a provider's word is written down
SKEW_S = 60
TIMEOUT_S = 10
ALGORITHMS = ["RS256", "PS256", "ES256"]
KNOWN_FOR_S = 3600

_known: dict[str, tuple[float, dict[str, Any]]] = {}


@dataclass(frozen=True, slots=True)
class Sent:
    """Where to send the browser, and the secret it keeps meanwhile in a cookie."""

    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a provider said of someone, checked."""

    subject: str
    level: int
    name: str
    document_type: str
    document_number: str


def callback_address(code: str) -> str:
    return address(f"/account/sign-in/with/{code}/callback/")


def begin(*, code: str, onward: str, at: datetime) -> Sent:
    """Raises: NotFound (404), UpstreamSilent when the provider does not describe itself."""
    provider = _provider(code)
    if provider.protocol == UpstreamProvider.Protocol.SAML:
        return _begin_saml(provider, onward, at)
    known = described(provider)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    UpstreamAttempt.objects.create(
        provider=provider,
        state_digest=digest(state),
        nonce=nonce,
        verifier_sealed=seal(verifier, purpose=PURPOSE),
        onward=onward[:4000],
        expires_at=at + TERM,
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": callback_address(code),
        "scope": provider.scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    mark = "&" if "?" in known["authorization_endpoint"] else "?"
    return Sent(f"{known['authorization_endpoint']}{mark}{urlencode(query)}", state)


def _begin_saml(provider: UpstreamProvider, onward: str, at: datetime) -> Sent:
    state = secrets.token_urlsafe(32)
    url, request_id = saml.ask(provider, state)
    UpstreamAttempt.objects.create(
        provider=provider,
        state_digest=digest(state),
        request_id=request_id,
        onward=onward[:4000],
        expires_at=at + TERM,
    )
    return Sent(url, state)


def receive(*, code: str, response: str, relay_state: str, at: datetime) -> None:
    """An answer of SAML was posted from the provider's page. A form from another site brings no
    cookie along, so it is kept, once, until the browser comes by itself and shows who it is.

    Raises: NotFound (404), UpstreamRefused (403): no attempt waits for it.
    """
    provider = _provider(code)
    if not response or len(response) > saml.RESPONSE_MAX:
        raise UpstreamRefused(reason="saml-size")
    waiting = UpstreamAttempt.objects.filter(
        provider=provider,
        state_digest=digest(relay_state),
        used_at=None,
        expires_at__gt=at,
        response_sealed="",
    ).exclude(request_id="")
    if not waiting.update(response_sealed=seal(response, purpose=PURPOSE)):
        raise UpstreamRefused(reason="state")


def finish(
    *,
    code: str,
    answer: dict[str, str],
    cookie: str,
    network_address: str,
    device: Device,
    present: UUID | None = None,
    at: datetime,
) -> tuple[SignedIn, str]:
    """The browser is back: a session, and where it wanted to go. `present` is the account that is
    signed in there meanwhile.

    The provider is asked between two transactions, never inside one.
    Raises: NotFound (404); UpstreamRefused, UpstreamIdentityUnclear, UpstreamUnlinked,
    UpstreamAccountClosed (403); UpstreamSilent.
    """
    provider = _provider(code)
    attempt = _take_attempt(provider, answer.get("state", ""), cookie, at)
    if provider.protocol == UpstreamProvider.Protocol.SAML:
        arrived = _asserted(provider, attempt, at)
        opened = _sign_in(
            provider,
            arrived,
            network_address=network_address,
            device=device,
            present=present,
            at=at,
        )
        return opened, attempt.onward
    known = described(provider)
    told_issuer = answer.get("iss")
    promised = known.get("authorization_response_iss_parameter_supported") is True
    if (promised or told_issuer is not None) and told_issuer != provider.issuer:
        raise UpstreamRefused(reason="issuer")
    if "error" in answer or not answer.get("code"):
        raise UpstreamRefused(reason=answer.get("error", "code")[:60])
    arrived = _ask(provider, known, attempt, answer["code"])
    opened = _sign_in(
        provider, arrived, network_address=network_address, device=device, present=present, at=at
    )
    return opened, attempt.onward


@transaction.atomic
def _take_attempt(
    provider: UpstreamProvider, state: str, cookie: str, at: datetime
) -> UpstreamAttempt:
    """Raises: UpstreamRefused (403): another browser's, another provider's, late, or again."""
    if not state or not hmac.compare_digest(state.encode(), cookie.encode()):
        raise UpstreamRefused(reason="state")
    attempt = (
        UpstreamAttempt.objects.select_for_update()
        .filter(provider=provider, state_digest=digest(state), used_at=None, expires_at__gt=at)
        .first()
    )
    if attempt is None:
        raise UpstreamRefused(reason="state")
    attempt.used_at = at
    attempt.save(update_fields=["used_at"])
    return attempt


def _asserted(provider: UpstreamProvider, attempt: UpstreamAttempt, at: datetime) -> Arrived:
    """What the kept answer says, judged; an assertion counts once. Raises: UpstreamRefused."""
    if not attempt.response_sealed:
        raise UpstreamRefused(reason="saml")
    text = unseal(attempt.response_sealed, purpose=PURPOSE)
    UpstreamAttempt.objects.filter(pk=attempt.pk).update(response_sealed="")
    found = saml.read(provider, text, request_id=attempt.request_id, at=at)
    _seen, fresh = SeenAssertion.objects.get_or_create(
        digest=digest(f"saml:{provider.pk}:{found.assertion_id}"),
        defaults={"expires_at": found.expires_at + timedelta(seconds=SKEW_S * 10)},
    )
    if not fresh:
        raise UpstreamRefused(reason="saml-replay")
    return Arrived(
        subject=found.subject,
        level=_level(provider, found.context),
        name=" ".join(found.attributes.get(provider.name_claim, "").split()),
        document_type=found.attributes.get(provider.document_type_claim, ""),
        document_number=found.attributes.get(provider.document_number_claim, ""),
    )


def _level(provider: UpstreamProvider, context: str) -> int:
    level = provider.levels.get(context, provider.default_level)
    return level if level in (1, 2, 3, 4) else 1


def _ask(
    provider: UpstreamProvider, known: dict[str, Any], attempt: UpstreamAttempt, code: str
) -> Arrived:
    tokens = call(
        "POST",
        known["token_endpoint"],
        auth=(provider.client_id, unseal(provider.client_secret_sealed, purpose=PURPOSE)),
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback_address(provider.code),
            "code_verifier": unseal(attempt.verifier_sealed, purpose=PURPOSE),
        },
    )
    claims = _checked(provider, known, str(tokens.get("id_token", "")), attempt.nonce)
    told = call(
        "GET",
        known["userinfo_endpoint"],
        headers={"Authorization": f"Bearer {tokens.get('access_token', '')}"},
    )
    if told.get("sub") != claims["sub"]:
        raise UpstreamRefused(reason="sub")
    both = {**told, **claims}
    return Arrived(
        subject=str(claims["sub"])[:255],
        level=_level(provider, str(claims.get("acr", ""))),
        name=" ".join(str(both.get(provider.name_claim) or "").split()),
        document_type=str(both.get(provider.document_type_claim) or ""),
        document_number=str(both.get(provider.document_number_claim) or ""),
    )


def _checked(
    provider: UpstreamProvider, known: dict[str, Any], text: str, nonce: str
) -> dict[str, Any]:
    """The claims of an ID token that is signed by this provider, for us, now, for this attempt.

    Raises: UpstreamRefused (403).
    """
    try:
        keys = KeySet.import_key_set(call("GET", known["jwks_uri"]))  # type: ignore[arg-type]
        claims = dict(jwt.decode(text, keys, algorithms=ALGORITHMS).claims)
    except (JoseError, ValueError, KeyError, TypeError) as wrong:
        raise UpstreamRefused(reason="signature") from wrong
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    now, issued = time.time(), claims.get("iat")
    for reason, fits in (
        ("issuer", claims.get("iss") == provider.issuer),
        (
            "audience",
            provider.client_id in audiences
            and claims.get("azp", provider.client_id) == provider.client_id,
        ),
        (
            "expired",
            isinstance(claims.get("exp"), int)
            and claims["exp"] > now - SKEW_S
            and isinstance(issued, int)
            and abs(now - issued) < TERM.total_seconds(),
        ),
        ("nonce", hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())),
        ("sub", isinstance(claims.get("sub"), str) and claims["sub"] != ""),
    ):
        if not fits:
            raise UpstreamRefused(reason=reason)
    return claims


@transaction.atomic
def _sign_in(
    provider: UpstreamProvider,
    arrived: Arrived,
    *,
    network_address: str,
    device: Device,
    present: UUID | None = None,
    at: datetime,
) -> SignedIn:
    """A level says how surely the provider knows the person, not that he showed two things: who has
    a second factor here shows it here too, and a post opens only with it.

    Raises: UpstreamIdentityUnclear, UpstreamUnlinked, UpstreamAccountClosed (403).
    """
    link = (
        UpstreamLink.objects.select_related("account__person")
        .filter(provider=provider, subject=arrived.subject, ended_at=None)
        .first()
    )
    if link is None:
        link = _first_arrival(provider, arrived, network_address, present, at)
    account = link.account
    if account.state != Account.State.ACTIVE:
        raise UpstreamAccountClosed
    UpstreamLink.objects.filter(pk=link.pk).update(last_used_at=at)
    _record_level(provider, arrived, account, at)
    return open_session(
        account,
        officer=None,
        stage="code" if account.has_second_factor else "open",
        proven=False,
        methods=("upstream",),
        channel="web",
        address=network_address,
        device=device,
        at=at,
    )


def _first_arrival(
    provider: UpstreamProvider,
    arrived: Arrived,
    network_address: str,
    present: UUID | None,
    at: datetime,
) -> UpstreamLink:
    """Linked to the account of whoever's document it is; opened if the person has none. The owner
    is told; where he ended the link himself, only he brings it back.
    """
    if arrived.level < provider.link_level or not arrived.document_number:
        raise UpstreamIdentityUnclear
    if is_former_document(arrived.document_type, arrived.document_number):
        raise UpstreamIdentityUnclear
    asker = Actor(kind=ANONYMOUS.kind, address=network_address)
    known = find_person(arrived.document_type, arrived.document_number)
    if known is None:
        try:
            person = register_person(
                actor=asker,
                name=arrived.name,
                document_type=arrived.document_type,
                document_number=arrived.document_number,
                at=at,
            )
        except (DetailsWrong, PersonKnown) as unclear:
            raise UpstreamIdentityUnclear from unclear
    else:
        if known.name != arrived.name:
            raise UpstreamIdentityUnclear
        person = Person.objects.get(pk=known.id)
    account = Account.objects.select_related("person").filter(person=person).first()
    if account is None:
        account = open_account(password=None, person_id=person.pk, at=at)
    elif account.pk != present and _is_unlinked(provider, account):
        raise UpstreamUnlinked
    try:
        with transaction.atomic():
            link = UpstreamLink.objects.create(
                provider=provider, account=account, subject=arrived.subject
            )
    except IntegrityError as taken:
        raise UpstreamIdentityUnclear from taken
    audit.record(
        actor=asker,
        act="identity.upstream_linked",
        object_kind="account",
        object_id=account.pk,
        facts={"provider": provider.code, "level": arrived.level, "link": str(link.pk)},
        at=at,
    )
    told: dict[str, object] = {
        "provider": {"zh-hans": provider.name, "en": provider.name},
        "when": at,
    }
    tell_owner(account, wording.ACCOUNT_LINKED, told, at=at)
    return link


def _is_unlinked(provider: UpstreamProvider, account: Account) -> bool:
    """Whether its owner ended the last link of an account to a provider."""
    links = UpstreamLink.objects.filter(provider=provider, account=account)
    return links.order_by("-id").values_list("ended_by_owner", flat=True).first() or False


def _record_level(
    provider: UpstreamProvider, arrived: Arrived, account: Account, at: datetime
) -> None:
    """What the provider vouches for counts here as a proof of the same level, as far as the rule
    lets it; only where it names the very person, and not anew with each sign-in."""
    person = find_person(arrived.document_type, arrived.document_number)
    if (
        person is None
        or arrived.level < provider.link_level
        or (person.id, person.name) != (account.person_id, arrived.name)
        or is_former_document(arrived.document_type, arrived.document_number)
    ):
        return
    adapter = provider.code[:24]
    worth = rule("assurance", on=clock.local_date(at)).parameters["upstream.level"]
    kept = evidence_now(at).filter(
        person_id=person.id,
        organisation=None,
        kind="upstream",
        adapter=adapter,
        level__gte=min(worth, arrived.level),
        obtained_at__gt=at - VOUCHED_ANEW,
    )
    if not kept.exists():
        record_evidence(
            kind="upstream",
            adapter=adapter,
            person_id=person.id,
            account_id=account.pk,
            at_most=arrived.level,
            is_test=provider.is_test,
            at=at,
        )


def onward_of(*, code: str, state: str) -> str:
    """Where whoever keeps the secret of an attempt wanted to go; empty where nothing is known."""
    attempt = UpstreamAttempt.objects.filter(provider__code=code, state_digest=digest(state))
    return attempt.values_list("onward", flat=True).first() or ""


def _provider(code: str) -> UpstreamProvider:
    row = UpstreamProvider.objects.filter(code=code, active=True).first()
    if row is None:
        raise NotFound
    return row


def saml_provider(code: str) -> UpstreamProvider:
    """A provider of SAML, also one that is switched off: it is described before it is in use.

    Raises: NotFound (404).
    """
    rows = UpstreamProvider.objects.filter(code=code, protocol=UpstreamProvider.Protocol.SAML)
    row = rows.first()
    if row is None:
        raise NotFound
    return row


def described(provider: UpstreamProvider) -> dict[str, Any]:
    """The provider's description of itself, asked once an hour. Raises: UpstreamRefused,
    UpstreamSilent."""
    found = _known.get(provider.issuer)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    described = call("GET", f"{provider.issuer}/.well-known/openid-configuration")
    needed = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
    if described.get("issuer") != provider.issuer or not all(
        isinstance(described.get(name), str) for name in needed
    ):
        raise UpstreamRefused(reason="issuer")
    _known[provider.issuer] = (time.monotonic() + KNOWN_FOR_S, described)
    return described


def call(method: str, url: str, **options: Any) -> dict[str, Any]:
    """A JSON answer of the provider. Raises: UpstreamRefused (4xx), UpstreamSilent."""
    try:
        answer = httpx.request(
            method, url, timeout=TIMEOUT_S, follow_redirects=False, verify=trusted(), **options
        )
    except httpx.HTTPError as silent:
        raise UpstreamSilent(f"{url}: {type(silent).__name__}") from silent
    if answer.status_code >= 500:
        raise UpstreamSilent(f"{url}: {answer.status_code}")
    try:
        body = answer.json()
    except ValueError as wrong:
        raise UpstreamRefused(reason="answer") from wrong
    if answer.status_code != 200 or not isinstance(body, dict):
        raise UpstreamRefused(reason=str(answer.status_code))
    return body


def save_provider(*, values: dict[str, Any], secret: str) -> UpstreamProvider:
    """Write a provider by its code; an empty secret leaves the present one."""
    if secret:
        values = {**values, "client_secret_sealed": seal(secret, purpose=PURPOSE)}
    row, _created = UpstreamProvider.objects.update_or_create(code=values["code"], defaults=values)
    _known.pop(row.issuer, None)
    return row
