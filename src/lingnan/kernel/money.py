"""Money is an integer count of fen (CNY 0.01). Never a float."""

import re

from django.utils.translation import gettext_lazy as _

from .errors import Malformed

_YUAN = re.compile(r"(?P<sign>-?)(?P<yuan>\d{1,13})(?:\.(?P<fen>\d{1,2}))?", re.ASCII)


class NotAnAmount(Malformed):
    code = "money.not_an_amount"
    message = _("“%(text)s” is not an amount in yuan with at most two decimals.")


def format_fen(amount_fen: int) -> str:
    """12345678 -> "¥123,456.78"."""
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}¥{yuan:,}.{fen:02d}"


def parse_yuan(text: str) -> int:
    """ "1,234.5" -> 123450. Raises: NotAnAmount (422)."""
    match = _YUAN.fullmatch(text.strip().lstrip("¥￥").replace(",", ""))
    if match is None:
        raise NotAnAmount(text=text[:40])
    amount = int(match["yuan"]) * 100 + int((match["fen"] or "0").ljust(2, "0"))
    return -amount if match["sign"] else amount
