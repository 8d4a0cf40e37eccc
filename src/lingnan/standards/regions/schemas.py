from datetime import date
from uuid import UUID

from ninja import Field, Schema


class RegionOut(Schema):
    id: UUID
    code: str
    name: str
    full_name: str = Field(description="From the province down, as in an address")
    name_en: str
    level: int = Field(description="1 province, 2 city, 3 county, 4 town, 5 village")
    kind: str
    is_gb: bool = Field(description="False: a functional area, whose code is not a national one")
    path: str = Field(description="Codes from the province down, each followed by a slash")
    valid_from: date | None
    valid_until: date | None


class ChildOut(RegionOut):
    has_children: bool


class RegionLineOut(RegionOut):
    """A division with those above it."""

    ancestors: list[RegionOut]


class RegionsOut(Schema):
    items: list[RegionOut]


class ResolutionOut(Schema):
    code: str
    then: RegionOut | None = Field(description="What the code stood for on the day asked about")
    now: list[RegionOut] = Field(description="What that is today; empty when the record ends")
    within: RegionOut | None = Field(description="The nearest present one that holds it")
