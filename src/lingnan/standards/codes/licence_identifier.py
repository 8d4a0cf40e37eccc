"""Identifiers of electronic licences.

Source: GB/T 36904-2018: `1.2.156.3005.2.<type 21>.<issuer 18>.<serial>.<version 3>.<check>`; the
check is ISO 7064 MOD 37,36 over the four fields without the root and without dots.
"""

import re
from dataclasses import dataclass

from . import iso7064, uscc
from .refusals import LicenceIdentifierBody, LicenceIdentifierCheck, LicenceIdentifierShape

ROOT = "1.2.156.3005.2"
_SHAPE = re.compile(
    r"1\.2\.156\.3005\.2\."
    r"(?P<type>[0-9A-Z]{21})\.(?P<issuer>[0-9A-Z]{18})\.(?P<serial>[0-9A-Z]{1,40})\."
    r"(?P<version>[0-9A-Z]{3})\.(?P<check>[0-9A-Z])",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceIdentifier:
    """The parts; `str()` gives the whole."""

    type_code: str
    issuer_uscc: str
    serial: str
    version: str

    @property
    def check(self) -> str:
        return iso7064.mod_37_36(self.type_code + self.issuer_uscc + self.serial + self.version)

    def __str__(self) -> str:
        fields = (self.type_code, self.issuer_uscc, self.serial, self.version, self.check)
        return ".".join((ROOT, *fields))


def build(*, type_code: str, issuer_uscc: str, serial: str, version: int = 1) -> LicenceIdentifier:
    """A new identifier. `type_code` is the credit code of who defined the type and 3 characters.

    A change of the licence keeps the serial and raises the version.
    Raises: LicenceIdentifierShape, LicenceIdentifierBody (422).
    """
    made = LicenceIdentifier(
        type_code=type_code, issuer_uscc=issuer_uscc, serial=serial, version=f"{version:03d}"
    )
    fields = (type_code, issuer_uscc, serial, made.version, "0")
    if not _SHAPE.fullmatch(".".join((ROOT, *fields))):
        raise LicenceIdentifierShape
    for body in (type_code[:18], issuer_uscc):
        if not uscc.is_valid(body):
            raise LicenceIdentifierBody(part=body)
    return made


def parse(text: str) -> LicenceIdentifier:
    """Read an identifier; capitals only, as the standard has it.

    Raises: LicenceIdentifierShape, LicenceIdentifierCheck (422).
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise LicenceIdentifierShape
    found = LicenceIdentifier(
        type_code=match["type"],
        issuer_uscc=match["issuer"],
        serial=match["serial"],
        version=match["version"],
    )
    if found.check != match["check"]:
        raise LicenceIdentifierCheck
    return found


def is_valid(text: str) -> bool:
    try:
        parse(text)
    except (LicenceIdentifierShape, LicenceIdentifierCheck):
        return False
    return True
