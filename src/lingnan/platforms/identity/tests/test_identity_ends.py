"""What one signed in for ends: nobody goes on in a name he did not choose.

Covers posts, mandates and the lead of a firm, in browser sessions and in programs' tokens.
"""

from datetime import timedelta

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..models import Mandate, Organisation, Person
from ..testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    resident_number,
    session_token,
)
from ..types import SelfApproval

AT = clock.now()
TIANHE = "440106000000"


def program_of(actor: Actor, *scopes: str) -> Client:
    """A client with an API token in the identity the actor acts in."""
    found = services.identify(token=session_token(actor), at=AT, address="")
    assert found is not None
    made = services.make_api_token(
        actor=found.actor, name="报表", scopes=scopes or ("identity",), days=5, at=AT
    )
    return Client(headers={"Authorization": f"Bearer {made.token}"})


def mandate_for(agent: Person, number: str, giver: Actor) -> Mandate:
    today = clock.local_date(AT)
    mandate = services.give_mandate(
        actor=giver,
        agent_name=agent.name,
        agent_document_type="resident_id",
        agent_document_number=number,
        relation="agent",
        item_codes=[],
        valid_from=today,
        valid_until=today + timedelta(days=30),
        at=AT,
    )
    services.accept_mandate(actor=queries.actor_of_person(agent.pk), mandate_id=mandate.pk, at=AT)
    return mandate


def lead(firm: Organisation, number: str) -> None:
    services.change_legal_representative(
        actor=SYSTEM,
        organisation_id=firm.pk,
        document_type="resident_id",
        document_number=number,
        evidence="粤市监变更〔2026〕1号",
        at=AT,
    )


@pytest.mark.django_db
def test_a_token_under_a_revoked_mandate_gets_401_and_is_told_why() -> None:
    number = resident_number()
    agent = make_person("黄小华", document_number=number)
    make_account(agent)
    giver = make_person_actor(make_person("黄伯"))
    mandate = mandate_for(agent, number, giver)
    acting = queries.actor_of_person(agent.pk, mandate_id=mandate.pk)
    program, browser = program_of(acting), client_for(acting)
    assert program.get("/api/v1/me").json()["principal"]["name"] == "黄伯"
    services.revoke_mandate(actor=giver, mandate_id=mandate.pk, at=AT)
    refused = program.get("/api/v1/me")
    body = refused.json()
    assert refused.status_code == 401 and refused["WWW-Authenticate"]
    assert (body["code"], body["facts"]) == ("identity.mandate_over", {"name": "黄伯"})
    assert "黄伯" in body["detail"] and body["remedy"]
    assert program.get("/api/v1/me").status_code == 401  # and stays so
    written = program.post("/api/v1/mandates", {}, content_type="application/json")
    assert written.status_code == 401

    led = browser.get("/account/contact/?a=1")
    assert (led.status_code, led["Location"]) == (
        302,
        "/account/choose/?next=%2Faccount%2Fcontact%2F%3Fa%3D1",
    )
    page = browser.get(led["Location"])
    text = page.content.decode()
    assert page.status_code == 401 and "黄伯" in text and f"person:{agent.pk}" in text
    chosen = browser.post(
        "/account/choose/", {"principal": f"person:{agent.pk}", "next": "/account/contact/"}
    )
    assert (chosen.status_code, chosen["Location"]) == (302, "/account/contact/")
    assert browser.get("/api/v1/me").json()["principal"]["id"] == str(agent.pk)
    switched = queries.account_history(queries.actor_of_person(agent.pk)).items[0]
    assert (switched.act, switched.by) == ("identity.acting_as", "oneself")


@pytest.mark.django_db
def test_what_was_typed_when_the_identity_ended_can_still_be_copied() -> None:
    number = resident_number()
    agent = make_person("黄小华", document_number=number)
    make_account(agent)
    giver = make_person_actor(make_person("黄伯"))
    mandate = mandate_for(agent, number, giver)
    browser = client_for(queries.actor_of_person(agent.pk, mandate_id=mandate.pk))
    services.revoke_mandate(actor=giver, mandate_id=mandate.pk, at=AT)
    typed = {"address": "广州市<b>天河</b>区", "phone": "13800000001", "password": PASSWORD}
    answer = browser.post("/account/contact/", typed)
    page = answer.content.decode()
    assert answer.status_code == 401
    assert "广州市&lt;b&gt;天河&lt;/b&gt;区</textarea>" in page  # what was written in words
    assert PASSWORD not in page
    assert "/account/choose/?next=%2Faccount%2Fcontact%2F" in page
    agent.refresh_from_db()
    assert agent.address == ""


@pytest.mark.django_db
def test_whoever_leaves_a_post_goes_on_as_himself_only_if_he_says_so() -> None:
    agency = make_agency("other", TIANHE)
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    officer = make_officer("approver", agency_id=agency.id, person=make_person("李工"))
    actor = queries.actor_of_officer(officer.pk)
    assert actor.person_id is not None
    program, browser = program_of(actor), client_for(actor)
    at_home = client_for(queries.actor_of_person(actor.person_id))
    assert browser.get("/api/v1/me").json()["kind"] == "officer"
    services.deactivate_officer(actor=admin, officer_id=officer.pk, at=AT)
    for client in (program, browser):
        refused = client.get("/api/v1/me")
        assert (refused.status_code, refused.json()["code"]) == (401, "identity.post_ended")
    assert at_home.get("/api/v1/me").json()["kind"] == "person"
    back = {"kind": "officer", "id": str(officer.pk)}
    own = {"kind": "person", "id": str(actor.person_id)}
    header = {"content_type": "application/json"}
    assert browser.post("/api/v1/me/acting-as", back, **header).status_code == 403  # type: ignore[arg-type]
    assert program.post("/api/v1/me/acting-as", own, **header).status_code == 403  # type: ignore[arg-type]
    assert browser.post("/api/v1/me/acting-as", own, **header).status_code == 200  # type: ignore[arg-type]
    assert browser.get("/api/v1/me").json()["kind"] == "person"


@pytest.mark.django_db
def test_a_leaver_with_nothing_else_is_told_so_and_can_only_sign_out() -> None:
    agency = make_agency("other", TIANHE)
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    officer = make_officer("approver", agency_id=agency.id)
    browser = client_for(queries.actor_of_officer(officer.pk))
    services.deactivate_officer(actor=admin, officer_id=officer.pk, at=AT)
    led = browser.get("/desk/")
    assert led["Location"] == "/account/choose/?next=%2Fdesk%2F"
    page = browser.get(led["Location"]).content.decode()
    assert "李工" in page and 'name="principal"' not in page
    back = browser.post("/account/choose/", {"principal": f"officer:{officer.pk}"})
    assert back.status_code == 404
    assert browser.post("/account/sign-out/")["Location"] == "/"
    assert browser.get("/desk/")["Location"].startswith("/account/sign-in/")
    again = Client().post(
        "/account/sign-in/", {"username": officer.account.username, "password": PASSWORD}
    )
    assert again.status_code == 403


@pytest.mark.django_db
def test_the_former_legal_representative_no_longer_acts_for_the_firm() -> None:
    former, number = make_person("周志强"), resident_number()
    successor = make_person("何敏", document_number=number)
    make_account(successor)
    firm = make_organisation(former, name="演示一号有限公司")
    acting = make_person_actor(former, organisation=firm)
    program, browser = program_of(acting), client_for(acting)
    # Even if he holds a mandate of the same firm from now on: that is another identity.
    lead(firm, number)
    for client in (program, browser):
        refused = client.get("/api/v1/me")
        assert (refused.status_code, refused.json()["code"]) == (401, "identity.leadership_ended")
    new = client_for(make_person_actor(successor, organisation=firm))
    assert new.get("/api/v1/me").json()["principal"]["id"] == str(firm.pk)
    assert queries.organisation(firm.pk).legal_representative_name == "何敏"


@pytest.mark.django_db
def test_a_former_leader_who_now_holds_a_mandate_chooses_it_first() -> None:
    own_number, number = resident_number(), resident_number()
    former = make_person("周志强", document_number=own_number)
    successor = make_person("何敏", document_number=number)
    make_account(successor)
    firm = make_organisation(former)
    browser = client_for(make_person_actor(former, organisation=firm))
    lead(firm, number)
    mandate_for(former, own_number, queries.actor_of_person(successor.pk, organisation_id=firm.pk))
    assert browser.get("/api/v1/me").json()["code"] == "identity.leadership_ended"
    body = {"kind": "organisation", "id": str(firm.pk)}
    answer = browser.post("/api/v1/me/acting-as", body, content_type="application/json")
    assert answer.status_code == 200
    me = browser.get("/api/v1/me").json()
    assert me["principal"]["id"] == str(firm.pk) and me["mandate_id"]


@pytest.mark.django_db
def test_a_clerk_records_the_new_leader_on_the_page() -> None:
    number = resident_number()
    make_person("何敏", document_number=number)
    firm = make_organisation(make_person("周志强"), name="演示一号有限公司")
    record = make_person("李文")
    clerk = client_for(make_officer_actor("window_clerk", record_of=record))
    page = "/desk/legal-representatives/"
    uscc = firm.registration_number
    unknown = clerk.post(page, {"uscc": uscc[:-1]})
    assert (unknown.status_code, "没有" in unknown.content.decode()) == (404, True)
    found = clerk.post(page, {"uscc": f" {uscc.lower()} "}).content.decode()
    assert "演示一号有限公司" in found and "*志强" in found and "周志强" not in found
    typed = {"uscc": uscc, "step": "leader", "document_type": "resident_id"}
    nobody = clerk.post(page, {**typed, "document_number": resident_number(), "evidence": "1号"})
    assert (nobody.status_code, 'value="1号"' in nobody.content.decode()) == (404, True)
    bare = clerk.post(page, {**typed, "document_number": number, "evidence": ""})
    assert bare.status_code == 422
    assert queries.organisation(firm.pk).legal_representative_name == "周志强"
    done = clerk.post(page, {**typed, "document_number": number, "evidence": "粤市监变更1号"})
    assert done.status_code == 302
    assert "何敏" in clerk.get(page).content.decode()
    assert queries.organisation(firm.pk).legal_representative_name == "何敏"


@pytest.mark.django_db
def test_no_clerk_makes_himself_the_leader_of_a_firm() -> None:
    number = resident_number()
    clerk_as_resident = make_person("李工", document_number=number)
    firm = make_organisation()
    clerk = make_officer_actor(
        "window_clerk", agency_id=make_agency("other").id, record_of=clerk_as_resident
    )
    with pytest.raises(SelfApproval):
        services.change_legal_representative(
            actor=clerk,
            organisation_id=firm.pk,
            document_type="resident_id",
            document_number=number,
            evidence="粤市监变更〔2026〕1号",
            at=AT,
        )
    firm.refresh_from_db()
    assert firm.legal_representative_id != clerk_as_resident.pk
