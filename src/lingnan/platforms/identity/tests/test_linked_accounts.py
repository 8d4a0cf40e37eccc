"""WeChat and Alipay sign someone in, and show nothing of who he is. Plan 五（一）2（2）."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from django.test import Client, override_settings

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.testing import check_routes
from lingnan.platforms.messaging.models import Message

from .. import queries, services
from ..adapters.outside_accounts import raw_part, read_providers
from ..errors import (
    OnlyWayIn,
    OutsideAccountKnown,
    OutsideAccountRefused,
    OutsideAccountUnknown,
    ProofOver,
    ProofUnavailable,
    ProofUnknown,
    SignInAgain,
)
from ..models import Account, AssuranceEvidence, LinkedAccount, Session
from ..services.passwords import UNUSABLE
from ..services.second_factor import code_at
from ..simulator import Registry
from ..simulator_accounts import Accounts
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

BOTH = ("wechat", "alipay")


@pytest.fixture
def accounts(gateway: Registry, tmp_path: Path, settings: Any) -> Iterator[Accounts]:
    made = Accounts()
    gateway.accounts = made
    made.register(tmp_path, gateway.public_url)
    changed = settings.LINGNAN.model_copy(update={"linked_accounts": str(tmp_path)})
    with override_settings(LINGNAN=changed):
        yield made


def signed_in(account: Account) -> Actor:
    opened = services.sign_in(
        username=account.username, password=PASSWORD, address="", at=clock.now()
    )
    found = services.identify(token=opened.token, at=clock.now(), address="")
    assert found is not None
    return found.actor


def agree(url: str, nickname: str = "小林") -> dict[str, str]:
    """What comes back in the address when someone agrees over there."""
    asked = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    answer = httpx.post(
        url.partition("#")[0].partition("?")[0], data={**asked, "nickname": nickname}
    )
    assert answer.status_code == 303
    back = urlsplit(answer.headers["Location"])
    assert back.path.startswith("/account/linked/")
    return {key: values[0] for key, values in parse_qs(back.query).items()}


def code_of(told: dict[str, str]) -> str:
    return told.get("code") or told["auth_code"]


def link(actor: Actor, provider: str, nickname: str = "小林") -> LinkedAccount:
    sent = services.begin_link(actor=actor, provider=provider, at=clock.now())
    told = agree(sent.url, nickname)
    assert told["state"] == sent.state
    return services.finish_link(
        actor=actor, provider=provider, state=sent.state, code=code_of(told), at=clock.now()
    )


def come_in(provider: str, nickname: str = "小林") -> Actor:
    sent = services.begin_outside_sign_in(provider=provider, address="", at=clock.now())
    told = agree(sent.url, nickname)
    opened = services.finish_outside_sign_in(
        provider=provider, state=sent.state, code=code_of(told), address="", at=clock.now()
    )
    found = services.identify(token=opened.token, at=clock.now(), address="")
    assert found is not None
    return found.actor


@pytest.mark.django_db
@pytest.mark.parametrize("provider", BOTH)
def test_what_is_linked_opens_the_account_and_gives_no_level(
    accounts: Accounts, provider: str
) -> None:
    person = make_person()
    account = make_account(person, proven=False)
    row = link(signed_in(account), provider)
    assert (row.nickname, row.is_test) == ("小林", True)
    actor = come_in(provider)
    assert (actor.account_id, actor.assurance_level) == (account.pk, 1)
    assert not AssuranceEvidence.objects.exists()
    prove(person, "window")
    again = come_in(provider)
    assert again.session_id is not None
    session = Session.objects.get(pk=again.session_id)
    assert (session.level, session.methods, session.second_factor) == (2, [provider], False)
    row.refresh_from_db()
    assert row.last_used_at is not None
    told = Message.objects.get(person_id=person.pk, template="identity.account_linked")
    assert {"wechat": "微信", "alipay": "支付宝"}[provider] in told.body["zh-hans"]
    with pytest.raises(OutsideAccountUnknown):
        come_in(provider, "别人")


@pytest.mark.django_db
@pytest.mark.parametrize("provider", BOTH)
def test_unlinking_signs_out_elsewhere_who_came_in_by_it(accounts: Accounts, provider: str) -> None:
    account = make_account()
    owner = signed_in(account)
    row = link(owner, provider)
    elsewhere = come_in(provider)
    by_password = signed_in(account)
    services.unlink(actor=owner, link_id=row.pk, at=clock.now())
    ended = Session.objects.filter(account=account, ended_at__isnull=False)
    assert [session.pk for session in ended] == [elsewhere.session_id]
    assert {owner.session_id, by_password.session_id} == set(
        Session.objects.filter(account=account, ended_at=None).values_list("pk", flat=True)
    )


@pytest.mark.django_db
def test_the_only_way_in_is_not_unlinked(accounts: Accounts) -> None:
    account = make_account()
    owner = signed_in(account)
    row = link(owner, "wechat")
    Account.objects.filter(pk=account.pk).update(password=UNUSABLE)
    with pytest.raises(OnlyWayIn):
        services.unlink(actor=owner, link_id=row.pk, at=clock.now())
    assert queries.linked_accounts(account.pk) == [row]
    other = link(owner, "alipay")
    services.unlink(actor=owner, link_id=row.pk, at=clock.now())
    with pytest.raises(OnlyWayIn):
        services.unlink(actor=owner, link_id=other.pk, at=clock.now())


@pytest.mark.django_db
@pytest.mark.parametrize("provider", BOTH)
def test_one_account_there_belongs_to_one_person_here(accounts: Accounts, provider: str) -> None:
    first, second = signed_in(make_account()), signed_in(make_account())
    row = link(first, provider)
    with pytest.raises(OutsideAccountKnown):
        link(second, provider)
    with pytest.raises(OutsideAccountKnown):
        link(first, provider, "另一个")
    with pytest.raises(NotFound):
        services.unlink(actor=second, link_id=row.pk, at=clock.now())
    services.unlink(actor=first, link_id=row.pk, at=clock.now())
    with pytest.raises(OutsideAccountUnknown):
        come_in(provider)
    with pytest.raises(NotFound):
        services.unlink(actor=first, link_id=row.pk, at=clock.now())
    assert link(second, provider).account_id == second.account_id


@pytest.mark.django_db
@pytest.mark.parametrize("provider", BOTH)
def test_a_state_counts_once_for_its_session_and_its_purpose(
    accounts: Accounts, provider: str
) -> None:
    mine, other = signed_in(make_account()), signed_in(make_account())
    sent = services.begin_link(actor=mine, provider=provider, at=clock.now())
    code = code_of(agree(sent.url))
    values: dict[str, Any] = {"provider": provider, "code": code, "at": clock.now()}
    for actor, state in (
        (other, sent.state),
        (mine, sent.state[:32]),
        (mine, sent.state[:-1] + "_"),
        (mine, ""),
        (mine, "x" * 80),
    ):
        with pytest.raises(ProofOver):
            services.finish_link(actor=actor, state=state, **values)
    with pytest.raises(ProofOver):
        services.finish_outside_sign_in(state=sent.state, address="", **values)
    with pytest.raises(ProofOver):
        services.finish_link(
            actor=mine, state=sent.state, **{**values, "at": clock.now() + timedelta(minutes=6)}
        )
    services.finish_link(actor=mine, state=sent.state, **values)
    with pytest.raises(ProofOver):
        services.finish_link(actor=mine, state=sent.state, **values)
    again = services.begin_outside_sign_in(provider=provider, address="", at=clock.now())
    with pytest.raises(OutsideAccountRefused):
        services.finish_outside_sign_in(
            provider=provider, state=again.state, code=code, address="", at=clock.now()
        )


@pytest.mark.django_db
def test_answers_that_are_not_the_providers_are_not_believed(
    accounts: Accounts, gateway: Registry
) -> None:
    actor = signed_in(make_account())
    accounts.signs_wrongly = True
    with pytest.raises(ProofUnavailable):
        link(actor, "alipay")
    accounts.signs_wrongly = False
    accounts.secret = "changed"
    with pytest.raises(OutsideAccountRefused):
        link(actor, "wechat")
    accounts.platform_key = accounts.own_key
    with pytest.raises(OutsideAccountRefused):
        link(actor, "alipay")
    assert not LinkedAccount.objects.exists()


@pytest.mark.django_db
def test_linking_asks_for_a_fresh_sign_in_and_a_known_provider(accounts: Accounts) -> None:
    actor = signed_in(make_account())
    with pytest.raises(SignInAgain):
        services.begin_link(actor=actor, provider="wechat", at=clock.now() + timedelta(minutes=16))
    with pytest.raises(ProofUnknown):
        services.begin_link(actor=actor, provider="qq", at=clock.now())


@pytest.mark.django_db
def test_a_second_factor_is_still_asked_for_and_work_is_not_entered_this_way(
    accounts: Accounts,
) -> None:
    account = make_account()
    actor = signed_in(account)
    link(actor, "wechat")
    secret = services.start_second_factor(account_id=account.pk)
    earlier = clock.now() - timedelta(minutes=5)
    services.confirm_second_factor(
        actor=actor, account_id=account.pk, code=code_at(secret, earlier), at=earlier
    )
    sent = services.begin_outside_sign_in(provider="wechat", address="", at=clock.now())
    opened = services.finish_outside_sign_in(
        provider="wechat",
        state=sent.state,
        code=code_of(agree(sent.url)),
        address="",
        at=clock.now(),
    )
    assert opened.stage == "code"
    done = services.continue_sign_in(
        session_id=opened.session_id, code=code_at(secret, clock.now()), at=clock.now()
    )
    assert Session.objects.get(pk=done.session_id).methods == ["wechat", "totp"]
    officer = make_officer("approver")
    found = services.identify(
        token=client_for(queries.actor_of_officer(officer.pk)).cookies["lingnan_session"].value,
        at=clock.now(),
        address="",
    )
    assert found is not None
    link(found.actor, "alipay", "工作账号")
    with pytest.raises(OutsideAccountUnknown):
        come_in("alipay", "工作账号")


@pytest.mark.django_db
def test_on_the_page_one_links_comes_in_and_unlinks(accounts: Accounts, settings: Any) -> None:
    account = make_account(username="someone")
    client = Client()
    client.post("/account/sign-in/", {"username": "someone", "password": PASSWORD})
    page = client.get("/account/linked/").content.decode()
    assert page.count("test-mark") >= 2
    gone = client.post("/account/linked/", {"provider": "wechat"}).content.decode()
    told = agree(_onward(gone))
    back = "/account/linked/wechat/callback/"
    stolen = Client().get(back, told)
    assert stolen["Location"] == "/account/linked/" and not LinkedAccount.objects.exists()
    assert client.get(back, told)["Location"] == "/account/linked/"
    assert "小林" in client.get("/account/linked/").content.decode()
    other = Client()
    assert "/account/linked/wechat/leave/" in other.get("/account/sign-in/").content.decode()
    onward = _onward(
        other.post(
            "/account/linked/wechat/leave/", {"next": "/account/assurance/"}
        ).content.decode()
    )
    told = agree(onward)
    victim = Client().get(back, told)
    assert victim["Location"] == "/account/sign-in/", "login by another's answer (CSRF)"
    assert other.get(back, told)["Location"] == "/account/assurance/"
    assert other.get("/account/").status_code == 200
    again = other.get(back, told)
    assert again["Location"] == "/account/sign-in/"
    row = LinkedAccount.objects.get(account=account)
    assert other.post(f"/account/linked/{row.pk}/unlink/").status_code == 302
    assert queries.linked_accounts(account.pk) == []


def _onward(page: str) -> str:
    found = re.search(r'class="button" href="([^"]+)"', page)
    assert found is not None
    return found.group(1).replace("&amp;", "&")


@pytest.mark.django_db
def test_over_the_api_the_same(accounts: Accounts) -> None:
    account = make_account(username="someone")
    opened = services.sign_in(username="someone", password=PASSWORD, address="", at=clock.now())
    client = Client(headers={"Authorization": f"Bearer {opened.token}"})

    def send(who: Client, path: str, body: dict[str, Any]) -> Any:
        return who.post(f"/api/v1{path}", body, content_type="application/json")

    sent = send(client, "/me/linked-accounts/alipay/authorisation", {})
    assert sent.status_code == 201
    told = agree(sent.json()["url"])
    body = {"state": sent.json()["state"], "code": code_of(told)}
    made = send(client, "/me/linked-accounts/alipay/completion", body)
    assert made.status_code == 201 and made.json()["nickname"] == "小林"
    assert send(client, "/me/linked-accounts/alipay/completion", body).status_code == 410
    assert send(client, "/me/linked-accounts/qq/authorisation", {}).status_code == 404
    begun = send(Client(), "/outside-sessions/alipay/authorisation", {}).json()
    answer = {"state": begun["state"], "code": code_of(agree(begun["url"]))}
    session = send(Client(), "/outside-sessions/alipay", answer)
    assert session.status_code == 201 and session.json()["stage"] == "open"
    (item,) = client.get("/api/v1/me/linked-accounts").json()["items"]
    assert item["last_used_at"] is not None
    assert client.delete(f"/api/v1/me/linked-accounts/{item['id']}").status_code == 204
    assert queries.linked_accounts(account.pk) == []


def test_production_offers_no_provider_of_tests_and_a_broken_file_none(tmp_path: Path) -> None:
    Accounts().register(tmp_path, "http://127.0.0.1:1")
    assert [one.code for one in read_providers(tmp_path, production=False)] == list(BOTH)
    assert read_providers(tmp_path, production=True) == ()
    (tmp_path / "wechat.json").write_text("{")
    assert [one.code for one in read_providers(tmp_path, production=False)] == ["alipay"]
    assert read_providers(tmp_path / "nothing", production=False) == ()


def test_the_signed_part_of_an_answer_is_taken_as_it_was_sent() -> None:
    raw = '{"x_response": {"a": 1,  "b":"中 }"},"sign":"s"}'
    assert raw_part(raw, "x_response") == '{"a": 1,  "b":"中 }"}'
    assert raw_part(raw, "y_response") == ""
    assert raw_part('{"x_response":{"a"', "x_response") == ""


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
            ("GET", "/account/linked/", statuses(302, 200, 200)),
            ("POST", "/account/linked/", statuses(302, 404, 404)),
            ("POST", f"/account/linked/{no}/unlink/", statuses(302, 404, 404)),
            ("POST", "/account/linked/qq/leave/", statuses(302, 302, 302)),
            ("GET", "/account/linked/qq/callback/", statuses(302, 302, 302)),
            ("GET", "/api/v1/me/linked-accounts", statuses(401, 200, 200)),
            ("DELETE", f"/api/v1/me/linked-accounts/{no}", statuses(401, 404, 404)),
            ("POST", f"/account/linked/upstream/{no}/unlink/", statuses(302, 404, 404)),
            ("GET", "/api/v1/me/upstream-links", statuses(401, 200, 200)),
            ("DELETE", f"/api/v1/me/upstream-links/{no}", statuses(401, 404, 404)),
        ],
    )
