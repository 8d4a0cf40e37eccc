"""The timeline: what is written down, and the words readers get for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.text import localise
from lingnan.kernel.web.formats import format_date

from .models import ProcessInstance, TimelineEntry
from .registry import register_words, words
from .types import SUSPENSION_REASONS, TimelineItem

OUTCOMES: Mapping[str, Any] = {
    "accept": _("accept"),
    "correct": _("ask for correction"),
    "refuse": _("do not accept"),
    "not_needed": _("no permission needed"),
    "not_ours": _("not our matter"),
    "pass": _("pass"),
    "return": _("send back"),
    "grant": _("grant"),
    "deny": _("deny"),
    "done": _("done"),
    "agree": _("agree"),
    "disagree": _("disagree"),
    "object": _("object"),
    "abstain": _("abstain"),
    "approve": _("approve"),
    "reject": _("reject"),
    "qualified": _("meets the requirements"),
    "unqualified": _("does not meet the requirements"),
    "inspect": _("inspect on site"),
    "forward": _("forward"),
    "answered": _("opinion given"),
    "passed": _("inspection passed"),
    "rectify": _("to be put right"),
    "failed": _("inspection failed"),
    "notify": _("tell the party"),
    "propose": _("propose to list"),
    "list": _("list"),
    "decline": _("do not list"),
    "drop": _("do not go on"),
    "amend": _("correct the record"),
    "revoke": _("withdraw the record"),
    "keep": _("keep as it is"),
    "answer": _("reply"),
    "confirm": _("confirm"),
    "dismiss": _("dismiss"),
}


def outcome_label(outcome: str) -> str:
    """The word for an outcome; an unknown one is shown as it is written."""
    found = OUTCOMES.get(outcome)
    return str(found) if found is not None else outcome.replace("_", " ")


register_words("process.started", citizen=_("The application is on its way."))
register_words("process.ended", citizen=_("All steps are completed."))
register_words("process.withdrawn", citizen=_("The application was withdrawn."))
register_words("process.cancelled", citizen=_("The handling was cancelled: %(reason)s"))
register_words(
    "task.opened",
    citizen=_("“%(step)s” began at %(agency)s."),
    officer=_("“%(step)s” was opened for %(agency)s."),
)
register_words("task.claimed", citizen="", officer=_("%(actor)s took “%(step)s”."))
register_words("task.released", citizen="", officer=_("%(actor)s gave “%(step)s” back."))
register_words(
    "task.done",
    citizen=_("%(agency)s completed “%(step)s”."),
    officer=_("%(actor)s completed “%(step)s”: %(outcome)s."),
)
register_words(
    "task.voted", citizen="", officer=_("%(actor)s countersigned “%(step)s”: %(outcome)s.")
)
register_words(
    "task.returned",
    citizen=_("“%(step)s” went back for another look at “%(target)s”."),
    officer=_("%(actor)s sent “%(step)s” back to “%(target)s”."),
)
register_words("task.transferred", citizen="", officer=_("%(actor)s handed “%(step)s” to %(to)s."))
register_words("task.consulted", citizen="", officer=_("%(actor)s asked %(to)s for an opinion."))
register_words("task.answered", citizen="", officer=_("%(actor)s gave the opinion asked for."))
register_words(
    "task.consultation_withdrawn",
    citizen="",
    officer=_("%(actor)s withdrew the question to %(to)s."),
)
register_words(
    "task.urged",
    citizen=_("“%(step)s” was urged."),
    officer=_("%(actor)s urged “%(step)s”."),
)
register_words("message.received", citizen="", officer=_("The process received “%(message)s”."))
register_words("timer.fired", citizen="", officer=_("The time of “%(step)s” has come."))
register_words(
    "clock.started",
    citizen=_("The period began on %(on)s; a decision is promised by %(promised_due)s."),
    officer=_("The clocks started on %(on)s; promised by %(promised_due)s."),
)
register_words(
    "clock.stopped",
    citizen=_("The clock stands still for %(reason)s until about %(until)s."),
)
register_words(
    "clock.resumed",
    citizen=_("The clock runs again; a decision is promised by %(promised_due)s."),
)
register_words(
    "clock.extension_requested",
    citizen="",
    officer=_("%(actor)s asked for %(workdays)s more working days."),
)
register_words(
    "clock.extension_refused",
    citizen="",
    officer=_("%(actor)s refused the extension."),
)
register_words(
    "clock.extended",
    citizen=_("The period was extended by %(workdays)s working days: %(reason)s"),
)
register_words(
    "clock.moved",
    citizen=_("The calendar changed; a decision is now promised by %(promised_due)s."),
)


def record(
    instance: ProcessInstance,
    code: str,
    *,
    actor: Actor,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
    internal: Mapping[str, Any] | None = None,
    is_public: bool | None = None,
    agency_name: str = "",
) -> None:
    """Write one entry. Public unless its code has no words for citizens."""
    entry(
        instance,
        code,
        actor=actor,
        at=at,
        facts=facts,
        internal=internal,
        is_public=is_public,
        agency_name=agency_name,
    ).save(force_insert=True)


def entry(
    instance: ProcessInstance,
    code: str,
    *,
    actor: Actor,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
    internal: Mapping[str, Any] | None = None,
    is_public: bool | None = None,
    agency_name: str = "",
) -> TimelineEntry:
    """An entry as `record` writes it; the caller writes it with others."""
    public = bool(words(code, "citizen")) if is_public is None else is_public
    return TimelineEntry(
        instance=instance,
        subject_kind=instance.subject_kind,
        subject_id=instance.subject_id,
        at=at,
        code=code,
        facts=dict(facts or {}),
        internal_facts=dict(internal or {}),
        is_public=public,
        actor_kind=actor.kind,
        actor_name=actor.name[:100],
        actor_id=actor.officer_id or actor.person_id,
        agency_name=agency_name,
    )


def item(entry: TimelineEntry, audience: str) -> TimelineItem:
    """An entry in words. Citizens get neither opinions nor the names of officers."""
    facts = {key: _word(key, value) for key, value in entry.facts.items()}
    for_officer = audience != "citizen"
    shown = {"agency": entry.agency_name, "actor": entry.actor_name, **facts}
    template = str(words(entry.code, audience)) or entry.code
    try:
        text = template % shown
    except (KeyError, ValueError, TypeError):
        text = template
    hide_name = not for_officer and entry.actor_kind == "officer"
    return TimelineItem(
        at=entry.at,
        code=entry.code,
        text=text,
        detail=_detail(entry) if for_officer else "",
        actor_name="" if hide_name else entry.actor_name,
        agency_name=entry.agency_name,
        facts=entry.facts,
    )


def _word(key: str, value: Any) -> str:
    if key == "outcome":
        return outcome_label(str(value))
    if isinstance(value, dict):
        return localise(value)
    if key in {"on", "until", "promised_due"} and value:
        return format_date(str(value))
    if key == "reason" and value in SUSPENSION_REASONS:
        return str(SUSPENSION_REASONS[value].title)
    return str(value)


def _detail(entry: TimelineEntry) -> str:
    internal = entry.internal_facts
    parts = [str(internal[key]) for key in ("opinion", "note", "question") if internal.get(key)]
    if internal.get("for"):
        parts.append(gettext("on behalf of %(name)s") % {"name": internal["for"]})
    return " · ".join(parts)
