"""What forms need from modules above the kernel: regions, and checks of national codes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """One division as a form shows it. `full_name` runs from province to here."""

    code: str
    name: str
    full_name: str
    has_children: bool


class RegionSource(Protocol):
    """Who knows the divisions (standards.regions gives it)."""

    def children(self, code: str) -> list[RegionChoice]: ...

    def path(self, code: str) -> list[RegionChoice]:
        """From the root to the division itself; empty for an unknown code."""
        ...

    def search(self, text: str, limit: int) -> list[RegionChoice]: ...


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A value the government already holds, who holds it, and where to say that it is wrong."""

    value: Any
    source: str
    wrong_url: str = ""


_checks: dict[str, Callable[[str], bool]] = {}
_regions: list[RegionSource] = []


def register_check(widget: str, check: Callable[[str], bool]) -> None:
    """The check of a national code behind a widget: "resident_id", "uscc"."""
    _checks[widget] = check


def register_region_source(source: RegionSource) -> None:
    _regions[:] = [source]


def check_for(widget: str) -> Callable[[str], bool] | None:
    return _checks.get(widget)


def region_source() -> RegionSource | None:
    return _regions[0] if _regions else None


def as_prefilled(value: object) -> Prefilled | None:
    """From a `Prefilled`, or from a mapping with value, source and perhaps wrong_url."""
    if isinstance(value, Prefilled):
        return value
    if isinstance(value, Mapping) and "value" in value and "source" in value:
        source = value["source"]
        return Prefilled(value["value"], str(source), str(value.get("wrong_url", "")))
    return None
