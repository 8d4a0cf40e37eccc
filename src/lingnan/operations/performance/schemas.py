"""Shapes of the API."""

from datetime import date
from uuid import UUID

from ninja import Field, Schema


class PartOut(Schema):
    name: str
    value: float | None
    numerator: float
    denominator: float


class FigureOut(Schema):
    code: str
    name: str
    value: float | None = Field(description="Percent; null when there is nothing to divide by")
    numerator: float
    denominator: float
    excluded: int
    numerator_means: str
    denominator_means: str
    excluded_means: str
    target_percent: int | None
    missing: str = Field("", description="Why there is nothing to divide by")
    source: str
    parts: list[PartOut]


class TotalsOut(Schema):
    submitted: int
    concluded: int
    open: int
    overdue: int
    granted: int
    denied: int
    rated: int
    satisfied: int
    satisfaction: float | None
    reused_materials: int
    prefilled_fields: int


class FiguresOut(Schema):
    region_code: str
    region_name: str
    since: date
    until: date
    totals: TotalsOut
    indicators: list[FigureOut]


class RegionFigureOut(Schema):
    region_code: str
    region_name: str
    figure: FigureOut


class TrendPointOut(Schema):
    month: date
    value: float | None
    numerator: float
    denominator: float


class CaseFactOut(Schema):
    case_id: UUID
    number: str
    item_code: str
    agency_id: UUID
    channel: str
    submitted_on: date | None
    accepted_on: date | None
    decided_on: date | None
    concluded_on: date | None
    promised_due_on: date | None
    statutory_due_on: date | None
    workdays_used: int | None
    result: str
