"""Guardians act for a child or an adult under guardianship. 民法典 17, 23, 27-39."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.testing import check_routes
from lingnan.platforms.messaging.models import Message
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from .. import types as values
from ..errors import (
    AgentUnknown,
    DetailsWrong,
    GuardianshipStands,
    MandateExists,
    MandateInvalid,
    OwnCheck,
    ParentNotProven,
    StepUpRequired,
)
from ..models import Guardianship, Mandate, Person, Session
from ..queries.guardians import comes_of_age_on
from ..services.mandates import end_mandates_of
from ..testing import (
    client_for,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    prove,
    resident_number,
    session_token,
)
from .test_window import TIANHE, YUEXIU

pytestmark = pytest.mark.django_db
AT = clock.now()
TODAY = clock.local_date(AT)
PAPERS = "出生医学证明 T440000001；户口簿 第 12 页"


def years_ago(years: int, days: int = 0) -> date:
    return date(TODAY.year - years, 1, 1) + timedelta(days=days)


def named(person: Person) -> services.Named:
    card = queries.person(person.pk)
    return services.Named(
        name=card.name, document_type=card.document_type, document_number=card.document_number
    )


def child(name: str = "陈小宝") -> Person:
    return make_person(name, document_number=resident_number(born_on=years_ago(8)))


def clerk(place: str = TIANHE) -> Actor:
    return make_officer_actor(
        "window_clerk", agency_id=make_agency("other", place).id, record_of=make_person("周窗口")
    )


def record(ward: Person, guardian: Person, **other: Any) -> Mandate:
    details = {"ground": "minor", "documents": PAPERS, "actor": None, **other}
    actor = details.pop("actor") or clerk()
    return services.record_guardianship(
        actor=actor, ward=named(ward), guardian=named(guardian), at=AT, **details
    )


def test_a_clerk_records_a_parent_who_accepts_and_acts_until_the_child_is_of_age() -> None:
    ward, parent = child(), make_person("陈大明")
    mandate = record(ward, parent)
    born_on = queries.born_on(ward.pk)
    assert born_on is not None
    assert (mandate.state, mandate.valid_until) == ("offered", comes_of_age_on(born_on))
    actor = make_person_actor(parent)
    assert actor.account_id is not None
    services.accept_mandate(actor=actor, mandate_id=mandate.pk, at=AT)
    token = session_token(actor)
    found = services.identify(token=token, at=AT, address="")
    assert found is not None
    services.act_as(actor=found.actor, kind="person", choice_id=ward.pk, at=AT)
    acting = services.identify(token=token, at=AT, address="")
    assert acting is not None and acting.actor.principal is not None
    assert (acting.actor.principal.id, acting.actor.person_id) == (ward.pk, parent.pk)
    assert acting.actor.mandate_id == mandate.pk
    card = queries.mandate(mandate.pk)
    assert card.covers("11440106DEM270001440125001000", TODAY)
    assert not card.covers("11440106DEM270001440125001000", mandate.valid_until)
    assert (card.relation, card.ground) == ("guardian", "minor")
    told = Message.objects.filter(template="identity.guardian_recorded")
    assert set(told.values_list("person_id", flat=True)) == {ward.pk, parent.pk}


def test_a_shorter_term_and_fewer_matters_hold() -> None:
    until = TODAY + timedelta(days=30)
    mandate = record(child(), make_person(), valid_until=until, item_codes=["440125001000"])
    assert (mandate.valid_until, mandate.all_matters) == (until, False)


def test_an_adult_under_guardianship_needs_a_term() -> None:
    ward, guardian = make_person("黄伯"), make_person("黄小华")
    for until in (None, TODAY + timedelta(days=6 * 366)):
        with pytest.raises(MandateInvalid):
            record(ward, guardian, ground="adult", valid_until=until)
    until = TODAY + timedelta(days=365)
    assert record(ward, guardian, ground="adult", valid_until=until).valid_until == until


@pytest.mark.parametrize(
    ("ward_age", "guardian_age", "ground"),
    [(20, 40, "minor"), (8, 40, "adult"), (8, 16, "minor")],
)
def test_ages_have_to_fit(ward_age: int, guardian_age: int, ground: str) -> None:
    ward, guardian = (
        make_person("陈某人", document_number=resident_number(born_on=years_ago(age)))
        for age in (ward_age, guardian_age)
    )
    until = TODAY + timedelta(days=30)
    with pytest.raises(MandateInvalid):
        record(ward, guardian, ground=ground, valid_until=until)
    assert not Mandate.objects.exists() and not Guardianship.objects.exists()


def test_papers_names_and_own_family_are_checked() -> None:
    ward, guardian = child(), make_person()
    with pytest.raises(DetailsWrong):
        record(ward, guardian, documents="无")
    with pytest.raises(AgentUnknown):
        services.record_guardianship(
            actor=clerk(),
            ward=services.Named(
                name="别的名字",
                document_type="resident_id",
                document_number=named(ward).document_number,
            ),
            guardian=named(guardian),
            ground="minor",
            documents=PAPERS,
            at=AT,
        )
    own = make_person("周窗口")
    with pytest.raises(OwnCheck):
        record(
            ward,
            own,
            actor=make_officer_actor(
                "window_clerk", agency_id=make_agency("other", TIANHE).id, record_of=own
            ),
        )
    with pytest.raises(MandateInvalid):
        record(ward, ward)
    record(ward, guardian)
    with pytest.raises(MandateExists):
        record(ward, guardian)


def test_nobody_makes_himself_a_ward_and_no_ward_ends_it() -> None:
    ward, guardian = make_person("黄伯"), make_person("黄小华")
    giver = make_person_actor(ward)
    with pytest.raises(MandateInvalid):
        services.give_mandate(
            actor=giver,
            agent_name="黄小华",
            agent_document_type="resident_id",
            agent_document_number=named(guardian).document_number,
            relation="guardian",
            item_codes=[],
            valid_from=TODAY,
            valid_until=TODAY + timedelta(days=30),
            at=AT,
        )
    mandate = record(ward, guardian, ground="adult", valid_until=TODAY + timedelta(days=30))
    agent = make_person_actor(guardian)
    services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    with pytest.raises(GuardianshipStands):
        services.revoke_mandate(actor=giver, mandate_id=mandate.pk, at=AT)
    services.revoke_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    assert Mandate.objects.get(pk=mandate.pk).state == "revoked"


def test_a_ward_who_closes_his_account_keeps_his_guardian() -> None:
    ward, guardian = make_person("黄伯"), make_person("黄小华")
    mandate = record(ward, guardian, ground="adult", valid_until=TODAY + timedelta(days=30))
    giver = make_person_actor(ward)
    assert end_mandates_of(ward.pk, actor=giver, at=AT) == 0
    assert Mandate.objects.get(pk=mandate.pk).state == "offered"
    assert end_mandates_of(guardian.pk, actor=make_person_actor(guardian), at=AT) == 1


def test_a_window_ends_it_at_once_and_says_why() -> None:
    ward, guardian = child(), make_person("陈大明")
    mandate = record(ward, guardian)
    agent = make_person_actor(guardian)
    services.accept_mandate(actor=agent, mandate_id=mandate.pk, at=AT)
    with pytest.raises(NotFound):
        services.end_guardianship(
            actor=clerk(YUEXIU), mandate_id=mandate.pk, reason="法院变更监护人", at=AT
        )
    with pytest.raises(DetailsWrong):
        services.end_guardianship(actor=clerk(), mandate_id=mandate.pk, reason="", at=AT)
    services.end_guardianship(actor=clerk(), mandate_id=mandate.pk, reason="法院变更监护人", at=AT)
    assert not queries.mandate_covers(mandate.pk, item_code="440125001000", on=TODAY)
    told = Message.objects.filter(template="identity.guardian_ended")
    assert {m.person_id for m in told} == {ward.pk, guardian.pk}
    assert "法院变更监护人" in told[0].body["zh-hans"]


def test_it_ends_by_itself_at_eighteen() -> None:
    mandate = record(child(), make_person())
    at = AT + (mandate.valid_until - TODAY) + timedelta(days=1)
    assert services.expire_mandates(at=at) == 1
    assert Mandate.objects.get(pk=mandate.pk).state == "expired"


@pytest.mark.parametrize(
    ("born_on", "expected"),
    [
        (date(2010, 5, 17), date(2028, 5, 17)),
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(2012, 12, 31), date(2030, 12, 31)),
    ],
)
def test_the_day_one_comes_of_age(born_on: date, expected: date) -> None:
    assert comes_of_age_on(born_on) == expected


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str], UUID]]:
    """Certificates by the names of parent and child."""
    known: dict[tuple[str, str], UUID] = {}
    monkeypatch.setattr(
        values,
        "_parent_proofs",
        {"test": lambda two, on: known.get((two.parent.name, two.child.name))},
    )
    yield known


def at_level_three(parent: Person) -> Actor:
    actor = make_person_actor(parent)
    prove(parent, "window")
    token = session_token(actor)
    Session.objects.filter(account__person=parent).update(level=3)
    found = services.identify(token=token, at=clock.now(), address="")
    assert found is not None
    return found.actor


def claim(actor: Actor, ward: Person) -> Mandate:
    one = named(ward)
    return services.claim_child(
        actor=actor,
        name=one.name,
        document_type=one.document_type,
        document_number=one.document_number,
        at=clock.now(),
    )


def test_a_certificate_in_the_wallet_lets_a_parent_act_at_once(
    paper: dict[tuple[str, str], UUID],
) -> None:
    ward, parent = child(), make_person("陈大明")
    actor = at_level_three(parent)
    with pytest.raises(ParentNotProven):
        claim(actor, ward)
    paper["陈大明", "陈小宝"] = uuid4()
    mandate = claim(actor, ward)
    assert mandate.state == "accepted"
    assert Guardianship.objects.get(mandate=mandate).licence_id == paper["陈大明", "陈小宝"]
    assert queries.mandate_covers(mandate.pk, item_code="440125001000", on=TODAY)


def test_what_a_window_ended_does_not_come_back_by_a_certificate(
    paper: dict[tuple[str, str], UUID],
) -> None:
    ward, parent = child(), make_person("陈大明")
    paper["陈大明", "陈小宝"] = uuid4()
    mandate = record(ward, parent)
    services.end_guardianship(
        actor=clerk(), mandate_id=mandate.pk, reason="法院撤销监护人资格", at=AT
    )
    with pytest.raises(ParentNotProven):
        claim(at_level_three(parent), ward)
    assert not Mandate.objects.filter(state="accepted").exists()


def test_a_window_ends_what_a_certificate_showed_by_naming_both(
    paper: dict[tuple[str, str], UUID],
) -> None:
    ward, parent = child(), make_person("陈大明")
    paper["陈大明", "陈小宝"] = uuid4()
    parents = at_level_three(parent)
    typed = {
        f"{who}_{field}": value
        for who, person in (("ward", ward), ("guardian", parent))
        for field, value in asdict(named(person)).items()
    } | {"reason": "法院撤销监护人资格"}
    page, desk = "/desk/guardianships/claims/end/", client_for(clerk())
    assert desk.get(page).status_code == 200
    assert desk.post(page, typed).status_code == 404
    mandate = claim(parents, ward)
    assert desk.post(page, {**typed, "reason": ""}).status_code == 200
    assert desk.post(page, {**typed, "ward_name": "别人"}).status_code == 404
    own = make_officer_actor(
        "window_clerk", agency_id=make_agency("other", TIANHE).id, record_of=parent
    )
    assert client_for(own).post(page, typed).status_code == 403
    assert desk.post(page, typed)["Location"] == "/desk/guardianships/"
    assert not queries.mandate_covers(mandate.pk, item_code="440125001000", on=TODAY)
    told = Message.objects.filter(template="identity.guardian_ended")
    assert {m.person_id for m in told} == {ward.pk, parent.pk}
    with pytest.raises(ParentNotProven):
        claim(parents, ward)
    body = {
        "ward": asdict(named(ward)),
        "guardian": asdict(named(parent)),
        "reason": "法院撤销监护人资格",
    }
    path = "/api/v1/guardianship-claims/end"
    assert desk.post(path, body, content_type="application/json").status_code == 404
    Guardianship.objects.update(ended_by=None, ended_for="")
    mandate = claim(parents, ward)
    assert desk.post(path, body, content_type="application/json").status_code == 204
    assert Mandate.objects.get(pk=mandate.pk).state == "revoked"


def test_one_certificate_is_of_one_child(paper: dict[tuple[str, str], UUID]) -> None:
    parent = make_person("陈大明")
    paper["陈大明", "陈小宝"] = uuid4()
    actor = at_level_three(parent)
    claim(actor, child())
    with pytest.raises(ParentNotProven):
        claim(actor, child())  # another child of the same name


def test_a_parent_has_to_be_surely_known_and_cannot_try_numbers_out(
    paper: dict[tuple[str, str], UUID],
) -> None:
    ward, parent = child(), make_person("陈大明")
    with pytest.raises(StepUpRequired):
        claim(make_person_actor(parent), ward)
    actor = at_level_three(parent)
    codes = []
    for _try in range(11):
        try:
            claim(actor, ward)
        except Exception as refused:
            codes.append(getattr(refused, "code", "?"))
    assert codes[:10] == ["identity.parent_not_proven"] * 10
    assert codes[10] == "identity.too_many_attempts"


def test_who_he_is_is_asked_before_anything_is_typed() -> None:
    parent = make_person("陈大明")
    unsure = client_for(make_person_actor(parent)).get("/account/mandates/child/").content.decode()
    assert "/account/step-up/?level=3" in unsure and 'name="document_number"' not in unsure
    sure = client_for()
    actor = at_level_three(parent)
    sure.cookies["lingnan_session"] = session_token(actor)
    Session.objects.filter(account__person=parent).update(level=3)
    page = sure.get("/account/mandates/child/").content.decode()
    assert 'name="document_number"' in page


def test_who_acts_for_a_firm_is_asked_to_switch_to_himself_before_anything_is_typed() -> None:
    parent = make_person("陈大明")
    firm = make_organisation(parent, name="广州市演示茶楼有限公司")
    client = client_for(make_person_actor(parent, organisation=firm))
    address = "/account/mandates/child/"
    seen = client.get(address)
    page = seen.content.decode()
    assert seen.status_code == 200 and "您正在代表广州市演示茶楼有限公司办事" in page
    assert f'value="person:{parent.pk}"' in page and 'name="document_number"' not in page
    assert "/account/step-up/" not in page
    late = client.post(address, {"name": "陈小宝"})  # typed before he changed over
    assert late.status_code == 403 and f'value="person:{parent.pk}"' in late.content.decode()
    switch = {"principal": f"person:{parent.pk}", "next": address}
    assert client.post("/account/acting-as/", switch)["Location"] == address
    assert "/account/step-up/?level=3" in client.get(address).content.decode()


def test_relatives_say_what_they_are_to_each_other() -> None:
    giver, agent = make_person_actor(make_person("黄伯")), make_person("黄小华")
    client = client_for(giver)
    body = {
        "agent_name": "黄小华",
        "agent_document_type": "resident_id",
        "agent_document_number": named(agent).document_number,
        "relation": "relative",
        "kinship": "child",
        "valid_from": TODAY.isoformat(),
        "valid_until": (TODAY + timedelta(days=30)).isoformat(),
    }
    made = client.post("/api/v1/mandates", body, content_type="application/json")
    assert (made.status_code, made.json()["kinship"]) == (201, "child")
    assert "子女" in client.get("/account/mandates/").content.decode()
    wrong = client.post(
        "/api/v1/mandates", {**body, "relation": "guardian"}, content_type="application/json"
    )
    assert wrong.status_code == 422


def test_pages_and_api_record_show_and_end() -> None:
    ward, guardian = child(), make_person("陈大明")
    who = clerk()
    client = client_for(who)
    typed = {
        "ground": "minor",
        "ward_name": "陈小宝",
        "ward_document_type": "resident_id",
        "ward_document_number": named(ward).document_number,
        "guardian_name": "陈大明",
        "guardian_document_type": "resident_id",
        "guardian_document_number": named(guardian).document_number,
        "documents": PAPERS,
        "valid_until": "",
    }
    wrong = client.post("/desk/guardianships/new/", {**typed, "ward_name": "别人"})
    assert wrong.status_code == 404 and "error-summary" in wrong.content.decode()
    made = client.post("/desk/guardianships/new/", typed)
    assert made.status_code == 302
    assert "陈大明" in client.get("/desk/guardianships/").content.decode()
    assert PAPERS in client.get(made["Location"]).content.decode()
    (row,) = client.get("/api/v1/guardianships").json()["items"]
    agent = client_for(make_person_actor(guardian))
    assert agent.post(f"/api/v1/mandates/{row['id']}/acceptance").status_code == 200
    assert "陈小宝" in agent.get("/account/mandates/").content.decode()
    end = {"reason": "登记有误"}
    path = f"/api/v1/guardianships/{row['id']}/end"
    assert client.post(path, end, content_type="application/json").status_code == 204
    assert client.post(path, end, content_type="application/json").status_code == 409
    body = {
        "ward": {
            "name": "陈小宝",
            "document_type": "resident_id",
            "document_number": named(ward).document_number,
        },
        "guardian": {
            "name": "陈大明",
            "document_type": "resident_id",
            "document_number": named(guardian).document_number,
        },
        "ground": "minor",
        "documents": PAPERS,
    }
    again = client.post("/api/v1/guardianships", body, content_type="application/json")
    assert (again.status_code, again.json()["ground"]) == (201, "minor")


def test_who_may_open_what() -> None:
    no = str(uuid4())
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "clerk": client_for(clerk(), bearer=True),
        "security": client_for(
            make_officer_actor("security_admin", region_code=TIANHE), bearer=True
        ),
    }

    def who(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    check_routes(
        clients,
        [
            ("GET", "/account/mandates/child/", who(302, 200, 403, 403)),
            ("GET", "/desk/guardianships/", who(302, 403, 200, 403)),
            ("GET", "/desk/guardianships/new/", who(302, 403, 200, 403)),
            ("GET", "/desk/guardianships/claims/end/", who(302, 403, 200, 403)),
            ("GET", f"/desk/guardianships/{no}/", who(302, 403, 404, 403)),
            ("GET", "/api/v1/guardianships", who(401, 403, 200, 403)),
        ],
    )
    end = {"reason": "登记有误"}
    for name, status in who(401, 403, 404, 403).items():
        answer = clients[name].post(
            f"/api/v1/guardianships/{no}/end", end, content_type="application/json"
        )
        assert answer.status_code == status, name
    one = {"name": "别人", "document_type": "resident_id", "document_number": "440106199001010000"}
    body = {"ward": one, "guardian": one, **end}
    for name, status in who(401, 403, 404, 403).items():
        answer = clients[name].post(
            "/api/v1/guardianship-claims/end", body, content_type="application/json"
        )
        assert answer.status_code == status, name
