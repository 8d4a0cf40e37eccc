"""Acting for others. 民法典 161-175: accepted, in scope and term, revoked."""

from datetime import date, timedelta
from functools import partial

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import race

from .. import queries, services
from ..errors import (
    AgentUnknown,
    MandateExists,
    MandateInvalid,
    MandateNotOpen,
    NotYourIdentity,
    OutsideMandate,
)
from ..models import Mandate, Person, Session
from ..testing import (
    make_organisation,
    make_person,
    make_person_actor,
    resident_number,
    session_token,
)

AT = clock.now()
TODAY = clock.local_date(AT)
ITEM = "11440106DEM270001440125001000"


def offer(giver: Actor, agent_name: str, number: str, **options: object) -> Mandate:
    values: dict[str, object] = {
        "actor": giver,
        "agent_name": agent_name,
        "agent_document_type": "resident_id",
        "agent_document_number": number,
        "relation": "relative",
        "item_codes": [],
        "valid_from": TODAY,
        "valid_until": TODAY + timedelta(days=30),
        "at": AT,
        **options,
    }
    return services.give_mandate(**values)  # type: ignore[arg-type]


def pair() -> tuple[Actor, Actor, str]:
    number = resident_number()
    agent = make_person("黄小华", document_number=number)
    return make_person_actor(make_person("黄伯")), make_person_actor(agent), number


def shown(token: str, *, days: int = 0) -> Actor:
    found = services.identify(token=token, at=AT, address="")
    assert found is not None
    return found.actor


@pytest.mark.django_db
def test_an_accepted_mandate_lets_the_agent_act_until_it_is_revoked() -> None:
    giver, agent, number = pair()
    token = session_token(agent)
    mandate = offer(giver, "黄小华", number)
    assert giver.person_id is not None
    choose = partial(services.act_as, kind="person", choice_id=giver.person_id, at=AT)
    with pytest.raises(NotYourIdentity):
        choose(actor=shown(token))
    services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    choose(actor=shown(token))
    acting = shown(token)
    assert acting.principal is not None
    assert (acting.person_id, acting.principal.id) == (agent.person_id, giver.person_id)
    assert acting.mandate_id == mandate.pk
    services.check_covered(actor=acting, item_code=ITEM, at=AT)

    services.revoke_mandate(actor=giver, mandate_id=mandate.pk, at=AT)
    with pytest.raises(OutsideMandate):
        services.check_covered(actor=acting, item_code=ITEM, at=AT)
    assert shown(token).is_anonymous
    names = list(OutboxEvent.objects.order_by("seq").values_list("name", flat=True))
    assert names[-3:] == [
        "identity.mandate_offered",
        "identity.mandate_accepted",
        "identity.mandate_ended",
    ]


@pytest.mark.django_db
def test_the_session_acts_for_no_one_when_the_term_is_over() -> None:
    giver, agent, number = pair()
    mandate = offer(giver, "黄小华", number, valid_until=TODAY + timedelta(days=1))
    services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    agent_now = queries.actor_of_person(agent.person_id, mandate_id=mandate.pk)  # type: ignore[arg-type]
    token = session_token(agent_now)
    assert shown(token).mandate_id == mandate.pk
    midnight = AT.astimezone(clock.SHANGHAI).replace(hour=0, minute=0) + timedelta(days=1)
    Session.objects.update(
        last_seen_at=midnight - timedelta(minutes=1), expires_at=midnight + timedelta(hours=1)
    )
    from_then = services.identify(token=token, at=midnight, address="")
    assert from_then is not None and from_then.ended is not None
    assert from_then.actor.is_anonymous and from_then.ended.kind == "mandate"
    assert [choice.id for choice in from_then.choices] == [agent.person_id]
    services.expire_mandates(at=midnight)
    mandate.refresh_from_db()
    assert mandate.state == "expired"


@pytest.mark.django_db
def test_a_mandate_for_some_matters_covers_these_and_no_others() -> None:
    giver, agent, number = pair()
    mandate = offer(giver, "黄小华", number, item_codes=[ITEM[:20]])
    services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    acting = queries.actor_of_person(agent.person_id, mandate_id=mandate.pk)  # type: ignore[arg-type]
    services.check_covered(actor=acting, item_code=ITEM, at=AT)
    with pytest.raises(OutsideMandate):
        services.check_covered(actor=acting, item_code="99440106", at=AT)
    assert queries.mandate_covers(mandate.pk, item_code=ITEM, on=TODAY)
    assert not queries.mandate_covers(mandate.pk, item_code=ITEM, on=TODAY + timedelta(days=30))


@pytest.mark.django_db
def test_a_firm_is_bound_by_its_legal_representative_alone() -> None:
    leader, number = make_person("周志强"), resident_number()
    agent = make_person_actor(make_person("何敏", document_number=number))
    firm = make_organisation(leader)
    for_firm = make_person_actor(leader, organisation=firm)
    mandate = offer(for_firm, "何敏", number, relation="employee")
    services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    acting = queries.actor_of_person(agent.person_id, mandate_id=mandate.pk)  # type: ignore[arg-type]
    assert acting.principal is not None and acting.principal.id == firm.pk
    third = resident_number()
    make_person("第三人", document_number=third)
    with pytest.raises(NotFound):  # a mandate cannot be passed on
        offer(acting, "第三人", third)


@pytest.mark.django_db
def test_the_agent_is_named_by_name_and_number_together() -> None:
    giver, _agent, number = pair()
    for name, wrong in (("别人", number), ("黄小华", resident_number()), ("黄小华", "123")):
        with pytest.raises(AgentUnknown):
            offer(giver, name, wrong)
    assert Mandate.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "terms",
    [
        {"valid_from": TODAY - timedelta(days=1)},
        {"valid_until": TODAY},
        {"valid_until": date(2099, 1, 1)},
        {"relation": "friend"},
        {"item_codes": ["短"]},
    ],
)
def test_incomplete_terms_are_refused(terms: dict[str, object]) -> None:
    giver, _agent, number = pair()
    with pytest.raises(MandateInvalid) as refused:
        offer(giver, "黄小华", number, **terms)
    assert refused.value.fields
    assert Mandate.objects.count() == 0


@pytest.mark.django_db
def test_one_live_mandate_per_agent_and_none_to_oneself() -> None:
    giver, _agent, number = pair()
    offer(giver, "黄小华", number)
    with pytest.raises(MandateExists):
        offer(giver, "黄小华", number)
    mine = resident_number()
    own = make_person_actor(make_person("自己", document_number=mine))
    with pytest.raises(MandateInvalid):
        offer(own, "自己", mine)


@pytest.mark.django_db
def test_outsiders_neither_see_nor_answer_a_mandate() -> None:
    giver, agent, number = pair()
    mandate = offer(giver, "黄小华", number)
    stranger = make_person_actor()
    for act in (services.accept_mandate, services.decline_mandate, services.revoke_mandate):
        with pytest.raises(NotFound):
            act(actor=stranger, mandate_id=mandate.pk, at=AT)
    with pytest.raises(NotFound):  # the grantor cannot accept for the agent
        services.accept_mandate(actor=giver, mandate_id=mandate.pk, at=AT)
    services.decline_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    with pytest.raises(MandateNotOpen):
        services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=AT)


@pytest.mark.django_db(transaction=True)
def test_accepting_and_revoking_at_once_never_leaves_it_in_force() -> None:
    giver, agent, number = pair()
    mandate = offer(giver, "黄小华", number)
    answers = race(
        [
            partial(services.accept_mandate, actor=agent, mandate_id=mandate.pk, at=AT),
            partial(services.revoke_mandate, actor=giver, mandate_id=mandate.pk, at=AT),
        ]
    )
    mandate.refresh_from_db()
    assert mandate.state == "revoked"
    assert answers[1] is None
    assert answers[0] is None or isinstance(answers[0], MandateNotOpen)


@pytest.mark.django_db(transaction=True)
def test_ten_offers_at_once_make_one_mandate() -> None:
    giver, _agent, number = pair()
    answers = race([partial(offer, giver, "黄小华", number)] * 6)
    assert sum(isinstance(answer, Refusal) for answer in answers) == 5
    assert Mandate.objects.count() == 1


@pytest.mark.django_db
def test_prefill_says_for_whom_and_where_from() -> None:
    leader = make_person("周志强", phone="13800000009")
    firm = make_organisation(leader)
    own = queries.prefill(make_person_actor(leader))
    assert own["person.name"].value == "周志强"
    assert own["person.birth_date"].value == leader.born_on.isoformat()  # type: ignore[union-attr]
    for_firm = queries.prefill(make_person_actor(leader, organisation=firm))
    assert for_firm["organisation.uscc"].value == firm.registration_number
    assert for_firm["agent.phone"].value == "13800000009"
    assert for_firm["legal_representative.name"].value == "周志强"
    agent = queries.prefill(make_person_actor(make_person("黄小华"), organisation=firm))
    assert agent["person.name"].value == "黄小华"
    assert agent["legal_representative.name"].value == "周志强"
    assert agent["legal_representative.name"].source == agent["organisation.name"].source
    assert "legal_representative.document_number" not in agent
    assert Person.objects.get(pk=leader.pk).phone_sealed != "13800000009"


@pytest.mark.django_db
def test_a_session_knows_the_matters_its_mandate_is_limited_to() -> None:
    giver, agent, number = pair()
    token = session_token(agent)
    mandate = offer(giver, "黄小华", number, item_codes=[ITEM])
    services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    assert giver.person_id is not None
    services.act_as(actor=shown(token), kind="person", choice_id=giver.person_id, at=AT)
    acting = shown(token)
    assert acting.matter_codes == frozenset({ITEM})
    assert acting.may_handle(ITEM)
    assert not acting.may_handle(ITEM[:-1] + "9")
    built = queries.actor_of_person(agent.person_id, mandate_id=mandate.pk)  # type: ignore[arg-type]
    assert built.matter_codes == acting.matter_codes
    services.revoke_mandate(actor=giver, mandate_id=mandate.pk, at=AT)
    assert shown(token).is_anonymous


@pytest.mark.django_db
def test_a_token_gives_and_takes_no_mandates_and_changes_no_contact() -> None:
    _giver, agent, _number = pair()
    found = services.identify(token=session_token(agent), at=AT, address="")
    assert found is not None
    made = services.make_api_token(
        actor=found.actor, name="查询", scopes=["licences"], days=1, at=AT
    )
    client = Client(headers={"Authorization": f"Bearer {made.token}"})
    contact = client.put(
        "/api/v1/me/contact",
        {"phone": "13900000000", "email": "", "address": "", "region_code": ""},
        content_type="application/json",
    )
    assert contact.status_code == 403
    mandate = {
        "agent_name": "黄小华",
        "agent_document_type": "resident_id",
        "agent_document_number": "009999199005170025",
        "relation": "relative",
        "item_codes": [],
        "valid_from": TODAY.isoformat(),
        "valid_until": (TODAY + timedelta(days=1)).isoformat(),
    }
    given = client.post("/api/v1/mandates", mandate, content_type="application/json")
    assert given.status_code == 403
    assert given.json()["facts"] == {"needs": "session"}
