"""What people choose by name in payment's forms: fees and agencies."""

from collections.abc import Sequence

from lingnan.kernel import clock
from lingnan.kernel.money import format_fen
from lingnan.kernel.text import localise
from lingnan.kernel.web.picking import Choice
from lingnan.standards.agencies import queries as agencies

from . import queries
from .models import FeeItem

FOUND_MAX = 10


def find_fees(text: str) -> list[Choice]:
    """Fees in force by their code or a part of their name; without words the first ones."""
    return [_of_fee(fee) for fee in queries.fees_named(text, on=clock.today(), limit=FOUND_MAX)]


def name_fees(codes: Sequence[str]) -> list[Choice]:
    """The names of kept codes. One query."""
    known = {fee.code: fee for fee in queries.fees_in_force(clock.today()).filter(code__in=codes)}
    return [
        _of_fee(known[code]) if code in known else Choice(value=code, label=code) for code in codes
    ]


def find_agencies(text: str) -> list[Choice]:
    """Agencies by name, or by the pinyin of their place; kept by credit code."""
    found = agencies.list_agencies(text=text, limit=FOUND_MAX).items if text else []
    return [Choice(value=card.uscc, label=localise(card.name), hint=card.uscc) for card in found]


def name_agencies(codes: Sequence[str]) -> list[Choice]:
    """The names of kept credit codes. One query."""
    known = agencies.agencies_by_uscc(codes)
    return [
        Choice(value=code, label=localise(known[code].name) if code in known else code)
        for code in codes
    ]


def _of_fee(fee: FeeItem) -> Choice:
    price = f"{format_fen(fee.unit_price_fen)} / {localise(fee.unit)}"
    return Choice(value=fee.code, label=localise(fee.name), hint=f"{fee.code} · {price}")
