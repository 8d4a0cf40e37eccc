"""Builders for tests: single divisions with those above them, under their real names."""

import csv
import gzip
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from .errors import NoSuchRegion
from .models import Region, RegionKind
from .queries import region
from .text import grams
from .types import RegionCard

_SEED = Path(__file__).parent / "seed" / "divisions.csv.gz"


def make_region(
    code: str = "440106000000", name: str = "", parent: RegionCard | str | None = None
) -> RegionCard:
    """The division with this code, and every one above it; made once.

    A code of the seed brings its real name and parent. Another code needs both.
    """
    with suppress(NoSuchRegion):
        return region(code)
    seed = _seed().get(code, {})
    above = parent.code if isinstance(parent, RegionCard) else parent
    above = above or seed.get("parent_code", "")
    holder = make_region(above) if above else None
    own_name = name or seed["name"]
    Region.objects.create(
        code=code,
        name=own_name,
        full_name=f"{holder.full_name if holder else ''}{own_name}",
        name_en=seed.get("name_en", ""),
        level=int(seed["level"]) if seed else (holder.level + 1 if holder else 1),
        kind=seed.get("kind", RegionKind.FUNCTIONAL),
        is_gb=bool(seed),
        parent_id=holder.id if holder else None,
        path=f"{holder.path if holder else ''}{code}/",
        pinyin=seed.get("pinyin", ""),
        initials=seed.get("initials", ""),
        grams=grams(own_name),
        source="test",
    )
    return region(code)


def make_small_tree() -> dict[str, RegionCard]:
    """Two cities with a district and a street each, and Dongguan with a street and no county."""
    codes = ("440106004000", "440305001000", "441900003000")
    cards = [make_region(code) for code in codes]
    return {code: make_region(code) for card in cards for code in card.codes}


@lru_cache(maxsize=1)
def _seed() -> dict[str, dict[str, str]]:
    with gzip.open(_SEED, "rt", encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file) if not row["valid_until"]}
