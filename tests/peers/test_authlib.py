"""Authlib as a relying party: code with PKCE, refresh, private_key_jwt."""

from typing import Any

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from lingnan.platforms.identity.sso.testing import make_client
from lingnan.platforms.identity.testing import make_person, make_person_actor

CALLBACK = "https://rp.example.cn/callback"


@pytest.mark.django_db(transaction=True)
def test_authlib_signs_a_person_in(issuer: str, person_at: Any) -> None:
    registered = make_client("openid", "profile", "phone")
    actor = make_person_actor(make_person("陈美玲", phone="13800000001"))
    person = person_at(actor)
    known = httpx.get(f"{issuer}/.well-known/openid-configuration").json()
    with OAuth2Session(
        registered.client_id,
        registered.secret,
        scope="openid profile phone",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    ) as client:
        verifier = "v" * 50
        url, state = client.create_authorization_url(
            known["authorization_endpoint"], code_verifier=verifier, nonce="n-1"
        )
        back = person.visit(url)
        assert f"state={state}" in back
        tokens = client.fetch_token(
            known["token_endpoint"], authorization_response=back, code_verifier=verifier
        )
        keys = KeySet.import_key_set(httpx.get(known["jwks_uri"]).json())
        claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
        assert (claims["iss"], claims["nonce"]) == (issuer, "n-1")
        told = client.get(known["userinfo_endpoint"]).json()
        assert (told["name"], told["phone_number"]) == ("陈美玲", "+8613800000001")
        renewed = client.refresh_token(known["token_endpoint"], tokens["refresh_token"])
        assert renewed["access_token"] != tokens["access_token"]
        assert client.get(known["userinfo_endpoint"]).json()["sub"] == claims["sub"]


@pytest.mark.django_db(transaction=True)
def test_authlib_speaks_in_a_systems_own_name_with_its_key(issuer: str) -> None:
    key = RSAKey.generate_key(2048)
    registered = make_client(
        "introspect",
        kind="service",
        auth_method="private_key_jwt",
        grant_types=["client_credentials"],
        redirect_uris=[],
        jwks={"keys": [key.as_dict(private=False)]},
    )
    endpoint = f"{issuer}/oauth/token"
    with OAuth2Session(
        registered.client_id, key, token_endpoint_auth_method="private_key_jwt"
    ) as client:
        client.register_client_auth_method(PrivateKeyJWT(endpoint))
        token = client.fetch_token(endpoint, grant_type="client_credentials", scope="introspect")
    assert token["scope"] == "introspect"
