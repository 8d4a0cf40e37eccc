"""Objections: marked at once, verified by the source, corrected or kept, answered.

Process: `content/credit_objection.bpmn`; its actions stand here. Periods: rule `objection`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall, ClockPlan, StepResult, Subject

from ..columns import parse_date
from ..errors import AppealOpen, CorrectionMissing, ReasonMissing, RecordEnded
from ..events import ObjectionOpened, ObjectionSettled
from ..models import CreditRecord, Objection, RosterEntry
from ..queries.rules import rule
from ..types import OBJECTION_SUBJECT, AppealState, Ground
from ..units import fen_from_wan
from . import appeals, records, rosters
from .appeals import Evidence
from .numbers import next_number

PROCESS = "credit_objection"
RULE = "objection"
TEXT_COLUMNS = ("CF_SY", "CF_YJ", "CF_NR", "XK_NR", "BZ")
CHANGEABLE = ("title", "fact_on", "fine_wan", "confiscated_wan", *TEXT_COLUMNS)


@transaction.atomic
def open_objection(
    *,
    actor: Actor,
    record_id: UUID | None = None,
    entry_id: UUID | None = None,
    ground: str,
    text: str,
    files: list[Evidence],
    at: datetime,
) -> Objection:
    """Object to a record or an entry about oneself or the firm one acts for.

    It is marked 异议处理中 wherever it is shown until the objection is settled.
    Raises: RecordNotFound, EntryNotFound (404), ReasonMissing (422), RecordEnded, AppealOpen (409),
    documents' refusals of uploads. Source: Plan 五（四）2（1）; standards 6.3.
    """
    thing = appeals.own_thing(actor, record_id=record_id, entry_id=entry_id)
    if not text.strip():
        raise ReasonMissing
    check_objectable(record=thing.record, entry=thing.entry, at=at)
    objection = Objection(
        number=next_number("YY", local_date(at).year),
        subject=thing.subject,
        record=thing.record,
        entry=thing.entry,
        agency_id=thing.agency.id,
        agency_name=thing.agency.name,
        region_path=thing.agency.region_path,
        ground=Ground(ground),
        text=text.strip()[:4000],
        opened_at=at,
        opened_by=actor.name[:100],
        account_id=actor.account_id,
    )
    try:
        with transaction.atomic():
            objection.save(force_insert=True)
    except IntegrityError as error:
        if "credit_objection_one_open" not in str(error):
            raise
        raise AppealOpen from error
    appeals.keep_files(objection, files, actor=actor, at=at)
    appeals.mark(thing, True)
    periods = rule(RULE, local_date(at)).parameters
    office = appeals.credit_office(thing.agency.region_path)
    started = workflow.start_process(
        key=PROCESS,
        subject=Subject(
            kind=OBJECTION_SUBJECT,
            id=objection.pk,
            number=objection.number,
            title=f"信用异议 · {thing.subject.name}",
        ),
        variables={"credit_agency": str(office.id), "source_agency": str(thing.agency.id)},
        agency_id=office.id,
        clock=ClockPlan(promised=sum(int(value) for value in periods.values())),
        actor=actor,
        at=at,
    )
    Objection.objects.filter(pk=objection.pk).update(instance_id=started.instance_id)
    objection.instance_id = started.instance_id
    events.publish(
        ObjectionOpened(
            objection_id=objection.pk,
            subject_id=thing.subject.pk,
            record_id=thing.record.pk if thing.record else None,
            entry_id=thing.entry.pk if thing.entry else None,
            opened_at=at,
        ),
        at=at,
    )
    appeals.note(actor, "credit.objection_opened", objection, at=at, ground=ground)
    return objection


def check_objectable(
    *, record: CreditRecord | None, entry: RosterEntry | None, at: datetime
) -> None:
    """Whether a record or an entry may be objected to now. Raises: RecordEnded, AppealOpen (409).

    The mark is asked, because a correction under way has made a new version of the record.
    """
    if record is not None and not record.in_use:
        raise RecordEnded
    if entry is not None and not entry.stands(local_date(at)):
        raise RecordEnded
    if any(row is not None and row.under_objection for row in (record, entry)):
        raise AppealOpen


def work_on_objection(
    *,
    actor: Actor,
    task_id: UUID,
    outcome: str,
    opinion: str,
    changes: Mapping[str, str],
    at: datetime,
) -> StepResult:
    """Finish a step of an objection; `changes` are what the source corrects, as it was typed.

    Raises: CorrectionMissing (422) and what `workflow.complete_task` refuses.
    """
    form: dict[str, Any] = {}
    if outcome == "amend":
        read_changes(changes)
        form = {"changes": {name: changes[name] for name in CHANGEABLE if changes.get(name)}}
    return workflow.complete_task(
        actor=actor, task_id=task_id, outcome=outcome, opinion=opinion, form=form, at=at
    )


def read_changes(typed: Mapping[str, str]) -> dict[str, Any]:
    """What is to be corrected, as fields of `Fact`: title, fact_on, fine_fen, data, ...

    Raises: CorrectionMissing (422), with each wrong field named.
    """
    found: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    readers: Mapping[str, Callable[[str], Any]] = {
        "fact_on": parse_date,
        "fine_wan": fen_from_wan,
        "confiscated_wan": fen_from_wan,
    }
    names = {"fine_wan": "fine_fen", "confiscated_wan": "confiscated_fen"}
    for name, reader in readers.items():
        text = typed.get(name, "").strip()
        if not text:
            continue
        try:
            found[names.get(name, name)] = reader(text)
        except Refusal as refusal:
            problems.append(FieldProblem(name, refusal.code, refusal.text))
    if typed.get("title", "").strip():
        found["title"] = typed["title"].strip()[:300]
    data = {n: typed[n].strip()[:4000] for n in TEXT_COLUMNS if typed.get(n, "").strip()}
    if data:
        found["data"] = data
    if problems or not found:
        raise CorrectionMissing(fields=problems)
    return found


# --- what the process calls back ---------------------------------------------------------------


def act_refuse(call: ActionCall) -> Mapping[str, Any] | None:
    """Not accepted: the mark is taken away and the subject told why."""
    objection = appeals.lock_appeal(Objection, call.subject_id)
    appeals.mark(appeals.thing_of(objection), False)
    _settle(call, objection, AppealState.REFUSED, str(call.variables.get("forward_opinion", "")))
    return None


def act_amend(call: ActionCall) -> Mapping[str, Any] | None:
    """The source corrects its record: a new version. Raises: CorrectionMissing, NothingChanged."""
    objection = appeals.lock_appeal(Objection, call.subject_id)
    given = call.variables.get("form", {}).get("verify", {}).get("changes")
    texts = isinstance(given, dict) and all(isinstance(v, str) for v in given.values())
    thing = appeals.thing_of(objection)
    if not texts or thing.record is None:
        raise CorrectionMissing
    row = records.rewrite(
        record_id=thing.record.pk,
        changes=read_changes(given),
        reason=str(call.variables.get("verify_opinion") or objection.number),
        actor=call.actor,
        at=call.at,
    )
    assert isinstance(objection, Objection)
    objection.result_record = row
    objection.save(update_fields=["result_record"])
    return {"was_changed": True}


def act_revoke(call: ActionCall) -> Mapping[str, Any] | None:
    """The source takes its record, or the entry, back."""
    objection = appeals.lock_appeal(Objection, call.subject_id)
    thing = appeals.thing_of(objection)
    reason = str(call.variables.get("verify_opinion") or "")
    if thing.record is not None:
        records.end_use(
            thing.record, reason="withdrawn", actor=call.actor, at=call.at, note_text=reason
        )
    elif thing.entry is not None:
        rosters.end_entry(thing.entry, reason="revoked", note=reason, actor=call.actor, at=call.at)
    return {"was_changed": True}


def act_settle(call: ActionCall) -> Mapping[str, Any] | None:
    """The reply goes out and the mark is taken away."""
    objection = appeals.lock_appeal(Objection, call.subject_id)
    appeals.mark(appeals.thing_of(objection), False)
    changed = bool(call.variables.get("was_changed"))
    state = AppealState.GRANTED if changed else AppealState.DENIED
    _settle(call, objection, state, str(call.variables.get("reply_opinion", "")))
    return None


def _settle(call: ActionCall, objection: Any, state: AppealState, reply: str) -> None:
    appeals.settle(objection, state=state, reply=reply, actor=call.actor, at=call.at)
    events.publish(
        ObjectionSettled(
            objection_id=objection.pk,
            subject_id=objection.subject_id,
            state=state,
            settled_at=call.at,
        ),
        at=call.at,
    )
