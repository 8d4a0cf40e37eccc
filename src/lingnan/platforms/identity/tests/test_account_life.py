"""Recovery, another number, the end of an account, two made one. GB/T 22239-2019 8.1.4.1."""

from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.db import transaction
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import check_routes, max_queries
from lingnan.platforms.messaging.models import Dispatch, Message
from lingnan.platforms.messaging.testing import last_secrets, text_messages
from lingnan.security.audit import services as audit
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..adapters.base import Answer
from ..errors import (
    AccountKept,
    AccountsOfTwo,
    DetailsWrong,
    NoWayToRecover,
    PasswordWrong,
    ProofFailed,
    ProofOver,
    ProofUnknown,
    RecoveryOver,
    RecoveryUnknown,
    SecondFactorNotSet,
    SignInFailed,
    UsernameTaken,
)
from ..models import Account, Mandate, Officer, Person, ProofAttempt, Session
from ..queries.history import WHAT
from ..services.second_factor import code_at
from ..simulator import Registry
from ..testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    prove,
    resident_number,
    session_token,
)
from ..types import ClosingObstacle, register_closing_check

pytestmark = pytest.mark.django_db
AT = clock.now()
TIANHE = "440106000000"
NEW = "Another-2027"
NO = "0190a0a0-0000-7000-8000-000000000000"


def working(actor: Actor) -> Actor:
    """The actor in a session of his own."""
    found = services.identify(token=session_token(actor), at=clock.now(), address="127.0.0.1")
    assert found is not None
    return found.actor


def owner(**details: Any) -> tuple[Person, Account, str]:
    number = resident_number()
    person = make_person("陈美玲", document_number=number, **details)
    return person, make_account(person, username="", phone=details.get("phone", "")), number


def ask(account: Account, number: str, **other: str) -> Any:
    values = {
        "username": account.username,
        "name": "陈美玲",
        "document_type": "resident_id",
        "document_number": number,
        "address": "10.0.0.9",
        **other,
    }
    return services.find_account(**values, at=clock.now())


def look(started_url: str) -> str:
    """The person looks into the camera of the simulator; where the browser is sent back to."""
    answer = httpx.post(started_url, data={"result": "pass"}, follow_redirects=False)
    back = answer.headers["Location"]
    return str(back)


def path_of(address: str) -> str:
    """The part of an address of ours that a test client asks for."""
    return urlsplit(address)._replace(scheme="", netloc="").geturl()


def arrived(back: str) -> Answer:
    """What a browser answers with that came back to an address."""
    return Answer(values={"arrival": parse_qs(urlsplit(back).query)["arrival"][0]})


def test_a_forgotten_password_is_replaced_by_a_face_and_everything_open_ends(
    gateway: Registry,
) -> None:
    person, account, number = owner(phone="13800138000", email="chen@example.com")
    prove(person, "face")
    token = session_token(queries.actor_of_person(person.pk))
    found = ask(account, number)
    assert {way.code for way in found.ways} & {"sms_code", "population", "password"} == set()
    going, started = services.start_recovery(
        token=found.token, method="face", address="", at=clock.now()
    )
    finish = partial(
        services.finish_recovery,
        token=going,
        answer=arrived(look(started.url)),
        new_password=NEW,
        address="",
    )
    finish(at=clock.now())
    assert services.identify(token=token, at=clock.now(), address="") is None
    with pytest.raises(SignInFailed):
        services.sign_in(username=account.username, password=PASSWORD, at=clock.now(), address="")
    services.sign_in(username=account.username, password=NEW, at=clock.now(), address="")
    told = Message.objects.filter(person_id=person.pk, template="identity.recovered")
    assert told.count() == 1
    channels = Dispatch.objects.filter(message__in=told).values_list("channel", flat=True)
    assert set(channels) == {"sms", "email"}
    with pytest.raises((ProofOver, RecoveryOver)):
        finish(at=clock.now())


def test_a_proof_that_fails_changes_nothing(gateway: Registry) -> None:
    person, account, number = owner()
    prove(person, "face")
    found = ask(account, number)
    going, started = services.start_recovery(
        token=found.token, method="face", address="", at=clock.now()
    )
    back = httpx.post(started.url, data={"result": "fail"}).headers["Location"]
    with pytest.raises(ProofFailed):
        services.finish_recovery(
            token=going, answer=arrived(back), new_password=NEW, address="", at=clock.now()
        )
    services.sign_in(username=account.username, password=PASSWORD, at=clock.now(), address="")


def test_what_is_surely_known_needs_a_way_as_sure(gateway: Registry) -> None:
    person, account, number = owner()
    prove(person, "window")
    with pytest.raises(NoWayToRecover):
        ask(account, number)


def test_a_stranger_learns_nothing_and_is_slowed_down(gateway: Registry) -> None:
    person, account, number = owner()
    prove(person, "face")
    for wrong in (
        {"username": "nobody"},
        {"name": "王美玲"},
        {"document_number": resident_number()},
    ):
        with pytest.raises(RecoveryUnknown):
            ask(account, number, **wrong)
    found = ask(account, number)
    with pytest.raises(ProofUnknown):
        services.start_recovery(token=found.token, method="sms_code", address="", at=clock.now())
    with pytest.raises(RecoveryOver):
        services.start_recovery(token=found.token[:-2] + "xx", method="face", address="", at=AT)
    officer = make_officer("window_clerk")
    with pytest.raises(RecoveryUnknown):
        ask(officer.account, number)


def test_recovery_on_the_pages_and_over_the_api(gateway: Registry) -> None:
    person, account, number = owner()
    prove(person, "face")
    client = Client()
    data = {
        "username": account.username,
        "name": "陈美玲",
        "document_type": "resident_id",
        "document_number": number,
    }
    wrong = client.post("/account/recover/", {**data, "name": "别人"})
    assert wrong.status_code == 404 and "error-summary" in wrong.content.decode()
    first = client.post("/account/recover/", data)
    assert first["Location"] == "/account/recover/ways/"
    assert "face" in client.get(first["Location"]).content.decode()
    outside = client.post("/account/recover/ways/", {"method": "face"})
    assert outside["Location"].startswith(gateway.public_url)
    back = look(outside["Location"])
    onward = client.get(path_of(back))
    assert onward["Location"] == "/account/recover/finish/"
    assert client.cookies["lingnan_recovery_arrival"]["httponly"]
    passwords = {"new_password": NEW, "new_again": NEW}
    weak = client.post("/account/recover/finish/", {"new_password": "short", "new_again": "short"})
    assert weak.status_code == 422
    done = client.post("/account/recover/finish/", passwords)
    assert done["Location"] == "/account/sign-in/"
    assert client.get("/account/recover/finish/")["Location"] == "/account/recover/"
    asked = client.post("/api/v1/recoveries", data, content_type="application/json")
    assert asked.status_code == 201
    body = {"token": asked.json()["token"], "method": "face"}
    begun = client.post("/api/v1/recoveries/proofs", body, content_type="application/json")
    assert begun.status_code == 201
    values = arrived(look(begun.json()["url"])).values
    answer = {"token": begun.json()["token"], "values": values, "new_password": "Third-2028"}
    ended = client.post("/api/v1/recoveries/completion", answer, content_type="application/json")
    assert ended.status_code == 204
    services.sign_in(username=account.username, password="Third-2028", at=clock.now(), address="")


def codes_of(person: Person) -> list[str]:
    """The codes of the last two text messages, the older one first."""
    return [secrets["code"] for secrets in text_messages(person.pk)[-2:]]


def test_another_number_needs_codes_of_both(gateway: Registry) -> None:
    person, _account, _number = owner(phone="13800138000")
    actor = working(queries.actor_of_person(person.pk))
    change = services.start_phone_change(actor=actor, phone="13900139000", at=clock.now())
    assert (change.new_phone, change.old_phone) == ("139****9000", "138****8000")
    new, old = codes_of(person)
    finish = partial(services.finish_phone_change, actor=actor, attempt_id=change.attempt_id)
    for pair in ((old, new), (new, "000000" if old != "000000" else "111111")):
        with pytest.raises(ProofFailed):
            finish(code=pair[0], old_code=pair[1], at=clock.now())
    finish(code=new, old_code=old, at=clock.now())
    services.sign_in(username="13900139000", password=PASSWORD, at=clock.now(), address="")
    with pytest.raises(SignInFailed):
        services.sign_in(username="13800138000", password=PASSWORD, at=clock.now(), address="")
    sent = Dispatch.objects.filter(message__template="identity.phone_changed", channel="sms")
    assert sent.count() == 2, "the old number is told as well"
    with pytest.raises(ProofOver):
        finish(code=new, old_code=old, at=clock.now())


def test_known_better_than_by_a_number_one_does_without_the_old_one() -> None:
    person, _account, _number = owner(phone="13800138000")
    actor = working(queries.actor_of_person(person.pk))
    assert actor.session_id is not None
    Session.objects.filter(pk=actor.session_id).update(methods=["password", "face"], level=3)
    change = services.start_phone_change(actor=actor, phone="13900139000", at=clock.now())
    assert change.old_phone == ""
    services.finish_phone_change(
        actor=actor,
        attempt_id=change.attempt_id,
        code=last_secrets(person.pk)["code"],
        old_code="",
        at=clock.now(),
    )


def test_a_number_of_another_account_stays_his() -> None:
    make_account(make_person("黄伯", phone="13900139000"), phone="13900139000")
    person, _account, _number = owner()
    actor = working(queries.actor_of_person(person.pk))
    change = services.start_phone_change(actor=actor, phone="13900139000", at=clock.now())
    with pytest.raises(UsernameTaken):
        services.finish_phone_change(
            actor=actor,
            attempt_id=change.attempt_id,
            code=last_secrets(person.pk)["code"],
            old_code="",
            at=clock.now(),
        )
    assert queries.person(person.pk).phone == ""
    assert ProofAttempt.objects.get(pk=change.attempt_id).used_at is None


def test_a_number_is_not_changed_beside_its_page() -> None:
    person, _account, _number = owner(phone="13800138000")
    contact = partial(
        services.update_contact,
        actor=queries.actor_of_person(person.pk),
        email="",
        address="天河路1号",
        region_code="",
        at=AT,
    )
    contact(phone="13800138000")
    with pytest.raises(DetailsWrong):
        contact(phone="13900139000")
    assert queries.person(person.pk).phone == "13800138000"


def test_a_closed_account_is_closed_for_good_and_its_names_are_free() -> None:
    person, account, _number = owner(phone="13800138000")
    agent = make_person("黄小华")
    name = account.username
    actor = working(queries.actor_of_person(person.pk))
    today = clock.local_date(AT)
    mandate = services.give_mandate(
        actor=actor,
        agent_name="黄小华",
        agent_document_type="resident_id",
        agent_document_number=queries.person(agent.pk).document_number,
        relation="relative",
        item_codes=[],
        valid_from=today,
        valid_until=today + timedelta(days=30),
        at=AT,
    )
    with pytest.raises(PasswordWrong):
        services.close_account(actor=actor, password="wrong", at=clock.now())
    services.close_account(actor=actor, password=PASSWORD, at=clock.now())
    assert Mandate.objects.get(pk=mandate.pk).state == "revoked"
    assert not Session.objects.filter(account=account, ended_at=None).exists()
    for username in (name, "13800138000"):
        with pytest.raises(SignInFailed):
            services.sign_in(username=username, password=PASSWORD, at=clock.now(), address="")
    assert OutboxEvent.objects.filter(name="identity.account_closed").count() == 1
    assert queries.persons_behind(account.pk) == {person.pk}
    make_account(make_person("新人"), username=name, phone="13800138000")


def test_what_is_still_under_way_stands_against_closing() -> None:
    leader = make_person("周志强")
    firm = make_organisation(leader, name="演示一号有限公司")
    actor = working(make_person_actor(leader))
    with pytest.raises(AccountKept) as kept:
        services.close_account(actor=actor, password=PASSWORD, at=clock.now())
    assert firm.name in str(kept.value.facts["obstacles"])
    officer = make_officer("window_clerk", person=make_person("李工"))
    resident = working(queries.actor_of_person(officer.account.person_id))  # type: ignore[arg-type]
    assert services.closing_obstacles(actor=resident, at=clock.now())


def test_higher_modules_may_stand_against_it() -> None:
    person, _account, _number = owner()
    actor = working(queries.actor_of_person(person.pk))
    page = client_for(actor).get("/account/close/").content.decode()
    assert 'name="password"' in page
    register_closing_check(
        "test", lambda found: [ClosingObstacle(text="办件未结")] if found == person.pk else []
    )
    try:
        page = client_for(actor).get("/account/close/").content.decode()
        assert "办件未结" in page and 'name="password"' not in page
    finally:
        register_closing_check("test", lambda found: [])


def two_accounts() -> tuple[Actor, Officer]:
    person = make_person("李工")
    actor = make_person_actor(person)
    officer = make_officer(
        "window_clerk", agency_id=make_agency("other", TIANHE).id, record_of=person
    )
    return working(actor), officer


def with_second_factor(actor: Actor) -> Actor:
    """The same session, in which its owner has set a second factor up."""
    assert actor.account_id is not None
    secret = services.start_second_factor(account_id=actor.account_id, session_id=actor.session_id)
    services.confirm_second_factor(
        actor=actor,
        account_id=actor.account_id,
        session_id=actor.session_id,
        code=code_at(secret, clock.now()),
        at=clock.now(),
    )
    return actor


def test_two_accounts_of_one_person_become_one() -> None:
    actor, officer = two_accounts()
    lost, username = officer.account_id, officer.account.username
    secret = services.start_second_factor(account_id=lost)
    earlier = AT - timedelta(minutes=5)
    services.confirm_second_factor(
        actor=SYSTEM, account_id=lost, code=code_at(secret, earlier), at=earlier
    )
    merge = partial(services.merge_accounts, actor=actor, username=username, at=clock.now())
    with pytest.raises(SecondFactorNotSet):
        merge(password=PASSWORD)
    with_second_factor(actor)
    with pytest.raises(SignInFailed):
        merge(password="wrong")
    kept = merge(password=PASSWORD, code=code_at(secret, clock.now()))
    assert kept == actor.account_id
    officer.refresh_from_db()
    assert officer.account_id == kept
    assert {choice.kind for choice in queries.choices_of(officer.account)} == {"person", "officer"}
    assert officer.account.must_change_password, "a resident's password is no officer's"
    with pytest.raises(SignInFailed):
        services.sign_in(username=username, password=PASSWORD, at=clock.now(), address="")
    assert queries.persons_behind(lost) == {actor.person_id}
    merged = OutboxEvent.objects.get(name="identity.accounts_merged")
    assert merged.payload["closed_account_id"] == str(lost)


def test_accounts_of_two_persons_stay_two() -> None:
    actor = with_second_factor(working(make_person_actor()))
    stranger = make_officer("window_clerk", record_of=make_person("王工"))
    unknown = make_officer("window_clerk")
    other = make_account(make_person("黄伯"))
    for account in (stranger.account, unknown.account, other):
        with pytest.raises(AccountsOfTwo):
            services.merge_accounts(
                actor=actor, username=account.username, password=PASSWORD, at=clock.now()
            )
    assert Account.objects.filter(state="closed").count() == 0


def test_every_change_stands_in_the_history() -> None:
    person, account, _number = owner()
    actor = working(queries.actor_of_person(person.pk))
    assert account.pk == actor.account_id
    services.change_password(
        actor=actor, account_id=account.pk, present=PASSWORD, new=NEW, at=clock.now()
    )
    with max_queries(1):
        page = queries.account_history(actor, limit=50)
    acts = [line.act for line in page.items]
    assert acts[:2] == ["identity.password_changed", "identity.signed_in"]
    assert "identity.person_registered" in acts
    assert all(line.act in WHAT for line in page.items)
    items = client_for(actor).get("/api/v1/me/history?limit=1").json()
    assert len(items["items"]) == 1 and items["next_cursor"]
    assert client_for(actor).get("/account/history/").status_code == 200


def test_the_history_tells_a_check_at_a_window_from_other_changes() -> None:
    person, _account, _number = owner()
    clerk = make_officer_actor("window_clerk")
    with transaction.atomic():
        for act in ("identity.window_checked", "identity.passkey_added"):
            audit.record(
                actor=clerk, act=act, object_kind="person", object_id=person.pk, at=clock.now()
            )
    text = client_for(queries.actor_of_person(person.pk)).get("/account/history/").content.decode()
    assert "窗口工作人员已当面核验您的身份" in text and "已添加通行密钥" in text
    assert "账户的其他变更" not in text


def test_pages_and_api_as_everyone() -> None:
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "clerk": client_for(make_officer_actor("window_clerk"), bearer=True),
    }

    def row(*codes: int) -> dict[str, int]:
        return dict(zip(clients, codes, strict=True))

    person, api = row(302, 200, 403), row(401, 200, 403)
    table = [
        ("GET", "/account/recover/", row(200, 200, 200)),
        ("GET", "/account/recover/ways/", row(302, 302, 302)),
        ("GET", "/account/recover/finish/", row(302, 302, 302)),
        ("GET", "/account/phone/", person),
        ("GET", f"/account/phone/{NO}/", row(302, 404, 403)),
        ("GET", "/account/close/", person),
        ("GET", "/account/merge/", person),
        ("GET", "/account/history/", row(302, 200, 200)),
        ("GET", "/api/v1/me/closing", api),
        ("GET", "/api/v1/me/history", row(401, 200, 200)),
    ]
    check_routes(clients, table)
    bodies: tuple[tuple[str, Any, dict[str, int]], ...] = (
        ("/api/v1/me/phone", {"phone": "1"}, row(401, 422, 403)),
        (f"/api/v1/me/phone/{NO}", {"code": "1"}, row(401, 404, 403)),
        ("/api/v1/me/closing", {"password": "wrong"}, row(401, 403, 403)),
        ("/api/v1/me/merges", {"username": "x", "password": "y"}, row(401, 409, 403)),
        ("/api/v1/recoveries/proofs", {"token": "x", "method": "face"}, row(410, 410, 410)),
        (
            "/api/v1/recoveries/completion",
            {"token": "x", "new_password": NEW},
            row(410, 410, 410),
        ),
    )
    for path, body, expected in bodies:
        for who, status in expected.items():
            answer = clients[who].post(path, body, content_type="application/json")
            assert answer.status_code == status, (path, who, answer.content)
