"""Signing in with an account kept elsewhere; the product is its own upstream, over the network."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import pytest
from django.test import Client as Browser
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel import clock
from lingnan.kernel.testing import race
from lingnan.platforms.messaging.models import Message
from lingnan.security.audit.models import Entry

from ... import queries
from ...errors import OnlyWayIn
from ...models import Account, Person, Session, UpstreamAttempt, UpstreamLink, UpstreamProvider
from ...services import unlink_upstream
from ...services.passwords import UNUSABLE, hash_password
from ...testing import PASSWORD, client_for, make_account, make_person, make_person_actor
from ...types import NO_DEVICE
from ..errors import UpstreamIdentityUnclear
from ..services import upstream
from ..testing import make_client, returned

pytestmark = pytest.mark.django_db(transaction=True)
LEVELS = {"urn:lingnan:assurance:2": 2}


@pytest.fixture
def city(live_server: LiveServer, settings: Any) -> str:
    """A provider `city`: this product, at its own address."""
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"public_url": live_server.url})
    client = make_client(
        "openid", "profile", "person", redirect_uris=[upstream.callback_address("city")]
    )
    upstream._known.clear()
    upstream.save_provider(
        values={
            "code": "city",
            "name": "示范市统一身份认证",
            "issuer": live_server.url,
            "client_id": client.client_id,
            "levels": LEVELS,
            "is_test": True,
        },
        secret=client.secret,
    )
    return str(live_server.url)


def leave(browser: Browser, onward: str = "") -> str:
    page = browser.post("/account/sign-in/with/city/", {"next": onward})
    assert page.status_code == 200, page.content
    return str(page.context["onward"])


def answer_there(url: str, person: Person) -> str:
    """The same person signs in and agrees at the provider; returns the way back."""
    there = client_for(make_person_actor(person))
    path = url.split("/oauth/authorize?", 1)[1]
    answer = there.get(f"/oauth/authorize?{path}")
    if answer.status_code == 302:
        return str(answer["Location"])
    done = there.post(f"/oauth/consent?{path}", {"decision": "allow"})
    return str(done.context["onward"])


def arrive(browser: Browser, back: str, **changes: str | None) -> Any:
    query: dict[str, str | None] = {**dict(parse_qsl(urlsplit(back).query)), **changes}
    kept = {key: value for key, value in query.items() if value is not None}
    return browser.get(f"/account/sign-in/with/city/callback/?{urlencode(kept)}")


def test_someone_known_by_his_document_is_signed_in_and_linked(city: str) -> None:
    person = make_person("陈美玲")
    make_account(person)
    browser = Browser()
    assert "示范市统一身份认证" in browser.get("/account/sign-in/").content.decode()
    back = answer_there(leave(browser, "/account/contact/"), person)
    done = arrive(browser, back)
    assert done.status_code == 302 and done["Location"] == "/account/contact/", done.content
    assert "陈美玲" in browser.get("/account/").content.decode()
    link = UpstreamLink.objects.get()
    assert link.account.person_id == person.pk
    # A second time by the link alone, also where the provider is less sure now.
    upstream.save_provider(values={"code": "city", "levels": {}}, secret="")
    again = Browser()
    assert arrive(again, answer_there(leave(again), person)).status_code == 302
    assert UpstreamLink.objects.count() == 1


def test_too_low_a_level_makes_nobody_known(city: str) -> None:
    person = make_person()
    make_account(person)
    upstream.save_provider(values={"code": "city", "levels": {}}, secret="")
    browser = Browser()
    assert arrive(browser, answer_there(leave(browser), person)).status_code == 403
    assert not UpstreamLink.objects.exists()
    assert browser.get("/account/").status_code == 302


def test_the_way_back_is_good_for_one_browser_once(city: str) -> None:
    person = make_person()
    make_account(person)
    browser = Browser()
    back = answer_there(leave(browser), person)
    stranger = Browser()
    leave(stranger)
    assert arrive(stranger, back).status_code == 403, "another browser's answer"
    assert arrive(Browser(), back).status_code == 403, "a browser that never left"
    assert arrive(browser, back, iss="https://evil.example.cn").status_code == 403
    assert arrive(browser, back).status_code == 403, "used up by the attempt before"
    browser = Browser()
    back = answer_there(leave(browser), person)
    assert arrive(browser, back, iss=None).status_code == 403, "promised, so it has to be there"
    browser = Browser()
    back = answer_there(leave(browser), person)
    assert arrive(browser, back).status_code == 302
    assert arrive(browser, back).status_code == 403
    browser = Browser()
    leave(browser)
    state = browser.cookies["lingnan_upstream"].value
    refused = {"error": "access_denied", "state": state, "iss": city}
    assert arrive(browser, "https://x/?" + urlencode(refused)).status_code == 403
    assert Browser().post("/account/sign-in/with/nowhere/").status_code == 404


def test_a_code_of_another_attempt_fails_at_nonce_and_pkce(city: str) -> None:
    victim, attacker = make_person(), make_person()
    for person in (victim, attacker):
        make_account(person)
    browser, other = Browser(), Browser()
    leave(browser)
    injected = returned(answer_there(leave(other), attacker))["code"]
    state = browser.cookies["lingnan_upstream"].value
    answer = arrive(
        browser, "https://x/?" + urlencode({"code": injected, "state": state}), iss=city
    )
    assert answer.status_code == 403
    assert not UpstreamLink.objects.exists()
    assert UpstreamAttempt.objects.filter(used_at=None).count() == 1


def test_another_name_on_the_document_is_nobody(city: str) -> None:
    person = make_person("陈美玲")
    make_account(person)
    leave(Browser())
    Person.objects.filter(pk=person.pk).update(name="何其他")
    arrived = upstream.Arrived(
        subject="s-1",
        level=2,
        name="陈美玲",
        document_type="resident_id",
        document_number=queries.person(person.pk).document_number,
    )
    provider = UpstreamAttempt.objects.get().provider
    with pytest.raises(UpstreamIdentityUnclear):
        upstream._sign_in(
            provider, arrived, network_address="127.0.0.1", device=NO_DEVICE, at=clock.now()
        )
    assert not UpstreamLink.objects.exists()
    assert Account.objects.filter(person=person).count() == 1


def come_in(person: Person, browser: Browser | None = None) -> tuple[Browser, Any]:
    browser = browser or Browser()
    return browser, arrive(browser, answer_there(leave(browser, "/account/"), person))


def test_its_owner_sees_a_link_and_ends_it_and_only_he_brings_it_back(city: str) -> None:
    person = make_person("陈美玲")
    owner = make_person_actor(person)
    elsewhere, _done = come_in(person)
    assert Message.objects.filter(person_id=person.pk, template="identity.account_linked").exists()
    link = UpstreamLink.objects.get()
    assert link.last_used_at is not None
    own, other = client_for(owner), client_for(make_person_actor())
    page = own.get("/account/linked/").content.decode()
    assert "示范市统一身份认证" in page and f"/account/linked/upstream/{link.pk}/unlink/" in page
    assert "示范市统一身份认证" in own.get("/account/").content.decode()
    assert str(link.pk) not in other.get("/account/linked/").content.decode()
    assert other.post(f"/account/linked/upstream/{link.pk}/unlink/").status_code == 404
    assert own.post(f"/account/linked/upstream/{link.pk}/unlink/").status_code == 302
    assert elsewhere.get("/account/").status_code == 302, "signed out where it had opened"
    assert own.get("/account/").status_code == 200
    assert Message.objects.filter(
        person_id=person.pk, template="identity.account_unlinked"
    ).exists()
    entry = Entry.objects.get(act="identity.upstream_unlinked")
    assert (entry.object_id, entry.facts["provider"]) == (str(link.account_id), "city")
    assert "已解绑其他身份认证平台的账号" in own.get("/account/history/").content.decode()
    # The provider's word alone does not bring it back, also not that he is of this document.
    _browser, refused = come_in(person)
    assert refused.status_code == 403 and "您已解绑该账号" in refused.content.decode()
    assert not UpstreamLink.objects.filter(ended_at=None).exists()
    _browser, stranger = come_in(person, other)
    assert stranger.status_code == 403
    _browser, again = come_in(person, own)
    assert again.status_code == 302
    assert UpstreamLink.objects.get(ended_at=None).account_id == link.account_id
    _browser, later = come_in(person)
    assert later.status_code == 302


def test_the_only_way_in_is_not_ended(city: str) -> None:
    person = make_person("陈美玲")
    browser, _done = come_in(person)
    link = UpstreamLink.objects.get()
    Account.objects.filter(pk=link.account_id).update(password=UNUSABLE)
    path = f"/account/linked/upstream/{link.pk}/unlink/"
    page = browser.post(path, follow=True).content.decode()
    assert "没有任何方式可以登录您的账户" in page
    assert UpstreamLink.objects.get().ended_at is None
    token = browser.cookies["lingnan_session"].value
    api = Browser(headers={"Authorization": f"Bearer {token}"})
    answer = api.delete(f"/api/v1/me/upstream-links/{link.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "identity.only_way_in")
    Account.objects.update(password=hash_password(PASSWORD))
    (item,) = api.get("/api/v1/me/upstream-links").json()["items"]
    assert (item["provider"], item["name"]) == ("city", "示范市统一身份认证")
    stranger = client_for(make_person_actor(), bearer=True)
    assert stranger.get("/api/v1/me/upstream-links").json() == {"items": []}
    assert stranger.delete(f"/api/v1/me/upstream-links/{link.pk}").status_code == 404
    assert api.delete(f"/api/v1/me/upstream-links/{link.pk}").status_code == 204
    assert api.delete(f"/api/v1/me/upstream-links/{link.pk}").status_code == 404


def test_of_two_ways_in_that_end_beside_each_other_one_stays(city: str) -> None:
    person = make_person("陈美玲")
    come_in(person)
    first = UpstreamLink.objects.get()
    Account.objects.update(password=UNUSABLE)
    second = UpstreamLink.objects.create(
        provider=UpstreamProvider.objects.create(
            code="province", name="省", issuer="https://p.example.cn", client_id="x"
        ),
        account=first.account,
        subject="2",
    )
    actor = queries.actor_of_person(person.pk)
    session = Session.objects.filter(account=first.account).latest("id")
    actor = replace(actor, session_id=session.pk)

    def end(link_id: UUID) -> Callable[[], None]:
        return lambda: unlink_upstream(actor=actor, link_id=link_id, at=clock.now())

    answers = race([end(first.pk), end(second.pk)])
    assert sum(isinstance(answer, OnlyWayIn) for answer in answers) == 1
    assert UpstreamLink.objects.filter(ended_at=None).count() == 1
