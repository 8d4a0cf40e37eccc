"""What matters does by itself: lists end on their last day."""

from lingnan.kernel import clock
from lingnan.kernel.jobs import periodic

from . import services


@periodic("matters.end_due_items", cron="5 0 * * *")
def end_due_items(*, timestamp: int) -> None:
    services.end_due_items(on=clock.today(), at=clock.now())
