"""Words for what the record of a seal's uses holds: a kind and the number of a thing."""

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from lingnan.kernel.text import localise

from ..credentials.claims import claims_of
from ..models import LicenceUse
from ..rows import title_of

register = template.Library()

PURPOSES: Mapping[str, Promise] = {
    "licence face": pgettext_lazy("seal use", "Face of a licence"),
    "marked copy": pgettext_lazy("seal use", "Marked copy"),
    "notice": pgettext_lazy("seal use", "Notice"),
}
RULES: Mapping[str, Promise] = {
    "automatic": pgettext_lazy("seal use", "By the system"),
    "licence": pgettext_lazy("seal use", "For a licence"),
}


@register.filter
def seal_purpose(text: str) -> str:
    """What was sealed, with its number; the id of a copy says nothing to a reader."""
    for kind, word in PURPOSES.items():
        if text.startswith(f"{kind} "):
            number = "" if kind == "marked copy" else text[len(kind) :].strip()
            return f"{word} {number}".strip()
    return text


@register.filter
def field_titles(use: LicenceUse) -> str:
    """The fields a use read, as its type heads them; what a wallet showed is named by its claim."""
    kind = use.licence.type
    claims = claims_of(kind)
    titles = (
        localise(claims[name]) if name in claims else title_of(name, kind) for name in use.fields
    )
    return _(", ").join(dict.fromkeys(titles))


@register.filter
def seal_rule(text: str) -> str:
    """On what ground it was sealed; an agreed request and other grounds stay as written."""
    kind, _space, _number = text.partition(" ")
    return str(RULES.get(kind, text))
