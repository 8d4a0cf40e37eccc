"""Long tables of licences to bring in: read row by row by a job, checked first, then taken in runs.

No more than a run of rows is held at a time, however long the table. Each run is a transaction of
its own, and a row taken before is not taken twice: the job goes on wherever it stopped.
"""

from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import jobs, locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.errors import Refusal
from lingnan.platforms.documents import services as documents
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from .. import queries
from ..errors import IssuerRefused, StockTableNotStopped
from ..models import LicenceType, StockTable
from ..rows import LONG_ROWS_MAX, Row, iter_rows
from ..stock_access import access_table
from ..types import BRING_IN
from .stock import bring_in, check_row

JOB = "licences.run_stock_table"
OWNER = "licences.stock_table"
RUN = 200
PROBLEMS_KEPT = 500
_State = StockTable.State


@transaction.atomic
def start_table(
    content: bytes, *, file_name: str, actor: Actor, agency_id: UUID, type_code: str, at: datetime
) -> StockTable:
    """Keep a long table and let a job check and take it; the same one under way is that one.

    Raises: Forbidden (403); LicenceTypeUnknown (404); TypeWithdrawn, IssuerRefused (409).
    """
    agency = agencies.agency(agency_id)
    actor.check(BRING_IN, agency_id=agency.id, region_path=agency.region_path)
    licence_type = queries.type_in_force(type_code, on=queries.day_of(at))
    if not queries.issues(licence_type, agency):
        raise IssuerRefused(agency=agency.name)
    digest = crypto.sm3(content).hex()
    locks.hold("licences.stock_table", f"{agency.id}:{type_code}:{digest}")
    going = StockTable.objects.filter(
        agency_id=agency.id, type__code=type_code, digest=digest
    ).filter(state__in=(_State.CHECKING, _State.TAKING, _State.STOPPED))
    known = going.select_related("type").first()
    if known is not None:
        return known
    table = StockTable(
        type=licence_type,
        agency_id=agency.id,
        region_path=agency.region_path,
        file_name=file_name[:200] or "table",
        digest=digest,
        brought_by=actor.name[:200],
        brought_by_account=actor.account_id,
        brought_by_person=actor.person_id,
        brought_at=at,
    )
    file = documents.store(
        content,
        name=table.file_name,
        media_type="application/octet-stream",
        actor=actor,
        owner_kind=OWNER,
        owner_id=table.pk,
        at=at,
        data_class="sensitive",
    )
    table.file_id = file.pk
    table.save(force_insert=True)
    _record(table, "planned", actor=actor, at=at)
    jobs.enqueue(JOB, key=str(table.pk), table_id=str(table.pk))
    return table


@transaction.atomic
def resume_table(*, actor: Actor, table_id: UUID, at: datetime) -> StockTable:
    """Go on with a table that stopped, from the run where it did.

    Raises: StockTableUnknown (404); StockTableNotStopped (409).
    """
    table = access_table(actor=actor, table_id=table_id, lock=True)
    if table.state != _State.STOPPED:
        raise StockTableNotStopped(state=_State(table.state).label)
    table.state, table.problem = _State.TAKING, ""
    table.save(update_fields=["state", "problem"])
    _record(table, "resumed", actor=actor, at=at)
    jobs.enqueue(JOB, key=str(table.pk), table_id=str(table.pk))
    return table


def run_table(*, table_id: UUID, at: datetime) -> int:
    """Check what is to be checked, take what is to be taken; return how many rows were taken."""
    table = StockTable.objects.select_related("type").get(pk=table_id)
    if table.file_id is None:
        return 0
    content = documents.read_file(table.file_id)
    if table.state == _State.CHECKING:
        _check(table, content, at=at)
    if table.state != _State.TAKING:
        return 0
    actor = replace(
        system_actor(table.brought_by),
        account_id=table.brought_by_account,
        person_id=table.brought_by_person,
    )
    rows = iter_rows(content, table.type, rows_max=LONG_ROWS_MAX)
    taken = 0
    next(islice(rows, table.done_count, table.done_count), None)  # those of the runs before
    while run := list(islice(rows, RUN)):
        if not _take(table, run, actor=actor, at=at):
            return taken
        taken += len(run)
    _end(table, _State.DONE, at=at)
    return taken


def _check(table: StockTable, content: bytes, *, at: datetime) -> None:
    """Read all of it once: with one wrong row nothing is taken. Numbers are kept, not rows."""
    seen: dict[int, int] = {}
    count = wrong = 0
    problems: list[dict[str, object]] = []
    try:
        for row in iter_rows(content, table.type, rows_max=LONG_ROWS_MAX):
            count += 1
            _check_one(row, table.type, seen)
            wrong += bool(row.problems)
            problems += [
                {"row": row.number, "field": one.field, "code": one.code, "message": one.message}
                for one in row.problems
                if len(problems) < PROBLEMS_KEPT
            ]
    except Refusal as refusal:  # found while it is read: a broken cell far down
        wrong += 1
        problems.append({"row": 0, "field": "", "code": refusal.code, "message": refusal.text})
    table.rows_count, table.problems_count = count, wrong
    table.problems = problems[:PROBLEMS_KEPT]
    if wrong or not count:
        _end(table, _State.REFUSED, at=at)
        return
    table.state = _State.TAKING
    table.save(update_fields=["state", "rows_count", "problems_count", "problems"])


def _check_one(row: Row, licence_type: LicenceType, seen: dict[int, int]) -> None:
    mark = int.from_bytes(blake2b(row.source_id.encode(), digest_size=8).digest(), "big")
    if mark in seen:
        text = _("Row %(number)s has this source number too.") % {"number": seen[mark]}
        row.refuse("source_id", "duplicate", text)
    seen.setdefault(mark, row.number)
    if not row.problems:
        check_row(row, licence_type)


def _take(table: StockTable, run: list[Row], *, actor: Actor, at: datetime) -> bool:
    """One run, all or nothing; whether the job goes on. A refusal stops the table with its row."""
    number = 0
    try:
        with transaction.atomic():
            held = StockTable.objects.select_for_update(of=("self",)).get(pk=table.pk)
            if held.state != _State.TAKING or held.done_count != table.done_count:
                return False  # another job is at it
            for row in run:
                number = row.number
                assert row.holder is not None, "checked"
                assert row.valid_from is not None, "checked"
                bring_in(
                    actor=actor,
                    agency_id=table.agency_id,
                    type_code=table.type.code,
                    holder=row.holder,
                    fields=row.fields,
                    valid_from=row.valid_from,
                    valid_until=row.valid_until,
                    source_id=row.source_id,
                    at=at,
                )
            table.done_count += len(run)
            table.save(update_fields=["done_count"])
    except Refusal as refusal:
        table.state = _State.STOPPED
        table.problem = (_("Row %(number)s") % {"number": number} + f": {refusal.text}")[:500]
        table.save(update_fields=["state", "problem"])
        _record(table, "stopped", actor=actor, at=at)
        return False
    return True


@transaction.atomic
def _end(table: StockTable, state: StockTable.State, *, at: datetime) -> None:
    """Done or refused: the file is no longer needed."""
    file_id, table.file_id = table.file_id, None
    table.state, table.ended_at = state, at
    table.save()
    if file_id is not None:
        documents.forget_file(file_id)
    _record(table, str(state.value), actor=system_actor("licences.stock_tables"), at=at)


def _record(table: StockTable, act: str, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=f"licences.stock_table_{act}",
        object_kind="licences.stock_table",
        object_id=table.pk,
        facts={"rows": table.rows_count, "done": table.done_count, "type": table.type.code},
        at=at,
    )
