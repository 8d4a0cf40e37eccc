"""Names and documents change at a window, by two officers; whoever it is stays who he was."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import check_routes, max_queries, race
from lingnan.platforms.messaging.models import Message
from lingnan.security.audit.models import Entry
from lingnan.standards.codes.types import resident_id

from .. import queries, services
from ..errors import ChangeDecided, ChangeWaits, CheckOver, DetailsWrong, OwnCheck, PersonKnown
from ..models import DetailsChange, Person, PersonDocument, WindowCheck
from ..queries.history import OTHER
from ..queries.people import is_former_document
from ..sealing import DOCUMENT, document_index, unseal
from ..testing import client_for, make_account, make_person, make_person_actor, resident_number
from .test_window import YUEXIU, clerk, numbers, record, supervisor

pytestmark = pytest.mark.django_db
OLD, NEW = "P1234567", "P7654321"


def foreigner(number: str = OLD, name: str = "MARIA EXAMPLE") -> Person:
    return services.register_person(
        actor=SYSTEM, name=name, document_type="passport", document_number=number,
        nationality="PRT", phone="13800138009", at=clock.now(),
    )  # fmt: skip


def propose(officer: Actor, check: WindowCheck, **more: Any) -> DetailsChange:
    values: dict[str, Any] = {
        "document_type": "passport",
        "document_number": NEW,
        "basis": "注销的旧护照与新护照",
        "at": clock.now(),
        **more,
    }
    return services.propose_details(actor=officer, check_id=check.pk, **values)


def decide(change: DetailsChange, officer: Actor | None = None, **more: Any) -> DetailsChange:
    number = unseal(change.document_number_sealed, purpose=DOCUMENT)
    values = {"confirms": True, "document_number": number, "at": clock.now(), **more}
    return services.decide_details(actor=officer or supervisor(), change_id=change.pk, **values)


def renewed(person: Person, **more: Any) -> DetailsChange:
    officer = clerk()
    return decide(propose(officer, record(officer, person), **more))


def test_a_renewed_passport_is_the_same_person_and_the_old_number_nobody_elses() -> None:
    person = foreigner()
    make_account(person)
    version = person.account.version
    change = renewed(person, name="MARIA EXAMPLE SOUSA")
    person.refresh_from_db()
    person.account.refresh_from_db()
    assert person.name == "MARIA EXAMPLE SOUSA" and person.account.version > version
    for number in (OLD, NEW):
        found = queries.find_person("passport", number)
        assert found is not None and found.id == person.pk
    shown = [(kept.number, kept.ended_at is None) for kept in queries.documents_of(person.pk)]
    assert shown == [(NEW, True), (OLD, False)]
    for number in (OLD, NEW):
        with pytest.raises(PersonKnown):
            foreigner(number, "SOMEBODY ELSE")
    assert Message.objects.filter(person_id=person.pk, template="identity.details_changed").exists()
    assert OutboxEvent.objects.filter(name="identity.person_details_changed").count() == 1
    entry = Entry.objects.get(act="identity.details_changed")
    assert NEW not in str(entry.facts) and NEW not in change.document_number_sealed
    own = client_for(make_person_actor(person), bearer=True)
    assert [row["number"] for row in own.get("/api/v1/me/documents").json()] == [
        "P******1",
        "P******7",
    ]
    page = client_for(make_person_actor(person)).get("/account/").content.decode()
    assert "P******7" in page and NEW not in page


def test_a_replaced_document_proves_nothing_at_a_window() -> None:
    person = foreigner()
    renewed(person)
    with pytest.raises(DetailsWrong) as refused:
        record(clerk(), person, document_type="passport", document_number=OLD)
    assert [problem.code for problem in refused.value.fields] == ["former"]
    assert record(clerk(), person, document_number=NEW).evidence.outcome == "passed"


def test_a_further_document_is_held_beside_the_one_on_record() -> None:
    person = foreigner()
    renewed(person, replaces=False)
    person.refresh_from_db()
    assert queries.person(person.pk).document_number == OLD
    assert record(clerk(), person, document_number=NEW).evidence.outcome == "passed"
    kept = PersonDocument.objects.get()
    assert (kept.person_id, kept.ended_at) == (person.pk, None)
    # It takes the place of the first later, and that one comes back in turn.
    for number, former in ((NEW, OLD), (OLD, NEW)):
        renewed(person, document_number=number)
        assert queries.person(person.pk).document_number == number
        assert is_former_document("passport", former)
        assert not is_former_document("passport", number)
        assert PersonDocument.objects.count() == 1


def test_what_is_wrong_is_told_at_once_and_nothing_is_kept() -> None:
    person, other = make_person("陈美玲"), make_person()
    officer = clerk()
    check = record(officer, person)
    taken, young = numbers(other), resident_number()
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"name": "x", "basis": " ", "document_number": ""}, ["name", "basis"]),
        ({"document_number": "?"}, ["document_number"]),
        (taken, ["document_number"]),
        ({"document_type": "resident_id", "document_number": young}, ["document_number"]),
        ({"document_valid_until": clock.today() - timedelta(days=1)}, ["document_valid_until"]),
        ({"document_number": "", "name": "陈美玲"}, ["name"]),
        (numbers(person), ["name"]),
    ]
    Person.objects.filter(pk=person.pk).update(born_on="1970-01-01")
    for wrong, paths in cases:
        with pytest.raises(DetailsWrong) as refused:
            propose(officer, check, **wrong)
        assert [problem.path for problem in refused.value.fields] == paths, wrong
    assert not DetailsChange.objects.exists()


def test_only_who_checked_him_and_only_while_he_stands_there() -> None:
    person, officer = foreigner(), clerk()
    check = record(officer, person)
    with pytest.raises(NotFound):
        propose(clerk(), check)
    with pytest.raises(CheckOver):
        propose(officer, check, at=clock.now() + timedelta(hours=3))
    for photo in ("different", "unclear"):
        with pytest.raises(CheckOver):
            propose(officer, record(officer, person, photo=photo))
    with pytest.raises(Forbidden):
        services.propose_details(actor=supervisor(), check_id=check.pk, basis="x x", at=clock.now())
    propose(officer, check)
    with pytest.raises(ChangeWaits):
        propose(officer, check, document_number="P0000001")


def test_a_second_officer_of_the_window_decides_once() -> None:
    person, officer = foreigner(), clerk()
    check = record(officer, person)
    change = propose(officer, check)
    with pytest.raises(Forbidden):
        decide(change, officer)
    with pytest.raises(NotFound):
        decide(change, supervisor(YUEXIU))
    with pytest.raises(DetailsWrong):
        decide(change, confirms=False)
    decide(change, confirms=False, reason="旧护照未注销")
    with pytest.raises(ChangeDecided):
        decide(change)
    assert queries.person(person.pk).document_number == OLD and not PersonDocument.objects.exists()
    again = propose(officer, check, document_valid_until=clock.today())
    with pytest.raises(CheckOver):
        decide(again, at=clock.now() + timedelta(days=1))
    with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
        DetailsChange.objects.filter(pk=again.pk).update(
            state="confirmed", decided_at=clock.now(), decided_by_id=officer.officer_id
        )


def test_a_new_name_and_an_expired_document_are_said_as_they_are() -> None:
    person, officer = foreigner(), clerk()
    other_name = record(officer, person, name_agrees=False)
    decide(propose(officer, other_name, name="MARIA SOUSA", document_number=""))
    assert queries.person(person.pk).name == "MARIA SOUSA"
    yesterday = clock.today() - timedelta(days=1)
    with pytest.raises(DetailsWrong):
        record(officer, person, document_valid_until=yesterday)
    expired = record(officer, person, document_valid_until=yesterday, renews=True)
    assert expired.evidence.outcome == "failed"
    assert queries.level_of_person(person.pk, at=clock.now()) == 1
    decide(propose(officer, expired))
    assert queries.person(person.pk).document_number == NEW
    assert record(officer, person, document_number=NEW).evidence.outcome == "passed"


def test_what_rested_on_a_withdrawn_check_is_undone() -> None:
    person, officer = foreigner(), clerk()
    check = record(officer, person)
    change = decide(propose(officer, check, name="SOMEBODY ELSE"))
    services.withdraw_check(actor=supervisor(), check_id=check.pk, reason="冒名", at=clock.now())
    change.refresh_from_db()
    card = queries.person(person.pk)
    assert (change.state, card.name, card.document_number) == ("undone", "MARIA EXAMPLE", OLD)
    assert not PersonDocument.objects.exists()
    assert record(clerk(), person).evidence.outcome == "passed"
    foreigner(NEW, "JOHN SAMPLE")  # the wrong number is its owner's

    check = record(officer, person)
    waiting = propose(officer, check, document_number="P0000009")
    services.withdraw_check(actor=supervisor(), check_id=check.pk, reason="冒名", at=clock.now())
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_for) == ("refused", "冒名")
    decide(propose(officer, record(officer, person), document_number="P0000009"))


def test_undoing_puts_everything_back_as_it_was() -> None:
    person, officer = foreigner(), clerk()
    renewed(person, document_number="P1111111")  # OLD is a former one
    renewed(person, replaces=False)  # NEW is held besides
    held = [(kept.number, kept.ended_at) for kept in queries.documents_of(person.pk)]
    check = record(officer, person)
    decide(propose(officer, check, document_type="resident_id", document_number=resident_number()))
    check_two = record(officer, person)
    decide(propose(officer, check_two))  # NEW comes to the front
    for withdrawn in (check_two, check):
        services.withdraw_check(
            actor=supervisor(), check_id=withdrawn.pk, reason="冒名", at=clock.now()
        )
    person.refresh_from_db()
    assert [(kept.number, kept.ended_at) for kept in queries.documents_of(person.pk)] == held
    assert (person.born_on, person.sex) == (None, "0")
    assert Entry.objects.filter(act="identity.details_undone").count() == 2


def test_what_was_confirmed_before_records_were_kept_stands() -> None:
    person, officer = foreigner(), clerk()
    check = record(officer, person)
    change = decide(propose(officer, check))
    DetailsChange.objects.filter(pk=change.pk).update(before={})
    services.withdraw_check(actor=supervisor(), check_id=check.pk, reason="存疑", at=clock.now())
    change.refresh_from_db()
    assert (change.state, queries.person(person.pk).document_number) == ("confirmed", NEW)
    check.evidence.refresh_from_db()
    assert check.evidence.withdrawn_at is not None


def test_its_owner_reads_of_each_step_and_the_supervisor_what_a_withdrawal_undoes() -> None:
    person, officer = foreigner(), clerk()
    make_account(person)
    refused = record(officer, person)
    decide(propose(officer, refused), confirms=False, reason="旧护照未注销")
    check = record(officer, person)
    decide(propose(officer, check))
    chief = supervisor()
    page = client_for(chief).get(reverse("identity:window_check", args=[check.pk]))
    assert "据此变更的姓名或证件将还原" in page.content.decode()
    services.withdraw_check(actor=chief, check_id=check.pk, reason="冒名", at=clock.now())
    read = queries.account_history(queries.actor_of_person(person.pk), limit=50).items
    steps = {line.act for line in read if "details" in line.act}
    assert steps == {
        f"identity.details_{step}" for step in ("proposed", "refused", "changed", "undone")
    }
    assert OTHER not in [line.what for line in read]


def test_a_later_change_is_not_undone_with_an_earlier_check() -> None:
    person, officer = foreigner(), clerk()
    check = record(officer, person)
    first = decide(propose(officer, check))
    decide(
        propose(
            officer, record(officer, person, document_number=NEW), document_number="P9" + "0" * 6
        )
    )
    services.withdraw_check(actor=supervisor(), check_id=check.pk, reason="存疑", at=clock.now())
    first.refresh_from_db()
    assert first.state == "confirmed"
    assert queries.person(person.pk).document_number == "P9000000"


def test_a_residence_number_says_birth_and_sex() -> None:
    person = foreigner()
    number = resident_number()
    renewed(person, document_type="resident_id", document_number=number, replaces=True)
    person.refresh_from_db()
    read = resident_id.parse(number)
    assert (person.born_on, person.sex) == (read.born_on, "2")


def test_nobody_decides_on_himself_or_on_his_own_proposal() -> None:
    officer, chief = clerk(), supervisor()
    him = Person.objects.get(pk=next(iter(queries.persons_of(chief))))
    with pytest.raises(OwnCheck):
        decide(propose(officer, record(officer, him)), chief)


def test_a_number_that_became_anothers_meanwhile_is_refused() -> None:
    person, officer = foreigner(), clerk()
    change = propose(officer, record(officer, person))
    foreigner(NEW, "JOHN SAMPLE")
    with pytest.raises(DetailsWrong):
        decide(change)
    change.refresh_from_db()
    assert change.state == "waiting" and queries.person(person.pk).document_number == OLD


@pytest.mark.django_db(transaction=True)
def test_one_number_goes_to_one_person_whoever_comes_first() -> None:
    person, officer = foreigner(), clerk()
    change = propose(officer, record(officer, person))
    chief = supervisor()
    results = race([lambda: decide(change, chief), lambda: foreigner(NEW, "JOHN SAMPLE")])
    refused = [found for found in results if isinstance(found, DetailsWrong | PersonKnown)]
    assert len(refused) == 1
    owners = Person.objects.filter(document_index=document_index("passport", NEW)).count()
    assert owners == 1


def test_who_may_open_what() -> None:
    person, officer = foreigner(), clerk()
    check = record(officer, person)
    change = propose(officer, check)
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor()),
        "clerk": client_for(officer),
        "other_clerk": client_for(clerk()),
        "supervisor": client_for(supervisor()),
        "elsewhere": client_for(supervisor(YUEXIU)),
    }

    def row(*statuses: int) -> dict[str, int]:
        return dict(zip(clients, statuses, strict=True))

    new = f"/desk/identity-checks/{check.pk}/details/"
    one, api = f"/desk/identity-changes/{change.pk}/", "/api/v1/identity-changes"
    checks = "/api/v1/window-checks"
    check_routes(
        clients,
        [
            ("GET", new, row(302, 403, 200, 404, 403, 403)),
            ("GET", "/desk/identity-changes/", row(302, 403, 200, 200, 200, 200)),
            ("GET", one, row(302, 403, 200, 404, 200, 404)),
            ("POST", one, row(302, 403, 403, 404, 422, 404)),
            ("GET", api, row(401, 403, 200, 200, 200, 200)),
            ("POST", f"{api}/{change.pk}/decision", row(401, 403, 403, 403, 415, 415)),
            (
                "POST",
                f"{checks}/{check.pk}/details",
                row(401, 403, 415, 415, 403, 403),
            ),
            ("GET", "/api/v1/me/documents", row(401, 200, 200, 200, 200, 200)),
        ],
    )
    assert client_for(supervisor(YUEXIU)).get(api).json()["items"] == []
    chief = client_for(supervisor(), bearer=True)
    with max_queries(12):
        assert len(chief.get(api).json()["items"]) == 1


def test_the_pages_lead_from_a_check_to_a_decision() -> None:
    person, officer = foreigner(), clerk()
    check = record(officer, person)
    desk = client_for(officer)
    assert f"{check.pk}/details/" in desk.get(f"/desk/identity-checks/{check.pk}/").content.decode()
    form = {
        "document_type": "passport", "document_number": NEW, "replaces": "yes", "basis": "新护照",
        "name": "", "document_valid_until": "",
    }  # fmt: skip
    wrong = desk.post(
        f"/desk/identity-checks/{check.pk}/details/", {**form, "document_number": "?"}
    )
    assert wrong.status_code == 422 and "新护照" in wrong.content.decode()
    made = desk.post(f"/desk/identity-checks/{check.pk}/details/", form)
    assert made.status_code == 302
    page = desk.get(made["Location"]).content.decode()
    assert "P******1" in page and NEW not in page and 'value="confirm"' not in page
    chief = client_for(supervisor())
    assert "1" in chief.get("/desk/identity-checks/").content.decode()
    refused = chief.post(made["Location"], {"act": "refuse", "reason": ""})
    assert refused.status_code == 422
    misread = chief.post(made["Location"], {"act": "confirm", "document_number": OLD})
    assert misread.status_code == 422 and "不是窗口人员录入的号码" in misread.content.decode()
    assert queries.person(person.pk).document_number == OLD
    done = chief.post(made["Location"], {"act": "confirm", "document_number": NEW})
    assert done.status_code == 302
    assert queries.person(person.pk).document_number == NEW


def test_the_api_proposes_and_decides() -> None:
    person, officer = foreigner(), clerk()
    check = record(officer, person)
    api, headers = client_for(officer, bearer=True), {"Idempotency-Key": str(uuid4())}
    body = {"document_type": "passport", "document_number": NEW, "basis": "新护照"}
    made = api.post(
        f"/api/v1/window-checks/{check.pk}/details", body, content_type="application/json",
        headers=headers,
    )  # fmt: skip
    assert (made.status_code, made.json()["document_number"]) == (201, "P******1")
    waiting = client_for(supervisor(), bearer=True).get("/api/v1/identity-changes?waiting=true")
    assert [row["id"] for row in waiting.json()["items"]] == [made.json()["id"]]
    done = client_for(supervisor(), bearer=True).post(
        f"/api/v1/identity-changes/{made.json()['id']}/decision",
        {"confirms": True, "document_number": NEW},
        content_type="application/json", headers={"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    assert (done.status_code, done.json()["state"]) == (200, "confirmed")
