"""The first of each month freezes the month before."""

from datetime import timedelta

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic

from . import services


@periodic("performance.freeze_month", cron="30 18 2 * *")
def freeze_last_month(*, timestamp: int) -> None:
    """On the 3rd at 02:30 in China, when late events of the month have arrived."""
    last = clock.today().replace(day=1) - timedelta(days=1)
    services.freeze_month(last)
