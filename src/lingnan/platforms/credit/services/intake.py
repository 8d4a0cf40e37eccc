"""Deliveries of records: by API row by row, by file all or nothing, by event one at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import FieldProblem, NotFound, Refusal
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard

from .. import access
from ..columns import (
    AGENCY_COLUMNS,
    COLUMNS,
    LONG_TERM,
    PARTY_WORDS,
    PREFIXES,
    read_row,
    write_date,
    write_row,
)
from ..errors import ByProcedureOnly, DecisionWrong, SourceUnknown
from ..files import read_rows, write_table
from ..models import CreditRecord, CreditSource, IntakeBatch
from ..queries.parties import party_of
from ..queries.rules import RuleBook
from ..sealing import unseal_columns
from ..types import EXPORT, REPORT, Fact, RecordKind, RowResult, SubjectKind
from . import records

EXPORT_MAX = 5000


@dataclass(slots=True)
class _Delivery:
    """What is looked up once for all rows of a delivery."""

    source: CreditSource
    actor: Actor
    at: datetime
    book: RuleBook = field(default_factory=RuleBook)
    known: dict[str, AgencyCard | None] = field(default_factory=dict)
    late: int = 0

    def agency(self, code: str) -> AgencyCard | None:
        """The deciding agency, if this actor may report for it."""
        if code not in self.known:
            try:
                found: AgencyCard | None = agencies.agency_by_uscc(code)
            except NotFound:
                found = None
            if found is not None and not self.actor.can(
                REPORT, agency_id=found.id, region_path=found.region_path
            ):
                found = None
            self.known[code] = found
        return self.known[code]


class _RolledBack(Exception):
    """A delivery that is all or nothing had a bad row."""


@transaction.atomic
def deliver_rows(
    *, actor: Actor, source_code: str, rows: Sequence[Mapping[str, str]], at: datetime
) -> IntakeBatch:
    """Take rows in the national columns; good rows are stored, bad ones named with their problems.

    Raises: SourceUnknown (404), ByProcedureOnly (409).
    """
    delivery = _open(actor, source_code, at)
    results = [_take(delivery, number, row) for number, row in enumerate(rows, start=1)]
    return _keep(delivery, results, "api", is_applied=True)


@transaction.atomic
def deliver_decision(
    *, actor: Actor, source_code: str, row: Mapping[str, str], at: datetime
) -> IntakeBatch:
    """Take one decision typed by hand: stored and reported as a row is, or nothing is kept and
    every problem is told at its column.

    Raises: SourceUnknown (404), ByProcedureOnly (409), DecisionWrong (422).
    """
    delivery = _open(actor, source_code, at)
    result = _take(delivery, 1, {name: text for name, text in row.items() if text.strip()})
    if result.outcome == "refused":
        raise DecisionWrong(fields=[FieldProblem(**problem) for problem in result.problems])
    return _keep(delivery, [result], IntakeBatch.Channel.DESK, is_applied=True)


@transaction.atomic
def deliver_file(
    *,
    actor: Actor,
    source_code: str,
    content: bytes,
    file_name: str = "",
    dry_run: bool = False,
    at: datetime,
) -> IntakeBatch:
    """Take a CSV table: all its rows, or none and a report that says for each row why.

    Raises: SourceUnknown (404), ByProcedureOnly (409), TableUnreadable, TableTooLarge (422).
    """
    delivery = _open(actor, source_code, at)
    table = read_rows(delivery.source.kind, content)
    results: list[RowResult] = []
    try:
        with transaction.atomic():
            results = [_take(delivery, number, row) for number, row in table]
            if dry_run or any(result.outcome == "refused" for result in results):
                raise _RolledBack
    except _RolledBack:
        kept = [r if r.outcome == "refused" else _not_stored(r) for r in results]
        delivery.late = 0
        return _keep(delivery, kept, "file", is_applied=False, file_name=file_name)
    return _keep(delivery, results, "file", is_applied=True, file_name=file_name)


@transaction.atomic
def store_fact(
    *, actor: Actor, source_code: str, fact: Fact, agency_id: UUID, at: datetime
) -> CreditRecord:
    """Put one fact of the product's own into its archive; again changes nothing.

    Raises: SourceUnknown (404), RuleMissing (409).
    """
    source = CreditSource.objects.filter(code=source_code).first()
    if source is None:
        raise SourceUnknown(source_code=source_code)
    agency = agencies.agency(agency_id)
    stored = records.store(fact, source=source, agency=agency, actor=actor, at=at, book=RuleBook())
    CreditSource.objects.filter(pk=source.pk).update(last_received_at=at)
    return stored.record


@transaction.atomic
def disclose_licence(
    *,
    actor: Actor,
    agency_id: UUID,
    holder_kind: str,
    holder_id: UUID,
    number: str,
    title: str,
    licence_number: str,
    decided_on: date,
    valid_from: date,
    valid_until: date | None,
    at: datetime,
) -> bool:
    """Report a licence the product itself issued; says whether it was. Again changes nothing.

    Not reported: where the agency registered no source for licences, and holders whose number the
    national columns cannot carry. Raises: RuleMissing (409).
    """
    source = CreditSource.objects.filter(agency_id=agency_id, kind=RecordKind.LICENCE).first()
    party = party_of(holder_kind, holder_id)
    if source is None or party is None:
        return False
    agency = agencies.agency(agency_id)
    until = valid_until or LONG_TERM
    columns = {
        "XK_XDR_MC": party.name,
        "XK_XDR_LB": PARTY_WORDS[SubjectKind(party.kind)],
        "XK_XDR_SHXYM": party.uscc,
        "XK_XKWS": title,
        "XK_WSH": number,
        "XK_XKLB": "01",
        "XK_XKZS": title,
        "XK_XKBH": licence_number,
        "XK_NR": title,
        "XK_JDRQ": write_date(decided_on),
        "XK_YXQZ": write_date(valid_from),
        "XK_YXQZI": write_date(until),
        "XK_XKJG": agency.name,
        "XK_XKJGDM": agency.uscc,
    }
    store_fact(
        actor=actor,
        source_code=source.code,
        fact=Fact(
            kind=RecordKind.LICENCE,
            party=party,
            number=number,
            title=title,
            fact_on=decided_on,
            data={name: text for name, text in columns.items() if text},
            personal={"XK_XDR_ZJHM": party.document_number} if party.document_number else None,
            categories=("普通",),
            valid_from=valid_from,
            valid_until=valid_until,
            is_long_term=valid_until is None,
            agency_uscc=agency.uscc,
        ),
        agency_id=agency.id,
        at=at,
    )
    return True


def _open(actor: Actor, source_code: str, at: datetime) -> _Delivery:
    source = access.reporting_source(actor, source_code)
    if source.kind not in COLUMNS:
        raise ByProcedureOnly
    return _Delivery(source, actor, at)


def _take(delivery: _Delivery, number: int, row: Mapping[str, str]) -> RowResult:
    """One row, in a savepoint of its own."""
    kind = delivery.source.kind
    prefix = PREFIXES.get(kind, "XX")
    label = str(row.get(f"{prefix}_WSH") or "")[:128]
    fact, problems = read_row(kind, row, on=local_date(delivery.at))
    agency = delivery.agency(fact.agency_uscc) if fact else None
    if fact is not None and agency is None:
        problems.append(
            FieldProblem(
                AGENCY_COLUMNS[prefix],
                "credit.agency_not_yours",
                _("No agency of this code for which you may report."),
            )
        )
    if fact is None or agency is None:
        return _refused(number, label, problems)
    try:
        with transaction.atomic():
            stored = records.store(
                fact,
                source=delivery.source,
                agency=agency,
                actor=delivery.actor,
                at=delivery.at,
                book=delivery.book,
            )
    except Refusal as refusal:
        return _refused(number, label, [FieldProblem("", refusal.code, refusal.text)])
    if stored.outcome == "stored" and stored.record.is_late:
        delivery.late += 1
    return RowResult(row=number, number=label, outcome=stored.outcome, record_id=stored.record.pk)


def _refused(number: int, label: str, problems: Iterable[FieldProblem]) -> RowResult:
    told = tuple({"path": p.path, "code": p.code, "message": str(p.message)} for p in problems)
    return RowResult(row=number, number=label, outcome="refused", problems=told)


def _not_stored(result: RowResult) -> RowResult:
    return RowResult(row=result.row, number=result.number, outcome="not_stored")


def _keep(
    delivery: _Delivery,
    results: Sequence[RowResult],
    channel: str,
    *,
    is_applied: bool,
    file_name: str = "",
) -> IntakeBatch:
    source, at = delivery.source, delivery.at
    count = {
        name: sum(result.outcome == name for result in results)
        for name in ("stored", "corrected", "unchanged", "refused")
    }
    batch = IntakeBatch.objects.create(
        source=source,
        agency_id=source.agency_id,
        region_path=source.region_path,
        channel=channel,
        file_name=file_name[:200],
        received_at=at,
        received_by=delivery.actor.name[:100],
        rows=len(results),
        late=delivery.late,
        is_applied=is_applied,
        report=[_plain(result) for result in results],
        **count,
    )
    if is_applied:
        CreditSource.objects.filter(pk=source.pk).update(last_received_at=at)
    audit.record(
        actor=delivery.actor,
        act="credit.batch_received",
        object_kind="credit_batch",
        object_id=batch.pk,
        facts={"source": source.code, "rows": len(results), "applied": is_applied, **count},
        at=at,
    )
    return batch


def _plain(result: RowResult) -> dict[str, Any]:
    found = asdict(result)
    found["record_id"] = str(result.record_id) if result.record_id else None
    found["problems"] = list(result.problems)
    return found


@transaction.atomic
def export_records(
    *, actor: Actor, kind: str, since: date | None = None, until: date | None = None, at: datetime
) -> bytes:
    """Records of agencies in reach, decided from `since` to `until`, in the national columns (CSV).

    Numbers of persons are opened: every export is audited. At most 5000 rows, newest first.
    """
    rows = CreditRecord.objects.filter(
        actor.reach(EXPORT).q(), kind=kind, is_current=True, in_use=True
    )
    if since is not None:
        rows = rows.filter(fact_on__gte=since)
    if until is not None:
        rows = rows.filter(fact_on__lte=until)
    found = list(rows.order_by("-fact_on", "-id")[:EXPORT_MAX])
    audit.record(
        actor=actor,
        act="credit.records_exported",
        object_kind="credit_record",
        object_id=kind,
        facts={"rows": len(found), "since": str(since or ""), "until": str(until or "")},
        at=at,
    )
    return write_table(
        [column.name for column in COLUMNS[kind]],
        (
            write_row(
                kind,
                row.data,
                unseal_columns(row.personal_sealed),
                fine_fen=row.fine_fen,
                confiscated_fen=row.confiscated_fen,
            )
            for row in found
        ),
    )
