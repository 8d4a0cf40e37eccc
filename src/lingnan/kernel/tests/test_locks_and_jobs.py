"""Advisory locks exclude; jobs are enqueued with their cause."""

import time
from functools import partial

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from procrastinate.jobs import Job

from lingnan.kernel import locks
from lingnan.kernel.jobs import job
from lingnan.kernel.testing import deliver_all, race

ran: list[str] = []
inside = 0
most_inside = 0


@job("kernel_tests.ring")
def ring(*, bell: str) -> None:
    ran.append(bell)


def waiting_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        return int(cursor.fetchone()[0])


def enter(key: str) -> None:
    global inside, most_inside
    with transaction.atomic():
        locks.hold("kernel_tests", key)
        inside += 1
        most_inside = max(most_inside, inside)
        time.sleep(0.02)
        inside -= 1


@pytest.mark.django_db(transaction=True)
def test_one_holder_at_a_time() -> None:
    global most_inside
    most_inside = 0
    race([partial(enter, "same") for _ in range(5)])
    assert most_inside == 1


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        locks.hold("kernel_tests", 1)


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_cause_that_failed_is_never_run() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        ring.enqueue(bell="never")
        raise RuntimeError
    assert waiting_jobs() == 0


@pytest.mark.django_db
def test_a_job_with_a_key_waits_once() -> None:
    ran.clear()
    assert ring.enqueue(key="tower", bell="one")
    assert not ring.enqueue(key="tower", bell="two")
    deliver_all()
    assert ran == ["one"]


@pytest.mark.parametrize(
    ("error", "again"),
    [(OperationalError("gone"), True), (InterfaceError("gone"), True), (ValueError("bug"), False)],
)
def test_a_job_whose_database_went_away_is_tried_again_and_a_bug_is_not(
    error: Exception, again: bool
) -> None:
    waiting = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name=ring.name, attempts=0)
    decision = ring.task.get_retry_exception(exception=error, job=waiting)
    assert (decision is not None) is again
