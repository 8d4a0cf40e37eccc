"""A kiosk signs in by a code; programs are told when a session ends; keys change in time."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import KeySet

from lingnan.kernel import clock
from lingnan.kernel.errors import Unavailable
from lingnan.kernel.testing import deliver_all

from ...models import Authorisation, DeviceRequest, Session, SigningKey
from ...testing import client_for, make_person_actor
from .. import services
from ..services import keys
from ..services.clients import DEVICE_GRANT
from ..testing import Asking, MadeClient, make_client, returned

pytestmark = pytest.mark.django_db


def make_kiosk() -> MadeClient:
    return make_client(
        "openid",
        "profile",
        kind="device",
        auth_method="none",
        redirect_uris=[],
        grant_types=[DEVICE_GRANT, "refresh_token"],
    )


def begin(kiosk: MadeClient) -> Any:
    data = {"client_id": kiosk.client_id, "scope": "openid profile"}
    answer = Browser().post("/oauth/device_authorization", data)
    assert answer.status_code == 200, answer.content
    return answer.json()


def poll(kiosk: MadeClient, device_code: str) -> Any:
    data = {"grant_type": DEVICE_GRANT, "device_code": device_code, "client_id": kiosk.client_id}
    DeviceRequest.objects.update(polled_at=None)
    return Browser().post("/oauth/token", data)


def test_a_kiosk_gets_in_when_someone_lets_it() -> None:
    kiosk = make_kiosk()
    codes = begin(kiosk)
    assert codes["verification_qr"].startswith("data:image/svg+xml")
    assert poll(kiosk, codes["device_code"]).json()["error"] == "authorization_pending"
    browser = client_for(make_person_actor())
    page = browser.get("/device/", {"user_code": codes["user_code"]})
    assert codes["user_code"] in page.content.decode()
    consent = browser.post("/device/", {"user_code": codes["user_code"]})
    assert kiosk.row.name in consent.content.decode()
    assert poll(kiosk, codes["device_code"]).json()["error"] == "authorization_pending"
    typed = {"user_code": codes["user_code"], "decision": "allow"}
    assert browser.post("/device/answer/", typed).status_code == 302
    tokens = poll(kiosk, codes["device_code"]).json()
    assert {"access_token", "refresh_token", "id_token"} <= set(tokens)
    assert poll(kiosk, codes["device_code"]).json()["error"] == "expired_token"
    assert browser.post("/device/", {"user_code": codes["user_code"]}).status_code == 404


def test_a_kiosk_is_turned_away_slowed_down_and_forgotten() -> None:
    kiosk, other = make_kiosk(), make_kiosk()
    browser = client_for(make_person_actor())
    codes = begin(kiosk)
    browser.post("/device/answer/", {"user_code": codes["user_code"], "decision": "deny"})
    assert poll(kiosk, codes["device_code"]).json()["error"] == "access_denied"
    codes = begin(kiosk)
    data = {
        "grant_type": DEVICE_GRANT,
        "device_code": codes["device_code"],
        "client_id": kiosk.client_id,
    }
    assert Browser().post("/oauth/token", data).json()["error"] == "authorization_pending"
    assert Browser().post("/oauth/token", data).json()["error"] == "slow_down"
    stolen = {**data, "client_id": other.client_id}
    assert Browser().post("/oauth/token", stolen).json()["error"] == "unauthorized_client"
    DeviceRequest.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert poll(kiosk, codes["device_code"]).json()["error"] == "expired_token"
    assert browser.post("/device/", {"user_code": codes["user_code"]}).status_code == 404
    web = make_client()
    refused = Browser().post("/oauth/device_authorization", {"scope": "openid"}, headers=web.basic)
    assert refused.json()["error"] == "unauthorized_client"


class _Listener(BaseHTTPRequestHandler):
    heard: ClassVar[list[str]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.heard.append(parse_qs(body)["logout_token"][0])
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[str]:
    """A program's back-channel address, on a port of this machine."""
    _Listener.heard.clear()
    _Listener.status = 200
    server = HTTPServer(("127.0.0.1", 0), _Listener)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/gone"
    server.shutdown()
    server.server_close()
    thread.join()


def test_signing_out_here_is_told_to_every_program(listener: str) -> None:
    browser = client_for(make_person_actor())
    client = make_client(backchannel_logout_uri=listener)
    tokens = Asking(client).tokens(browser)
    silent = make_client(redirect_uris=["https://silent.example.cn/cb"])
    Asking(silent).tokens(browser)
    assert browser.post("/account/sign-out/").status_code == 302
    deliver_all()
    (notice,) = _Listener.heard
    found = KeySet.import_key_set(Browser().get("/oauth/jwks").json())
    parsed = jwt.decode(notice, found, algorithms=["RS256"])
    identity = jwt.decode(tokens["id_token"], found, algorithms=["RS256"]).claims
    assert parsed.header["typ"] == "logout+jwt"
    assert parsed.claims["aud"] == client.client_id
    assert parsed.claims["sid"] == identity["sid"] and parsed.claims["sub"] == identity["sub"]
    assert "nonce" not in parsed.claims
    assert list(parsed.claims["events"]) == ["http://schemas.openid.net/event/backchannel-logout"]
    assert {row.ended_because for row in Authorisation.objects.all()} == {"signed_out"}
    assert services.end_with_sessions(at=clock.now()) == 0, "told once"


def test_sessions_that_end_by_themselves_are_told_within_the_minute(listener: str) -> None:
    client = make_client(backchannel_logout_uri=listener)
    Asking(client).tokens(client_for(make_person_actor()))
    assert services.end_with_sessions(at=clock.now()) == 0
    Session.objects.update(expires_at=clock.now())
    assert services.end_with_sessions(at=clock.now()) == 1
    _Listener.status = 503
    row = Authorisation.objects.get()
    with pytest.raises(Unavailable):
        services.tell_signed_out(authorisation_id=row.pk, at=clock.now())
    services.tell_signed_out(authorisation_id=row.pk, at=clock.now() + timedelta(days=2))
    assert len(_Listener.heard) == 1, "a day later nobody is told any more"


def test_keys_are_published_before_and_after_they_sign() -> None:
    now = clock.now()
    first = keys.signing_key("RS256", at=now)
    assert services.rotate_keys(at=now + timedelta(days=88)) == 0
    due = now + keys.TERM - timedelta(hours=20)
    assert services.rotate_keys(at=due) == 1
    assert services.rotate_keys(at=due) == 0, "a successor waits already"
    assert keys.signing_key("RS256", at=due).kid == first.kid
    published = {key["kid"] for key in services.public_keys(at=due)["keys"]}
    later = due + keys.AHEAD + timedelta(minutes=1)
    second = keys.signing_key("RS256", at=later)
    assert second.kid != first.kid and second.kid in published
    old = {key["kid"] for key in services.public_keys(at=later)["keys"]}
    assert {first.kid, second.kid} <= old
    end = later + keys.AFTER
    services.rotate_keys(at=end)
    assert first.kid not in {key["kid"] for key in services.public_keys(at=end)["keys"]}
    assert SigningKey.objects.get(pk=str(first.kid)).private_sealed == ""


def test_the_sweep_forgets_what_is_over_and_keeps_what_lives() -> None:
    client = make_client("openid", "profile", "offline_access")
    Asking(client, scope="openid offline_access").tokens(client_for(make_person_actor()))
    assert services.sweep(at=clock.now()) == 0
    assert services.sweep(at=clock.now() + timedelta(days=2)) == 2, "a code and an access token"
    assert Authorisation.objects.count() == 1
    assert returned("https://a.cn/?a=1") == {"a": "1"}
