"""One record into an archive; corrections and withdrawals as new states of its history."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.db import transaction

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays
from lingnan.standards.regions import queries as regions

from .. import access
from ..columns import DECLARED_END, parse_date
from ..errors import NothingChanged, ReasonMissing, RecordEnded
from ..events import PublicityEnded, RecordStored
from ..models import CreditRecord, CreditSource, CreditSubject
from ..publicity import PublicityFacts, compute_publicity
from ..queries import archives
from ..queries.rules import RuleBook
from ..sealing import document_index, seal_columns, seal_number, unseal_columns, unseal_number
from ..types import ADVERSE_KINDS, Counterparty, Fact, Publicity, SubjectKind

REPORT_RULE = "reporting"
REPORTED_AGAIN = "来源单位重新报送"


@dataclass(frozen=True, slots=True)
class Stored:
    """A record and what became of it: `stored`, `corrected` or `unchanged`."""

    record: CreditRecord
    outcome: str


def _archive_under_another_document(
    party: Counterparty, key: dict[str, str]
) -> CreditSubject | None:
    """The archive of a person whose document was replaced: it goes on under the former one."""
    if CreditSubject.objects.filter(**key).exists():
        return None
    person = identity.find_person(party.document_type, party.document_number)
    if person is not None:
        locks.hold("credit.archive", person.id)
    known = archives.subjects_of("person", person.id) if person else []
    return known[0] if known else None


def ensure_subject(party: Counterparty, *, region_path: str, at: datetime) -> CreditSubject:
    """The archive of a counterparty, opened if there is none; the name last heard is kept."""
    if party.kind == SubjectKind.PERSON:
        index = document_index(party.document_type, party.document_number)
        key: dict[str, str] = {"document_type": party.document_type, "document_index": index}
        known = _archive_under_another_document(party, key)
        if known is not None:
            key = {"document_type": known.document_type, "document_index": known.document_index}
    else:
        key = {"uscc": party.uscc}
    sealed = seal_number(party.document_number) if party.document_number else ""
    found, created = CreditSubject.objects.get_or_create(
        **key,
        defaults={
            "kind": party.kind,
            "name": party.name,
            "grams": [] if party.kind == SubjectKind.PERSON else regions.name_grams(party.name),
            "document_sealed": sealed,
            "legal_representative": party.legal_representative,
            "region_path": region_path,
            "seen_at": at,
        },
    )
    if created:
        return found
    changed = {
        "name": party.name,
        "legal_representative": party.legal_representative or found.legal_representative,
    }
    if any(getattr(found, name) != value for name, value in changed.items()):
        found.name, found.legal_representative = changed["name"], changed["legal_representative"]
        if not found.is_person:
            found.grams = regions.name_grams(found.name)
        found.seen_at = at
        found.save(update_fields=["name", "legal_representative", "grams", "seen_at"])
    return found


def store(
    fact: Fact,
    *,
    source: CreditSource,
    agency: AgencyCard,
    actor: Actor,
    at: datetime,
    book: RuleBook,
    reason: str = REPORTED_AGAIN,
) -> Stored:
    """Put one fact into the archive it belongs to, in the caller's transaction.

    The same fact again changes nothing; another content under the same number is a correction.
    Raises: RuleMissing (409), calendar's OutsideCalendar (422).
    """
    subject = ensure_subject(fact.party, region_path=agency.region_path, at=at)
    locks.hold("credit.records_of", source.pk)  # one lock for a whole delivery
    known = (
        CreditRecord.objects.select_for_update()
        .filter(source=source, subject=subject, number=fact.number, is_current=True)
        .first()
    )
    digest = _digest(fact)
    if known is not None and known.digest == digest:
        return Stored(known, "unchanged")
    row = _version(
        fact,
        source=source,
        agency=agency,
        subject=subject,
        before=known,
        reason=reason,
        digest=digest,
        actor=actor,
        at=at,
        book=book,
    )
    return Stored(row, "corrected" if known else "stored")


def _version(
    fact: Fact,
    *,
    source: CreditSource,
    agency: AgencyCard,
    subject: CreditSubject,
    before: CreditRecord | None,
    reason: str,
    digest: str,
    actor: Actor,
    at: datetime,
    book: RuleBook,
) -> CreditRecord:
    today = local_date(at)
    plan = compute_publicity(
        PublicityFacts(
            kind=fact.kind,
            fact_on=fact.fact_on,
            is_person=subject.is_person,
            categories=fact.categories,
            fine_fen=fact.fine_fen or 0,
            confiscated_fen=fact.confiscated_fen or 0,
            is_summary=fact.is_summary,
            valid_until=fact.valid_until,
            declared_end=fact.declared_end,
        ),
        book.rule(source.publicity_rule, fact.fact_on),
    )
    limit = int(book.rule(REPORT_RULE, fact.fact_on).parameters["workdays"])
    due_on = calendar.add_workdays(fact.fact_on, Workdays(limit), region_code=agency.region_code).on
    publicity, ended_at, end_reason = plan.state, None, ""
    if plan.state == Publicity.PUBLIC and plan.until is not None and plan.until <= today:
        publicity, ended_at, end_reason = Publicity.ENDED.value, at, "expired"
    row = CreditRecord(
        series=before.series if before else uuid_utils.uuid7(),
        version=before.version + 1 if before else 1,
        subject=subject,
        source=source,
        agency_id=agency.id,
        agency_name=agency.name,
        region_path=agency.region_path,
        section=source.section,
        kind=fact.kind,
        is_adverse=fact.kind in ADVERSE_KINDS,
        is_person=subject.is_person,
        number=fact.number,
        title=fact.title[:300],
        fact_on=fact.fact_on,
        data=dict(fact.data),
        personal_sealed=seal_columns(fact.personal or {}),
        digest=digest,
        categories=list(fact.categories),
        is_summary=fact.is_summary,
        fine_fen=fact.fine_fen,
        confiscated_fen=fact.confiscated_fen,
        valid_from=fact.valid_from,
        valid_until=fact.valid_until,
        is_long_term=fact.is_long_term,
        grade=plan.grade,
        rule_code=plan.rule_code,
        rule_version=plan.rule_version,
        repair_from=plan.repair_from,
        recorded_at=at,
        reported_by=actor.name[:100],
        report_due_on=due_on,
        # Late is how it was first reported; a correction does not make it so.
        is_late=before.is_late if before else today > due_on,
        correction_reason=reason[:300] if before else "",
        publicity=publicity,
        publish_until=plan.until,
        ended_at=ended_at,
        end_reason=end_reason,
    )
    if before is not None:
        row.under_objection = before.under_objection
        if not before.in_use or before.publicity == Publicity.STOPPED:
            row.in_use, row.publicity = before.in_use, before.publicity
            row.ended_at, row.end_reason = before.ended_at, before.end_reason
        CreditRecord.objects.filter(pk=before.pk).update(is_current=False)
    row.save(force_insert=True)
    events.publish(
        RecordStored(
            record_id=row.pk,
            series=row.series,
            subject_id=subject.pk,
            kind=row.kind,
            is_adverse=row.is_adverse,
            agency_id=row.agency_id,
            fact_on=row.fact_on,
            is_late=row.is_late,
            supersedes_id=before.pk if before else None,
            stored_at=at,
        ),
        at=at,
    )
    act = "credit.record_corrected" if before else "credit.record_stored"
    note(actor, act, row, at=at, version=row.version)
    return row


def party_of(subject: CreditSubject) -> Counterparty:
    """The counterparty of a known subject; the number of a person is opened for it."""
    return Counterparty(
        kind=subject.kind,
        name=subject.name,
        uscc=subject.uscc,
        document_type=subject.document_type,
        document_number=unseal_number(subject.document_sealed),
        legal_representative=subject.legal_representative,
    )


def fact_of(record: CreditRecord) -> Fact:
    """The fact a version says, to be corrected in part. Numbers of persons are opened for it."""
    personal = unseal_columns(record.personal_sealed)
    declared = record.data.get(DECLARED_END, "")
    return Fact(
        kind=record.kind,
        party=party_of(record.subject),
        number=record.number,
        title=record.title,
        fact_on=record.fact_on,
        data=record.data,
        categories=tuple(record.categories),
        fine_fen=record.fine_fen,
        confiscated_fen=record.confiscated_fen,
        valid_from=record.valid_from,
        valid_until=record.valid_until,
        is_long_term=record.is_long_term,
        is_summary=record.is_summary,
        declared_end=parse_date(declared) if declared else None,
        personal=personal,
    )


@transaction.atomic
def correct_record(
    *, actor: Actor, record_id: UUID, changes: Mapping[str, Any], reason: str, at: datetime
) -> CreditRecord:
    """Correct what a record says, as a new version by the agency that reported it.

    `changes` are fields of `Fact` (title, fact_on, data, fine_fen, ...); number and counterparty
    stay. Raises: RecordNotFound (404), Forbidden, SelfApproval (403), ReasonMissing (422),
    RecordEnded, NothingChanged (409).
    """
    found = access.reporting_record(actor, record_id)
    access.check_independent(actor, found.subject_id)
    return rewrite(record_id=record_id, changes=changes, reason=reason, actor=actor, at=at)


def rewrite(
    *, record_id: UUID, changes: Mapping[str, Any], reason: str, actor: Actor, at: datetime
) -> CreditRecord:
    """`correct_record` after who may was decided, in the caller's transaction."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    record = lock_record(record_id)
    if not record.in_use:
        raise RecordEnded
    before = fact_of(record)
    data = {**before.data, **changes.get("data", {})}
    fact = replace(before, **{**changes, "data": data})
    digest = _digest(fact)
    if digest == record.digest:
        raise NothingChanged
    return _version(
        fact,
        source=record.source,
        agency=agencies.agency(record.agency_id),
        subject=record.subject,
        before=record,
        reason=reason,
        digest=digest,
        actor=actor,
        at=at,
        book=RuleBook(),
    )


@transaction.atomic
def withdraw_record(*, actor: Actor, record_id: UUID, reason: str, at: datetime) -> None:
    """Take a record out of use because its decision was revoked or it should never have been.

    Raises: RecordNotFound (404), Forbidden, SelfApproval (403), ReasonMissing (422), RecordEnded
    (409). Source: 行政处罚法 48 (a revoked decision is withdrawn from publicity).
    """
    found = access.reporting_record(actor, record_id)
    access.check_independent(actor, found.subject_id)
    if not reason.strip():
        raise ReasonMissing
    end_use(lock_record(record_id), reason="withdrawn", actor=actor, at=at, note_text=reason)


def end_use(
    record: CreditRecord, *, reason: str, actor: Actor, at: datetime, note_text: str = ""
) -> None:
    """Stop showing, sharing and counting a locked record. Raises: RecordEnded (409)."""
    if not record.in_use:
        raise RecordEnded
    was_public = record.publicity == Publicity.PUBLIC
    record.in_use, record.publicity = False, Publicity.STOPPED
    record.ended_at, record.end_reason, record.under_objection = at, reason, False
    record.save(update_fields=["in_use", "publicity", "ended_at", "end_reason", "under_objection"])
    if was_public:
        events.publish(
            PublicityEnded(
                record_id=record.pk, subject_id=record.subject_id, reason=reason, ended_at=at
            ),
            at=at,
        )
    note(actor, f"credit.record_{reason}", record, at=at, reason=note_text[:300])


def lock_record(record_id: UUID) -> CreditRecord:
    """The current version, locked. Raises: RecordEnded (409) where it is no longer current."""
    found = (
        CreditRecord.objects.select_for_update(of=("self",))
        .select_related("subject", "source")
        .filter(pk=record_id, is_current=True)
        .first()
    )
    if found is None:
        raise RecordEnded
    return found


def note(actor: Actor, act: str, record: CreditRecord, *, at: datetime, **facts: object) -> None:
    """An audit row about a record."""
    audit.record(
        actor=actor,
        act=act,
        object_kind="credit_record",
        object_id=record.pk,
        facts={"series": str(record.series), **facts},
        at=at,
    )


def _digest(fact: Fact) -> str:
    """What makes two reports of one fact the same."""
    content = {
        "party": [fact.party.kind, fact.party.name, fact.party.uscc, fact.party.document_number],
        "number": fact.number,
        "title": fact.title,
        "fact_on": fact.fact_on.isoformat(),
        "data": dict(fact.data),
        "personal": dict(fact.personal or {}),
        "amounts": [fact.fine_fen, fact.confiscated_fen],
        "term": [_iso(fact.valid_from), _iso(fact.valid_until), fact.is_long_term],
        "declared_end": _iso(fact.declared_end),
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return crypto.sm3(text.encode()).hex()


def _iso(value: date | None) -> str:
    return value.isoformat() if value else ""
