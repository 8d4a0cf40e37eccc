"""Words and colours of credit for templates: `{% load credit_words %}`."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lingnan.kernel.web.templatetags.components import tag

from ..columns import COLUMNS
from ..types import AppealState, CommitmentState, EntryState, Grade, MeasureState, Publicity

register = template.Library()
PUBLICITY = {
    Publicity.PUBLIC: "blue",
    Publicity.WITHHELD: "grey",
    Publicity.ENDED: "grey",
    Publicity.STOPPED: "green",
}
GRADES = {Grade.MINOR: "grey", Grade.GENERAL: "yellow", Grade.SERIOUS: "red"}


STATES = {
    EntryState.LEAD: "blue",
    EntryState.NOTIFIED: "yellow",
    EntryState.LISTED: "red",
    EntryState.DROPPED: "grey",
    EntryState.DECLINED: "grey",
    EntryState.REMOVED: "green",
    AppealState.OPEN: "blue",
    AppealState.GRANTED: "green",
    AppealState.DENIED: "red",
    AppealState.REFUSED: "red",
    AppealState.WITHDRAWN: "grey",
    CommitmentState.KEPT: "green",
    CommitmentState.DOUBTED: "yellow",
    CommitmentState.BREACHED: "red",
    CommitmentState.VOID: "grey",
    MeasureState.IN_FORCE: "yellow",
    MeasureState.LIFTED: "grey",
}


@register.simple_tag
def state_tag(row: Any) -> SafeString:
    """Where an entry, an appeal or a measure stands."""
    return tag(row.get_state_display(), STATES[row.state])


@register.filter
def alert_word(rule: str) -> str:
    """What a rule of monitoring found."""
    words = {
        "serious_record": _("A serious record"),
        "repeated_penalties": _("Penalties again and again"),
        "abnormal_and_penalty": _("Abnormal operation and penalties"),
    }
    return words.get(rule, rule)


@register.filter
def action_word(action: str) -> str:
    """What an agency did because of a measure."""
    words = {
        "applied": _("Applied"),
        "no_case": _("No case arose"),
        "not_possible": _("Could not be applied"),
    }
    return words.get(action, action)


@register.filter
def column_title(name: str) -> str:
    """The Chinese title of a national column."""
    for columns in COLUMNS.values():
        for column in columns:
            if column.name == name:
                return column.title
    return name


@register.filter
def paper_word(kind: str) -> str:
    """What a paper of a roster's procedure is."""
    words = {
        "notice": _("Notice before the entry"),
        "decision": _("Decision to list"),
        "removal": _("Decision to remove"),
    }
    return words.get(kind, kind)


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
