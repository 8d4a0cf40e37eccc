"""The outbox: an event exists if its cause does, and has its effect once per subscriber."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from lingnan.kernel import clock, events
from lingnan.kernel.models import EventDelivery, OutboxEvent
from lingnan.kernel.testing import race


@dataclass(frozen=True, slots=True, kw_only=True)
class LanternLit(events.Event):
    name: ClassVar[str] = "kernel_tests.lantern_lit"
    lantern_id: UUID
    brightness: int


seen: list[LanternLit] = []
failures_left = 0


@events.subscribe(LanternLit, key="kernel_tests.count")
def count(event: LanternLit, delivery: events.Delivery) -> None:
    seen.append(event)
    # The effect that must happen once: a row of the subscriber's own.
    EventDelivery.objects.create(event_id=uuid4(), subscriber="kernel_tests.effect")


@events.subscribe(LanternLit, key="kernel_tests.stumble")
def stumble(event: LanternLit, delivery: events.Delivery) -> None:
    global failures_left
    if failures_left:
        failures_left -= 1
        raise RuntimeError("not yet")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    global failures_left
    seen.clear()
    failures_left = 0
    yield


def light(brightness: int = 5) -> UUID:
    with transaction.atomic():
        return events.publish(LanternLit(lantern_id=uuid4(), brightness=brightness))


@pytest.mark.django_db
def test_a_subscriber_receives_the_event_as_it_was_published() -> None:
    light(brightness=7)
    assert events.deliver_pending() == 1
    assert [event.brightness for event in seen] == [7]
    assert isinstance(seen[0].lantern_id, UUID)
    assert not OutboxEvent.objects.filter(pending=True).exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_cause_that_failed_does_not_exist() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        events.publish(LanternLit(lantern_id=uuid4(), brightness=1))
        raise RuntimeError
    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        events.publish(LanternLit(lantern_id=uuid4(), brightness=1))


@pytest.mark.django_db
def test_one_failing_subscriber_is_retried_and_the_others_are_not_called_again() -> None:
    global failures_left
    failures_left = 2
    light()
    for _ in range(2):
        assert events.deliver_pending() == 0
        row = OutboxEvent.objects.get()
        assert row.pending and "kernel_tests.stumble" in row.last_error
        assert row.retry_at is not None and row.retry_at > clock.now()
        OutboxEvent.objects.update(retry_at=None)
    assert events.deliver_pending() == 1
    assert len(seen) == 1


@pytest.mark.django_db
def test_a_failing_event_waits_and_does_not_hold_up_the_next() -> None:
    global failures_left
    failures_left = 1
    light(1)
    light(2)
    assert events.deliver_pending() == 1
    assert events.deliver_pending() == 0
    assert [event.brightness for event in seen] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_ten_relays_at_once_have_the_effect_once_per_event() -> None:
    for number in range(5):
        light(number)
    race([events.deliver_pending for _ in range(10)])
    assert EventDelivery.objects.filter(subscriber="kernel_tests.effect").count() == 5
    assert EventDelivery.objects.filter(subscriber="kernel_tests.count").count() == 5


@pytest.mark.django_db
def test_sweeping_forgets_only_what_was_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SWEPT_AT_ONCE", 2)
    for number in range(5):
        light(number)
    events.deliver_pending()
    light()
    assert events.sweep(before=clock.now() - timedelta(days=1)) == 0
    assert events.sweep(before=clock.now() + timedelta(days=1)) == 5
    assert OutboxEvent.objects.filter(pending=True).count() == 1
    assert not EventDelivery.objects.filter(subscriber="kernel_tests.count").exists()


def test_a_subscription_key_is_used_once() -> None:
    with pytest.raises(ValueError, match="exists already"):
        events.subscribe(LanternLit, key="kernel_tests.count")(count)
