"""From an outside id to a seal, an application or a request to put one; and lists of them."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from .errors import SealUnknown
from .models import Seal, SealApplication, SealChange, SealRequest, SealRequestItem, SealUse
from .types import APPROVE_SEALS, KEEP_SEALS, MANAGE_SEALS, SealState

ANY_SEAL_RIGHT = (KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)


def _within(actor: Actor, permission: str | Sequence[str]) -> Q:
    """Rows of agencies that any of the permissions reaches."""
    wanted = (permission,) if isinstance(permission, str) else permission
    condition = Q(pk__in=[])
    for name in wanted:
        reach = actor.reach(name)
        if "" in reach.region_paths:
            return Q()  # everywhere; joined by "or", an empty condition would be left out
        condition |= reach.q(region="agency__region_path")
    return condition


def access_seal(
    *,
    actor: Actor,
    seal_id: UUID,
    permission: str | Sequence[str] = ANY_SEAL_RIGHT,
    lock: bool = False,
) -> Seal:
    """The seal, within the permission's reach. Raises: SealUnknown (404)."""
    rows = Seal.objects.select_for_update(of=("self",)) if lock else Seal.objects.all()
    found = rows.select_related("agency").filter(_within(actor, permission), pk=seal_id).first()
    if found is None:
        raise SealUnknown
    return found


def access_application(
    *,
    actor: Actor,
    application_id: UUID,
    permission: str | Sequence[str] = ANY_SEAL_RIGHT,
    lock: bool = False,
) -> SealApplication:
    """The application, within the permission's reach. Raises: SealUnknown (404)."""
    rows = SealApplication.objects.select_related("agency")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(_within(actor, permission), pk=application_id).first()
    if found is None:
        raise SealUnknown
    return found


def access_request(
    *,
    actor: Actor,
    request_id: UUID,
    permission: str | Sequence[str] = ANY_SEAL_RIGHT,
    lock: bool = False,
) -> SealRequest:
    """The request, within the permission's reach. Raises: SealUnknown (404)."""
    rows = SealRequest.objects.select_related("agency", "seal")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(_within(actor, permission), pk=request_id).first()
    if found is None:
        raise SealUnknown
    return found


def can_read_request_file(actor: Actor, request_id: UUID) -> bool:
    """For `documents`: who may read what is to be sealed, and what was."""
    try:
        access_request(actor=actor, request_id=request_id)
    except SealUnknown:
        return False
    return True


def page_of_seals(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[Seal]:
    """Seals within reach, newest first. One query."""
    rows: QuerySet[Seal] = Seal.objects.select_related("agency").defer("der", "picture")
    rows = rows.filter(_within(actor, ANY_SEAL_RIGHT))
    if state:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)


def replaceable_seals(actor: Actor) -> list[Seal]:
    """The seals of a keeper's own agency that another may take the place of. One query."""
    if actor.agency_id is None:
        return []
    rows = Seal.objects.defer("der", "picture").filter(_within(actor, KEEP_SEALS))
    rows = rows.filter(agency_id=actor.agency_id).exclude(state=SealState.DESTROYED)
    return list(rows.order_by("-created_at", "-id"))


def successor_of_seal(seal: Seal) -> Seal | None:
    """The seal that took or is to take its place, the latest made. One query."""
    rows = Seal.objects.defer("der", "picture").filter(replaces=seal)
    return rows.order_by("-created_at", "-id").first()


def page_of_applications(
    actor: Actor, *, cursor: str | None = None, limit: int = 20
) -> Page[SealApplication]:
    """Applications within reach, newest first. One query."""
    rows = SealApplication.objects.select_related("agency").filter(_within(actor, ANY_SEAL_RIGHT))
    return keyset_page(rows, order=("-applied_at", "-id"), cursor=cursor, limit=limit)


def page_of_requests(
    actor: Actor, *, cursor: str | None = None, limit: int = 20
) -> Page[SealRequest]:
    """Requests within reach, newest first. One query."""
    rows = SealRequest.objects.select_related("agency", "seal").defer("seal__der", "seal__picture")
    rows = rows.filter(_within(actor, ANY_SEAL_RIGHT))
    return keyset_page(rows, order=("-asked_at", "-id"), cursor=cursor, limit=limit)


def page_of_uses(seal: Seal, *, cursor: str | None = None, limit: int = 20) -> Page[SealUse]:
    """The log of a seal's uses, newest first. One query."""
    rows = SealUse.objects.filter(seal=seal)
    return keyset_page(rows, order=("-used_at", "-id"), cursor=cursor, limit=limit)


def changes_of_seal(seal: Seal) -> list[SealChange]:
    """The steps of a seal's life, newest first. One query."""
    return list(SealChange.objects.filter(seal=seal).order_by("-changed_at", "-id"))


def items_of(request: SealRequest) -> list[SealRequestItem]:
    """The documents of a request in their order. One query."""
    return list(SealRequestItem.objects.filter(request=request).order_by("number"))
