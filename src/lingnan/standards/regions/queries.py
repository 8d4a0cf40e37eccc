"""Questions to the tree of divisions. Each is one query unless it says otherwise."""

import json
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.db.models import (
    Case,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Length

from lingnan.kernel.pagination import Page, keyset_page

from .errors import NoSuchRegion
from .models import Region, RegionQuerySet, Succession
from .text import grams, query_grams, words
from .types import PROVINCE_CODE, RegionCard, Resolution, Shape

_SEED = Path(__file__).parent / "seed"
SEARCH_MAX = 100


def region(code: str, on: date | None = None) -> RegionCard:
    """The division with this code, today or on a day. Raises: NoSuchRegion (404)."""
    row = _on(on).filter(code=code).first()
    if row is None:
        raise NoSuchRegion(region_code=code)
    return _card(row)


def regions(codes: list[str]) -> dict[str, RegionCard]:
    """Present divisions by code, for lists; unknown codes are left out."""
    return {row.code: _card(row) for row in Region.objects.current().filter(code__in=codes)}


def province() -> RegionCard:
    """The root of the tree. Raises: NoSuchRegion (404) before the seed is loaded."""
    return region(PROVINCE_CODE)


def children(code: str, on: date | None = None) -> list[RegionCard]:
    """What lies directly below, by code; towns of Dongguan and Zhongshan directly below the city.

    Each says whether anything lies below it in turn. Two queries.
    Raises: NoSuchRegion (404).
    """
    parent = region(code, on)
    rows = _with_children(_on(on).filter(parent_id=parent.id), on).order_by("-is_gb", "code")
    return [_card(row) for row in rows]


def children_page(code: str, *, cursor: str | None = None, limit: int = 50) -> Page[Region]:
    """The same in pages. Two queries. Raises: NoSuchRegion (404); BadCursor (422)."""
    parent = region(code)
    rows = _with_children(Region.objects.current().filter(parent_id=parent.id), None)
    return keyset_page(rows, order=("code", "id"), cursor=cursor, limit=limit)


def ancestors(code: str, on: date | None = None) -> list[RegionCard]:
    """From the province down to the division itself. Two queries. Raises: NoSuchRegion (404)."""
    own = region(code, on)
    by_code = {row.code: _card(row) for row in _on(on).filter(code__in=own.codes)}
    return [by_code[found] for found in own.codes if found in by_code]


def subtree(path: str) -> QuerySet[Region]:
    """Present divisions at and below a path."""
    return Region.objects.current().filter(path__startswith=path)


def at_level(level: int, *, path: str = "") -> list[RegionCard]:
    """Present divisions of a level (2 cities, 3 counties, 4 towns), by code."""
    rows = subtree(path).filter(level=level).order_by("code")
    return [_card(row) for row in rows]


def search(
    text: str, limit: int = 20, *, path: str = "", level: int | None = None
) -> list[RegionCard]:
    """By name, part of a name, pinyin or its initials; several words narrow each other.

    "天河", "tianhe", "th", "广州 天河": an exact name first, then the higher level, then the
    shorter name. The last word is what is sought, those before it say where; a word of pinyin
    among those costs one query more.
    """
    wanted = words(text)[:5]
    if not wanted:
        return []
    rows = Region.objects.current().filter(_matches(wanted[-1]))
    for word in wanted[:-1]:
        rows = rows.filter(_lies_in(word))
    if path:
        rows = rows.filter(path__startswith=path)
    if level is not None:
        rows = rows.filter(level=level)
    rows = rows.order_by(_rank(wanted[-1]), "level", Length("name"), "code")
    return [_card(row) for row in rows[: min(limit, SEARCH_MAX)]]


def resolve(code: str, on: date | None = None) -> Resolution:
    """What a code that was valid on a day is today: renamed, given a new code, merged, or the same.

    Without a day, the present division, else the last one that had this code. An abolished code
    whose successor the record does not tell has an empty `now`; `within` is then, as always, the
    nearest present division that holds the place. Two queries, and one more per step of history.
    Raises: NoSuchRegion (404) when the code never stood for anything.
    """
    rows = list(Region.objects.filter(code=code).order_by("-valid_until"))
    if not rows:
        raise NoSuchRegion(region_code=code)
    then = rows[0] if on is None else next((row for row in rows if _covers(row, on)), None)
    start = then or rows[0]
    seen, now, waiting = {start.id}, [], [start]
    while waiting:
        now += [row for row in waiting if row.is_current]
        past = [row.id for row in waiting if not row.is_current]
        waiting = []
        if past:
            steps = Succession.objects.filter(predecessor_id__in=past).select_related("successor")
            for step in steps.order_by("successor__code"):
                if step.successor_id not in seen:
                    seen.add(step.successor_id)
                    waiting.append(step.successor)
    above = Region.objects.current().filter(code__in=start.path.split("/")).order_by("-level")
    holder = now[0] if len(now) == 1 else above.first()
    return Resolution(
        code=code,
        then=_card(then) if then else None,
        now=tuple(_card(row) for row in now),
        within=_card(holder) if holder else None,
    )


@lru_cache(maxsize=1)
def city_shapes() -> tuple[Shape, ...]:
    """The 21 cities' outlines for small maps, simplified; a file of the module, no query.

    Coordinates are GCJ-02. This is not a reviewed public map (no 审图号): say so where it is shown.
    """
    content = json.loads((_SEED / "cities.geojson").read_text(encoding="utf-8"))
    return tuple(
        Shape(
            code=feature["properties"]["code"],
            name=feature["properties"]["name"],
            name_en=feature["properties"]["name_en"],
            geometry=feature["geometry"],
            label_lng=feature["properties"]["lng"],
            label_lat=feature["properties"]["lat"],
        )
        for feature in content["features"]
    )


def _on(on: date | None) -> RegionQuerySet:
    return Region.objects.current() if on is None else Region.objects.valid_on(on)


def _covers(row: Region, on: date) -> bool:
    return (row.valid_from is None or row.valid_from <= on) and (
        row.valid_until is None or row.valid_until > on
    )


def _with_children(rows: RegionQuerySet, on: date | None) -> RegionQuerySet:
    below = _on(on).filter(parent_id=OuterRef("pk"))
    return rows.annotate(has_children=Exists(below))


def _matches(word: str) -> Q:
    if word.isascii():
        if word.isdigit():
            return Q(code__startswith=word)
        lower = word.lower()
        return Q(pinyin__startswith=lower) | Q(initials__startswith=lower)
    return Q(grams__contains=query_grams(word), name__contains=word)


def _lies_in(word: str) -> Q:
    """Below (or at) something of that name."""
    if not word.isascii():
        return Q(full_name__contains=word)
    above = Region.objects.current().filter(_matches(word), level__lte=4).order_by("level", "code")
    places = Q(pk__in=[])
    for path in above.values_list("path", flat=True)[:SEARCH_MAX]:
        places |= Q(path__startswith=path)
    return places


def _rank(word: str) -> Case:
    lower = word.lower()
    return Case(
        When(name=word, then=Value(0)),
        When(pinyin=lower, then=Value(0)),
        When(initials=lower, then=Value(1)),
        When(name__startswith=word, then=Value(2)),
        When(pinyin__startswith=lower, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )


def _card(row: Region) -> RegionCard:
    return RegionCard(
        id=row.id,
        code=row.code,
        name=row.name,
        full_name=row.full_name,
        name_en=row.name_en,
        level=row.level,
        kind=row.kind,
        is_gb=row.is_gb,
        parent_id=row.parent_id,
        path=row.path,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        has_children=getattr(row, "has_children", None),
    )


def path_of(code: str) -> Subquery:
    """For queries of higher modules: the present path of a division as an expression."""
    return Subquery(Region.objects.current().filter(code=code).values("path")[:1])


def search_words(text: str) -> list[str]:
    """A query's words as the name indexes know them."""
    return words(text)[:5]


def search_grams(word: str) -> list[str]:
    """What an indexed name's grams must hold to contain the word."""
    return query_grams(word)


def name_grams(name: str) -> list[str]:
    """The grams to store beside a name, for higher modules that search names the same way."""
    return grams(name)
