"""Signing in with an OpenID Connect provider that another process plays: who is let in, as whom, at
which level, and what is said where it goes wrong. OpenID Connect Core 3.1.3.7."""

import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.test import Client as Browser

from lingnan.kernel import clock

from ... import queries
from ...models import Account, AssuranceEvidence, Person, UpstreamLink
from ...services.passwords import UNUSABLE
from ...simulator import Registry, serve
from ...simulator_oidc import ACR, CLIENT_ID, Citizen, OidcProvider
from ...testing import (
    PASSWORD,
    client_for,
    make_account,
    make_person,
    make_person_actor,
    resident_number,
)
from ..errors import UpstreamAccountClosed, UpstreamRefused, UpstreamSilent
from ..services import upstream

pytestmark = pytest.mark.django_db(transaction=True)
WITH = "/account/sign-in/with/neighbour/"


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    """It runs, knows us, and we know it."""
    registry = Registry(secret="x" * 32, public_url="")
    server = serve(registry, host="127.0.0.1", port=0)
    there = f"http://127.0.0.1:{server.server_address[1]}"
    played = OidcProvider(there, redirect_uris=(upstream.callback_address("neighbour"),))
    registry.public_url, registry.oidc = there, played
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    upstream.save_provider(
        values={
            "code": "neighbour",
            "name": "邻省统一身份认证",
            "issuer": played.issuer,
            "client_id": CLIENT_ID,
            "levels": {value: level for level, value in ACR.items()},
            "is_test": True,
        },
        secret=played.secret,
    )
    yield played
    server.shutdown()
    server.server_close()


def leave(browser: Browser, onward: str = "") -> str:
    page = browser.post(WITH, {"next": onward})
    assert page.status_code == 200, page.content
    return str(page.context["onward"])


def agree(url: str, citizen: Citizen, **chosen: str) -> str:
    """Fill the form of the provider's page; returns the way back."""
    page = httpx.get(url)
    assert page.status_code == 200 and "测试环境" in page.text, page.text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    who = {"who": "other", "name": citizen.name, "number": citizen.document_number}
    typed = {**hidden, **who, "level": "3", "decision": "allow", **chosen}
    answer = httpx.post(url.split("?")[0], data=typed)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def arrive(browser: Browser, back: str) -> Any:
    return browser.get(f"{WITH}callback/", dict(parse_qsl(urlsplit(back).query)))


def someone(name: str = "欧阳晴") -> Citizen:
    return Citizen(name, resident_number())


def test_someone_unknown_gets_an_account_at_the_level_the_provider_vouches_for(
    provider: OidcProvider,
) -> None:
    citizen, browser = someone(), Browser()
    done = arrive(browser, agree(leave(browser, "/account/assurance/"), citizen))
    assert done.status_code == 302 and done["Location"] == "/account/assurance/", done.content
    person = Person.objects.get(name="欧阳晴")
    assert queries.person(person.pk).document_number == citizen.document_number
    assert queries.level_of_person(person.pk, at=clock.now()) == 3
    evidence = AssuranceEvidence.objects.get(person=person)
    assert (evidence.kind, evidence.adapter, evidence.is_test) == ("upstream", "neighbour", True)
    assert "欧阳晴" in browser.get("/account/").content.decode()
    # The next time it is the same account, and the proof is not written down again.
    again = Browser()
    assert arrive(again, agree(leave(again), citizen)).status_code == 302
    assert Account.objects.filter(person=person).count() == UpstreamLink.objects.count() == 1
    assert Account.objects.get(person=person).password == UNUSABLE, "nobody chose one"
    assert AssuranceEvidence.objects.count() == 1


def test_the_word_of_a_provider_counts_as_far_as_it_goes(provider: OidcProvider) -> None:
    person = make_person("陈美玲")
    make_account(person, proven=False)
    citizen = Citizen("陈美玲", queries.person(person.pk).document_number)
    for level, held, proofs in (("1", 1, 0), ("2", 2, 1), ("3", 3, 2), ("2", 3, 2), ("1", 3, 2)):
        browser = Browser()
        done = arrive(browser, agree(leave(browser), citizen, level=level))
        assert done.status_code == (403 if not proofs else 302)
        assert queries.level_of_person(person.pk, at=clock.now()) == held
        assert AssuranceEvidence.objects.count() == proofs


def test_another_person_told_under_a_link_proves_nothing(provider: OidcProvider) -> None:
    citizen, browser = someone(), Browser()
    assert arrive(browser, agree(leave(browser), citizen, level="2")).status_code == 302
    person = Person.objects.get(name="欧阳晴")
    renamed = Citizen("欧阳云", citizen.document_number)
    again = Browser()
    assert arrive(again, agree(leave(again), renamed)).status_code == 302
    assert queries.level_of_person(person.pk, at=clock.now()) == 2


@pytest.mark.parametrize(
    ("chosen", "reason", "words"),
    [
        ({"decision": "deny"}, "access_denied", "未同意"),
        ({"fault": "state"}, "state", "不是由本浏览器发起"),
        ({"fault": "nonce"}, "nonce", "不属于本次登录"),
        ({"fault": "expired"}, "expired", "已过期"),
        ({"fault": "key"}, "signature", "有效签名"),
        ({"fault": "audience"}, "audience", "不是发给本平台"),
    ],
)
def test_what_does_not_hold_is_refused_in_words(
    provider: OidcProvider, chosen: dict[str, str], reason: str, words: str
) -> None:
    citizen, browser = someone(), Browser()
    page = arrive(browser, agree(leave(browser, "/account/devices/"), citizen, **chosen))
    assert (page.status_code, page.context["problem"]["code"]) == (403, UpstreamRefused.code)
    assert page.context["problem"]["facts"] == {"reason": reason}
    text = page.content.decode()
    assert words in text and "/account/sign-in/?next=%2Faccount%2Fdevices%2F" in text
    assert not UpstreamLink.objects.exists() and not Account.objects.exists()
    assert browser.get("/account/").status_code == 302


def test_a_provider_that_is_down_is_said_so_at_both_ends(provider: OidcProvider) -> None:
    browser = Browser()
    page = arrive(browser, agree(leave(browser), someone(), fault="down"))
    assert page.status_code == 503 and "暂时没有应答" in page.content.decode()
    assert UpstreamSilent.code in page.content.decode()
    upstream.save_provider(
        values={"code": "neighbour", "issuer": "http://127.0.0.1:9/oidc"}, secret=""
    )
    page = Browser().post(WITH, {"next": "/account/devices/"})
    text = page.content.decode()
    assert page.status_code == 503 and "暂时没有应答" in text and "%2Faccount%2Fdevices%2F" in text


def test_a_closed_account_is_said_to_be_closed(provider: OidcProvider) -> None:
    person = make_person("陈美玲")
    make_account(person)
    own = client_for(make_person_actor(person))
    own.post("/account/close/", {"password": PASSWORD, "understood": "on"})
    assert Account.objects.get().state == Account.State.CLOSED
    citizen = Citizen("陈美玲", queries.person(person.pk).document_number)
    browser = Browser()
    page = arrive(browser, agree(leave(browser), citizen))
    assert page.status_code == 403 and "已注销" in page.content.decode()
    assert page.context["problem"]["code"] == UpstreamAccountClosed.code


def test_a_document_that_cannot_be_makes_nobody_known(provider: OidcProvider) -> None:
    browser = Browser()
    page = arrive(browser, agree(leave(browser), Citizen("欧阳晴", "440106")))
    assert page.status_code == 403 and "不足以确认" in page.content.decode()
    assert not Person.objects.exists()


def test_the_played_provider_keeps_to_the_protocol(provider: OidcProvider) -> None:
    url = leave(Browser())
    for wrong in (
        url.replace("client_id=lingnan", "client_id=evil"),
        url.replace("S256", "plain"),
        re.sub("redirect_uri=[^&]+", "redirect_uri=https%3A%2F%2Fevil.example.cn%2F", url),
    ):
        assert httpx.get(wrong).status_code == 400
    code = dict(parse_qsl(urlsplit(agree(url, someone())).query))["code"]
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.redirect_uris[0],
        "code_verifier": "of another",
    }
    token = f"{provider.issuer}/token"
    assert httpx.post(token, data=asked).status_code == 401
    own = (CLIENT_ID, provider.secret)
    assert httpx.post(token, data=asked, auth=own).json()["error"] == "invalid_grant"
    assert httpx.get(f"{provider.issuer}/userinfo").status_code == 401
