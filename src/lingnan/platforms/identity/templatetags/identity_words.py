"""Words for what sessions and mandates hold."""

import re
from collections.abc import Mapping
from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..device_words import device_kind_text, device_name
from ..forms import KINSHIPS
from ..models import Client, Mandate
from ..proof_words import kind_text
from ..sso.forms import KINDS as PROGRAM_KINDS
from ..sso.forms import METHODS as PROGRAM_METHODS
from ..types import EvidenceCard

_COMMON_NAME = re.compile(r"\bCommon Name: (.+?)(?:, [A-Z][A-Za-z /]*: |$)")

register = template.Library()

register.filter("device_name", device_name)
register.filter("device_kind_text", device_kind_text)


@register.simple_tag
def mandate_tag(state: str) -> SafeString:
    """The state of a mandate as a tag."""
    text, colour = {
        "offered": (_("Not answered yet"), "yellow"),
        "accepted": (_("In force"), "green"),
        "declined": (_("Declined"), "grey"),
        "revoked": (_("Revoked"), "grey"),
        "expired": (_("Expired"), "grey"),
    }[state]
    return format_html('<span class="tag tag--{}">{}</span>', colour, text)


@register.filter
def ground_text(ground: str) -> str:
    """Why someone has a guardian."""
    return _("for a minor") if ground == "minor" else _("for an adult under guardianship")


@register.filter
def kinship_text(kinship: str) -> str:
    """What a relative is to whoever gave the mandate."""
    return str(dict(KINSHIPS)[Mandate.Kinship(kinship)])


@register.filter
def program_kind(kind: str) -> str:
    """What a sign-in program is."""
    return str(dict(PROGRAM_KINDS)[Client.Kind(kind)])


@register.filter
def program_method(method: str) -> str:
    """How a sign-in program proves itself."""
    return str(dict(PROGRAM_METHODS)[Client.AuthMethod(method)])


@register.filter
def called(names: Mapping[str, str], code: str) -> str:
    """The name of a code, else the code."""
    return names.get(code, code)


@register.filter
def proof_kind(kind: str) -> str:
    """What a proof is called."""
    return kind_text(kind)


@register.filter
def authority_name(issuer: str) -> str:
    """The common name in an issuer as kept ("Common Name: …, Country: CN"), else all of it."""
    found = _COMMON_NAME.search(issuer)
    return found[1] if found else issuer


@register.filter
def is_present(evidence: EvidenceCard, at: datetime) -> bool:
    """Whether a proof counts at an instant."""
    return evidence.counts(at)
