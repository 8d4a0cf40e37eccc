"""Background work of messaging."""

from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.jobs import job

from .delivery import bring_out


@job("messaging.deliver", retries=8)
def deliver_dispatch(*, dispatch_id: str) -> None:
    """Bring one message out through its channel."""
    bring_out(UUID(dispatch_id), at=clock.now())
