"""Officers, roles, and who could do a piece of work."""

from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import StrIndex

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.pagination import Page, keyset_page

from ..models import Officer, RoleGrant
from ..types import GRANT_ROLES, MANAGE_OFFICERS, OfficerCard
from .accounts import persons_behind, persons_of
from .grants import counting


def officer(officer_id: UUID) -> OfficerCard:
    """Raises: NotFound (404)."""
    rows = Officer.objects.select_related("agency", "post", "account")
    row = rows.filter(pk=officer_id).first()
    if row is None:
        raise NotFound
    return officer_card(row)


def officers_with(permission: str, *, agency_id: UUID, region_path: str) -> list[OfficerCard]:
    """Active officers who hold a permission that reaches this agency. One query."""
    today = clock.local_date(clock.now())
    grants = RoleGrant.objects.filter(
        counting(today), role__permissions__contains=[permission]
    ).annotate(place=StrIndex(Value(region_path), F("region_path")))
    reaching = grants.filter(Q(agency_id=agency_id) | Q(region_id__isnull=False, place=1))
    rows = Officer.objects.filter(active=True, pk__in=reaching.values("officer_id"))
    rows = rows.select_related("agency", "post", "account")
    return [officer_card(row) for row in rows.order_by("name")]


def in_reach(actor: Actor) -> QuerySet[Officer]:
    """The officers an administrator may see: of his agencies and his subtrees."""
    condition = actor.reach(MANAGE_OFFICERS).q("agency_id", "agency__region_path") | actor.reach(
        GRANT_ROLES
    ).q("agency_id", "agency__region_path")
    return Officer.objects.filter(condition).select_related("agency", "post", "account")


def is_oneself(actor: Actor, officer: Officer) -> bool:
    """Whether the officer is the actor: one human being, with however many accounts.

    Compared are all persons whom the records of either account name. At most two queries.
    """
    if officer.account_id == actor.account_id:
        return True
    own = persons_of(actor)
    if not own:
        return False
    recorded = {officer.person_id, *persons_behind(officer.account_id)}
    return not own.isdisjoint(recorded)


def is_officer_oneself(actor: Actor, officer_id: UUID | None) -> bool:
    """As `is_oneself`, by the officer's id. At most three queries."""
    found = Officer.objects.filter(pk=officer_id).first() if officer_id else None
    return found is not None and is_oneself(actor, found)


def list_officers(
    actor: Actor, *, text: str = "", cursor: str | None = None, limit: int = 20
) -> Page[Officer]:
    """Officers in the administrator's reach, newest first, with their live grants."""
    rows = in_reach(actor)
    if text:
        rows = rows.filter(
            Q(name__icontains=text)
            | Q(account__username__icontains=text)
            | Q(agency__name__icontains=text)
        )
    return keyset_page(rows, order=("-id",), cursor=cursor, limit=limit)


def officer_card(row: Officer) -> OfficerCard:
    return OfficerCard(
        id=row.pk,
        account_id=row.account_id,
        name=row.name,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        post_title=row.post.title if row.post else "",
        active=row.active,
        person_id=row.person_id or row.account.person_id,
    )
