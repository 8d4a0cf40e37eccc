"""Work done after the answer was given: jobs, enqueued in the caller's transaction.

On procrastinate: PostgreSQL is the queue, so a job exists if and only if its cause was committed. A
job runs at least once: write it so that running it again changes nothing. `Unavailable` is retried,
and so is a database that went away in the middle; a bug stays failed and is seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from .errors import Unavailable

JobFunction = Callable[..., None]
RETRIED: list[type[Exception]] = [Unavailable, OperationalError, InterfaceError]

_periodic: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Job:
    """A function that can be put off. Arguments are JSON values, by keyword."""

    name: str
    function: JobFunction
    task: Any

    def enqueue(
        self, *, key: str | None = None, run_at: datetime | None = None, **arguments: object
    ) -> bool:
        """Put the work off until after commit (or until `run_at`).

        With a `key`, a second job of the same key is not added while the first waits; returns
        whether one was added.
        """
        options: dict[str, Any] = {"queueing_lock": key and f"{self.name}:{key}"}
        if run_at is not None:
            options["schedule_at"] = run_at
        try:
            with transaction.atomic():
                self.task.configure(**options).defer(**arguments)
        except AlreadyEnqueued:
            return False
        return True

    def __call__(self, **arguments: object) -> None:
        self.function(**arguments)


def job(name: str, *, retries: int = 5) -> Callable[[JobFunction], Job]:
    """Make a function a job. `retries` counts attempts after `Unavailable`, with growing pauses."""

    def register(function: JobFunction) -> Job:
        strategy = RetryStrategy(
            max_attempts=retries,
            exponential_wait=4,
            retry_exceptions=RETRIED,
        )
        decorate: Any = app.task(name=name, retry=strategy)
        return Job(name, function, decorate(_with_fresh_connection(function)))

    return register


def enqueue(name: str, *, key: str | None = None, **arguments: object) -> bool:
    """Put off a job by its name: for services, which lie below the jobs that call them.

    As `Job.enqueue`. An unknown name is a bug.
    """
    named = Job(name, _unreachable, app.tasks[name])
    return named.enqueue(key=key, run_at=None, **arguments)


def _unreachable(**arguments: object) -> None:
    raise AssertionError("a job known by its name alone is only enqueued")


def periodic(name: str, *, cron: str) -> Callable[[JobFunction], Job]:
    """Run a function by the clock; it takes the keyword `timestamp` (seconds since 1970)."""

    def register(function: JobFunction) -> Job:
        decorate: Any = app.task(name=name, queueing_lock=name)
        task = decorate(_with_fresh_connection(function))
        app.periodic(cron=cron)(task)
        _periodic[name] = cron
        return Job(name, function, task)

    return register


def periodic_jobs() -> dict[str, str]:
    """Name -> cron line, for the reference."""
    return dict(_periodic)


def _with_fresh_connection(function: JobFunction) -> JobFunction:
    @wraps(function)
    def run(**arguments: object) -> None:
        if not connection.in_atomic_block:
            close_old_connections()
        try:
            function(**arguments)
        finally:
            if not connection.in_atomic_block:
                close_old_connections()

    return run
