"""The clock, read only at the edge (API, pages, commands, jobs). Services take `at`."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This instant, aware, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The date it is in China."""
    return now().astimezone(SHANGHAI).date()


def local_date(at: datetime) -> date:
    """The date in China of an instant."""
    return at.astimezone(SHANGHAI).date()
