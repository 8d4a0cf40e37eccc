"""Words and colours of credit for templates: `{% load credit_words %}`."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lingnan.kernel.web.templatetags.components import tag

from ..types import Grade, Publicity

register = template.Library()
PUBLICITY = {
    Publicity.PUBLIC: "blue",
    Publicity.WITHHELD: "grey",
    Publicity.ENDED: "grey",
    Publicity.STOPPED: "green",
}
GRADES = {Grade.MINOR: "grey", Grade.GENERAL: "yellow", Grade.SERIOUS: "red"}


@register.simple_tag
def publicity_tag(record: Any) -> SafeString:
    """Where a record stands: public, withheld, ended, stopped; and whether it is disputed."""
    state = Publicity(record.publicity)
    return tag(str(state.label), PUBLICITY[state])


@register.simple_tag
def grade_tag(record: Any) -> SafeString | str:
    """How grave it is, where it has a grade."""
    if not record.grade:
        return ""
    grade = Grade(record.grade)
    return tag(str(grade.label), GRADES[grade])


@register.simple_tag
def objection_tag(record: Any) -> SafeString | str:
    """异议处理中, as the law asks, wherever the record is shown."""
    return tag(_("Objection being handled"), "yellow") if record.under_objection else ""


@register.filter
def outcome_word(outcome: str) -> str:
    """What became of a row of a delivery."""
    words = {
        "stored": _("stored"),
        "corrected": _("stored as a correction"),
        "unchanged": _("known already"),
        "refused": _("refused"),
        "not_stored": _("in order, not stored"),
    }
    return words.get(outcome, outcome)
