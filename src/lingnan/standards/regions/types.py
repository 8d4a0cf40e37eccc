"""Values of regions that cross the wall."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

# Whose divisions the product holds.
PROVINCE_CODE = "440000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionCard:
    """One division as it was between two dates (`valid_from` None: since before records begin)."""

    id: UUID
    code: str
    name: str
    full_name: str
    name_en: str
    level: int
    kind: str
    is_gb: bool
    parent_id: UUID | None
    path: str
    valid_from: date | None
    valid_until: date | None
    has_children: bool | None = None

    @property
    def is_current(self) -> bool:
        return self.valid_until is None

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes from the province down to this division."""
        return tuple(code for code in self.path.split("/") if code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a code of some day means today. Several regions when a division was split."""

    code: str
    then: RegionCard | None
    now: tuple[RegionCard, ...]
    within: RegionCard | None

    @property
    def is_unchanged(self) -> bool:
        return self.then is not None and self.now == (self.then,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The outline of a city in GeoJSON coordinates, GCJ-02. Not a reviewed public map."""

    code: str
    name: str
    name_en: str
    geometry: dict[str, Any]
    label_lng: float
    label_lat: float
