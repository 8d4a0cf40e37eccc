"""Signing in. GB/T 22239-2019 8.1.4.1: limits, second factor, one answer for every failure."""

from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS
from lingnan.kernel.errors import Refusal
from lingnan.kernel.testing import max_queries, race
from lingnan.security.audit.queries import history_of

from .. import queries, services
from ..errors import (
    NotAnOfficer,
    SecondFactorNotSet,
    SecondFactorRequired,
    SecondFactorWrong,
    SignInFailed,
    TooManyAttempts,
)
from ..models import Account, Session, SignInCounter
from ..sealing import digest
from ..services.second_factor import code_at
from ..testing import PASSWORD, make_account, make_officer, make_person, session_token
from ..types import SignedIn

HERE = "192.0.2.1"
AT = clock.now()


def attempt(username: str, password: str = PASSWORD, **options: object) -> SignedIn:
    values: dict[str, object] = {"at": AT, "address": HERE, **options}
    return services.sign_in(username=username, password=password, **values)  # type: ignore[arg-type]


def with_second_factor(account: Account) -> str:
    secret = services.start_second_factor(account_id=account.pk)
    before = AT - timedelta(minutes=10)
    services.confirm_second_factor(
        actor=ANONYMOUS,
        account_id=account.pk,
        code=code_at(secret, before),
        at=before,
    )
    return secret


@pytest.mark.django_db
def test_name_or_telephone_and_password_open_a_session() -> None:
    account = make_account(username="chen.meiling", phone="+86 138-0000-0001")
    for name in ("chen.meiling", "Chen.Meiling ", "13800000001", "138 0000 0001"):
        opened = attempt(name)
        found = services.identify(token=opened.token, at=AT, address=HERE)
        assert found is not None
        assert (found.actor.person_id, found.actor.account_id) == (account.person_id, account.pk)
        assert found.actor.principal is not None
        assert found.actor.principal.id == account.person_id
    assert not Session.objects.filter(token_digest=opened.token).exists()
    assert Session.objects.filter(token_digest=digest(opened.token)).count() == 1


@pytest.mark.django_db
def test_unknown_name_wrong_password_and_closed_account_are_told_the_same() -> None:
    make_account(username="someone")
    closed = make_account(username="closed")
    Account.objects.filter(pk=closed.pk).update(state=Account.State.CLOSED)
    answers = []
    for name, password in (("nobody", PASSWORD), ("someone", "wrong"), ("closed", PASSWORD)):
        with pytest.raises(SignInFailed) as refused:
            attempt(name, password)
        answers.append((refused.value.code, refused.value.status, refused.value.facts))
    assert answers == [answers[0]] * 3


@pytest.mark.django_db
def test_unknown_name_takes_as_long_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work, counted: one comparison at the same cost, and as many queries but one.

    Hashing is what takes the time. A clock would measure the machine instead: the hashes of tests
    are made cheap.
    """
    make_account(username="someone")
    closed = make_account(username="closed")
    Account.objects.filter(pk=closed.pk).update(state=Account.State.CLOSED)
    compared: list[str] = []
    verify = Argon2PasswordHasher.verify

    def noted(hasher: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        compared.append(encoded.rsplit("$", 2)[0])  # version and costs, without salt and hash
        return verify(hasher, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "verify", noted)
    queries_of = {}
    for name in ("nobody", "someone", "closed"):
        with pytest.raises(SignInFailed):  # what only the first attempt of a process does
            attempt(name, "wrong", address="198.51.100.1")
        compared.clear()
        with CaptureQueriesContext(connection) as asked, pytest.raises(SignInFailed):
            attempt(name, "wrong", address="198.51.100.2")
        assert compared == [Argon2PasswordHasher().encode("x", "salt" * 4).rsplit("$", 2)[0]]
        queries_of[name] = len(asked)
    assert max(queries_of.values()) - min(queries_of.values()) <= 1, queries_of


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["someone", "nobody"])
def test_five_failures_lock_the_name_for_ten_minutes_known_or_not(name: str) -> None:
    make_account(username="someone")
    for n in range(5):
        with pytest.raises(SignInFailed):
            attempt(name, "wrong", address=f"192.0.2.{n}")
    for password in ("wrong", PASSWORD):
        with pytest.raises(TooManyAttempts) as refused:
            attempt(name, password, address="192.0.2.99")
        assert refused.value.facts["minutes"] == 10
    later = AT + timedelta(minutes=10, seconds=1)
    if name == "someone":
        assert attempt(name, at=later).stage == "open"
    else:
        with pytest.raises(SignInFailed):
            attempt(name, at=later)


@pytest.mark.django_db
def test_telephone_and_name_share_one_count() -> None:
    make_account(username="someone", phone="13800000002")
    for n in range(5):
        with pytest.raises(SignInFailed):
            attempt(("someone", "13800000002")[n % 2], "wrong")
    with pytest.raises(TooManyAttempts):
        attempt("13800000002")


@pytest.mark.django_db
def test_one_address_trying_many_names_is_stopped() -> None:
    make_account(username="someone")
    for n in range(30):
        with pytest.raises(SignInFailed):
            attempt(f"guess{n}", "wrong")
    with pytest.raises(TooManyAttempts):
        attempt("someone")
    assert attempt("someone", address="203.0.113.9").stage == "open"


@pytest.mark.django_db
def test_success_forgets_the_failures_of_the_name() -> None:
    make_account(username="someone")
    for _round in range(3):
        for _n in range(4):
            with pytest.raises(SignInFailed):
                attempt("someone", "wrong")
        attempt("someone")


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_judged_five_times_at_most() -> None:
    make_account(username="someone")
    answers = race([partial(attempt, "someone", f"guess{n}") for n in range(12)])
    judged = [answer for answer in answers if isinstance(answer, SignInFailed)]
    assert 1 <= len(judged) <= 5
    assert len(judged) + sum(isinstance(a, TooManyAttempts) for a in answers) == 12


@pytest.mark.django_db(transaction=True)
def test_two_sign_ins_at_once_both_succeed_with_tokens_of_their_own() -> None:
    make_account(username="someone")
    opened = race([partial(attempt, "someone"), partial(attempt, "someone")])
    tokens = {answer.token for answer in opened if isinstance(answer, SignedIn)}
    assert len(tokens) == 2
    assert SignInCounter.objects.filter(in_flight__gt=0).count() == 0


@pytest.mark.django_db
def test_failed_and_successful_sign_ins_are_on_record() -> None:
    account = make_account(username="someone")
    with pytest.raises(SignInFailed):
        attempt("someone", "wrong")
    attempt("someone")
    acts = [(e.act, e.outcome) for e in history_of("account", str(account.pk))]
    assert ("identity.sign_in_failed", "refused") in acts
    assert ("identity.signed_in", "ok") in acts


@pytest.mark.django_db
def test_second_factor_is_asked_for_and_the_token_changes_on_the_way() -> None:
    officer = make_officer("approver")
    secret = with_second_factor(officer.account)
    first = attempt(officer.account.username, as_officer=True)
    assert first.stage == "code"
    waiting = services.identify(token=first.token, at=AT, address=HERE)
    assert waiting is not None and waiting.actor.is_anonymous
    opened = services.continue_sign_in(session_id=first.session_id, code=code_at(secret, AT), at=AT)
    assert opened.stage == "open" and opened.token != first.token
    assert services.identify(token=first.token, at=AT, address=HERE) is None
    found = services.identify(token=opened.token, at=AT, address=HERE)
    assert found is not None
    assert found.actor.is_officer and found.actor.assurance_level == 3


@pytest.mark.django_db
def test_a_code_works_once() -> None:
    officer = make_officer("approver")
    secret = with_second_factor(officer.account)
    code = code_at(secret, AT)
    name = officer.account.username
    assert attempt(name, code=code, channel="api").stage == "open"
    with pytest.raises(SecondFactorWrong):
        attempt(name, code=code, channel="api")
    assert attempt(name, code=code_at(secret, AT + timedelta(seconds=30)), channel="api")


@pytest.mark.django_db(transaction=True)
def test_one_code_used_twice_at_once_opens_one_session() -> None:
    officer = make_officer("approver")
    secret = with_second_factor(officer.account)
    ask = partial(attempt, officer.account.username, code=code_at(secret, AT), channel="api")
    answers = race([ask, ask])
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, SecondFactorWrong) for answer in answers) == 1


@pytest.mark.django_db
def test_wrong_codes_lock_even_with_the_right_password_between() -> None:
    officer = make_officer("approver")
    with_second_factor(officer.account)
    for _n in range(5):
        pending = attempt(officer.account.username)
        with pytest.raises(SecondFactorWrong):
            services.continue_sign_in(session_id=pending.session_id, code="000000", at=AT)
    with pytest.raises(TooManyAttempts):
        attempt(officer.account.username)


@pytest.mark.django_db
def test_a_recovery_code_stands_in_once() -> None:
    officer = make_officer("approver")
    secret = services.start_second_factor(account_id=officer.account_id)
    codes = services.confirm_second_factor(
        actor=ANONYMOUS,
        account_id=officer.account_id,
        code=code_at(secret, AT),
        at=AT,
    )
    assert len(set(codes)) == 10
    name = officer.account.username
    assert attempt(name, code=codes[0].lower(), channel="api").stage == "open"
    with pytest.raises(SecondFactorWrong):
        attempt(name, code=codes[0], channel="api")


@pytest.mark.django_db
def test_an_officer_without_second_factor_does_not_get_to_work() -> None:
    officer = make_officer("approver")
    assert attempt(officer.account.username).stage == "enrol"
    with pytest.raises(SecondFactorNotSet):
        attempt(officer.account.username, channel="api")


@pytest.mark.django_db
def test_over_the_api_the_code_comes_with_the_password() -> None:
    officer = make_officer("approver")
    with_second_factor(officer.account)
    with pytest.raises(SecondFactorRequired):
        attempt(officer.account.username, channel="api")


@pytest.mark.django_db
def test_a_resident_is_no_officer() -> None:
    account = make_account()
    with pytest.raises(NotAnOfficer):
        attempt(account.username, as_officer=True)


@pytest.mark.django_db
def test_one_person_chooses_to_come_as_officer_or_as_himself() -> None:
    officer = make_officer("approver", person=make_person("李工"))
    secret = with_second_factor(officer.account)
    name = officer.account.username
    himself = attempt(name, code=code_at(secret, AT))
    at_work = attempt(name, code=code_at(secret, AT + timedelta(seconds=30)), as_officer=True)
    kinds = []
    for opened in (himself, at_work):
        found = services.identify(token=opened.token, at=AT, address=HERE)
        assert found is not None
        kinds.append(found.actor.kind)
        assert {choice.kind for choice in found.choices} == {"person", "officer"}
    assert kinds == ["person", "officer"]


@pytest.mark.django_db
def test_idle_and_absolute_limits_end_a_session() -> None:
    make_account(username="someone")
    idle = attempt("someone").token
    assert services.identify(token=idle, at=AT + timedelta(minutes=29), address=HERE)
    assert services.identify(token=idle, at=AT + timedelta(minutes=58), address=HERE)
    assert not services.identify(token=idle, at=AT + timedelta(minutes=89), address=HERE)
    busy = attempt("someone").token
    for minutes in range(20, 12 * 60, 20):
        assert services.identify(token=busy, at=AT + timedelta(minutes=minutes), address=HERE)
    assert not services.identify(token=busy, at=AT + timedelta(hours=12), address=HERE)


@pytest.mark.django_db
def test_knowing_who_asks_costs_one_query() -> None:
    make_account(username="someone")
    token = attempt("someone").token
    services.identify(token=token, at=AT, address=HERE)
    with max_queries(1):
        assert services.identify(token=token, at=AT, address=HERE)


@pytest.mark.django_db
def test_a_first_password_has_to_be_changed_before_anything_else() -> None:
    account = make_account(username="someone")
    Account.objects.filter(pk=account.pk).update(must_change_password=True)
    pending = attempt("someone")
    assert pending.stage == "password"
    services.change_password(
        actor=ANONYMOUS,
        account_id=account.pk,
        present=PASSWORD,
        new="Another-2026",
        keep=pending.session_id,
        at=AT,
    )
    assert services.continue_sign_in(session_id=pending.session_id, at=AT).stage == "open"


@pytest.mark.django_db
def test_a_new_password_ends_the_other_sessions_and_is_not_an_old_one() -> None:
    account = make_account(username="someone")
    here, there = attempt("someone"), attempt("someone")
    change = partial(
        services.change_password,
        actor=ANONYMOUS,
        account_id=account.pk,
        keep=here.session_id,
        at=AT,
    )
    change(present=PASSWORD, new="Another-2026")
    assert services.identify(token=here.token, at=AT, address=HERE)
    assert not services.identify(token=there.token, at=AT, address=HERE)
    for new in (PASSWORD, "Another-2026", "short", "alllettersonly", "someone-2026"):
        with pytest.raises(Refusal) as refused:
            change(present="Another-2026", new=new)
        assert refused.value.code == "identity.password_weak"
    with pytest.raises(Refusal) as wrong:
        change(present="not it", new="Third-one-2026")
    assert wrong.value.code == "identity.password_wrong"


@pytest.mark.django_db
def test_demo_accounts_are_shut_in_production(settings: Settings) -> None:
    made = make_officer("approver")
    Account.objects.filter(pk=made.account_id).update(is_demo=True)
    token = session_token(queries.actor_of_officer(made.pk))
    assert services.identify(token=token, at=clock.now(), address="") is not None
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"mode": "production"})
    assert services.identify(token=token, at=clock.now(), address="") is None
    with pytest.raises(SignInFailed):
        services.sign_in(
            username=made.account.username, password=PASSWORD, address="10.0.0.9", at=clock.now()
        )
    assert not Client().get(reverse("identity:sign_in")).context["demo_accounts"]
