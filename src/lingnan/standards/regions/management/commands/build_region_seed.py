"""Build the seed files of the regions from the published tables. Run when a new edition is out."""

import csv
import gzip
import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lingnan.standards.regions.models import RegionKind
from lingnan.standards.regions.names import english, initials, pinyin

SEED = Path(__file__).parents[2] / "seed"
DIVISIONS = "gd_divisions/gd_divisions_2023.csv"
CHANGES = "gd_divisions/gd_division_changes_2016_2023.csv"
CITIES = "gd_boundaries/gd_cities_simplified.geojson"
COLUMNS = [
    "code",
    "name",
    "name_en",
    "level",
    "kind",
    "parent_code",
    "pinyin",
    "initials",
    "valid_from",
    "valid_until",
]
FARM_WORDS = ("农场", "林场", "茶场", "盐场", "苗圃场", "原种场", "果林场", "分场", "农林场")
INSTITUTION_WORDS = (
    *("监狱", "劳教所", "水库", "机场", "自然保护区", "东莞港", "矿", "公司", "发电厂"),
)
ENDINGS = ("街道办事处", "办事处", "街道", "镇", "民族乡", "乡")
POINTS_MIN = 4


Key = tuple[str, str]
Link = tuple[Key, Key, str, str]  # who, became whom, how, on which day


@dataclass(frozen=True, slots=True)
class Division:
    code: str
    name: str
    level: int
    parent_code: str
    valid_from: str = ""
    valid_until: str = ""

    @property
    def key(self) -> Key:
        return self.code, self.valid_from


@dataclass(slots=True)
class Builder:
    """Walks the changes backwards from the present edition."""

    present: dict[str, Division]
    past: list[Division] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


class Command(BaseCommand):
    help = "Build the seed files of the regions from a folder with the published tables."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        divisions, links = build(_rows(folder / DIVISIONS), _rows(folder / CHANGES))
        _write_divisions(divisions)
        _write_links(links)
        _write_pinyin_of_areas()
        names = {row.code: english(row.name, "city") for row in divisions if row.level == 2}
        _write_cities(json.loads((folder / CITIES).read_text(encoding="utf-8")), names)
        self.stdout.write(f"{len(divisions)} divisions, {len(links)} successions")


def build(
    rows: list[dict[str, str]], changes: list[dict[str, str]]
) -> tuple[list[Division], list[Link]]:
    """Present and past divisions, and the links between them (keys, change, day)."""
    present: dict[str, Division] = {}
    for row in rows:
        if row["level"] == "3" and row["code"] == row["parent_code"]:
            continue  # Dongguan and Zhongshan repeat themselves as their own county
        present[row["code"]] = Division(
            row["code"], row["name"], int(row["level"]), row["parent_code"]
        )
    builder = Builder(present)
    for period in sorted({(row["from"], row["to"]) for row in changes}, reverse=True):
        _undo(builder, [row for row in changes if (row["from"], row["to"]) == period], period[1])
    divisions = [*builder.present.values(), *builder.past]
    return sorted(divisions, key=lambda row: (row.level, row.code, row.valid_from)), builder.links


def _undo(builder: Builder, changes: list[dict[str, str]], year: str) -> None:
    """Every change of one period, seen from after it. `first` is each code's earliest known row."""
    day = f"{year}-01-01"
    first = {**{row.code: row for row in builder.past}, **builder.present}
    for later_row in sorted(builder.past, key=lambda row: row.valid_until, reverse=True):
        first[later_row.code] = later_row

    def begin(code: str) -> Division:
        """The row that starts with this change."""
        found = replace(first[code], valid_from=day)
        _swap(builder, first[code], found)
        first[code] = found
        return found

    added = {row["code"]: begin(row["code"]) for row in changes if row["change"] == "added"}
    for row in changes:
        if row["change"] == "renamed":
            later = begin(row["code"])
            earlier = Division(
                later.code, row["old_name"], later.level, later.parent_code, valid_until=day
            )
            builder.past.append(earlier)
            builder.links.append((earlier.key, later.key, "renamed", day))
        elif row["change"] == "removed":
            parent = row["code"][:6] + "000000"
            earlier = Division(row["code"], row["old_name"], 4, parent, valid_until=day)
            builder.past.append(earlier)
            heir = _heir(earlier, added)
            if heir is not None:
                builder.links.append((earlier.key, heir.key, "recoded", day))


def _swap(builder: Builder, old: Division, new: Division) -> None:
    """Give a row its beginning, also in the links made for later periods."""
    if builder.present.get(old.code) == old:
        builder.present[old.code] = new
    else:
        builder.past[builder.past.index(old)] = new
    builder.links = [
        (
            new.key if source == old.key else source,
            new.key if heir == old.key else heir,
            change,
            day,
        )
        for source, heir, change, day in builder.links
    ]


def _heir(gone: Division, added: dict[str, Division]) -> Division | None:
    """The one code that took over: same name in the county, else same stem, else in the city."""
    same_stem = [new for new in added.values() if _stem(new.name) == _stem(gone.name)]
    in_county = [new for new in same_stem if new.code[:6] == gone.code[:6]]
    same_name = [new for new in in_county if new.name == gone.name]
    in_city = [new for new in same_stem if new.code[:4] == gone.code[:4]]
    for found in (same_name, in_county, in_city):
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _stem(name: str) -> str:
    return next((name.removesuffix(end) for end in ENDINGS if name.endswith(end)), name)


def kind_of(row: Division) -> RegionKind:
    """By the digits of GB/T 10114 and, where those leave it open, by the name."""
    if row.level == 1:
        return RegionKind.PROVINCE
    if row.level == 2:
        return RegionKind.CITY
    if row.level == 3:
        if row.name.endswith("自治县"):
            return RegionKind.AUTONOMOUS_COUNTY
        endings = {"区": RegionKind.DISTRICT, "县": RegionKind.COUNTY, "市": RegionKind.COUNTY_CITY}
        return endings[row.name[-1]]
    if row.level == 4:
        return _town_kind(row)
    number = int(row.code[9:])
    if number < 200:
        return RegionKind.COMMUNITY
    return RegionKind.VILLAGE if number < 400 else RegionKind.QUASI_VILLAGE


def _town_kind(row: Division) -> RegionKind:
    number = int(row.code[6:9])
    if row.name.endswith(FARM_WORDS):
        return RegionKind.FARM
    if number >= 400:
        institution = row.name.endswith(INSTITUTION_WORDS) or "劳教所" in row.name
        return RegionKind.INSTITUTION if institution else RegionKind.ZONE
    if number < 100:
        return RegionKind.SUBDISTRICT
    if number < 200:
        return RegionKind.TOWN
    ethnic = row.name.endswith(("民族乡", "族乡"))
    return RegionKind.ETHNIC_TOWNSHIP if ethnic else RegionKind.TOWNSHIP


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write_divisions(divisions: list[Division]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in divisions:
        kind = kind_of(row)
        name_en = english(row.name, kind) if row.level < 5 else ""
        writer.writerow(
            (
                *(row.code, row.name, name_en, row.level, str(kind), row.parent_code),
                *(pinyin(row.name), initials(row.name), row.valid_from, row.valid_until),
            )
        )
    with gzip.GzipFile(SEED / "divisions.csv.gz", "wb", mtime=0) as file:
        file.write(text.getvalue().encode())


def _write_pinyin_of_areas() -> None:
    """The functional areas are kept by hand; only their pinyin is computed."""
    path = SEED / "functional_areas.csv"
    rows = _rows(path)
    columns = [
        "code",
        "name",
        "name_en",
        "level",
        "parent_code",
        "anchor_code",
        "pinyin",
        "initials",
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            row |= {"pinyin": pinyin(row["name"]), "initials": initials(row["name"])}
            writer.writerow(row)


def _write_links(links: list[Link]) -> None:
    columns = "code,valid_from,successor_code,successor_valid_from,change,effective_on"
    with (SEED / "successions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split(","))
        for who, heir, change, day in sorted(links):
            writer.writerow((*who, *heir, change, day))


def _write_cities(content: dict[str, Any], names: dict[str, str]) -> None:
    """The outlines for the map of the cockpit."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": feature["properties"]["code12"],
                "name": feature["properties"]["name"],
                "name_en": names[feature["properties"]["code12"]],
                "lng": feature["properties"]["lng"],
                "lat": feature["properties"]["lat"],
            },
            "geometry": _rounded(feature["geometry"]),
        }
        for feature in sorted(content["features"], key=lambda found: str(found["id"]))
    ]

    body = {"type": "FeatureCollection", "crs_note": "GCJ-02", "features": features}
    (SEED / "cities.geojson").write_text(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
    )


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    """Two decimals (about a kilometre), repeated points dropped, specks left out."""
    single = geometry["type"] == "Polygon"
    polygons = []
    for polygon in [geometry["coordinates"]] if single else geometry["coordinates"]:
        ring = polygon[0]
        points: list[list[float]] = []
        for lng, lat in ring:
            point = [round(lng, 2), round(lat, 2)]
            if not points or points[-1] != point:
                points.append(point)
        if len(points) > POINTS_MIN:
            polygons.append([points])
    return {"type": "MultiPolygon", "coordinates": polygons}
