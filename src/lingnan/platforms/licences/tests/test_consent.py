"""个人信息保护法 13-15: read only what was agreed to, only while it lives, every time logged."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor, Principal
from lingnan.kernel.errors import Forbidden, Refusal
from lingnan.kernel.testing import check_routes, race
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity import services as identities
from lingnan.platforms.identity.testing import (
    firm_number,
    make_organisation,
    make_person,
    make_person_actor,
)
from lingnan.platforms.messaging.models import Message
from lingnan.security.audit.testing import client_of, with_actors

from .. import queries, services
from ..errors import (
    ConsentAnswered,
    ConsentMalformed,
    ConsentNotLive,
    ConsentUnknown,
    LicenceUnknown,
    NotValidNow,
)
from ..models import Consent, Licence, LicenceUse
from ..testing import (
    holder_actor,
    make_agency,
    make_holder,
    make_licence,
    officer_actor,
    regional_actor,
)
from ..types import ASK_CONSENT, VIEW_LICENCES, Holder, HolderGiven

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder() -> Holder:
    card = identity.person(make_person().pk)
    return Holder(kind="person", id=card.id, name=card.name, code=card.document_number)


@pytest.fixture
def licence(holder: Holder) -> Licence:
    return make_licence(holder=holder)


@pytest.fixture
def asker() -> Actor:
    return officer_actor(make_agency("演示市人社局"), ASK_CONSENT)


def ask(asker: Actor, whose: Holder, licence: Licence, **changes: Any) -> Consent:
    at = clock.now()
    values: dict[str, Any] = {
        "actor": asker,
        "holder": HolderGiven(kind="person", name=whose.name, number=whose.code),
        "type_code": licence.type_code,
        "fields": ["business_scope", "place"],
        "purpose": "核实经营情况",
        "until": at + timedelta(days=7),
        "at": at,
        **changes,
    }
    return services.ask_consent(**values)


def grant(holder: Holder, consent: Consent, licence: Licence, **changes: Any) -> Consent:
    return services.grant_consent(
        actor=holder_actor(holder),
        consent_id=consent.pk,
        licence_id=licence.pk,
        at=clock.now(),
        **changes,
    )


def read(actor: Actor, consent: Consent, **changes: Any) -> Any:
    return services.read_consent(
        actor=actor, consent_id=consent.pk, at=changes.get("at", clock.now())
    )


def test_asked_granted_read_and_logged(asker: Actor, holder: Holder, licence: Licence) -> None:
    consent = ask(asker, holder, licence)
    assert Message.objects.get(person_id=holder.id).link == f"/wallet/requests/{consent.pk}/"
    with pytest.raises(ConsentNotLive):
        read(asker, consent)
    grant(holder, consent, licence, fields=["business_scope"])
    data = read(asker, consent)
    assert data.fields == {"business_scope": "热食类食品制售"}
    use = LicenceUse.objects.get(licence=licence)
    assert (use.kind, use.used_by, use.fields) == ("consent", "演示市人社局", ["business_scope"])


def test_nothing_is_read_after_its_end_or_withdrawal(
    asker: Actor, holder: Holder, licence: Licence
) -> None:
    consent = grant(holder, ask(asker, holder, licence), licence)
    with pytest.raises(ConsentNotLive):
        read(asker, consent, at=consent.until)
    services.withdraw_consent(actor=holder_actor(holder), consent_id=consent.pk, at=clock.now())
    with pytest.raises(ConsentNotLive):
        read(asker, consent)
    with pytest.raises(ConsentAnswered):
        services.withdraw_consent(actor=holder_actor(holder), consent_id=consent.pk, at=clock.now())
    assert not LicenceUse.objects.exists()


def test_nothing_is_read_of_a_licence_that_fell(
    asker: Actor, holder: Holder, licence: Licence
) -> None:
    consent = grant(holder, ask(asker, holder, licence), licence)
    services.revoke_licence(licence_id=licence.pk, ground="69", actor=SYSTEM, at=clock.now())
    with pytest.raises(NotValidNow):
        read(asker, consent)
    assert not LicenceUse.objects.exists()


def test_an_unknown_holder_looks_like_a_silent_one(
    asker: Actor, holder: Holder, licence: Licence
) -> None:
    known = ask(asker, holder, licence)
    wrong_name = HolderGiven(kind="person", name="别人", number=holder.code)
    other = ask(asker, holder, licence, holder=wrong_name)
    nobody = ask(
        asker, holder, licence, holder=HolderGiven(kind="person", name="无名", number="X1")
    )
    assert known.state == other.state == nobody.state == "asked"
    assert other.holder_id is None and nobody.holder_id is None
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": ["business_scope", "nothing"]},
        {"fields": []},
        {"purpose": " "},
        {"until": clock.now() - timedelta(days=1)},
        {"until": clock.now() + timedelta(days=400)},
    ],
)
def test_a_request_says_what_for_and_until_when(
    asker: Actor, holder: Holder, licence: Licence, changes: dict[str, Any]
) -> None:
    with pytest.raises(ConsentMalformed):
        ask(asker, holder, licence, **changes)
    assert not Consent.objects.exists()


def test_a_clerk_whose_role_is_for_a_region_asks(holder: Holder, licence: Licence) -> None:
    clerk = regional_actor(make_agency(), ASK_CONSENT)
    assert ask(clerk, holder, licence).asker_id == clerk.agency_id
    other = regional_actor(make_agency(), VIEW_LICENCES)
    with pytest.raises(Forbidden):
        ask(other, holder, licence)


def test_only_the_two_sides(asker: Actor, holder: Holder, licence: Licence) -> None:
    consent = ask(asker, holder, licence)
    other = make_holder()
    with pytest.raises(ConsentUnknown):
        grant(other, consent, licence)
    mine = make_licence(holder=holder)
    with pytest.raises(ConsentMalformed):  # of another type
        grant(holder, consent, mine)
    theirs = make_licence(holder=other, type_code=licence.type_code, agency_id=licence.agency_id)
    with pytest.raises(LicenceUnknown):
        grant(holder, consent, theirs)
    with pytest.raises(ConsentMalformed):
        grant(holder, consent, licence, until=consent.until + timedelta(days=1))
    with pytest.raises(ConsentMalformed):
        grant(holder, consent, licence, fields=["nothing"])
    grant(holder, consent, licence)
    for stranger in (officer_actor(make_agency(), ASK_CONSENT), holder_actor(other)):
        with pytest.raises(ConsentUnknown):
            read(stranger, consent)
    with pytest.raises(Forbidden):
        ask(officer_actor(make_agency(), VIEW_LICENCES), holder, licence)
    with pytest.raises(Forbidden):
        ask(holder_actor(other), holder, licence)


def firm_actor() -> Actor:
    row = make_organisation(name="演示银行")
    firm = Principal(kind="organisation", id=row.pk, name=row.name)
    return Actor(kind="person", name="周", account_id=uuid4(), person_id=uuid4(), principal=firm)


def unproven_firm() -> Actor:
    """Someone who says that he leads a bank; nobody has compared it with anything."""
    person = make_person_actor()
    assert person.person_id is not None
    row = identities.register_organisation(
        actor=person,
        name="演示银行",
        registration_number=firm_number(),
        legal_representative_id=person.person_id,
        at=clock.now(),
    )
    return identity.actor_of_person(person.person_id, organisation_id=row.pk)


def test_a_firm_nobody_has_proved_asks_no_one_and_holds_nothing(
    holder: Holder, licence: Licence
) -> None:
    firm = unproven_firm()
    assert firm.principal is not None
    with pytest.raises(Forbidden):
        ask(firm, holder, licence)
    whose = Holder(kind="organisation", id=firm.principal.id, name="演示银行", code="x")
    own = make_licence(holder=whose)
    with pytest.raises(LicenceUnknown):
        services.show_licence(actor=firm, licence_id=own.pk, purpose="whole", at=clock.now())
    assert not queries.page_of_own(firm).items


def test_a_firm_asks_too_and_a_narrow_agent_does_not(holder: Holder, licence: Licence) -> None:
    firm = firm_actor()
    consent = grant(holder, ask(firm, holder, licence), licence)
    assert read(firm, consent).identifier == licence.identifier
    object.__setattr__(firm, "matter_codes", frozenset({"1"}))
    with pytest.raises(Forbidden):
        ask(firm, holder, licence)
    with pytest.raises(ConsentUnknown):
        read(firm, consent)


@pytest.mark.django_db(transaction=True)
def test_withdrawn_while_it_is_read(holder: Holder) -> None:
    licence, asker = make_licence(holder=holder), officer_actor(make_agency(), ASK_CONSENT)
    consent = grant(holder, ask(asker, holder, licence), licence)

    def withdraw() -> object:
        return services.withdraw_consent(
            actor=holder_actor(holder), consent_id=consent.pk, at=clock.now()
        )

    results = race([withdraw, lambda: read(asker, consent), lambda: read(asker, consent)])
    refused = sum(isinstance(result, Refusal) for result in results)
    assert LicenceUse.objects.filter(kind="consent").count() == 2 - refused
    with pytest.raises(ConsentNotLive):
        read(asker, consent)


def test_pages_and_api(settings: Any, asker: Actor, holder: Holder, licence: Licence) -> None:
    with_actors(settings)
    clients = {
        "asker": client_of(asker),
        "holder": client_of(holder_actor(holder)),
        "other": client_of(holder_actor(make_holder())),
        "elsewhere": client_of(officer_actor(make_agency(), ASK_CONSENT)),
        "anonymous": Client(),
    }
    body = {
        "holder": {"kind": "person", "name": holder.name, "number": holder.code},
        "type_code": licence.type_code,
        "fields": ["place"],
        "purpose": "核实地址",
        "until": (clock.now() + timedelta(days=3)).isoformat(),
    }
    made = clients["asker"].post("/api/v1/licences/consents", body, content_type="application/json")
    assert made.status_code == 201, made.content
    number: UUID = made.json()["id"]
    page, api = f"/wallet/requests/{number}/", f"/api/v1/licences/consents/{number}"
    assert "/wallet/requests/" in clients["holder"].get("/wallet/").content.decode()
    assert "演示市人社局" in clients["holder"].get(page).content.decode()
    both = {"asker": 200, "holder": 200, "other": 404, "elsewhere": 404, "anonymous": 401}
    check_routes(
        clients,
        [
            ("GET", page, {"asker": 404, "holder": 200, "other": 404, "anonymous": 302}),
            ("GET", api, both),
            ("GET", api + "/data", {**both, "asker": 403, "holder": 404}),
            ("POST", api + "/withdraw", {"other": 404, "asker": 404, "holder": 409}),
            ("POST", page + "grant/", {"other": 404, "asker": 404}),
            ("POST", page + "burn/", {"holder": 404}),
            ("GET", "/api/v1/licences/consents?side=asker", {"asker": 200, "anonymous": 401}),
        ],
    )
    answer = {"licence": str(licence.pk), "fields": ["place"], "until": "2099-01-01"}
    assert clients["holder"].post(page + "grant/", {**answer, "fields": []}).status_code == 422
    assert clients["holder"].post(page + "grant/", answer).status_code == 302
    data = clients["asker"].get(api + "/data").json()
    assert data["fields"] == {"place": "演示路 1 号"}
    assert clients["holder"].post(page + "decline/").status_code == 409
    assert clients["holder"].post(page + "withdraw/").status_code == 302
    assert clients["asker"].get(api + "/data").status_code == 403
