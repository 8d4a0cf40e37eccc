"""The calendar's verbs: publish a year, record a closure, put the shipped years into the tables."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from lingnan.kernel import clock, events, locks
from lingnan.kernel.actors import SYSTEM, Actor

from . import queries
from .errors import (
    ClosureExists,
    ClosureMalformed,
    YearIncomplete,
    YearPast,
    YearTooFar,
)
from .events import CalendarPublished, ClosureRecorded
from .models import CalendarVersion, OverrideKind, PublishedYear, WorkdayOverride
from .seed import SOURCE, shipped_days, shipped_years
from .types import MANAGE_CALENDAR, SpecialDay

WHOLE_PROVINCE = "440000000000/"
CLOSURE_DAYS_MAX = 60  # our default: longer is no closure but a change of the law


@transaction.atomic
def publish_year(
    *, actor: Actor, year: int, days: Sequence[SpecialDay], source_doc: str, at: datetime
) -> PublishedYear:
    """Make the official arrangement of a year final; publishing it again replaces it.

    `days` are the holidays and swapped workdays of that year; closures stay as they are. Whoever
    keeps deadlines hears `CalendarPublished` and computes them again.
    Locks the calendar. Raises: Forbidden (403); YearPast, YearTooFar (409); YearIncomplete (422).
    Source: 全国年节及纪念日放假办法; the yearly notice.
    """
    actor.check(MANAGE_CALENDAR, region_path=WHOLE_PROVINCE)
    locks.hold("calendar", "version")
    if year < clock.local_date(at).year:
        raise YearPast(year=year)
    _check_arrangement(year, days, source_doc)
    known = shipped_years() | set(PublishedYear.objects.values_list("year", flat=True))
    if year not in known and year - 1 not in known:
        raise YearTooFar(year=year, previous=year - 1)

    WorkdayOverride.objects.filter(date__year=year, region_code="").exclude(
        kind=OverrideKind.CLOSURE
    ).delete()
    closed = set(
        WorkdayOverride.objects.filter(region_code="", date__year=year).values_list(
            "date", flat=True
        )
    )
    days = [day for day in days if day.on not in closed]
    _insert(days, source_doc=source_doc)
    published, is_new = PublishedYear.objects.update_or_create(
        year=year,
        defaults={"source_doc": source_doc, "published_by": actor.name, "published_at": at},
    )
    if not is_new or year in shipped_years():
        published.revision += 1
        published.save(update_fields=["revision"])
    events.publish(
        CalendarPublished(
            year=year,
            revision=published.revision,
            version=_advance_version(),
            actor_id=actor.officer_id,
            actor_name=actor.name,
        ),
        at=at,
    )
    return published


@transaction.atomic
def record_closure(
    *,
    actor: Actor,
    region_code: str,
    first_on: date,
    last_on: date,
    name: str,
    source_doc: str,
    at: datetime,
    name_en: str = "",
) -> int:
    """Offices of a division, and of those below it, do not work on these days (a typhoon).

    Days that are no working days there anyway are left out; returns how many were marked. Known
    deadlines there are computed again (`ClosureRecorded`).
    Locks the calendar. Raises: Forbidden (403); ClosureMalformed (422); ClosureExists (409).
    Source: 突发事件应对法.
    """
    code = region_code.strip()
    path = region_path_of(code) if code else WHOLE_PROVINCE
    actor.check(MANAGE_CALENDAR, region_path=path)
    length = (last_on - first_on).days + 1
    complete = bool(name.strip() and source_doc.strip()) and (not code or len(code) == 12)
    if not complete or not 1 <= length <= CLOSURE_DAYS_MAX:
        raise ClosureMalformed(limit=CLOSURE_DAYS_MAX)
    locks.hold("calendar", "version")
    queries.refresh()
    wanted = [first_on + timedelta(days=n) for n in range(length)]
    clash = (
        WorkdayOverride.objects.filter(region_code=code, date__in=wanted, kind=OverrideKind.CLOSURE)
        .values_list("date", flat=True)
        .first()
    )
    if clash is not None:
        raise ClosureExists(date=clash)
    closed = [on for on in wanted if queries.is_workday(on, region_code=path if code else "")]
    if not code:
        # For the whole country a swapped workday and its closure would be two rows of one scope.
        WorkdayOverride.objects.filter(
            region_code="", date__in=closed, kind=OverrideKind.SWAPPED_WORKDAY
        ).delete()
    WorkdayOverride.objects.bulk_create(
        WorkdayOverride(
            date=on,
            is_workday=False,
            kind=OverrideKind.CLOSURE,
            name=name.strip(),
            name_en=name_en.strip(),
            region_code=code,
            source_doc=source_doc.strip(),
        )
        for on in closed
    )
    events.publish(
        ClosureRecorded(
            first_on=first_on,
            last_on=last_on,
            region_code=code,
            version=_advance_version(),
            actor_id=actor.officer_id,
            actor_name=actor.name,
        ),
        at=at,
    )
    return len(closed)


@transaction.atomic
def load_calendar(*, at: datetime) -> int:
    """Put the shipped years into the tables where they are not yet; returns how many were added.

    Years an administrator has published are left alone, so running it again changes nothing.
    """
    locks.hold("calendar", "version")
    known = set(PublishedYear.objects.values_list("year", flat=True))
    missing = shipped_years() - known
    if not missing:
        return 0
    closed = set(WorkdayOverride.objects.filter(region_code="").values_list("date", flat=True))
    days = [day for day in shipped_days() if day.on.year in missing and day.on not in closed]
    _insert(days, source_doc=SOURCE)
    PublishedYear.objects.bulk_create(
        PublishedYear(year=year, source_doc=SOURCE, published_by=SYSTEM.name, published_at=at)
        for year in sorted(missing)
    )
    _advance_version()
    return len(missing)


def region_path_of(code: str) -> str:
    """The path of a division by the digits of its code, coarsest first."""
    return "".join(f"{part}/" for part in sorted(queries.scope_codes(code)))


def _check_arrangement(year: int, days: Sequence[SpecialDay], source_doc: str) -> None:
    marked = {day.on: day.is_workday for day in days}

    def is_rest(on: date) -> bool:
        return not marked[on] if on in marked else on.weekday() >= 5

    spring = [date(year, 1, 15) + timedelta(days=n) for n in range(45)]
    reasons = {
        "source_doc": not source_doc.strip(),
        "one_day_twice": len(marked) != len(days),
        "day_of_another_year": any(on.year != year for on in marked),
        "swapped_workday_not_on_a_weekend": any(
            is_workday and on.weekday() < 5 for on, is_workday in marked.items()
        ),
        "region_or_closure": any(
            day.region_code or day.kind == OverrideKind.CLOSURE for day in days
        ),
        "new_year": not is_rest(date(year, 1, 1)),
        "spring_festival": sum(1 for on in spring if on in marked and not marked[on]) < 3,
        "labour_day": not is_rest(date(year, 5, 1)),
        "national_day": not all(is_rest(date(year, 10, n)) for n in (1, 2, 3)),
    }
    wrong = [reason for reason, is_wrong in reasons.items() if is_wrong]
    if wrong:
        raise YearIncomplete(reason=", ".join(wrong), year=year)


def _insert(days: Iterable[SpecialDay], *, source_doc: str) -> None:
    WorkdayOverride.objects.bulk_create(
        WorkdayOverride(
            date=day.on,
            is_workday=day.is_workday,
            kind=OverrideKind.SWAPPED_WORKDAY if day.is_workday else OverrideKind.HOLIDAY,
            name=day.name,
            name_en=day.name_en,
            source_doc=source_doc,
        )
        for day in days
    )


def _advance_version() -> int:
    """A number that grows and never comes twice, not even after a rollback: microseconds, not a
    count, because other processes decide by it alone whether what they hold is old.
    """
    CalendarVersion.objects.get_or_create(id=1)
    stamp = int(clock.now().timestamp() * 1_000_000)
    CalendarVersion.objects.update(number=Greatest(F("number") + 1, stamp))
    transaction.on_commit(queries.forget)
    return CalendarVersion.objects.get(id=1).number
