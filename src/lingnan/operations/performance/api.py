"""Indicators by API: all of a place, one over its parts, its months, and the cases behind it."""

import re
from datetime import date

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.standards.regions import queries as regions

from . import access, queries
from .errors import BadMonth, NoSuchIndicator
from .models import CaseFact
from .schemas import (
    CaseFactOut,
    FigureOut,
    FiguresOut,
    PartOut,
    RegionFigureOut,
    TotalsOut,
    TrendPointOut,
)
from .types import READ, Figure, Period, Scope, indicator

router = Router(tags=["performance"])
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


def period_of(month: str) -> Period:
    """A month like 2026-11; empty for this month. Raises: BadMonth (422)."""
    if not month:
        return queries.month_of(clock.today())
    match = _MONTH.fullmatch(month)
    if match is None:
        raise BadMonth(month=month[:20])
    return queries.month_of(date(int(match[1]), int(match[2]), 1))


def shape_figure(figure: Figure) -> FigureOut:
    meaning = indicator(figure.code)
    assert meaning is not None
    return FigureOut(
        code=figure.code,
        name=str(meaning.name),
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        excluded=figure.excluded,
        numerator_means=str(meaning.numerator),
        denominator_means=str(meaning.denominator),
        excluded_means=str(meaning.excluded),
        target_percent=meaning.target_percent,
        missing=str(meaning.missing) if not figure.denominator else "",
        source=str(meaning.source),
        parts=[
            PartOut(
                name=str(part.name),
                value=part.value,
                numerator=part.numerator,
                denominator=part.denominator,
            )
            for part in figure.parts
        ],
    )


@router.get("/performance/indicators", response=FiguresOut, summary="The six indicators of a place")
@permitted(READ)
def list_indicators(request: HttpRequest, region: str = "", month: str = "") -> FiguresOut:
    """Of the region's subtree and one month; the place defaults to the whole of one's reach."""
    place = access.access_region(actor_of(request), region)
    period = period_of(month)
    scope = Scope(region_path=place.path)
    counted = queries.totals(scope, period, today=clock.today())
    return FiguresOut(
        region_code=place.code,
        region_name=place.name,
        since=period.since,
        until=period.until,
        totals=TotalsOut.from_orm(counted),
        indicators=[shape_figure(figure) for figure in queries.figures(scope, period)],
    )


@router.get(
    "/performance/indicators/{code}/regions",
    response=list[RegionFigureOut],
    summary="One indicator over the parts of a place",
)
@permitted(READ)
def list_by_region(
    request: HttpRequest, code: str, region: str = "", month: str = ""
) -> list[RegionFigureOut]:
    if indicator(code) is None:
        raise NoSuchIndicator(code=code)
    place = access.access_region(actor_of(request), region)
    parts = regions.children(place.code)
    found = queries.by_region(code, {part.code: part.path for part in parts}, period_of(month))
    return [
        RegionFigureOut(
            region_code=part.code, region_name=part.name, figure=shape_figure(found[part.code])
        )
        for part in parts
    ]


@router.get(
    "/performance/indicators/{code}/months",
    response=list[TrendPointOut],
    summary="One indicator over the last months",
)
@permitted(READ)
def list_months(
    request: HttpRequest, code: str, region: str = "", months: int = Query(12, ge=1, le=36)
) -> list[TrendPointOut]:
    if indicator(code) is None:
        raise NoSuchIndicator(code=code)
    place = access.access_region(actor_of(request), region)
    points = queries.trend(code, place.path, months=months, until=clock.today())
    return [
        TrendPointOut(
            month=month,
            value=figure.value,
            numerator=figure.numerator,
            denominator=figure.denominator,
        )
        for month, figure in points
    ]


@router.get("/performance/cases", response=paged(CaseFactOut), summary="The cases behind a figure")
@permitted(READ)
def list_cases(
    request: HttpRequest,
    indicator: str = "",
    part: str = Query("denominator", pattern="^(numerator|denominator)$"),
    region: str = "",
    item: str = "",
    month: str = "",
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=200),
) -> dict[str, object]:
    actor = actor_of(request)
    place = access.access_region(actor, region)
    page = queries.case_page(
        actor,
        Scope(region_path=place.path, item_code=item),
        period_of(month),
        code=indicator,
        part=part,
        cursor=cursor,
        limit=limit,
    )
    return {"items": [_case(row) for row in page.items], "next_cursor": page.next_cursor}


def _case(row: CaseFact) -> CaseFactOut:
    return CaseFactOut.from_orm(row)
