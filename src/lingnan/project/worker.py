"""The worker process: hands events to their subscribers and runs the jobs.

Any number of workers may run; they may be killed at any moment. What they were doing is done again
by the next, and done once in effect.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
)
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from lingnan.kernel import events, idempotency

logger = logging.getLogger("lingnan.worker")

IDLE_S = 0.1
STALLED_AFTER_S = 30.0
SWEEP_EVERY_S = 3600.0
EVENTS_KEPT = timedelta(days=90)
KEYS_KEPT = timedelta(days=7)


def run(*, concurrency: int = 2) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = threading.Event()
    relay = threading.Thread(target=_relay_or_die, args=[stop], name="relay", daemon=True)
    relay.start()
    try:
        asyncio.run(_work(concurrency))
    finally:
        stop.set()
        relay.join(timeout=10)


def relay_events(stop: threading.Event) -> None:
    """Deliver pending events until told to stop; waits out a database that is away."""
    swept_at = time.monotonic()
    while not stop.is_set():
        try:
            delivered = events.deliver_pending()
            if time.monotonic() - swept_at > SWEEP_EVERY_S:
                sweep(at=datetime.now(UTC))
                swept_at = time.monotonic()
        except (OperationalError, InterfaceError) as error:
            logger.warning("the database is away: %s", error)
            connection.close()
            stop.wait(1)
            continue
        if not delivered:
            stop.wait(IDLE_S)
    close_old_connections()


def sweep(*, at: datetime) -> None:
    """Forget what was delivered, and answered, long ago."""
    events.sweep(before=at - EVENTS_KEPT)
    idempotency.sweep(before=at - KEYS_KEPT)


def _relay_or_die(stop: threading.Event) -> None:
    try:
        relay_events(stop)
    except BaseException:
        logger.exception("the relay stopped")
        os.kill(os.getpid(), signal.SIGTERM)
        raise


async def _work(concurrency: int) -> None:
    # A second App over the same tasks: jobs that enqueue jobs still do so in Django's transaction.
    worker_app = app.with_connector(_worker_connector())
    async with worker_app.open_async():
        rescue = asyncio.create_task(_rescue_stalled(worker_app))
        try:
            await worker_app.run_worker_async(
                concurrency=concurrency,
                delete_jobs="successful",
                install_signal_handlers=True,
                fetch_job_polling_interval=2,
                update_heartbeat_interval=5,
                stalled_worker_timeout=STALLED_AFTER_S,
                shutdown_graceful_timeout=10,
            )
        finally:
            rescue.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await rescue


def _worker_connector() -> BaseConnector:
    """An asynchronous connector to the same database as Django's."""
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    return connector.get_worker_connector()


async def _rescue_stalled(worker_app: object) -> None:
    """Jobs of a worker that was killed are put back into the queue."""
    manager = worker_app.job_manager  # type: ignore[attr-defined]
    while True:
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
                await manager.retry_job(job)
        except DatabaseError:
            logger.exception("stalled jobs could not be looked up")
        await asyncio.sleep(5)
