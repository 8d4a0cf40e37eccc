"""A wallet of our own for tests: keeps a key, fetches credentials, shows parts of them."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from joserfc import jws
from joserfc.jwe import encrypt_compact
from joserfc.jwk import ECKey

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor

from ..models import Licence
from . import offers
from .jose import sha256
from .keys import issuer
from .types import PRE_AUTHORISED, MadeOffer


def _encode(header: dict[str, Any], claims: dict[str, Any], key: ECKey) -> str:
    return jws.serialize_compact({"alg": "ES256", **header}, json.dumps(claims), key)


@dataclass
class Wallet:
    """A key, a browser, and what was fetched."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    browser: Client = field(default_factory=Client)
    token: str = ""
    notification: str = ""

    @property
    def jwk(self) -> dict[str, Any]:
        return dict(self.key.as_dict(private=False))

    def redeem(self, offer: Mapping[str, Any], number: str | None) -> Any:
        grant = offer["grants"][PRE_AUTHORISED]
        form = {"grant_type": PRE_AUTHORISED, "pre-authorized_code": grant["pre-authorized_code"]}
        if number is not None:
            form["tx_code"] = number
        answer = self.browser.post("/oauth/token", form)
        self.token = answer.json().get("access_token", "")
        return answer

    def nonce(self) -> str:
        return str(self.browser.post("/openid4vci/nonce").json()["c_nonce"])

    def proof(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        said = {"aud": issuer(), "iat": int(clock.now().timestamp()), **claims}
        said.setdefault("nonce", self.nonce())
        head = {"typ": "openid4vci-proof+jwt", "jwk": self.jwk, **(header or {})}
        return _encode(head, said, self.key)

    def ask(self, type_code: str, proof: str | None = None, **more: Any) -> Any:
        body = {
            "credential_configuration_id": type_code,
            "proofs": {"jwt": [proof or self.proof()]},
            **more,
        }
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.browser.post(
            "/openid4vci/credential", body, content_type="application/json", headers=headers
        )

    def fetch(self, made: MadeOffer) -> str:
        """The whole way from an offer to a credential."""
        answer = self.redeem(made.offer, made.number)
        assert answer.status_code == 200, answer.content
        asked = self.ask(made.offer["credential_configuration_ids"][0])
        assert asked.status_code == 200, asked.content
        self.notification = asked.json()["notification_id"]
        return str(asked.json()["credentials"][0]["credential"])

    def notify(self, event: str) -> Any:
        return self.browser.post(
            "/openid4vci/notification",
            {"notification_id": self.notification, "event": event},
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def show(
        self,
        credential: str,
        names: Iterable[str],
        *,
        aud: str,
        nonce: str,
        key: ECKey | None = None,
        **claims: Any,
    ) -> str:
        """A presentation that discloses the claims with these names, bound to a request."""
        jwt, *disclosures = credential.rstrip("~").split("~")
        kept = [text for text in disclosures if name_of(text) in set(names)]
        body = "~".join([jwt, *kept, ""])
        said = {
            "aud": aud, "nonce": nonce, "iat": int(clock.now().timestamp()),
            "sd_hash": sha256(body), **claims,
        }  # fmt: skip
        return body + _encode({"typ": "kb+jwt"}, said, key or self.key)

    def read_request(self, link: str) -> dict[str, Any]:
        """The claims of the request a square code leads to."""
        address = parse_qs(urlsplit(link).query)["request_uri"][0]
        token = self.browser.get(urlsplit(address).path).content.decode()
        return claims_in(token)

    def answer(self, request: Mapping[str, Any], vp_token: Mapping[str, Any]) -> Any:
        """Send an answer as the request wants it."""
        if request["response_mode"] == "direct_post":
            form = {"vp_token": json.dumps(vp_token), "state": request["state"]}
        else:
            jwk = request["client_metadata"]["jwks"]["keys"][0]
            header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": jwk["kid"]}
            text = json.dumps({"vp_token": vp_token, "state": request["state"]})
            public = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
            form = {"response": encrypt_compact(header, text.encode(), public)}
        return self.browser.post(urlsplit(request["response_uri"]).path, form)


def claims_in(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return claims


def name_of(disclosure: str) -> str:
    """The name of the claim a disclosure opens."""
    return str(decoded(disclosure)[1])


def decoded(disclosure: str) -> list[Any]:
    """Salt, name and value of a disclosure."""
    padded = disclosure + "=" * (-len(disclosure) % 4)
    parts: list[Any] = json.loads(base64.urlsafe_b64decode(padded))
    return parts


def offer_for(actor: Actor, licence: Licence) -> MadeOffer:
    """An offer of a licence of the actor's."""
    return offers.make_offer(actor=actor, licence_id=licence.pk, at=clock.now())
