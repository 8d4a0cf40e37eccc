"""Codes of service items: basic 12, implementation 31, option 33; and case numbers of 43.

Source: GB/T 39554.1/.2-2020. GB/T 39046-2020 still sizes these fields for an older scheme (10 and
24 characters), so no length is taken from it; type and level codes are (A.1, A.2).
"""

import re
from dataclasses import dataclass
from datetime import date

from . import uscc
from .refusals import (
    CaseNumberExhausted,
    CaseNumberShape,
    CodeMalformed,
    ItemCodeBody,
    ItemCodeLevel,
    ItemCodeShape,
    ItemCodeType,
)
from .text import normalise

_BASIC = re.compile(r"[0-9]{12}", re.ASCII)
_IMPLEMENTATION = re.compile(r"[0-9A-Z]{18}[0-9]{13}", re.ASCII)
_OPTION = re.compile(r"[0-9A-Z]{18}[0-9]{15}", re.ASCII)
_CASE = re.compile(
    r"(?P<item>[0-9A-Z]{18}[0-9]{13})(?P<day>[0-9]{8})"
    rf"(?P<serial>[0-9]{{4}}|[{uscc.ALPHABET[10:]}][{uscc.ALPHABET}]{{3}})",
    re.ASCII,
)
_LEVELS = frozenset("1234567")
_DIGITS = 10_000  # serials of four digits, counting 0000
_BASE = len(uscc.ALPHABET)
CASE_SERIAL_MAX = _DIGITS + (_BASE - 10) * _BASE**3 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicCode:
    """12 digits: scope ("00" the nation, else a province), item type, main item, sub-item."""

    scope: str
    item_type: str
    main: str
    sub: str

    @property
    def is_national(self) -> bool:
        return self.scope == "00"

    @property
    def is_sub_item(self) -> bool:
        return self.sub != "000"

    def __str__(self) -> str:
        return self.scope + self.item_type + self.main + self.sub


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplementationCode:
    """31 characters: the implementing body, the level at which it acts, the basic code."""

    body_uscc: str
    level: str
    basic: BasicCode

    def __str__(self) -> str:
        return f"{self.body_uscc}{self.level}{self.basic}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionCode:
    """33 characters: an implementation code and the number of one way of handling it."""

    implementation: ImplementationCode
    option: str

    def __str__(self) -> str:
        return f"{self.implementation}{self.option}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNumber:
    """43 characters: implementation code, date of receipt, serial number of that day.

    Four digits, as the samples have it. The ten-thousandth case of a day and those after it begin
    with a letter of the credit codes' alphabet (A000, A001 ... YYYY: our extension, which keeps
    the length and the order), so that a province-wide item takes 635,610 a day.
    """

    implementation: ImplementationCode
    received_on: date
    serial: int

    def __str__(self) -> str:
        return f"{self.implementation}{self.received_on:%Y%m%d}{_serial_text(self.serial)}"


def parse_basic(text: str) -> BasicCode:
    """Raises: ItemCodeShape, ItemCodeType (422)."""
    code = normalise(text)
    if not _BASIC.fullmatch(code):
        raise ItemCodeShape(length=12)
    basic = BasicCode(scope=code[:2], item_type=code[2:4], main=code[4:9], sub=code[9:])
    if not is_item_type(basic.item_type):
        raise ItemCodeType(item_type=basic.item_type)
    return basic


def parse_implementation(text: str, *, is_imported: bool = False) -> ImplementationCode:
    """`is_imported` lets the body's credit code fail its check digits, as some real ones do.

    Raises: ItemCodeShape, ItemCodeBody, ItemCodeLevel, ItemCodeType (422).
    """
    code = normalise(text)
    if not _IMPLEMENTATION.fullmatch(code):
        raise ItemCodeShape(length=31)
    try:
        body = uscc.parse_imported(code[:18]) if is_imported else uscc.parse(code[:18])
    except CodeMalformed as error:
        raise ItemCodeBody from error
    if code[18] not in _LEVELS:
        raise ItemCodeLevel(level=code[18])
    return ImplementationCode(body_uscc=body.number, level=code[18], basic=parse_basic(code[19:]))


def parse_option(text: str, *, is_imported: bool = False) -> OptionCode:
    """Raises: as `parse_implementation`."""
    code = normalise(text)
    if not _OPTION.fullmatch(code):
        raise ItemCodeShape(length=33)
    implementation = parse_implementation(code[:31], is_imported=is_imported)
    return OptionCode(implementation=implementation, option=code[31:])


def build_implementation(*, body_uscc: str, level: str, basic: str) -> str:
    """Raises: as `parse_implementation`."""
    return str(parse_implementation(f"{body_uscc}{level}{basic}"))


def build_option(implementation: str, sequence: int) -> str:
    """Raises: as `parse_implementation`; ItemCodeShape when there are more than 99."""
    return str(parse_option(f"{implementation}{sequence:02d}"))


def build_case_number(implementation: str, *, received_on: date, serial: int) -> str:
    """`serial` counts from 1 on each day of each item.

    Raises: CaseNumberExhausted (409); CaseNumberShape (422).
    """
    if serial > CASE_SERIAL_MAX:
        raise CaseNumberExhausted(serial=serial, limit=CASE_SERIAL_MAX)
    if serial < 1:
        raise CaseNumberShape
    number = f"{implementation}{received_on:%Y%m%d}{_serial_text(serial)}"
    if not _CASE.fullmatch(number):
        raise CaseNumberShape
    return number


def parse_case_number(text: str, *, is_imported: bool = False) -> CaseNumber:
    """Raises: CaseNumberShape (422), or what is wrong with its item code."""
    match = _CASE.fullmatch(normalise(text))
    if match is None:
        raise CaseNumberShape
    day = match["day"]
    try:
        received_on = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError as error:
        raise CaseNumberShape from error
    return CaseNumber(
        implementation=parse_implementation(match["item"], is_imported=is_imported),
        received_on=received_on,
        serial=_serial_number(match["serial"]),
    )


def _serial_text(serial: int) -> str:
    if serial < _DIGITS:
        return f"{serial:04d}"
    rest, text = serial - _DIGITS, ""
    for _place in range(3):
        rest, digit = divmod(rest, _BASE)
        text = uscc.ALPHABET[digit] + text
    return uscc.ALPHABET[10 + rest] + text


def _serial_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    first, *others = (uscc.ALPHABET.index(character) for character in text)
    number = first - 10
    for digit in others:
        number = number * _BASE + digit
    return _DIGITS + number


def is_item_type(code: str) -> bool:
    """Whether a two-digit item type may be used: 01-10 powers, 11-19 their extensions, 20 public
    services, from 21 their extensions. "00" is the heading of the powers, not a type.
    """
    return len(code) == 2 and code.isascii() and code.isdigit() and code != "00"


def is_on_application(item_type: str) -> bool:
    """Whether people apply for items of this type; penalty, coercion, levy and inspection belong
    to supervision instead.

    Source: 广东省政务服务事项管理暂行办法 (2023).
    """
    return is_item_type(item_type) and item_type not in {"02", "03", "04", "06"}
