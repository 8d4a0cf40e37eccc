"""What is begun in one place is finished there alone; who did a thing is said rightly."""

from functools import partial

import pytest
from django.db import transaction
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import max_queries
from lingnan.security.audit import services as audit
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..adapters.base import Answer
from ..errors import (
    OfficerAbove,
    ProofFailed,
    SecondFactorSet,
    SecondFactorWrong,
    SignInFailed,
)
from ..models import Account, Officer, Session
from ..services.second_factor import code_at
from ..simulator import Registry
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
)
from .test_account_life import arrived, ask, look, owner, path_of
from .test_passkeys import signed_in
from .test_window import TIANHE

pytestmark = pytest.mark.django_db
CITY = "440100000000"
NEW = "Guessed-2026"


def test_who_began_a_recovery_and_had_the_owner_do_the_check_cannot_finish_it(
    gateway: Registry,
) -> None:
    """The address of the check, sent to the owner, passes it; only his browser can go on."""
    person, account, number = owner()
    prove(person, "face")
    token, started = services.start_recovery(
        token=ask(account, number).token, method="face", address="", at=clock.now()
    )
    back = look(started.url)
    finish = partial(
        services.finish_recovery, token=token, new_password=NEW, address="", at=clock.now()
    )
    for answer in ({}, {"arrival": "guessed"}, {"arrival": ""}):
        with pytest.raises(ProofFailed) as refused:
            finish(answer=Answer(values=answer))
        assert refused.value.facts["reason"] == "other_browser"
    owners = Client()
    onward = owners.get(path_of(back))
    assert owners.get(onward["Location"])["Location"] == "/account/recover/"
    services.sign_in(username=account.username, password=PASSWORD, address="", at=clock.now())
    finish(answer=arrived(back))
    services.sign_in(username=account.username, password=NEW, address="", at=clock.now())


def test_a_check_in_a_session_counts_only_for_the_browser_that_did_it(gateway: Registry) -> None:
    account = make_account(proven=False)
    thief = signed_in(account)
    started = services.start_proof(actor=thief, method="face", at=clock.now())
    back = look(started.url)
    finish = partial(
        services.finish_proof, actor=thief, attempt_id=started.attempt_id, at=clock.now()
    )
    for answer in ({}, {"arrival": "guessed"}):
        with pytest.raises(ProofFailed):
            finish(answer=Answer(values=answer))
    assert finish(answer=arrived(back)).method == "face"


def test_an_authenticator_is_finished_only_where_it_was_begun() -> None:
    account = make_account()
    thief, mine = signed_in(account), signed_in(account)
    begin = partial(services.start_second_factor, account_id=account.pk)
    theirs, own = begin(session_id=thief.session_id), begin(session_id=mine.session_id)
    assert theirs != own and begin(session_id=mine.session_id) == own
    confirm = partial(
        services.confirm_second_factor,
        actor=mine,
        account_id=account.pk,
        session_id=mine.session_id,
        at=clock.now(),
    )
    with pytest.raises(SecondFactorWrong):
        confirm(code=code_at(theirs, clock.now()))
    confirm(code=code_at(own, clock.now()))
    assert Account.objects.get(pk=account.pk).has_second_factor
    with pytest.raises(SecondFactorSet):
        begin(session_id=mine.session_id)
    assert not Session.objects.exclude(totp_secret_sealed="").exists()


def test_the_page_of_one_session_shows_no_secret_of_another() -> None:
    actor = make_person_actor()
    one, two = client_for(actor), client_for(actor)
    shown = [
        client.post("/api/v1/me/second-factor", content_type="application/json").json()["secret"]
        for client in (one, one, two)
    ]
    assert shown[0] == shown[1] != shown[2]


def test_who_stands_above_is_neither_dismissed_nor_moved_from_below() -> None:
    here = make_agency("other", TIANHE)
    below = make_officer_actor("system_admin", region_code=TIANHE)
    above = make_officer_actor("system_admin", region_code=CITY)
    chief = make_officer("approver", agency_id=here.id, region_code=CITY)
    for act in (
        partial(services.deactivate_officer, officer_id=chief.pk),
        partial(services.change_post, officer_id=chief.pk, post_id=None),
        partial(services.reset_second_factor, officer_id=chief.pk),
    ):
        with pytest.raises(OfficerAbove):
            act(actor=below, at=clock.now())
    assert Officer.objects.get(pk=chief.pk).active
    refused = client_for(below).post(f"/api/v1/officers/{chief.pk}/departure")
    assert (refused.status_code, refused.json()["code"]) == (403, "identity.officer_above")
    services.deactivate_officer(actor=above, officer_id=chief.pk, at=clock.now())
    assert not Officer.objects.get(pk=chief.pk).active


def test_the_history_says_who_it_was() -> None:
    account, at = make_account(username="someone"), clock.now()
    actor = signed_in(account)
    with pytest.raises(SignInFailed):
        services.sign_in(username="someone", password="Wrong-2026", address="9.9.9.9", at=at)
    clerk = make_officer_actor("window_clerk")
    for who, act in ((SYSTEM, "identity.person_read"), (clerk, "identity.window_checked")):
        with transaction.atomic():
            audit.record(actor=who, act=act, object_kind="account", object_id=account.pk, at=at)
    by = {line.act: line for line in queries.account_history(actor).items}
    assert by["identity.signed_in"].by == "oneself"
    assert by["identity.sign_in_failed"].by == "unknown"
    assert by["identity.sign_in_failed"].address == "9.9.9.9"
    assert by["identity.person_read"].by == "system"
    assert by["identity.window_checked"].by == "other"
    assert not by["identity.window_checked"].address


def test_the_firms_one_leads_cost_the_same_however_many() -> None:
    leader = make_person()
    client = client_for(make_person_actor(leader), bearer=True)
    counts = []
    for n in range(3):
        make_organisation(leader, name=f"演示{n}号有限公司")
        with max_queries(12) as seen:
            items = client.get("/api/v1/organisations").json()["items"]
        assert len(items) == n + 1
        counts.append(len(seen))
    assert counts[1] == counts[2]
