"""What the worker forgets by the hour: answers under idempotency keys, delivered events."""

from datetime import timedelta

import pytest

from lingnan.kernel import clock
from lingnan.kernel.models import IdempotencyKey, OutboxEvent
from lingnan.project import worker


@pytest.mark.django_db
def test_the_worker_forgets_in_time_and_not_before() -> None:
    now = clock.now()
    for days in (91, 89):
        at = now - timedelta(days=days)
        OutboxEvent.objects.create(name="x.old", payload={}, occurred_at=at, pending=False)
    OutboxEvent.objects.create(
        name="x.late", payload={}, occurred_at=now - timedelta(days=400), pending=True
    )
    for days in (8, 6):
        row = IdempotencyKey.objects.create(owner="a", key=f"k{days}", request_digest="x")
        IdempotencyKey.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=days))
    worker.sweep(at=now)
    assert OutboxEvent.objects.filter(name="x.old").count() == 1
    assert OutboxEvent.objects.filter(name="x.late").count() == 1
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["k6"]
