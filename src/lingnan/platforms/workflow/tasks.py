"""Work of the clock: timers, lights, and deadlines that move with the calendar."""

from datetime import UTC, date, datetime

from lingnan.kernel.clock import local_date, now
from lingnan.kernel.jobs import job, periodic

from . import services


@periodic("workflow.tick", cron="* * * * *")
def tick(*, timestamp: int) -> None:
    """Fire the timers that are due."""
    services.fire_due_timers(datetime.fromtimestamp(timestamp, UTC))


@periodic("workflow.lights", cron="5 0,8,12 * * *")
def lights(*, timestamp: int) -> None:
    """Set the lights for the day."""
    services.update_lights(local_date(datetime.fromtimestamp(timestamp, UTC)))


@job("workflow.recompute_deadlines")
def recompute_deadlines(*, from_on: str) -> None:
    """Replay the clocks that a change of the calendar may move."""
    services.recompute_deadlines(at=now(), from_on=date.fromisoformat(from_on))
