"""Background work of credit."""

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic

from . import services


@periodic("credit.end_publicity", cron="5 16 * * *")
def end_publicity(*, timestamp: int) -> None:
    """Five past midnight in China: what the rule no longer shows is marked as ended."""
    services.end_publicity(at=clock.now())
