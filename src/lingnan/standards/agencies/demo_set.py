"""What the demo set consists of: departments, bureaus and service centres with their posts."""

from collections.abc import Iterator

from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import RegionCard

from .demo_codes import demo_uscc
from .demo_names import DemoKind, demo_kind, demo_kinds, names_at
from .types import NewAgency, NewPost

TOWN_KINDS = frozenset({"subdistrict", "town", "township", "ethnic_township"})
OFFICE_POSTS = (
    NewPost(code="head", title="局长", title_en="Head"),
    NewPost(code="approver", title="审批岗", title_en="Approver"),
    NewPost(code="reviewer", title="审核岗", title_en="Reviewer"),
    NewPost(code="case_handler", title="承办岗", title_en="Case handler"),
)
SERVICE_POSTS = (NewPost(code="window_clerk", title="窗口岗", title_en="Window clerk"),)
FIELD_POSTS = (NewPost(code="inspector", title="现场核查岗", title_en="Inspector"),)
CENTRE_POSTS = (
    NewPost(code="head", title="主任", title_en="Head"),
    NewPost(code="window_clerk", title="窗口岗", title_en="Window clerk"),
)
INSPECTING = frozenset(
    {"market_supervision", "fire", "housing", "environment", "health", "emergency", "planning"}
)


def demo_agencies() -> Iterator[NewAgency]:
    """Every demo agency, the higher ones first. Four queries."""
    province = regions.province()
    yield from _offices(province, None)
    cities = {card.code: card for card in regions.at_level(2)}
    for city in cities.values():
        yield from _offices(city, city)
    counties = [card for card in regions.at_level(3) if card.is_gb]
    for county in counties:
        yield from _offices(county, cities[county.codes[1]])
    centre = demo_kind("town_service_centre")
    for town in regions.at_level(4):
        if town.kind in TOWN_KINDS:
            yield _centre(centre, town, cities[town.codes[1]])


def demo_agency(kind: str, place: RegionCard, city: RegionCard | None) -> NewAgency | None:
    """One demo agency, or None where there is none of the kind. `city`: the one it lies in."""
    row = demo_kind(kind)
    if kind == "town_service_centre":
        return _centre(row, place, city) if place.level == 4 else None
    return _office(row, place, city)


def _offices(place: RegionCard, city: RegionCard | None) -> Iterator[NewAgency]:
    for row in demo_kinds():
        office = _office(row, place, city)
        if office is not None:
            yield office


def _office(row: DemoKind, place: RegionCard, city: RegionCard | None) -> NewAgency | None:
    names = names_at(row, place, city)
    if names is None:
        return None
    posts: tuple[NewPost, ...] = OFFICE_POSTS
    if row.kind == "government_service" or row.kind == "traffic_police":
        posts += SERVICE_POSTS
    if row.kind in INSPECTING:
        posts += FIELD_POSTS
    return NewAgency(
        uscc=_uscc(row, place.code),
        name=names.name,
        short_name=names.short_name,
        name_en=names.name_en,
        kind=row.kind,
        region_code=place.code,
        parent_uscc=_parent(row, place),
        is_demo=True,
        posts=posts,
    )


def _centre(row: DemoKind, town: RegionCard, city: RegionCard | None) -> NewAgency:
    names = names_at(row, town, city)
    assert names is not None
    return NewAgency(
        uscc=_uscc(row, town.code),
        name=names.name,
        short_name=names.short_name,
        name_en=names.name_en,
        kind=row.kind,
        region_code=town.code,
        parent_uscc=_uscc(demo_kind("government_service"), town.codes[-2]),
        is_demo=True,
        posts=CENTRE_POSTS,
    )


def _parent(row: DemoKind, place: RegionCard) -> str:
    """The body of the same kind one level up, where there is one."""
    levels = {2: "province", 3: "city"}
    above = levels.get(place.level)
    if above is None or not row.names[above]:
        return ""
    return _uscc(row, place.codes[-2])


def _uscc(row: DemoKind, region_code: str) -> str:
    return demo_uscc(number=row.number, org_class=row.org_class, region_code=region_code)
