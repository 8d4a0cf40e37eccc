"""Background entry: fresh revocation lists."""

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic

from . import services


@periodic("crypto.publish_revocations", cron="20 * * * *")
def publish_revocations(*, timestamp: int) -> None:
    """Every hour: a list that is a day old, or lacks a revocation, is signed anew."""
    services.publish_revocations(at=clock.now())
