"""Questions to the code lists. They are files of the module, read once per process."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from .lists import CodeList, CodeValue, Industry
from .refusals import NoSuchCode, NoSuchCodeList
from .text import normalise

INDUSTRY_EDITION = "GB/T 4754-2017"
_SEED = Path(__file__).parent / "seed"


@lru_cache(maxsize=1)
def _industries() -> dict[str, Industry]:
    with (_SEED / "gbt4754_2017.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Industry(
                code=row["code"],
                section=row["section"],
                numeric_code=row["numeric_code"],
                name=row["name"],
                level=int(row["level"]),
                parent_code=row["parent_code"],
            )
            for row in csv.DictReader(file)
        }


@lru_cache(maxsize=1)
def _by_number() -> dict[str, Industry]:
    return {found.numeric_code: found for found in _industries().values() if found.numeric_code}


@lru_cache(maxsize=1)
def _by_parent() -> dict[str, tuple[Industry, ...]]:
    children: dict[str, list[Industry]] = defaultdict(list)
    for found in _industries().values():
        children[found.parent_code].append(found)
    return {parent: tuple(rows) for parent, rows in children.items()}


def industry(code: str) -> Industry:
    """By "I6210" or "6210". Raises: NoSuchCode (404)."""
    key = normalise(code)
    found = _industries().get(key) or _by_number().get(key)
    if found is None:
        raise NoSuchCode(code_list=INDUSTRY_EDITION, value=code)
    return found


def industry_ancestors(code: str) -> list[Industry]:
    """From the section down to the class itself. Raises: NoSuchCode (404)."""
    line = [industry(code)]
    while line[-1].parent_code:
        line.append(_industries()[line[-1].parent_code])
    return line[::-1]


def industries(parent: str = "") -> Sequence[Industry]:
    """The classes directly below one; the 20 sections without a parent.

    Raises: NoSuchCode (404).
    """
    key = industry(parent).code if parent else ""
    return _by_parent().get(key, ())


def search_industries(text: str, *, limit: int = 20) -> list[Industry]:
    """By code prefix, or by words of the name: the best fit and the finest class first."""
    wanted = normalise(text)
    if not wanted:
        return []
    if wanted.isascii():
        hits = [
            found
            for found in _industries().values()
            if found.code.startswith(wanted) or found.numeric_code.startswith(wanted)
        ]
        return sorted(hits, key=lambda found: (found.level, found.code))[:limit]
    grams = {wanted[i : i + 2] for i in range(len(wanted) - 1)} or {wanted}
    scored = [
        (sum(gram in found.name for gram in grams) / len(grams), found)
        for found in _industries().values()
    ]
    fitting = [(score, found) for score, found in scored if score >= 0.5]
    fitting.sort(
        key=lambda pair: (
            wanted not in pair[1].name,
            -pair[0],
            -pair[1].level,
            len(pair[1].name),
            pair[1].code,
        )
    )
    return [found for _score, found in fitting[:limit]]


@lru_cache(maxsize=1)
def code_lists() -> dict[str, CodeList]:
    """Every short list by its key ("sex", "ethnic_group", "item_type", ...)."""
    values: dict[str, list[CodeValue]] = defaultdict(list)
    sources: dict[str, str] = {}
    with (_SEED / "code_lists.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sources[row["list"]] = row["source"]
            values[row["list"]].append(
                CodeValue(code=row["code"], name=row["name"], name_en=row["name_en"])
            )
    return {
        key: CodeList(key=key, source=sources[key], values=tuple(rows))
        for key, rows in values.items()
    }


def code_list(key: str) -> CodeList:
    """Raises: NoSuchCodeList (404)."""
    found = code_lists().get(key)
    if found is None:
        raise NoSuchCodeList(code_list=key)
    return found
