from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AgenciesRegistered(Event):
    """Agencies were entered; the ids are left out when there are more than a hundred."""

    name: ClassVar[str] = "agencies.registered"
    count: int
    agency_ids: list[UUID]
    actor_id: UUID | None
    actor_name: str
