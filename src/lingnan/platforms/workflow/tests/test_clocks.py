"""The two clocks: 行政许可法 32, 42, 45, 82, and that replay is what a count of days gives."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.identity.testing import make_officer_actor, make_person
from lingnan.platforms.workflow import errors, queries, services
from lingnan.platforms.workflow.clocks import ClockState, light_for, replay
from lingnan.platforms.workflow.models import ClockEvent, ProcessInstance, TimelineEntry
from lingnan.platforms.workflow.testing import approval_xml, open_task, publish, start, worker
from lingnan.platforms.workflow.types import APPROVE_EXTENSIONS, STOP_CLOCKS, ClockPlan
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar import services as calendar_services
from lingnan.standards.calendar.testing import make_year_2027
from lingnan.standards.calendar.types import CalendarDays, Workdays

PLAN = ClockPlan(statutory=20, promised=5)


@pytest.fixture
def instance(agency: UUID, at: datetime) -> UUID:
    publish(approval_xml(), at=at)
    return start(agency_id=agency, at=at, clock=PLAN).instance_id


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T10:00:00+08:00").astimezone(UTC)


@pytest.mark.django_db
def test_the_clocks_count_working_days(instance: UUID, at: datetime) -> None:
    """reference 1.12: Thu 2026-09-24 + 5 = 2026-10-09, + 20 = 2026-10-29."""
    clock = queries.clock(instance, at=at)
    assert (clock.promised_due_on, clock.statutory_due_on) == (
        date(2026, 10, 9),
        date(2026, 10, 29),
    )
    assert (clock.light, clock.workdays_used, clock.workdays_left) == ("green", 0, 5)
    assert open_task(instance).due_on == date(2026, 10, 9)
    assert queries.clock(instance, at=day("2026-10-09")).light == "yellow"
    assert queries.clock(instance, at=day("2026-10-10")).light == "red"


@pytest.mark.django_db
def test_a_retroactive_start_counts_from_the_receipt(agency: UUID, at: datetime) -> None:
    publish(approval_xml(), at=at)
    instance = start(agency_id=agency, at=at).instance_id
    plan = ClockPlan(statutory=20, promised=20, starts_at=day("2026-09-19"))
    clock = services.start_clock(instance_id=instance, plan=plan, actor=SYSTEM, at=at)
    assert clock.promised_due_on == calendar.add_workdays(date(2026, 9, 19), Workdays(20)).on
    assert clock.workdays_used == 5  # Sunday 20 September is a working day


@pytest.mark.django_db
def test_a_special_procedure_stops_the_clock(instance: UUID, at: datetime) -> None:
    until = services.suspend(
        instance_id=instance, reason_code="inspection", days=Workdays(10), actor=SYSTEM, at=at
    )
    assert until == calendar.add_workdays(date(2026, 9, 24), Workdays(10)).on
    clock = queries.clock(instance, at=at)
    assert (clock.light, clock.stopped_reason) == ("stopped", "inspection")
    assert clock.promised_due_on == calendar.add_workdays(date(2026, 9, 24), Workdays(15)).on
    with pytest.raises(errors.ClockAlreadyStopped):
        services.suspend(
            instance_id=instance, reason_code="testing", days=Workdays(1), actor=SYSTEM, at=at
        )
    services.resume(instance_id=instance, actor=SYSTEM, at=day("2026-09-28"))
    clock = queries.clock(instance, at=day("2026-09-28"))
    still = calendar.workdays_between(date(2026, 9, 24), date(2026, 9, 28))
    assert clock.promised_due_on == calendar.add_workdays(date(2026, 9, 24), Workdays(5 + still)).on
    assert clock.workdays_used == 0
    with pytest.raises(errors.ClockNotStopped):
        services.resume(instance_id=instance, actor=SYSTEM, at=at)
    names = set(OutboxEvent.objects.values_list("name", flat=True))
    assert {"workflow.clock_stopped", "workflow.clock_resumed"} <= names


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "days", "refusal"),
    [
        ("holiday", Workdays(3), errors.SuspensionReasonUnknown),
        ("hearing", None, errors.SuspensionNeedsLength),
        ("hearing", CalendarDays(0), errors.SuspensionNeedsLength),
    ],
)
def test_the_clock_stops_for_what_the_law_names(
    instance: UUID, at: datetime, reason: str, days: Any, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        services.suspend(instance_id=instance, reason_code=reason, days=days, actor=SYSTEM, at=at)
    assert ClockEvent.objects.filter(instance_id=instance).count() == 1


@pytest.mark.django_db
def test_stopping_needs_the_right(instance: UUID, agency: UUID, at: datetime) -> None:
    plain = worker(["reviewer"], agency_id=agency)
    able = worker(["reviewer"], agency_id=agency, extra=[STOP_CLOCKS])
    with pytest.raises(Forbidden):
        services.suspend(
            instance_id=instance, reason_code="hearing", days=Workdays(1), actor=plain, at=at
        )
    services.suspend(
        instance_id=instance, reason_code="hearing", days=Workdays(1), actor=able, at=at
    )


@pytest.mark.django_db
def test_an_extension_has_an_approver_and_a_limit(
    instance: UUID, agency: UUID, at: datetime
) -> None:
    handler = worker(["reviewer"], agency_id=agency, extra=[APPROVE_EXTENSIONS])
    head = worker(["leader"], agency_id=agency, extra=[APPROVE_EXTENSIONS])
    ask: dict[str, Any] = {"instance_id": instance, "actor": handler, "at": at}
    with pytest.raises(errors.ExtensionTooLong):
        services.request_extension(workdays=11, reason="复杂", **ask)
    with pytest.raises(errors.ReasonMissing):
        services.request_extension(workdays=5, reason=" ", **ask)
    request = services.request_extension(workdays=10, reason="复杂", **ask)
    with pytest.raises(errors.ExtensionPending):
        services.request_extension(workdays=1, reason="复杂", **ask)
    with pytest.raises(errors.OwnSubmission):
        services.approve_extension(request_id=request.pk, actor=handler, at=at)
    plain = worker(["leader"], agency_id=agency)
    with pytest.raises(Forbidden):
        services.approve_extension(request_id=request.pk, actor=plain, at=at)
    services.approve_extension(request_id=request.pk, actor=head, at=at)
    clock = queries.clock(instance, at=at)
    assert clock.promised_due_on == calendar.add_workdays(date(2026, 9, 24), Workdays(15)).on
    assert clock.statutory_due_on == calendar.add_workdays(date(2026, 9, 24), Workdays(30)).on
    with pytest.raises(errors.ExtensionTooLong):
        services.request_extension(workdays=1, reason="复杂", **ask)
    joint = services.request_extension(workdays=5, reason="联合", joint=True, **ask)
    services.refuse_extension(request_id=joint.pk, actor=head, answer="不同意", at=at)
    with pytest.raises(errors.ExtensionUnknown):
        services.approve_extension(request_id=joint.pk, actor=head, at=at)


@pytest.mark.django_db
def test_nobody_answers_his_own_extension_with_a_second_account(
    instance: UUID, agency: UUID, at: datetime
) -> None:
    head = worker(["leader"], agency_id=agency, extra=[APPROVE_EXTENSIONS])
    person = make_person("李工")
    asker, second = (
        replace(make_officer_actor(agency_id=place, record_of=person), grants=head.grants)
        for place in (agency, make_agency("fire").id)
    )
    request = services.request_extension(
        instance_id=instance, workdays=5, reason="复杂", actor=asker, at=at
    )
    assert second.account_id != asker.account_id
    with pytest.raises(errors.OwnSubmission):
        services.approve_extension(request_id=request.pk, actor=second, at=at)
    with pytest.raises(errors.OwnSubmission):
        services.refuse_extension(request_id=request.pk, actor=second, answer="否", at=at)
    services.approve_extension(request_id=request.pk, actor=head, at=at)


@pytest.mark.django_db
def test_lights_turn_with_the_days_and_escalate(instance: UUID, at: datetime) -> None:
    assert services.update_lights(date(2026, 9, 24)) == 0
    assert services.update_lights(date(2026, 10, 8)) == 2  # the clock and its task
    row = ProcessInstance.objects.get(pk=instance)
    assert (row.light, open_task(instance).light) == ("yellow", "yellow")
    services.update_lights(date(2026, 10, 12))
    row.refresh_from_db()
    assert row.light == "red"
    changes = OutboxEvent.objects.filter(name="workflow.light_changed").order_by("seq")
    assert [e.payload["light"] for e in changes] == ["yellow", "red"]


@pytest.mark.django_db
def test_a_stop_that_overruns_its_notice_shows(instance: UUID, at: datetime) -> None:
    services.suspend(
        instance_id=instance, reason_code="testing", days=Workdays(2), actor=SYSTEM, at=at
    )
    services.update_lights(date(2026, 10, 12))
    assert ProcessInstance.objects.get(pk=instance).light == "yellow"


@pytest.mark.django_db
def test_a_published_year_moves_provisional_dates(agency: UUID) -> None:
    at = day("2026-12-28")
    publish(approval_xml(), at=at)
    plan = ClockPlan(statutory=40, promised=30)
    instance = start(agency_id=agency, at=at, clock=plan).instance_id
    before = queries.clock(instance, at=at)
    assert before.is_provisional
    calendar_services.publish_year(
        year=2027, days=make_year_2027(), source_doc="测试", actor=SYSTEM, at=at
    )
    deliver_all()
    after = queries.clock(instance, at=at)
    assert not after.is_provisional
    assert after.promised_due_on == calendar.add_workdays(date(2026, 12, 28), Workdays(30)).on
    assert after.promised_due_on != before.promised_due_on
    assert open_task(instance).due_on == after.promised_due_on
    assert TimelineEntry.objects.filter(instance_id=instance, code="clock.moved").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("model", [ClockEvent, TimelineEntry])
def test_the_record_is_only_added_to(instance: UUID, model: Any) -> None:
    rows = model.objects.filter(instance_id=instance)
    assert rows.exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(at=datetime.now(UTC))
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


@dataclass
class Moved:
    kind: str
    on: date
    facts: dict[str, Any] = field(default_factory=dict)


@st.composite
def histories(draw: st.DrawFn) -> list[Moved]:
    on = date(2024, 1, 2) + timedelta(days=draw(st.integers(0, 300)))
    start_facts = {"promised": draw(st.integers(1, 20)), "statutory": draw(st.integers(20, 45))}
    found = [Moved("started", on, start_facts)]
    stopped = False
    for _ in range(draw(st.integers(0, 8))):
        on += timedelta(days=draw(st.integers(0, 12)))
        kind = draw(st.sampled_from(["resumed" if stopped else "stopped", "extended"]))
        if kind == "extended":
            found.append(Moved("extended", on, {"workdays": draw(st.integers(1, 10))}))
        else:
            stopped = kind == "stopped"
            until = on + timedelta(days=draw(st.integers(1, 30)))
            found.append(Moved(kind, on, {"until": until.isoformat(), "reason": "hearing"}))
    return found


@pytest.mark.django_db
def test_replay_is_what_counting_days_gives() -> None:
    calendar.is_workday(date(2024, 1, 2))

    @given(histories())
    def check(history: list[Moved]) -> None:
        state = ClockState()
        for event in history:
            state = state.after(event)
        assert state == replay(history)
        due = state.promised_due()
        assert due is not None
        assert due[0] == _walk(history)

    check()


def _walk(history: list[Moved]) -> date:
    """Day by day, with nothing of the engine: a working day is used up unless the clock stood
    still on it, and a clock with nothing left cannot be stopped any more."""
    first = history[0]
    left = first.facts["promised"]
    stills: list[tuple[date, date]] = []
    since = until = None

    def due() -> date:
        on, open_days = first.on, left
        while open_days:
            on += timedelta(days=1)
            stood = any(a < on <= b for a, b in stills)
            open_days -= calendar.is_workday(on) and not stood
        return on

    for event in history:
        if event.kind == "extended":
            left += event.facts["workdays"]
        elif event.kind == "stopped" and since is None:
            since, until = event.on, date.fromisoformat(event.facts["until"])
        elif event.kind == "resumed" and since is not None:
            if since < due():
                stills.append((since, event.on))
            since = None
    if since is not None and until is not None and since < due():
        stills.append((since, until))
    return due()


@pytest.mark.django_db
def test_a_stop_does_not_make_good_what_is_overdue(instance: UUID) -> None:
    """The promise ran out on 9 October; a hearing that begins after it gives no new promise."""
    services.suspend(
        instance_id=instance,
        reason_code="hearing",
        days=Workdays(10),
        actor=SYSTEM,
        at=day("2026-10-13"),
    )
    clock = queries.clock(instance, at=day("2026-10-13"))
    assert clock.promised_due_on == date(2026, 10, 9)
    assert clock.statutory_due_on == calendar.add_workdays(date(2026, 10, 29), Workdays(10)).on
    services.resume(instance_id=instance, actor=SYSTEM, at=day("2026-10-14"))
    clock = queries.clock(instance, at=day("2026-10-14"))
    assert (clock.promised_due_on, clock.light) == (date(2026, 10, 9), "red")
    assert clock.statutory_due_on == date(2026, 10, 30)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("total", "on", "light"),
    [
        (20, "2026-10-22", "green"),
        (20, "2026-10-23", "yellow"),
        (5, "2026-10-26", "green"),
        (5, "2026-10-27", "yellow"),
        (1, "2026-10-28", "green"),
        (1, "2026-10-29", "yellow"),
        (1, "2026-10-30", "red"),
    ],
)
def test_yellow_is_the_last_fifth_or_two_days(total: int, on: str, light: str) -> None:
    assert light_for(date(2026, 10, 29), total=total, on=date.fromisoformat(on)) == light
