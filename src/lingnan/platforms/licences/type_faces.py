"""How the face of a type will look, with values that nobody can take for someone's."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.text import localise
from lingnan.platforms.documents import services as documents

from .type_content import FieldContent, TypeContent

_LANGUAGE = "zh-hans"  # the language of the legal document
_SHOWN_DAY = "2000-01-01"


def preview_pdf(content: TypeContent) -> bytes:
    """The face as PDF with sample values, no seal, and "sample" across it; no query."""
    return documents.render("licence", sample_facts(content), formats=("pdf",))["pdf"]


def sample_facts(content: TypeContent) -> dict[str, Any]:
    """What the sample says; every value names itself as one."""
    with translation.override(_LANGUAGE):
        shown = [field for field in content.fields if field.shown]
        number = next((f for f in shown if f.name == content.face.number_field), None)
        validity = content.validity
        return {
            "title": content.name.get("zh-hans") or _("Type without a name"),
            "title_en": content.name.get("en", ""),
            "number": _sample(number) if number else "示例00000000",
            "fields": [
                (_("Holder"), "示例持有人"),
                *((localise(field.title) or field.name, _sample(field)) for field in shown),
            ],
            "issuer": "示例发证机关",
            "issued_on": _SHOWN_DAY,
            "made_at": clock.now(),
            "tone": content.face.style,
            "orientation": content.face.layout,
            "valid": (
                _("Sample: valid for at most %(years)s years") % {"years": validity.years or "?"}
                if validity.kind == "years"
                else _("Sample: valid without end")
                if validity.kind == "permanent"
                else _("Sample: valid for a term or without end")
            ),
            "identifier": "1.2.156.3005.2.（样张，无标识）",
            "test_mark": _("Sample of a face: not a licence"),
            "watermark": "样张 SAMPLE",
        }


def _sample(field: FieldContent) -> str:
    if field.kind == "choice" and field.options:
        return localise(field.options[0].title) or field.options[0].value
    return {
        "date": "2000年1月1日（示例）",
        "integer": "0（示例）",
        "number": "0.00（示例）",
        "boolean": "是（示例）",
        "long_text": "示例文字" * 12,
    }.get(field.kind, f"示例{localise(field.title, _LANGUAGE)}")
