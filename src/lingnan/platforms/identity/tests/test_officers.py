"""Officers and roles. GB/T 22239-2019 8.1.5: three administrators, none does another's work."""

from functools import partial
from uuid import UUID

import pytest

from lingnan.kernel import clock, permissions
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries, race
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..errors import (
    AdministrationSeparated,
    AlreadyGranted,
    AlreadyOfficer,
    NotToOneself,
    OfficerLeft,
)
from ..models import Account, Role, RoleGrant
from ..roles import ROLES
from ..services.officers import add_to_account
from ..testing import make_officer, make_officer_actor, make_person, session_token
from ..types import NewOfficer

AT = clock.now()
TIANHE, YUEXIU = "440106000000", "440104000000"


def create(
    actor: Actor, agency_id: UUID, username: str = "new.officer", account_id: UUID | None = None
) -> NewOfficer:
    if account_id is None:
        return services.create_officer(
            actor=actor, name="新同事", agency_id=agency_id, username=username, at=AT
        )
    return add_to_account(
        actor=actor, name="新同事", agency_id=agency_id, account_id=account_id, at=AT
    )


@pytest.mark.django_db
def test_the_system_administrator_adds_people_only_within_his_reach() -> None:
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    here = make_agency("other", TIANHE)
    there = make_agency("other", YUEXIU)
    made = create(admin, here.id)
    assert len(made.first_password) >= 12
    account = Account.objects.get(username="new.officer")
    assert account.must_change_password
    with pytest.raises(Forbidden):
        create(admin, there.id, "elsewhere")
    with pytest.raises(AlreadyOfficer):
        create(admin, here.id, account_id=made.account_id)
    assert not Account.objects.filter(username="elsewhere").exists()


@pytest.mark.django_db
def test_adding_people_and_granting_roles_are_two_persons_work() -> None:
    system = make_officer_actor("system_admin", region_code=TIANHE)
    security = make_officer_actor("security_admin", region_code=TIANHE)
    clerk = make_officer(agency_id=make_agency("other", TIANHE).id)
    with pytest.raises(Forbidden):
        create(security, clerk.agency_id)
    grant = partial(services.grant_role, officer_id=clerk.pk, agency_id=clerk.agency_id, at=AT)
    with pytest.raises(Forbidden):
        grant(actor=system, role="window_clerk")
    grant(actor=security, role="window_clerk")
    with pytest.raises(AlreadyGranted):
        grant(actor=security, role="window_clerk")
    with pytest.raises(Forbidden):
        services.deactivate_officer(actor=security, officer_id=clerk.pk, at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["system_admin", "security_admin", "audit_admin", "approver"])
@pytest.mark.parametrize("second", ["system_admin", "security_admin", "audit_admin", "approver"])
def test_no_one_holds_two_kinds_of_administration(first: str, second: str) -> None:
    if first == second:
        return
    security = make_officer_actor("security_admin", region_code=TIANHE)
    officer = make_officer(first, agency_id=make_agency("other", TIANHE).id)
    with pytest.raises(AdministrationSeparated):
        services.grant_role(
            actor=security,
            officer_id=officer.pk,
            role=second,
            agency_id=officer.agency_id,
            at=AT,
        )
    assert RoleGrant.objects.filter(officer=officer).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_administrations_granted_at_once_leave_one() -> None:
    security = make_officer_actor("security_admin", region_code=TIANHE)
    officer = make_officer(agency_id=make_agency("other", TIANHE).id, record_of=make_person())
    grant = partial(
        services.grant_role,
        actor=security,
        officer_id=officer.pk,
        agency_id=officer.agency_id,
        at=AT,
    )
    answers = race([partial(grant, role="system_admin"), partial(grant, role="audit_admin")])
    assert sum(isinstance(answer, AdministrationSeparated) for answer in answers) == 1
    assert RoleGrant.objects.filter(officer=officer).count() == 1


@pytest.mark.django_db
def test_roles_go_neither_to_oneself_nor_beyond_ones_reach() -> None:
    security = make_officer_actor("security_admin", region_code=TIANHE)
    officer = make_officer(agency_id=make_agency("other", TIANHE).id)
    outsider = make_officer(agency_id=make_agency("other", YUEXIU).id)
    grant = partial(services.grant_role, actor=security, role="window_clerk", at=AT)
    assert security.officer_id is not None
    with pytest.raises(NotToOneself):
        grant(officer_id=security.officer_id, region_code=TIANHE)
    with pytest.raises(NotFound):
        grant(officer_id=outsider.pk, agency_id=outsider.agency_id)
    for beyond in ("440100000000", YUEXIU):
        with pytest.raises(Forbidden):
            grant(officer_id=officer.pk, region_code=beyond)
    assert not RoleGrant.objects.filter(officer__in=[officer, outsider]).exists()


@pytest.mark.django_db
def test_a_leaver_loses_sessions_tokens_and_roles_at_once() -> None:
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    officer = make_officer("approver", agency_id=make_agency("other", TIANHE).id)
    token = session_token(queries.actor_of_officer(officer.pk))
    working = services.identify(token=token, at=AT, address="")
    assert working is not None
    key = services.make_api_token(
        actor=working.actor, name="报表", scopes=["identity"], days=30, at=AT
    ).token
    assert services.identify(token=key, at=AT, address="") is not None
    services.deactivate_officer(actor=admin, officer_id=officer.pk, at=AT)
    for shown in (token, key):
        found = services.identify(token=shown, at=AT, address="")
        assert found is not None and found.ended is not None
        assert found.actor.is_anonymous and found.ended.kind == "post" and not found.choices
    assert not RoleGrant.objects.filter(officer=officer, revoked_at=None).exists()
    assert OutboxEvent.objects.order_by("seq").last().name == "identity.officer_left_agency"  # type: ignore[union-attr]
    with pytest.raises(OfficerLeft):
        services.deactivate_officer(actor=admin, officer_id=officer.pk, at=AT)


@pytest.mark.django_db
def test_a_leaver_who_is_a_resident_stays_a_resident() -> None:
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    officer = make_officer(
        "approver", agency_id=make_agency("other", TIANHE).id, person=make_person()
    )
    services.deactivate_officer(actor=admin, officer_id=officer.pk, at=AT)
    actor = queries.actor_of_person(officer.account.person_id)  # type: ignore[arg-type]
    found = services.identify(token=session_token(actor), at=AT, address="")
    assert found is not None
    assert found.actor.is_person
    assert [choice.kind for choice in found.choices] == ["person"]


@pytest.mark.django_db
def test_a_withdrawn_role_stops_counting_with_the_next_request() -> None:
    security = make_officer_actor("security_admin", region_code=TIANHE)
    officer = make_officer("approver", agency_id=make_agency("other", TIANHE).id)
    token = session_token(queries.actor_of_officer(officer.pk))
    before = services.identify(token=token, at=AT, address="")
    assert before is not None and before.actor.roles == {"approver"}
    grant = RoleGrant.objects.get(officer=officer)
    services.revoke_grant(actor=security, grant_id=grant.pk, at=AT)
    after = services.identify(token=token, at=AT, address="")
    assert after is not None and after.actor.roles == frozenset()
    with pytest.raises(NotFound):
        services.revoke_grant(actor=security, grant_id=grant.pk, at=AT)


@pytest.mark.django_db
def test_who_could_do_the_work_is_found_by_agency_and_by_subtree() -> None:
    agency = make_agency("other", TIANHE)
    by_agency = make_officer("approver", agency_id=agency.id, name="甲某")
    by_city = make_officer("approver", region_code="440100000000", name="乙某")
    make_officer("approver", region_code=YUEXIU, name="丙某")
    make_officer("inspector", agency_id=agency.id, name="丁某")
    with max_queries(1):
        found = queries.officers_with(
            "government_services.decide", agency_id=agency.id, region_path=agency.region_path
        )
    assert {card.id for card in found} == {by_agency.pk, by_city.pk}


@pytest.mark.django_db
def test_the_list_of_officers_costs_the_same_for_one_and_for_many() -> None:
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    agency = make_agency("other", TIANHE)
    for n in range(4):
        make_officer(agency_id=agency.id, name=f"同事{n}")
    with max_queries(1):
        page = queries.list_officers(admin, limit=50)
    assert len(page.items) >= 4
    assert all(row.agency.region_path.startswith(agency.region_path) for row in page.items)


@pytest.mark.django_db
def test_the_roles_are_written_once_and_renewed_when_they_change() -> None:
    assert services.ensure_roles() == len(ROLES)
    assert services.ensure_roles() == 0
    officer = make_officer("approver")
    version = Account.objects.get(pk=officer.account_id).version
    Role.objects.filter(code="approver").update(permissions=[])
    assert services.ensure_roles() == 1
    assert Account.objects.get(pk=officer.account_id).version == version + 1


def test_every_permission_of_a_role_is_declared_and_every_declared_one_is_held() -> None:
    named = {code for role in ROLES for code in role.permissions}
    assert sorted(named - set(permissions.declared())) == []
    assert sorted(set(permissions.declared()) - named) == []


def test_administrators_do_no_other_work() -> None:
    ordinary = {c for role in ROLES if not role.administration for c in role.permissions}
    kinds = [role.permissions for role in ROLES if role.administration]
    assert len(kinds) == 3
    assert all(not held & ordinary for held in kinds)
    assert len(frozenset().union(*kinds)) == sum(map(len, kinds))


@pytest.mark.django_db
def test_a_second_post_elsewhere_gives_no_say_over_the_persons_second_factor() -> None:
    admin = make_officer_actor("system_admin", region_code=TIANHE)
    here, there = make_agency("other", TIANHE), make_agency("other", YUEXIU)
    victim = make_officer(agency_id=there.id)
    # Giving someone a post is enough to be found among one's officers.
    made = create(admin, here.id, account_id=victim.account_id)
    Account.objects.filter(pk=victim.account_id).update(totp_secret_sealed="sealed")
    with pytest.raises(Forbidden):
        services.reset_second_factor(actor=admin, officer_id=made.officer_id, at=AT)
    assert Account.objects.get(pk=victim.account_id).totp_secret_sealed == "sealed"
    services.deactivate_officer(
        actor=make_officer_actor("system_admin", region_code=YUEXIU), officer_id=victim.pk, at=AT
    )
    services.reset_second_factor(actor=admin, officer_id=made.officer_id, at=AT)
    assert Account.objects.get(pk=victim.account_id).totp_secret_sealed == ""
