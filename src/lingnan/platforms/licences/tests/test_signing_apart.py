"""A signing device may be slow: no row is locked while it signs, and all is looked at again."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import F
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Refusal
from lingnan.kernel.models import IdempotencyKey
from lingnan.kernel.tables import write_csv
from lingnan.kernel.testing import race
from lingnan.platforms.identity.queries import find_person
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.security.crypto.errors import DeviceAway, DeviceRefused
from lingnan.standards.codes.types import resident_id

from .. import services
from ..errors import IssueOvertaken, SealUnavailable, StatusRefused, TypeWithdrawn
from ..models import Batch, Licence, LicenceType, Seal, SealUse, SerialCounter
from ..services import issuing
from ..services.sealing import sign_with_seal
from ..testing import make_agency, make_type, officer_actor
from ..types import ISSUE, VIEW_LICENCES, HolderGiven

pytestmark = pytest.mark.django_db
NUMBER = resident_id.build(region_code="009999", born_on=date(1990, 5, 17), sequence=2)
Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def agency() -> UUID:
    return make_agency()


@pytest.fixture
def kind() -> LicenceType:
    return make_type(holder_kinds=["person"])


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """While the seal signs, once, something happens."""
    outside = len(connection.savepoint_ids)

    def plan(happens: Callable[[], object]) -> None:
        waiting = [happens]

        def slow(seal: Seal, words: bytes) -> bytes:
            if waiting:
                assert len(connection.savepoint_ids) == outside  # in no transaction of its own
                waiting.pop()()
            return sign_with_seal(seal, words)

        monkeypatch.setattr(issuing, "sign_with_seal", slow)

    return plan


def issue(kind: LicenceType, agency: UUID, **changes: Any) -> Licence:
    return services.issue_outside(
        **{
            "actor": SYSTEM,
            "agency_id": agency,
            "type_code": kind.code,
            "holder": HolderGiven(kind="person", name="陈美玲", number=NUMBER),
            "fields": {"business_scope": "热食"},
            "valid_from": date(2026, 11, 23),
            "valid_until": date(2031, 11, 22),
            "source_id": "粤1",
            "at": clock.now(),
            **changes,
        }
    )


def nothing_was_issued(agency: UUID) -> None:
    assert not Licence.objects.exists()
    assert not SealUse.objects.exists()
    assert find_person("resident_id", NUMBER) is None
    # The number it had been given is the next one again.
    assert not SerialCounter.objects.filter(agency_id=agency).exclude(last=0).exists()


def suspend(agency: UUID) -> None:
    seal = services.ensure_seal(agency, at=clock.now())
    services.suspend_seal(seal_id=seal.pk, ground="x", actor=SYSTEM, at=clock.now())


def test_a_seal_suspended_meanwhile_issues_nothing(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    meanwhile(lambda: suspend(agency))
    with pytest.raises(SealUnavailable):
        issue(kind, agency)
    nothing_was_issued(agency)


def test_what_would_say_something_else_now_is_not_issued(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    rows = apps.get_model("agencies", "Agency").objects.filter(pk=agency)
    meanwhile(lambda: rows.update(name="改名后的局"))
    with pytest.raises(IssueOvertaken):
        issue(kind, agency)
    nothing_was_issued(agency)


@pytest.mark.parametrize("error", [DeviceAway("hsm"), DeviceRefused(device="hsm", reason="7")])
def test_a_device_that_does_not_sign_leaves_nothing_behind(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile, error: Exception
) -> None:
    def fail() -> None:
        raise error

    meanwhile(fail)
    with pytest.raises(type(error)):
        issue(kind, agency)
    nothing_was_issued(agency)
    assert issue(kind, agency).serial == "00000001"


def test_a_twin_that_was_quicker_is_the_licence(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    twin: list[Licence] = []
    meanwhile(lambda: twin.append(issue(kind, agency)))
    assert issue(kind, agency).pk == twin[0].pk
    assert Licence.objects.count() == SealUse.objects.count() == 1


def test_a_licence_that_ended_meanwhile_is_not_renewed(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    old = issue(kind, agency)

    def revoke() -> None:
        services.revoke_licence(licence_id=old.pk, ground="x", actor=SYSTEM, at=clock.now())

    meanwhile(revoke)
    with pytest.raises(StatusRefused):
        issue(kind, agency, source_id="粤2", supersedes=old.identifier)
    assert Licence.objects.get().status == "revoked"
    assert SerialCounter.objects.get().last == 1


def test_a_type_withdrawn_meanwhile_issues_nothing(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    rows = LicenceType.objects.filter(pk=kind.pk)
    meanwhile(lambda: rows.update(effective_until=clock.today()))
    with pytest.raises(TypeWithdrawn):
        issue(kind, agency)
    nothing_was_issued(agency)


@pytest.mark.django_db(transaction=True)
def test_several_at_once_get_serials_of_their_own_without_a_gap(
    kind: LicenceType, agency: UUID
) -> None:
    services.ensure_seal(agency, at=clock.now())
    calls = [partial(issue, kind, agency, source_id=f"粤{number}") for number in range(5)]
    made = race(calls)
    serials = sorted(one.serial for one in made if isinstance(one, Licence))
    assert serials == [f"{number:08d}" for number in range(1, 6)]
    assert SerialCounter.objects.get(agency_id=agency).last == 5
    assert SealUse.objects.count() == Licence.objects.count() == 5
    again = race(calls)  # each finds its own
    assert {one.pk for one in again if isinstance(one, Licence)} == {
        one.pk for one in made if isinstance(one, Licence)
    }
    assert SerialCounter.objects.get(agency_id=agency).last == 5


@pytest.mark.django_db(transaction=True)
def test_at_once_with_some_the_device_refuses_no_serial_is_given_twice(
    kind: LicenceType, agency: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.ensure_seal(agency, at=clock.now())

    def sign(seal: Seal, words: bytes) -> bytes:
        if "拒绝" in words.decode():
            raise DeviceRefused(device="hsm", reason="7")
        return sign_with_seal(seal, words)

    monkeypatch.setattr(issuing, "sign_with_seal", sign)
    for turn in range(3):
        results = race(
            [
                partial(
                    issue, kind, agency, source_id=f"粤{turn}-{number}",
                    fields={"business_scope": "拒绝" if number % 2 else "热食"},
                )
                for number in range(6)
            ]
        )  # fmt: skip
        assert [isinstance(one, DeviceRefused) for one in results] == [False, True] * 3
    serials = [int(serial) for serial in Licence.objects.values_list("serial", flat=True)]
    assert len(set(serials)) == len(serials) == 9
    assert max(serials) <= SerialCounter.objects.get(agency_id=agency).last <= 18
    assert SealUse.objects.count() == 9
    # One after another, a number under which nothing was issued is the next one again.
    last = SerialCounter.objects.get(agency_id=agency).last
    with pytest.raises(DeviceRefused):
        issue(kind, agency, source_id="粤拒", fields={"business_scope": "拒绝"})
    assert int(issue(kind, agency, source_id="粤后").serial) == last + 1


def started(kind: LicenceType, agency: UUID) -> Batch:
    header = ["持有人名称", "持有人证件号码", "有效期起", "有效期止", "来源编号", "经营项目"]
    row = ["陈美玲", NUMBER, "2026-11-23", "2031-11-22", "粤1", "热食"]
    batch = services.plan_batch(
        write_csv(header, [row]), file_name="t.csv", type_code=kind.code, agency_id=agency,
        actor=SYSTEM, at=clock.now(),
    )  # fmt: skip
    return services.start_batch(batch_id=batch.pk, actor=SYSTEM, at=clock.now())


def test_a_batch_given_up_meanwhile_issues_nothing_more(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    batch = started(kind, agency)
    meanwhile(lambda: services.drop_batch(batch_id=batch.pk, actor=SYSTEM, at=clock.now()))
    assert services.run_batch(batch_id=batch.pk, at=clock.now()) == 0
    batch.refresh_from_db()
    assert (batch.state, batch.problem) == ("dropped", "")
    nothing_was_issued(agency)


def test_a_row_that_another_run_issued_meanwhile_is_issued_once(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    batch, other = started(kind, agency), []
    meanwhile(lambda: other.append(services.run_batch(batch_id=batch.pk, at=clock.now())))
    assert services.run_batch(batch_id=batch.pk, at=clock.now()) == 0
    batch.refresh_from_db()
    assert (other, batch.state, batch.done_count) == ([1], "done", 1)
    assert Licence.objects.count() == 1


def test_a_device_that_refuses_stops_the_batch_with_its_reason(
    kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    batch, refusal = started(kind, agency), DeviceRefused(device="hsm", reason="7")

    def refuse() -> None:
        raise refusal

    meanwhile(refuse)
    assert services.run_batch(batch_id=batch.pk, at=clock.now()) == 0
    batch.refresh_from_db()
    assert (batch.state, batch.problem) == ("stopped", f"2: {refusal.text}")
    assert isinstance(refusal, Refusal)
    nothing_was_issued(agency)
    services.start_batch(batch_id=batch.pk, actor=SYSTEM, at=clock.now())
    assert services.run_batch(batch_id=batch.pk, at=clock.now()) == 1


def body_of(kind: LicenceType, **changes: object) -> dict[str, object]:
    return {
        "type_code": kind.code,
        "holder": {"kind": "person", "name": "陈美玲", "number": NUMBER},
        "fields": {"business_scope": "热食"},
        "valid_from": "2026-11-23",
        "valid_until": "2031-11-22",
        "source_id": "粤1",
        **changes,
    }


def post(client: Client, content: object, key: str) -> Any:
    return client.post(
        "/api/v1/licences", content, content_type="application/json",
        headers={"Idempotency-Key": key},
    )  # fmt: skip


def test_a_key_of_the_asker_holds_also_where_the_work_is_two_transactions(
    settings: Any, kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    with_actors(settings)
    client = client_of(officer_actor(agency, ISSUE, VIEW_LICENCES))
    body = body_of(kind)
    refused = post(client, {**body, "fields": {}}, "k1")
    assert refused.status_code == 422
    meanwhile(lambda: None)  # the request itself stands in no transaction either
    first = post(client, body, "k1")
    again = post(client, body, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    other = post(client, {**body, "source_id": "粤2"}, "k1")
    assert other.json()["code"] == "idempotency.key_reused"
    assert post(client, body, "\t").json()["code"] == "idempotency.bad_key"
    assert Licence.objects.count() == 1


def test_while_the_seal_signs_the_key_is_taken(
    settings: Any, kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    with_actors(settings)
    client = client_of(officer_actor(agency, ISSUE, VIEW_LICENCES))
    body, answers = body_of(kind), []

    def ask_again() -> None:
        answers.append(post(client, body, "k1"))
        answers.append(post(client, {**body, "source_id": "粤2"}, "k1"))

    meanwhile(ask_again)
    assert post(client, body, "k1").status_code == 201
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (409, "idempotency.in_progress"),
        (422, "idempotency.key_reused"),
    ]
    assert answers[0]["Retry-After"] == "2"
    assert post(client, body, "k1")["Idempotency-Replayed"] == "true"
    assert Licence.objects.count() == 1


def test_a_refusal_lets_the_key_go(
    settings: Any, kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    with_actors(settings)
    client = client_of(officer_actor(agency, ISSUE, VIEW_LICENCES))

    def unplug() -> None:
        raise DeviceAway("hsm")

    meanwhile(unplug)
    assert post(client, body_of(kind), "k1").status_code == 503
    assert not IdempotencyKey.objects.exists()
    assert post(client, body_of(kind, source_id="粤2"), "k1").status_code == 201


def test_what_a_dead_process_took_is_taken_over_by_the_same_request_alone(
    settings: Any, kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    with_actors(settings)
    client = client_of(officer_actor(agency, ISSUE, VIEW_LICENCES))
    body, took = body_of(kind), IdempotencyKey.objects

    def grow_old() -> None:
        took.update(created_at=F("created_at") - timedelta(seconds=61))
        assert post(client, {**body, "source_id": "粤2"}, "k1").status_code == 422
        assert post(client, body, "k1").status_code == 201  # as if the first had died

    meanwhile(grow_old)
    late = post(client, body, "k1")  # it had not: it finds its contents
    assert late.status_code == 201
    assert took.get().status == 201
    assert Licence.objects.count() == 1


def test_one_taken_over_is_not_let_go_by_whom_it_was_taken_from(
    settings: Any, kind: LicenceType, agency: UUID, meanwhile: Meanwhile
) -> None:
    with_actors(settings)
    client = client_of(officer_actor(agency, ISSUE, VIEW_LICENCES))

    def lose_it_and_fail() -> None:
        IdempotencyKey.objects.update(created_at=clock.now())
        raise DeviceAway("hsm")

    meanwhile(lose_it_and_fail)
    assert post(client, body_of(kind), "k1").status_code == 503
    assert IdempotencyKey.objects.get().status == 0


@pytest.mark.django_db(transaction=True)
def test_two_bodies_at_once_under_one_key_issue_one_licence(
    settings: Any, kind: LicenceType, agency: UUID
) -> None:
    with_actors(settings)
    services.ensure_seal(agency, at=clock.now())
    actor = officer_actor(agency, ISSUE, VIEW_LICENCES)
    for turn in range(5):
        bodies = [body_of(kind, source_id=f"粤{turn}{twin}") for twin in ("甲", "乙")]
        answers: list[Any] = race(
            [partial(post, client_of(actor), body, f"k{turn}") for body in bodies * 2]
        )
        problems = [answer.json().get("code", "") for answer in answers]
        statuses = {answer.status_code for answer in answers}
        assert statuses <= {201, 409, 422}
        assert 201 in statuses
        assert 422 in statuses
        assert set(problems) <= {"", "idempotency.in_progress", "idempotency.key_reused"}
        assert Licence.objects.count() == turn + 1
    assert sorted(IdempotencyKey.objects.values_list("status", flat=True)) == [201] * 5
