"""Writing the history of a list and announcing it, in the transaction of the act."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from lingnan.kernel import events
from lingnan.kernel.actors import Actor

from ..events import ItemAct
from ..models import ItemStep, ItemVersion, ServiceItem

E = TypeVar("E", bound=ItemAct)


def actor_id(actor: Actor) -> UUID | None:
    """Who an act is remembered under: the officer, else the account; nobody for the system."""
    return actor.officer_id or actor.account_id


def record_step(
    event: type[ItemAct],
    *,
    item: ServiceItem,
    version: ItemVersion | None,
    actor: Actor,
    at: datetime,
    note: str = "",
    **facts: Any,
) -> None:
    """One row of history and one event."""
    act = event.name.removeprefix("matters.item_")
    ItemStep.objects.create(
        service_item=item,
        version=version,
        act=act,
        actor_id=actor_id(actor),
        actor_name=actor.name[:100],
        at=at,
        note=note,
    )
    events.publish(
        event(
            service_item_id=item.id,
            item_version_id=version.id if version else None,
            code31=item.code31 or "",
            actor_id=actor_id(actor),
            actor_name=actor.name[:100],
            note=note,
            **facts,
        ),
        at=at,
    )
