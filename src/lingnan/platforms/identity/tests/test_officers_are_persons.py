"""Who an officer is, with however many accounts. GB/T 22239-2019 8.1.4.2, 8.1.5."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..errors import (
    AdministrationSeparated,
    AlreadyOfficer,
    DetailsWrong,
    NotToOneself,
    PersonUnclear,
)
from ..models import Officer, Person
from ..services import officers as services_officers
from ..testing import (
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_person,
    make_person_actor,
    resident_number,
    session_token,
)
from ..types import NewOfficer, SelfApproval, check_not_self

AT = clock.now()
TIANHE = "440106000000"


def add(number: str, *, name: str = "李工", username: str = "li.gong") -> NewOfficer:
    return services.create_officer(
        actor=make_officer_actor("system_admin", region_code=TIANHE),
        name=name,
        agency_id=make_agency("other", TIANHE).id,
        username=username,
        document_type="resident_id",
        document_number=number,
        at=AT,
    )


@pytest.mark.django_db
def test_an_account_for_work_knows_the_resident_behind_it() -> None:
    number = resident_number()
    resident = make_person("李工", document_number=number)
    make_account(resident)
    made = add(number)
    actor = queries.actor_of_officer(made.officer_id)
    assert actor.person_id == resident.pk
    assert queries.officer(made.officer_id).person_id == resident.pk
    assert queries.account_card(made.account_id).person_id is None  # not a way in as a resident
    account = Officer.objects.get(pk=made.officer_id).account
    assert [choice.kind for choice in queries.choices_of(account)] == ["officer"]


@pytest.mark.django_db
def test_someone_unknown_is_entered_with_his_document_and_a_strangers_number_is_refused() -> None:
    number = resident_number()
    made = add(number)
    person_id = queries.officer(made.officer_id).person_id
    assert person_id is not None
    found = queries.person(person_id)
    assert (found.name, found.document_number) == ("李工", number)
    with pytest.raises(DetailsWrong) as wrong:
        add(number, name="王工", username="wang.gong")
    assert [field.path for field in wrong.value.fields] == ["document_number"]
    assert not Officer.objects.filter(name="王工").exists()


@pytest.mark.django_db
def test_one_person_has_one_place_in_an_agency_and_one_kind_of_administration() -> None:
    person = make_person("李工")
    here, there = make_agency("other", TIANHE), make_agency("fire", TIANHE)
    make_officer("approver", agency_id=here.id, record_of=person)
    with pytest.raises(AlreadyOfficer):
        make_officer("case_handler", agency_id=here.id, record_of=person)
    second = make_officer(agency_id=there.id, record_of=person)
    security = make_officer_actor("security_admin", region_code=TIANHE)
    with pytest.raises(AdministrationSeparated):
        services.grant_role(
            actor=security, officer_id=second.pk, role="audit_admin", agency_id=there.id, at=AT
        )


@pytest.mark.django_db
def test_an_administrator_changes_nothing_of_his_own_second_account() -> None:
    person = make_person("李工")
    agency, other = make_agency("other", TIANHE), make_agency("fire", TIANHE)
    second = make_officer(agency_id=agency.id, record_of=person)
    admin = make_officer_actor(
        "system_admin", agency_id=other.id, region_code=TIANHE, record_of=person
    )
    with pytest.raises(NotToOneself):
        services.deactivate_officer(actor=admin, officer_id=second.pk, at=AT)
    with pytest.raises(NotToOneself):
        services.reset_second_factor(actor=admin, officer_id=second.pk, at=AT)
    second.refresh_from_db()
    assert second.active


def two_accounts() -> tuple[Person, Officer, Actor]:
    """An administrator with an account for work whose post's record does not say who he is; another
    post of that account does; and an officer of the same human being, with another account."""
    person = make_person("李工")
    admin = make_officer(
        "security_admin", agency_id=make_agency("other", TIANHE).id, region_code=TIANHE
    )
    Officer.objects.filter(pk=admin.pk).update(person=None)
    elsewhere = make_agency("fire", TIANHE)
    services_officers.add_to_account(
        actor=SYSTEM, account_id=admin.account_id, name="李工", agency_id=elsewhere.id, at=AT
    )
    Officer.objects.filter(account_id=admin.account_id, agency_id=elsewhere.id).update(
        person=person
    )
    second = make_officer(agency_id=make_agency("statistics", TIANHE).id, record_of=person)
    return person, second, queries.actor_of_officer(admin.pk)


@pytest.mark.django_db
def test_one_human_being_is_known_by_any_record_of_any_of_his_accounts() -> None:
    person, second, actor = two_accounts()
    assert actor.person_id == person.pk
    blind = replace(actor, person_id=None)  # as a session built before the record was completed
    for whoever in (actor, blind):
        assert queries.is_officer_oneself(whoever, second.pk)
        with pytest.raises(NotToOneself):
            services.grant_role(
                actor=whoever,
                officer_id=second.pk,
                role="case_handler",
                agency_id=second.agency_id,
                at=AT,
            )
    stranger = make_officer(agency_id=make_agency("statistics", TIANHE).id)
    assert not queries.is_officer_oneself(actor, stranger.pk)
    assert not queries.is_officer_oneself(actor, None)


@pytest.mark.django_db
def test_a_post_of_another_account_makes_a_second_kind_of_administration_impossible() -> None:
    _person, second, actor = two_accounts()
    with pytest.raises(AdministrationSeparated):
        services.grant_role(
            actor=make_officer_actor("security_admin", region_code=TIANHE),
            officer_id=second.pk,
            role="case_handler",
            agency_id=second.agency_id,
            at=AT,
        )
    assert actor.officer_id is not None


@pytest.mark.django_db
def test_a_record_without_a_person_is_completed_once_by_page_and_by_api() -> None:
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    agency = make_agency("other", TIANHE)
    officer = make_officer(agency_id=agency.id)
    client = client_for(admin)
    body = {"document_type": "resident_id", "document_number": resident_number()}
    address = f"/api/v1/officers/{officer.pk}/person"
    rows = {row["id"]: row for row in client.get("/api/v1/officers").json()["items"]}
    assert rows[str(officer.pk)]["has_person"] is False
    page = f"/desk/officers/{officer.pk}/person/"
    assert page in client.get(f"/desk/officers/{officer.pk}/").content.decode()
    wrong = client.post(page, {**body, "document_number": "1"})
    assert wrong.status_code == 422 and "error-summary" in wrong.content.decode()
    assert client.post(page, body).status_code == 302
    officer.refresh_from_db()
    assert officer.person is not None and officer.person.name == "李工"
    again = client.put(address, body, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, PersonUnclear.code)
    assert Person.objects.filter(officers=officer).count() == 1
    for someone in (None, make_person_actor(), make_officer_actor("approver")):
        answer = client_for(someone).put(address, body, content_type="application/json")
        assert answer.status_code == (401 if someone is None else 403)


@pytest.mark.django_db
def test_over_the_api_a_new_account_needs_the_document() -> None:
    admin = client_for(make_officer_actor("system_admin", region_code=TIANHE))
    agency = make_agency("other", TIANHE)
    body = {"name": "李工", "agency_id": str(agency.id), "username": "li.gong"}
    refused = admin.post("/api/v1/officers", body, content_type="application/json")
    assert refused.status_code == 422
    assert refused.json()["fields"][0]["path"] == "document_number"
    full = {**body, "document_type": "resident_id", "document_number": resident_number()}
    assert admin.post("/api/v1/officers", full, content_type="application/json").status_code == 201


def contradicted() -> tuple[Officer, Person, Person]:
    """An account for work whose two posts name two persons."""
    one, two = make_person("李工"), make_person("李工")
    officer = make_officer(agency_id=make_agency("other", TIANHE).id, record_of=one)
    elsewhere = make_agency("fire", TIANHE)
    services_officers.add_to_account(
        actor=SYSTEM, account_id=officer.account_id, name="李工", agency_id=elsewhere.id, at=AT
    )
    Officer.objects.filter(account_id=officer.account_id, agency_id=elsewhere.id).update(person=two)
    return officer, one, two


@pytest.mark.django_db
def test_where_records_name_two_persons_each_of_them_counts() -> None:
    officer, one, two = contradicted()
    actor = queries.actor_of_officer(officer.pk)
    found = services.identify(token=session_token(actor), at=AT, address="")
    assert found is not None
    for whoever in (actor, found.actor):  # built anew, and from the JSON beside the session
        assert whoever.persons == {one.pk, two.pk}
        for person in (one, two):
            with pytest.raises(SelfApproval):
                check_not_self(whoever, None, person.pk)
        check_not_self(whoever, None, make_person().pk, None)
    older = {"actor": {"kind": "officer", "person_id": str(one.pk)}}  # written before
    loaded = queries.rights.load_actor(
        older,
        on=clock.today(),
        session_id=officer.pk,
        address="",
        assurance_level=1,
        scopes=None,
    )
    assert loaded.persons == {one.pk}


@pytest.mark.django_db
def test_a_grant_waits_for_every_grant_to_any_person_the_records_name() -> None:
    officer, one, two = contradicted()
    security = make_officer_actor("security_admin", region_code=TIANHE)
    with CaptureQueriesContext(connection) as asked:
        services.grant_role(
            actor=security,
            officer_id=officer.pk,
            role="case_handler",
            agency_id=officer.agency_id,
            at=AT,
        )
    (held,) = (
        row["sql"]
        for row in asked
        if "FOR UPDATE" in row["sql"] and 'FROM "identity_person"' in row["sql"]
    )
    assert one.pk.hex in held and two.pk.hex in held and "ORDER BY" in held
