"""Message templates, registered in code by the modules that send them, and the channels."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.text import LocalisedText, localise
from lingnan.kernel.web.formats import format_date, format_instant

LANGUAGES = ("zh-hans", "en")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Channel(models.TextChoices):
    """Ways outside the product to reach a person; the inbox is the message itself."""

    SMS = "sms", _("Text message")
    EMAIL = "email", _("E-mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """What is said, in each language, over facts: `%(number)s`.

    `sms` is the short form; without it a text message carries the title and the body.
    A fact that is a LocalisedText is said in the language of the text; a date, also one in its
    ISO form as events carry it, is said as that language says dates.
    """

    code: str
    title: LocalisedText
    body: LocalisedText
    sms: LocalisedText | None = None

    def __post_init__(self) -> None:
        for text in (self.title, self.body, self.sms or self.body):
            missing = [language for language in LANGUAGES if not text.get(language)]
            if missing:
                raise ValueError(f"message template {self.code} lacks {missing}")

    def say(self, text: LocalisedText, facts: Mapping[str, object]) -> LocalisedText:
        """One text over the facts, in every language. A missing fact is a bug: KeyError."""
        return {language: text[language] % _in_language(facts, language) for language in LANGUAGES}


def _in_language(facts: Mapping[str, object], language: str) -> dict[str, object]:
    with translation.override(language):
        return {key: _fact(value, language) for key, value in facts.items()}


def _fact(value: object, language: str) -> object:
    if isinstance(value, dict):
        return localise(value, language)
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date) or (isinstance(value, str) and _ISO_DATE.fullmatch(value)):
        return format_date(value)
    return value


SubjectLink = Callable[[UUID], str]

_templates: dict[str, MessageTemplate] = {}
_links: dict[str, SubjectLink] = {}


def register(template: MessageTemplate) -> MessageTemplate:
    """Make a template known; call it at module level. Two texts for one code are a bug."""
    known = _templates.get(template.code)
    if known is not None and known != template:
        raise ValueError(f"message template {template.code} is registered twice")
    _templates[template.code] = template
    return template


def template(code: str) -> MessageTemplate:
    """The template of a code. An unknown code is a bug: KeyError."""
    return _templates[code]


def templates() -> dict[str, MessageTemplate]:
    """Every template the loaded modules registered, for the reference."""
    return dict(_templates)


def register_subject(kind: str, link: SubjectLink) -> None:
    """Say where a message about a subject of this kind leads; call it in `AppConfig.ready`."""
    _links[kind] = link


def subject_link(kind: str, subject_id: UUID) -> str:
    """The path of a subject's page, or "" where no module registered the kind."""
    link = _links.get(kind)
    return link(subject_id) if link else ""
