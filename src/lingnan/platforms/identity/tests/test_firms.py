"""Who leads a firm is proved, not typed. Plan 五（一）2（1）."""

from datetime import timedelta
from uuid import UUID

import pytest

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.platforms.messaging.models import Message

from .. import queries, services
from ..adapters.base import Answer
from ..errors import ProofFailed
from ..models import AssuranceEvidence, Organisation, Person
from ..simulator import Registry
from ..testing import client_for, firm_number, make_account, make_person, make_person_actor, prove

pytestmark = pytest.mark.django_db


def claim(person: Person, number: str, name: str = "演示点心有限公司") -> UUID:
    return services.claim_organisation(
        actor=queries.actor_of_person(person.pk),
        name=name,
        registration_number=number,
        at=clock.now(),
    )


def prove_firm(person: Person, firm_id: UUID) -> None:
    client = client_for(queries.actor_of_person(person.pk))
    token = client.cookies["lingnan_session"].value
    found = services.identify(token=token, at=clock.now(), address="")
    assert found is not None
    started = services.start_proof(
        actor=found.actor,
        method="legal_representative",
        purpose="firm",
        organisation_id=firm_id,
        at=clock.now(),
    )
    services.finish_proof(
        actor=found.actor,
        attempt_id=started.attempt_id,
        answer=Answer(values={}),
        at=clock.now(),
    )


def test_whoever_proves_it_leads_the_firm_whoever_typed_its_number_first(
    gateway: Registry,
) -> None:
    squatter, leader = make_person("周先到"), make_person("陈负责")
    for person in (squatter, leader):
        make_account(person)
    number = firm_number()
    firm_id = claim(squatter, number, "随便写的名字")
    assert queries.level_of_organisation(firm_id, at=clock.now()) == 0
    assert claim(leader, number) == firm_id, "the same firm, and only a claim to it"
    firm = Organisation.objects.get(pk=firm_id)
    assert firm.legal_representative_id == squatter.pk
    assert leader.document_number_sealed
    card = queries.person(leader.pk)
    gateway.leaders[number] = f"{card.name} {card.document_number}"
    with pytest.raises(ProofFailed) as refused:
        prove_firm(squatter, firm_id)
    assert refused.value.facts["reason"] == "mismatch"
    prove_firm(leader, firm_id)
    firm.refresh_from_db()
    assert (firm.legal_representative_id, firm.name) == (leader.pk, "演示点心有限公司")
    assert queries.level_of_organisation(firm_id, at=clock.now()) == 2, "as sure as he is himself"
    assert Message.objects.filter(person_id=squatter.pk).count() == 1
    assert [card.id for card in queries.organisations_led_by(squatter.pk)] == []


def test_a_new_legal_representative_ends_what_the_former_one_proved(gateway: Registry) -> None:
    former, leader = make_person("周前任"), make_person("陈现任")
    for person in (former, leader):
        make_account(person)
        prove(person, "window")
    number = firm_number()
    firm_id = claim(former, number)
    prove_firm(former, firm_id)
    assert queries.level_of_organisation(firm_id, at=clock.now()) == 3
    claim(leader, number)
    card = queries.person(leader.pk)
    gateway.leaders[number] = f"{card.name} {card.document_number}"
    prove_firm(leader, firm_id)
    over = AssuranceEvidence.objects.get(organisation_id=firm_id, person=former)
    assert over.withdrawn_at is not None
    later = clock.now() + timedelta(days=366)
    assert queries.level_of_organisation(firm_id, at=later) == 0


def test_a_stranger_finds_no_page_of_a_firm_and_starts_no_proof(gateway: Registry) -> None:
    leader = make_person()
    make_account(leader)
    firm_id = claim(leader, firm_number())
    stranger = make_person_actor()
    page = f"/account/organisations/{firm_id}/"
    assert client_for(stranger).get(page).status_code == 404
    with pytest.raises(NotFound):
        services.claim_of(actor=stranger, organisation_id=firm_id)
    own = client_for(queries.actor_of_person(leader.pk))
    shown = own.get(page).content.decode()
    assert "legal_representative" in shown and "e_licence" in shown and "test-mark" in shown
    done = own.post(page, {"method": "legal_representative"})
    assert done["Location"] == page
    assert queries.level_of_organisation(firm_id, at=clock.now()) == 2
    assert gateway.asked == ["/legal-person/check"]


def test_a_firm_nobody_proved_to_lead_is_proved_from_the_account_later(gateway: Registry) -> None:
    """Whoever left the firm's page before he proved it finds the way back."""
    person = make_person("周先到")
    make_account(person)
    firm_id = claim(person, firm_number())
    page = f'href="/account/organisations/{firm_id}/"'
    for actor in (
        queries.actor_of_person(person.pk),
        queries.actor_of_person(person.pk, organisation_id=firm_id),
    ):
        assert page in client_for(actor).get("/account/").content.decode()
    firm = client_for(queries.actor_of_person(person.pk, organisation_id=firm_id))
    assert page in firm.get("/account/mandates/new/").content.decode()
    assert firm.get(f"/account/organisations/{firm_id}/").status_code == 200
    prove_firm(person, firm_id)
    assert page not in firm.get("/account/mandates/new/").content.decode()
