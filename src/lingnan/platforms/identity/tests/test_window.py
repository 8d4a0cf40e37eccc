"""In person at a window: the highest level, not for oneself, taken back. Plan 五（一）2（2）."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.kernel.testing import check_routes, max_queries, race
from lingnan.platforms.messaging.models import Dispatch, Message
from lingnan.security.audit.models import Entry
from lingnan.standards.agencies.testing import make_agency

from .. import queries, services
from ..errors import CheckOver, DetailsWrong, OwnCheck, TooManyAttempts
from ..models import Account, AssuranceEvidence, Person, WindowCheck
from ..testing import (
    client_for,
    make_account,
    make_officer,
    make_officer_actor,
    make_person,
    make_person_actor,
    resident_number,
)

TIANHE, YUEXIU = "440106000000", "440104000000"


def numbers(person: Person) -> dict[str, str]:
    card = queries.person(person.pk)
    return {"document_type": card.document_type, "document_number": card.document_number}


def clerk(**details: Any) -> Actor:
    details.setdefault("record_of", make_person("李工"))
    return make_officer_actor("window_clerk", region_code=TIANHE, **details, **_at(TIANHE))


def supervisor(region: str = TIANHE) -> Actor:
    known = make_person("张主任")
    return make_officer_actor(
        "window_supervisor", region_code=region, record_of=known, **_at(region)
    )


def _at(region: str) -> dict[str, Any]:
    return {"agency_id": make_agency("other", region).id}


def record(actor: Actor, person: Person, **seen: Any) -> WindowCheck:
    values: dict[str, Any] = {
        **numbers(person),
        "document_valid_until": None,
        "name_agrees": True,
        "photo": "same",
        "place": "演示大厅 3 号窗口",
        "at": clock.now(),
        **seen,
    }
    return services.check_at_window(actor=actor, **values)


@pytest.mark.django_db
def test_who_stood_at_a_window_is_known_at_the_highest_level_for_its_term() -> None:
    person = make_person(phone="13800138000")
    account = make_account(person, proven=False)
    at = clock.now()
    officer = clerk()
    version = Account.objects.get(pk=account.pk).version
    check = record(officer, person)
    row = AssuranceEvidence.objects.get(person=person)
    assert (row.kind, row.level, row.outcome, row.officer_id) == (
        "window",
        4,
        "passed",
        officer.officer_id,
    )
    assert row.account_id == account.pk and row.expires_at is not None
    assert row.expires_at - row.obtained_at == timedelta(days=3650)
    number = numbers(person)["document_number"]
    assert number not in f"{row.facts}{check.document_number_sealed}"
    assert (check.agency_id, check.place) == (officer.agency_id, "演示大厅 3 号窗口")
    assert queries.level_of_person(person.pk, at=at + timedelta(minutes=1)) == 4
    assert queries.level_of_person(person.pk, at=at + timedelta(days=3651)) == 1
    assert Account.objects.get(pk=account.pk).version > version
    told = Message.objects.get(person_id=person.pk, template="identity.window_checked")
    assert "3 号窗口" in told.body["zh-hans"] and Dispatch.objects.filter(message=told).count() == 1
    entry = Entry.objects.filter(act="identity.window_checked").get()
    assert entry.outcome == "ok" and number not in str(entry.facts)


@pytest.mark.django_db
def test_another_name_or_another_face_is_kept_as_not_passed_and_raises_nothing() -> None:
    person = make_person()
    for seen in ({"name_agrees": False}, {"photo": "different"}, {"photo": "unclear"}):
        check = record(clerk(), person, **seen)
        assert (check.evidence.outcome, check.evidence.level) == ("failed", 0)
    assert queries.level_of_person(person.pk, at=clock.now()) == 1
    assert not Message.objects.filter(template="identity.window_checked").exists()


@pytest.mark.django_db
def test_what_is_missing_or_expired_is_refused_at_its_field() -> None:
    person = make_person()
    yesterday = clock.today() - timedelta(days=1)
    for wrong, path in (
        ({"document_valid_until": yesterday}, "document_valid_until"),
        ({"photo": "nice"}, "photo"),
        ({"place": " "}, "place"),
        ({"document_number": resident_number()}, "document_number"),
        ({"document_number": "1"}, "document_number"),
    ):
        with pytest.raises(DetailsWrong) as refused:
            record(clerk(), person, **wrong)
        assert [problem.path for problem in refused.value.fields] == [path]
    assert not WindowCheck.objects.exists() and not AssuranceEvidence.objects.exists()
    assert record(clerk(), person, document_valid_until=clock.today()).evidence.level == 4


@pytest.mark.django_db
def test_no_clerk_checks_himself_whichever_account_he_works_with() -> None:
    both = make_person("李工")
    own = make_officer("window_clerk", region_code=TIANHE, person=both, **_at(TIANHE))
    for_work = make_person("张工")
    apart = clerk(record_of=for_work)
    for actor, person in ((queries.actor_of_officer(own.pk), both), (apart, for_work)):
        with pytest.raises(OwnCheck):
            services.find_at_window(actor=actor, **numbers(person), at=clock.now())
        with pytest.raises(OwnCheck):
            record(actor, person)
    assert not WindowCheck.objects.exists()


@pytest.mark.django_db
def test_the_right_has_to_reach_the_clerks_own_window() -> None:
    elsewhere = make_officer_actor("window_clerk", region_code=YUEXIU, **_at(TIANHE))
    person = make_person()
    for actor in (elsewhere, make_person_actor(), supervisor()):
        with pytest.raises(Forbidden):
            services.find_at_window(actor=actor, **numbers(person), at=clock.now())
        with pytest.raises(Forbidden):
            record(actor, person)


@pytest.mark.django_db
def test_looking_up_goes_on_record_and_numbers_cannot_be_tried_out() -> None:
    officer, person = clerk(), make_person()
    services.find_at_window(actor=officer, **numbers(person), at=clock.now())
    assert Entry.objects.filter(act="identity.person_looked_up", object_id=person.pk).exists()
    nobody = {"document_type": "resident_id"}
    for _try in range(20):
        with pytest.raises(DetailsWrong):
            services.find_at_window(
                actor=officer, **nobody, document_number=resident_number(), at=clock.now()
            )
    with pytest.raises(TooManyAttempts):
        services.find_at_window(actor=officer, **numbers(person), at=clock.now())
    services.find_at_window(actor=clerk(), **numbers(person), at=clock.now())


@pytest.mark.django_db
def test_a_supervisor_withdraws_a_check_and_the_level_falls_at_once() -> None:
    person = make_person()
    make_account(person, proven=False)
    check = record(clerk(), person)
    client = client_for(make_person_actor(person))
    evidence = client.get("/api/v1/me/assurance").json()
    assert evidence["person_level"] == 4
    with pytest.raises(DetailsWrong):
        services.withdraw_check(actor=supervisor(), check_id=check.pk, reason=" ", at=clock.now())
    services.withdraw_check(
        actor=supervisor(), check_id=check.pk, reason="证件照片不符", at=clock.now()
    )
    assert client.get("/api/v1/me/assurance").json()["person_level"] == 1
    told = Message.objects.get(template="identity.window_withdrawn")
    assert told.person_id == person.pk and "证件照片不符" in told.body["zh-hans"]
    with pytest.raises(CheckOver):
        services.withdraw_check(
            actor=supervisor(), check_id=check.pk, reason="再次", at=clock.now()
        )
    failed = record(clerk(), person, photo="different")
    with pytest.raises(CheckOver):
        services.withdraw_check(
            actor=supervisor(), check_id=failed.pk, reason="误录", at=clock.now()
        )


@pytest.mark.django_db
def test_only_a_supervisor_of_that_window_withdraws_and_never_his_own() -> None:
    person = make_person()
    officer = clerk()
    check = record(officer, person)
    for actor, refusal in ((officer, Forbidden), (supervisor(YUEXIU), NotFound)):
        with pytest.raises(refusal):
            services.withdraw_check(actor=actor, check_id=check.pk, reason="误录", at=clock.now())
    his_own = make_officer_actor(
        "window_supervisor", region_code=TIANHE, record_of=person, **_at(TIANHE)
    )
    with pytest.raises(OwnCheck):
        services.withdraw_check(actor=his_own, check_id=check.pk, reason="误录", at=clock.now())
    both = make_officer(
        "window_clerk", region_code=TIANHE, record_of=make_person("李工"), **_at(TIANHE)
    )
    services.grant_role(
        actor=SYSTEM,
        officer_id=both.pk,
        role="window_supervisor",
        region_code=TIANHE,
        at=clock.now(),
    )
    double = queries.actor_of_officer(both.pk)
    mine = record(double, person)
    with pytest.raises(OwnCheck):
        services.withdraw_check(actor=double, check_id=mine.pk, reason="误录", at=clock.now())


@pytest.mark.django_db(transaction=True)
def test_a_check_is_withdrawn_once_however_many_do_it() -> None:
    check = record(clerk(), make_person())
    actors = [supervisor(), supervisor()]

    def once(actor: Actor) -> str:
        try:
            services.withdraw_check(
                actor=actor, check_id=check.pk, reason="重复核验", at=clock.now()
            )
        except CheckOver:
            return "over"
        return "done"

    outcomes = race([partial(once, actor) for actor in actors])
    assert sorted(map(str, outcomes)) == ["done", "over"]


@pytest.mark.django_db
def test_lists_show_a_clerk_his_own_and_a_supervisor_his_windows() -> None:
    first, second = clerk(), clerk()
    for _n in range(3):
        record(first, make_person())
    record(second, make_person())
    with max_queries(1):
        assert len(queries.list_checks(first).items) == 3
    assert len(queries.list_checks(second).items) == 1
    assert len(queries.list_checks(supervisor()).items) == 4
    assert queries.list_checks(supervisor(YUEXIU)).items == []
    page = queries.list_checks(supervisor(), limit=3)
    assert len(page.items) == 3
    assert len(queries.list_checks(supervisor(), cursor=page.next_cursor).items) == 1


@pytest.mark.django_db
def test_the_clerk_works_on_the_page_and_nothing_typed_is_lost() -> None:
    person = make_person("陈美玲")
    client = client_for(clerk())
    page = "/desk/identity-checks/new/"
    typo = client.post(page, {"document_type": "resident_id", "document_number": "123"})
    assert typo.status_code == 422 and 'value="123"' in typo.content.decode()
    found = client.post(page, numbers(person))
    text = found.content.decode()
    assert found.status_code == 200 and "陈美玲" in text and "error-summary" not in text
    seen = {**numbers(person), "step": "seen", "name_agrees": "yes", "photo": "same"}
    missing = client.post(page, {**seen, "place": ""})
    assert missing.status_code == 422 and "checked" in missing.content.decode()
    done = client.post(page, {**seen, "place": "演示大厅 3 号窗口"})
    assert done.status_code == 302
    shown = client.get(done["Location"]).content.decode()
    assert numbers(person)["document_number"] not in shown and "陈美玲" not in shown
    again = client.post(page, numbers(make_person())).content.decode()
    assert "演示大厅 3 号窗口" in again, "the window is asked once"
    boss = client_for(supervisor())
    empty = boss.post(done["Location"], {"reason": ""})
    assert empty.status_code == 422
    assert boss.post(done["Location"], {"reason": "证件不符"}).status_code == 302
    assert "证件不符" in boss.get(done["Location"]).content.decode()
    assert client.post(done["Location"], {"reason": "x"}).status_code == 403


@pytest.mark.django_db
def test_over_the_api_the_same_once_per_key() -> None:
    person = make_person("陈美玲")
    client = client_for(clerk(), bearer=True)
    found = client.post(
        "/api/v1/window-checks/lookup", numbers(person), content_type="application/json"
    ).json()
    assert found["name"] == "陈美玲" and found["level"] == 1
    assert numbers(person)["document_number"] not in str(found)
    body = {**numbers(person), "name_agrees": True, "photo": "same", "place": "演示大厅"}
    answers = [
        client.post(
            "/api/v1/window-checks",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": "one"},
        )
        for _time in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    made = answers[0].json()
    assert made["id"] == answers[1].json()["id"] and made["level"] == 4
    assert WindowCheck.objects.count() == 1
    boss = client_for(supervisor(), bearer=True)
    assert boss.get("/api/v1/window-checks").json()["items"][0]["id"] == made["id"]
    gone = boss.post(
        f"/api/v1/window-checks/{made['id']}/withdrawal",
        {"reason": "证件不符"},
        content_type="application/json",
    )
    assert gone.status_code == 200 and gone.json()["withdrawn_for"] == "证件不符"


@pytest.mark.django_db
def test_who_may_open_what() -> None:
    check = record(clerk(), make_person())
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor(), bearer=True),
        "clerk": client_for(clerk(), bearer=True),
        "elsewhere": client_for(supervisor(YUEXIU), bearer=True),
        "supervisor": client_for(supervisor(), bearer=True),
    }

    def statuses(*expected: int) -> dict[str, int]:
        return dict(zip(clients, expected, strict=True))

    no = uuid4()
    check_routes(
        clients,
        [
            ("GET", "/desk/identity-checks/", statuses(302, 403, 200, 200, 200)),
            ("GET", "/desk/identity-checks/new/", statuses(302, 403, 200, 403, 403)),
            ("POST", "/desk/identity-checks/new/", statuses(302, 403, 422, 403, 403)),
            ("GET", f"/desk/identity-checks/{check.pk}/", statuses(302, 403, 404, 404, 200)),
            ("GET", f"/desk/identity-checks/{no}/", statuses(302, 403, 404, 404, 404)),
            ("GET", "/api/v1/window-checks", statuses(401, 403, 200, 200, 200)),
        ],
    )
    nobody = {"document_type": "resident_id", "document_number": resident_number()}
    seen = {**nobody, "name_agrees": True, "photo": "same", "place": "演示大厅"}
    for path, body, expected in (
        ("/api/v1/window-checks/lookup", nobody, statuses(401, 403, 422, 403, 403)),
        ("/api/v1/window-checks", seen, statuses(401, 403, 422, 403, 403)),
        (
            f"/api/v1/window-checks/{check.pk}/withdrawal",
            {"reason": "误录"},
            statuses(401, 403, 403, 404, 200),
        ),
    ):
        for who, status in expected.items():
            answer = clients[who].post(path, body, content_type="application/json")
            assert answer.status_code == status, (path, who, answer.content)


@pytest.mark.django_db
def test_the_person_reads_in_words_what_a_window_looked_him_up_for() -> None:
    person = make_person()
    make_account(person)
    desk = client_for(clerk())
    desk.post("/api/v1/window-checks/lookup", numbers(person), content_type="application/json")
    own = client_for(make_person_actor(person))
    page = own.get("/account/looks/").content.decode().split("<main")[1]
    assert "在窗口核验您的身份" in page and "<p>window</p>" not in page
    (told,) = own.get("/api/v1/me/looks").json()["items"]
    assert told["purpose"] == "在窗口核验您的身份"
