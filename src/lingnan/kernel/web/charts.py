"""Charts as SVG made on the server: one message each, labels at the marks, a table behind each.

Nothing here needs JavaScript or inline styles; colours come from the style sheet, so the big-screen
mode and print change them in one place. A missing value (None) is drawn as missing, never as zero.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from .formats import format_number

WIDTH = 560
BAR_HEIGHT = 38
LABEL_SIZE = 17
LABEL_WIDTH = 118
VALUE_WIDTH = 112
LINE_HEIGHT = 270
SERIES_MAX = 4
PARTS_MAX = 6
SCALE_STEPS = 5
MAP_WIDTH = 640


@dataclass(frozen=True, slots=True)
class Point:
    """A label with its value; `url` opens the rows behind the figure."""

    label: str
    value: float | None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    points: Sequence[Point]


def bar_chart(
    title: str,
    points: Sequence[Point],
    *,
    unit: str = "",
    sentence: str = "",
    decimals: int | None = None,
) -> SafeString:
    """Horizontal bars, longest labels first to be read; for comparing up to about 25 things."""
    top = max((point.value for point in points if point.value is not None), default=0) or 1
    labels_end = _label_width(point.label for point in points)
    room = WIDTH - labels_end - VALUE_WIDTH
    rows = []
    for index, point in enumerate(points):
        y = index * BAR_HEIGHT
        text = _value_text(point.value, unit, decimals)
        width = _px(room * max(point.value or 0, 0) / top)
        mark = format_html(
            '<text class="chart__end" x="{}" y="{}">{}</text>'
            '<rect class="chart__bar" x="{}" y="{}" width="{}" height="{}" rx="3"/>'
            '<text x="{}" y="{}">{}</text>',
            labels_end - 12,
            y + 25,
            point.label,
            labels_end,
            y + 7,
            width,
            BAR_HEIGHT - 13,
            _px(labels_end + float(width) + 8),
            y + 25,
            text,
        )
        rows.append(_linked(point.url, mark))
    height = max(len(points), 1) * BAR_HEIGHT
    axis = format_html('<path class="chart__axis" d="M{} 0V{}"/>', labels_end, height)
    drawing = _svg(title, WIDTH, height, _join([*rows, axis]))
    return _figure(
        title, sentence, drawing, (_("Name"), unit or _("Value")), _rows(points, unit, decimals)
    )


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    unit: str = "",
    sentence: str = "",
    decimals: int | None = None,
) -> SafeString:
    """Change over time, at most four lines, each named at its end; every series has one x axis.

    Raises: ValueError for more than four series or labels that differ.
    """
    labels = [point.label for point in series[0].points] if series else []
    if len(series) > SERIES_MAX:
        raise ValueError("a chart with more than four lines says nothing")
    if any([point.label for point in line.points] != labels for line in series):
        raise ValueError("all series run over the same labels")
    values = [p.value for line in series for p in line.points if p.value is not None]
    low, high, ticks = _scale(values)
    left, top, bottom = 56, 12, 40
    right = max(104, _label_width(line.name for line in series))
    width, height = WIDTH - left - right, LINE_HEIGHT - top - bottom
    step = width / max(len(labels) - 1, 1)

    def x(index: int) -> float:
        return left + (index * step if len(labels) > 1 else width / 2)

    def y(value: float) -> float:
        return top + height - (value - low) / (high - low) * height

    parts = [
        format_html(
            '<path class="chart__grid" d="M{} {}H{}"/>'
            '<text class="chart__soft chart__end" x="{}" y="{}">{}</text>',
            left,
            _px(y(tick)),
            left + width,
            left - 10,
            _px(y(tick) + 5),
            format_number(tick, decimals),
        )
        for tick in ticks
    ]
    every = max(1, math.ceil(len(labels) / 6))
    parts += [
        format_html(
            '<text class="chart__soft chart__middle" x="{}" y="{}">{}</text>',
            _px(x(index)),
            LINE_HEIGHT - 14,
            label,
        )
        for index, label in enumerate(labels)
        if index % every == 0
    ]
    taken: list[float] = []
    for number, line in enumerate(series, start=1):
        places = [(x(i), y(p.value)) for i, p in enumerate(line.points) if p.value is not None]
        parts.append(
            format_html(
                '<path class="chart__line chart__line--{}" d="{}"/>', number, _path(line, x, y)
            )
        )
        if not places:
            continue
        end_x, end_y = places[-1]
        label_y = end_y
        while any(abs(label_y - other) < 18 for other in taken):
            label_y += 18
        taken.append(label_y)
        parts.append(
            format_html(
                '<circle class="chart__dot chart__dot--{}" cx="{}" cy="{}" r="5"/>'
                '<text x="{}" y="{}">{}</text>',
                number,
                _px(end_x),
                _px(end_y),
                _px(end_x + 12),
                _px(label_y + 5),
                line.name,
            )
        )
    drawing = _svg(title, WIDTH, LINE_HEIGHT, _join(parts))
    head = (_("Time"), *(f"{line.name} ({unit})" if unit else line.name for line in series))
    rows = [
        (label, *(_value_text(line.points[i].value, "", decimals) for line in series))
        for i, label in enumerate(labels)
    ]
    return _figure(title, sentence, drawing, head, rows)


def sparkline(title: str, values: Sequence[float | None]) -> SafeString:
    """A small line beside a figure; the title is read in its place."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = (high - low) or 1
    points = Series("", [Point("", value) for value in values])
    step = 120 / max(len(values) - 1, 1)

    def x(index: int) -> float:
        return 4 + index * step

    def y(value: float) -> float:
        return 28 - (value - low) / span * 24

    line = format_html('<path class="chart__line" d="{}"/>', _path(points, x, y))
    dots = [
        format_html('<circle class="chart__dot" cx="{}" cy="{}" r="3.5"/>', _px(x(i)), _px(y(v)))
        for i, v in enumerate(values)
        if v is not None
    ][-1:]
    return format_html(
        '<span class="chart chart--sparkline">{}</span>', _svg(title, 128, 32, _join([line, *dots]))
    )


def share_chart(
    title: str, parts: Sequence[Point], *, unit: str = "", sentence: str = ""
) -> SafeString:
    """One bar of shares of a whole, at most six parts. Raises: ValueError for more."""
    if len(parts) > PARTS_MAX:
        raise ValueError("more than six parts cannot be told apart; join the small ones")
    total = sum(part.value or 0 for part in parts)
    drawn, legend, rows = [], [], []
    place = 0.0
    for number, part in enumerate(parts, start=1):
        share = (part.value or 0) / total if total else 0
        width = share * WIDTH
        shape = format_html(
            '<rect class="chart__part chart__part--{}" x="{}" y="0" width="{}" height="44"/>',
            number,
            _px(place),
            _px(width),
        )
        drawn.append(
            _linked(part.url, format_html("{}<title>{}</title>", shape, part.label), part.label)
        )
        place += width
        percent = f"{share * 100:.1f}%"
        legend.append(
            format_html(
                '<li><svg viewBox="0 0 14 10" aria-hidden="true">'
                '<rect class="chart__part chart__part--{}" width="14" height="10"/></svg>'
                "{} {}</li>",
                number,
                part.label,
                percent,
            )
        )
        rows.append((part.label, _value_text(part.value, unit, None), percent))
    drawing = format_html(
        '{}<ul class="legend">{}</ul>', _svg(title, WIDTH, 44, _join(drawn)), _join(legend)
    )
    return _figure(title, sentence, drawing, (_("Name"), unit or _("Value"), _("Share")), rows)


def region_map(
    title: str,
    boundaries: Mapping[str, Any],
    values: Mapping[str, float | None],
    *,
    urls: Mapping[str, str] | None = None,
    unit: str = "",
    sentence: str = "",
    decimals: int | None = None,
) -> SafeString:
    """Areas coloured in five steps of equal count; `boundaries` is GeoJSON in GCJ-02.

    `values` and `urls` go by 12-digit code (property `code12`, else `adcode`). An area without a
    value is hatched. The note under the map says that it is not a reviewed public map.
    """
    features = [item for item in boundaries.get("features", []) if item.get("geometry")]
    rings = {_code(item): _rings(item["geometry"]) for item in features}
    project, height = _projection([point for item in rings.values() for r in item for point in r])
    limits = _quantiles([value for value in values.values() if value is not None])
    # Steps that read alike would be one colour too many.
    limits = list({_value_text(limit, unit, decimals): limit for limit in limits}.values())
    shapes, labels, rows = [], [], []
    for item in features:
        code = _code(item)
        name = str(item.get("properties", {}).get("name", code))
        value = values.get(code)
        text = _value_text(value, unit, decimals)
        step = f"map__area--{_step_of(value, limits)}" if value is not None else "map__area--none"
        outline = "".join(
            "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in map(project, ring)) + "Z"
            for ring in rings[code]
        )
        area = format_html(
            '<path class="map__area {}" d="{}"><title>{} {}</title></path>',
            step,
            outline,
            name,
            text,
        )
        url = (urls or {}).get(code, "")
        shapes.append(_linked(url, area, f"{name} {text}"))
        at_x, at_y = project(_centre(item, rings[code]))
        short = name.removesuffix("市")
        labels.append(
            format_html(
                '<text class="map__label" x="{}" y="{}">{}</text>', _px(at_x), _px(at_y), short
            )
        )
        rows.append((name, text))
    hatch = mark_safe(
        '<defs><pattern id="map-none" width="7" height="7" patternUnits="userSpaceOnUse">'
        '<path class="map__hatch" d="M0 7 7 0"/></pattern></defs>'
    )
    drawing = format_html(
        '{}<ul class="legend">{}</ul><p class="small soft">{}</p>',
        _svg(title, MAP_WIDTH, round(height), _join([hatch, *shapes, *labels]), "map"),
        _legend(limits, unit, decimals, any(values.get(code) is None for code in rings)),
        _("Boundaries in GCJ-02, for orientation; not a reviewed public map (no 审图号)."),
    )
    return _figure(title, sentence, drawing, (_("Name"), unit or _("Value")), rows)


# pieces


def _figure(
    title: str,
    sentence: str,
    drawing: SafeString,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> SafeString:
    return render_to_string(
        "web/parts/chart.html",
        {"title": title, "sentence": sentence, "drawing": drawing, "head": head, "rows": rows},
    )


def _svg(title: str, width: int, height: int, inner: SafeString, classes: str = "") -> SafeString:
    has_links = "<a " in inner
    return format_html(
        '<svg viewBox="0 0 {} {}" role="{}" aria-label="{}"{}>{}</svg>',
        width,
        height,
        "group" if has_links else "img",
        title,
        format_html(' class="{}"', classes) if classes else "",
        inner,
    )


def _label_width(labels: Iterable[str]) -> int:
    """Room for the longest label: a Chinese character is about twice as wide as a letter."""
    longest = max(
        (sum(1 if ord(c) > 0x2E80 else 0.6 for c in label) for label in labels), default=0
    )
    return min(max(LABEL_WIDTH, round(longest * LABEL_SIZE) + 20), WIDTH // 2)


def _linked(url: str, mark: SafeString, label: str = "") -> SafeString:
    if not url:
        return mark
    if label:
        return format_html('<a href="{}" aria-label="{}">{}</a>', url, label, mark)
    return format_html('<a href="{}">{}</a>', url, mark)


def _join(parts: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _px(value: float | str) -> str:
    return f"{float(value):.1f}"


def _value_text(value: float | None, unit: str, decimals: int | None) -> str:
    if value is None:
        return _("no figure")
    number = format_number(value, decimals)
    return f"{number}{unit}" if unit in {"%", "‰"} else f"{number} {unit}".strip()


def _rows(points: Sequence[Point], unit: str, decimals: int | None) -> list[tuple[str, str]]:
    return [(point.label, _value_text(point.value, unit, decimals)) for point in points]


def _path(line: Series, x: Any, y: Any) -> str:
    """The line, lifted where a value is missing."""
    written, down = [], False
    for index, point in enumerate(line.points):
        if point.value is None:
            down = False
            continue
        written.append(f"{'L' if down else 'M'}{x(index):.1f} {y(point.value):.1f}")
        down = True
    return "".join(written)


def _scale(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """A round axis from zero (or below) to above the highest value."""
    high = max([*values, 0.0])
    low = min([*values, 0.0])
    span = (high - low) or 1.0
    raw = span / 4
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if raw <= power * nice)
    first = math.floor(low / step) * step
    count = math.ceil((high - first) / step) or 1
    ticks = [round(first + step * index, 9) for index in range(count + 1)]
    return ticks[0], ticks[-1], ticks


def _quantiles(values: Sequence[float]) -> list[float]:
    """Upper limits of the steps, each a value that occurs; fewer where values are few."""
    ordered = sorted(values)
    if not ordered:
        return []
    places = [math.ceil(len(ordered) * step / SCALE_STEPS) - 1 for step in range(1, 6)]
    return sorted({ordered[max(place, 0)] for place in places})


def _step_of(value: float, limits: Sequence[float]) -> int:
    index = next((i for i, limit in enumerate(limits) if value <= limit), len(limits) - 1)
    return index + 1 + (SCALE_STEPS - len(limits)) * (len(limits) > 1)


def _legend(
    limits: Sequence[float], unit: str, decimals: int | None, has_missing: bool
) -> SafeString:
    items = []
    for limit in limits:
        items.append(
            format_html(
                '<li><svg viewBox="0 0 14 10" aria-hidden="true">'
                '<rect class="map__area map__area--{}" width="14" height="10"/></svg>{}</li>',
                _step_of(limit, limits),
                _("up to %(value)s") % {"value": _value_text(limit, unit, decimals)},
            )
        )
    if has_missing:
        items.append(
            format_html(
                '<li><svg viewBox="0 0 14 10" aria-hidden="true"><path class="map__hatch"'
                ' d="M0 10 10 0M4 10 14 0"/></svg>{}</li>',
                _("no figure"),
            )
        )
    return _join(items)


def _code(feature: Mapping[str, Any]) -> str:
    properties = feature.get("properties", {})
    return str(properties.get("code12") or properties.get("adcode") or feature.get("id", ""))


Coordinates = tuple[float, float]


def _rings(geometry: Mapping[str, Any]) -> list[list[Coordinates]]:
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    return [
        [(float(point[0]), float(point[1])) for point in ring]
        for polygon in polygons
        for ring in polygon
    ]


def _centre(feature: Mapping[str, Any], rings: Sequence[Sequence[Coordinates]]) -> Coordinates:
    """Where the name stands: the middle of the largest ring's box, inside enough for our areas."""
    largest = max(rings, key=lambda ring: abs(_signed_area(ring)))
    area = _signed_area(largest)
    if not area:
        return largest[0]
    x = y = 0.0
    for (x1, y1), (x2, y2) in zip(largest, [*largest[1:], largest[0]], strict=True):
        cross = x1 * y2 - x2 * y1
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    return x / (6 * area), y / (6 * area)


def _signed_area(ring: Sequence[Coordinates]) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def _projection(points: Sequence[Coordinates]) -> tuple[Any, float]:
    """Equirectangular around the middle latitude: true enough for a province."""
    if not points:
        return (lambda point: (0.0, 0.0)), 100.0
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = (MAP_WIDTH - 20) / (((east - west) * squeeze) or 1)

    def project(point: Coordinates) -> Coordinates:
        return 10 + (point[0] - west) * squeeze * scale, 10 + (north - point[1]) * scale

    return project, (north - south) * scale + 20
