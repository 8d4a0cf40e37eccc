"""What identity does by the clock."""

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic

from . import services


@periodic("identity.expire_mandates", cron="5 16 * * *")
def expire_mandates(*, timestamp: int) -> None:
    """Just after midnight in China, mark the mandates whose last day is over."""
    services.expire_mandates(at=clock.now())


@periodic("identity.sweep", cron="35 19 * * *")
def sweep(*, timestamp: int) -> None:
    """Forget sessions, tokens and counters whose term of keeping is over."""
    services.sweep(at=clock.now())
