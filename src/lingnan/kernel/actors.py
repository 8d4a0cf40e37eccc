"""Who is asking. `platforms.identity` builds an Actor at the edge; everyone else receives it.

The data layer must know who asks, yet sits below identity: so the actor is a value that is passed
down, never looked up.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from django.db.models import Q

from . import permissions
from .errors import Forbidden

ActorKind = Literal["anonymous", "person", "officer", "system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role held with its reach: one agency, or every agency in a region's subtree.

    `region_path` is the path prefix of the subtree's root (see `regions.Region.path`); the empty
    string reaches everywhere. `until` is the first day on which it no longer counts.
    """

    role: str
    permissions: frozenset[str]
    agency_id: UUID | None = None
    region_path: str | None = None
    until: date | None = None

    def covers(self, *, agency_id: UUID | None, region_path: str | None) -> bool:
        if self.agency_id is not None:
            return agency_id == self.agency_id
        if self.region_path is not None and region_path is not None:
            return region_path.startswith(self.region_path)
        return self.region_path == ""

    @property
    def holds_all(self) -> bool:
        """Whether it reaches everywhere, or a whole top division."""
        return self.region_path is not None and self.region_path.rstrip("/").count("/") == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """For whom one acts: oneself, another person, or an organisation.

    `born_on`: a person's birthday where whoever made this knew it; None says nothing.
    """

    kind: Literal["person", "organisation"]
    id: UUID
    name: str
    born_on: date | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The rows one permission opens: certain agencies, and whole region subtrees."""

    agency_ids: frozenset[UUID]
    region_paths: frozenset[str]

    @property
    def is_empty(self) -> bool:
        return not self.agency_ids and not self.region_paths

    def q(self, agency: str = "agency_id", region: str = "region_path") -> Q:
        """The condition for a query over rows that carry an agency and a region path."""
        if "" in self.region_paths:
            return Q()
        if self.is_empty:
            return Q(pk__in=[])
        condition = Q()
        if self.agency_ids:
            condition |= Q(**{f"{agency}__in": sorted(self.agency_ids)})
        for path in sorted(self.region_paths):
            condition |= Q(**{f"{region}__startswith": path})
        return condition

    def covers(self, *, agency_id: UUID | None = None, region_path: str | None = None) -> bool:
        if agency_id is not None and agency_id in self.agency_ids:
            return True
        if "" in self.region_paths:
            return True
        return region_path is not None and any(
            region_path.startswith(path) for path in self.region_paths
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is asking, for whom, and what they may do where.

    `person_ids`: everyone the records of his account name; several where they contradict
    `matter_codes`: the item codes (12 or 31 characters) a mandate is limited to; None: no limit.
    """

    kind: ActorKind
    name: str = ""
    account_id: UUID | None = None
    person_id: UUID | None = None
    person_ids: frozenset[UUID] = frozenset()
    officer_id: UUID | None = None
    agency_id: UUID | None = None
    region_path: str = ""
    principal: Principal | None = None
    mandate_id: UUID | None = None
    matter_codes: frozenset[str] | None = None
    grants: tuple[Grant, ...] = ()
    assurance_level: int = 0
    scopes: frozenset[str] | None = None
    session_id: UUID | None = None
    address: str = ""

    @property
    def is_anonymous(self) -> bool:
        return self.kind == "anonymous"

    @property
    def is_person(self) -> bool:
        return self.kind == "person"

    @property
    def is_officer(self) -> bool:
        return self.kind == "officer"

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    @property
    def persons(self) -> frozenset[UUID]:
        """Everyone he may be, by this identity or by any record of his account."""
        own = self.person_id
        return self.person_ids if own is None else self.person_ids | {own}

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    def in_scope(self, permission: str) -> bool:
        """A token may be narrower than its owner: a scope is a permission code or its module."""
        if self.scopes is None:
            return True
        return permission in self.scopes or permission.split(".")[0] in self.scopes

    def can(
        self, permission: str, *, agency_id: UUID | None = None, region_path: str | None = None
    ) -> bool:
        """Whether the permission is held; with an agency or region, whether it reaches there.

        One whose acts bind the whole platform (`for_all`) counts only with a reach that holds it.
        """
        if self.is_system:
            return True
        if not self.in_scope(permission):
            return False
        anywhere = agency_id is None and region_path is None
        for_all = permissions.is_for_all(permission)
        return any(
            permission in grant.permissions
            and (not for_all or grant.holds_all)
            and (anywhere or grant.covers(agency_id=agency_id, region_path=region_path))
            for grant in self.grants
        )

    def may_handle(self, item_code: str) -> bool:
        """Whether a matter (31 characters) is within the mandate one acts under, if any."""
        return self.matter_codes is None or any(
            item_code.startswith(code) or item_code.endswith(code) for code in self.matter_codes
        )

    def matters_q(self, item_code: str = "item_code") -> Q:
        """As `may_handle`, for a query over rows that carry an item code."""
        if self.matter_codes is None:
            return Q()
        condition = Q(pk__in=[])
        for code in sorted(self.matter_codes):
            condition |= Q(**{f"{item_code}__startswith": code})
            condition |= Q(**{f"{item_code}__endswith": code})
        return condition

    def reach(self, permission: str, *, role: str | None = None) -> Reach:
        """The rows this permission opens; with `role`, only through grants of that role."""
        if self.is_system:
            return Reach(agency_ids=frozenset(), region_paths=frozenset({""}))
        held = [
            grant
            for grant in self.grants
            if permission in grant.permissions
            and (role is None or grant.role == role)
            and self.in_scope(permission)
        ]
        return Reach(
            agency_ids=frozenset(g.agency_id for g in held if g.agency_id is not None),
            region_paths=frozenset(
                g.region_path for g in held if g.agency_id is None and g.region_path is not None
            ),
        )

    def check(
        self, permission: str, *, agency_id: UUID | None = None, region_path: str | None = None
    ) -> None:
        """Raises: Forbidden (403) unless `can`."""
        if not self.can(permission, agency_id=agency_id, region_path=region_path):
            raise Forbidden(permission=permission)


ANONYMOUS = Actor(kind="anonymous")
SYSTEM = Actor(kind="system", name="system")


def system_actor(name: str) -> Actor:
    """An actor for work that no one asked for: timers, loaders, subscriptions."""
    return Actor(kind="system", name=name)
