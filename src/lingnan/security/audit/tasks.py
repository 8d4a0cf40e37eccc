"""Background entry: the sealer."""

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic

from . import services


@periodic("audit.seal", cron="* * * * *")
def seal(*, timestamp: int) -> None:
    """Seal what was recorded in the last minute; running it again seals nothing twice."""
    services.seal_entries(at=clock.now())
