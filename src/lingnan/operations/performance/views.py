"""The cockpit: a place's figures, one indicator over its parts, the cases behind it."""

from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.text import localise
from lingnan.kernel.web.charts import Point, Series, bar_chart, line_chart, region_map
from lingnan.kernel.web.formats import in_english
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import RegionCard

from . import access, queries
from .api import period_of
from .errors import NoSuchIndicator
from .types import INDICATORS, READ, Code, Figure, Indicator, Scope, indicator

MONTHS_SHOWN = 6


@permitted(READ)
def show_cockpit(request: HttpRequest) -> HttpResponse:
    """All six indicators of a place, its map or parts, and what lies behind them."""
    actor = actor_of(request)
    place = access.access_region(actor, request.GET.get("region"))
    month = request.GET.get("month", "")
    period = period_of(month)
    scope = Scope(region_path=place.path)
    chosen = indicator(request.GET.get("show", "")) or INDICATORS[2]
    figures = queries.figures(scope, period)
    parts = regions.children(place.code) if place.level < 3 else []
    by_part = queries.by_region(chosen.code, {part.code: part.path for part in parts}, period)
    context = {
        "place": place,
        "place_name": _name(place),
        "above": [
            (_name(region), _address(region.code, month, chosen.code))
            for region in regions.ancestors(place.code)
            if region.code != place.code and actor.reach(READ).covers(region_path=region.path)
        ],
        "period": period,
        "month": f"{period.since:%Y-%m}",
        "months": _months(),
        "totals": queries.totals(scope, period, today=clock.today()),
        "cards": [
            _card(figure, place, month, is_chosen=figure.code == chosen.code) for figure in figures
        ],
        "chosen": chosen,
        "drawing": _drawing(place, parts, by_part, chosen, month),
        "trend": _trend(chosen, place),
        "items": _items(scope, place, month),
    }
    return render(request, "performance/cockpit.html", context)


@permitted(READ)
def show_indicator(request: HttpRequest, code: str) -> HttpResponse:
    """What an indicator means, how it stands, and the cases it counts."""
    actor = actor_of(request)
    meaning = indicator(code)
    if meaning is None:
        raise NoSuchIndicator(code=code)
    place = access.access_region(actor, request.GET.get("region"))
    month = request.GET.get("month", "")
    part = "numerator" if request.GET.get("part") == "numerator" else "denominator"
    period = period_of(month)
    item_code = request.GET.get("item", "")
    scope = Scope(region_path=place.path, item_code=item_code)
    page = queries.case_page(
        actor, scope, period, code=code, part=part, cursor=request.GET.get("cursor")
    )
    names = queries.item_names(sorted({row.item_code for row in page.items}))
    query = {"region": place.code, "month": month, "item": item_code}
    context = {
        "meaning": meaning,
        "figure": queries.figure(code, scope, period),
        "place": place,
        "place_name": _name(place),
        "period": period,
        "part": part,
        "rows": [(row, localise(names.get(row.item_code))) for row in page.items],
        "next_url": f"?{urlencode({**query, 'part': part, 'cursor': page.next_cursor})}"
        if page.next_cursor
        else "",
        "numerator_url": f"?{urlencode({**query, 'part': 'numerator'})}",
        "denominator_url": f"?{urlencode({**query, 'part': 'denominator'})}",
        "back_url": _address(place.code, month, code),
    }
    return render(request, "performance/indicator.html", context)


def _name(place: RegionCard) -> str:
    return place.name_en if in_english() and place.name_en else localise(place.name)


def _address(region: str, month: str, show: str) -> str:
    query = {"region": region, "month": month, "show": show}
    return f"{reverse('performance:cockpit')}?{urlencode({k: v for k, v in query.items() if v})}"


def _card(figure: Figure, place: RegionCard, month: str, *, is_chosen: bool) -> dict[str, object]:
    meaning = indicator(figure.code)
    query = urlencode({"region": place.code, "month": month})
    return {
        "meaning": meaning,
        "figure": figure,
        "is_chosen": is_chosen,
        "show_url": _address(place.code, month, figure.code),
        "open_url": f"{reverse('performance:indicator', args=[figure.code])}?{query}",
    }


def _drawing(
    place: RegionCard,
    parts: list[RegionCard],
    by_part: dict[str, Figure],
    chosen: Indicator,
    month: str,
) -> str:
    if not parts:
        return ""
    title = _("%(indicator)s by place") % {"indicator": chosen.name}
    values = {code: figure.value for code, figure in by_part.items()}
    sentence = _sentence(parts, values)
    if place.level == 1:
        shapes = regions.city_shapes()
        boundaries = {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {
                        "code12": shape.code,
                        "name": shape.name_en if in_english() else localise(shape.name),
                        "lng": shape.label_lng,
                        "lat": shape.label_lat,
                    },
                    "geometry": shape.geometry,
                }
                for shape in shapes
            ],
        }
        urls = {part.code: _address(part.code, month, chosen.code) for part in parts}
        return region_map(
            title, boundaries, values, urls=urls, unit="%", sentence=sentence, decimals=1
        )
    points = [
        Point(_name(part), values[part.code], _address(part.code, month, chosen.code))
        for part in parts
    ]
    return bar_chart(title, points, unit="%", sentence=sentence, decimals=1)


def _sentence(parts: list[RegionCard], values: dict[str, float | None]) -> str:
    known = [(value, part) for part in parts if (value := values.get(part.code)) is not None]
    if not known:
        return _("No place has a figure for this month yet.")
    best = max(known, key=lambda pair: pair[0])
    return _("%(count)s of %(all)s places have a figure; %(place)s leads with %(value).1f %%.") % {
        "count": len(known),
        "all": len(parts),
        "place": _name(best[1]),
        "value": best[0],
    }


def _trend(chosen: Indicator, place: RegionCard) -> str:
    points = queries.trend(chosen.code, place.path, months=MONTHS_SHOWN, until=clock.today())
    series = Series(
        str(chosen.name), [Point(f"{month:%Y-%m}", figure.value) for month, figure in points]
    )
    title = _("%(indicator)s, month by month") % {"indicator": chosen.name}
    return line_chart(title, [series], unit="%")


def _items(scope: Scope, place: RegionCard, month: str) -> list[dict[str, object]]:
    rows = queries.items_of(scope, period_of(month))[:20]
    names = queries.item_names([row["item_code"] for row in rows])
    bodies = agencies.agencies([row["agency_id"] for row in rows])
    found = []
    for row in rows:
        body = bodies.get(row["agency_id"])
        query = urlencode({"region": place.code, "month": month, "item": row["item_code"]})
        found.append(
            {
                "name": localise(names.get(row["item_code"])) or row["item_code"],
                "agency": (body.name_en if in_english() else localise(body.name)) if body else "",
                "cases": row["cases"],
                "concluded": row["concluded"],
                "url": f"{reverse('performance:indicator', args=[Code.COVERAGE])}?{query}",
            }
        )
    return found


def _months() -> list[str]:
    first = clock.today().replace(day=1)
    found = []
    for _number in range(12):
        found.append(f"{first:%Y-%m}")
        first = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    return found
