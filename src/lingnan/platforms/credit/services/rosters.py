"""Entries of rosters: only by procedure, never by data alone.

Lead, notice, statement, review, decision, publicity and measures, then expiry, repair or
revocation. The process (`content/credit_roster.bpmn`) leads; its actions stand here. Lock order:
the process instance first, the entry second.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall, ClockPlan, Subject
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays

from .. import access
from ..errors import (
    EntryExists,
    EntryNotFound,
    EvidenceMissing,
    FactsMissing,
    HearingOpen,
    ReasonMissing,
    RosterNotFor,
    RosterUnknown,
    StatementClosed,
)
from ..events import SubjectListed, SubjectRemoved
from ..models import CreditRecord, RosterEntry, RosterKind, RosterPaper
from ..publicity import ONE_DAY, months_after
from ..queries.rules import rule
from ..types import LIST, ROSTER_SUBJECT, EntryState, Nature
from . import measures, papers, telling
from .numbers import next_number

PROCESS = "credit_roster"
RULE = "roster"
END_MESSAGE = "credit.roster_end"
STATEMENT_MESSAGE = "credit.statement_made"


@transaction.atomic
def open_lead(
    *,
    actor: Actor,
    subject_id: UUID,
    roster: str,
    facts: str,
    evidence_ids: Sequence[UUID],
    at: datetime,
) -> RosterEntry:
    """Begin the procedure for one subject and one roster. Nothing is published by it.

    Raises: SubjectNotFound, RosterUnknown (404), Forbidden (403), FactsMissing, EvidenceMissing
    (422), RosterNotFor, EntryExists (409). Source: standards 6.3.
    """
    subject = access.access_archive(actor, subject_id)
    kind = RosterKind.objects.filter(code=roster).first()
    if kind is None:
        raise RosterUnknown
    agency = agencies.agency_of_kind(kind.agency_kind, actor.region_path or subject.region_path)
    actor.check(LIST)
    if not actor.can(LIST, agency_id=agency.id, region_path=agency.region_path):
        raise RosterNotFor(agency=agency.name)
    if not facts.strip():
        raise FactsMissing
    evidence = list(
        CreditRecord.objects.filter(
            pk__in=list(evidence_ids), subject=subject, is_current=True, in_use=True
        )
    )
    if len(evidence) != len(set(evidence_ids)) or not evidence:
        raise EvidenceMissing
    if kind.nature == Nature.PUNISHMENT and not any(row.is_adverse for row in evidence):
        raise EvidenceMissing
    entry = RosterEntry(
        number=next_number("MD", local_date(at).year),
        kind=kind,
        subject=subject,
        agency_id=agency.id,
        agency_name=agency.name,
        region_path=agency.region_path,
        facts=facts.strip()[:4000],
        opened_at=at,
        opened_by=actor.name[:100],
    )
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError as error:
        if "credit_entry_one_live_per_roster" not in str(error):
            raise
        raise EntryExists from error
    entry.evidence.set(evidence)
    periods = rule(RULE, local_date(at)).parameters
    started = workflow.start_process(
        key=PROCESS,
        subject=Subject(kind=ROSTER_SUBJECT, id=entry.pk, number=entry.number, title=_title(entry)),
        variables={"deciding_agency": str(agency.id), "listed_until": ""},
        agency_id=agency.id,
        clock=ClockPlan(promised=sum(int(value) for value in periods.values())),
        actor=actor,
        at=at,
    )
    RosterEntry.objects.filter(pk=entry.pk).update(instance_id=started.instance_id)
    entry.instance_id = started.instance_id
    _audit(actor, "credit.lead_opened", entry, at, roster=kind.code)
    return entry


@transaction.atomic
def make_statement(*, actor: Actor, entry_id: UUID, text: str, at: datetime) -> RosterEntry:
    """The subject answers a notice; the review begins at once.

    Raises: EntryNotFound (404), ReasonMissing (422), StatementClosed (409).
    Source: 行政处罚法 45 (right to state and to defend oneself).
    """
    entry = access.own_entry(actor, entry_id)
    if not text.strip():
        raise ReasonMissing
    _check_statement(entry, at)
    assert entry.instance_id is not None
    workflow.send_message(
        instance_id=entry.instance_id, message=STATEMENT_MESSAGE, actor=actor, at=at
    )
    entry = lock_entry(entry_id)
    _check_statement(entry, at)
    entry.statement, entry.stated_at = text.strip()[:4000], at
    entry.save(update_fields=["statement", "stated_at"])
    _audit(actor, "credit.statement_made", entry, at)
    return entry


def _check_statement(entry: RosterEntry, at: datetime) -> None:
    open_until = entry.statement_due_on
    if (
        entry.state != EntryState.NOTIFIED
        or entry.stated_at is not None
        or open_until is None
        or local_date(at) > open_until
    ):
        raise StatementClosed


@transaction.atomic
def revoke_entry(*, actor: Actor, entry_id: UUID, reason: str, at: datetime) -> None:
    """Take a decision to list back.

    Raises: EntryNotFound (404), Forbidden, SelfApproval (403), ReasonMissing (422).
    """
    entry = access.deciding_entry(actor, entry_id)
    access.check_independent(actor, entry.subject_id)
    if not reason.strip():
        raise ReasonMissing
    end_entry(entry, reason="revoked", note=reason, actor=actor, at=at)


def end_entry(
    entry: RosterEntry, *, reason: str, actor: Actor, at: datetime, note: str = ""
) -> None:
    """Lead the entry's process to its end: removal, and every measure lifted with it.

    Raises: EntryNotFound (404) where it does not stand (any more).
    """
    if entry.state != EntryState.LISTED or entry.instance_id is None:
        raise EntryNotFound
    workflow.send_message(
        instance_id=entry.instance_id,
        message=END_MESSAGE,
        payload={"end_reason": reason, "end_note": note[:500]},
        actor=actor,
        at=at,
    )


# --- what the process calls back ---------------------------------------------------------------


def act_notify(call: ActionCall) -> Mapping[str, Any] | None:
    """Tell the subject what is intended, why, and until when he may answer."""
    entry = lock_entry(call.subject_id)
    limit = int(rule(RULE, local_date(call.at)).parameters["statement_workdays"])
    due = calendar.add_workdays(local_date(call.at), Workdays(limit))
    entry.state, entry.notified_at = EntryState.NOTIFIED, call.at
    entry.statement_due_on = due.on
    entry.save(update_fields=["state", "notified_at", "statement_due_on"])
    papers.write_paper(entry, RosterPaper.Kind.NOTICE, at=call.at)
    telling.tell_subject(
        entry.subject,
        template=telling.ROSTER_NOTICE,
        facts={
            "agency": entry.agency_name,
            "roster": entry.kind.title,
            "due_on": due.on.isoformat(),
        },
        subject_kind=ROSTER_SUBJECT,
        subject_id=entry.pk,
        at=call.at,
    )
    _audit(call.actor, "credit.entry_notified", entry, call.at)
    return None


def act_list(call: ActionCall) -> Mapping[str, Any] | None:
    """The decision to list: paper, publicity, measures. Raises: HearingOpen (409)."""
    entry = lock_entry(call.subject_id)
    today = local_date(call.at)
    heard = entry.stated_at is not None or (
        entry.statement_due_on is not None and today > entry.statement_due_on
    )
    if entry.state != EntryState.NOTIFIED or not heard:
        raise HearingOpen(until=str(entry.statement_due_on or "—"))
    kind = entry.kind
    entry.state, entry.decided_at = EntryState.LISTED, call.at
    entry.decided_by = call.actor.name[:100]
    entry.until = months_after(today, kind.term_months) + ONE_DAY
    if kind.repair_after_months is not None:
        entry.repair_from = months_after(today, kind.repair_after_months) + ONE_DAY
    entry.decision_number = papers.decision_number(entry, today.year)
    entry.save(
        update_fields=[
            "state",
            "decided_at",
            "decided_by",
            "until",
            "repair_from",
            "decision_number",
        ]
    )
    workflow.end_clock(instance_id=call.instance_id, actor=call.actor, at=call.at)
    papers.write_paper(entry, RosterPaper.Kind.DECISION, at=call.at)
    pushed = measures.push_measures(entry, actor=call.actor, at=call.at)
    telling.tell_subject(
        entry.subject,
        template=telling.ROSTER_LISTED,
        facts={
            "agency": entry.agency_name,
            "roster": kind.title,
            "until": entry.until.isoformat(),
            "remedy": kind.remedy,
        },
        subject_kind=ROSTER_SUBJECT,
        subject_id=entry.pk,
        at=call.at,
    )
    events.publish(
        SubjectListed(
            entry_id=entry.pk,
            roster=kind.code,
            nature=kind.nature,
            subject_id=entry.subject_id,
            agency_id=entry.agency_id,
            until=entry.until,
            listed_at=call.at,
        ),
        at=call.at,
    )
    _audit(call.actor, "credit.entry_listed", entry, call.at, measures=pushed)
    return {"listed_until": entry.until.isoformat(), "end_reason": "expired"}


def act_drop(call: ActionCall) -> Mapping[str, Any] | None:
    """The matter is not gone on with."""
    _close(call, EntryState.DROPPED, "credit.entry_dropped")
    return None


def act_decline(call: ActionCall) -> Mapping[str, Any] | None:
    """The decision not to list."""
    _close(call, EntryState.DECLINED, "credit.entry_declined")
    return None


def _close(call: ActionCall, state: EntryState, act: str) -> None:
    entry = lock_entry(call.subject_id)
    entry.state, entry.ended_at = state, call.at
    entry.save(update_fields=["state", "ended_at"])
    _audit(call.actor, act, entry, call.at)


def act_remove(call: ActionCall) -> Mapping[str, Any] | None:
    """Off the roster: no longer shown, every measure lifted, in one transaction."""
    entry = lock_entry(call.subject_id)
    reason = str(call.variables.get("end_reason") or "expired")
    entry.state, entry.ended_at, entry.end_reason = EntryState.REMOVED, call.at, reason
    entry.under_objection = False
    entry.save(update_fields=["state", "ended_at", "end_reason", "under_objection"])
    papers.write_paper(entry, RosterPaper.Kind.REMOVAL, at=call.at)
    lifted = measures.lift_measures(entry, actor=call.actor, at=call.at)
    telling.tell_subject(
        entry.subject,
        template=telling.ROSTER_REMOVED,
        facts={"roster": entry.kind.title},
        subject_kind=ROSTER_SUBJECT,
        subject_id=entry.pk,
        at=call.at,
    )
    events.publish(
        SubjectRemoved(
            entry_id=entry.pk,
            roster=entry.kind.code,
            subject_id=entry.subject_id,
            reason=reason,
            removed_at=call.at,
        ),
        at=call.at,
    )
    _audit(call.actor, "credit.entry_removed", entry, call.at, reason=reason, measures=lifted)
    return None


def lock_entry(entry_id: UUID) -> RosterEntry:
    """The entry, locked to the end of the transaction. Raises: EntryNotFound (404)."""
    entry = (
        RosterEntry.objects.select_for_update(of=("self",))
        .select_related("kind", "subject")
        .filter(pk=entry_id)
        .first()
    )
    if entry is None:
        raise EntryNotFound
    return entry


def _title(entry: RosterEntry) -> str:
    return f"{entry.kind.title['zh-hans']} · {entry.subject.name}"


def _audit(actor: Actor, act: str, entry: RosterEntry, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind=ROSTER_SUBJECT,
        object_id=entry.pk,
        facts={"number": entry.number, **facts},
        at=at,
    )
