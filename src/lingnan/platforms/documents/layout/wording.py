"""How official papers write dates and amounts."""

from datetime import date, datetime

from lingnan.kernel.clock import local_date

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def date_cn(value: date | datetime | str) -> str:
    """2026-11-23 -> 2026年11月23日; an instant is the date it was in China."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        value = local_date(value)
    return f"{value.year}年{value.month}月{value.day}日"


def capital_amount(amount_fen: int) -> str:
    """123456 -> 壹仟贰佰叁拾肆元伍角陆分, as receipts must state sums.

    Source: 支付结算办法 annex 1, 正确填写票据和结算凭证的基本规定.
    """
    if amount_fen < 0 or amount_fen >= 10**18:
        raise ValueError("an amount on paper is between 0 and ten thousand billion yuan")
    yuan, fen = divmod(amount_fen, 100)
    jiao, fen = divmod(fen, 10)
    text = f"{_integer(yuan)}元" if yuan else ""
    if not jiao and not fen:
        return f"{text or '零元'}整"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif yuan:
        text += "零"
    return text + (f"{_DIGITS[fen]}分" if fen else "整")


def _integer(value: int) -> str:
    groups = []
    while value:
        value, group = divmod(value, 10_000)
        groups.append(group)
    text = ""
    gap = False
    for index in reversed(range(len(groups))):
        group = groups[index]
        if not group:
            gap = bool(text)
            continue
        if text and (gap or group < 1000):
            text += "零"
        text += _group(group) + _GROUPS[index]
        gap = False
    return text


def _group(value: int) -> str:
    text = ""
    gap = False
    for place in range(3, -1, -1):
        digit = value // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text
