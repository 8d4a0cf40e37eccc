"""Background work of documents."""

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic

from . import services


@periodic("documents.sweep", cron="17 3 * * *")
def sweep(*, timestamp: int) -> None:
    """Remove contents that no file points at any more."""
    services.sweep_contents(at=clock.now())
