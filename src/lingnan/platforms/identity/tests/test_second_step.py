"""A sign-in over the API that stops at its second step goes on: by code, passkey, certificate."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from lingnan.kernel import clock
from lingnan.kernel.testing import check_routes

from ..models import Account, Session
from ..services.second_factor import code_at
from ..simulator import Registry
from ..simulator_accounts import Accounts
from ..testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer_actor,
    make_person,
    make_person_actor,
)
from .authenticator import Device
from .openssl_authority import Holder, OpensslAuthority
from .test_certificates import authority, bind, number_of
from .test_linked_accounts import accounts, agree, code_of, link
from .test_passkeys import SITE, add, signed_in
from .test_sign_in import with_second_factor

__all__ = ("accounts", "authority")
pytestmark = pytest.mark.django_db
STEP = "/api/v1/second-step"


@pytest.fixture
def site(settings: Any) -> Iterator[None]:
    with override_settings(LINGNAN=settings.LINGNAN.model_copy(update={"public_url": SITE})):
        yield


def bearer(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"})


def post(client: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(path, body or {}, content_type="application/json")


def waiting(account: Account) -> Client:
    """A program that has shown the password and waits for the second step."""
    body = {"username": account.username, "password": PASSWORD}
    refused = post(Client(), "/api/v1/sessions", body)
    assert refused.json()["code"] == "identity.second_factor_required"
    opened = post(Client(), "/api/v1/sessions", {**body, "wait_for_second_step": True})
    assert (opened.status_code, opened.json()["stage"]) == (201, "code")
    client = bearer(opened.json()["token"])
    assert client.get("/api/v1/me").status_code == 401
    return client


def check_open(answer: Any, methods: list[str]) -> None:
    assert (answer.status_code, answer.json()["stage"]) == (201, "open")
    assert bearer(answer.json()["token"]).get("/api/v1/me").status_code == 200
    assert Session.objects.get(pk=answer.json()["session_id"]).methods == methods


def test_by_the_code_of_the_authenticator() -> None:
    account = make_account()
    secret = with_second_factor(account)
    client = waiting(account)
    assert client.get(STEP).json() == {"code": True, "passkey": False, "certificate": False}
    assert post(client, STEP, {"code": "000000"}).json()["code"] == "identity.second_factor_wrong"
    check_open(post(client, STEP, {"code": code_at(secret, clock.now())}), ["password", "totp"])
    assert post(client, STEP, {"code": "000000"}).status_code == 401  # that token is over


def test_by_a_passkey(site: None) -> None:
    account, device = make_account(), Device()
    add(signed_in(account), device)
    with_second_factor(account)
    client = waiting(account)
    assert client.get(STEP).json()["passkey"]
    asked = post(client, f"{STEP}/passkey-challenge")
    assert asked.status_code == 201
    answer = json.loads(device.get(asked.json()["options"]))
    other = waiting(account)
    body = {"id": asked.json()["id"], "credential": answer}
    assert post(other, f"{STEP}/passkey", body).status_code == 410  # asked of another session
    check_open(post(client, f"{STEP}/passkey", body), ["password", "passkey"])


def test_a_passkey_of_someone_else_opens_nothing(site: None) -> None:
    account, device = make_account(), Device()
    add(signed_in(account), device)
    with_second_factor(account)
    stranger = Device()
    add(signed_in(make_account()), stranger)
    client = waiting(account)
    asked = post(client, f"{STEP}/passkey-challenge").json()
    answer = json.loads(stranger.get(asked["options"]))
    refused = post(client, f"{STEP}/passkey", {"id": asked["id"], "credential": answer})
    assert (refused.status_code, refused.json()["code"]) == (401, "identity.passkey_refused")


def test_by_a_certificate(authority: OpensslAuthority) -> None:
    person = make_person("陈美玲")
    account = make_account(person, proven=False)
    holder: Holder = authority.issue("陈美玲", number_of(person))
    bind(signed_in(account), holder)
    with_second_factor(account)
    client = waiting(account)
    assert client.get(STEP).json()["certificate"]
    asked = post(client, f"{STEP}/certificate-challenge").json()
    wrong = base64.b64encode(holder.sign("another line")).decode()
    refused = post(client, f"{STEP}/certificate", {"id": asked["id"], "signature": wrong})
    assert refused.status_code == 422
    asked = post(client, f"{STEP}/certificate-challenge").json()
    signed = base64.b64encode(holder.sign(asked["challenge"])).decode()
    done = post(client, f"{STEP}/certificate", {"id": asked["id"], "signature": signed})
    check_open(done, ["password", "sm2_certificate"])


def test_after_wechat_too(gateway: Registry, accounts: Accounts, tmp_path: Path) -> None:
    account = make_account()
    link(signed_in(account), "wechat")
    secret = with_second_factor(account)
    sent = post(Client(), "/api/v1/outside-sessions/wechat/authorisation").json()
    told = agree(sent["url"])
    body = {"state": sent["state"], "code": code_of(told)}
    opened = post(Client(), "/api/v1/outside-sessions/wechat", body).json()
    assert opened["stage"] == "code"
    done = post(bearer(opened["token"]), STEP, {"code": code_at(secret, clock.now())})
    check_open(done, ["wechat", "totp"])


def test_nobody_without_a_waiting_session_asks() -> None:
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "officer": client_for(make_officer_actor("window_clerk"), bearer=True),
    }
    refused = dict.fromkeys(clients, 401)
    check_routes(
        clients,
        [
            ("GET", STEP, refused),
            ("POST", f"{STEP}/passkey-challenge", refused),
            ("POST", f"{STEP}/certificate-challenge", refused),
        ],
    )
    for client in clients.values():
        assert post(client, STEP, {"code": "123456"}).status_code == 401
