"""What may be asked of us: scopes, the data behind them, levels of assurance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions

REVIEW_CLIENTS = permissions.declare(
    "identity.review_clients", _("Review programs that sign people in here")
)
MANAGE_UPSTREAMS = permissions.declare(
    "identity.manage_upstreams", _("Say whose sign-in is accepted here"), for_all=True
)

ACR_PREFIX = "urn:lingnan:assurance:"
LEVELS = (1, 2, 3, 4)
# RFC 8176 names no value for a sign-in elsewhere (WeChat, another provider): it adds none.
AMR: Mapping[str, tuple[str, ...]] = {
    "password": ("pwd",),
    "totp": ("otp",),
    "sms_code": ("sms",),
    "face": ("face",),
    "sm2_certificate": ("swk",),
}
OFFLINE = "offline_access"
CREDENTIALS = "credentials"
SCIM = "scim"
INTROSPECT = "introspect"


def amr(methods: Iterable[str], *, second_factor: bool, synced: bool) -> list[str]:
    """How someone showed himself, in the words of RFC 8176. `synced`: of the passkey, whether its
    key leaves the device that made it."""
    found: list[str] = []
    for method in methods:
        passkey = ("swk" if synced else "hwk", "user") if method == "passkey" else ()
        found += AMR.get(method, passkey)
    return list(dict.fromkeys([*found, *(["mfa"] if second_factor else [])]))


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope of OpenID Connect: its words, and the claims it opens."""

    code: str
    title: str | Promise
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """One line of a consent: what, its value as its owner may recognise it, and why."""

    claim: str
    title: str
    masked: str
    purpose: str


SCOPES: dict[str, Scope] = {
    scope.code: scope
    for scope in (
        Scope("openid", _("That it is you again, without your name")),
        Scope("profile", _("Name and birth"), ("name", "name_latin", "gender", "birthdate")),
        Scope("phone", _("Telephone number"), ("phone_number",)),
        Scope("email", _("E-mail"), ("email",)),
        Scope(
            "person",
            _("Document"),
            ("person_type", "document_type", "document_number", "nationality"),
        ),
        Scope("organisation", _("The organisation you act for"), ("organisation",)),
        Scope("mandates", _("Whom you may act for"), ("mandates",)),
        Scope(
            "assurance",
            _("How surely we know you"),
            ("assurance_level", "assurance_evidence_on"),
        ),
        Scope("officer", _("Your post and agency"), ("officer",)),
        Scope(CREDENTIALS, _("Put your electronic licences into this program, as a wallet")),
        Scope(OFFLINE, _("To go on while you are signed out")),
    )
}
# In a client's own name, never in a person's.
CLIENT_SCOPES: dict[str, Scope] = {
    SCIM: Scope(SCIM, _("Keep the accounts and groups of an agency's officers")),
    INTROSPECT: Scope(INTROSPECT, _("Ask whether a token of its own resource is live")),
}

CLAIMS: dict[str, str | Promise] = {
    "name": _("Your name"),
    "name_latin": _("Your name in Latin letters"),
    "gender": _("Sex"),
    "birthdate": _("Date of birth"),
    "phone_number": _("Telephone number"),
    "email": _("E-mail"),
    "person_type": _("Whether you are a natural person"),
    "document_type": _("Kind of document"),
    "document_number": _("Number of the document"),
    "nationality": _("Nationality"),
    "organisation": _("The organisation you act for"),
    "mandates": _("Whom you may act for"),
    "assurance_level": _("How surely we know you"),
    "assurance_evidence_on": _("Since when we know you so"),
    "officer": _("Your post and agency"),
}

_MODULES: dict[str, str | Promise] = {
    "documents": _("See and add files for you"),
    "government_services": _("See and make applications for you"),
    "identity": _("See your account and mandates"),
    "licences": _("See your electronic licences"),
    "messaging": _("See your messages"),
    "payment": _("See your bills and start payments"),
    "workflow": _("See and do your tasks"),
}


def api_scopes() -> dict[str, str | Promise]:
    """The scopes that open the product's own API: permission codes, and names of modules."""
    declared = permissions.declared()
    found: dict[str, str | Promise] = {
        module: _MODULES.get(module, module)
        for module in sorted({code.split(".")[0] for code in declared} | set(_MODULES))
    }
    return found | {code: permission.title for code, permission in sorted(declared.items())}


def scope_title(code: str) -> str:
    """The scope in words; its code where there are none."""
    known = SCOPES.get(code) or CLIENT_SCOPES.get(code)
    return str(known.title if known else api_scopes().get(code, code))


def is_scope(code: str) -> bool:
    return code in SCOPES or code in CLIENT_SCOPES or code in api_scopes()


def claims_of(scopes: Iterable[str]) -> list[str]:
    """The claims these scopes open, in the order of the catalogue."""
    opened = {claim for code in scopes if code in SCOPES for claim in SCOPES[code].claims}
    return [claim for claim in CLAIMS if claim in opened]


def scope_of(claim: str) -> str:
    """The scope a claim belongs to."""
    return next((scope.code for scope in SCOPES.values() if claim in scope.claims), "")


def acr(level: int) -> str:
    return f"{ACR_PREFIX}{level}"


def level_of(value: str) -> int | None:
    """The level an acr value names: `urn:lingnan:assurance:2` -> 2."""
    text = value.removeprefix(ACR_PREFIX)
    return int(text) if value.startswith(ACR_PREFIX) and text in {"1", "2", "3", "4"} else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """A client just registered; its secret is shown once, empty for one that has none."""

    id: UUID
    client_id: str
    secret: str
