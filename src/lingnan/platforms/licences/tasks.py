"""Licences' work after the answer was given."""

from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.jobs import job, periodic

from . import services


@job("licences.run_batch")
def run_batch(*, batch_id: str) -> None:
    """Issue what is left of a batch; run again, it goes on where it stopped."""
    services.run_batch(batch_id=UUID(batch_id), at=clock.now())


@job("licences.run_seal_request")
def run_seal_request(*, request_id: str) -> None:
    """Seal what is left of a request; run again, it goes on where it stopped."""
    services.run_request(request_id=UUID(request_id), at=clock.now())


@job("licences.run_stock_table")
def run_stock_table(*, table_id: str) -> None:
    """Check and take what is left of a table; run again, it goes on where it stopped."""
    services.run_table(table_id=UUID(table_id), at=clock.now())


@periodic("licences.expire_seals", cron="10 16 * * *")
def expire_seals(*, timestamp: int) -> None:
    """At 00:10 in China (16:10 UTC): seals past their term are out of use."""
    services.expire_seals(at=clock.now())
