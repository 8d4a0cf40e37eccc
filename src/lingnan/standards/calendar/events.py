"""What the calendar announces. Who keeps deadlines computes them again on either event."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPublished(Event):
    """A year was published or published again: deadlines in it and after it may move.

    A subscriber calls `queries.refresh()` before it computes.
    """

    name: ClassVar[str] = "calendar.published"
    year: int
    revision: int
    version: int
    actor_id: UUID | None
    actor_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRecorded(Event):
    """Offices of a division (and those below it) are closed from `first_on` to `last_on`.

    A subscriber calls `queries.refresh()` before it computes.
    """

    name: ClassVar[str] = "calendar.closure_recorded"
    first_on: date
    last_on: date
    region_code: str
    version: int
    actor_id: UUID | None
    actor_name: str
