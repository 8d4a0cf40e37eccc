"""A request's texts -> typed data. What cannot be read stays as it was typed, to be shown again."""

import datetime
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from ... import money
from .nodes import Node
from .sources import region_source

ITEMS_MAX = 50
TEXT_CHARACTERS_MAX = 20_000
REGION_LEVELS_MAX = 6
SEARCH_CHARACTERS_MAX = 60
MISSING: Final = object()
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?", re.ASCII)
_MAINLAND = re.compile(r"1[3-9]\d{9}|0\d{2,3}\d{7,8}", re.ASCII)
_HONG_KONG = re.compile(r"\+852[2-9]\d{7}", re.ASCII)
_MACAO = re.compile(r"\+853[268]\d{7}", re.ASCII)

Post = Mapping[str, Any]


def texts(post: Post, name: str) -> list[str]:
    """All values sent under a name, from a QueryDict or a plain mapping."""
    getlist = getattr(post, "getlist", None)
    found = getlist(name) if getlist is not None else post.get(name, [])
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list | tuple):
        return []
    return [clean_text(item) for item in found if isinstance(item, str)]


def text(post: Post, name: str) -> str:
    found = texts(post, name)
    return found[-1].strip() if found else ""


def clean_text(raw: str) -> str:
    """Line ends as one sign; no control characters, which a database or a page cannot hold."""
    return _CONTROL.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))


def read_node(node: Node, path: str, post: Post, *, keep_empty: bool = False) -> Any:
    """The node's value, or MISSING. `keep_empty` keeps list entries in which nothing stands yet."""
    if node.kind == "group":
        values = {
            child.name: value
            for child in node.children
            if (value := read_node(child, f"{path}.{child.name}", post, keep_empty=keep_empty))
            is not MISSING
        }
        return values if values or node.required or keep_empty else MISSING
    if node.kind == "list":
        return _read_list(node, path, post, keep_empty=keep_empty)
    return _read_leaf(node, path, post)


def count_of(path: str, post: Post) -> int:
    raw = text(post, f"{path}.count")
    return min(int(raw), ITEMS_MAX) if raw.isascii() and raw.isdigit() and len(raw) < 4 else 0


def normal_phone(raw: str) -> str:
    """Mainland numbers without a country code, +852 and +853 before Hong Kong's and Macao's."""
    digits = re.sub(r"[\s\-().]", "", unicodedata.normalize("NFKC", raw))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+86"):
        digits = digits[3:]
    if re.fullmatch(r"85[23]\d{8}", digits, re.ASCII):
        digits = "+" + digits
    return digits


def is_phone(number: str) -> bool:
    return any(form.fullmatch(number) for form in (_MAINLAND, _HONG_KONG, _MACAO))


def is_date(value: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return False
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _read_list(node: Node, path: str, post: Post, *, keep_empty: bool) -> Any:
    item = node.item
    found: list[Any] = []
    for index in range(count_of(path, post)):
        value = read_node(item, f"{path}.{index}", post, keep_empty=keep_empty)
        if value is MISSING:
            value = {} if item.kind == "group" else ""
        if keep_empty or value not in ({}, [], ""):
            found.append(value)
    return found if found or keep_empty else MISSING


def _read_leaf(node: Node, path: str, post: Post) -> Any:
    if node.widget == "date":
        return _read_date(path, post)
    if node.widget == "region":
        return _read_region(path, post)
    if node.widget == "checkbox" and node.data_type == "boolean":
        if text(post, path) == "true":
            return True
        return MISSING if node.schema.get("const") is True else False
    by_key = {option.key: option.value for option in node.options}
    if node.widget == "checkbox" and node.data_type == "array":
        chosen = list(dict.fromkeys(item for item in texts(post, path) if item))
        return [by_key.get(key, key) for key in chosen] or MISSING
    raw = text(post, path)
    if not raw:
        return MISSING
    if node.options:
        return by_key.get(raw, raw)
    if node.widget == "money":
        try:
            return money.parse_yuan(unicodedata.normalize("NFKC", raw).removeprefix("¥"))
        except money.NotAnAmount:
            return raw
    if node.data_type in {"integer", "number"}:
        return _read_number(node, raw)
    if node.widget == "phone":
        number = normal_phone(raw)
        return number if is_phone(number) else raw
    if node.widget in {"resident_id", "uscc"}:
        return re.sub(r"\s", "", unicodedata.normalize("NFKC", raw)).upper()
    return raw


def _read_number(node: Node, raw: str) -> Any:
    plain = unicodedata.normalize("NFKC", raw).replace(",", "").replace(" ", "")
    if _INTEGER.fullmatch(plain):
        return int(plain)
    if node.data_type == "number" and _NUMBER.fullmatch(plain) and math.isfinite(float(plain)):
        return float(plain)
    return raw


def _read_date(path: str, post: Post) -> Any:
    parts = {name: text(post, f"{path}.{name}") for name in ("year", "month", "day")}
    if not any(parts.values()):
        return MISSING
    plain = {name: unicodedata.normalize("NFKC", value) for name, value in parts.items()}
    if all(value.isascii() and value.isdigit() and len(value) < 5 for value in plain.values()):
        year, month, day = (int(plain[name]) for name in ("year", "month", "day"))
        written = f"{year:04d}-{month:02d}-{day:02d}"
        if is_date(written):
            return written
    return parts


def _read_region(path: str, post: Post) -> Any:
    """The deepest division of an unbroken chain of choices; a search result goes first. What was
    typed into the search counts where nothing else was chosen and one division alone has the name.
    """
    found = text(post, f"{path}.found")
    if found:
        return found
    source = region_source()
    if source is None:
        return text(post, path) or MISSING
    parent = text(post, f"{path}.root")
    chosen = ""
    for level in range(1, REGION_LEVELS_MAX + 1):
        code = text(post, f"{path}.l{level}")
        if not code or code not in {choice.code for choice in source.children(parent)}:
            break
        chosen = parent = code
    typed = text(post, f"{path}.q")[:SEARCH_CHARACTERS_MAX]
    if typed and not chosen:
        matches = source.search(typed, 2)
        chosen = matches[0].code if len(matches) == 1 else ""
    return chosen or MISSING
