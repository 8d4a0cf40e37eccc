"""Roles held, what an administrator may give on, who administers where, and what is proposed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import RegionCard

from ..models import Role, RoleGrant, RoleProposal
from ..types import GRANT_ROLES, MANAGE_OFFICERS

KINDS = ("system", "security", "audit")


def counting(on: date) -> Q:
    """The grants that count on a day."""
    return Q(revoked_at=None) & (Q(valid_until=None) | Q(valid_until__gt=on))


def live_grants(officer_ids: Sequence[UUID], *, on: date) -> QuerySet[RoleGrant]:
    return (
        RoleGrant.objects.filter(counting(on), officer_id__in=officer_ids)
        .select_related("role", "agency", "region")
        .order_by("role__code", "id")
    )


def roles() -> list[Role]:
    return list(Role.objects.order_by("code"))


def grantable_roles(actor: Actor, *, on: date) -> list[Role]:
    """The roles an administrator may give to anyone at all, somewhere in his reach. Two queries."""
    every = roles()
    if actor.is_system:
        return every
    held = _granting(actor, on)
    return [role for role in every if any(is_entrusted(grant, role, every) for grant in held)]


def own_granting(actor: Actor, *, on: date) -> list[RoleGrant]:
    """By which of his own grants he may grant roles, read from the table. One query."""
    return list(_granting(actor, on))


def _granting(actor: Actor, on: date) -> QuerySet[RoleGrant]:
    if actor.officer_id is None:
        return RoleGrant.objects.none()
    rows = RoleGrant.objects.filter(counting(on), officer_id=actor.officer_id)
    return rows.filter(role__permissions__contains=[GRANT_ROLES]).select_related("role")


def is_entrusted(held: RoleGrant, role: Role, every: Iterable[Role]) -> bool:
    """Whether a role is no more than what was entrusted: none of its permissions is beyond that."""
    if held.entrusted is None:
        return True
    within = {code for other in every if other.code in held.entrusted for code in other.permissions}
    return set(role.permissions) <= within


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """Who does one kind of administration, where, and how long."""

    officer_id: UUID
    name: str
    agency_name: str
    kind: str
    reach_name: str
    valid_until: date | None
    entrusted: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A region and who administers it itself, not from above; `missing` kinds have no one."""

    region: RegionCard
    administrators: tuple[Administrator, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        present = {row.kind for row in self.administrators}
        return tuple(kind for kind in KINDS if kind not in present)


def administrators(actor: Actor, *, region_code: str = "", on: date) -> list[Place]:
    """One region and what lies directly below it, each with its administrators.

    Without a code: the highest regions in reach. Four queries at most.
    Raises: NotFound (404; also beyond the reach), NoSuchRegion (404).
    """
    paths = actor.reach(MANAGE_OFFICERS).region_paths | actor.reach(GRANT_ROLES).region_paths
    if region_code:
        head = regions.region(region_code)
        if not any(head.path.startswith(path) for path in paths):
            raise NotFound
        places = [head, *regions.children(region_code)]
    else:
        tops = [path for path in paths if not _is_below(path, paths)]
        codes = [path.rstrip("/").rpartition("/")[2] for path in tops if path]
        places = sorted(regions.regions(codes).values(), key=lambda card: card.path)
        if "" in paths:
            places = [regions.province()]
        if len(places) == 1:
            places += regions.children(places[0].code)
    rows = (
        RoleGrant.objects.filter(
            counting(on),
            region_id__in=[place.id for place in places],
            role__administration__in=KINDS,
            officer__active=True,
        )
        .select_related("officer__agency", "role", "region")
        .order_by("id")
    )
    found: dict[UUID, list[Administrator]] = {}
    for row in rows:
        assert row.region is not None, "the query asks for regions"
        found.setdefault(row.region.pk, []).append(
            Administrator(
                officer_id=row.officer_id,
                name=row.officer.name,
                agency_name=row.officer.agency.name,
                kind=row.role.administration,
                reach_name=row.region.full_name,
                valid_until=row.valid_until,
                entrusted=None if row.entrusted is None else tuple(row.entrusted),
            )
        )
    return [Place(region=place, administrators=tuple(found.get(place.id, ()))) for place in places]


def _is_below(path: str, paths: Iterable[str]) -> bool:
    return any(path != other and path.startswith(other) for other in paths)


def proposals(actor: Actor) -> QuerySet[RoleProposal]:
    """The proposals for officers within an administrator's reach."""
    condition = actor.reach(MANAGE_OFFICERS).q(
        "officer__agency_id", "officer__agency__region_path"
    ) | actor.reach(GRANT_ROLES).q("officer__agency_id", "officer__agency__region_path")
    return RoleProposal.objects.filter(condition).select_related(
        "officer__agency", "officer__account", "role", "agency", "region", "proposed_by"
    )


def list_proposals(
    actor: Actor,
    *,
    state: str = "open",
    officer_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[RoleProposal]:
    """Newest first. One query."""
    rows = proposals(actor).filter(state=state)
    if officer_id is not None:
        rows = rows.filter(officer_id=officer_id)
    return keyset_page(rows, order=("-id",), cursor=cursor, limit=limit)
