"""What workflow does about events of lower modules."""

from datetime import date

from lingnan.kernel.events import Delivery, subscribe
from lingnan.platforms.identity.events import AccountsMerged
from lingnan.standards.calendar.events import CalendarPublished, ClosureRecorded

from . import services
from .tasks import recompute_deadlines


@subscribe(CalendarPublished, key="workflow.calendar_published")
def calendar_published(event: CalendarPublished, delivery: Delivery) -> None:
    """Dates that were provisional become final, or move."""
    recompute_deadlines.enqueue(from_on=date(event.year, 1, 1).isoformat())


@subscribe(ClosureRecorded, key="workflow.closure_recorded")
def closure_recorded(event: ClosureRecorded, delivery: Delivery) -> None:
    """An office that is closed does not count its days."""
    recompute_deadlines.enqueue(from_on=event.first_on.isoformat())


@subscribe(AccountsMerged, key="workflow.accounts_merged")
def accounts_merged(event: AccountsMerged, delivery: Delivery) -> None:
    """Whoever submitted with the closed account still decides on nothing of his own."""
    services.move_submissions(
        from_account_id=event.closed_account_id, to_account_id=event.kept_account_id
    )
