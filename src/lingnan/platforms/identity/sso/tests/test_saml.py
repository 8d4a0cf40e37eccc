"""Signing in by SAML 2.0: what is signed, for us, now, once; and the ways round it.

Source: SAML 2.0 Core 2.4-2.7, Profiles 4.1; On Breaking SAML (USENIX Security 2012).
"""

import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client as Browser

from lingnan.kernel import clock

from ... import queries
from ...models import Account, Person, SeenAssertion, Session, UpstreamAttempt, UpstreamLink
from ...simulator_saml import CONTEXTS, Question, SamlProvider, encode, read_question
from ...testing import make_account, make_person
from ..services import saml, upstream

pytestmark = pytest.mark.django_db
WITH = "/account/sign-in/with/nation/"
IDP = SamlProvider("https://idp.example.cn")
EVIL = SamlProvider("https://idp.example.cn")  # of the same name, with a key of its own


@pytest.fixture(autouse=True)
def nation() -> None:
    upstream.save_provider(
        values={
            "code": "nation",
            "protocol": "saml",
            "name": "国家统一身份认证",
            "issuer": IDP.entity_id,
            "sso_url": IDP.sso_url,
            "certificates": IDP.certificate,
            "levels": {CONTEXTS[2]: 2, CONTEXTS[3]: 3},
            "is_test": True,
        },
        secret="",
    )


def leave(browser: Browser, onward: str = "") -> tuple[Question, str]:
    """The question the provider gets, and the state that has to come back."""
    page = browser.post(WITH, {"next": onward})
    assert page.status_code == 200, page.content
    url = urlsplit(page.context["onward"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == IDP.sso_url
    query = dict(parse_qsl(url.query))
    return read_question(query["SAMLRequest"]), query["RelayState"]


def said_of(person: Person) -> dict[str, str]:
    card = queries.person(person.pk)
    return {
        "name": card.name,
        "document_type": card.document_type,
        "document_number": card.document_number,
    }


def arrive(browser: Browser, answer: str, state: str) -> Any:
    """The provider's page posts the answer; the browser follows where it is sent."""
    posted = Browser(enforce_csrf_checks=True).post(
        f"{WITH}acs/", {"SAMLResponse": answer, "RelayState": state}
    )
    if posted.status_code != 303:
        return posted
    return browser.get(posted["Location"])


def known() -> Person:
    person = make_person("陈美玲")
    make_account(person)
    return person


def refused(answer: Any) -> None:
    assert answer.status_code == 403, answer.content
    assert not UpstreamLink.objects.exists() and not Session.objects.exists()


def test_someone_known_by_his_document_is_signed_in_and_linked() -> None:
    person = known()
    browser = Browser()
    assert "国家统一身份认证" in browser.get("/account/sign-in/").content.decode()
    question, state = leave(browser, "/account/contact/")
    assert question.acs.endswith(f"{WITH}acs/")
    assert question.issuer.endswith(f"{WITH}metadata/")
    answer = IDP.answer(question, subject="n-1", attributes=said_of(person))
    done = arrive(browser, answer, state)
    assert (done.status_code, done["Location"]) == (302, "/account/contact/")
    assert "陈美玲" in browser.get("/account/").content.decode()
    assert UpstreamLink.objects.get().account.person_id == person.pk
    assert Session.objects.get().methods == ["upstream"]
    assert UpstreamAttempt.objects.get().response_sealed == ""
    again = Browser()
    question, state = leave(again)
    low = IDP.answer(question, subject="n-1", attributes={"name": "x"}, context="urn:unknown")
    assert arrive(again, low, state).status_code == 302


def test_someone_nobody_knew_gets_an_account() -> None:
    number = said_of(make_person("李新"))["document_number"]
    Person.objects.all().delete()
    browser = Browser()
    question, state = leave(browser)
    attributes = {"name": "李新", "document_type": "resident_id", "document_number": number}
    done = arrive(browser, IDP.answer(question, attributes=attributes), state)
    assert done.status_code == 302
    assert Account.objects.get().person is not None


def test_too_low_a_level_or_another_name_makes_nobody_known() -> None:
    person = known()
    for changes in (
        {"context": "urn:unknown", "attributes": said_of(person)},
        {"attributes": {**said_of(person), "name": "何其他"}},
        {"attributes": {"name": "陈美玲"}},
    ):
        browser = Browser()
        question, state = leave(browser)
        refused(arrive(browser, IDP.answer(question, **changes), state))


@pytest.mark.parametrize(
    "changes",
    [
        {"audience": "https://someone.else/"},
        {"audience": ""},
        {"recipient": "https://someone.else/acs/"},
        {"confirms": "_another"},
        {"until_s": -400},
        {"from_s": 4000, "until_s": 8000},
        {"issuer": "https://someone.else/"},
        {"destination": "https://someone.else/"},
        {"in_response_to": "_another"},
    ],
    ids=lambda changes: "-".join(f"{name}" for name in changes),
)
def test_what_is_for_someone_else_or_another_time_is_refused(changes: dict[str, Any]) -> None:
    person = known()
    browser = Browser()
    question, state = leave(browser)
    refused(arrive(browser, IDP.answer(question, attributes=said_of(person), **changes), state))


def test_a_recipient_that_only_begins_like_ours_is_refused() -> None:
    person = known()
    browser = Browser()
    question, state = leave(browser)
    for recipient in (f"{question.acs}evil/", f"https://evil.cn/?{question.acs}"):
        answer = IDP.answer(question, attributes=said_of(person), recipient=recipient)
        refused(arrive(browser, answer, state))
        browser = Browser()
        question, state = leave(browser)


def test_what_is_not_signed_or_signed_by_another_is_refused() -> None:
    person = known()
    attributes = said_of(person)
    makers: list[Callable[[Question], str]] = [
        lambda question: encode(
            IDP.envelope(question, IDP.assertion(question, attributes=attributes))
        ),
        lambda question: EVIL.answer(question, attributes=attributes),
        lambda question: encode(  # the whole is signed, the assertion is not
            IDP.sign(IDP.envelope(question, IDP.assertion(question, attributes=attributes)))
        ),
        lambda question: encode(
            IDP.envelope(
                question,
                IDP.sign(
                    IDP.assertion(question, attributes=attributes),
                    sign_algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1",
                    digest_algorithm="http://www.w3.org/2000/09/xmldsig#sha1",
                ),
            )
        ),
    ]
    for make in makers:
        browser = Browser()
        question, state = leave(browser)
        refused(arrive(browser, make(question), state))


def test_a_changed_word_breaks_the_signature() -> None:
    person, other = known(), make_person("陈美玲")
    browser = Browser()
    question, state = leave(browser)
    text = base64.b64decode(IDP.answer(question, attributes=said_of(person))).decode()
    changed = text.replace(said_of(person)["document_number"], said_of(other)["document_number"])
    assert changed != text
    refused(arrive(browser, encode(changed), state))


def wrapped(question: Question, real: dict[str, str], forged: dict[str, str]) -> list[str]:
    """The eight places of signature wrapping that a response has: the signed assertion is kept
    somewhere, a forged one is where it is read."""
    signed = IDP.sign(IDP.assertion(question, attributes=real, id="_signed"))
    evil = IDP.assertion(question, attributes=forged, id="_forged")
    same = IDP.assertion(question, attributes=forged, id="_signed")
    match = re.search(r"<ds:Signature.*</ds:Signature>", signed, re.DOTALL)
    assert match is not None
    signature = match.group(0)
    bare = signed.replace(signature, "")

    def after_issuer(xml: str, more: str) -> str:
        return xml.replace("</saml:Issuer>", f"</saml:Issuer>{more}", 1)

    def inside(xml: str, more: str) -> str:
        return xml.replace("</saml:Assertion>", f"{more}</saml:Assertion>")

    in_object = signature.replace(
        "</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>"
    )
    extension = f"<samlp:Extensions>{signed}</samlp:Extensions>"
    return [
        IDP.envelope(question, evil + signed),
        IDP.envelope(question, signed + evil),
        IDP.envelope(question, inside(evil, signed)),
        IDP.envelope(question, inside(after_issuer(evil, signature), bare)),
        IDP.envelope(question, after_issuer(evil, in_object)),
        IDP.envelope(question, after_issuer(same, in_object)),
        IDP.envelope(question, after_issuer(evil, signature)),
        IDP.envelope(question, evil).replace("<samlp:Status>", f"{extension}<samlp:Status>"),
        IDP.envelope(question, after_issuer(same, signature)),
    ]


@pytest.mark.parametrize("which", range(9))
def test_signature_wrapping_reads_nothing_that_was_not_signed(which: int) -> None:
    attacker, victim = known(), make_person("王小明")
    make_account(victim)
    browser = Browser()
    question, state = leave(browser)
    text = wrapped(question, said_of(attacker), said_of(victim))[which]
    refused(arrive(browser, encode(text), state))


def test_a_comment_does_not_cut_a_name_short() -> None:
    victim = known()
    browser = Browser()
    question, state = leave(browser)
    number = said_of(victim)["document_number"]
    attributes = {**said_of(victim), "document_number": f"{number}.evil"}
    text = base64.b64decode(
        IDP.answer(question, subject="victim.evil", attributes=attributes)
    ).decode()
    cut = text.replace(f"{number}.evil", f"{number}<!---->.evil").replace(
        "victim.evil", "victim<!---->.evil"
    )
    assert cut.count("<!---->") == 2  # exclusive c14n leaves comments out: the signature holds
    refused(arrive(browser, encode(cut), state))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64 !",
        encode("<x"),
        encode("<a/>"),
        encode('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
        encode("<!doctype a><a/>"),
        base64.b64encode('<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16")).decode(),
        "A" * (saml.RESPONSE_MAX + 1),
    ],
    ids=range(8),
)
def test_what_is_no_response_is_refused(text: str) -> None:
    browser = Browser()
    _question, state = leave(browser)
    refused(arrive(browser, text, state))


def test_an_answer_counts_once_and_only_in_the_browser_that_asked() -> None:
    person = known()
    browser, thief = Browser(), Browser()
    question, state = leave(browser)
    answer = IDP.answer(question, attributes=said_of(person))
    posted = browser.post(f"{WITH}acs/", {"SAMLResponse": answer, "RelayState": state})
    leave(thief)
    refused(thief.get(posted["Location"]))
    again = browser.post(f"{WITH}acs/", {"SAMLResponse": answer, "RelayState": state})
    assert again.status_code == 403  # one answer to one question
    assert browser.get(posted["Location"]).status_code == 302
    assert browser.get(posted["Location"]).status_code == 403
    assert SeenAssertion.objects.count() == 1
    other = Browser()
    _question, state = leave(other)
    assert arrive(other, answer, state).status_code == 403  # of an earlier question
    assert Browser().post(f"{WITH}acs/", {"SAMLResponse": answer}).status_code == 403
    assert Browser().post("/account/sign-in/with/nowhere/acs/").status_code == 404


def test_an_assertion_seen_before_is_not_taken_again() -> None:
    person = known()
    browser = Browser()
    question, state = leave(browser)
    answer = IDP.answer(question, attributes=said_of(person))
    assert arrive(browser, answer, state).status_code == 302
    UpstreamAttempt.objects.update(used_at=None, response_sealed="")
    before = Session.objects.count()
    assert arrive(browser, answer, state).status_code == 403
    assert Session.objects.count() == before


def test_both_certificates_count_while_the_provider_changes_over() -> None:
    person = known()
    new = SamlProvider(IDP.public_url)
    upstream.save_provider(
        values={"code": "nation", "certificates": IDP.certificate + new.certificate}, secret=""
    )
    for provider in (IDP, new):
        browser = Browser()
        question, state = leave(browser)
        answer = provider.answer(question, subject="n-1", attributes=said_of(person))
        assert arrive(browser, answer, state).status_code == 302


def test_our_description_names_us_and_our_address() -> None:
    answer = Browser().get(f"{WITH}metadata/")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("application/samlmetadata+xml")
    assert saml.entity_id("nation") in text and saml.acs_address("nation") in text
    assert 'WantAssertionsSigned="true"' in text
    assert Browser().get("/account/sign-in/with/nowhere/metadata/").status_code == 404


def test_who_is_switched_off_lets_nobody_in() -> None:
    person = known()
    browser = Browser()
    question, state = leave(browser)
    upstream.save_provider(values={"code": "nation", "active": False}, secret="")
    answer = IDP.answer(question, attributes=said_of(person))
    assert arrive(browser, answer, state).status_code == 404
    assert Browser().post(WITH).status_code == 404


def test_an_old_question_is_answered_too_late() -> None:
    person = known()
    browser = Browser()
    question, state = leave(browser)
    UpstreamAttempt.objects.update(expires_at=clock.now())
    refused(arrive(browser, IDP.answer(question, attributes=said_of(person)), state))
