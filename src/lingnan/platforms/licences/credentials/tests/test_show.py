"""OpenID4VP 1.0: an officer sees what the holder lets him see, and what is proven of it."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from joserfc import jws
from joserfc.jwk import ECKey

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden
from lingnan.platforms.identity import queries as identity

from ... import services
from ...models import Licence, LicenceUse, PresentationRequest
from ...testing import make_agency, make_holder, make_licence, officer_actor
from ...types import SCAN, VIEW_LICENCES
from .. import answers, requests, words
from ..errors import CredentialUnknown, PresentationClosed, PresentationMalformed
from ..testing import Wallet, claims_in, decoded, offer_for
from ..types import AskedPresentation, Wanted

pytestmark = pytest.mark.django_db
PATHS = ("holder.name", "fields.place")


@pytest.fixture
def officer() -> Actor:
    return officer_actor(make_agency("演示市公安局"), SCAN)


def ask(officer: Actor, licence: Licence, **changes: Any) -> AskedPresentation:
    values: dict[str, Any] = {
        "wanted": [Wanted(type_code=licence.type_code, paths=PATHS)],
        "purpose": "现场检查",
        "at": clock.now(),
        **changes,
    }
    return requests.ask_presentation(actor=officer, **values)


def row_of(asked: AskedPresentation) -> PresentationRequest:
    return PresentationRequest.objects.get(pk=asked.request_id)


@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
def test_the_officer_sees_what_was_asked_for_and_nothing_more(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet, mode: str
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    asked = ask(officer, licence, mode=mode)
    request = wallet.read_request(asked.link)
    assert request["dcql_query"]["credentials"][0]["claims"] == [
        {"path": ["holder", "name"]},
        {"path": ["fields", "place"]},
    ]
    shown = wallet.show(
        credential, ["name", "place", "business_scope"],
        aud=request["client_id"], nonce=request["nonce"],
    )  # fmt: skip
    assert wallet.answer(request, {"licence0": [shown]}).status_code == 200
    row = row_of(asked)
    assert row.state == "shown" and "陈美玲" not in row.answer_sealed
    (line,) = words.shown_in_words(row)
    assert line.proven
    assert {value for _path, _title, value in line.fields} == {"陈美玲", "演示路 1 号"}
    use = LicenceUse.objects.get(licence=licence, kind="presented")
    assert use.fields == list(PATHS) and use.agency_id == officer.agency_id
    assert "演示市公安局" in use.used_by
    again = wallet.answer(request, {"licence0": [shown]})
    assert again.status_code == 400
    assert LicenceUse.objects.filter(kind="presented").count() == 1


def presented(
    officer: Actor, licence: Licence, wallet: Wallet, credential: str, **changes: Any
) -> tuple[Any, PresentationRequest]:
    """Answer a fresh request in a way that is wrong in one thing."""
    asked = ask(officer, licence, mode="direct_post")
    request = wallet.read_request(asked.link)
    values = {"aud": request["client_id"], "nonce": request["nonce"], **changes}
    shown = wallet.show(credential, ["name", "place"], **values)
    answer = wallet.answer(request, {"licence0": [shown]})
    return answer, row_of(asked)


def test_answers_made_for_someone_else_or_by_another_are_refused(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    now = int(clock.now().timestamp())
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"nonce": "yesterday's"}, "freshness"),
        ({"aud": "x509_san_dns:other.example"}, "freshness"),
        ({"iat": now - 3600}, "freshness"),
        ({"key": ECKey.generate_key("P-256")}, "holder"),
        ({"sd_hash": "AAAA"}, "contents"),
    ]
    for changes, problem in wrong:
        answer, row = presented(officer, licence, wallet, credential, **changes)
        assert answer.status_code == 400, changes
        assert (row.state, row.last_problem) == ("waiting", problem)
    assert not LicenceUse.objects.filter(kind="presented").exists()


def test_a_changed_disclosure_is_found(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    jwt, *disclosures = wallet.fetch(offer_for(holder, licence)).rstrip("~").split("~")
    changed = []
    for text in disclosures:
        salt, name, _value = decoded(text)
        if name == "place":
            other = json.dumps([salt, name, "别处"]).encode()
            text = base64.urlsafe_b64encode(other).decode().rstrip("=")
        changed.append(text)
    answer, row = presented(officer, licence, wallet, "~".join([jwt, *changed, ""]))
    assert (answer.status_code, row.last_problem) == (400, "contents")
    head, body, signature = jwt.split(".")
    forged = ".".join([head, body[:-2] + ("AA" if body[-2:] != "AA" else "BB"), signature])
    answer, row = presented(officer, licence, wallet, "~".join([forged, *disclosures, ""]))
    assert (answer.status_code, row.last_problem) == (400, "contents")


def test_an_issuer_nobody_trusts_is_refused(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    forged = _signed_by_another(credential, wallet)
    answer, row = presented(officer, licence, wallet, forged)
    assert (answer.status_code, row.last_problem) == (400, "issuer")


def _signed_by_another(credential: str, wallet: Wallet) -> str:
    jwt, tilde, rest = credential.partition("~")
    payload = claims_in(jwt)
    header = {"alg": "ES256", "typ": "dc+sd-jwt", "kid": "mine", "jwk": wallet.jwk}
    return jws.serialize_compact(header, json.dumps(payload), wallet.key) + tilde + rest


def test_a_licence_that_no_longer_stands_is_shown_and_said(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    services.act_on_licence(
        licence_id=licence.pk, verb="revoke", ground="行政许可法 69", actor=SYSTEM, at=clock.now()
    )
    answer, row = presented(officer, licence, wallet, credential)
    assert (answer.status_code, row.state) == (200, "failed")
    (line,) = words.shown_in_words(row)
    failed = [look for look in line.looks if not look.held]
    assert len(failed) == 1 and not line.proven


def test_less_than_asked_for_is_said(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    asked = ask(officer, licence, mode="direct_post")
    request = wallet.read_request(asked.link)
    shown = wallet.show(credential, ["name"], aud=request["client_id"], nonce=request["nonce"])
    assert wallet.answer(request, {"licence0": [shown]}).status_code == 200
    (line,) = words.shown_in_words(row_of(asked))
    assert [look.detail for look in line.looks if not look.held] == ["fields.place"]


def test_another_type_than_asked_for_is_refused(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    other = make_licence(holder=make_holder())
    answer, row = presented(officer, other, wallet, credential)
    assert (answer.status_code, row.last_problem) == (400, "query")


def test_rubbish_closes_the_request_after_five(
    officer: Actor, licence: Licence, wallet: Wallet
) -> None:
    asked = ask(officer, licence, mode="direct_post")
    request = wallet.read_request(asked.link)
    for number in range(5):
        assert row_of(asked).wrong_answers == number
        assert wallet.answer(request, {"licence0": ["a~b"]}).status_code == 400
    assert row_of(asked).state == "failed"


def test_an_encrypted_request_takes_no_open_answer(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    asked = ask(officer, licence)
    request = wallet.read_request(asked.link)
    shown = wallet.show(credential, [], aud=request["client_id"], nonce=request["nonce"])
    plain = {**request, "response_mode": "direct_post"}
    assert wallet.answer(plain, {"licence0": [shown]}).status_code == 400
    other = ask(officer, licence)
    foreign = wallet.read_request(other.link)
    crossed = {**request, "state": foreign["state"]}
    assert wallet.answer(crossed, {"licence0": [shown]}).status_code == 400
    rubbish = wallet.browser.post("/openid4vp/responses", {"response": "a.b.c.d.e"})
    assert rubbish.status_code == 400
    assert row_of(asked).state == "waiting"


def test_the_holder_may_decline_and_a_request_ends(
    officer: Actor, licence: Licence, wallet: Wallet
) -> None:
    asked = ask(officer, licence)
    request = wallet.read_request(asked.link)
    form = {"error": "access_denied", "state": request["state"]}
    assert wallet.browser.post("/openid4vp/responses", form).status_code == 200
    assert row_of(asked).state == "declined"
    late = ask(officer, licence)
    PresentationRequest.objects.filter(pk=late.request_id).update(
        asked_at=clock.now() - timedelta(hours=1), expires_at=clock.now()
    )
    path = late.link.rpartition("%2F")[2]
    for gone in (path, "other"):
        answer = Client().get(f"/openid4vp/requests/{gone}")
        assert answer.status_code == 410
        assert answer.json() == {"error": "invalid_request"}
        with pytest.raises(PresentationClosed):
            requests.request_object(gone, at=clock.now())


def test_who_may_ask_and_who_may_see(officer: Actor, licence: Licence) -> None:
    with pytest.raises(Forbidden):
        ask(officer_actor(make_agency(), VIEW_LICENCES), licence)
    wrong: tuple[dict[str, Any], ...] = (
        {"purpose": " "},
        {"wanted": []},
        {"mode": "fragment"},
        {"wanted": [Wanted(type_code=licence.type_code, paths=("fields.secret",))]},
    )
    for changes in wrong:
        with pytest.raises(PresentationMalformed):
            ask(officer, licence, **changes)
    asked = ask(officer, licence)
    colleague = replace(officer_actor(officer.agency_id, SCAN))
    with pytest.raises(CredentialUnknown):
        requests.access_request(actor=colleague, request_id=asked.request_id)
    assert requests.page_of_requests(colleague).items == []
    assert len(requests.page_of_requests(officer).items) == 1


def test_what_a_wallet_showed_stands_among_the_looks_of_its_holder(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    presented(officer, licence, wallet, wallet.fetch(offer_for(holder, licence)))
    (seen,) = identity.access_log(holder).items
    assert (seen.line.number, seen.line.agency_id) == (licence.identifier, officer.agency_id)


def test_what_was_shown_is_forgotten_after_a_day(
    officer: Actor, holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    _answer, row = presented(officer, licence, wallet, credential)
    assert row.answer_sealed and not answers.blank_answers(at=clock.now())
    assert answers.blank_answers(at=clock.now() + timedelta(days=1, minutes=1)) == 1
    row.refresh_from_db()
    assert row.state == "shown" and words.shown_in_words(row) == []
