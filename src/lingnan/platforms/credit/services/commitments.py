"""Commitments: made in a case, checked when due; a breach goes on record only by procedure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import DataClass
from lingnan.platforms.workflow import services as workflow
from lingnan.platforms.workflow.types import ActionCall, ClockPlan, Subject
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays

from .. import access
from ..errors import (
    CommitmentChecked,
    CommitmentNotFound,
    ReasonMissing,
    SourceUnknown,
    StatementClosed,
)
from ..models import Commitment, CreditSource, CreditSubject
from ..queries.parties import party_of
from ..queries.rules import RuleBook, rule
from ..types import COMMITMENT_SUBJECT, REPORT, CommitmentState, Fact, RecordKind
from . import records, telling
from .appeals import FILES_MAX, Evidence
from .numbers import next_number

PROCESS = "credit_breach"
RULE = "breach"
STATEMENT_MESSAGE = "credit.breach_statement"


@transaction.atomic
def make_commitment(
    *,
    actor: Actor,
    subject: CreditSubject,
    agency_id: UUID,
    title: str,
    text: str,
    text_version: str,
    case_kind: str,
    case_id: UUID,
    case_number: str,
    check_due_on: date,
    part: str = "",
    made_by: str = "",
    made_at: datetime | None = None,
    at: datetime,
) -> Commitment:
    """Keep a commitment word for word, with the case it was made in. Again changes nothing.

    `part`: what in the case it stands for, such as the code of a material; two of one title are
    two promises.
    Raises: ReasonMissing (422) without a text. Source: Plan 五（四）2（3） (事前信用承诺).
    """
    if not text.strip() or not title.strip():
        raise ReasonMissing
    title = title.strip()[:200]
    locks.hold("credit.commitment", f"{case_kind}:{case_id}:{title}")
    known = (  # kept without a part by an earlier version: it stood for every material of the name
        Commitment.objects.filter(case_kind=case_kind, case_id=case_id, title=title)
        .filter(part__in={part, ""})
        .first()
    )
    if known is not None:
        return known
    agency = agencies.agency(agency_id)
    row = Commitment.objects.create(
        number=next_number("CN", local_date(at).year),
        subject=subject,
        agency_id=agency.id,
        agency_name=agency.name,
        region_path=agency.region_path,
        title=title,
        part=part,
        text=text.strip(),
        text_version=text_version[:40],
        case_kind=case_kind,
        case_id=case_id,
        case_number=case_number[:64],
        made_at=made_at or at,
        made_by=(made_by or actor.name)[:100],
        check_due_on=check_due_on,
    )
    _audit(actor, "credit.commitment_made", row, at)
    return row


@transaction.atomic
def keep_commitment(
    *,
    actor: Actor,
    holder_kind: str,
    holder_id: UUID,
    agency_id: UUID,
    title: str,
    text: str,
    text_version: str,
    case_kind: str,
    case_id: UUID,
    case_number: str,
    check_due_on: date,
    part: str,
    made_by: str,
    made_at: datetime,
    at: datetime,
) -> Commitment | None:
    """Keep what an applicant promised in a case, in his archive, which is opened if there is none.

    None where the national columns cannot carry his number. Again changes nothing.
    """
    party = party_of(holder_kind, holder_id)
    if party is None:
        return None
    subject = records.ensure_subject(
        party, region_path=agencies.agency(agency_id).region_path, at=at
    )
    return make_commitment(
        actor=actor,
        subject=subject,
        agency_id=agency_id,
        title=title,
        text=text,
        text_version=text_version,
        case_kind=case_kind,
        case_id=case_id,
        case_number=case_number,
        check_due_on=check_due_on,
        part=part,
        made_by=made_by,
        made_at=made_at,
        at=at,
    )


@transaction.atomic
def void_commitments(*, actor: Actor, case_kind: str, case_id: UUID, at: datetime) -> int:
    """The case ended without a grant: what was promised in it need not be checked. How many."""
    rows = Commitment.objects.select_for_update().filter(
        case_kind=case_kind, case_id=case_id, state=CommitmentState.OPEN
    )
    count = 0
    for row in rows:
        row.state = CommitmentState.VOID
        row.save(update_fields=["state"])
        _audit(actor, "credit.commitment_void", row, at)
        count += 1
    return count


@transaction.atomic
def add_evidence(*, actor: Actor, commitment_id: UUID, file: Evidence, at: datetime) -> Commitment:
    """Put a photo or paper of the check into the file of a commitment, before it is decided.

    Raises: CommitmentNotFound (404), Forbidden (403), CommitmentChecked (409), documents' refusals.
    """
    found = access.checking_commitment(actor, commitment_id)
    access.check_independent(actor, found.subject_id)
    row = lock_commitment(commitment_id)
    if row.state != CommitmentState.OPEN:
        raise CommitmentChecked
    checked = documents.check_upload(file.content, name=file.name)
    documents.store(
        checked.content,
        name=checked.name,
        media_type=checked.media_type,
        actor=actor,
        owner_kind=COMMITMENT_SUBJECT,
        owner_id=row.pk,
        data_class=DataClass.SENSITIVE,
        at=at,
    )
    _audit(actor, "credit.commitment_evidence", row, at)
    return row


@transaction.atomic
def check_commitment(
    *,
    actor: Actor,
    commitment_id: UUID,
    kept: bool,
    finding: str,
    files: Sequence[Evidence] = (),
    at: datetime,
) -> Commitment:
    """Write down the check. Kept: done. Not kept: the subject is told and may answer first.

    Raises: CommitmentNotFound (404), Forbidden (403), ReasonMissing (422), CommitmentChecked,
    SourceUnknown where the agency has no registered source for breaches.
    """
    found = access.checking_commitment(actor, commitment_id)
    access.check_independent(actor, found.subject_id)
    if not finding.strip():
        raise ReasonMissing
    row = lock_commitment(commitment_id)
    if row.state != CommitmentState.OPEN:
        raise CommitmentChecked
    for file in files[:FILES_MAX]:
        add_evidence(actor=actor, commitment_id=commitment_id, file=file, at=at)
    row.checked_at, row.checked_by = at, actor.name[:100]
    row.finding = finding.strip()[:4000]
    if kept:
        row.state = CommitmentState.KEPT
        row.save()
        _audit(actor, "credit.commitment_kept", row, at)
        _tell_result(row, telling.COMMITMENT_KEPT, at)
        return row
    source_of(row)
    limits = rule(RULE, local_date(at)).parameters
    due = calendar.add_workdays(local_date(at), Workdays(int(limits["statement_workdays"])))
    row.state, row.statement_due_on = CommitmentState.DOUBTED, due.on
    started = workflow.start_process(
        key=PROCESS,
        subject=Subject(
            kind=COMMITMENT_SUBJECT,
            id=row.pk,
            number=row.number,
            title=f"未履行承诺 · {row.subject.name}",
        ),
        variables={"deciding_agency": str(row.agency_id)},
        agency_id=row.agency_id,
        clock=ClockPlan(promised=sum(int(days) for days in limits.values())),
        actor=actor,
        at=at,
    )
    row.instance_id = started.instance_id
    row.save()
    telling.tell_subject(
        row.subject,
        template=telling.BREACH_NOTICE,
        facts={"agency": row.agency_name, "title": row.title, "due_on": due.on.isoformat()},
        subject_kind=COMMITMENT_SUBJECT,
        subject_id=row.pk,
        at=at,
    )
    _audit(actor, "credit.commitment_doubted", row, at)
    return row


@transaction.atomic
def answer_breach(*, actor: Actor, commitment_id: UUID, text: str, at: datetime) -> Commitment:
    """The subject answers what the check found. Raises: CommitmentNotFound (404), ReasonMissing
    (422), StatementClosed (409).
    """
    row = access.own_commitment(actor, commitment_id)
    if not text.strip():
        raise ReasonMissing
    closed = row.statement_due_on is None or local_date(at) > row.statement_due_on
    if row.state != CommitmentState.DOUBTED or row.stated_at or closed or not row.instance_id:
        raise StatementClosed
    workflow.send_message(
        instance_id=row.instance_id, message=STATEMENT_MESSAGE, actor=actor, at=at
    )
    row = lock_commitment(commitment_id)
    row.statement, row.stated_at = text.strip()[:4000], at
    row.save(update_fields=["statement", "stated_at"])
    _audit(actor, "credit.breach_answered", row, at)
    return row


def act_record(call: ActionCall) -> Mapping[str, Any] | None:
    """Confirmed by another officer: the breach goes on record, from the agency's source."""
    row = lock_commitment(call.subject_id)
    stored = records.store(
        Fact(
            kind=RecordKind.BREACH,
            party=records.party_of(row.subject),
            number=row.number,
            title=f"未履行承诺：{row.title}"[:300],
            fact_on=local_date(row.checked_at or call.at),
            data={
                "承诺内容": row.text[:2000],
                "核查情况": row.finding,
                "所涉办件": row.case_number,
            },
        ),
        source=source_of(row),
        agency=agencies.agency(row.agency_id),
        actor=call.actor,
        at=call.at,
        book=RuleBook(),
    )
    row.state, row.record = CommitmentState.BREACHED, stored.record
    row.save(update_fields=["state", "record"])
    _audit(call.actor, "credit.commitment_breached", row, call.at)
    _tell_result(row, telling.COMMITMENT_BREACHED, call.at)
    return None


def act_dismiss(call: ActionCall) -> Mapping[str, Any] | None:
    """Not confirmed: it counts as kept."""
    row = lock_commitment(call.subject_id)
    row.state = CommitmentState.KEPT
    row.save(update_fields=["state"])
    _audit(call.actor, "credit.breach_dismissed", row, call.at)
    _tell_result(row, telling.COMMITMENT_KEPT, call.at)
    return None


def _tell_result(row: Commitment, template: str, at: datetime) -> None:
    """What supervision found goes back to whoever promised. Source: Plan 五（四）2（1）."""
    telling.tell_subject(
        row.subject,
        template=template,
        facts={"agency": row.agency_name, "title": row.title},
        subject_kind=COMMITMENT_SUBJECT,
        subject_id=row.pk,
        at=at,
    )


def remind_of_checks(*, at: datetime) -> int:
    """Tell the agencies whose commitments are due for their check, once each; how many."""
    due = Commitment.objects.filter(
        state=CommitmentState.OPEN, check_due_on__lte=local_date(at), warned_at__isnull=True
    ).select_related("subject")
    count = 0
    for row in due.order_by("check_due_on", "id")[:500]:
        with transaction.atomic():
            told = Commitment.objects.filter(pk=row.pk, warned_at__isnull=True).update(warned_at=at)
            if not told:
                continue
            telling.tell_agency(
                REPORT,
                agency_id=row.agency_id,
                region_path=row.region_path,
                template=telling.CHECK_DUE,
                facts={"subject": row.subject.name, "title": row.title},
                subject_kind=COMMITMENT_SUBJECT,
                subject_id=row.pk,
                link=f"/desk/credit/commitments/{row.pk}/",
                at=at,
            )
            count += 1
    return count


def source_of(row: Commitment) -> CreditSource:
    """The registered source of the agency for breaches. Raises: SourceUnknown (404)."""
    found = CreditSource.objects.filter(agency_id=row.agency_id, kind=RecordKind.BREACH).first()
    if found is None:
        raise SourceUnknown(source_code=f"{row.agency_name} · {RecordKind.BREACH.label}")
    return found


def lock_commitment(commitment_id: UUID) -> Commitment:
    """Locked to the end of the transaction. Raises: CommitmentNotFound (404)."""
    row = (
        Commitment.objects.select_for_update(of=("self",))
        .select_related("subject")
        .filter(pk=commitment_id)
        .first()
    )
    if row is None:
        raise CommitmentNotFound
    return row


def _audit(actor: Actor, act: str, row: Commitment, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind=COMMITMENT_SUBJECT,
        object_id=row.pk,
        facts={"number": row.number},
        at=at,
    )
