"""Resident ID numbers of 18 characters, and their historic form of 15 digits.

Source: GB 11643-1999. The same form and check character serve the residence permits of Hong Kong,
Macao and Taiwan residents (region part 81, 82, 83) and the ID of foreign permanent residents
(first digit 9). The region part is the place of first registration, perhaps long abolished: it
says nothing about where someone lives, and is never checked against today's divisions.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from . import iso7064
from .refusals import ResidentIdCheck, ResidentIdDate, ResidentIdHistoric, ResidentIdShape
from .text import normalise

_SHAPE = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
_HISTORIC = re.compile(r"[0-9]{15}", re.ASCII)


class ResidentKind(StrEnum):
    """Whose number it is."""

    MAINLAND = "mainland"
    HONG_KONG = "hong_kong"
    MACAO = "macao"
    TAIWAN = "taiwan"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentId:
    """A valid number and what it says. `number` has 18 characters unless `is_historic`."""

    number: str
    kind: ResidentKind
    first_region_code: str
    born_on: date
    is_male: bool
    is_historic: bool = False

    @property
    def upgraded(self) -> str:
        """The 18-character number; a historic one is taken to be of the twentieth century."""
        if not self.is_historic:
            return self.number
        body = f"{self.number[:6]}19{self.number[6:]}"
        return body + iso7064.mod_11_2(body)

    def masked(self) -> str:
        """First digit and last character only, for lists and messages."""
        return f"{self.number[0]}{'*' * (len(self.number) - 2)}{self.number[-1]}"


def parse(text: str, *, allow_historic: bool = False) -> ResidentId:
    """Read a number as people write it; `allow_historic` only when moving old records in.

    Raises: ResidentIdShape, ResidentIdHistoric, ResidentIdDate, ResidentIdCheck (422).
    Source: GB 11643-1999.
    """
    number = normalise(text)
    if _HISTORIC.fullmatch(number):
        if not allow_historic:
            raise ResidentIdHistoric
        return _read(number, born="19" + number[6:12], sequence=number[12:15], is_historic=True)
    if not _SHAPE.fullmatch(number):
        raise ResidentIdShape
    if not iso7064.is_mod_11_2(number):
        raise ResidentIdCheck
    return _read(number, born=number[6:14], sequence=number[14:17])


def is_valid(text: str) -> bool:
    """Whether the text is a valid present-day number."""
    try:
        parse(text)
    except (ResidentIdShape, ResidentIdHistoric, ResidentIdDate, ResidentIdCheck):
        return False
    return True


def build(*, region_code: str, born_on: date, sequence: int) -> str:
    """The number of a made-up person, for demo data and tests: an odd `sequence` is a man.

    Raises: ValueError when the parts do not fit.
    """
    body = f"{region_code}{born_on:%Y%m%d}{sequence:03d}"
    if not re.fullmatch(r"[0-9]{17}", body, re.ASCII):
        raise ValueError(f"not the parts of a resident ID: {region_code} {sequence}")
    return body + iso7064.mod_11_2(body)


def _read(number: str, *, born: str, sequence: str, is_historic: bool = False) -> ResidentId:
    try:
        born_on = date(int(born[:4]), int(born[4:6]), int(born[6:8]))
    except ValueError as error:
        raise ResidentIdDate from error
    if born_on.year < 1800:
        raise ResidentIdDate
    return ResidentId(
        number=number,
        kind=_kind(number),
        first_region_code=number[:6],
        born_on=born_on,
        is_male=int(sequence[-1]) % 2 == 1,
        is_historic=is_historic,
    )


def _kind(number: str) -> ResidentKind:
    if number[0] == "9":
        return ResidentKind.FOREIGN
    by_province = {
        "81": ResidentKind.HONG_KONG,
        "82": ResidentKind.MACAO,
        "83": ResidentKind.TAIWAN,
    }
    return by_province.get(number[:2], ResidentKind.MAINLAND)
