"""Posts offered to people who have an account."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from ..models import PostOffer
from ..types import MANAGE_OFFICERS


def own_offers(account_id: UUID, *, at: datetime) -> list[PostOffer]:
    """Those an owner may answer, the newest first. One query."""
    rows = PostOffer.objects.filter(
        account_id=account_id, state=PostOffer.State.OPEN, expires_at__gt=at
    )
    return list(rows.select_related("agency", "post", "account").order_by("-id")[:50])


def offers_in_reach(actor: Actor) -> QuerySet[PostOffer]:
    """Those of agencies within an administrator's reach."""
    reach = actor.reach(MANAGE_OFFICERS).q("agency_id", "agency__region_path")
    return PostOffer.objects.filter(reach).select_related("agency", "post", "account")


def list_offers(
    actor: Actor, *, state: str = "open", cursor: str | None = None, limit: int = 20
) -> Page[PostOffer]:
    """Newest first. One query."""
    rows = offers_in_reach(actor).filter(state=state)
    return keyset_page(rows, order=("-id",), cursor=cursor, limit=limit)
