"""Words for what sessions and mandates hold."""

from collections.abc import Mapping
from datetime import datetime

from django import template

from ..device_words import device_kind_text, device_name
from ..proof_words import kind_text
from ..types import EvidenceCard

register = template.Library()

register.filter("device_name", device_name)
register.filter("device_kind_text", device_kind_text)


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
