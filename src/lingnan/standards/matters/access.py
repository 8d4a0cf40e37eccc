"""The door from an outside id to a row of the catalogue: find and authorise, or reveal nothing."""

from uuid import UUID

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound

from .models import ItemVersion, ServiceItem
from .types import READ


def access_item(
    actor: Actor, service_item_id: UUID, permission: str, *, lock: bool = False
) -> ServiceItem:
    """A list within the actor's reach; `lock` holds its row until the transaction ends.

    Raises: NotFound (404) where he may not even read it; Forbidden (403) where only this act is
    not his.
    """
    rows = ServiceItem.objects.filter(pk=service_item_id)
    if lock:
        item = rows.select_for_update(of=("self",)).first()
    else:
        item = rows.select_related("basic_item", "agency").first()
    if item is None or not _reaches(actor, item, READ, permission):
        raise NotFound(service_item_id=service_item_id)
    if not _reaches(actor, item, permission):
        actor.check(permission, agency_id=item.keeper_id, region_path=item.region_path)
    return item


def access_version(
    actor: Actor, version_id: UUID, permission: str, *, lock: bool = False
) -> ItemVersion:
    """A version of a list within the actor's reach; with `lock` the list's row is held first.

    Raises: as `access_item`.
    """
    version = ItemVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise NotFound(item_version_id=version_id)
    try:
        item = access_item(actor, version.service_item_id, permission, lock=lock)
    except NotFound:  # says the same as of a version that never was, and not whose it is
        raise NotFound(item_version_id=version_id) from None
    if lock:
        version.refresh_from_db()
    version.service_item = item
    return version


def _reaches(actor: Actor, item: ServiceItem, *permissions: str) -> bool:
    return any(
        actor.reach(permission).covers(agency_id=item.keeper_id, region_path=item.region_path)
        for permission in permissions
    )
