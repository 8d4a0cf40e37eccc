"""The 20-digit payment code, by a scheme that can be exchanged; and the codes of receipts.

The national layout of the payment code and its check rule are not published; a province supplies
its own. Codes of others are therefore checked by length only.
Source: standards section 5.
"""

import hashlib
import re
import secrets
from typing import Protocol

from .errors import BadPaymentCode

CODE_LENGTH = 20
_SERIAL_SPACE = 10**11
_DIGITS = re.compile(r"\d{20}", re.ASCII)


class PayCodeScheme(Protocol):
    """How payment codes are made. `is_official` says whether a province prescribed it."""

    is_official: bool

    def make(self, *, region_code: str, year: int) -> str:
        """A fresh code; two calls may rarely give the same, the table's key decides."""
        ...


class OwnScheme:
    """6 digits of region, 2 of year, 11 of serial, 1 check digit (weights 2 and 1 from the right).

    The serial is random, not counted: whoever knows one code cannot guess the next payer's.
    Our default, not official.
    """

    is_official = False

    def make(self, *, region_code: str, year: int) -> str:
        serial = secrets.randbelow(_SERIAL_SPACE)
        body = f"{region_code[:6]:0<6}{year % 100:02d}{serial:011d}"
        return body + check_digit(body)


def check_digit(body: str) -> str:
    """The digit that makes the weighted sum a multiple of ten (ISO/IEC 7812-1 annex B)."""
    total = 0
    for position, character in enumerate(reversed(body)):
        value = int(character) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def read_code(text: str) -> str:
    """The 20 digits someone typed, spaces and dashes removed. Raises: BadPaymentCode (422)."""
    plain = re.sub(r"[\s\-]", "", text)
    if not _DIGITS.fullmatch(plain):
        raise BadPaymentCode
    return plain


def receipt_code(*, region_code: str, year: int) -> str:
    """8 digits: 2 of the supervising region, 2 of category, 2 of kind, 2 of year.

    01 and 01 stand for the general electronic receipt of non-tax revenue; our default.
    """
    return f"{region_code[:2]}0101{year % 100:02d}"


def receipt_check_code(*, code: str, number: str, payment_code: str, amount_fen: int) -> str:
    """6 characters that tie the receipt's numbers to its amount; our default, not official."""
    text = f"{code}|{number}|{payment_code}|{amount_fen}"
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def scheme() -> PayCodeScheme:
    """The scheme of this installation."""
    return OwnScheme()
