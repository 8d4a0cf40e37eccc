"""What RFC 9700 warns of, tried: each ends in a refusal, and nothing is handed out."""

import base64
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import NotFound
from lingnan.kernel.testing import race

from ...errors import TooManyAttempts
from ...models import Authorisation, AuthorizationCode, Consent, DeviceRequest, OAuthToken
from ...services import end_session
from ...testing import client_for, make_person_actor, session_token
from .. import services
from ..errors import AuthorisationRefused, UserCodeUnknown
from ..testing import CALLBACK, Asking, MadeClient, make_client, make_owner, returned

pytestmark = pytest.mark.django_db


def is_live(token: str) -> bool:
    answer = Browser().get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
    return bool(answer.status_code == 200)


def refresh(client: MadeClient, token: str) -> Any:
    data = {"grant_type": "refresh_token", "refresh_token": token}
    return Browser().post("/oauth/token", data, headers=client.basic)


def test_a_code_shown_twice_ends_what_came_of_it() -> None:
    browser = client_for(make_person_actor())
    asking = Asking(make_client())
    code = asking.code(browser)
    tokens = asking.redeem(code).json()
    assert is_live(tokens["access_token"])
    again = asking.redeem(code)
    assert again.status_code == 400 and again.json()["error"] == "invalid_grant"
    assert not is_live(tokens["access_token"])
    assert refresh(asking.client, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert Authorisation.objects.get().ended_because == "replay"


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_gets_tokens_and_then_neither_keeps_them() -> None:
    asking = Asking(make_client())
    code = asking.code(client_for(make_person_actor()))
    answers = race([lambda: asking.redeem(code), lambda: asking.redeem(code)])
    assert sorted(answer.status_code for answer in answers) == [200, 400]  # type: ignore[union-attr]
    assert Authorisation.objects.get().ended_because == "replay"


def test_a_code_is_good_for_its_client_its_address_its_verifier_and_a_minute() -> None:
    browser = client_for(make_person_actor())
    client, other = make_client(), make_client(redirect_uris=["https://evil.example.cn/cb"])
    asking = Asking(client)
    stolen = asking.code(browser)
    mixed_up = Browser().post(
        "/oauth/token",
        {
            "grant_type": "authorization_code",
            "code": stolen,
            "redirect_uri": CALLBACK,
            "code_verifier": asking.verifier,
        },
        headers=other.basic,
    )
    assert mixed_up.json()["error"] == "invalid_grant"
    assert asking.redeem(stolen).status_code == 200, "another client's attempt harms no one"
    for changes in (
        {"redirect_uri": "https://rp.example.cn/callback/"},
        {"redirect_uri": None},
        {"code_verifier": "a" * 43},
        {"code_verifier": None},
    ):
        asking = Asking(client)
        code = asking.code(browser)
        assert asking.redeem(code, **changes).status_code == 400, changes
        assert asking.redeem(code).status_code == 400, "one attempt, also a wrong one"
    asking = Asking(client)
    code = asking.code(browser)
    AuthorizationCode.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert asking.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example.cn/callback/",
        "https://rp.example.cn/callback?x=1",
        "https://rp.example.cn/callback#x",
        "https://rp.example.cn:444/callback",
        "https://rp.example.cn/Callback",
        "https://rp.example.cn/callback/../evil",
        "https://rp.example.cn@evil.example.cn/callback",
        "https://evil.example.cn\\@rp.example.cn/callback",
        "http://rp.example.cn/callback",
        "https://rp.example.cn.evil.cn/callback",
        "javascript:alert(1)",
        "https://rp.example.cn/callback中",
        "",
    ],
)
def test_no_other_address_gets_anything(uri: str) -> None:
    browser = client_for(make_person_actor())
    asking = Asking(make_client(), extra={"redirect_uri": uri})
    answer = asking.start(browser)
    assert answer.status_code == 400
    assert AuthorisationRefused.code in answer.content.decode()
    assert "Location" not in answer
    assert browser.post(f"/oauth/consent?{asking.query}", {"decision": "allow"}).status_code == 400
    assert not AuthorizationCode.objects.exists()


def test_the_port_of_a_native_programs_loopback_may_differ_and_nothing_else() -> None:
    browser = client_for(make_person_actor())
    native = make_client(
        kind="native", auth_method="none", redirect_uris=["http://127.0.0.1/cb", "cn.gov.app:/cb"]
    )
    for uri, status in (
        ("http://127.0.0.1:51004/cb", 200),
        ("cn.gov.app:/cb", 200),
        ("http://127.0.0.1:51004/other", 400),
        ("http://127.0.0.1.evil.cn:80/cb", 400),
        ("http://localhost:51004/cb", 400),
        ("https://127.0.0.1/cb", 400),
    ):
        answer = Asking(native, extra={"redirect_uri": uri}).start(browser)
        assert answer.status_code == status, uri


def test_pkce_cannot_be_talked_down() -> None:
    browser = client_for(make_person_actor())
    public = make_client(kind="native", auth_method="none")
    confidential = make_client()
    none = {"code_challenge": "", "code_challenge_method": ""}
    for client, extra in (
        (public, none),
        (public, {"code_challenge_method": "plain"}),
        (public, {"code_challenge_method": ""}),
        (confidential, {"code_challenge_method": "plain"}),
        (confidential, {"code_challenge": "short"}),
    ):
        answer = Asking(client, extra=extra).start(browser)
        assert returned(answer["Location"])["error"] == "invalid_request", extra
    # A challenge someone removed on the way: the verifier of the honest client gives it away.
    asking = Asking(confidential, extra=none)
    assert asking.redeem(asking.code(browser)).status_code == 400
    asking = Asking(public)
    assert asking.redeem(asking.code(browser)).status_code == 200


def test_parameters_twice_and_request_objects_are_refused() -> None:
    browser = client_for(make_person_actor())
    asking = Asking(make_client())
    assert browser.get(f"/oauth/authorize?{asking.query}&client_id=x").status_code in {302, 400}
    twice = browser.get(f"/oauth/authorize?{asking.query}&state=other")
    assert twice.status_code == 400 or "error=invalid_request" in twice["Location"]
    for extra in ({"request": "e30."}, {"request_uri": "https://a.cn/x"}):
        answer = Asking(asking.client, extra=extra).start(browser)
        assert returned(answer["Location"])["error"] == "invalid_request"
    implicit = Asking(asking.client, extra={"response_type": "token"}).start(browser)
    assert returned(implicit["Location"])["error"] == "unsupported_response_type"
    for bad in ("\x00", "中\ud83d", "a" * 5000):
        quoted = Asking(asking.client, extra={"state": bad.encode("utf-8", "replace").decode()})
        assert quoted.start(browser).status_code < 500


def test_a_refresh_token_used_twice_ends_its_family() -> None:
    client = make_client()
    first = Asking(client).tokens(client_for(make_person_actor()))
    second = refresh(client, first["refresh_token"]).json()
    assert refresh(client, first["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(client, second["refresh_token"]).json()["error"] == "invalid_grant"
    assert not is_live(second["access_token"])
    stranger = make_client()
    other = Asking(client).tokens(client_for(make_person_actor()))
    assert refresh(stranger, other["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(client, other["refresh_token"]).status_code == 200


def test_after_sign_out_no_token_works_except_what_was_asked_offline() -> None:
    actor = make_person_actor()
    token = session_token(actor)
    browser = Browser()
    browser.cookies["lingnan_session"] = token
    client = make_client("openid", "profile", "offline_access")
    online = Asking(client).tokens(browser)
    offline = Asking(client, scope="openid offline_access").tokens(browser)
    code = Asking(client).code(browser)
    row = Authorisation.objects.filter(offline=False).first()
    assert row is not None and row.session is not None
    signed_in = Browser(headers={"Authorization": f"Bearer {token}"})
    assert signed_in.delete("/api/v1/sessions").status_code == 204
    assert not is_live(online["access_token"])
    assert refresh(client, online["refresh_token"]).status_code == 400
    assert Asking(client).redeem(code).status_code == 400
    assert is_live(offline["access_token"])
    assert refresh(client, offline["refresh_token"]).status_code == 200


def test_a_suspended_client_and_a_withdrawn_consent_silence_every_token() -> None:
    actor = make_person_actor()
    browser = client_for(actor)
    client = make_client("openid", "licences", "offline_access")
    scope = "openid licences offline_access"
    tokens = Asking(client, scope=scope).tokens(browser)
    consent = Consent.objects.get()
    other = client_for(make_person_actor())
    assert other.post(f"/account/consents/{consent.pk}/withdraw/").status_code == 404
    assert is_live(tokens["access_token"])
    assert browser.post(f"/account/consents/{consent.pk}/withdraw/").status_code == 302
    assert not is_live(tokens["access_token"])
    assert refresh(client, tokens["refresh_token"]).status_code == 400
    tokens = Asking(client, scope=scope).tokens(browser)
    services.suspend_client(
        actor=SYSTEM, client_pk=client.row.pk, reason="用户投诉核实属实", at=clock.now()
    )
    assert not is_live(tokens["access_token"])
    called = Browser(headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert called.get("/api/v1/licences").status_code == 401
    assert refresh(client, tokens["refresh_token"]).json()["error"] == "invalid_client"
    assert Asking(client).start(browser).status_code == 400


def test_secrets_are_needed_and_wrong_ones_are_told_nothing() -> None:
    browser = client_for(make_person_actor())
    asking = Asking(make_client())
    code = asking.code(browser)
    data = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": asking.verifier,
    }
    for headers, extra in (
        ({}, {"client_id": asking.client.client_id}),
        ({"Authorization": "Basic " + base64.b64encode(b"a:b").decode()}, {}),
        ({"Authorization": "Basic //8="}, {}),
        ({}, {"client_id": asking.client.client_id, "client_secret": "wrong"}),
    ):
        answer = Browser().post("/oauth/token", {**data, **extra}, headers=headers)
        assert answer.status_code in {400, 401}, headers
        assert not OAuthToken.objects.exists()
    post = {"client_id": asking.client.client_id, "client_secret": asking.client.secret}
    assert Browser().post("/oauth/token", {**data, **post}).status_code == 200


def test_a_renewed_secret_works_beside_the_former_for_a_week() -> None:
    owner = make_owner()
    client = make_client(owner=owner)
    fresh = services.renew_secret(actor=owner, client_pk=client.row.pk, at=clock.now())
    client.row.refresh_from_db()
    tokens = Asking(client).tokens(client_for(make_person_actor()))
    assert tokens["access_token"]
    client.row.former_secret_until = clock.now() - timedelta(seconds=1)
    client.row.save()
    assert refresh(client, tokens["refresh_token"]).json()["error"] == "invalid_client"
    renewed = MadeClient(row=client.row, secret=fresh)
    assert refresh(renewed, tokens["refresh_token"]).status_code == 200


def assertion(client: MadeClient, key: Any, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": "http://127.0.0.1:8000/oauth/token",
        "exp": now + 120,
        "iat": now,
        "jti": str(now) + str(len(changes)),
        **changes,
    }
    if "aud" not in changes:
        claims["aud"] = settings.LINGNAN.public_url.rstrip("/")
    return jwt.encode({"alg": "RS256"}, claims, key, ["RS256"])


def test_signed_client_assertions_are_for_us_fresh_and_good_once() -> None:
    key = RSAKey.generate_key(2048)
    client = make_client(
        "introspect",
        kind="service",
        auth_method="private_key_jwt",
        grant_types=["client_credentials"],
        redirect_uris=[],
        jwks={"keys": [key.as_dict(private=False)]},
    )

    def ask(text: str) -> int:
        data = {
            "grant_type": "client_credentials",
            "scope": "introspect",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": text,
        }
        return int(Browser().post("/oauth/token", data).status_code)

    good = assertion(client, key)
    assert ask(good) == 200
    assert ask(good) == 400, "shown twice"
    now = int(time.time())
    assert ask(assertion(client, key, aud="https://elsewhere.cn")) == 400
    assert ask(assertion(client, key, exp=now - 300)) == 400
    assert ask(assertion(client, key, exp=now + 86_400, jti="far")) == 400
    assert ask(assertion(client, RSAKey.generate_key(2048), jti="other-key")) == 400
    _head, body, _signature = assertion(client, key, jti="none").split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert ask(f"{none}.{body}.") == 400
    public = key.as_pem(private=False)
    symmetric = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    signature = hmac.new(public, f"{symmetric}.{body}".encode(), "sha256").digest()
    mac = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    assert ask(f"{symmetric}.{body}.{mac}") == 400


def test_the_hint_at_sign_out_is_ours_and_signed() -> None:
    browser = client_for(make_person_actor())
    client = make_client(post_logout_redirect_uris=["https://rp.example.cn/bye"])
    tokens = Asking(client).tokens(browser)
    head, body, _signature = tokens["id_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    secret = OctKey.import_key("k" * 32)
    forged = [f"{none}.{body}.", f"{head}.{body}.AAAA", "x"]
    forged.append(jwt.encode({"alg": "HS256"}, claims, secret, ["HS256"]))
    for hint in forged:
        asked = {"id_token_hint": hint, "post_logout_redirect_uri": "https://rp.example.cn/bye"}
        assert browser.get("/oauth/logout", asked).status_code == 400, hint
    assert is_live(tokens["access_token"])
    # Without a hint of this session the person is asked, and nobody is sent anywhere.
    page = browser.get("/oauth/logout", {"client_id": client.client_id})
    assert page.status_code == 200 and is_live(tokens["access_token"])
    elsewhere = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://evil.cn"}
    assert browser.get("/oauth/logout", elsewhere)["Location"] == "/"
    assert not is_live(tokens["access_token"])


def test_sign_out_with_the_right_hint_goes_straight_back() -> None:
    browser = client_for(make_person_actor())
    client = make_client(post_logout_redirect_uris=["https://rp.example.cn/bye"])
    tokens = Asking(client).tokens(browser)
    asked = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": "https://rp.example.cn/bye",
        "state": "s1",
    }
    answer = browser.get("/oauth/logout", asked)
    assert answer["Location"] == "https://rp.example.cn/bye?state=s1"
    assert browser.cookies["lingnan_session"].value == ""
    assert not is_live(tokens["access_token"])


def test_another_site_cannot_agree_for_anyone() -> None:
    token = session_token(make_person_actor())
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies["lingnan_session"] = token
    asking = Asking(make_client())
    assert asking.start(strict).status_code == 200
    forged = strict.post(f"/oauth/consent?{asking.query}", {"decision": "allow"})
    assert forged.status_code == 403
    assert strict.post("/device/answer/", {"user_code": "BCDFGHJK"}).status_code == 403
    assert strict.post("/oauth/logout/confirm").status_code == 403
    assert not Consent.objects.exists()


def test_user_codes_are_not_guessed() -> None:
    client = make_client(
        kind="device",
        auth_method="none",
        redirect_uris=[],
        grant_types=["urn:ietf:params:oauth:grant-type:device_code"],
    )
    codes = services.open_request(client=client.row, scopes=["openid"], at=clock.now())
    actor = make_person_actor()
    for number in range(10):
        wrong = "BCDFGHJ" + "KLMNPQRSTV"[number]
        with pytest.raises(UserCodeUnknown):
            services.find_request(actor=actor, user_code=wrong, at=clock.now())
    with pytest.raises(TooManyAttempts):
        services.find_request(actor=actor, user_code=codes.user_code, at=clock.now())
    other = make_person_actor()
    assert services.find_request(actor=other, user_code=codes.user_code.lower(), at=clock.now())
    assert DeviceRequest.objects.get().state == "waiting"


def test_sessions_of_others_stay_out_of_reach() -> None:
    owner, stranger = make_owner(), make_owner()
    client = make_client(owner=owner)
    outside = client_for(stranger)
    assert outside.get(f"/developers/sign-in/{client.row.pk}/").status_code == 404
    assert outside.post(f"/developers/sign-in/{client.row.pk}/secret/").status_code == 404
    assert outside.get(f"/api/v1/sso/clients/{client.row.pk}").status_code == 404
    person = make_person_actor()
    browser = client_for(person)
    token = Asking(client).tokens(browser)["access_token"]
    row = Authorisation.objects.get()
    assert row.session is not None
    with pytest.raises(NotFound):
        end_session(actor=stranger, session_id=row.session.pk, at=clock.now())
    assert is_live(token)
