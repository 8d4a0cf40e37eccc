"""Ways round: to another's account, to work behind one factor, to own affairs, to more rights.

Source: GB/T 22239-2019 8.1.4.1, 8.1.4.2, 8.1.5.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.test import override_settings

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.kernel.testing import race
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.regions.testing import make_region

from .. import queries, services
from ..adapters.base import Answer
from ..errors import (
    AccountKept,
    BeyondOwnRights,
    ClerkUnknown,
    DetailsWrong,
    OwnCheck,
    OwnKeyFirst,
    PasswordWeak,
    ProofFailed,
    ProofOver,
    TooManyProofs,
)
from ..models import (
    Account,
    Client,
    HolderCertificate,
    LinkedAccount,
    Officer,
    Passkey,
    Person,
    ProvisionedUser,
    RoleGrant,
    Session,
)
from ..scim.services import _rename as rename
from ..services.officers import add_to_account
from ..services.second_factor import code_at
from ..simulator import Registry
from ..sso.services import clients as programs
from ..sso.testing import make_client
from ..testing import (
    PASSWORD,
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_organisation,
    make_person,
    make_person_actor,
    prove,
    resident_number,
)
from ..types import ClosingObstacle, SelfApproval, register_closing_check
from .authenticator import Device
from .test_account_life import arrived, ask, look, owner
from .test_passkeys import SITE, add, signed_in
from .test_window import TIANHE, YUEXIU, numbers, record

pytestmark = pytest.mark.django_db
GUESS = "Guessed-2026"


@pytest.fixture
def site(settings: Any) -> Iterator[None]:
    with override_settings(LINGNAN=settings.LINGNAN.model_copy(update={"public_url": SITE})):
        yield


def begin(account: Account, number: str) -> Any:
    """A token with which a face check of the account waits for its answer."""
    found = ask(account, number)
    return services.start_recovery(token=found.token, method="face", address="", at=clock.now())


def finish(token: str, password: str, back: str = "") -> None:
    services.finish_recovery(
        token=token,
        answer=arrived(back) if back else Answer(values={}),
        new_password=password,
        address="",
        at=clock.now(),
    )


def test_recovery_does_not_say_which_password_is_right_to_who_has_not_passed(
    gateway: Registry,
) -> None:
    person, account, number = owner()
    prove(person, "face")
    token, started = begin(account, number)
    for password in (PASSWORD, GUESS):
        with pytest.raises(ProofFailed):
            finish(token, password)
    back = look(started.url)
    with pytest.raises(PasswordWeak):
        finish(token, PASSWORD, back)
    finish(token, GUESS, back)


def test_neither_a_bank_card_nor_the_second_factor_alone_recovers(gateway: Registry) -> None:
    person, account, number = owner(phone="13800138000")
    prove(person, "face")
    secret = services.start_second_factor(account_id=account.pk)
    services.confirm_second_factor(
        actor=SYSTEM, account_id=account.pk, code=code_at(secret, clock.now()), at=clock.now()
    )
    assert [way.code for way in ask(account, number).ways] == ["face"]


def test_what_a_thief_left_behind_opens_nothing_after_the_recovery(
    gateway: Registry, settings: Any
) -> None:
    person, account, number = owner()
    prove(person, "face")
    thief = signed_in(account)
    at_site = settings.LINGNAN.model_copy(update={"public_url": SITE})
    with override_settings(LINGNAN=at_site):
        key = add(thief, Device())
    LinkedAccount.objects.create(account=account, provider="wechat", subject_index="thief")
    token, started = begin(account, number)
    finish(token, GUESS, look(started.url))
    assert not LinkedAccount.objects.filter(account=account, ended_at=None).exists()
    assert Passkey.objects.get(pk=key.pk).removed_at is not None


def working_resident() -> Officer:
    """An officer who works with his account as a resident."""
    return make_officer("approver", agency_id=make_agency("other").id, person=make_person("李工"))


def set_up_codes(actor: Actor) -> None:
    assert actor.account_id is not None
    secret = services.start_second_factor(account_id=actor.account_id, session_id=actor.session_id)
    services.confirm_second_factor(
        actor=actor,
        account_id=actor.account_id,
        session_id=actor.session_id,
        code=code_at(secret, clock.now()),
        at=clock.now(),
    )


def test_a_password_does_not_grow_into_the_second_factor_of_an_officer(site: None) -> None:
    officer = working_resident()
    own = Device()
    first = signed_in(officer.account)
    add(first, own)
    thief = signed_in(officer.account)
    assert thief.is_person, "the password alone opens the resident's part"
    for way in (set_up_codes, lambda actor: add(actor, Device())):
        with pytest.raises(OwnKeyFirst):
            way(thief)
    assert not Account.objects.get(pk=officer.account_id).has_second_factor
    started = services.start_proof(actor=first, method="passkey", at=clock.now())
    shown: Any = started.shown["passkey"]
    services.finish_proof(
        actor=first,
        attempt_id=started.attempt_id,
        answer=Answer(values={"credential": own.get(shown)}),
        at=clock.now(),
    )
    set_up_codes(first)


def test_an_account_elsewhere_does_not_grow_into_the_second_factor_of_an_officer(
    site: None,
) -> None:
    officer = working_resident()
    thief = signed_in(officer.account)
    assert thief.session_id is not None
    Session.objects.filter(pk=thief.session_id).update(methods=["wechat"])
    for way in (set_up_codes, lambda actor: add(actor, Device())):
        with pytest.raises(OwnKeyFirst):
            way(thief)
    set_up_codes(signed_in(officer.account))


def test_only_a_session_of_the_account_confirms_its_second_factor() -> None:
    mine, other = make_person_actor(), signed_in(make_account())
    assert mine.account_id is not None
    with pytest.raises(NotFound):
        services.confirm_second_factor(
            actor=mine,
            account_id=mine.account_id,
            session_id=other.session_id,
            code="000000",
            at=clock.now(),
        )


def test_a_key_that_is_being_added_is_no_proof(site: None) -> None:
    account = make_account()
    actor = signed_in(account)
    asked = services.ask_new_passkey(actor=actor, at=clock.now())
    with pytest.raises(NotFound):
        services.proof_under_way(actor=actor, attempt_id=asked.attempt_id, at=clock.now())
    with pytest.raises(NotFound):
        services.finish_proof(
            actor=actor, attempt_id=asked.attempt_id, answer=Answer(values={}), at=clock.now()
        )


@pytest.mark.django_db(transaction=True)
def test_one_challenge_answered_twice_at_once_makes_one_key(site: None) -> None:
    actor = signed_in(make_account())
    asked = services.ask_new_passkey(actor=actor, at=clock.now())
    made = partial(
        services.add_passkey, actor=actor, attempt_id=asked.attempt_id, name="手机", at=clock.now()
    )
    answers = [Device().create(asked.options) for _one in range(2)]
    outcomes = race([partial(made, answer=answer) for answer in answers])
    assert sorted(isinstance(outcome, ProofOver) for outcome in outcomes) == [False, True]
    assert Passkey.objects.count() == 1


def clerk_of(person: Person | None) -> Actor:
    return make_officer_actor(
        "window_clerk",
        region_code=TIANHE,
        agency_id=make_agency("other", TIANHE).id,
        record_of=person,
    )


def test_a_clerk_nobody_knows_by_document_checks_no_one() -> None:
    unknown, person = clerk_of(None), make_person()
    with pytest.raises(ClerkUnknown):
        services.find_at_window(actor=unknown, **numbers(person), at=clock.now())
    with pytest.raises(ClerkUnknown):
        record(unknown, person)
    with pytest.raises(ClerkUnknown):
        services.change_legal_representative(
            actor=unknown,
            organisation_id=make_organisation().pk,
            **numbers(person),
            evidence="登记机关记录",
            at=clock.now(),
        )


def test_a_clerk_checks_no_one_he_acts_for_or_who_acts_for_him() -> None:
    clerks, mother = make_person("李工"), make_person("陈美玲")
    actor = clerk_of(clerks)
    make_account(clerks)
    today = clock.today()
    mandate = services.give_mandate(
        actor=make_person_actor(mother),
        agent_name="李工",
        agent_document_type="resident_id",
        agent_document_number=queries.person(clerks.pk).document_number,
        relation="relative",
        item_codes=[],
        valid_from=today,
        valid_until=today + timedelta(days=30),
        at=clock.now(),
    )
    record(actor, mother)
    services.accept_mandate(
        actor=queries.actor_of_person(clerks.pk), mandate_id=mandate.pk, at=clock.now()
    )
    with pytest.raises(OwnCheck):
        record(actor, mother)


def test_a_clerk_enters_no_firm_that_he_leads_himself() -> None:
    clerks = make_person("李工")
    client = client_for(clerk_of(clerks), bearer=True)
    body = {
        "name": "广州市演示餐饮有限公司",
        "registration_number": make_organisation().registration_number,
        "legal_representative_id": str(clerks.pk),
    }
    answer = client.post("/api/v1/organisations", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, SelfApproval.code)


def test_a_second_post_names_the_person_of_the_first() -> None:
    person = make_person("李工")
    first = make_officer("approver", record_of=person)
    give = partial(
        add_to_account,
        actor=SYSTEM,
        name="李工",
        agency_id=make_agency("other", YUEXIU).id,
        account_id=first.account_id,
        at=clock.now(),
    )
    with pytest.raises(DetailsWrong):
        give(document_type="resident_id", document_number=resident_number())
    made = give()
    assert queries.actor_of_officer(made.officer_id).person_id == person.pk


def personnel_system(agency_id: UUID, scopes: tuple[str, ...] = ("scim",), **more: Any) -> Client:
    """Of an agency, waiting for its review."""
    return make_client(
        *scopes,
        kind="service",
        owner=more.pop("owner", None) or make_officer_actor("inspector", agency_id=agency_id),
        grant_types=["client_credentials"],
        redirect_uris=[],
        approved=False,
        **more,
    ).row


def test_no_personnel_system_gives_more_than_whoever_lets_it() -> None:
    agency_id = make_agency("other", TIANHE).id
    below = make_officer("security_admin", region_code=TIANHE, agency_id=agency_id)
    approve = partial(programs.approve_client, at=clock.now())
    held = RoleGrant.objects.filter(officer=below)
    for limits in (
        {"entrusted": ["window_clerk"], "valid_until": None},
        {"entrusted": None, "valid_until": clock.today() + timedelta(days=30)},
    ):
        held.update(**limits)
        client = personnel_system(agency_id)
        with pytest.raises(BeyondOwnRights):
            approve(actor=queries.actor_of_officer(below.pk), client_pk=client.pk)
        client.refresh_from_db()
        assert client.state == Client.State.SUBMITTED
    held.update(entrusted=None, valid_until=None)
    approve(actor=queries.actor_of_officer(below.pk), client_pk=client.pk)
    client.refresh_from_db()
    assert client.state == Client.State.APPROVED


def test_nobody_lets_a_program_that_he_registered_with_another_account() -> None:
    person = make_person("李工")
    firm = make_organisation(person)
    client = make_client(owner=make_person_actor(person, organisation=firm), approved=False).row
    reviewer = make_officer_actor("security_admin", region_code="440000000000", record_of=person)
    Client.objects.filter(pk=client.pk).update(region_path=make_region("440000000000").path)
    with pytest.raises(SelfApproval):
        programs.approve_client(actor=reviewer, client_pk=client.pk, at=clock.now())


def test_the_personnel_system_does_not_rename_the_account_of_a_resident() -> None:
    officer = working_resident()
    name = officer.account.username
    row = ProvisionedUser(account_id=officer.account_id, user_name="someone.else")
    rename(row)
    assert Account.objects.get(pk=officer.account_id).username == name


def test_an_expired_certificate_does_not_open_the_way_to_a_new_second_factor() -> None:
    officer = make_officer("approver")
    HolderCertificate.objects.create(
        account=officer.account,
        fingerprint="0" * 64,
        der_sealed="",
        issuer="CN=演示",
        serial_number="1",
        not_after=clock.now() - timedelta(days=1),
    )
    opened = services.sign_in(
        username=officer.account.username,
        password=PASSWORD,
        as_officer=True,
        address="",
        at=clock.now(),
    )
    assert opened.stage == "code"


def test_a_role_that_was_not_entrusted_is_not_taken_back() -> None:
    agency_id = make_agency("other", TIANHE).id
    below = make_officer("security_admin", region_code=TIANHE, agency_id=agency_id)
    RoleGrant.objects.filter(officer=below).update(entrusted=["window_clerk"])
    revoke = partial(
        services.revoke_grant, actor=queries.actor_of_officer(below.pk), at=clock.now()
    )
    for role, beyond in (("approver", True), ("window_clerk", False)):
        officer = make_officer(role, agency_id=agency_id)
        grant = RoleGrant.objects.get(officer=officer)
        if beyond:
            with pytest.raises(BeyondOwnRights):
                revoke(grant_id=grant.pk)
        else:
            revoke(grant_id=grant.pk)
        grant.refresh_from_db()
        assert (grant.revoked_at is None) is beyond


def test_no_administrator_resets_the_second_factor_of_who_administers_above_him() -> None:
    agency_id = make_agency("other", TIANHE).id
    below = make_officer_actor("system_admin", region_code=TIANHE, agency_id=agency_id)
    reset = partial(services.reset_second_factor, actor=below, at=clock.now())
    above = make_officer("security_admin", region_code="440000000000", agency_id=agency_id)
    with pytest.raises(Forbidden):
        reset(officer_id=above.pk)
    reset(officer_id=make_officer("window_clerk", agency_id=agency_id).pk)


def test_a_stranger_who_asks_for_recovery_keeps_nobody_from_his_own_proofs(
    gateway: Registry,
) -> None:
    person, account, number = owner()
    prove(person, "face")
    for _time in range(10):
        begin(account, number)
    with pytest.raises(TooManyProofs):
        begin(account, number)
    services.start_proof(actor=signed_in(account), method="face", at=clock.now())


def test_what_begins_while_an_account_is_being_closed_stands_against_it() -> None:
    account = make_account()
    actor = signed_in(account)
    firm = ClosingObstacle(text="办件未结", url="")
    answers = iter([[], [firm]])
    register_closing_check("takeovers", lambda person_id: next(answers))
    try:
        with pytest.raises(AccountKept):
            services.close_account(actor=actor, password=PASSWORD, at=clock.now())
    finally:
        register_closing_check("takeovers", lambda person_id: [])
    assert Account.objects.get(pk=account.pk).state == Account.State.ACTIVE
