"""Builders for tests of single sign-on, and a relying party that holds no library's hand."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client as Browser

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor

from ..models import Client
from ..testing import make_organisation, make_person_actor
from . import services
from .services.clients import ClientDetails

CALLBACK = "https://rp.example.cn/callback"
PURPOSE = "测试用途：办理演示业务。"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeClient:
    """A registered program and its secret."""

    row: Client
    secret: str

    @property
    def client_id(self) -> str:
        return self.row.client_id

    @property
    def basic(self) -> dict[str, str]:
        raw = f"{self.client_id}:{self.secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(raw).decode()}"}


def make_owner() -> Actor:
    """Someone who acts for a firm he leads."""
    firm = make_organisation()
    return make_person_actor(firm.legal_representative, organisation=firm)


def make_client(
    *scopes: str, approved: bool = True, owner: Actor | None = None, **details: Any
) -> MadeClient:
    """An approved program of a firm; without scopes: openid and profile."""
    wanted = scopes or ("openid", "profile")
    values: dict[str, Any] = {
        "name": "示范企业服务平台",
        "kind": "web",
        "auth_method": "client_secret_basic",
        "scopes": wanted,
        "purposes": {code: PURPOSE for code in wanted if code != "openid"},
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "contact": "ops@rp.example.cn",
        **details,
    }
    made = services.register_client(
        actor=owner or make_owner(), details=ClientDetails(**values), at=clock.now()
    )
    if approved:
        services.approve_client(actor=SYSTEM, client_pk=made.id, at=clock.now())
    return MadeClient(row=Client.objects.get(pk=made.id), secret=made.secret)


@dataclass
class Asking:
    """One authorisation request of a careful client, with its PKCE verifier and state."""

    client: MadeClient
    scope: str = "openid profile"
    extra: dict[str, str] = field(default_factory=dict)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def query(self) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest())
        values = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.row.redirect_uris[0],
            "scope": self.scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
            **self.extra,
        }
        return urlencode({key: value for key, value in values.items() if value})

    def start(self, browser: Browser) -> Any:
        return browser.get(f"/oauth/authorize?{self.query}")

    def agree(self, browser: Browser, decision: str = "allow") -> dict[str, str]:
        """Answer the consent page; returns what came back to the client."""
        answer = browser.post(f"/oauth/consent?{self.query}", {"decision": decision})
        assert answer.status_code == 200, answer.content
        return returned(answer.context["onward"])

    def code(self, browser: Browser) -> str:
        """The whole way to a code, agreeing where asked."""
        answer = self.start(browser)
        if answer.status_code == 302:
            return returned(answer["Location"])["code"]
        return self.agree(browser)["code"]

    def redeem(self, code: str, browser: Browser | None = None, **changes: Any) -> Any:
        values = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.row.redirect_uris[0],
            "code_verifier": self.verifier,
            **changes,
        }
        headers = self.client.basic if self.client.secret else {}
        if not self.client.secret:
            values.setdefault("client_id", self.client.client_id)
        data = {key: value for key, value in values.items() if value is not None}
        return (browser or Browser()).post("/oauth/token", data, headers=headers)

    def tokens(self, browser: Browser) -> dict[str, Any]:
        answer = self.redeem(self.code(browser))
        assert answer.status_code == 200, answer.content
        return dict(answer.json())


def returned(location: str) -> dict[str, str]:
    """The parameters that came back with an address."""
    return dict(parse_qsl(urlsplit(location).query))
