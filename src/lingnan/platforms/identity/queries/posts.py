"""Posts offered to people who have an account."""

from datetime import datetime
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import StrIndex

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from ..models import PostOffer, RoleGrant
from ..types import MANAGE_OFFICERS
from .grants import counting


def backed(at: datetime) -> Q:
    """The offers whose maker still has a post and the right to give this one; the platform's own.

    An offer is worth what its maker may do on the day it is accepted. Source: GB/T 22239-2019
    8.1.4.2 (rights end with the post).
    """
    grants = RoleGrant.objects.filter(
        counting(clock.local_date(at)),
        officer=OuterRef("offered_by"),
        officer__active=True,
        role__permissions__contains=[MANAGE_OFFICERS],
    ).annotate(place=StrIndex(OuterRef("agency__region_path"), F("region_path")))
    here = Q(agency=OuterRef("agency")) | Q(region__isnull=False, place=1)
    return Q(offered_by=None) | Q(Exists(grants.filter(here)))


def standing(rows: QuerySet[PostOffer], *, at: datetime) -> QuerySet[PostOffer]:
    """Offers with `stands`: what each is now, also where nobody answered it."""
    waits = Q(state=PostOffer.State.OPEN)
    return rows.annotate(
        stands=Case(
            When(waits & Q(expires_at__lte=at), then=Value(PostOffer.State.EXPIRED.value)),
            When(waits & ~backed(at), then=Value(PostOffer.State.LAPSED.value)),
            default=F("state"),
            output_field=CharField(),
        )
    )


def own_offers(account_id: UUID, *, at: datetime) -> list[PostOffer]:
    """Those an owner may answer and those that lapsed, the newest first. One query."""
    rows = PostOffer.objects.filter(
        account_id=account_id, state=PostOffer.State.OPEN, expires_at__gt=at
    )
    rows = standing(rows, at=at)
    return list(rows.select_related("agency", "post", "account").order_by("-id")[:50])


def count_open_offers(account_id: UUID, *, at: datetime) -> int:
    """How many an owner may accept today. One query."""
    rows = PostOffer.objects.filter(backed(at), state=PostOffer.State.OPEN, expires_at__gt=at)
    return rows.filter(account_id=account_id).count()


def offers_in_reach(actor: Actor) -> QuerySet[PostOffer]:
    """Those of agencies within an administrator's reach."""
    reach = actor.reach(MANAGE_OFFICERS).q("agency_id", "agency__region_path")
    return PostOffer.objects.filter(reach).select_related("agency", "post", "account")


def list_offers(
    actor: Actor,
    *,
    at: datetime,
    state: str = "open",
    cursor: str | None = None,
    limit: int = 20,
) -> Page[PostOffer]:
    """Those that stand like this now, the newest first. One query."""
    rows = standing(offers_in_reach(actor), at=at).filter(Q(stands=state))
    return keyset_page(rows, order=("-id",), cursor=cursor, limit=limit)
