"""What demo agencies are called, in Chinese and English, at every level."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lingnan.standards.regions.types import RegionCard

_SEED = Path(__file__).parent / "seed" / "demo_kinds.csv"
_UNITS = {
    1: {"D": "Department", "C": "Commission", "A": "Administration", "B": "Corps"},
    2: {"D": "Bureau", "C": "Bureau", "A": "Bureau", "B": "Detachment"},
    3: {"D": "Bureau", "C": "Bureau", "A": "Bureau", "B": "Brigade"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoKind:
    """One row of the seed: `names` by "province", "city", "district", "county"."""

    number: str
    kind: str
    org_class: str
    names: dict[str, str]
    short: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    name: str
    short_name: str
    name_en: str


@lru_cache(maxsize=1)
def demo_kinds() -> tuple[DemoKind, ...]:
    with _SEED.open(encoding="utf-8", newline="") as file:
        return tuple(
            DemoKind(
                number=row["number"],
                kind=row["kind"],
                org_class=row["org_class"],
                names={key: row[key] for key in ("province", "city", "district", "county")},
                short=row["short"],
                en=row["en"],
            )
            for row in csv.DictReader(file)
        )


def demo_kind(kind: str) -> DemoKind:
    """Raises: StopIteration for a kind without a demo name."""
    return next(row for row in demo_kinds() if row.kind == kind)


def names_at(row: DemoKind, place: RegionCard, city: RegionCard | None) -> Names | None:
    """The names of this kind of agency at a place, or None where there is none of it.

    `city` is the city a county or town lies in.
    """
    if place.level >= 4:
        return _town_names(row, place, city)
    level = {1: "province", 2: "city"}.get(place.level, "")
    if not level:
        level = "district" if place.kind in {"district", "functional"} else "county"
    pattern = row.names[level]
    if not pattern:
        return None
    city_name = city.name if city else ""
    in_address = f"{city_name}{place.name}" if level == "district" else place.name
    name = pattern.format(p=in_address, c=city_name, d=place.name)
    return Names(
        name=name, short_name=f"{in_address}{row.short}", name_en=_english(row, place, city)
    )


def _english(row: DemoKind, place: RegionCard, city: RegionCard | None) -> str:
    body = row.en.format(**_UNITS[place.level])
    if place.level == 1:
        return f"{place.name_en.removesuffix(' Province')} Provincial {body}"
    if place.level == 2:
        return f"{place.name_en.removesuffix(' City')} Municipal {body}"
    where = f", {city.name_en.removesuffix(' City')}" if city else ""
    return f"{place.name_en} {body}{where}"


def _town_names(row: DemoKind, place: RegionCard, city: RegionCard | None) -> Names | None:
    if row.kind != "town_service_centre":
        return None
    above = place.full_name.removesuffix(place.name).removeprefix("广东省")
    name = f"{above}{place.name}便民服务中心"
    where = f", {city.name_en.removesuffix(' City')}" if city else ""
    return Names(
        name=name,
        short_name=f"{place.name}{row.short}",
        name_en=f"{place.name_en} Public Service Centre{where}",
    )
