"""An authorisation request: what a client asks for on someone's behalf, read and judged.

Authlib has judged client, address, scope and PKCE; here is what OpenID Connect adds: who must be
asked to sign in again, how surely, which data by name.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from django.core import signing
from django.http import HttpRequest

from ..models import Client, Session
from .queries.released import subject_for
from .services.tokens import level_of_session
from .types import CLAIMS, CLIENT_SCOPES, level_of, scope_of

FRESH = "fresh"
FRESH_SALT = "identity.fresh_sign_in"
FRESH_TERM_S = 1800
CLAIMS_LENGTH_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`level` is what is wanted; without `level_is_essential` less will do. `claims` by place."""

    client: Client
    scopes: list[str]
    claims: dict[str, list[str]] = field(default_factory=dict)
    prompts: frozenset[str] = frozenset()
    max_age_s: int | None = None
    level: int = 1
    level_is_essential: bool = False
    login_hint: str = ""
    subject: str = ""

    @property
    def named_claims(self) -> list[str]:
        return sorted({claim for names in self.claims.values() for claim in names})

    @property
    def is_silent(self) -> bool:
        return "none" in self.prompts


def read_request(data: dict[str, str], client: Client, scope: str) -> Asked:
    """Raises: InvalidRequestError for parameters that cannot be read or are not supported."""
    if "request" in data or "request_uri" in data:
        raise InvalidRequestError("Request objects are not supported.")
    if data.get("response_mode", "query") != "query":
        raise InvalidRequestError("Unsupported 'response_mode'")
    scopes = [code for code in scope.split() if code not in CLIENT_SCOPES]
    prompts = frozenset(data.get("prompt", "").split())
    if "none" in prompts and len(prompts) > 1:
        raise InvalidRequestError("Invalid 'prompt' parameter.")
    claims, wanted_acr, essential, subject = _read_claims(data.get("claims", ""), client)
    levels = [found for value in data.get("acr_values", "").split() if (found := level_of(value))]
    levels += [found for value in wanted_acr if (found := level_of(value))]
    if essential and wanted_acr and not levels:
        raise InvalidRequestError("Unknown 'acr' values.")
    level = max(client.default_level, min(levels, default=1))
    return Asked(
        client=client,
        scopes=scopes,
        claims=claims,
        prompts=prompts,
        max_age_s=_read_seconds(data.get("max_age")),
        level=level,
        level_is_essential=essential or client.default_level >= level > 1,
        login_hint=data.get("login_hint", "")[:100],
        subject=subject,
    )


def _read_seconds(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidRequestError("Invalid 'max_age' parameter.")
    return int(text)


def _read_claims(text: str, client: Client) -> tuple[dict[str, list[str]], list[str], bool, str]:
    """The claims by name the client may have, and what it asks of `acr` and `sub`."""
    if not text:
        return {}, [], False, ""
    try:
        parsed: Any = json.loads(text) if len(text) <= CLAIMS_LENGTH_MAX else None
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise InvalidRequestError("Invalid 'claims' parameter.")
    found: dict[str, list[str]] = {}
    acr_values: list[str] = []
    essential, subject = False, ""
    for where in ("userinfo", "id_token"):
        asked = parsed.get(where) or {}
        if not isinstance(asked, dict):
            raise InvalidRequestError("Invalid 'claims' parameter.")
        names = [name for name in CLAIMS if name in asked and scope_of(name) in client.scopes]
        if names:
            found[where] = names
        wish = asked.get("acr")
        if isinstance(wish, dict):
            values = wish.get("values") or [wish.get("value")]
            acr_values += [value for value in values if isinstance(value, str)]
            essential = essential or wish.get("essential") is True
        who = asked.get("sub")
        if isinstance(who, dict) and isinstance(who.get("value"), str):
            subject = who["value"]
    return found, acr_values, essential, subject


def needs_sign_in(asked: Asked, session: Session, request: HttpRequest, *, at: datetime) -> bool:
    """Whether the person has to show anew who he is, although signed in.

    Once per request, also with `max_age=0`: a mark we signed says that he was sent to sign in, and
    what he opened since then is new enough.
    """
    sent_at = _sent_at(request)
    if sent_at is not None and session.created_at.timestamp() >= sent_at:
        return False
    if "login" in asked.prompts or "select_account" in asked.prompts:
        return True
    return asked.max_age_s is not None and session.created_at < at - timedelta(
        seconds=asked.max_age_s
    )


def is_someone_else(asked: Asked, session: Session) -> bool:
    """Whether the client wants a certain person, and this is another."""
    return bool(asked.subject) and subject_for(asked.client, session.account_id) != asked.subject


def is_known_well_enough(asked: Asked, session: Session) -> bool:
    return level_of_session(session) >= asked.level


def fresh_mark(request: HttpRequest, *, at: datetime) -> str:
    """Signed: from this instant on a new sign-in counts for this request."""
    return signing.dumps([_essence(request), at.timestamp()], salt=FRESH_SALT)


def _sent_at(request: HttpRequest) -> float | None:
    try:
        essence, sent_at = signing.loads(
            request.GET.get(FRESH, ""), salt=FRESH_SALT, max_age=FRESH_TERM_S
        )
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return float(sent_at) if essence == _essence(request) else None


def _essence(request: HttpRequest) -> str:
    names = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")
    return "|".join(request.GET.get(name, "") for name in names)
