"""Unified social credit codes: one number for every organisation.

Source: GB 32100-2015. The alphabet has 31 characters and its own order: the index in it is the
value (some programs take ASCII order instead, and accept wrong codes). The check finds every
single wrong character and every transposition of two neighbours.
"""

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import org_code
from .refusals import CodeMalformed, UsccAuthority, UsccCheck, UsccOrgCode, UsccShape
from .text import normalise

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", re.ASCII)

AUTHORITIES: dict[str, str | Promise] = {
    "1": _("Staffing office"),
    "2": _("Foreign affairs"),
    "3": _("Justice"),
    "4": _("Culture"),
    "5": _("Civil affairs"),
    "6": _("Tourism"),
    "7": _("Religious affairs"),
    "8": _("Trade unions"),
    "9": _("Market supervision"),
    "A": _("Military logistics"),
    "N": _("Agriculture"),
    "Y": _("Other"),
}
CLASSES: dict[str, str | Promise] = {
    "11": _("Organ of state"),
    "12": _("Public institution"),
    "13": _("People's organisation"),
    "19": _("Other"),
    "51": _("Association"),
    "52": _("Private non-enterprise unit"),
    "53": _("Foundation"),
    "59": _("Other"),
    "91": _("Enterprise"),
    "92": _("Individual business"),
    "93": _("Farmers' cooperative"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Uscc:
    """A code and its parts. `warnings` (codes of refusals) only on imported data."""

    number: str
    authority: str
    org_class: str
    registered_region_code: str
    org_code: str
    warnings: tuple[str, ...] = ()

    @property
    def authority_name(self) -> str:
        return str(AUTHORITIES.get(self.authority, ""))

    @property
    def class_name(self) -> str:
        return str(CLASSES.get(self.authority + self.org_class, ""))


def compute_check(body: str) -> str:
    """The 18th character over the first 17. Raises: ValueError on a foreign character."""
    if len(body) != 17 or any(character not in _VALUES for character in body):
        raise ValueError(f"not 17 characters of a credit code: {body}")
    total = sum(weight * _VALUES[c] for weight, c in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def parse(text: str) -> Uscc:
    """Read a code on entry: everything must hold.

    Raises: UsccShape, UsccAuthority, UsccCheck, UsccOrgCode (422).
    Source: GB 32100-2015; GB 11714 for characters 9 to 17.
    """
    uscc = _read(text)
    for problem in _problems(uscc):
        raise problem
    return uscc


def parse_imported(text: str) -> Uscc:
    """Read a code from another system: some genuinely issued codes fail their check, so that is a
    warning here. Only the shape must hold.

    Raises: UsccShape (422).
    """
    uscc = _read(text)
    return Uscc(
        number=uscc.number,
        authority=uscc.authority,
        org_class=uscc.org_class,
        registered_region_code=uscc.registered_region_code,
        org_code=uscc.org_code,
        warnings=tuple(problem.code for problem in _problems(uscc)),
    )


def is_valid(text: str) -> bool:
    """Whether the text would be accepted on entry."""
    try:
        parse(text)
    except CodeMalformed:
        return False
    return True


def check(text: str) -> None:
    """Raises: as `parse`."""
    parse(text)


def build(*, authority: str, org_class: str, region_code: str, org_body: str) -> str:
    """A whole code from its parts; `org_body` is the organisation code without its check.

    Raises: ValueError when the parts do not fit.
    """
    body = f"{authority}{org_class}{region_code}{org_body}{org_code.compute_check(org_body)}"
    return body + compute_check(body)


def _read(text: str) -> Uscc:
    number = normalise(text)
    if not _SHAPE.fullmatch(number):
        raise UsccShape
    return Uscc(
        number=number,
        authority=number[0],
        org_class=number[1],
        registered_region_code=number[2:8],
        org_code=number[8:17],
    )


def _problems(uscc: Uscc) -> list[CodeMalformed]:
    problems: list[CodeMalformed] = []
    if compute_check(uscc.number[:17]) != uscc.number[17]:
        problems.append(UsccCheck())
    if uscc.authority not in AUTHORITIES:
        problems.append(UsccAuthority(authority=uscc.authority))
    if not org_code.is_valid(uscc.org_code):
        problems.append(UsccOrgCode())
    return problems
