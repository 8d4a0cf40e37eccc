"""Mask a value for a reader."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lingnan.kernel.actors import Actor

from .types import SEE_WHOLE, Kind, MaskRule, Purpose, Shown

STAR = "*"

# Our defaults; the plan gives no numbers. 个人信息保护法 28 names what is sensitive.
RULES: Mapping[Purpose, MaskRule] = MappingProxyType(
    {
        Purpose.OWN: MaskRule(personal=Shown.WHOLE, sensitive=Shown.WHOLE),
        Purpose.DECIDE: MaskRule(personal=Shown.WHOLE, sensitive=Shown.PART),
        Purpose.LIST: MaskRule(personal=Shown.PART, sensitive=Shown.TRACE),
        Purpose.VERIFY: MaskRule(personal=Shown.PART, sensitive=Shown.TRACE),
        Purpose.PUBLISH: MaskRule(personal=Shown.TRACE, sensitive=Shown.NOTHING),
    }
)
_SENSITIVE = frozenset({Kind.RESIDENT_ID, Kind.DOCUMENT_NUMBER, Kind.BANK_ACCOUNT})
_PUBLIC = frozenset({Kind.USCC})


def shown_to(actor: Actor, kind: Kind, purpose: Purpose) -> Shown:
    """How much of a kind of datum this reader sees for this purpose.

    An officer who holds `masking.see_whole` sees the whole where he decides; he sees no more than
    others in lists and publications.
    """
    if kind in _PUBLIC:
        return Shown.WHOLE
    if purpose is Purpose.OWN and actor.is_anonymous:
        purpose = Purpose.PUBLISH
    if purpose in (Purpose.DECIDE, Purpose.LIST) and not (actor.is_officer or actor.is_system):
        purpose = Purpose.PUBLISH
    rule = RULES[purpose]
    shown = rule.sensitive if kind in _SENSITIVE else rule.personal
    if purpose is Purpose.DECIDE and actor.can(SEE_WHOLE):
        return Shown.WHOLE
    return shown


def mask_for(actor: Actor, value: str, kind: Kind, purpose: Purpose) -> str:
    """The value as this reader sees it for this purpose."""
    return mask(value, kind, shown_to(actor, kind, purpose))


def mask(value: str, kind: Kind, shown: Shown = Shown.PART) -> str:
    """The value with all but the shown part as stars.

    Source: 个人信息保护法 6, 51; what stands of each kind is our default.
    """
    value = value.strip()
    if shown is Shown.WHOLE or not value:
        return value
    if shown is Shown.NOTHING:
        return STAR * 4
    masked = _MASKS[kind](value, shown)
    if shown is Shown.TRACE:  # of a very short value a trace could be more than a part
        part = _MASKS[kind](value, Shown.PART)
        return min(masked, part, key=lambda text: len(text.replace(STAR, "")))
    return masked


def _keep(value: str, head: int, tail: int) -> str:
    """Keep the ends; a value too short to hide anything is hidden whole."""
    if len(value) <= head + tail:
        return STAR * max(len(value), 4)
    hidden = len(value) - head - tail
    end = value[-tail:] if tail else ""
    return value[:head] + STAR * hidden + end


_COMPOUND_SURNAMES = frozenset(
    {
        *("欧阳", "司马", "上官", "诸葛", "司徒", "夏侯", "皇甫", "尉迟", "公孙"),
        *("慕容", "令狐", "东方", "南宫", "端木", "长孙", "宇文", "呼延"),
    }
)


def _mask_name(value: str, shown: Shown) -> str:
    if value.isascii():  # Latin letters: initials
        words = value.split()
        return " ".join(word[0] + STAR * 3 for word in words)
    surname = 2 if value[:2] in _COMPOUND_SURNAMES and len(value) > 2 else 1
    if shown is Shown.TRACE or len(value) == surname + 1:
        return value[:surname] + STAR * (len(value) - surname or 1)
    return value[:surname] + STAR * (len(value) - surname - 1) + value[-1]


def _mask_resident_id(value: str, shown: Shown) -> str:
    # The middle is the date of birth: it never stands.
    return _keep(value, 3, 4) if shown is Shown.PART else _keep(value, 1, 1)


def _mask_number(value: str, shown: Shown) -> str:
    return _keep(value, 2, 3) if shown is Shown.PART else _keep(value, 1, 1)


def _mask_phone(value: str, shown: Shown) -> str:
    return _keep(value, 3, 4) if shown is Shown.PART else _keep(value, 0, 2)


def _mask_bank(value: str, shown: Shown) -> str:
    return _keep(value, 0, 4) if shown is Shown.PART else _keep(value, 0, 2)


def _mask_email(value: str, shown: Shown) -> str:
    name, at, domain = value.partition("@")
    if not at:
        return _keep(value, 1, 0)
    if shown is Shown.TRACE:
        return f"{name[:1]}{STAR * 3}@{STAR * 3}"
    return f"{name[:1]}{STAR * 3}@{domain}"


_STREET_ENDS = "省市区县镇乡街道路巷村"


def _mask_address(value: str, shown: Shown) -> str:
    """Keep down to the street (part) or to the county (trace)."""
    ends = _STREET_ENDS if shown is Shown.PART else "省市区县"
    last = max((value.rfind(end) for end in ends), default=-1)
    if last < 0:
        return _keep(value, min(2, len(value) // 3), 0)
    rest = len(value) - last - 1
    return value[: last + 1] + STAR * min(max(rest, 4), 8)


def _mask_birth_date(value: str, shown: Shown) -> str:
    return value[:4] + STAR * 4 if shown is Shown.PART else STAR * 8


def _mask_uscc(value: str, shown: Shown) -> str:
    return _keep(value, 4, 4)


def _mask_text(value: str, shown: Shown) -> str:
    return _keep(value, 1, 0) if shown is Shown.PART else STAR * 4


_MASKS: Mapping[Kind, Callable[[str, Shown], str]] = MappingProxyType(
    {
        Kind.NAME: _mask_name,
        Kind.RESIDENT_ID: _mask_resident_id,
        Kind.DOCUMENT_NUMBER: _mask_number,
        Kind.PHONE: _mask_phone,
        Kind.EMAIL: _mask_email,
        Kind.ADDRESS: _mask_address,
        Kind.BANK_ACCOUNT: _mask_bank,
        Kind.BIRTH_DATE: _mask_birth_date,
        Kind.USCC: _mask_uscc,
        Kind.TEXT: _mask_text,
    }
)
