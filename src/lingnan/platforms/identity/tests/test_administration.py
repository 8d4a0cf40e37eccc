"""Delegated administration: never more than one holds; three persons. GB/T 22239-2019 8.1.5."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from lingnan.kernel import clock, permissions
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import check_routes, max_queries, race
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.regions.testing import make_region

from .. import queries, services
from ..errors import (
    AdministrationSeparated,
    AdministratorUnknown,
    AlreadyGranted,
    AlreadyProposed,
    BeyondOwnRights,
    DetailsWrong,
    NotToOneself,
    ProposalDecided,
    SignInFailed,
    TooManyAttempts,
)
from ..models import Officer, RoleGrant, RoleProposal
from ..roles import ROLES
from ..testing import (
    PASSWORD,
    client_for,
    make_officer,
    make_officer_actor,
    make_person,
    make_person_actor,
    resident_number,
    session_token,
)

AT = clock.now()
TODAY = clock.local_date(AT)
PROVINCE = "440000000000"
CITY, TIANHE, YUEXIU = "440100000000", "440106000000", "440104000000"
NO = "0190a0a0-0000-7000-8000-000000000000"
WORK = {
    "system_admin": {"identity.manage_officers"},
    "security_admin": {
        "identity.grant_roles",
        "identity.unlock_accounts",
        "identity.review_clients",
        "identity.manage_rules",
        "identity.manage_upstreams",
        "crypto.manage_keys",
        "licences.manage_seals",
    },
    "audit_admin": {"audit.read", "audit.verify"},
}


def security_with(
    entrusted: list[str] | None, *, region: str = TIANHE, days: int | None = None
) -> Actor:
    """A security administrator of a region with what was entrusted to him, and his term."""
    officer = make_officer(agency_id=make_agency("other", region).id, record_of=make_person("周工"))
    make_region(region)
    services.ensure_roles()
    services.grant_role(
        actor=SYSTEM,
        officer_id=officer.pk,
        role="security_admin",
        region_code=region,
        entrusted=entrusted,
        valid_until=TODAY + timedelta(days=days) if days else None,
        at=AT,
    )
    return queries.actor_of_officer(officer.pk)


def clerk_of(region: str = TIANHE, **details: Any) -> Officer:
    return make_officer(agency_id=make_agency("other", region).id, **details)


@pytest.mark.django_db
@pytest.mark.parametrize("role", sorted(WORK))
def test_each_administrator_does_his_own_work_and_no_others(role: str) -> None:
    above, below = (make_officer_actor(role, region_code=code) for code in (PROVINCE, TIANHE))
    path = make_agency("other", TIANHE).region_path
    for code, declared in permissions.declared().items():
        assert above.can(code, region_path=path) is (code in WORK[role]), code
        his = code in WORK[role] and not declared.for_all
        assert below.can(code, region_path=path) is his, code


@pytest.mark.django_db
def test_no_person_holds_two_kinds_with_two_accounts() -> None:
    agency = make_agency("fire", TIANHE).id
    for first in sorted(WORK):
        person = make_person("李工")
        clerk_of(role=first, record_of=person)
        other = make_officer(agency_id=agency, record_of=person)
        grant = partial(
            services.grant_role, actor=SYSTEM, officer_id=other.pk, region_code=TIANHE, at=AT
        )
        for second in (role.code for role in ROLES if role.code != first):
            with pytest.raises(AdministrationSeparated):
                grant(role=second)
        grant(role=first)


@pytest.mark.django_db(transaction=True)
def test_two_accounts_of_one_person_racing_for_two_administrations_get_one() -> None:
    services.ensure_roles()
    person = make_person("李工")
    one = make_officer(agency_id=make_agency("other", TIANHE).id, record_of=person)
    two = make_officer(agency_id=make_agency("fire", TIANHE).id, record_of=person)
    security = make_officer_actor("security_admin", region_code=TIANHE)
    grant = partial(services.grant_role, actor=security, region_code=TIANHE, at=AT)
    answers = race(
        [
            partial(grant, officer_id=one.pk, role="system_admin"),
            partial(grant, officer_id=two.pk, role="audit_admin"),
        ]
    )
    assert sum(isinstance(answer, AdministrationSeparated) for answer in answers) == 1
    assert RoleGrant.objects.filter(officer__in=[one, two]).count() == 1


@pytest.mark.django_db
def test_an_administrator_nobody_knows_by_document_is_refused() -> None:
    officer = clerk_of()
    security = make_officer_actor("security_admin", region_code=TIANHE)
    with pytest.raises(AdministratorUnknown):
        services.grant_role(
            actor=security, officer_id=officer.pk, role="audit_admin", region_code=TIANHE, at=AT
        )


@pytest.mark.django_db
def test_nobody_gives_a_role_that_was_not_entrusted_to_him() -> None:
    security = security_with(["window_clerk", "inspector", "security_admin"])
    officer = clerk_of()
    grant = partial(services.grant_role, actor=security, officer_id=officer.pk, at=AT)
    with pytest.raises(BeyondOwnRights):
        grant(role="approver", region_code=TIANHE)
    grant(role="window_clerk", region_code=TIANHE)
    assert {role.code for role in queries.grantable_roles(security, on=TODAY)} == {
        "window_clerk",
        "inspector",
        "security_admin",
    }
    assert RoleGrant.objects.filter(officer=officer).count() == 1


@pytest.mark.django_db
def test_what_was_entrusted_shrinks_on_its_way_down_and_never_grows() -> None:
    city = security_with(["window_clerk", "inspector", "security_admin"], region=CITY)
    below = clerk_of(record_of=make_person("吴工"))
    grant = partial(
        services.grant_role, actor=city, officer_id=below.pk, role="security_admin", at=AT
    )
    with pytest.raises(BeyondOwnRights):
        grant(region_code=TIANHE, entrusted=["window_clerk", "approver"])
    made = grant(region_code=TIANHE)
    assert made.entrusted == ["inspector", "security_admin", "window_clerk"]
    services.revoke_grant(actor=city, grant_id=made.pk, at=AT)
    grant(region_code=TIANHE, entrusted=["window_clerk"])
    officer = clerk_of()
    down = partial(
        services.grant_role,
        actor=queries.actor_of_officer(below.pk),
        officer_id=officer.pk,
        region_code=TIANHE,
        at=AT,
    )
    with pytest.raises(BeyondOwnRights):
        down(role="inspector")
    down(role="window_clerk")


@pytest.mark.django_db
def test_no_role_lasts_longer_than_its_givers() -> None:
    security = security_with(None, days=30)
    officer = clerk_of()
    grant = partial(
        services.grant_role,
        actor=security,
        officer_id=officer.pk,
        role="window_clerk",
        region_code=TIANHE,
        at=AT,
    )
    with pytest.raises(BeyondOwnRights):
        grant(valid_until=TODAY + timedelta(days=31))
    assert grant().valid_until == TODAY + timedelta(days=30)
    with pytest.raises(DetailsWrong):
        grant(valid_until=TODAY)


@pytest.mark.django_db
def test_a_role_stops_on_its_day_and_can_be_given_again() -> None:
    officer = clerk_of()
    services.ensure_roles()
    give = partial(
        services.grant_role,
        actor=SYSTEM,
        officer_id=officer.pk,
        role="window_clerk",
        agency_id=officer.agency_id,
    )
    give(valid_until=TODAY + timedelta(days=1), at=AT)
    token = session_token(queries.actor_of_officer(officer.pk))
    today = services.identify(token=token, at=AT, address="")
    assert today is not None and today.actor.roles == {"window_clerk"}
    RoleGrant.objects.filter(officer=officer).update(valid_until=TODAY)
    services.expire_grants(at=AT - timedelta(days=1))  # not yet
    assert RoleGrant.objects.filter(officer=officer, revoked_at=None).exists()
    assert queries.actor_of_officer(officer.pk).roles == frozenset()
    assert not queries.officers_with(
        "government_services.receive", agency_id=officer.agency_id, region_path=""
    )
    assert services.expire_grants(at=AT) == 1
    assert services.expire_grants(at=AT) == 0
    give(at=AT)


@pytest.mark.django_db
def test_a_session_loses_a_role_at_midnight_without_anyone_doing_anything() -> None:
    officer = clerk_of()
    services.ensure_roles()
    services.grant_role(
        actor=SYSTEM,
        officer_id=officer.pk,
        role="window_clerk",
        agency_id=officer.agency_id,
        valid_until=TODAY + timedelta(days=1),
        at=AT,
    )
    working = services.identify(
        token=(token := session_token(queries.actor_of_officer(officer.pk))), at=AT, address=""
    )
    assert working is not None
    key = services.make_api_token(
        actor=working.actor, name="报表", scopes=["identity"], days=30, at=AT
    ).token
    assert services.identify(token=token, at=AT, address="") is not None
    later = services.identify(token=key, at=AT + timedelta(days=1, minutes=1), address="")
    assert later is not None and later.actor.roles == frozenset()


@pytest.mark.django_db
def test_a_role_from_above_is_not_taken_back_below() -> None:
    officer = clerk_of()
    services.ensure_roles()
    make_region(CITY)
    wide = services.grant_role(
        actor=SYSTEM, officer_id=officer.pk, role="inspector", region_code=CITY, at=AT
    )
    with pytest.raises(Forbidden):
        services.revoke_grant(
            actor=make_officer_actor("security_admin", region_code=TIANHE),
            grant_id=wide.pk,
            at=AT,
        )
    wide.refresh_from_db()
    assert wide.revoked_at is None


def propose(actor: Actor, officer: Officer, role: str = "window_clerk") -> RoleProposal:
    return services.propose_role(
        actor=actor,
        officer_id=officer.pk,
        role=role,
        region_code=TIANHE,
        reason="窗口轮岗",
        at=AT,
    )


@pytest.mark.django_db
def test_the_system_administrator_proposes_and_the_security_administrator_confirms() -> None:
    system = make_officer_actor("system_admin", region_code=TIANHE)
    security = make_officer_actor("security_admin", region_code=TIANHE)
    officer = clerk_of()
    asked = propose(system, officer)
    assert queries.actor_of_officer(officer.pk).roles == frozenset()
    assert OutboxEvent.objects.order_by("seq").last().name == "identity.role_proposed"  # type: ignore[union-attr]
    with pytest.raises(AlreadyProposed):
        propose(system, officer)
    with pytest.raises(Forbidden):
        services.confirm_proposal(actor=system, proposal_id=asked.pk, at=AT)
    with pytest.raises(Forbidden):
        propose(security, officer)
    services.confirm_proposal(actor=security, proposal_id=asked.pk, at=AT)
    assert queries.actor_of_officer(officer.pk).roles == {"window_clerk"}
    with pytest.raises(ProposalDecided):
        services.decline_proposal(actor=security, proposal_id=asked.pk, answer="不需要", at=AT)
    with pytest.raises(AlreadyGranted):
        propose(system, officer)


@pytest.mark.django_db
def test_a_confirmation_gives_no_more_than_the_confirmer_holds() -> None:
    system = make_officer_actor("system_admin", region_code=TIANHE)
    officer = clerk_of()
    asked = propose(system, officer, "approver")
    with pytest.raises(BeyondOwnRights):
        services.confirm_proposal(
            actor=security_with(["window_clerk"]), proposal_id=asked.pk, at=AT
        )
    elsewhere = make_officer_actor("security_admin", region_code=YUEXIU)
    with pytest.raises(NotFound):
        services.confirm_proposal(actor=elsewhere, proposal_id=asked.pk, at=AT)
    with pytest.raises(DetailsWrong):
        services.decline_proposal(
            actor=make_officer_actor("security_admin", region_code=TIANHE),
            proposal_id=asked.pk,
            answer=" ",
            at=AT,
        )
    asked.refresh_from_db()
    assert asked.state == "open"
    assert not RoleGrant.objects.filter(officer=officer).exists()


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_grant_once() -> None:
    system = make_officer_actor("system_admin", region_code=TIANHE)
    one = make_officer_actor("security_admin", region_code=TIANHE)
    two = make_officer_actor("security_admin", region_code=CITY)
    asked = propose(system, clerk_of())
    answers = race(
        [
            partial(services.confirm_proposal, actor=actor, proposal_id=asked.pk, at=AT)
            for actor in (one, two)
        ]
    )
    assert sum(isinstance(answer, RoleGrant) for answer in answers) == 1
    assert RoleGrant.objects.filter(officer_id=asked.officer_id).count() == 1


@pytest.mark.django_db
def test_administrators_are_seen_level_by_level_within_reach() -> None:
    make_region(CITY)
    make_region(TIANHE)
    city = make_officer_actor("security_admin", region_code=CITY, name="市安全")
    make_officer("system_admin", region_code=TIANHE, name="区系统")
    with max_queries(4):
        places = queries.administrators(city, on=TODAY)
    found = {place.region.code: place for place in places}
    assert [row.name for row in found[CITY].administrators] == ["市安全"]
    assert [row.name for row in found[TIANHE].administrators] == ["区系统"]
    assert found[TIANHE].missing == ("security", "audit")
    below = make_officer_actor("system_admin", region_code=TIANHE)
    with pytest.raises(NotFound):
        queries.administrators(below, region_code=CITY, on=TODAY)
    assert queries.administrators(below, on=TODAY)[0].region.code == TIANHE


@pytest.mark.django_db
def test_a_locked_officer_is_let_in_again_by_the_security_administrator_of_his_place() -> None:
    officer = clerk_of(role="window_clerk")

    def enter(password: str) -> object:
        return services.sign_in(
            username=officer.account.username, password=password, at=AT, address="10.0.0.1"
        )

    for _n in range(5):
        with pytest.raises(SignInFailed):
            enter("wrong")
    with pytest.raises(TooManyAttempts):
        enter(PASSWORD)
    for role, region in (("system_admin", TIANHE), ("security_admin", YUEXIU)):
        with pytest.raises((Forbidden, NotFound)):
            services.unlock_account(
                actor=make_officer_actor(role, region_code=region), officer_id=officer.pk, at=AT
            )
    security = make_officer_actor("security_admin", region_code=TIANHE)
    with pytest.raises(NotToOneself):
        services.unlock_account(actor=security, officer_id=security.officer_id, at=AT)  # type: ignore[arg-type]
    page = client_for(security).get(f"/desk/officers/{officer.pk}/").content.decode()
    assert f"/desk/officers/{officer.pk}/unlock/" in page
    services.unlock_account(actor=security, officer_id=officer.pk, at=AT)
    enter(PASSWORD)


@pytest.mark.django_db
def test_a_post_is_given_and_ended_and_belongs_to_the_agency() -> None:
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    officer = make_officer(agency_id=make_agency("market_supervision", TIANHE).id)
    own = agencies.posts(officer.agency_id)[0]
    foreign = agencies.posts(make_agency("market_supervision", YUEXIU).id)[0]
    change = partial(services.change_post, actor=admin, officer_id=officer.pk, at=AT)
    with pytest.raises(DetailsWrong):
        change(post_id=foreign.id)
    with pytest.raises(DetailsWrong):
        services.create_officer(
            actor=admin,
            name="新同事",
            agency_id=officer.agency_id,
            username="with.post",
            post_id=foreign.id,
            at=AT,
        )
    change(post_id=own.id)
    assert queries.officer(officer.pk).post_title == own.title
    change(post_id=None)
    assert queries.officer(officer.pk).post_title == ""


@pytest.mark.django_db
def test_pages_and_api_as_everyone() -> None:
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "clerk": client_for(make_officer_actor("window_clerk"), bearer=True),
        "audit": client_for(make_officer_actor("audit_admin", region_code=TIANHE), bearer=True),
        "system": client_for(make_officer_actor("system_admin", region_code=TIANHE), bearer=True),
        "security": client_for(
            make_officer_actor("security_admin", region_code=TIANHE), bearer=True
        ),
    }

    def row(*codes: int) -> dict[str, int]:
        return dict(zip(clients, codes, strict=True))

    lists = row(302, 403, 403, 403, 200, 200)
    api = row(401, 403, 403, 403, 200, 200)
    table = [
        ("GET", "/desk/administrators/", lists),
        ("GET", "/desk/role-proposals/", lists),
        ("POST", f"/desk/role-proposals/{NO}/", row(302, 403, 403, 403, 403, 404)),
        ("POST", f"/desk/officers/{NO}/unlock/", row(302, 403, 403, 403, 403, 404)),
        ("POST", f"/desk/officers/{NO}/post/", row(302, 403, 403, 403, 404, 403)),
        ("GET", "/api/v1/administrators", api),
        ("GET", "/api/v1/role-proposals", api),
        (
            "POST",
            f"/api/v1/role-proposals/{NO}/confirmation",
            row(401, 403, 403, 403, 403, 404),
        ),
        ("DELETE", f"/api/v1/officers/{NO}/lock", row(401, 403, 403, 403, 403, 404)),
    ]
    check_routes(clients, table)
    bodies: tuple[tuple[str, str, Any, dict[str, int]], ...] = (
        (
            "post",
            f"/api/v1/officers/{NO}/role-proposals",
            {"role": "approver", "region_code": TIANHE, "reason": "轮岗"},
            row(401, 403, 403, 403, 404, 403),
        ),
        (
            "post",
            f"/api/v1/role-proposals/{NO}/refusal",
            {"answer": "不需要"},
            row(401, 403, 403, 403, 403, 404),
        ),
        (
            "put",
            f"/api/v1/officers/{NO}/post",
            {"post_id": None},
            row(401, 403, 403, 403, 404, 403),
        ),
    )
    for method, path, body, expected in bodies:
        for who, status in expected.items():
            answer = getattr(clients[who], method)(path, body, content_type="application/json")
            assert answer.status_code == status, (path, who, answer.content)


@pytest.mark.django_db
def test_a_role_is_proposed_on_one_page_and_decided_on_another() -> None:
    officer = clerk_of(name="新同事")
    system = client_for(make_officer_actor("system_admin", region_code=TIANHE))
    security = client_for(make_officer_actor("security_admin", region_code=TIANHE))
    page = f"/desk/officers/{officer.pk}/"
    data = {"role": "window_clerk", "region_code": TIANHE, "agency": ""}
    wrong = system.post(page, data)
    assert wrong.status_code == 200 and "error-summary" in wrong.content.decode()
    assert system.post(page, {**data, "reason": "窗口轮岗"}).status_code == 302
    listed = security.get("/desk/role-proposals/").content.decode()
    (asked,) = security.get("/api/v1/role-proposals").json()["items"]
    assert "窗口轮岗" in listed and asked["officer_name"] == "新同事"
    decide = f"/desk/role-proposals/{asked['id']}/"
    unsaid = security.post(decide, {"act": "decline", "answer": ""})
    assert unsaid.status_code == 422
    assert system.post(decide, {"act": "confirm"}).status_code == 403
    assert security.post(decide, {"act": "confirm"}).status_code == 302
    assert queries.actor_of_officer(officer.pk).roles == {"window_clerk"}
    assert "新同事" in system.get("/desk/role-proposals/?state=confirmed").content.decode()


@pytest.mark.django_db
def test_whoever_grants_roles_finds_the_officers_and_is_not_offered_to_add_one() -> None:
    grants = client_for(make_officer_actor("security_admin", region_code="440000000000"))
    adds = client_for(make_officer_actor("system_admin", region_code="440000000000"))
    for client, may_add in ((grants, False), (adds, True)):
        text = client.get("/desk/officers/").content.decode()
        assert text.count('href="/desk/officers/"') == 1, "the way there is in the menu"
        assert ("/desk/officers/new/" in text) == may_add


@pytest.mark.django_db
def test_an_agency_or_region_of_another_city_is_refused_at_its_field() -> None:
    make_region(CITY)
    make_region("440300000000")
    elsewhere = agencies.agency(make_agency("other", "440300000000").id)
    system = client_for(make_officer_actor("system_admin", region_code=CITY))
    security = client_for(make_officer_actor("security_admin", region_code=CITY), bearer=True)
    officer = clerk_of(TIANHE)
    typed = {
        "name": "错城市",
        "document_type": "resident_id",
        "document_number": resident_number(),
        "username": "wrong.city",
        "agency": elsewhere.uscc,
    }
    page = system.post("/desk/officers/new/", typed)
    assert page.status_code == 403
    assert page.context["form"].errors == {"agency": ["不在您的管理范围内。"]}
    assert 'value="wrong.city"' in page.content.decode() and Officer.objects.count() == 3
    offer = {"name": "错城市", "username": "tester", "agency": elsewhere.uscc}
    page = system.post("/desk/post-offers/new/", offer)
    assert page.status_code == 403 and "agency" in page.context["form"].errors
    asked = {"role": "window_clerk", "agency": "", "region_code": "440300000000", "reason": "试验"}
    page = system.post(f"/desk/officers/{officer.pk}/", asked)
    assert page.status_code == 403 and "region_code" in page.context["form"].errors
    told = security.post(
        f"/api/v1/officers/{officer.pk}/grants",
        {"role": "window_clerk", "region_code": "440300000000"},
        content_type="application/json",
    )
    assert told.status_code == 403 and told.json()["code"] == "identity.outside_reach"
    assert told.json()["fields"][0]["path"] == "region_code"
    assert not RoleProposal.objects.exists()
