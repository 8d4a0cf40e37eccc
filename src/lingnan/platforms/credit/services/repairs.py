"""Repairs: after the least term of its grade, by whoever decided; then neither shown, shared nor
used, and its measures lifted, in one transaction.

Process: `content/credit_repair.bpmn`. Source: 信用修复管理办法（谁认定、谁修复）; standards 6.2.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall, ClockPlan, Subject

from ..errors import (
    AppealOpen,
    NeverRepairable,
    NotAdverse,
    NothingToRepair,
    PromiseChanged,
    PromiseMissing,
    ProofMissing,
    ReasonMissing,
    RecordEnded,
    TooEarlyToRepair,
)
from ..events import RepairSettled
from ..models import CreditRecord, Repair, RosterEntry
from ..publicity import months_after
from ..queries.rules import rule
from ..types import REPAIR_SUBJECT, AppealState, Grade, Nature, RepairPromise
from . import appeals, commitments, records, rosters
from .appeals import Evidence
from .numbers import next_number

PROCESS = "credit_repair"
RULE = "repair"
PROMISE = RepairPromise(
    title="信用修复承诺",
    text="本人（单位）承诺：所述属实，已履行相关义务，今后守法诚信。虚假承诺将记入信用档案。",
    version="2026-1",
)
PROMISE_CHECK_MONTHS = 6  # our default


@transaction.atomic
def apply_for_repair(
    *,
    actor: Actor,
    record_id: UUID | None = None,
    entry_id: UUID | None = None,
    text: str,
    promised_version: str,
    files: list[Evidence],
    at: datetime,
) -> Repair:
    """Apply for the repair of a record or an entry about oneself or the firm one acts for.

    Minor ones need no proof; general and serious ones and entries do. `promised_version` is that of
    the words of `PROMISE` which were read and promised; empty where nothing was promised.
    Raises: RecordNotFound, EntryNotFound (404), ReasonMissing, PromiseMissing, ProofMissing (422),
    PromiseChanged, RecordEnded, NotAdverse, NeverRepairable, TooEarlyToRepair, AppealOpen (409).
    """
    thing = appeals.own_thing(actor, record_id=record_id, entry_id=entry_id)
    if not text.strip():
        raise ReasonMissing
    if not promised_version:
        raise PromiseMissing
    if promised_version != PROMISE.version:
        raise PromiseChanged(version=PROMISE.version)
    repair_from, grade = check_repairable(record=thing.record, entry=thing.entry, at=at)
    if grade != Grade.MINOR and not files:
        raise ProofMissing
    repair = Repair(
        number=next_number("XF", local_date(at).year),
        subject=thing.subject,
        record=thing.record,
        entry=thing.entry,
        agency_id=thing.agency.id,
        agency_name=thing.agency.name,
        region_path=thing.agency.region_path,
        text=text.strip()[:4000],
        grade=grade,
        repair_from=repair_from,
        promises=True,
        opened_at=at,
        opened_by=actor.name[:100],
        account_id=actor.account_id,
    )
    try:
        with transaction.atomic():
            repair.save(force_insert=True)
    except IntegrityError as error:
        if "credit_repair_one_open" not in str(error):
            raise
        raise AppealOpen from error
    appeals.keep_files(repair, files, actor=actor, at=at)
    periods = rule(RULE, local_date(at)).parameters
    office = appeals.credit_office(thing.agency.region_path)
    started = workflow.start_process(
        key=PROCESS,
        subject=Subject(
            kind=REPAIR_SUBJECT,
            id=repair.pk,
            number=repair.number,
            title=f"信用修复 · {thing.subject.name}",
        ),
        variables={"credit_agency": str(office.id), "deciding_agency": str(thing.agency.id)},
        agency_id=office.id,
        clock=ClockPlan(promised=sum(int(value) for value in periods.values())),
        actor=actor,
        at=at,
    )
    Repair.objects.filter(pk=repair.pk).update(instance_id=started.instance_id)
    repair.instance_id = started.instance_id
    commitments.make_commitment(
        actor=actor,
        subject=thing.subject,
        agency_id=thing.agency.id,
        title=PROMISE.title,
        text=PROMISE.text,
        text_version=PROMISE.version,
        case_kind=REPAIR_SUBJECT,
        case_id=repair.pk,
        case_number=repair.number,
        check_due_on=months_after(local_date(at), PROMISE_CHECK_MONTHS),
        at=at,
    )
    appeals.note(actor, "credit.repair_applied", repair, at=at, grade=grade)
    return repair


def check_repairable(
    *,
    record: CreditRecord | None,
    entry: RosterEntry | None,
    at: datetime,
    under_repair: Collection[UUID] | None = None,
) -> tuple[date, str]:
    """From when a record or an entry may be repaired, and its grade, by the rule of its date.

    `under_repair`: as `queries.under_repair` gives it, where many are looked at; else asked here.
    Raises: RecordEnded, NotAdverse, NothingToRepair, NeverRepairable, TooEarlyToRepair, AppealOpen
    (409).
    """
    today = local_date(at)
    mine = Q(entry=entry) if record is None else Q(record__series=record.series)
    repair_from: date | None
    if record is not None:
        if not record.in_use:
            raise RecordEnded
        if not record.is_adverse:
            raise NotAdverse
        if record.is_over(today):
            raise NothingToRepair
        repair_from, grade = record.repair_from, record.grade
    else:
        assert entry is not None, "a repair is of a record or an entry"
        if not entry.stands(today):
            raise RecordEnded
        if entry.kind.nature != Nature.PUNISHMENT:
            raise NotAdverse
        repair_from, grade = entry.repair_from, Grade.SERIOUS.value
    if repair_from is None:
        raise NeverRepairable
    if today < repair_from:
        raise TooEarlyToRepair(repair_from=repair_from.isoformat())
    if under_repair is None:
        is_open = Repair.objects.filter(mine, state=AppealState.OPEN).exists()
    else:
        is_open = (record.series if record else entry and entry.pk) in under_repair
    if is_open:
        raise AppealOpen
    return repair_from, grade


# --- what the process calls back ---------------------------------------------------------------


def act_grant(call: ActionCall) -> Mapping[str, Any] | None:
    """Stop showing, sharing and using, and lift the measures, all in this transaction."""
    repair = appeals.lock_appeal(Repair, call.subject_id)
    thing = appeals.thing_of(repair)
    reason = str(call.variables.get("decide_opinion") or "")
    if thing.record is not None:
        records.end_use(
            thing.record, reason="repaired", actor=call.actor, at=call.at, note_text=reason
        )
    elif thing.entry is not None:
        rosters.end_entry(thing.entry, reason="repaired", note=reason, actor=call.actor, at=call.at)
    _settle(call, repair, AppealState.GRANTED, reason)
    return None


def act_deny(call: ActionCall) -> Mapping[str, Any] | None:
    """Denied, with the reason; it may be applied for again."""
    repair = appeals.lock_appeal(Repair, call.subject_id)
    _settle(call, repair, AppealState.DENIED, str(call.variables.get("decide_opinion") or ""))
    return None


def act_refuse(call: ActionCall) -> Mapping[str, Any] | None:
    """Not accepted, with the reason."""
    repair = appeals.lock_appeal(Repair, call.subject_id)
    _settle(call, repair, AppealState.REFUSED, str(call.variables.get("accept_opinion") or ""))
    return None


def _settle(call: ActionCall, repair: Any, state: AppealState, reply: str) -> None:
    appeals.settle(repair, state=state, reply=reply, actor=call.actor, at=call.at)
    events.publish(
        RepairSettled(
            repair_id=repair.pk,
            subject_id=repair.subject_id,
            record_id=repair.record_id,
            entry_id=repair.entry_id,
            state=state,
            settled_at=call.at,
        ),
        at=call.at,
    )
