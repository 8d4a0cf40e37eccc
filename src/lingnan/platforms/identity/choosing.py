"""What people choose by name in identity's forms: matters, agencies, regions."""

from collections.abc import Sequence

from lingnan.kernel.text import localise
from lingnan.kernel.web.picking import Choice
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.matters import queries as matters
from lingnan.standards.regions import queries as regions
from lingnan.standards.regions.types import RegionCard

FOUND_MAX = 10


def find_matters(text: str) -> list[Choice]:
    """Matters by everyday words; kept by their code of 12 characters, which counts everywhere."""
    if not text:
        return []
    hits = matters.search_items(text, limit=FOUND_MAX).items
    return [Choice(value=hit.code31[-12:], label=localise(hit.name)) for hit in hits]


def name_matters(codes: Sequence[str]) -> list[Choice]:
    """The names of kept codes; an unknown code is called by itself. One query."""
    names = matters.names_of(codes)
    return [Choice(value=code, label=localise(names.get(code)) or code) for code in codes]


def find_agencies(text: str) -> list[Choice]:
    """Agencies by name, or by the pinyin of their place; kept by credit code."""
    found = agencies.list_agencies(text=text, limit=FOUND_MAX).items if text else []
    return [_of_agency(card) for card in found]


def name_agencies(codes: Sequence[str]) -> list[Choice]:
    """The names of kept credit codes. One query."""
    known = agencies.agencies_by_uscc(codes)
    return [
        _of_agency(known[code]) if code in known else Choice(value=code, label=code)
        for code in codes
    ]


def find_regions(text: str) -> list[Choice]:
    """Divisions by name, pinyin or initials; kept by code."""
    return [_of_region(card) for card in regions.search(text, FOUND_MAX)] if text else []


def name_regions(codes: Sequence[str]) -> list[Choice]:
    """The names of kept codes. One query."""
    known = regions.regions(list(codes))
    return [
        _of_region(known[code]) if code in known else Choice(value=code, label=code)
        for code in codes
    ]


def _of_agency(card: AgencyCard) -> Choice:
    return Choice(value=card.uscc, label=localise(card.name), hint=card.uscc)


def _of_region(card: RegionCard) -> Choice:
    return Choice(value=card.code, label=localise(card.full_name))
