"""Background work of government services."""

from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.jobs import job, periodic

from . import services


@job("government_services.issue_notice", retries=8)
def issue_notice(*, notice_id: str) -> None:
    """Render and seal a notice; running again changes nothing."""
    services.issue_notice(notice_id=UUID(notice_id), at=clock.now())


@periodic("government_services.expire_drafts", cron="20 3 * * *")
def expire_drafts(*, timestamp: int) -> None:
    """Empty drafts untouched for 90 days."""
    while services.expire_drafts(at=clock.now()):
        pass
    while services.expire_joint_drafts(at=clock.now()):
        pass
