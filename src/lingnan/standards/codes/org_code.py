"""Organisation codes: eight characters and a check character.

Source: GB 11714. Its check runs modulo 11 over values up to 35, so it finds every wrong digit but
not every wrong letter: characters whose values differ by 11 or 22 (such as A and L) weigh the same.
"""

import re

from .refusals import OrgCodeCheck, OrgCodeShape
from .text import normalise

_SHAPE = re.compile(r"[0-9A-Z]{8}-?[0-9X]", re.ASCII)
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "0X987654321"  # index = sum mod 11


def compute_check(body: str) -> str:
    """The check character over eight digits or capitals. Raises: ValueError on others."""
    if not re.fullmatch(r"[0-9A-Z]{8}", body, re.ASCII):
        raise ValueError(f"not eight digits or capitals: {body}")
    total = sum(w * int(c, 36) for w, c in zip(_WEIGHTS, body, strict=True))
    return _CHECKS[total % 11]


def parse(text: str) -> str:
    """The nine characters without hyphen.

    Raises: OrgCodeShape, OrgCodeCheck (422).
    """
    code = normalise(text)
    if not _SHAPE.fullmatch(code):
        raise OrgCodeShape
    code = code.replace("-", "")
    if compute_check(code[:8]) != code[8]:
        raise OrgCodeCheck
    return code


def is_valid(text: str) -> bool:
    try:
        parse(text)
    except (OrgCodeShape, OrgCodeCheck):
        return False
    return True
