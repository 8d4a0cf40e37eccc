"""The one verb of regions: put the shipped divisions into the tables."""

import csv
import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.db import connection, transaction

from lingnan.kernel import locks

from .errors import OtherEdition
from .models import Load, Region, RegionKind, Succession
from .text import grams

EDITION = "guangdong-2023-06-30/1"
SOURCE = "国家统计局统计用区划代码 2023-06-30 (china-division 2.7.0, MIT)"
FUNCTIONAL_SOURCE = "岭南平台自编代码"
_SEED = Path(__file__).parent / "seed"

_REGION_COLUMNS = (
    *("id", "created_at", "code", "name", "full_name", "name_en", "level", "kind", "is_gb"),
    *("parent_id", "anchor_id", "path", "pinyin", "initials", "grams", "valid_from"),
    *("valid_until", "source"),
)
_SUCCESSION_COLUMNS = (
    *("id", "created_at", "predecessor_id", "successor_id", "change", "effective_on"),
)


@dataclass(slots=True)
class _Tree:
    """What is needed of the rows already made, while the seed is read from the top down."""

    ids: dict[tuple[str, str], UUID] = field(default_factory=dict)
    current: dict[str, tuple[UUID, str, str]] = field(default_factory=dict)


@transaction.atomic
def load_regions(*, progress: Callable[[int, int], None] | None = None) -> int:
    """Load the shipped divisions and their history; returns how many rows were added.

    Loading again does nothing. `progress` is told rows done and rows in all.
    Locks the regions. Raises: OtherEdition (409).
    """
    locks.hold("regions", "load")
    if Load.objects.filter(edition=EDITION).exists():
        return 0
    if Region.objects.exists():
        raise OtherEdition(edition=EDITION)
    tree = _Tree()
    rows = [*_divisions(tree), *_functional_areas(tree)]
    _copy(Region._meta.db_table, _REGION_COLUMNS, rows, progress)
    _copy(Succession._meta.db_table, _SUCCESSION_COLUMNS, list(_successions(tree)), None)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Region._meta.db_table}")
    Load.objects.create(edition=EDITION, row_count=len(rows))
    return len(rows)


def _divisions(tree: _Tree) -> Iterator[tuple[object, ...]]:
    """Rows of the seed in table order. It is sorted by level, so a parent comes before its own."""
    with gzip.open(_SEED / "divisions.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield _row(tree, row, is_gb=True)


def _functional_areas(tree: _Tree) -> Iterator[tuple[object, ...]]:
    with (_SEED / "functional_areas.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            made = {
                **row,
                "kind": str(RegionKind.FUNCTIONAL),
                "valid_from": "",
                "valid_until": "",
            }
            yield _row(tree, made, is_gb=False)


def _row(tree: _Tree, row: dict[str, str], *, is_gb: bool) -> tuple[object, ...]:
    own_id = uuid_utils.uuid7()
    code, name, until = row["code"], row["name"], row["valid_until"]
    parent_id, path, full_name = None, f"{code}/", name
    if row["parent_code"]:
        parent_id, parent_path, parent_name = tree.current[row["parent_code"]]
        path, full_name = f"{parent_path}{code}/", f"{parent_name}{name}"
    tree.ids[code, row["valid_from"]] = own_id
    if not until:
        tree.current[code] = (own_id, path, full_name)
    anchor = tree.current[row["anchor_code"]][0] if row.get("anchor_code") else None
    return (
        own_id,
        datetime.now(UTC),
        code,
        name,
        full_name,
        row["name_en"],
        int(row["level"]),
        row["kind"],
        is_gb,
        parent_id,
        anchor,
        path,
        row["pinyin"],
        row["initials"],
        grams(name),
        _day(row["valid_from"]),
        _day(until),
        SOURCE if is_gb else FUNCTIONAL_SOURCE,
    )


def _successions(tree: _Tree) -> Iterator[tuple[object, ...]]:
    with (_SEED / "successions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield (
                uuid_utils.uuid7(),
                datetime.now(UTC),
                tree.ids[row["code"], row["valid_from"]],
                tree.ids[row["successor_code"], row["successor_valid_from"]],
                row["change"],
                _day(row["effective_on"]),
            )


def _copy(
    table: str,
    columns: Sequence[str],
    rows: Sequence[tuple[object, ...]],
    progress: Callable[[int, int], None] | None,
) -> None:
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for number, row in enumerate(rows, start=1):
            copy.write_row(row)
            if progress and (number % 1000 == 0 or number == len(rows)):
                progress(number, len(rows))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
