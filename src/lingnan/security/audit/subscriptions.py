"""Acts below security (standards) announce themselves as events: here they become audit entries,
and the audit page takes its place in the workbench.
"""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.events import Delivery, subscribe
from lingnan.kernel.web import navigation
from lingnan.standards.matters import events as matters

from . import services
from .types import READ_AUDIT

navigation.register(
    "desk",
    _("Audit record"),
    "audit:search",
    permission=READ_AUDIT,
    order=810,
    icon="shield",
    group=_("Administration"),
)

_ITEM_ACTS: tuple[type[matters.ItemAct], ...] = (
    matters.ItemDrafted,
    matters.ItemSubmitted,
    matters.ItemReturned,
    matters.ItemPublished,
    matters.ItemSuspended,
    matters.ItemResumed,
    matters.ItemCancelled,
    matters.ItemAdopted,
)


def record_item_act(event: matters.ItemAct, delivery: Delivery) -> None:
    """One act on a service item becomes one entry, dated when it happened."""
    actor = Actor(
        kind="officer" if event.actor_id else "system",
        name=event.actor_name,
        officer_id=event.actor_id,
    )
    services.record(
        actor=actor,
        act=event.name,
        object_kind="matters.service_item",
        object_id=event.service_item_id,
        facts={
            "code31": event.code31,
            "item_version_id": event.item_version_id,
            "note": event.note,
            "event_id": delivery.event_id,
        },
        at=delivery.occurred_at,
    )


for item_act in _ITEM_ACTS:
    subscribe(item_act, key=f"audit.{item_act.name}")(record_item_act)
