"""Which agencies a case goes to: one window receives for all, the item's agency decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.errors import NoAgencyOfKind
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.matters.types import Item

from ..errors import ItemNotOnline


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a case is received and decided, and who takes part."""

    receiving_agency_id: UUID
    deciding_agency_id: UUID
    region_path: str
    joint_agency_ids: tuple[UUID, ...]
    agencies_by_kind: Mapping[str, UUID]

    @property
    def region_2(self) -> str:
        return _segment(self.region_path, 1)

    @property
    def region_3(self) -> str:
        return _segment(self.region_path, 2)


def route(item: Item) -> Route:
    """Where a case of this item goes.

    The service centre of the item's region (one window for many agencies) receives; a region
    without one leaves receiving to the item's own agency. `item.joint_agencies` names kinds of
    agencies of the same region, or agencies by their USCC.

    Raises: ItemNotOnline.
    """
    if not item.is_online or item.agency_id is None:
        raise ItemNotOnline
    own = agencies.agency(item.agency_id)
    window = _of_kind("government_service", own.region_path)
    by_kind: dict[str, UUID] = {}
    joint: list[UUID] = []
    for name in item.joint_agencies:
        found = (
            agencies.agency_by_uscc(name)
            if len(name) == 18 and name.isupper()
            else _of_kind(name, own.region_path)
        )
        if found is not None:
            joint.append(found.id)
            by_kind[found.kind] = found.id
    return Route(
        receiving_agency_id=window.id if window else own.id,
        deciding_agency_id=own.id,
        region_path=own.region_path,
        joint_agency_ids=tuple(joint),
        agencies_by_kind=by_kind,
    )


def _of_kind(kind: str, region_path: str) -> AgencyCard | None:
    try:
        return agencies.agency_of_kind(kind, region_path)
    except NoAgencyOfKind:
        return None


def _segment(path: str, index: int) -> str:
    parts = path.strip("/").split("/")
    return parts[index] if len(parts) > index else ""
