"""Licences' work after the answer was given."""

from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.jobs import job

from . import services


@job("licences.run_batch")
def run_batch(*, batch_id: str) -> None:
    """Issue what is left of a batch; run again, it goes on where it stopped."""
    services.run_batch(batch_id=UUID(batch_id), at=clock.now())
