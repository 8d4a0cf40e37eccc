"""Passkeys: once, here, by its owner, counting up. W3C Web Authentication Level 2, 7.1 and 7.2."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, override_settings

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.testing import check_routes, race
from lingnan.platforms.messaging.models import Message

from .. import queries, services
from ..adapters.base import Answer
from ..errors import (
    DetailsWrong,
    NotAnOfficer,
    PasskeyRefused,
    PasskeysNotOffered,
    ProofFailed,
    ProofOver,
    ProofUnknown,
    SecondFactorKept,
    SignInAgain,
    TooManyAttempts,
)
from ..models import Account, Passkey, ProofAttempt, Session
from ..services.second_factor import code_at
from ..testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_person,
    make_person_actor,
    prove,
)
from .authenticator import Device

SITE = "https://lingnan.test"


@pytest.fixture(autouse=True)
def site(settings: Any) -> Iterator[None]:
    changed = settings.LINGNAN.model_copy(update={"public_url": SITE})
    with override_settings(LINGNAN=changed):
        yield


def signed_in(account: Account, **more: Any) -> Actor:
    opened = services.sign_in(
        username=account.username, password=PASSWORD, address="", at=clock.now(), **more
    )
    found = services.identify(token=opened.token, at=clock.now(), address="")
    assert found is not None
    return found.actor


def session_of(actor: Actor) -> Session:
    assert actor.session_id is not None
    return Session.objects.get(pk=actor.session_id)


def add(actor: Actor, device: Device, name: str = "我的手机") -> Passkey:
    asked = services.ask_new_passkey(actor=actor, at=clock.now())
    return services.add_passkey(
        actor=actor,
        attempt_id=asked.attempt_id,
        name=name,
        answer=device.create(asked.options),
        at=clock.now(),
    )


def come_in(device: Device, **other: Any) -> Actor:
    more = {name: other.pop(name) for name in ("as_officer", "at") if name in other}
    asked = services.ask_sign_in(address="198.51.100.7", at=clock.now())
    opened = services.sign_in_with_passkey(
        attempt_id=asked.attempt_id,
        binding=asked.binding,
        answer=device.get(asked.options, **other),
        address="198.51.100.7",
        **{"at": clock.now(), **more},
    )
    found = services.identify(token=opened.token, at=clock.now(), address="")
    assert found is not None
    return found.actor


@pytest.mark.django_db
def test_a_passkey_opens_the_account_without_a_name_and_at_level_three() -> None:
    person = make_person()
    prove(person, "window")
    account = make_account(person)
    device = Device()
    row = add(signed_in(account), device, "  我的   手机 ")
    assert (row.name, row.is_synced, row.last_used_at) == ("我的 手机", False, None)
    actor = come_in(device)
    assert (actor.account_id, actor.assurance_level) == (account.pk, 3)
    session = session_of(actor)
    assert (session.methods, session.passkey_id, session.second_factor) == (
        ["passkey"],
        row.pk,
        True,
    )
    row.refresh_from_db()
    assert row.sign_count == 1 and row.last_used_at is not None
    told = Message.objects.filter(person_id=person.pk, template="identity.passkey_added")
    assert told.count() == 1


@pytest.mark.django_db
def test_the_question_names_our_site_and_asks_for_the_user_to_be_verified() -> None:
    account = make_account()
    actor = signed_in(account)
    add(actor, Device())
    new = services.ask_new_passkey(actor=actor, at=clock.now()).options
    assert new["rp"]["id"] == "lingnan.test"
    assert new["authenticatorSelection"] == {
        "residentKey": "required",
        "userVerification": "required",
        "requireResidentKey": True,
    }
    assert len(new["excludeCredentials"]) == 1
    assert [kind["alg"] for kind in new["pubKeyCredParams"]] == [-7, -8, -257]
    use = services.ask_sign_in(address="", at=clock.now()).options
    assert (use["rpId"], use["userVerification"]) == ("lingnan.test", "required")
    assert not use.get("allowCredentials")
    others = {services.ask_sign_in(address="", at=clock.now()).options["challenge"] for _ in "ab"}
    assert len(others | {use["challenge"]}) == 3


@pytest.mark.django_db
def test_an_answer_counts_once_and_only_in_the_browser_that_asked() -> None:
    account, device = make_account(), Device()
    add(signed_in(account), device)
    asked = services.ask_sign_in(address="", at=clock.now())
    values: dict[str, Any] = {
        "attempt_id": asked.attempt_id,
        "answer": device.get(asked.options),
        "address": "",
        "at": clock.now(),
    }
    for binding in ("", "another"):
        with pytest.raises(ProofOver):
            services.sign_in_with_passkey(binding=binding, **values)
    late = {**values, "at": clock.now() + timedelta(minutes=6)}
    with pytest.raises(ProofOver):
        services.sign_in_with_passkey(binding=asked.binding, **late)
    services.sign_in_with_passkey(binding=asked.binding, **values)
    with pytest.raises(ProofOver):
        services.sign_in_with_passkey(binding=asked.binding, **values)
    other = services.ask_sign_in(address="", at=clock.now())
    with pytest.raises(PasskeyRefused):
        services.sign_in_with_passkey(
            **{**values, "attempt_id": other.attempt_id}, binding=other.binding
        )
    with pytest.raises(ProofOver):
        services.sign_in_with_passkey(
            **{**values, "attempt_id": other.attempt_id, "answer": device.get(other.options)},
            binding=other.binding,
        )


@pytest.mark.django_db(transaction=True)
def test_one_answer_sent_twice_at_once_opens_one_session() -> None:
    account, device = make_account(), Device()
    add(signed_in(account), device)
    asked = services.ask_sign_in(address="", at=clock.now())
    answer = device.get(asked.options)

    def once() -> str:
        try:
            services.sign_in_with_passkey(
                attempt_id=asked.attempt_id,
                binding=asked.binding,
                answer=answer,
                address="",
                at=clock.now(),
            )
        except ProofOver:
            return "over"
        return "in"

    assert sorted(map(str, race([once, once]))) == ["in", "over"]


@pytest.mark.django_db
def test_another_site_an_unverified_user_and_a_stranger_open_nothing() -> None:
    account, device = make_account(), Device()
    add(signed_in(account), device)
    before = Session.objects.count()
    for wrong in ({"origin": "https://evil.test"}, {"origin": "http://lingnan.test"}):
        with pytest.raises(PasskeyRefused):
            come_in(device, **wrong)
    device.verifies = False
    with pytest.raises(PasskeyRefused):
        come_in(device)
    device.verifies = True
    with pytest.raises(PasskeyRefused):
        come_in(Device(user=account.pk.bytes))
    forged = Device(user=account.pk.bytes, credential_id=device.credential_id)
    with pytest.raises(PasskeyRefused):
        come_in(forged)
    assert Session.objects.count() == before


@pytest.mark.django_db
def test_a_key_that_names_nobody_or_another_opens_nothing() -> None:
    account, device = make_account(), Device()
    add(signed_in(account), device)
    for user in (b"", make_account().pk.bytes):
        device.user = user
        with pytest.raises(PasskeyRefused):
            come_in(device)


@pytest.mark.django_db
def test_wrong_answers_lock_the_account_as_wrong_passwords_do() -> None:
    account, device = make_account(), Device()
    add(signed_in(account), device)
    forged = Device(user=account.pk.bytes, credential_id=device.credential_id)
    for _try in range(5):
        with pytest.raises(PasskeyRefused):
            come_in(forged)
    with pytest.raises(TooManyAttempts):
        come_in(device)
    with pytest.raises(TooManyAttempts):
        signed_in(account)


@pytest.mark.django_db
def test_a_counter_that_does_not_rise_is_refused_and_the_owner_told() -> None:
    person = make_person()
    account, device = make_account(person), Device()
    row = add(signed_in(account), device)
    for _time in range(3):
        come_in(device)
    for counter in (3, 2, 0):
        with pytest.raises(PasskeyRefused):
            come_in(device, counter=counter)
    told = Message.objects.filter(person_id=person.pk, template="identity.passkey_copied")
    assert told.count() == 3
    row.refresh_from_db()
    assert row.sign_count == 3
    uncounted = Device(counts=False, is_synced=True)
    add(signed_in(account), uncounted)
    assert come_in(uncounted) and come_in(uncounted), "a key that does not count stays at 0"


@pytest.mark.django_db
def test_a_removed_passkey_opens_nothing_and_what_it_opened_ends() -> None:
    person = make_person()
    account, device = make_account(person), Device()
    here = signed_in(account)
    row = add(here, device)
    opened = come_in(device)
    stranger = signed_in(make_account())
    with pytest.raises(NotFound):
        services.remove_passkey(actor=stranger, passkey_id=row.pk, at=clock.now())
    services.remove_passkey(actor=here, passkey_id=row.pk, at=clock.now())
    assert session_of(opened).ended_at is not None
    assert session_of(here).ended_at is None
    with pytest.raises(PasskeyRefused):
        come_in(device)
    with pytest.raises(NotFound):
        services.remove_passkey(actor=here, passkey_id=row.pk, at=clock.now())
    asked = services.ask_new_passkey(actor=here, at=clock.now())
    with pytest.raises(PasskeyRefused):
        services.add_passkey(
            actor=here,
            attempt_id=asked.attempt_id,
            name="又来",
            answer=device.create(asked.options),
            at=clock.now(),
        )
    assert Message.objects.filter(template="identity.passkey_removed").count() == 1


@pytest.mark.django_db
def test_a_key_is_made_only_shortly_after_signing_in_and_for_the_session_that_asked() -> None:
    account, device = make_account(), Device()
    actor, elsewhere = signed_in(account), signed_in(account)
    asked = services.ask_new_passkey(actor=actor, at=clock.now())
    answer = device.create(asked.options)
    values: dict[str, Any] = {"attempt_id": asked.attempt_id, "answer": answer, "at": clock.now()}
    with pytest.raises(ProofOver):
        services.add_passkey(actor=elsewhere, name="平板", **values)
    with pytest.raises(DetailsWrong):
        services.add_passkey(actor=actor, name=" ", **values)
    services.add_passkey(actor=actor, name="平板", **values)
    with pytest.raises(ProofOver):
        services.add_passkey(actor=actor, name="平板", **values)
    again = services.ask_new_passkey(actor=actor, at=clock.now())
    evil = Device().create(again.options, origin="https://evil.test")
    with pytest.raises(PasskeyRefused):
        services.add_passkey(
            actor=actor, attempt_id=again.attempt_id, name="坏", answer=evil, at=clock.now()
        )
    late = clock.now() + timedelta(minutes=16)
    with pytest.raises(SignInAgain):
        services.ask_new_passkey(actor=actor, at=late)
    assert Passkey.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        json.dumps({"rawId": "a", "type": "public-key", "response": {}}),
        json.dumps({"rawId": 1, "type": "public-key", "response": None}),
        json.dumps(
            {
                "rawId": "AAAA",
                "type": "public-key",
                "response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA"},
            }
        ),
        json.dumps(
            {
                "rawId": "AAAA",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "AAAA",
                    "authenticatorData": "AAAA",
                    "signature": "AAAA",
                },
            }
        ),
        "[" * 20_000,
    ],
)
def test_what_is_no_answer_is_refused_quietly(answer: str) -> None:
    actor = signed_in(make_account())
    asked = services.ask_new_passkey(actor=actor, at=clock.now())
    with pytest.raises(PasskeyRefused):
        services.add_passkey(
            actor=actor, attempt_id=asked.attempt_id, name="x", answer=answer, at=clock.now()
        )
    use = services.ask_sign_in(address="", at=clock.now())
    with pytest.raises(PasskeyRefused):
        services.sign_in_with_passkey(
            attempt_id=use.attempt_id,
            binding=use.binding,
            answer=answer,
            address="",
            at=clock.now(),
        )


@pytest.mark.django_db
def test_a_passkey_raises_a_session_that_began_with_a_password() -> None:
    person = make_person()
    prove(person, "window")
    account, device = make_account(person), Device()
    actor = signed_in(account)
    with pytest.raises(ProofUnknown):
        services.start_proof(actor=actor, method="passkey", at=clock.now())
    add(actor, device)
    started = services.start_proof(actor=actor, method="passkey", at=clock.now())
    options: Any = started.shown["passkey"]
    assert len(options["allowCredentials"]) == 1
    stranger = Device()
    add(signed_in(make_account()), stranger)
    for answer, refusal in (
        (stranger.get(options), ProofFailed),
        (device.get(options), ProofOver),
    ):
        with pytest.raises(refusal):
            services.finish_proof(
                actor=actor,
                attempt_id=started.attempt_id,
                answer=Answer(values={"credential": answer}),
                at=clock.now(),
            )
    fresh = services.start_proof(actor=actor, method="passkey", at=clock.now())
    shown: Any = fresh.shown["passkey"]
    done = services.finish_proof(
        actor=actor,
        attempt_id=fresh.attempt_id,
        answer=Answer(values={"credential": device.get(shown)}),
        at=clock.now(),
    )
    assert done.level == 3
    session = session_of(actor)
    assert session.methods == ["password", "passkey"] and session.passkey is not None
    assert session.second_factor


@pytest.mark.django_db
def test_an_officer_comes_in_with_a_passkey_alone_or_after_the_password() -> None:
    officer = make_officer("approver")
    device = Device()
    own = queries.actor_of_officer(officer.pk)
    client = client_for(own)
    found = services.identify(
        token=client.cookies["lingnan_session"].value, at=clock.now(), address=""
    )
    assert found is not None
    row = add(found.actor, device)
    alone = come_in(device, as_officer=True)
    assert alone.officer_id == officer.pk and alone.assurance_level == 3
    page = Client()
    first = page.post(
        "/account/sign-in/",
        {"username": officer.account.username, "password": PASSWORD, "as_officer": "on"},
    )
    assert first["Location"] == "/account/sign-in/code/"
    shown = page.get(first["Location"]).content.decode()
    assert "data-passkey" in shown and 'name="code"' not in shown
    asked = page.post("/account/sign-in/passkey/challenge/").json()
    stranger = Device()
    add(signed_in(make_account()), stranger)
    back = page.post(
        "/account/sign-in/passkey/",
        {"attempt": asked["id"], "credential": stranger.get(asked["options"])},
    )
    assert back["Location"] == "/account/sign-in/code/"
    asked = page.post("/account/sign-in/passkey/challenge/").json()
    done = page.post(
        "/account/sign-in/passkey/",
        {"attempt": asked["id"], "credential": device.get(asked["options"]), "next": "/desk/"},
    )
    assert done["Location"] == "/desk/" and page.get("/desk/").status_code == 200
    session = Session.objects.filter(account=officer.account, ended_at=None).latest("created_at")
    assert session.methods == ["password", "passkey"] and session.passkey_id == row.pk
    with pytest.raises(SecondFactorKept):
        services.remove_passkey(actor=alone, passkey_id=row.pk, at=clock.now())
    assert Passkey.objects.get(pk=row.pk).removed_at is None


@pytest.mark.django_db
def test_resetting_an_officers_second_factor_takes_his_passkeys_too() -> None:
    tianhe = "440106000000"
    officer = make_officer("approver", region_code=tianhe)
    found = services.identify(
        token=client_for(queries.actor_of_officer(officer.pk)).cookies["lingnan_session"].value,
        at=clock.now(),
        address="",
    )
    assert found is not None
    device = Device()
    add(found.actor, device)
    admin = make_officer_actor(
        "system_admin", region_code="440000000000", agency_id=officer.agency_id
    )
    services.grant_role(
        actor=SYSTEM,
        officer_id=admin.officer_id,  # type: ignore[arg-type]
        role="system_admin",
        agency_id=officer.agency_id,
        at=clock.now(),
    )
    assert admin.officer_id is not None
    services.reset_second_factor(
        actor=queries.actor_of_officer(admin.officer_id), officer_id=officer.pk, at=clock.now()
    )
    with pytest.raises(PasskeyRefused):
        come_in(device)


@pytest.mark.django_db
def test_a_resident_is_not_taken_for_an_officer_and_a_closed_account_stays_closed() -> None:
    account, device = make_account(), Device()
    add(signed_in(account), device)
    with pytest.raises(NotAnOfficer):
        come_in(device, as_officer=True)
    Account.objects.filter(pk=account.pk).update(state=Account.State.CLOSED)
    with pytest.raises(PasskeyRefused):
        come_in(device)


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://lingnan.test", "https://[::1]"])
def test_an_address_browsers_make_no_passkeys_for_offers_none(url: str, settings: Any) -> None:
    account = make_account()
    changed = settings.LINGNAN.model_copy(update={"public_url": url})
    with override_settings(LINGNAN=changed):
        with pytest.raises(PasskeysNotOffered):
            services.ask_new_passkey(actor=signed_in(account), at=clock.now())
        with pytest.raises(PasskeysNotOffered):
            services.ask_sign_in(address="", at=clock.now())
        assert "data-passkey" not in Client().get("/account/sign-in/").content.decode()


@pytest.mark.django_db
def test_on_the_page_one_adds_uses_and_removes_it() -> None:
    account, device = make_account(username="someone"), Device()
    client = Client()
    client.post("/account/sign-in/", {"username": "someone", "password": PASSWORD})
    empty = client.get("/account/passkeys/").content.decode()
    assert "JavaScript" in empty and 'data-passkey="create"' in empty
    asked = client.post("/account/passkeys/challenge/").json()
    answer = {"attempt": asked["id"], "credential": device.create(asked["options"])}
    nameless = client.post("/account/passkeys/", {**answer, "name": ""})
    assert nameless.status_code == 422
    assert client.post("/account/passkeys/", {**answer, "name": "平板电脑"}).status_code == 302
    assert "平板电脑" in client.get("/account/passkeys/").content.decode()
    other = Client()
    begun = other.post("/account/sign-in/passkey/challenge/").json()
    cookie = other.cookies["lingnan_passkey"]
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    signed = {"attempt": begun["id"], "credential": device.get(begun["options"])}
    thief = Client().post("/account/sign-in/passkey/", signed)
    assert thief["Location"] == "/account/sign-in/"
    done = other.post("/account/sign-in/passkey/", {**signed, "next": "//evil.test/"})
    assert done["Location"] == "/account/welcome/"
    assert other.get("/account/").status_code == 200
    row = Passkey.objects.get(account=account)
    assert other.post(f"/account/passkeys/{row.pk}/remove/").status_code == 302
    assert "平板电脑" not in other.get("/account/passkeys/").content.decode()
    stale = client.post("/account/passkeys/", {**answer, "name": "平板电脑"})
    assert stale.status_code == 410 and "平板电脑" in stale.content.decode()


@pytest.mark.django_db
def test_over_the_api_the_same() -> None:
    account, device = make_account(username="someone"), Device()
    opened = services.sign_in(username="someone", password=PASSWORD, address="", at=clock.now())
    client = Client(headers={"Authorization": f"Bearer {opened.token}"})

    def send(who: Client, path: str, body: dict[str, Any]) -> Any:
        return who.post(f"/api/v1{path}", body, content_type="application/json")

    asked = send(client, "/me/passkeys/challenge", {})
    assert asked.status_code == 201
    credential = json.loads(device.create(asked.json()["options"]))
    body = {"id": asked.json()["id"], "name": "手机", "credential": credential}
    made = send(client, "/me/passkeys", body)
    assert made.status_code == 201 and made.json()["last_used_at"] is None
    assert send(client, "/me/passkeys", body).status_code == 410
    program = Client()
    begun = send(program, "/passkey-challenges", {}).json()
    answer = {
        "id": begun["id"],
        "binding": begun["binding"],
        "credential": json.loads(device.get(begun["options"])),
    }
    session = send(program, "/passkey-sessions", answer)
    assert session.status_code == 201 and session.json()["stage"] == "open"
    again = send(program, "/passkey-sessions", answer)
    assert again.status_code == 410 and again.json()["code"] == "identity.proof_over"
    (item,) = client.get("/api/v1/me/passkeys").json()["items"]
    assert item["name"] == "手机" and item["last_used_at"] is not None
    stranger = client_for(make_person_actor(), bearer=True)
    assert stranger.delete(f"/api/v1/me/passkeys/{item['id']}").status_code == 404
    assert client.delete(f"/api/v1/me/passkeys/{item['id']}").status_code == 204
    assert client.get("/api/v1/me/passkeys").json()["items"] == []
    key = services.make_api_token(
        actor=signed_in(account), name="k", scopes=["identity"], days=1, at=clock.now()
    )
    narrow = Client(headers={"Authorization": f"Bearer {key.token}"})
    assert send(narrow, "/me/passkeys/challenge", {}).status_code == 403


@pytest.mark.django_db
def test_challenges_are_limited_and_swept_a_day_after_they_ran_out() -> None:
    now = clock.now()
    asked = services.ask_sign_in(address="", at=now)
    assert services.sweep_attempts(at=now + timedelta(hours=20)) == 0
    assert services.sweep_attempts(at=now + timedelta(days=1, minutes=6)) == 1
    assert not ProofAttempt.objects.filter(pk=asked.attempt_id).exists()


@pytest.mark.django_db
def test_a_code_still_does_where_a_passkey_would() -> None:
    account, device = make_account(username="someone"), Device()
    actor = signed_in(account)
    secret = services.start_second_factor(account_id=account.pk)
    earlier = clock.now() - timedelta(minutes=5)
    services.confirm_second_factor(
        actor=actor, account_id=account.pk, code=code_at(secret, earlier), at=earlier
    )
    add(actor, device)
    client = Client()
    client.post("/account/sign-in/", {"username": "someone", "password": PASSWORD})
    page = client.get("/account/sign-in/code/").content.decode()
    assert 'name="code"' in page and "data-passkey" in page
    done = client.post("/account/sign-in/code/", {"code": code_at(secret, clock.now())})
    assert done["Location"] == "/account/welcome/"
    assert come_in(device).account_id == account.pk, "a passkey is both factors"


@pytest.mark.django_db
def test_who_may_open_what() -> None:
    no = uuid4()
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor()),
        "officer": client_for(make_officer_actor("window_clerk")),
    }

    def statuses(*expected: int) -> dict[str, int]:
        return dict(zip(clients, expected, strict=True))

    check_routes(
        clients,
        [
            ("GET", "/account/passkeys/", statuses(302, 200, 200)),
            ("POST", "/account/passkeys/", statuses(302, 422, 422)),
            ("POST", "/account/passkeys/challenge/", statuses(302, 200, 200)),
            ("POST", f"/account/passkeys/{no}/remove/", statuses(302, 404, 404)),
            ("POST", "/account/sign-in/passkey/challenge/", statuses(200, 200, 200)),
            ("POST", "/account/sign-in/passkey/", statuses(302, 302, 302)),
            ("GET", "/api/v1/me/passkeys", statuses(401, 200, 200)),
        ],
    )
