"""Background entries: fresh revocation lists, old signatures of devices."""

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic

from . import services


@periodic("crypto.publish_revocations", cron="20 * * * *")
def publish_revocations(*, timestamp: int) -> None:
    """Every hour: a list that is a day old, or lacks a revocation, is signed anew."""
    services.publish_revocations(at=clock.now())


@periodic("crypto.forget_device_signatures", cron="35 17 * * *")
def forget_device_signatures(*, timestamp: int) -> None:
    """At 01:35 in China: signatures of devices that no job asks for again are forgotten."""
    services.forget_signatures()
