"""Words for what sessions and mandates hold."""

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.utils.translation import gettext as _

from ..proof_words import kind_text
from ..types import EvidenceCard

register = template.Library()

# The first that occurs is meant: Edge and WeChat also call themselves Chrome, Chrome also Safari.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def device_name(agent: str) -> str:
    """A browser's long name of itself as a person would say it: Chrome, Windows."""
    browser = next((name for part, name in _BROWSERS if part in agent), "")
    system = next((name for part, name in _SYSTEMS if part in agent), "")
    if browser or system:
        return ", ".join(filter(None, (browser, system)))
    return _("A program") + f" ({agent[:40]})" if agent else _("Unknown")


@register.filter
def called(names: Mapping[str, str], code: str) -> str:
    """The name of a code, else the code."""
    return names.get(code, code)


@register.filter
def proof_kind(kind: str) -> str:
    """What a proof is called."""
    return kind_text(kind)


@register.filter
def is_present(evidence: EvidenceCard, at: datetime) -> bool:
    """Whether a proof counts at an instant."""
    return evidence.counts(at)
