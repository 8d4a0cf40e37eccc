"""Words and colours of credit for templates: `{% load credit_words %}`."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from lingnan.kernel.web.templatetags.components import tag
from lingnan.standards.agencies.types import AgencyKind

from ..columns import COLUMNS
from ..shaping import ContentLine
from ..types import (
    AppealState,
    CommitmentState,
    EntryState,
    Grade,
    MeasureState,
    ProposalState,
    Publicity,
    RecordKind,
)
from ..units import wan_from_fen

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
    ProposalState.PROPOSED: "yellow",
    ProposalState.PUBLISHED: "green",
    ProposalState.REFUSED: "red",
    MeasureState.IN_FORCE: "yellow",
    MeasureState.LIFTED: "grey",
}


@register.simple_tag
def state_tag(row: Any) -> SafeString:
    """Where an entry, an appeal or a measure stands."""
    return tag(row.get_state_display(), STATES[row.state])


PATH_WORDS = {
    "accept_workdays": gettext_lazy("Working days to accept"),
    "answer_workdays": gettext_lazy("Working days to answer"),
    "applies_to": gettext_lazy("Whom it is for"),
    "base_points": gettext_lazy("Base"),
    "cap": gettext_lazy("At most together"),
    "catalogue": gettext_lazy("Catalogue"),
    "code": gettext_lazy("Code"),
    "conduct": gettext_lazy("Conduct"),
    "count": gettext_lazy("Number of records"),
    "decide_workdays": gettext_lazy("Working days to decide"),
    "en": gettext_lazy("English"),
    "executor_kinds": gettext_lazy("Who carries it out"),
    "exit_conditions": gettext_lazy("How to leave it"),
    "fine_category": gettext_lazy("Kind of penalty that is a fine"),
    "follows_ban": gettext_lazy("Shown as long as a ban lasts"),
    "forward_workdays": gettext_lazy("Working days to forward"),
    "from": gettext_lazy("From so many points"),
    "general": gettext_lazy("General"),
    "grade": gettext_lazy("Grade"),
    "grades": gettext_lazy("Grades"),
    "indicators": gettext_lazy("Indicator"),
    "kind": gettext_lazy("Kind"),
    "kinds": gettext_lazy("Kinds"),
    "legal_basis": gettext_lazy("Legal basis"),
    "max_months": gettext_lazy("Shown at most (months)"),
    "measures": gettext_lazy("Joint measures"),
    "min_months": gettext_lazy("Shown at least (months)"),
    "minor": gettext_lazy("Minor"),
    "minor_categories": gettext_lazy("Minor kinds of penalties"),
    "minor_fine_fen": gettext_lazy("Minor fine up to"),
    "months": gettext_lazy("Looks back (months)"),
    "organisation": gettext_lazy("Organisations"),
    "person": gettext_lazy("Natural persons"),
    "points": gettext_lazy("Points for each"),
    "published": gettext_lazy("Shown to the public"),
    "remedy": gettext_lazy("Remedy"),
    "repair_after_months": gettext_lazy("Repair possible after (months)"),
    "repairable": gettext_lazy("May be repaired"),
    "reply_workdays": gettext_lazy("Working days to reply"),
    "review_workdays": gettext_lazy("Working days to review"),
    "rules": gettext_lazy("Rules of monitoring"),
    "serious": gettext_lazy("Serious"),
    "serious_categories": gettext_lazy("Serious kinds of penalties"),
    "serious_fine_fen": gettext_lazy("Serious fine from"),
    "statement_workdays": gettext_lazy("Working days to state one's view"),
    "summary_withheld": gettext_lazy("Simple-procedure decisions not published"),
    "term_months": gettext_lazy("Term (months)"),
    "title": gettext_lazy("Title"),
    "verify_workdays": gettext_lazy("Working days to verify"),
    "withheld_only": gettext_lazy("Not published where it is nothing but"),
    "workdays": gettext_lazy("Working days"),
    "zh-hans": gettext_lazy("Chinese"),
}


@register.filter
def rule_path(path: str) -> str:
    """Where a value of a rule stands, in words: "Grades · Minor · Shown at most (months)"."""
    words = [
        str(int(part) + 1) if part.isdecimal() else str(PATH_WORDS.get(part, part))
        for part in path.split(".")
    ]
    return " · ".join(words)


@register.filter
def rule_value(line: ContentLine) -> str:
    """A value of a rule in words."""
    return rule_text(line.kind, line.text)


@register.simple_tag
def rule_text(kind: str, text: str) -> str:
    """As `rule_value`, of a text whose kind is known."""
    if kind == "bool":
        return _("yes") if text == "yes" else _("no")
    if kind == "amount":
        whole, _dot, rest = text.partition(".")
        shown = f"{int(whole):,}" + (f".{rest.rstrip('0')}" if rest.strip("0") else "")
        return _("%(amount)s ten thousand yuan") % {"amount": shown}
    words = {**dict(RecordKind.choices), **dict(AgencyKind.choices), **dict(Grade.choices)}
    if kind == "list":
        return "、".join(str(words.get(item, item)) for item in text.split("、") if item) or "—"
    return str(words.get(text, text)) or "—"


@register.filter
def wan(amount_fen: int) -> str:
    """Fen as 万元, without zeros at the end: "12.5万元"."""
    return rule_text("amount", wan_from_fen(amount_fen))


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
    """异议处理中, as the law asks, wherever the record is shown; a version that was replaced is
    not disputed any more."""
    handled = record.under_objection and getattr(record, "is_current", True)
    return tag(_("Objection being handled"), "yellow") if handled else ""


@register.filter
def outcome_word(outcome: str) -> str:
    """What became of a row of a delivery."""
    words = {
        "stored": _("stored"),
        "corrected": _("stored as a correction"),
        "unchanged": _("known already"),
        "refused": pgettext("rows", "refused"),
        "not_stored": _("in order, not stored"),
    }
    return words.get(outcome, outcome)
