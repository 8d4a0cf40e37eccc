"""Upward talk: lower modules publish what happened, higher modules subscribe.

`publish` writes an outbox row in the caller's transaction, so an event exists if and only if its
cause does. A relay (in the worker) hands each event to each subscriber in a transaction of the
subscriber's own, together with a row that says so: delivery is at least once, the effect exactly
once. A subscriber that fails is retried with growing pauses and holds up nobody else.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from pydantic import TypeAdapter

from . import clock
from .models import EventDelivery, OutboxEvent
from .rows import insert

logger = logging.getLogger("lingnan.events")

SWEPT_AT_ONCE = 5000
RETRY_MAX_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events: frozen facts, past tense, ids rather than copies."""

    name: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a subscriber knows of the envelope."""

    event_id: UUID
    occurred_at: datetime


E = TypeVar("E", bound=Event)
Handler = Callable[[E, Delivery], None]


@dataclass(frozen=True, slots=True)
class _Subscription:
    key: str
    event_class: type[Event]
    handler: Callable[[Any, Delivery], None]


_subscriptions: dict[str, list[_Subscription]] = defaultdict(list)


_adapters: dict[type[Event], TypeAdapter[Any]] = {}


def _adapter(event_class: type[Event]) -> TypeAdapter[Any]:
    found = _adapters.get(event_class)
    if found is None:
        found = _adapters[event_class] = TypeAdapter(event_class)
    return found


def publish(event: Event, *, at: datetime | None = None) -> UUID:
    """Announce what happened, in the caller's transaction; returns the event's id."""
    assert connection.in_atomic_block, "an event is published in the transaction of its cause"
    row = OutboxEvent(
        name=event.name,
        payload=_adapter(type(event)).dump_python(event, mode="json"),
        occurred_at=at or clock.now(),
    )
    insert([row])  # at once: subscribers are told in the order of publishing
    return row.id


def subscribe(event_class: type[E], *, key: str) -> Callable[[Handler[E]], Handler[E]]:
    """Register a handler under a stable key ("payment.close_bill"); keys never change meaning."""

    def register(handler: Handler[E]) -> Handler[E]:
        known = _subscriptions[event_class.name]
        if any(subscription.key == key for subscription in known):
            raise ValueError(f"subscription {key} exists already")
        known.append(_Subscription(key, event_class, handler))
        return handler

    return register


def subscriptions() -> dict[str, list[str]]:
    """Event name -> keys of who listens; for the reference."""
    return {name: [s.key for s in found] for name, found in _subscriptions.items() if found}


def event_classes() -> list[type[Event]]:
    """Every event the loaded modules define."""
    waiting = list(Event.__subclasses__())
    found: dict[str, type[Event]] = {}
    while waiting:
        event_class = waiting.pop()
        waiting.extend(event_class.__subclasses__())
        # A dataclass with slots is a second class beside the one it was made from.
        if "name" in vars(event_class) and "__slots__" in vars(event_class):
            found[f"{event_class.__module__}.{event_class.__qualname__}"] = event_class
    return sorted(found.values(), key=lambda cls: cls.name)


def deliver_pending(*, limit: int = 200) -> int:
    """Hand due events to their subscribers, oldest first; returns how many events were completed.

    Safe to run beside itself: the delivery row decides who handles.
    """
    due = models.Q(retry_at=None) | models.Q(retry_at__lte=clock.now())
    rows = list(OutboxEvent.objects.filter(due, pending=True).order_by("seq")[:limit])
    done = [row.seq for row in rows if _deliver(row)]
    if done:
        _complete(done)
    return len(done)


@transaction.atomic
def _complete(done: list[int]) -> None:
    """Mark events as delivered; locked in one order, for relays beside each other mark the same."""
    rows = OutboxEvent.objects.filter(seq__in=done, pending=True)
    held = list(rows.order_by("seq").select_for_update(no_key=True).values_list("seq", flat=True))
    OutboxEvent.objects.filter(seq__in=held).update(pending=False)


def _deliver(row: OutboxEvent) -> bool:
    failure = ""
    for subscription in _subscriptions.get(row.name, ()):
        try:
            with transaction.atomic():
                if _claim(row.id, subscription.key):
                    event = _adapter(subscription.event_class).validate_python(row.payload)
                    subscription.handler(
                        event, Delivery(event_id=row.id, occurred_at=row.occurred_at)
                    )
        except Exception as error:
            failure = f"{subscription.key}: {type(error).__name__}: {error}"
            logger.exception("subscriber %s failed on %s", subscription.key, row)
    if not failure:
        return True
    pause = timedelta(seconds=min(2 ** min(row.attempts, 8), RETRY_MAX_S))
    OutboxEvent.objects.filter(seq=row.seq).update(
        attempts=row.attempts + 1, retry_at=clock.now() + pause, last_error=failure[:2000]
    )
    return False


def _claim(event_id: UUID, subscriber: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {EventDelivery._meta.db_table} (event_id, subscriber, delivered_at)"  # noqa: S608
            " VALUES (%s, %s, now()) ON CONFLICT DO NOTHING",
            [event_id, subscriber],
        )
        return bool(cursor.rowcount == 1)


def sweep(*, before: datetime) -> int:
    """Forget delivered events older than `before`, the oldest first, some in a transaction; returns
    how many. Reads no further than the first that is younger.
    """
    total = 0
    while True:
        with transaction.atomic():
            oldest = OutboxEvent.objects.filter(pending=False).order_by("seq")
            rows = oldest.values_list("seq", "id", "occurred_at")[:SWEPT_AT_ONCE]
            old = [(seq, key) for seq, key, occurred_at in rows if occurred_at < before]
            EventDelivery.objects.filter(event_id__in=[key for _seq, key in old]).delete()
            OutboxEvent.objects.filter(seq__in=[seq for seq, _key in old]).delete()
        total += len(old)
        if len(old) < SWEPT_AT_ONCE:
            return total
