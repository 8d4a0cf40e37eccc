"""Reference 3.1: verbs, transitions, grounds and national codes are tables that fit together."""

from datetime import date

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.models import OutboxEvent

from .. import queries, services
from ..errors import GroundUnknown, StatusRefused
from ..life import (
    NATIONAL_OPERATION,
    NATIONAL_STATUS,
    TRANSITIONS,
    Verb,
    grounds,
    grounds_for,
    status_of_national,
    verb_of_national,
    verbs_for,
)
from ..testing import make_licence, officer_actor
from ..types import Status

ON = date(2026, 11, 26)


def test_every_status_has_one_national_code_and_back() -> None:
    assert set(NATIONAL_STATUS) == set(Status)
    stored = {one: code for one, code in NATIONAL_STATUS.items() if one is not Status.NOT_YET}
    assert all(status_of_national(code) is status for status, code in stored.items())
    assert NATIONAL_STATUS[Status.NOT_YET] == "99"  # another than the list knows
    assert status_of_national("08") is None


def test_every_verb_has_an_operation_and_the_pair_names_the_verb() -> None:
    for verb, operation in NATIONAL_OPERATION.items():
        after = TRANSITIONS[verb][1]
        assert verb_of_national(operation, NATIONAL_STATUS[after]) is verb
    assert set(NATIONAL_OPERATION) == set(Verb)
    assert verb_of_national("06", "02") is None


def test_every_verb_has_a_ground_in_force() -> None:
    for verb in Verb:
        assert grounds_for(verb, on=ON), verb
    assert not grounds_for(Verb.RESTORE, on=date(2000, 1, 1))


def test_what_is_offered_is_allowed() -> None:
    for status in Status:
        for verb in verbs_for(status):
            stored = Status.VALID if status is Status.NOT_YET else status
            assert stored in TRANSITIONS[verb][0]
    assert verbs_for(Status.SUPERSEDED) == ()


@pytest.mark.django_db
def test_a_ground_of_the_catalogue_is_written_out_and_announced_with_codes() -> None:
    licence = make_licence()
    services.act_on_licence(
        licence_id=licence.pk,
        verb="annul",
        ground_code="penalty_annul",
        actor=officer_actor(licence.agency_id),
        at=clock.now(),
    )
    licence.refresh_from_db()
    assert licence.status == Status.ANNULLED
    assert licence.status_ground == grounds()["penalty_annul"].text
    event = OutboxEvent.objects.get(name="licences.status_changed").payload
    assert (event["national_status"], event["national_operation"]) == ("07", "05")
    assert OutboxEvent.objects.filter(name="licences.revoked").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["penalty_suspend", "no_such", "expired"])
def test_a_ground_of_another_verb_is_refused(code: str) -> None:
    licence = make_licence()
    with pytest.raises(GroundUnknown):
        services.revoke_licence(
            licence_id=licence.pk, ground_code=code, actor=SYSTEM, at=clock.now()
        )
    licence.refresh_from_db()
    assert licence.status == Status.VALID


@pytest.mark.django_db
def test_an_annulled_decision_restores_unless_a_newer_version_stands() -> None:
    licence = make_licence()
    at = clock.now()
    services.revoke_licence(licence_id=licence.pk, ground_code="fraud", actor=SYSTEM, at=at)
    restored = services.act_on_licence(
        licence_id=licence.pk,
        verb="restore",
        ground_code="decision_annulled",
        actor=SYSTEM,
        at=at,
    )
    assert restored.status == Status.VALID
    with pytest.raises(StatusRefused):
        services.act_on_licence(
            licence_id=licence.pk,
            verb="restore",
            ground_code="decision_annulled",
            actor=SYSTEM,
            at=at,
        )


@pytest.mark.django_db
def test_the_register_knows_who_ended_before_the_job_has_run() -> None:
    ended = make_licence(valid_from=date(2020, 1, 1), valid_until=date(2024, 12, 31))
    current = make_licence(type_code=ended.type_code, agency_id=ended.agency_id)
    officer = officer_actor(ended.agency_id)

    def found(status: str) -> list[str]:
        return [row.identifier for row in queries.search(officer, status=status).items]

    assert found("expired") == [ended.identifier]
    assert found("valid") == [current.identifier]
    services.expire_licences(on=clock.today(), at=clock.now())
    assert found("expired") == [ended.identifier]
