"""行政许可法 69, 70: suspended, resumed, revoked, cancelled, expired; each with its ground."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden, Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import deliver_all, race
from lingnan.kernel.web.formats import format_date
from lingnan.security.audit.testing import client_of, with_actors

from .. import services
from ..errors import (
    GroundMissing,
    LicenceUnknown,
    NotValidNow,
    StatusRefused,
    SupersededElsewhere,
)
from ..models import Licence, StatusChange
from ..testing import holder_actor, make_agency, make_licence, officer_actor
from ..types import VIEW_LICENCES, Check, Holder, Status
from ..verification import verify_identifier

pytestmark = pytest.mark.django_db

GROUND = "行政许可法 69（一）"


def test_revoking_changes_status_history_and_announces_twice() -> None:
    licence = make_licence(subject_kind="case", subject_id=uuid4())
    officer = officer_actor(licence.agency_id)
    services.revoke_licence(
        licence_id=licence.pk, ground=GROUND, reason="以欺骗手段取得", actor=officer, at=clock.now()
    )
    licence.refresh_from_db()
    assert (licence.status, licence.status_ground) == (Status.REVOKED, GROUND)
    change = StatusChange.objects.get(licence=licence)
    assert (change.status_before, change.status, change.changed_by) == (
        "valid", "revoked", officer.name,
    )  # fmt: skip
    names = set(OutboxEvent.objects.values_list("name", flat=True))
    assert {"licences.status_changed", "licences.revoked"} <= names


def test_suspended_licences_come_back() -> None:
    licence = make_licence()
    for verb, status in (
        (services.suspend_licence, "suspended"),
        (services.resume_licence, "valid"),
        (services.cancel_licence, "cancelled"),
    ):
        verb(licence_id=licence.pk, ground=GROUND, actor=SYSTEM, at=clock.now())
        licence.refresh_from_db()
        assert licence.status == status


def test_the_holder_is_told_each_change_and_its_ground() -> None:
    licence = make_licence()
    for verb in (services.suspend_licence, services.resume_licence, services.revoke_licence):
        verb(licence_id=licence.pk, ground=GROUND, actor=SYSTEM, at=clock.now())
    deliver_all()
    deliver_all()
    told = apps.get_model("messaging", "Message")._default_manager.filter(
        person_id=licence.holder_id, template="licences.status_changed"
    )
    assert told.count() == 3
    last = told.latest("sent_at")
    assert last.link == f"/wallet/{licence.pk}/"
    for word in ("演示经营许可证", "已撤销", GROUND):
        assert word in str(last.body)


def test_the_holder_is_told_that_it_expired_not_that_it_was_replaced() -> None:
    old = make_licence(valid_from=date(2024, 1, 1), valid_until=clock.today() - timedelta(days=1))
    services.expire_licences(on=clock.today(), at=clock.now())
    make_licence(
        holder=Holder(kind="person", id=old.holder_id, name="陈美玲", code="009999199005170025"),
        type_code=old.type_code, agency_id=old.agency_id, supersedes_id=old.pk,
        valid_from=clock.today(), valid_until=clock.today() + timedelta(days=9),
    )  # fmt: skip
    old.refresh_from_db()
    assert old.status == "superseded"
    deliver_all()
    told = apps.get_model("messaging", "Message")._default_manager.filter(
        person_id=old.holder_id, template="licences.status_changed"
    )
    assert ["已过期" in str(message.body) for message in told] == [True]


def _count() -> tuple[int, int]:
    return StatusChange.objects.count(), OutboxEvent.objects.count()


def test_refusals_change_nothing() -> None:
    licence = make_licence()
    officer = officer_actor(licence.agency_id)
    before = _count()
    cases: list[tuple[Actor, str, type[Refusal]]] = [
        (officer, "  ", GroundMissing),
        (officer_actor(make_agency()), GROUND, LicenceUnknown),
        (officer_actor(licence.agency_id, VIEW_LICENCES), GROUND, Forbidden),
        (Actor(kind="person"), GROUND, Forbidden),
    ]
    for actor, ground, refusal in cases:
        with pytest.raises(refusal):
            services.revoke_licence(
                licence_id=licence.pk, ground=ground, actor=actor, at=clock.now()
            )
    with pytest.raises(LicenceUnknown):
        services.revoke_licence(licence_id=uuid4(), ground=GROUND, actor=officer, at=clock.now())
    with pytest.raises(StatusRefused):
        services.resume_licence(licence_id=licence.pk, ground=GROUND, actor=officer, at=clock.now())
    assert _count() == before


@pytest.mark.django_db(transaction=True)
def test_revoked_twice_at_once_is_revoked_once() -> None:
    licence = make_licence()

    def revoke() -> Licence:
        return services.revoke_licence(
            licence_id=licence.pk, ground=GROUND, actor=SYSTEM, at=clock.now()
        )

    results = race([revoke, revoke, revoke])
    assert sum(isinstance(result, StatusRefused) for result in results) == 2
    assert StatusChange.objects.count() == 1
    assert OutboxEvent.objects.filter(name="licences.revoked").count() == 1


def test_before_its_first_day_a_licence_is_genuine_and_not_in_force(settings: Any) -> None:
    at, today = clock.now(), clock.today()
    licence = make_licence(valid_from=today + timedelta(days=3), valid_until=date(2031, 11, 22))
    found = verify_identifier(licence.identifier, at=at)
    assert found.status is Status.NOT_YET
    assert [one.check for one in found.checks if not one.held] == [Check.STATUS]
    holder = Holder(kind="person", id=licence.holder_id, name="陈美玲", code="")
    with pytest.raises(NotValidNow):
        services.show_licence(
            actor=holder_actor(holder), licence_id=licence.pk, purpose="identity", at=at
        )
    begins = format_date(licence.valid_from)
    with_actors(settings)
    wallet = client_of(holder_actor(holder)).get("/wallet/").content.decode()
    assert f"{begins}起有效" in wallet
    rows = Licence.objects.filter(pk=licence.pk)
    assert not rows.standing("valid", on=today).exists()
    assert rows.standing("not_yet", on=today).exists()
    assert rows.standing("valid", on=today + timedelta(days=3)).exists()
    services.suspend_licence(licence_id=licence.pk, ground=GROUND, actor=SYSTEM, at=at)


def test_a_renewal_that_begins_later_takes_over_on_its_first_day() -> None:
    today = clock.today()
    old = make_licence()
    begins = today + timedelta(days=3)
    new = make_licence(
        type_code=old.type_code,
        agency_id=old.agency_id,
        holder=Holder(kind="person", id=old.holder_id, name="陈美玲", code="009999199005170025"),
        supersedes_id=old.pk,
        valid_from=begins,
        valid_until=date(2031, 11, 22),
    )

    def take_over(on: date) -> int:
        return services.supersede_begun(on=on, at=clock.now())

    old.refresh_from_db()
    assert (old.status, old.status_on(today)) == ("valid", Status.VALID)
    assert take_over(today) == take_over(begins - timedelta(days=1)) == 0
    assert take_over(begins) == 1
    assert take_over(begins) == 0
    old.refresh_from_db()
    assert old.status == "superseded"
    assert StatusChange.objects.get(licence=old).reason == new.identifier


def test_a_renewal_that_was_revoked_before_it_began_takes_nothing_over() -> None:
    old = make_licence()
    begins = clock.today() + timedelta(days=3)
    new = make_licence(
        type_code=old.type_code,
        agency_id=old.agency_id,
        holder=Holder(kind="person", id=old.holder_id, name="陈美玲", code="009999199005170025"),
        supersedes_id=old.pk,
        valid_from=begins,
        valid_until=date(2031, 11, 22),
    )
    services.revoke_licence(licence_id=new.pk, ground=GROUND, actor=SYSTEM, at=clock.now())
    assert services.supersede_begun(on=begins, at=clock.now()) == 0
    old.refresh_from_db()
    assert old.status == "valid"


def _renewal_of(old: Licence, begins: date) -> Licence:
    return make_licence(
        type_code=old.type_code,
        agency_id=old.agency_id,
        holder=Holder(kind="person", id=old.holder_id, name="陈美玲", code="009999199005170025"),
        supersedes_id=old.pk,
        valid_from=begins,
        valid_until=date(2031, 11, 22),
    )


def test_a_renewal_that_waits_is_not_renewed_and_ended_makes_room() -> None:
    today, at = clock.today(), clock.now()
    begins = today + timedelta(days=3)
    old = make_licence()
    first = _renewal_of(old, begins)
    with pytest.raises(StatusRefused):
        _renewal_of(first, today)
    with pytest.raises(SupersededElsewhere):
        _renewal_of(old, today)
    services.revoke_licence(licence_id=first.pk, ground=GROUND, actor=SYSTEM, at=at)

    second = _renewal_of(old, today)

    old.refresh_from_db()
    assert (old.status, second.serial, second.version) == (Status.SUPERSEDED, old.serial, 3)
    with pytest.raises(StatusRefused):  # its place is taken
        services.act_on_licence(
            licence_id=first.pk, verb="restore", ground=GROUND, actor=SYSTEM, at=at
        )


def test_restored_before_it_began_a_renewal_takes_over_all_the_same() -> None:
    begins, at = clock.today() + timedelta(days=3), clock.now()
    old = make_licence()
    new = _renewal_of(old, begins)
    services.revoke_licence(licence_id=new.pk, ground=GROUND, actor=SYSTEM, at=at)
    services.act_on_licence(licence_id=new.pk, verb="restore", ground=GROUND, actor=SYSTEM, at=at)

    assert services.supersede_begun(on=begins, at=at) == 1


def test_what_befalls_a_licence_befalls_its_waiting_renewal() -> None:
    today, at = clock.today(), clock.now()
    begins = today + timedelta(days=3)
    old = make_licence()
    new = _renewal_of(old, begins)

    def statuses() -> list[str]:
        return [Licence.objects.get(pk=one.pk).status for one in (old, new)]

    services.suspend_licence(licence_id=old.pk, ground=GROUND, actor=SYSTEM, at=at)
    assert statuses() == [Status.SUSPENDED, Status.SUSPENDED]
    assert services.supersede_begun(on=begins, at=at) == 0
    services.resume_licence(licence_id=old.pk, ground=GROUND, actor=SYSTEM, at=at)
    assert statuses() == [Status.VALID, Status.VALID]
    services.suspend_licence(licence_id=old.pk, ground=GROUND, actor=SYSTEM, at=at)
    services.resume_licence(
        licence_id=old.pk, ground=GROUND, actor=SYSTEM, at=at + timedelta(days=4)
    )
    assert statuses() == [Status.SUPERSEDED, Status.VALID]  # it began meanwhile

    other = make_licence()
    waiting = _renewal_of(other, begins)
    services.revoke_licence(licence_id=other.pk, ground=GROUND, actor=SYSTEM, at=at)
    waiting.refresh_from_db()
    assert waiting.status == Status.REVOKED


def test_expiry_marks_what_ended_and_only_that() -> None:
    ended = make_licence(valid_until=date(2027, 1, 1))
    values = {"type_code": ended.type_code, "agency_id": ended.agency_id}
    last_day = make_licence(valid_until=date(2027, 1, 2), **values)
    suspended = make_licence(valid_until=date(2027, 1, 1), **values)
    services.suspend_licence(licence_id=suspended.pk, ground=GROUND, actor=SYSTEM, at=clock.now())
    on = date(2027, 1, 2)
    assert services.expire_licences(on=on, at=clock.now()) == 1
    assert services.expire_licences(on=on, at=clock.now()) == 0
    statuses = dict(Licence.objects.values_list("pk", "status"))
    assert statuses == {ended.pk: "expired", last_day.pk: "valid", suspended.pk: "suspended"}
