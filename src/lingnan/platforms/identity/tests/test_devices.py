"""Signing in from somewhere new is told; devices are seen, signed out and forgotten."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.testing import check_routes
from lingnan.platforms.messaging.models import Message

from .. import queries, services
from ..device_words import device_kind, network_of, short_address
from ..errors import SignInFailed
from ..models import Account, ApiToken, KnownDevice, KnownNetwork, Session
from ..services.second_factor import code_at
from ..testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_person,
    make_person_actor,
    resident_number,
)
from ..types import Device

HOME, OFFICE = "203.0.113.7", "198.51.100.9"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"

pytestmark = pytest.mark.django_db


def come(
    account: Account, *, key: str = "one", address: str = HOME, agent: str = CHROME, **more: Any
) -> Actor:
    opened = services.sign_in(
        username=account.username,
        password=PASSWORD,
        device=Device(agent=agent, key=key),
        address=address,
        at=more.pop("at", clock.now()),
        **more,
    )
    found = services.identify(token=opened.token, at=clock.now(), address=address)
    assert found is not None
    return found.actor


def told() -> list[Message]:
    return list(Message.objects.filter(template="identity.new_sign_in").order_by("sent_at", "pk"))


def test_the_first_sign_in_is_told_to_nobody_and_the_same_again_neither() -> None:
    account = make_account()
    for _time in range(3):
        come(account)
    come(account, address="203.0.113.200")  # the same network
    assert told() == []
    assert KnownDevice.objects.filter(account=account).count() == 1
    assert KnownNetwork.objects.filter(account=account).count() == 1


def test_a_new_device_and_a_new_network_are_each_told_once() -> None:
    account = make_account()
    come(account)
    with translation.override("en"):  # the request's language is not the message's
        come(account, key="two", agent=IPHONE)
    (first,) = told()
    assert "月" in first.body["zh-hans"] and "月" not in first.body["en"]
    assert first.person_id == account.person_id and first.link == "/account/devices/not-me/"
    assert "Safari, iPhone" in first.body["zh-hans"] and "203.0.113.*" in first.body["en"]
    assert "密码" in first.body["zh-hans"] and "Password" in first.body["en"]
    assert HOME not in str(first.body)
    come(account, address=OFFICE)
    assert len(told()) == 2
    come(account, key="two", address=OFFICE)
    assert len(told()) == 2


def test_the_owner_is_told_by_text_message_too() -> None:
    account = make_account(make_person(phone="13800000077"))
    come(account)
    come(account, key="two")
    (message,) = told()
    assert list(message.dispatches.values_list("channel", flat=True)) == ["sms"]


def test_a_dormant_account_is_no_new_one() -> None:
    account = make_account()
    come(account)
    services.sweep(at=clock.now() + timedelta(days=401))
    assert not KnownDevice.objects.exists() and not KnownNetwork.objects.exists()
    come(account)
    assert len(told()) == 1


def test_what_is_still_used_is_not_swept() -> None:
    account = make_account()
    come(account)
    services.sweep(at=clock.now() + timedelta(days=399))
    assert KnownDevice.objects.filter(account=account).exists()


def test_a_wrong_password_or_code_makes_no_device_known() -> None:
    account = make_account()
    come(account)
    with pytest.raises(SignInFailed):
        services.sign_in(
            username=account.username,
            password="Wrong-2026",
            device=Device(agent=IPHONE, key="thief"),
            address=OFFICE,
            at=clock.now(),
        )
    assert KnownDevice.objects.count() == 1 and told() == []


def test_a_sign_in_that_waits_for_its_code_is_told_once_it_is_open() -> None:
    account = make_account()
    come(account)
    secret = services.start_second_factor(account_id=account.pk)
    services.confirm_second_factor(
        actor=make_person_actor(account.person),
        account_id=account.pk,
        code=code_at(secret, clock.now()),
        at=clock.now(),
    )
    waiting = services.sign_in(
        username=account.username,
        password=PASSWORD,
        device=Device(agent=IPHONE, key="two"),
        address=OFFICE,
        at=clock.now(),
    )
    assert waiting.stage == "code" and told() == []
    later = clock.now() + timedelta(seconds=60)
    services.continue_sign_in(session_id=waiting.session_id, code=code_at(secret, later), at=later)
    (message,) = told()
    assert "iPhone" in message.body["en"]


def test_an_officer_is_told_at_work() -> None:
    officer = make_officer("window_clerk")
    secret = services.start_second_factor(account_id=officer.account_id)
    services.confirm_second_factor(
        actor=Actor(kind="officer", account_id=officer.account_id),
        account_id=officer.account_id,
        code=code_at(secret, clock.now()),
        at=clock.now(),
    )
    for n, address in enumerate((HOME, OFFICE), start=1):
        at = clock.now() + timedelta(minutes=n)
        services.sign_in(
            username=officer.account.username,
            password=PASSWORD,
            as_officer=True,
            code=code_at(secret, at),
            address=address,
            at=at,
        )
    (message,) = told()
    assert message.officer_id == officer.pk and message.person_id is None


def test_two_accounts_on_one_browser_are_not_to_be_told_apart() -> None:
    one, two = make_account(), make_account()
    come(one)
    come(two)
    digests = set(KnownDevice.objects.values_list("key_digest", flat=True))
    indexes = set(KnownNetwork.objects.values_list("network_index", flat=True))
    assert len(digests) == 2 and len(indexes) == 2


def test_forgetting_a_device_signs_it_out_and_its_next_sign_in_is_told() -> None:
    account = make_account()
    here, there = come(account), come(account, key="two", agent=IPHONE)
    row = KnownDevice.objects.get(account=account, agent=IPHONE)
    services.forget_device(actor=here, device_id=row.pk, at=clock.now())
    live = Session.objects.filter(account=account, ended_at=None)
    assert list(live.values_list("pk", flat=True)) == [here.session_id]
    assert there.session_id != here.session_id
    before = len(told())
    come(account, key="two", agent=IPHONE)
    assert len(told()) == before + 1
    own = KnownDevice.objects.get(account=account, agent=CHROME)
    with pytest.raises(NotFound):
        services.forget_device(actor=here, device_id=own.pk, at=clock.now())
    with pytest.raises(NotFound):
        services.forget_device(actor=come(make_account()), device_id=own.pk, at=clock.now())


def test_that_was_not_me_leaves_only_this_session() -> None:
    account = make_account()
    here, thief = come(account), come(account, key="thief", address=OFFICE)
    services.make_api_token(
        actor=thief, name="back door", scopes=["identity"], days=30, at=clock.now()
    )
    assert services.disown_sign_ins(actor=here, at=clock.now()) == 1
    assert list(
        Session.objects.filter(account=account, ended_at=None).values_list("pk", flat=True)
    ) == [here.session_id]
    assert not ApiToken.objects.filter(account=account, ended_at=None).exists()
    assert KnownDevice.objects.filter(account=account).count() == 1
    assert KnownNetwork.objects.filter(account=account).count() == 1
    before = len(told())
    come(account, key="thief", address=OFFICE)
    assert len(told()) == before + 1


def test_the_page_and_the_api_show_the_devices() -> None:
    account = make_account(username="someone")
    actor = come(account)
    come(account, key="two", agent=IPHONE, address=OFFICE)
    gone = come(account, key="three", agent="curl/8.5")
    services.end_session(actor=actor, session_id=gone.session_id or uuid4(), at=clock.now())
    client = client_for(actor)
    page = client.get("/account/devices/").content.decode()
    assert "Chrome, Windows" in page and "Safari, iPhone" in page and "curl/8.5" in page
    assert "203.0.113.*" in page and HOME not in page and OFFICE not in page
    items = client.get("/api/v1/me/sessions").json()["items"]
    phone = next(item for item in items if item["device"] == "Safari, iPhone")
    assert (phone["kind"], phone["address"]) == ("phone", "198.51.100.*")
    assert phone["methods"] == ["password"] and not phone["is_current"]
    (before,) = client.get("/api/v1/me/devices").json()["items"]
    assert before["kind"] == "program"
    assert client.delete(f"/api/v1/me/devices/{before['id']}").status_code == 204
    assert client.get("/api/v1/me/devices").json()["items"] == []
    assert client.delete("/api/v1/me/sessions").json()["ended"] >= 2
    assert len(client.get("/api/v1/me/sessions").json()["items"]) == 1


def test_a_list_of_devices_costs_two_queries(django_assert_num_queries: Any) -> None:
    account = make_account()
    for n in range(5):
        actor = come(account, key=str(n))
    with django_assert_num_queries(2):
        queries.signed_in_devices(account.pk, present=actor.session_id, at=clock.now())


def test_the_browser_keeps_a_signed_cookie_and_is_known_again() -> None:
    client = Client(headers={"User-Agent": CHROME})
    number = resident_number()
    client.post(
        "/account/register/",
        {
            "name": "陈美玲",
            "document_type": "resident_id",
            "document_number": number,
            "phone": "13800000001",
            "password": PASSWORD,
            "password_again": PASSWORD,
        },
    )
    cookie = client.cookies["lingnan_device"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/account/"
    typed = {"username": "13800000001", "password": PASSWORD}
    client.post("/account/sign-out/")
    client.post("/account/sign-in/", typed)
    assert told() == []
    forged = Client(headers={"User-Agent": CHROME})
    forged.cookies["lingnan_device"] = cookie.value[:-2]
    forged.post("/account/sign-in/", typed)
    assert len(told()) == 1
    page = client.get("/account/devices/not-me/").content.decode()
    assert "form" in page
    done = client.post("/account/devices/not-me/")
    assert done["Location"] == "/account/password/"
    assert forged.get("/account/").status_code == 302


def test_who_may_open_what() -> None:
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "officer": client_for(make_officer_actor("window_clerk"), bearer=True),
    }
    no = str(uuid4())

    def who(anonymous: int, resident: int, officer: int) -> dict[str, int]:
        return {"anonymous": anonymous, "resident": resident, "officer": officer}

    check_routes(
        clients,
        [
            ("GET", "/account/devices/", who(302, 200, 200)),
            ("GET", "/account/devices/not-me/", who(302, 200, 200)),
            ("POST", f"/account/devices/{no}/forget/", who(302, 404, 404)),
            ("GET", "/api/v1/me/devices", who(401, 200, 200)),
            ("DELETE", f"/api/v1/me/devices/{no}", who(401, 404, 404)),
            ("POST", "/api/v1/me/sessions/disowning", who(401, 200, 200)),
            ("DELETE", "/api/v1/me/sessions", who(401, 200, 200)),
        ],
    )


@pytest.mark.parametrize(
    ("address", "network", "short"),
    [
        ("203.0.113.7", "203.0.113.0/24", "203.0.113.*"),
        ("::ffff:203.0.113.7", "203.0.113.0/24", "203.0.113.*"),
        ("2001:db8:1:2::5", "2001:db8:1::/48", "2001:db8:1:*"),
        ("fe80::1%eth0", "fe80::/48", "fe80:0:0:*"),
        ("", "", ""),
        ("unknown", "", ""),
    ],
)
def test_an_address_is_shortened_to_its_network(address: str, network: str, short: str) -> None:
    assert (network_of(address), short_address(address)) == (network, short)


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        (CHROME, "computer"),
        (IPHONE, "phone"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120.0 Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/120.0 Safari/537.36", "tablet"),
        ("python-httpx/0.28", "program"),
        ("", "program"),
    ],
)
def test_a_device_says_what_it_is(agent: str, kind: str) -> None:
    assert device_kind(agent) == kind
