"""Texts in several languages, for data that people read (item names, guides, form labels).

A `LocalisedText` is {"zh-hans": ..., "en": ...}. Traditional Chinese is derived (OpenCC, Hong Kong
variant) unless given. Interface strings are gettext's business, not this module's.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import get_language

if TYPE_CHECKING:
    from opencc import OpenCC

LocalisedText = dict[str, str]

DEFAULT_LANGUAGE = "zh-hans"


@lru_cache(maxsize=1)
def _converter() -> "OpenCC":
    from opencc import OpenCC  # noqa: PLC0415  (0.2 s and 10 MB, only for readers of traditional)

    return OpenCC("s2hk")


@lru_cache(maxsize=20_000)
def to_traditional(text: str) -> str:
    """Simplified to traditional Chinese as written in Hong Kong."""
    return str(_converter().convert(text))


def localise(value: LocalisedText | str | None, language: str | None = None) -> str:
    """The text in the reader's language, else in Chinese, else in whatever there is."""
    if not value:
        return ""
    language = (language or get_language() or DEFAULT_LANGUAGE).lower()
    if isinstance(value, str):
        return to_traditional(value) if language == "zh-hant" else value
    if value.get(language):
        return value[language]
    simplified = value.get(DEFAULT_LANGUAGE, "")
    if language == "zh-hant" and simplified:
        return to_traditional(simplified)
    return simplified or next((text for text in value.values() if text), "")


def in_every_language(text: Callable[[], str]) -> dict[str, str]:
    """Words the program has, as localised text: for what is read later, by others."""
    told: dict[str, str] = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told[language] = text()
    return told
