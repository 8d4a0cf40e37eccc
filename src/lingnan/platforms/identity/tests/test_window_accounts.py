"""Whoever has no account, or closed it, gets one at the window where he was just checked."""

from datetime import timedelta

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.kernel.testing import race
from lingnan.platforms.messaging.testing import last_secrets
from lingnan.security.audit.models import Entry

from .. import services
from ..errors import AccountThere, CheckOver, DetailsWrong, UsernameTaken
from ..models import Account, Person
from ..testing import PASSWORD, client_for, make_account, make_person, make_person_actor
from .test_window import clerk, record, supervisor

PHONE = "13900001234"


@pytest.mark.django_db
def test_a_person_without_an_account_gets_one_and_only_his_telephone_learns_the_password() -> None:
    person, officer = make_person(), clerk()
    desk = client_for(officer)
    check = record(officer, person)
    page = f"/desk/identity-checks/{check.pk}/"
    assert f"{page}account/" in desk.get(page).content.decode()
    assert desk.post(f"{page}account/", {"phone": "139"}).status_code == 422
    assert desk.post(f"{page}account/", {}).status_code == 422
    done = desk.post(f"{page}account/", {"phone": PHONE}, follow=True)
    account = Account.objects.get(person=person)
    password = last_secrets(person.pk)["password"]
    assert password not in done.content.decode()
    assert f"{page}account/" not in done.content.decode()
    entry = Entry.objects.get(act="identity.account_opened", object_id=str(account.pk))
    assert entry.facts["check_id"] == str(check.pk) and password not in str(entry.facts)
    his = Client()
    first = his.post("/account/sign-in/", {"username": PHONE, "password": password})
    assert first["Location"] == "/account/sign-in/password/"
    new = {"present": password, "new_password": PASSWORD, "new_again": PASSWORD}
    assert his.post("/account/sign-in/password/", new).status_code == 302
    assert his.get("/api/v1/me").json()["name"] == person.name
    with pytest.raises(AccountThere):
        services.open_at_window(actor=officer, check_id=check.pk, phone=PHONE, at=clock.now())


@pytest.mark.django_db
def test_who_closed_his_account_comes_back_to_it_at_the_window() -> None:
    person = make_person()
    account = make_account(person)
    actor = make_person_actor(person)
    his = client_for(actor)
    assert his.post("/account/close/", {"password": PASSWORD}).status_code == 200
    officer = clerk()
    check = record(officer, person)
    answer = client_for(officer, bearer=True).post(
        f"/api/v1/window-checks/{check.pk}/account",
        {"phone": PHONE},
        content_type="application/json",
    )
    assert answer.status_code == 201
    account.refresh_from_db()
    assert (account.state, account.username) == ("active", answer.json()["username"])
    assert account.must_change_password and account.closed_at is None
    assert his.get("/api/v1/me").status_code == 401  # what was ended stays ended
    old = {"username": PHONE, "password": PASSWORD}
    assert Client().post("/account/sign-in/", old).status_code == 401
    right = {"username": PHONE, "password": last_secrets(person.pk)["password"]}
    assert Client().post("/account/sign-in/", right).status_code == 302


@pytest.mark.django_db
def test_only_who_checked_a_moment_ago_and_nobody_for_himself() -> None:
    person, officer, at = make_person(), clerk(), clock.now()
    check = record(officer, person)

    def opened(**changed: object) -> Account:
        given = {"actor": officer, "check_id": check.pk, "phone": PHONE, "at": at, **changed}
        return services.open_at_window(**given)  # type: ignore[arg-type]

    for wrong, changed in (
        (NotFound, {"actor": clerk()}),
        (Forbidden, {"actor": supervisor()}),
        (Forbidden, {"actor": make_person_actor()}),
        (CheckOver, {"at": at + timedelta(minutes=31)}),
        (DetailsWrong, {"phone": "x"}),
        (CheckOver, {"check_id": record(officer, person, photo="different").pk}),
    ):
        with pytest.raises(wrong):
            opened(**changed)
    make_account(phone=PHONE)
    with pytest.raises(UsernameTaken):
        opened()
    assert not Account.objects.filter(person=person).exists()
    services.withdraw_check(actor=supervisor(), check_id=check.pk, reason="看错了", at=at)
    with pytest.raises(CheckOver):
        opened(phone="13900001235")
    merged = make_account()
    Account.objects.filter(pk=merged.pk).update(
        state="closed", closed_because="merged", closed_at=at, merged_into=make_account()
    )
    assert merged.person_id is not None
    again = record(officer, Person.objects.get(pk=merged.person_id))
    with pytest.raises(AccountThere):
        opened(check_id=again.pk, phone="13900001236")


@pytest.mark.django_db(transaction=True)
def test_two_clicks_open_one_account() -> None:
    person, officer = make_person(), clerk()
    check = record(officer, person)
    results = race(
        [
            lambda: services.open_at_window(
                actor=officer, check_id=check.pk, phone=PHONE, at=clock.now()
            )
        ]
        * 2
    )
    assert sum(isinstance(found, AccountThere) for found in results) == 1
    assert Account.objects.filter(person=person).count() == 1
