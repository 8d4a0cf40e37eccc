"""Levels: from evidence, capped by how one signed in, raised in place. Plan 五（一）2（2）."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden, NotFound, SignInRequired
from lingnan.kernel.testing import max_queries, race
from lingnan.platforms.messaging.models import Dispatch, Message
from lingnan.platforms.messaging.testing import last_secrets

from .. import queries, services
from ..adapters import wire
from ..adapters.bank_card import luhn_holds
from ..adapters.base import Answer
from ..adapters.wire import GatewayClient
from ..errors import (
    DetailsWrong,
    FirmNotProven,
    ProofFailed,
    ProofOver,
    ProofUnavailable,
    ProofUnknown,
    StepUpRequired,
    TooManyProofs,
)
from ..models import Account, AssuranceEvidence, ProofAttempt, Session
from ..services.second_factor import code_at
from ..simulator import Registry
from ..testing import (
    PASSWORD,
    client_for,
    code_sent,
    firm_number,
    identity_gateway,
    make_account,
    make_officer_actor,
    make_organisation,
    make_person,
    prove,
    session_token,
)
from .test_account_life import path_of

AT = clock.now()


def signed_in(account: Account) -> Actor:
    opened = services.sign_in(username=account.username, password=PASSWORD, address="", at=AT)
    return seen(opened.token)


def seen(token: str) -> Actor:
    found = services.identify(token=token, at=clock.now(), address="")
    assert found is not None
    return found.actor


def again(actor: Actor) -> Actor:
    """The same session as its next request sees it."""
    assert actor.session_id is not None
    row = Session.objects.select_related("account").get(pk=actor.session_id)
    found = services.sessions._identified(row, at=clock.now(), address="")
    assert found is not None
    return found.actor


def newcomer(name: str = "欧阳明", phone: str = "13800138000") -> Account:
    return make_account(make_person(name, phone=phone), proven=False)


def give(actor: Actor, method: str, **values: str) -> int:
    started = services.start_proof(actor=actor, method=method, at=clock.now())
    return services.finish_proof(
        actor=actor, attempt_id=started.attempt_id, answer=Answer(values=values), at=clock.now()
    ).level


@pytest.mark.django_db
def test_an_unproven_account_is_at_level_one_and_a_password_alone_never_above_two() -> None:
    account = newcomer()
    assert signed_in(account).assurance_level == 1
    assert account.person is not None
    prove(account.person, "window")
    assert queries.level_of_person(account.person.pk, at=AT + timedelta(minutes=1)) == 4
    assert signed_in(account).assurance_level == 2


@pytest.mark.django_db
def test_expired_withdrawn_and_failed_evidence_does_not_count() -> None:
    account = newcomer()
    assert account.person is not None
    prove(account.person, "bank_card")
    row = AssuranceEvidence.objects.get()
    assert queries.level_of_person(account.person.pk, at=clock.now()) == 3
    late = AT + timedelta(days=366)
    assert queries.level_of_person(account.person.pk, at=late) == 1
    actor = signed_in(account)
    session = Session.objects.get(account=account)
    assert session.pk == actor.session_id
    kept = session.actor["levels"]
    assert queries.assurance.level_from_rights(kept, late) == 1
    AssuranceEvidence.objects.filter(pk=row.pk).update(withdrawn_at=clock.now())
    assert queries.level_of_person(account.person.pk, at=clock.now()) == 1


@pytest.mark.django_db
def test_name_and_number_are_compared_with_the_population_register(gateway: Registry) -> None:
    account = newcomer()
    actor = signed_in(account)
    assert give(actor, "population") == 2
    (row,) = AssuranceEvidence.objects.all()
    assert (row.kind, row.level, row.is_test) == ("population", 2, True)
    assert "reference" in row.facts and "009999" not in str(row.facts)
    assert again(actor).assurance_level == 2
    assert gateway.asked == ["/population/check"]


@pytest.mark.django_db
def test_details_that_do_not_fit_prove_nothing_and_are_kept_as_failed(gateway: Registry) -> None:
    for name, reason in (("周不符", "mismatch"), ("周查无", "not_found"), ("周注销", "cancelled")):
        account = newcomer(name)
        actor = signed_in(account)
        with pytest.raises(ProofFailed) as failed:
            give(actor, "population")
        assert failed.value.facts["reason"] == reason
        row = AssuranceEvidence.objects.get(account=account)
        assert (row.outcome, row.level) == ("failed", 0)
        assert again(actor).assurance_level == 1


@pytest.mark.django_db
def test_a_gateway_that_is_silent_or_signs_wrongly_proves_nothing() -> None:
    with identity_gateway() as registry:
        account = newcomer()
        actor = signed_in(account)
        registry.secret = "another"
        with pytest.raises(ProofUnavailable):
            give(actor, "population")
    assert not AssuranceEvidence.objects.exists()
    dead = GatewayClient(url="http://127.0.0.1:9", secret="x")
    with pytest.raises(ProofUnavailable):
        dead.ask("/population/check", {})


def test_an_answer_belongs_to_its_question() -> None:
    body = wire.encode({"result": "match"})
    old = wire.sign(secret="s", method="POST ANSWER", path="/p", body=body, at=AT)
    assert wire.holds(secret="s", method="POST ANSWER", path="/p", body=body, headers=old, at=AT)
    for changed in (
        {"path": "/q"},
        {"method": "POST"},
        {"secret": "t"},
        {"body": b"{}"},
        {"at": AT + timedelta(minutes=6)},
    ):
        values: dict[str, Any] = {
            "secret": "s",
            "method": "POST ANSWER",
            "path": "/p",
            "body": body,
            "headers": old,
            "at": AT,
            **changed,
        }
        assert not wire.holds(**values)


@pytest.mark.django_db
def test_a_code_by_text_message_raises_the_session_and_is_nowhere_in_the_clear() -> None:
    account = newcomer()
    assert account.person is not None
    prove(account.person, "window")
    actor = signed_in(account)
    assert actor.assurance_level == 2
    started = services.start_proof(actor=actor, method="sms_code", at=clock.now())
    code = code_sent(account.person)
    assert len(code) == 6 and code.isdigit()
    message = Message.objects.get()
    assert code not in f"{message.title}{message.body}{message.facts}"
    attempt = ProofAttempt.objects.get()
    assert code not in f"{attempt.code_digest}{attempt.state_sealed}" and not message.in_inbox
    done = services.finish_proof(
        actor=actor,
        attempt_id=started.attempt_id,
        answer=Answer(values={"code": code}),
        at=clock.now(),
    )
    assert done.level == 3 and again(actor).assurance_level == 3
    with pytest.raises(ProofOver):
        services.finish_proof(
            actor=actor,
            attempt_id=started.attempt_id,
            answer=Answer(values={"code": code}),
            at=clock.now(),
        )


@pytest.mark.django_db
def test_a_code_dies_of_too_many_tries_of_time_and_in_another_session() -> None:
    account = newcomer()
    actor = signed_in(account)
    assert account.person is not None
    started = services.start_proof(actor=actor, method="sms_code", at=clock.now())
    code = code_sent(account.person)
    right = Answer(values={"code": code})
    wrong = Answer(values={"code": "000000" if code != "000000" else "111111"})
    elsewhere = signed_in(account)
    with pytest.raises(NotFound):
        services.finish_proof(
            actor=elsewhere, attempt_id=started.attempt_id, answer=right, at=clock.now()
        )
    stranger = signed_in(newcomer(phone="13800138001"))
    with pytest.raises(NotFound):
        services.finish_proof(
            actor=stranger, attempt_id=started.attempt_id, answer=right, at=clock.now()
        )
    for _try in range(5):
        with pytest.raises(ProofFailed):
            services.finish_proof(
                actor=actor, attempt_id=started.attempt_id, answer=wrong, at=clock.now()
            )
    with pytest.raises(ProofOver):
        services.finish_proof(
            actor=actor, attempt_id=started.attempt_id, answer=right, at=clock.now()
        )
    late = services.start_proof(actor=actor, method="sms_code", at=clock.now())
    with pytest.raises(ProofOver):
        services.finish_proof(
            actor=actor,
            attempt_id=late.attempt_id,
            answer=Answer(values={"code": code_sent(account.person)}),
            at=clock.now() + timedelta(minutes=6),
        )


@pytest.mark.django_db(transaction=True)
def test_one_code_typed_twice_at_once_counts_once() -> None:
    account = newcomer()
    actor = signed_in(account)
    assert account.person is not None
    started = services.start_proof(actor=actor, method="sms_code", at=clock.now())
    answer = Answer(values={"code": last_secrets(account.person.pk)["code"]})

    def once() -> str:
        try:
            services.finish_proof(
                actor=actor, attempt_id=started.attempt_id, answer=answer, at=clock.now()
            )
        except ProofOver:
            return "over"
        return "done"

    assert sorted(map(str, race([once, once]))) == ["done", "over"]


@pytest.mark.django_db
def test_no_more_than_ten_attempts_an_hour() -> None:
    actor = signed_in(newcomer())
    for _attempt in range(10):
        services.start_proof(actor=actor, method="sms_code", at=clock.now())
    with pytest.raises(TooManyProofs):
        services.start_proof(actor=actor, method="sms_code", at=clock.now())
    assert Dispatch.objects.count() == 10


@pytest.mark.django_db
def test_only_what_fits_and_is_configured_is_offered(settings: Any) -> None:
    actor = signed_in(newcomer(phone=""))
    for method in ("sms_code", "totp", "nonsense", "legal_representative"):
        with pytest.raises(ProofUnknown):
            services.start_proof(actor=actor, method=method, at=clock.now())
    changed = {"identity_url": "https://gateway.invalid", "identity_proofs": "population face"}
    for update, offered in (
        (changed, {"totp", "sms_code", "population", "face"}),
        ({"identity_url": ""}, {"totp", "sms_code"}),
    ):
        settings.LINGNAN = settings.LINGNAN.model_copy(update=update)
        found = {method.code for method in services.methods()}
        assert found & {"totp", "sms_code", "population", "face", "bank_card"} == offered


@pytest.mark.django_db
def test_an_authenticator_raises_a_session_that_began_without_it() -> None:
    account = newcomer(phone="")
    assert account.person is not None
    prove(account.person, "window")
    actor = signed_in(account)
    secret = services.start_second_factor(account_id=account.pk)
    earlier = clock.now() - timedelta(minutes=5)
    services.confirm_second_factor(
        actor=actor, account_id=account.pk, code=code_at(secret, earlier), at=earlier
    )
    assert give(actor, "totp", code=code_at(secret, clock.now())) == 3
    with pytest.raises(ProofFailed):
        give(actor, "totp", code=code_at(secret, clock.now()))


@pytest.mark.django_db
def test_a_look_into_the_camera_is_asked_of_the_gateway_not_of_the_address(
    gateway: Registry,
) -> None:
    account = newcomer()
    client = Client()
    client.post("/account/sign-in/", {"username": account.username, "password": PASSWORD})
    page = "/account/step-up/?level=3&next=/wallet/"
    began = client.post(page, {"method": "face", "level": "3", "next": "/wallet/"})
    assert began.status_code == 302 and began["Location"].startswith(gateway.public_url)
    attempt = ProofAttempt.objects.get()
    back = f"/account/proofs/{attempt.pk}/"
    forged = client.get(back + "?result=pass")
    assert forged["Location"].startswith("/account/step-up/")
    assert not AssuranceEvidence.objects.filter(outcome="passed").exists()
    (visit,) = gateway.visits.values()
    visit.result = "pass"
    assert client.get(back)["Location"].startswith("/account/step-up/")  # not from there
    done = client.get(path_of(visit.return_url))
    assert done["Location"] == "/account/step-up/?level=3&next=%2Fwallet%2F"
    assert client.get(done["Location"])["Location"] == "/wallet/"
    assert client.get(back)["Location"] == done["Location"]  # again: on to where he was going


@pytest.mark.django_db
def test_a_bank_card_is_compared_and_only_its_end_is_kept(gateway: Registry) -> None:
    actor = signed_in(newcomer())
    with pytest.raises(ProofFailed) as typo:
        give(actor, "bank_card", card_number="6222000000000001")
    assert typo.value.facts["reason"] == "card_number"
    with pytest.raises(ProofFailed) as unknown:
        give(actor, "bank_card", card_number="4111111111111111")
    assert unknown.value.facts["reason"] == "card_unknown"
    end = next(f"{n:04d}" for n in range(10) if luhn_holds(f"622200000000{n:04d}"))
    give(actor, "bank_card", card_number=f"6222 0000 0000 {end}")
    row = AssuranceEvidence.objects.get(outcome="passed")
    assert row.facts["card"] == end and "6222" not in str(row.facts)
    assert again(actor).assurance_level == 2, "the session still is one of a password"


@pytest.mark.django_db
def test_a_matter_above_the_session_is_refused_with_the_way_up() -> None:
    account = newcomer()
    assert account.person is not None
    actor = signed_in(account)
    with identity_gateway(), pytest.raises(StepUpRequired) as refused:
        services.check_level(actor=actor, stated=[None], at=AT, return_to="/apply/x/")
    facts = refused.value.facts
    assert (facts["level"], facts["held"]) == (2, 1)
    assert "population" in facts["methods"] and "sms_code" not in facts["methods"]  # type: ignore[operator]
    assert facts["url"] == "/account/step-up/?level=2&next=%2Fapply%2Fx%2F"
    prove(account.person, "window")
    now = again(actor)
    with max_queries(2):  # is what is held still true; the rule, where it is not held
        assert services.check_level(actor=now, stated=[None, 1], at=AT) == 2
    with pytest.raises(StepUpRequired) as higher:
        services.check_level(actor=now, stated=[1, 3], at=AT)
    ways = str(higher.value.facts["methods"])
    assert "sms_code" in ways and "population" not in ways and "bank_card" not in ways
    assert services.check_level(actor=make_officer_actor("window_clerk"), stated=[4], at=AT) == 4


@pytest.mark.django_db
def test_a_firm_nobody_has_proved_cannot_act_where_a_proven_one_is_asked_for() -> None:
    leader = make_person()
    account = make_account(leader)
    registered = make_organisation(leader)
    assert queries.level_of_organisation(registered.pk, at=clock.now()) == 4
    declared = services.register_organisation(
        actor=queries.actor_of_person(leader.pk),
        name="演示自报有限公司",
        registration_number=firm_number(),
        legal_representative_id=leader.pk,
        at=AT,
    )
    assert queries.level_of_organisation(declared.pk, at=clock.now()) == 0
    for firm, refused in ((registered, False), (declared, True)):
        actor = queries.actor_of_person(leader.pk, organisation_id=firm.pk)
        assert services.check_level(actor=actor, stated=[1], at=AT) == 1
        if refused:
            with pytest.raises(FirmNotProven):
                services.check_level(actor=actor, stated=[None], at=AT)
        else:
            assert services.check_level(actor=actor, stated=[None], at=AT) == 2
    assert account.person_id == leader.pk


@pytest.mark.django_db
def test_the_page_leads_up_and_back_without_losing_the_way(gateway: Registry) -> None:
    account = newcomer()
    client = Client()
    client.post("/account/sign-in/", {"username": account.username, "password": PASSWORD})
    page = client.get("/account/step-up/?level=2&next=/cases/%3Fpage%3D2")
    text = page.content.decode()
    assert "population" in text and "sms_code" not in text and "test-mark" in text
    done = client.post(
        "/account/step-up/", {"method": "population", "level": "2", "next": "/cases/?page=2"}
    )
    assert client.get(done["Location"])["Location"] == "/cases/?page=2"
    evil = client.get("/account/step-up/?level=1&next=//evil.example/")
    assert evil["Location"] == "/account/assurance/"
    own = client.get("/account/assurance/").content.decode()
    assert "test-mark" in own
    assert client.get("/account/step-up/?level=9").status_code == 404


@pytest.mark.django_db
def test_a_code_typed_wrong_too_often_leads_back_to_the_ways_and_keeps_the_aim() -> None:
    account = newcomer()
    assert account.person is not None
    prove(account.person, "window")
    client = Client()
    client.post("/account/sign-in/", {"username": account.username, "password": PASSWORD})
    chosen = {"method": "sms_code", "level": "3", "next": "/cases/?page=2"}
    proof = client.post("/account/step-up/", chosen)["Location"]
    code = code_sent(account.person)
    wrong = {"code": "000000" if code != "000000" else "111111"}
    for _try in range(5):
        assert client.post(proof, wrong).status_code == 422
    over = client.post(proof, wrong)
    assert over["Location"] == services.step_up_url(3, "/cases/?page=2")
    ways = client.get(over["Location"]).content.decode()
    assert "本次核验已结束" in ways and 'value="/cases/?page=2"' in ways


@pytest.mark.django_db
def test_over_the_api_one_proves_oneself_in_a_session_but_not_with_a_key(
    gateway: Registry,
) -> None:
    account = newcomer()
    opened = services.sign_in(username=account.username, password=PASSWORD, address="", at=AT)
    client = Client(headers={"Authorization": f"Bearer {opened.token}"})
    now = client.get("/api/v1/me/assurance").json()
    assert (now["level"], now["methods"], now["evidence"]) == (1, ["password"], [])
    assert "population" in {method["code"] for method in now["offered"]}
    body = {"method": "population"}
    began = client.post("/api/v1/me/proofs", body, content_type="application/json")
    assert began.status_code == 201 and began.json()["fields"] == []
    answer = f"/api/v1/me/proofs/{began.json()['id']}/answer"
    done = client.post(answer, {"values": {}}, content_type="application/json")
    assert done.json()["level"] == 2
    assert client.post(answer, {}, content_type="application/json").status_code == 410
    missing = f"/api/v1/me/proofs/{uuid4()}/answer"
    assert client.post(missing, {}, content_type="application/json").status_code == 404
    made = services.make_api_token(
        actor=seen(opened.token), name="k", scopes=["identity"], days=1, at=clock.now()
    )
    program = Client(headers={"Authorization": f"Bearer {made.token}"})
    assert program.get("/api/v1/me/assurance").status_code == 403
    refused = program.post("/api/v1/me/proofs", body, content_type="application/json")
    assert refused.status_code == 403
    with pytest.raises(SignInRequired):
        services.start_proof(actor=SYSTEM, method="population", at=AT)


@pytest.mark.django_db
def test_a_rule_changes_by_a_new_version_that_begins_later() -> None:
    security = make_officer_actor("security_admin", region_code="440000000000")
    tomorrow = clock.today() + timedelta(days=1)
    numbers = dict(queries.rule("matters", on=tomorrow).parameters)
    with pytest.raises(DetailsWrong):
        services.set_rule(
            actor=security,
            code="matters",
            parameters={"default": 5},
            effective_from=tomorrow,
            at=AT,
        )
    with pytest.raises(DetailsWrong):
        services.set_rule(
            actor=security,
            code="matters",
            parameters=numbers,
            effective_from=clock.today(),
            at=AT,
        )
    with pytest.raises(Forbidden):
        services.set_rule(
            actor=make_officer_actor("system_admin"),
            code="matters",
            parameters=numbers,
            effective_from=tomorrow,
            at=AT,
        )
    made = services.set_rule(
        actor=security, code="matters", parameters={"default": 3}, effective_from=tomorrow, at=AT
    )
    assert made.version == 1
    assert queries.rule("matters", on=clock.today()).parameters["default"] == 2
    assert queries.rule("matters", on=tomorrow).parameters["default"] == 3
    client = client_for(security, bearer=True)
    listed = {item["code"]: item for item in client.get("/api/v1/rules").json()["items"]}
    assert listed["matters"]["version"] == 0
    sent = client.post(
        "/api/v1/rules/matters",
        {"parameters": {"default": 4}, "effective_from": tomorrow.isoformat()},
        content_type="application/json",
    )
    assert sent.status_code == 201 and sent.json()["version"] == 2
    assert session_token(security)
