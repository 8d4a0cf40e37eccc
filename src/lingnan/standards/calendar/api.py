"""Working days and deadlines for programs."""

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted

from . import queries, services
from .errors import OnePeriod
from .models import PublishedYear
from .schemas import (
    CalendarOut,
    ClosureIn,
    ClosureOut,
    CountOut,
    DueOut,
    PublishedYearOut,
    SpecialDayOut,
    YearIn,
    YearOut,
)
from .types import MANAGE_CALENDAR, CalendarDays, CalendarMonths, SpecialDay, Workdays

router = Router(tags=["calendar"])

REGION = Query(
    "", max_length=80, description="Code or path of a division; its closures count as rest"
)


@router.get("/calendar", response=CalendarOut, summary="What is published")
@open_to_all
def calendar(request: HttpRequest) -> CalendarOut:
    """The published years; deadlines after the last of them are provisional."""
    return CalendarOut(
        version=queries.version(),
        published_years=sorted(queries.published_years()),
        last_published_year=queries.last_published_year(),
    )


@router.get("/calendar/years/{year}", response=YearOut, summary="The special days of a year")
@open_to_all
def year_days(request: HttpRequest, year: int, region: str = REGION) -> YearOut:
    """Holidays, swapped workdays and closures: every day that is not what its weekday says."""
    return YearOut(
        year=year,
        published=year in queries.published_years(),
        days=[
            SpecialDayOut.from_orm(day) for day in queries.special_days(year, region_code=region)
        ],
    )


@router.get("/calendar/due", response=DueOut, summary="Compute the last day of a period")
@open_to_all
def due(
    request: HttpRequest,
    start: Annotated[date, Query(description="The day the period starts from; not counted")],
    workdays: int | None = Query(None, ge=0, le=5000),
    calendar_days: int | None = Query(None, ge=0, le=5000),
    months: int | None = Query(None, ge=0, le=240),
    region: str = REGION,
) -> DueOut:
    """Working days, calendar days or months: exactly one, because they are different periods.

    A period of calendar days or months that ends on a day of rest ends on the next working day.
    """
    if sum(given is not None for given in (workdays, calendar_days, months)) != 1:
        raise OnePeriod
    if workdays is not None:
        found = queries.add_workdays(start, Workdays(workdays), region_code=region)
    elif calendar_days is not None:
        found = queries.add_calendar_days(start, CalendarDays(calendar_days), region_code=region)
    else:
        found = queries.add_months(start, CalendarMonths(months or 0), region_code=region)
    return DueOut(start=start, on=found.on, provisional=found.provisional)


@router.get("/calendar/workdays-between", response=CountOut, summary="Count working days")
@open_to_all
def workdays_between(
    request: HttpRequest, start: date, end: date, region: str = REGION
) -> CountOut:
    """Working days after `start` up to and including `end`."""
    count = queries.workdays_between(start, end, region_code=region)
    return CountOut(start=start, end=end, workdays=count)


@router.put(
    "/calendar/years/{year}", response=PublishedYearOut, summary="Publish a year's working days"
)
@permitted(MANAGE_CALENDAR)
@idempotent
def publish_year(request: HttpRequest, year: int, payload: YearIn) -> PublishedYear:
    """Deadlines that run into the year are computed again from it."""
    days = [
        SpecialDay(
            on=day.on,
            is_workday=day.kind == "swapped_workday",
            kind=day.kind,
            name=day.name,
            name_en=day.name_en,
        )
        for day in payload.days
    ]
    return services.publish_year(
        actor=actor_of(request),
        year=year,
        days=days,
        source_doc=payload.source_doc,
        at=clock.now(),
    )


@router.post("/calendar/closures", response=ClosureOut, summary="Record a closure")
@permitted(MANAGE_CALENDAR)
@idempotent
def record_closure(request: HttpRequest, payload: ClosureIn) -> ClosureOut:
    """A typhoon, a flood: the offices of a division do not work on these days."""
    closed = services.record_closure(
        actor=actor_of(request),
        region_code=payload.region_code,
        first_on=payload.first_on,
        last_on=payload.last_on,
        name=payload.name,
        name_en=payload.name_en,
        source_doc=payload.source_doc,
        at=clock.now(),
    )
    return ClosureOut(workdays_closed=closed)
