"""Complaints to the credit office: about how an objection or a repair was handled, or about the
conduct of a firm. The office looks into it and answers; it changes no archive and lists nobody.

Process: `content/credit_complaint.bpmn`. Source: Plan 五（四）2（1） (信用投诉).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import DataClass
from lingnan.platforms.workflow import queries as workflow_queries
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall, ClockPlan, Subject
from lingnan.security.audit import services as audit

from .. import access
from ..errors import (
    AppealOpen,
    AppealSettled,
    ComplaintAboutOneself,
    ComplaintNotFound,
    ReasonMissing,
    StillInTime,
)
from ..models import Complaint, Objection, Repair
from ..queries.rules import rule
from ..types import COMPLAINT_SUBJECT, AppealState, ComplaintAbout
from . import telling
from .appeals import FILES_MAX, Evidence, credit_office
from .numbers import next_number

PROCESS = "credit_complaint"
RULE = "complaint"
_OUTCOMES = {
    AppealState.GRANTED: {"zh-hans": "投诉属实", "en": "found justified"},
    AppealState.DENIED: {"zh-hans": "投诉不属实", "en": "not found justified"},
    AppealState.REFUSED: {"zh-hans": "不予受理", "en": "not accepted"},
}


@transaction.atomic
def make_complaint(
    *,
    actor: Actor,
    subject_id: UUID | None = None,
    objection_id: UUID | None = None,
    repair_id: UUID | None = None,
    text: str,
    files: list[Evidence],
    at: datetime,
) -> Complaint:
    """Complain about a firm's conduct (`subject_id`), or about how one's own objection or repair
    was handled, once it is settled or its promised day is over.

    Raises: SubjectNotFound, AppealNotFound (404), ReasonMissing (422), ComplaintAboutOneself,
    StillInTime, AppealOpen (409), documents' refusals of uploads.
    """
    principal = access.complaining_principal(actor)
    if not text.strip():
        raise ReasonMissing
    objection = repair = None
    if subject_id is not None:
        subject = access.subject_to_complain_of(actor, subject_id)
        if access.is_own_subject(actor, subject):
            raise ComplaintAboutOneself
        region_path = subject.region_path
    else:
        if objection_id is not None:
            objection = access.own_appeal(actor, Objection, objection_id)
        else:
            assert repair_id is not None, "a complaint names its thing"
            repair = access.own_appeal(actor, Repair, repair_id)
        appeal: Objection | Repair | None = objection or repair
        assert appeal is not None
        _check_over(appeal, at)
        subject, region_path = appeal.subject, appeal.region_path
    office = credit_office(region_path)
    row = Complaint(
        number=next_number("TS", local_date(at).year),
        about=ComplaintAbout.CONDUCT if subject_id is not None else ComplaintAbout.HANDLING,
        subject=subject,
        objection=objection,
        repair=repair,
        principal_kind=principal.kind,
        principal_id=principal.id,
        principal_name=principal.name[:200],
        opened_by=actor.name[:100],
        account_id=actor.account_id,
        agency_id=office.id,
        agency_name=office.name,
        region_path=office.region_path,
        text=text.strip()[:4000],
        opened_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "credit_complaint_one_open" not in str(error):
            raise
        raise AppealOpen from error
    _keep_files(row, files, actor=actor, at=at)
    periods = rule(RULE, local_date(at)).parameters
    started = workflow.start_process(
        key=PROCESS,
        subject=Subject(
            kind=COMPLAINT_SUBJECT, id=row.pk, number=row.number, title=f"信用投诉 · {subject.name}"
        ),
        variables={"credit_agency": str(office.id)},
        agency_id=office.id,
        clock=ClockPlan(promised=sum(int(value) for value in periods.values())),
        actor=actor,
        at=at,
    )
    row.instance_id = started.instance_id
    row.save(update_fields=["instance_id"])
    _note(actor, "credit.complaint_made", row, at)
    return row


def _check_over(appeal: Objection | Repair, at: datetime) -> None:
    """Whoever is still within the time that was promised need not be complained of."""
    if appeal.state != AppealState.OPEN or appeal.instance_id is None:
        return
    due_on = workflow_queries.clock(appeal.instance_id, at=at).promised_due_on
    if due_on is not None and local_date(at) <= due_on:
        raise StillInTime(due_on=due_on.isoformat())


def _keep_files(row: Complaint, files: list[Evidence], *, actor: Actor, at: datetime) -> None:
    for file in files[:FILES_MAX]:
        checked = documents.check_upload(file.content, name=file.name)
        documents.store(
            checked.content,
            name=checked.name,
            media_type=checked.media_type,
            actor=actor,
            owner_kind=COMPLAINT_SUBJECT,
            owner_id=row.pk,
            data_class=DataClass.SENSITIVE,
            at=at,
        )


@transaction.atomic
def withdraw_complaint(*, actor: Actor, complaint_id: UUID, at: datetime) -> None:
    """Take one's complaint back. Raises: ComplaintNotFound (404), AppealSettled (409)."""
    row = access.own_complaint(actor, complaint_id)
    if row.state != AppealState.OPEN or row.instance_id is None:
        raise AppealSettled
    workflow.withdraw(instance_id=row.instance_id, actor=actor, at=at)
    _settle(_lock(complaint_id), state=AppealState.WITHDRAWN, reply="", actor=actor, at=at)


# --- what the process calls back ---------------------------------------------------------------


def act_refuse(call: ActionCall) -> Mapping[str, Any] | None:
    """Not accepted, with the reason."""
    _end(call, AppealState.REFUSED, "accept_opinion")
    return None


def act_uphold(call: ActionCall) -> Mapping[str, Any] | None:
    """Found justified; the answer says what was done."""
    _end(call, AppealState.GRANTED, "answer_opinion")
    return None


def act_reject(call: ActionCall) -> Mapping[str, Any] | None:
    """Not found justified; the answer says why."""
    _end(call, AppealState.DENIED, "answer_opinion")
    return None


def _end(call: ActionCall, state: AppealState, opinion: str) -> None:
    reply = str(call.variables.get(opinion) or "")
    _settle(_lock(call.subject_id), state=state, reply=reply, actor=call.actor, at=call.at)


def _lock(complaint_id: UUID) -> Complaint:
    found = Complaint.objects.select_for_update().filter(pk=complaint_id).first()
    if found is None:
        raise ComplaintNotFound
    if found.state != AppealState.OPEN:
        raise AppealSettled
    return found


def _settle(row: Complaint, *, state: AppealState, reply: str, actor: Actor, at: datetime) -> None:
    row.state, row.settled_at, row.reply = state, at, reply.strip()[:4000]
    row.save(update_fields=["state", "settled_at", "reply"])
    if state in _OUTCOMES:
        telling.tell_principal(
            row.principal_kind,
            row.principal_id,
            template=telling.APPEAL_SETTLED,
            facts={
                "what": {"zh-hans": "信用投诉", "en": "complaint"},
                "number": row.number,
                "outcome": _OUTCOMES[state],
                "reply": row.reply,
            },
            subject_kind=COMPLAINT_SUBJECT,
            subject_id=row.pk,
            at=at,
        )
    _note(actor, f"credit.complaint_{state}", row, at)


def _note(actor: Actor, act: str, row: Complaint, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind=COMPLAINT_SUBJECT,
        object_id=row.pk,
        facts={"number": row.number, "about": row.about},
        at=at,
    )
