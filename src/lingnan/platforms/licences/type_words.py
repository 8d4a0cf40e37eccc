"""A type of licence in words, for its pages."""

from typing import Any

from django.utils.translation import gettext as _

from lingnan.kernel.text import localise
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyKind
from lingnan.standards.regions import queries as regions

from .type_content import TypeContent
from .type_forms import KINDS, PERSONAL


def in_words(content: TypeContent) -> dict[str, Any]:
    """What the table of fields and the lines on issuers say. At most two queries."""
    kinds, personal = dict(KINDS), dict(PERSONAL)
    return {
        "content": content,
        "fields": [
            {
                "title": localise(field.title) or field.name,
                "name": field.name,
                "kind": kinds[field.kind],
                "choices": "、".join(
                    localise(option.title) or option.value for option in field.options
                ),
                "personal": personal[field.personal],
                "required": field.required,
                "shown": field.shown,
            }
            for field in content.fields
        ],
        "issuers": _issuers(content),
    }


def _issuers(content: TypeContent) -> list[str]:
    lines = []
    labels = {kind.value: str(kind.label) for kind in AgencyKind}
    kinds = "、".join(labels.get(kind, kind) for kind in content.issuer_kinds)
    places = regions.regions(content.issuer_regions) if content.issuer_regions else {}
    where = "、".join(
        places[code].full_name if code in places else code for code in content.issuer_regions
    )
    if kinds and where:
        lines.append(_("%(kinds)s in %(regions)s") % {"kinds": kinds, "regions": where})
    elif kinds:
        lines.append(kinds)
    elif where:
        lines.append(_("Every agency in %(regions)s") % {"regions": where})
    if content.issuer_agencies:
        known = agencies.agencies_by_uscc(content.issuer_agencies)
        lines += [known[code].name if code in known else code for code in content.issuer_agencies]
    return lines
