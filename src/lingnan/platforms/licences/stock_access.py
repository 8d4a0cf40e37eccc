"""From an outside id to a licence brought in: for its agency's officers and who declared it."""

import json
from typing import Any
from uuid import UUID

from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.security.crypto import services as crypto

from .errors import StockEntryUnknown, StockTableUnknown
from .models import StockEntry, StockTable
from .types import BRING_IN

PURPOSE = "licences.stock_entry"


def declared_by(actor: Actor) -> Q:
    """Entries the actor himself declared."""
    if actor.account_id is None or actor.is_officer:
        return Q(pk__in=[])
    return Q(source=StockEntry.Source.HOLDER, brought_by_account=actor.account_id)


def access_entry(*, actor: Actor, entry_id: UUID, lock: bool = False) -> StockEntry:
    """An entry within an officer's reach. Raises: StockEntryUnknown (404)."""
    return _one(actor.reach(BRING_IN).q(), entry_id, lock=lock)


def access_entry_to_add(*, actor: Actor, entry_id: UUID) -> StockEntry:
    """An entry, locked, for its agency or who declared it. Raises: StockEntryUnknown (404)."""
    reach = actor.reach(BRING_IN)
    allowed = Q() if "" in reach.region_paths else declared_by(actor) | reach.q()
    return _one(allowed, entry_id, lock=True)


def _one(allowed: Q, entry_id: UUID, *, lock: bool) -> StockEntry:
    rows = StockEntry.objects.select_related("type", "agency", "licence")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(allowed, pk=entry_id).first()
    if found is None:
        raise StockEntryUnknown
    return found


def access_table(*, actor: Actor, table_id: UUID, lock: bool = False) -> StockTable:
    """A table brought in within an officer's reach. Raises: StockTableUnknown (404)."""
    rows = StockTable.objects.select_related("type", "agency")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(actor.reach(BRING_IN).q(), pk=table_id).first()
    if found is None:
        raise StockTableUnknown
    return found


def page_of_tables(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[StockTable]:
    """Tables within reach, newest first. One query."""
    rows = StockTable.objects.select_related("type").filter(actor.reach(BRING_IN).q())
    return keyset_page(rows, order=("-brought_at", "-id"), cursor=cursor, limit=limit)


def page_of_entries(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[StockEntry]:
    """Entries within reach, newest first. One query."""
    rows = StockEntry.objects.select_related("type", "agency", "licence")
    rows = rows.filter(actor.reach(BRING_IN).q())
    if state:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-brought_at", "-id"), cursor=cursor, limit=limit)


def page_of_declared(
    actor: Actor, *, cursor: str | None = None, limit: int = 20
) -> Page[StockEntry]:
    """What the actor declared himself, newest first. One query."""
    rows = StockEntry.objects.select_related("type", "licence").filter(declared_by(actor))
    return keyset_page(rows, order=("-brought_at", "-id"), cursor=cursor, limit=limit)


def content_of_entry(entry: StockEntry) -> dict[str, Any]:
    """What was brought in, in the clear: holder, fields, term, issuer."""
    content: dict[str, Any] = json.loads(crypto.decrypt(entry.content_sealed, purpose=PURPOSE))
    return content


def can_read_scan(actor: Actor, entry_id: UUID) -> bool:
    """For `documents`: who may read a scan: its agency, who declared it, the licence's holder."""
    entry = StockEntry.objects.select_related("licence").filter(pk=entry_id).first()
    if entry is None:
        return False
    if actor.reach(BRING_IN).covers(agency_id=entry.agency_id, region_path=entry.region_path):
        return True
    own = entry.source == StockEntry.Source.HOLDER and entry.brought_by_account is not None
    if own and not actor.is_officer and actor.account_id == entry.brought_by_account:
        return True
    principal, licence = actor.principal, entry.licence
    return (
        principal is not None
        and licence is not None
        and (principal.kind, principal.id) == (licence.holder_kind, licence.holder_id)
    )
