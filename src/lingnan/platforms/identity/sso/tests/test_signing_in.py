"""OpenID Connect Core: from the authorization request to claims, and everything on the way."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet

from lingnan.kernel import clock

from ...models import Authorisation, Consent, OAuthToken
from ...testing import (
    client_for,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
)
from ..testing import CALLBACK, Asking, make_client, returned

pytestmark = pytest.mark.django_db


def id_token(tokens: dict[str, Any]) -> dict[str, Any]:
    keys = KeySet.import_key_set(Browser().get("/oauth/jwks").json())
    return dict(jwt.decode(tokens["id_token"], keys, algorithms=["RS256", "ES256"]).claims)


def userinfo(token: str) -> Any:
    return Browser().get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})


def test_a_person_agrees_and_the_client_learns_exactly_that() -> None:
    person = make_person("陈美玲", phone="13800000001")
    browser = client_for(make_person_actor(person))
    asking = Asking(make_client("openid", "profile", "phone"), scope="openid profile phone")

    page = asking.start(browser)
    text = page.content.decode()
    assert page.status_code == 200
    assert "*美玲" in text and "陈美玲" not in page.context["data"][0].masked
    assert "138****0001" in text and "测试用途" in text

    back = asking.agree(browser)
    assert back["state"] == asking.state
    assert back["iss"] == settings.LINGNAN.public_url
    answer = asking.redeem(back["code"])
    assert answer.status_code == 200, answer.content
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 600
    claims = id_token(tokens)
    assert claims["iss"] == settings.LINGNAN.public_url
    assert claims["aud"] == asking.client.client_id
    assert claims["nonce"] == asking.nonce
    assert claims["acr"] == "urn:lingnan:assurance:2"
    assert "name" not in claims, "claims of scopes are told at the userinfo endpoint"
    told = userinfo(tokens["access_token"]).json()
    assert told["sub"] == claims["sub"] != str(person.pk)
    assert told["name"] == "陈美玲"
    assert told["phone_number"] == "+8613800000001"
    assert "document_number" not in told
    assert Consent.objects.get().scopes == ["openid", "phone", "profile"]


def test_what_was_agreed_is_remembered_and_more_is_asked_anew() -> None:
    browser = client_for(make_person_actor())
    client = make_client("openid", "profile", "person")
    Asking(client).tokens(browser)
    again = Asking(client).start(browser)
    assert again.status_code == 302 and again["Location"].startswith(CALLBACK)
    assert Asking(client, scope="openid profile person").start(browser).status_code == 200
    assert Asking(client, extra={"prompt": "consent"}).start(browser).status_code == 200


def test_a_refusal_goes_back_to_the_client() -> None:
    browser = client_for(make_person_actor())
    asking = Asking(make_client())
    back = asking.agree(browser, decision="deny")
    assert back["error"] == "access_denied" and back["state"] == asking.state
    assert back["iss"] == settings.LINGNAN.public_url
    assert not Consent.objects.exists() and not Authorisation.objects.exists()


def test_two_sectors_know_one_person_by_two_names() -> None:
    browser = client_for(make_person_actor())
    first = make_client()
    second = make_client(redirect_uris=["https://other.example.cn/cb"])
    same = make_client(redirect_uris=["https://rp.example.cn/second"])
    public = make_client(subject_type="public")
    subs = [
        id_token(Asking(client).tokens(browser))["sub"] for client in (first, second, same, public)
    ]
    assert subs[0] == subs[2]
    assert len(set(subs)) == 3


def test_without_prompting_errors_say_what_is_missing() -> None:
    client = make_client()
    silent = {"prompt": "none"}
    anonymous = Asking(client, extra=silent).start(Browser())
    assert returned(anonymous["Location"])["error"] == "login_required"
    browser = client_for(make_person_actor())
    assert returned(Asking(client, extra=silent).start(browser)["Location"])["error"] == (
        "consent_required"
    )
    Asking(client).tokens(browser)
    assert "code" in returned(Asking(client, extra=silent).start(browser)["Location"])


def test_signing_in_leads_back_to_the_request() -> None:
    asking = Asking(make_client(), extra={"login_hint": "tester"})
    answer = asking.start(Browser())
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/sign-in/?next=%2Foauth%2Fresume%3F")
    assert "username=tester" in answer["Location"]
    onward = returned(answer["Location"])["next"]
    page = client_for(make_person_actor()).get(onward)
    assert page.context["onward"].startswith("/oauth/authorize?response_type=code")
    assert b'http-equiv="refresh"' in page.content


def test_prompt_login_and_max_age_ask_for_a_new_sign_in() -> None:
    client = make_client()
    actor = make_person_actor()
    browser = client_for(actor)
    for extra in ({"prompt": "login"}, {"max_age": "0"}):
        asking = Asking(client, extra=extra)
        sent = asking.start(browser)
        assert sent["Location"].startswith("/account/sign-in/"), extra
    # Only a session begun after the request was sent to sign in will do.
    asking = Asking(client, extra={"prompt": "login"})
    onward = returned(asking.start(browser)["Location"])["next"]
    resumed = browser.get(onward).context["onward"]
    assert browser.get(resumed)["Location"].startswith("/account/sign-in/")
    assert client_for(actor).get(resumed).status_code == 200
    # The mark belongs to this request: it helps no other.
    mark = returned(resumed)["fresh"]
    other = Asking(client, extra={"prompt": "login", "fresh": mark})
    assert other.start(client_for(actor))["Location"].startswith("/account/sign-in/")
    assert Asking(client, extra={"max_age": "600"}).start(browser).status_code == 200
    assert returned(Asking(client, extra={"max_age": "x"}).start(browser)["Location"])["error"] == (
        "invalid_request"
    )


def test_a_level_that_is_essential_is_reached_or_refused() -> None:
    client = make_client()
    browser = client_for(make_person_actor())
    essential = json.dumps(
        {"id_token": {"acr": {"essential": True, "values": ["urn:lingnan:assurance:4"]}}}
    )
    refused = Asking(client, extra={"claims": essential, "prompt": "none"}).start(browser)
    assert returned(refused["Location"])["error"] == "unmet_authentication_requirements"
    wished = Asking(client, extra={"acr_values": "urn:lingnan:assurance:1 urn:lingnan:assurance:3"})
    assert id_token(wished.tokens(browser))["acr"] == "urn:lingnan:assurance:2"


def test_claims_by_name_are_told_where_they_were_asked() -> None:
    browser = client_for(make_person_actor(make_person("陈美玲")))
    client = make_client("openid", "profile")
    wanted = json.dumps(
        {"id_token": {"name": None, "document_number": None}, "userinfo": {"birthdate": None}}
    )
    asking = Asking(client, scope="openid", extra={"claims": wanted})
    tokens = asking.tokens(browser)
    claims = id_token(tokens)
    assert claims["name"] == "陈美玲"
    assert "document_number" not in claims, "its scope is not the client's"
    told = userinfo(tokens["access_token"]).json()
    assert set(told) <= {"sub", "birthdate"}
    for bad in ("[1]", "{", '{"id_token": 5}'):
        answer = Asking(client, extra={"claims": bad}).start(browser)
        assert returned(answer["Location"])["error"] == "invalid_request", bad


def test_the_firm_acted_for_and_the_officers_post_are_told() -> None:
    firm = make_organisation()
    actor = make_person_actor(firm.legal_representative, organisation=firm)
    client = make_client("openid", "organisation", "officer", "assurance", "person")
    asking = Asking(client, scope="openid organisation assurance person")
    told = userinfo(asking.tokens(client_for(actor))["access_token"]).json()
    assert told["organisation"]["registration_number"] == firm.registration_number
    assert told["organisation"]["capacity"] == "legal_representative"
    assert told["assurance_level"] == 2 and told["person_type"] == "natural"
    officer = make_officer_actor("window_clerk", name="李工")
    asking = Asking(client, scope="openid officer assurance")
    told = userinfo(asking.tokens(client_for(officer))["access_token"]).json()
    assert told["officer"]["name"] == "李工" and told["officer"]["roles"] == ["window_clerk"]
    assert told["assurance_level"] == 3


def test_userinfo_is_signed_where_registered_and_takes_a_form() -> None:
    browser = client_for(make_person_actor(make_person("陈美玲")))
    client = make_client(userinfo_algorithm="ES256", id_token_algorithm="ES256")
    tokens = Asking(client).tokens(browser)
    assert id_token(tokens)["aud"] == client.client_id
    answer = Browser().post("/oauth/userinfo", {"access_token": tokens["access_token"]})
    assert answer["Content-Type"] == "application/jwt"
    keys = KeySet.import_key_set(Browser().get("/oauth/jwks").json())
    claims = jwt.decode(answer.content.decode(), keys, algorithms=["ES256"]).claims
    assert claims["name"] == "陈美玲" and claims["aud"] == client.client_id
    assert Browser().get("/oauth/userinfo").status_code == 401
    assert userinfo("lgo_nonsense")["WWW-Authenticate"].endswith('error="invalid_token"')


def test_an_access_token_opens_the_api_within_its_scopes_and_no_page() -> None:
    browser = client_for(make_person_actor())
    client = make_client("openid", "licences")
    narrow = Asking(client, scope="openid").tokens(browser)["access_token"]
    wide = Asking(client, scope="openid licences").tokens(browser)["access_token"]

    def status(path: str, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return int(Browser().get(path, headers=headers).status_code)

    assert status("/api/v1/licences", wide) == 200
    assert status("/api/v1/licences", narrow) == 403
    assert status("/api/v1/cases", wide) == 403
    assert status("/api/v1/me", wide) == 403, "who it is, the ID token says; the rest needs a scope"
    assert status("/account/", wide) == 302
    assert status("/oauth/authorize?" + Asking(client).query, wide) == 302


def test_refresh_tokens_rotate_within_the_session() -> None:
    browser = client_for(make_person_actor())
    client = make_client()
    first = Asking(client).tokens(browser)

    def refresh(token: str, **extra: str) -> Any:
        data = {"grant_type": "refresh_token", "refresh_token": token, **extra}
        return Browser().post("/oauth/token", data, headers=client.basic)

    second = refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert "nonce" not in id_token(second)
    assert id_token(second)["sub"] == id_token(first)["sub"]
    narrowed = refresh(second["refresh_token"], scope="openid").json()
    assert narrowed["scope"] == "openid"
    wider = refresh(narrowed["refresh_token"], scope="openid profile")
    assert wider.json()["error"] == "invalid_scope"


def test_a_client_speaks_in_its_own_name() -> None:
    service = make_client(
        "introspect", kind="service", grant_types=["client_credentials"], redirect_uris=[]
    )
    data = {"grant_type": "client_credentials", "scope": "introspect openid"}
    answer = Browser().post("/oauth/token", data, headers=service.basic)
    assert answer.status_code == 200 and answer.json()["scope"] == "introspect"
    assert "refresh_token" not in answer.json()
    token = answer.json()["access_token"]
    assert Browser().get(
        "/api/v1/me", headers={"Authorization": f"Bearer {token}"}
    ).status_code == (401)
    none = {"grant_type": "client_credentials", "scope": "openid"}
    refused = Browser().post("/oauth/token", none, headers=service.basic)
    assert refused.json()["error"] == "invalid_scope"


def test_introspection_tells_the_tokens_client_and_registered_resources_alone() -> None:
    browser = client_for(make_person_actor())
    client, stranger = make_client(), make_client()
    resource = make_client(
        "introspect", kind="service", grant_types=["client_credentials"], redirect_uris=[]
    )
    tokens = Asking(client).tokens(browser)

    def ask(who: Any, token: str) -> Any:
        return Browser().post("/oauth/introspect", {"token": token}, headers=who.basic).json()

    told = ask(client, tokens["access_token"])
    assert told["active"] and told["scope"] == "openid profile"
    assert ask(resource, tokens["access_token"])["sub"] == told["sub"]
    assert ask(client, tokens["refresh_token"])["active"]
    assert ask(stranger, tokens["access_token"]) == {"active": False}
    assert ask(client, "nonsense") == {"active": False}
    bare = Browser().post("/oauth/introspect", {"token": tokens["access_token"]})
    assert bare.status_code == 401
    # Revoking the refresh token ends all that came of the sign-in.
    gone = Browser().post("/oauth/revoke", {"token": tokens["refresh_token"]}, headers=client.basic)
    assert gone.status_code == 200
    assert ask(client, tokens["access_token"]) == {"active": False}
    assert userinfo(tokens["access_token"]).status_code == 401


def test_discovery_is_true() -> None:
    told = Browser().get("/.well-known/openid-configuration").json()
    assert told == Browser().get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == settings.LINGNAN.public_url
    for name, value in told.items():
        if name.endswith(("_endpoint", "jwks_uri")):
            path = value.removeprefix(told["issuer"])
            assert Browser().get(path).status_code != 404, name
    keys = Browser().get("/oauth/jwks").json()["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "ES256"}
    assert all("d" not in key for key in keys)


def test_a_token_keeps_its_digest_alone() -> None:
    tokens = Asking(make_client()).tokens(client_for(make_person_actor()))
    row = OAuthToken.objects.get()
    assert tokens["access_token"] not in (row.token_digest, str(row.pk))
    assert row.expires_at > timezone.now() and len(row.token_digest) == 64
    assert clock.now() < row.expires_at


@pytest.mark.parametrize(
    ("changed", "reason", "words"),
    [
        ({"client_id": "nobody"}, "client_id", "未在本平台登记"),
        ({"redirect_uri": "https://evil.example.cn/"}, "redirect_uri", "返回的地址未经登记"),
        ({"redirect_uri": ""}, "redirect_uri", "返回的地址未经登记"),
    ],
)
def test_what_cannot_be_sent_back_is_said_in_the_readers_language(
    changed: dict[str, str], reason: str, words: str
) -> None:
    asking = Asking(make_client(), extra=changed)
    page = asking.start(client_for(make_person_actor(make_person())))
    assert page.status_code == 400 and page.context["problem"]["facts"]["reason"] == reason
    shown = page.context["problem"]["detail"]
    assert words in shown and not re.search("[A-Za-z]{3}", shown), shown
