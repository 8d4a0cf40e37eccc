"""What matters announces. Every act on a list is one event, so that audit and others can follow."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lingnan.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAct(Event):
    """Base: an act of someone on one version of one list."""

    service_item_id: UUID
    item_version_id: UUID | None
    code31: str
    actor_id: UUID | None
    actor_name: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDrafted(ItemAct):
    name: ClassVar[str] = "matters.item_drafted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSubmitted(ItemAct):
    name: ClassVar[str] = "matters.item_submitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReturned(ItemAct):
    name: ClassVar[str] = "matters.item_returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPublished(ItemAct):
    name: ClassVar[str] = "matters.item_published"
    version_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSuspended(ItemAct):
    name: ClassVar[str] = "matters.item_suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResumed(ItemAct):
    name: ClassVar[str] = "matters.item_resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCancelled(ItemAct):
    name: ClassVar[str] = "matters.item_cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAdopted(ItemAct):
    name: ClassVar[str] = "matters.item_adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicItemChanged(Event):
    name: ClassVar[str] = "matters.basic_item_changed"
    basic_item_id: UUID
    actor_id: UUID | None
    actor_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsImported(Event):
    name: ClassVar[str] = "matters.items_imported"
    run_id: UUID
    file_name: str
    created: int
    changed: int
    actor_id: UUID | None
    actor_name: str
