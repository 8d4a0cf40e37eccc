"""What the outcomes of a step are called on the page where an officer chooses one."""

from collections.abc import Mapping
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingnan.platforms.workflow.types import TaskKind

Form = Literal["intake", "inspection", "decision", "consult", "review"]

LABELS: Mapping[str, Any] = {
    "accept": _("Accept the application"),
    "correct": _("Tell the applicant what to correct"),
    "refuse": _("Do not accept"),
    "not_needed": _("No permission is needed"),
    "not_ours": _("Another agency is responsible"),
    "pass": _("Pass the review"),
    "object": pgettext_lazy("desk", "Object"),
    "agree": _("Agree"),
    "disagree": _("Disagree"),
    "abstain": _("Abstain"),
    "approve": _("Approve"),
    "reject": _("Reject"),
    "passed": _("Passed: the site meets the conditions"),
    "rectify": _("To be put right first"),
    "failed": _("Not passed: the site does not meet the conditions"),
    "grant": pgettext_lazy("desk", "Grant"),
    "deny": _("Deny"),
    "return": _("Send back to the review"),
    "forward": _("Forward to another agency"),
}
HINTS: Mapping[str, Any] = {
    "accept": _("The clock starts and the applicant gets a sealed notice of acceptance."),
    "correct": _("Once and completely: afterwards nothing more can be asked for."),
    "refuse": _("The applicant gets the reason in writing."),
    "not_needed": _("The applicant is told at once that he may go ahead."),
    "not_ours": _("The applicant is told at once where to go."),
    "grant": _("The applicant gets the sealed decision; the licence follows."),
    "deny": _("With reason and legal basis; the notice says where to object."),
}
NEGATIVE = frozenset({"refuse", "object", "disagree", "reject", "failed", "deny"})


def label(outcome: str) -> str:
    """The words of an outcome; one that no one named here is shown as the process wrote it."""
    found = LABELS.get(outcome)
    return str(found) if found is not None else outcome.replace("_", " ")


def form_of(step_id: str, kind: str) -> Form:
    """Which form a task is answered with."""
    if kind == TaskKind.CONSULT:
        return "consult"
    if step_id.startswith("accept"):
        return "intake"
    if step_id.startswith("inspect"):
        return "inspection"
    if step_id.startswith("decide"):
        return "decision"
    return "review"
