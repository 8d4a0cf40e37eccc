"""Indicators computed from facts, for any region, agency and item; and the rows behind them."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, FloatField, Min, Q, QuerySet, Sum
from django.db.models.functions import Cast

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from .errors import NoSuchIndicator
from .models import CaseFact, ItemFact, Snapshot
from .types import (
    INDICATORS,
    PART_NAMES,
    READ,
    Code,
    Figure,
    Part,
    Period,
    Scope,
    Totals,
    indicator,
)

ONLINE_CHANNELS = ("web", "app", "wap", "wechat", "alipay")
NOT_COUNTED = ("voided", "deleted")
POSITIVE_MAX = 3  # levels 1-3 of GB/T 39046 A.8 are positive


def next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_of(day: date) -> Period:
    since = day.replace(day=1)
    return Period(since=since, until=next_month(since))


def figure(code: str, scope: Scope, period: Period) -> Figure:
    """One indicator for one scope and period. One or two queries. Raises: NoSuchIndicator."""
    found = indicator(code)
    if found is None:
        raise NoSuchIndicator(code=code)
    return _COMPUTE[found.code](scope, period)


def figures(scope: Scope, period: Period) -> list[Figure]:
    """All six, in the plan's order."""
    return [figure(entry.code, scope, period) for entry in INDICATORS]


def by_region(code: str, paths: Mapping[str, str], period: Period) -> dict[str, Figure]:
    """One indicator for several regions; `paths` maps a region's code to its path."""
    return {region: figure(code, Scope(region_path=path), period) for region, path in paths.items()}


def trend(code: str, region_path: str, *, months: int, until: date) -> list[tuple[date, Figure]]:
    """The last `months` months, oldest first; frozen months as they were frozen.

    A past month that was not frozen and has no case has no figure: today's lists say nothing of it.
    """
    firsts = [until.replace(day=1)]
    while len(firsts) < months:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    frozen = {
        row.month: row
        for row in Snapshot.objects.filter(code=code, region_path=region_path, month__in=firsts)
    }
    found = []
    for first in reversed(firsts):
        row = frozen.get(first)
        scope, period = Scope(region_path=region_path), month_of(first)
        if row is None and first < firsts[0] and not _has_cases(scope, period):
            found.append((first, Figure(code=Code(code), numerator=0, denominator=0, excluded=0)))
        elif row is None:
            found.append((first, figure(code, scope, period)))
        else:
            kept = Figure(
                code=Code(code),
                numerator=row.numerator,
                denominator=row.denominator,
                excluded=row.excluded,
            )
            found.append((first, kept))
    return found


def _has_cases(scope: Scope, period: Period) -> bool:
    return _cases(scope).filter(_in(period, "submitted_on") | _in(period, "concluded_on")).exists()


def totals(scope: Scope, period: Period, *, today: date) -> Totals:
    """The counts of a scope. Two queries."""
    rows = _cases(scope)
    inside = _in(period, "submitted_on")
    done = _in(period, "concluded_on")
    counted = Q(rating__isnull=False, is_rating_excluded=False) & done
    sums = rows.filter(inside | done).aggregate(
        submitted=Count("pk", filter=inside),
        concluded=Count("pk", filter=done & ~Q(result__in=NOT_COUNTED)),
        granted=Count("pk", filter=done & Q(result="granted")),
        denied=Count("pk", filter=done & Q(result="denied")),
        rated=Count("pk", filter=counted),
        satisfied=Count("pk", filter=counted & Q(rating__lte=POSITIVE_MAX)),
        reused_materials=Sum("reused_materials", filter=inside, default=0),
        prefilled_fields=Sum("prefilled_fields", filter=inside, default=0),
    )
    waiting = rows.filter(concluded_on=None).aggregate(
        open=Count("pk"), overdue=Count("pk", filter=Q(promised_due_on__lt=today))
    )
    return Totals(**sums, **waiting)


def items_of(scope: Scope, period: Period) -> list[dict[str, Any]]:
    """Items with cases concluded or submitted in the period: code, agency, counts. One query."""
    rows = (
        _cases(scope)
        .filter(_in(period, "submitted_on") | _in(period, "concluded_on"))
        .values("item_code", "agency_id")
        .annotate(
            cases=Count("pk"),
            concluded=Count("pk", filter=_in(period, "concluded_on")),
            first=Min("submitted_on"),
        )
        .order_by("-cases", "item_code")[:200]
    )
    return [dict(row) for row in rows]


def item_names(codes: list[str]) -> dict[str, dict[str, str]]:
    return dict(ItemFact.objects.filter(code31__in=codes).values_list("code31", "name"))


def case_page(
    actor: Actor,
    scope: Scope,
    period: Period,
    *,
    code: str = "",
    part: str = "denominator",
    cursor: str | None = None,
    limit: int = 20,
) -> Page[CaseFact]:
    """The cases behind a figure, newest first, as far as the actor's reach goes. One query.

    `part` is "numerator" or "denominator". Raises: NoSuchIndicator, BadCursor.
    """
    rows = _cases(scope).filter(actor.reach(READ).q())
    if code == Code.ONLINE:
        rows = rows.filter(_in(period, "concluded_on")).exclude(result__in=NOT_COUNTED)
        if part == "numerator":
            rows = rows.filter(_IS_ONLINE)
    elif code == Code.LICENCES:
        rows = rows.filter(_in(period, "decided_on"), result="granted")
        if part == "numerator":
            rows = rows.filter(_HAS_LICENCE)
    elif code and indicator(code) is None:
        raise NoSuchIndicator(code=code)
    else:
        rows = rows.filter(_in(period, "submitted_on") | _in(period, "concluded_on"))
    return keyset_page(rows, order=("-case_id",), cursor=cursor, limit=limit)


_IS_ONLINE = Q(channel__in=ONLINE_CHANNELS, visits=0)
_HAS_LICENCE = Q(licence_issued_on__isnull=False) | Q(licences_used__gt=0)


def _in(period: Period, column: str) -> Q:
    return Q(**{f"{column}__gte": period.since, f"{column}__lt": period.until})


def _cases(scope: Scope) -> QuerySet[CaseFact]:
    rows = CaseFact.objects.all()
    if scope.region_path:
        rows = rows.filter(region_path__startswith=scope.region_path)
    if scope.agency_id:
        rows = rows.filter(agency_id=scope.agency_id)
    if scope.item_code:
        rows = rows.filter(item_code=scope.item_code)
    return rows


def _items(scope: Scope) -> QuerySet[ItemFact]:
    rows = ItemFact.objects.all()
    if scope.region_path:
        rows = rows.filter(region_path__startswith=scope.region_path)
    if scope.agency_id:
        rows = rows.filter(agency_id=scope.agency_id)
    if scope.item_code:
        rows = rows.filter(code31=scope.item_code)
    return rows


def _coverage(scope: Scope, period: Period) -> Figure:
    items = _items(scope)
    counted = items.aggregate(
        in_force=Count("pk", filter=Q(is_in_force=True)),
        out=Count("pk", filter=Q(is_in_force=False)),
    )
    live = (
        _cases(scope)
        .filter(_in(period, "submitted_on"))
        .filter(item_code__in=items.filter(is_in_force=True).values("code31"))
        .aggregate(count=Count("item_code", distinct=True))
    )
    return Figure(
        code=Code.COVERAGE,
        numerator=live["count"],
        denominator=counted["in_force"],
        excluded=counted["out"],
    )


def _online(scope: Scope, period: Period) -> Figure:
    ended = _in(period, "concluded_on")
    counted = ~Q(result__in=NOT_COUNTED)
    sums = (
        _cases(scope)
        .filter(ended)
        .aggregate(
            numerator=Count("pk", filter=counted & _IS_ONLINE),
            denominator=Count("pk", filter=counted),
            excluded=Count("pk", filter=~counted),
        )
    )
    return Figure(code=Code.ONLINE, **sums)


def _compression(scope: Scope, period: Period) -> Figure:
    """Sums over items; beside it the mean of the items' ratios, and what cases really took."""
    lawful = Q(is_in_force=True, statutory_workdays__gt=0)
    saved = Cast(F("statutory_workdays") - F("promised_workdays"), FloatField())
    sums = _items(scope).aggregate(
        saved=Sum(saved, filter=lawful, default=0.0),
        statutory=Sum("statutory_workdays", filter=lawful, default=0),
        ratios=Sum(saved / F("statutory_workdays"), filter=lawful, default=0.0),
        count=Count("pk", filter=lawful),
        excluded=Count("pk", filter=Q(is_in_force=True) & ~lawful),
    )
    codes = _items(scope).filter(lawful)
    limits = dict(codes.values_list("code31", "statutory_workdays"))
    taken = list(
        _cases(scope)
        .filter(_in(period, "decided_on"), workdays_used__isnull=False)
        .filter(item_code__in=codes.values("code31"))
        .values("item_code")
        .annotate(used=Sum("workdays_used"), cases=Count("pk"))
    )
    lawful_days = sum(limits[row["item_code"]] * row["cases"] for row in taken)
    used_days = sum(row["used"] for row in taken)
    return Figure(
        code=Code.COMPRESSION,
        numerator=sums["saved"],
        denominator=sums["statutory"],
        excluded=sums["excluded"],
        parts=(
            Part(name=PART_NAMES["mean"], numerator=sums["ratios"], denominator=sums["count"]),
            Part(
                name=PART_NAMES["actual"],
                numerator=lawful_days - used_days,
                denominator=lawful_days,
            ),
        ),
    )


def _licences(scope: Scope, period: Period) -> Figure:
    """Items, not cases: an item counts when its licence came out electronically or went in."""
    granted = _cases(scope).filter(_in(period, "decided_on"), result="granted")
    with_licence = _items(scope).filter(has_licence=True).values("code31")
    rows = (
        granted.filter(item_code__in=with_licence)
        .values("item_code")
        .annotate(
            issued=Count("pk", filter=Q(licence_issued_on__isnull=False)),
            used=Count("pk", filter=Q(licences_used__gt=0)),
        )
    )
    found = list(rows)
    without = granted.exclude(item_code__in=with_licence)
    excluded = without.aggregate(count=Count("item_code", distinct=True))["count"]
    issued = sum(row["issued"] > 0 for row in found)
    used = sum(row["used"] > 0 for row in found)
    either = sum(row["issued"] > 0 or row["used"] > 0 for row in found)
    return Figure(
        code=Code.LICENCES,
        numerator=either,
        denominator=len(found),
        excluded=excluded,
        parts=(
            Part(name=PART_NAMES["issued"], numerator=issued, denominator=len(found)),
            Part(name=PART_NAMES["used"], numerator=used, denominator=len(found)),
        ),
    )


def _nothing_registered(code: Code) -> Callable[[Scope, Period], Figure]:
    def compute(scope: Scope, period: Period) -> Figure:
        return Figure(code=code, numerator=0, denominator=0, excluded=0)

    return compute


_COMPUTE: dict[Code, Callable[[Scope, Period], Figure]] = {
    Code.COVERAGE: _coverage,
    Code.CONSOLIDATION: _nothing_registered(Code.CONSOLIDATION),
    Code.ONLINE: _online,
    Code.COMPRESSION: _compression,
    Code.SHARING: _nothing_registered(Code.SHARING),
    Code.LICENCES: _licences,
}
