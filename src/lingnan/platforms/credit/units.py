"""Ten thousand yuan (万元) with six decimals, as the national columns count, and our fen.

One millionth of 万元 is exactly one fen, so nothing is ever rounded: what is finer is refused.
Source: standards 6.1, CF_NR_FK decimal(18,6).
"""

import re

from .errors import AmountTooFine, NotAWanAmount

FEN_IN_WAN = 1_000_000
_WAN = re.compile(r"(?P<wan>[0-9]{1,12})(?:\.(?P<rest>[0-9]{1,20}))?", re.ASCII)


def fen_from_wan(text: str) -> int:
    """ "1.5" (万元) -> 1500000 (fen). Raises: NotAWanAmount, AmountTooFine (422)."""
    match = _WAN.fullmatch(text.strip().replace(",", ""))
    if match is None:
        raise NotAWanAmount(text=text[:40])
    rest = match["rest"] or ""
    if rest[6:].strip("0"):
        raise AmountTooFine(text=text[:40])
    return int(match["wan"]) * FEN_IN_WAN + int(rest[:6].ljust(6, "0"))


def wan_from_fen(amount_fen: int) -> str:
    """1500000 (fen) -> "1.500000" (万元), always with six decimals."""
    if amount_fen < 0:
        raise ValueError("a fine is not negative")
    wan, rest = divmod(amount_fen, FEN_IN_WAN)
    return f"{wan}.{rest:06d}"
