"""Long tables of licences to bring in: read row by row by a job, checked first, then taken in runs.

No more than a run of rows is held at a time, however long the table. Each run is a transaction of
its own, and a row taken before is not taken twice: the job goes on wherever it stopped.
"""

from datetime import datetime
from hashlib import blake2b
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import jobs, locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.platforms.documents import services as documents
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from .. import queries
from ..errors import IssuerRefused, StockTableEnded, StockTableLeft, StockTableNotStopped
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
_GOING = (_State.CHECKING, _State.TAKING, _State.STOPPED)
_CLERK = system_actor("licences.stock_tables")


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
    ).filter(state__in=_GOING)
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
        run_by_officer=actor.officer_id,
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
    """Go on with a table that stopped, from the run where it did, in the name of who says so.

    Raises: StockTableUnknown (404); StockTableNotStopped (409).
    """
    table = access_table(actor=actor, table_id=table_id, lock=True)
    if table.state != _State.STOPPED:
        raise StockTableNotStopped(state=_State(table.state).label)
    table.state, table.problem, table.run_by_officer = _State.TAKING, "", actor.officer_id
    table.save(update_fields=["state", "problem", "run_by_officer"])
    _record(table, "resumed", actor=actor, at=at)
    jobs.enqueue(JOB, key=str(table.pk), table_id=str(table.pk))
    return table


@transaction.atomic
def drop_table(*, actor: Actor, table_id: UUID, at: datetime) -> StockTable:
    """Give up what is left of a table, also while its job is at it; what was taken stays.

    Raises: StockTableUnknown (404); StockTableEnded (409).
    """
    table = access_table(actor=actor, table_id=table_id, lock=True)
    if table.state not in _GOING:
        raise StockTableEnded(state=_State(table.state).label)
    _end(table, _State.DROPPED, actor=actor, at=at)
    return table


def run_table(*, table_id: UUID, at: datetime) -> int:
    """Check what is to be checked, take what is to be taken; return how many rows were taken."""
    table = StockTable.objects.select_related("type").get(pk=table_id)
    if table.file_id is None:
        return 0
    content = documents.read_file(table.file_id)
    if table.state == _State.CHECKING and not _check(table, content, at=at):
        return 0
    rows = iter_rows(content, table.type, rows_max=LONG_ROWS_MAX)
    taken = done = StockTable.objects.values_list("done_count", flat=True).get(pk=table_id)
    next(islice(rows, done, done), None)  # those of the runs before
    while run := list(islice(rows, RUN)):
        if not _take(table_id, run, done=taken, at=at):
            return taken - done
        taken += len(run)
    with transaction.atomic():
        held = _hold(table_id)
        if held.state == _State.TAKING and held.done_count == taken:
            _end(held, _State.DONE, actor=_CLERK, at=at)
    return taken - done


def _hold(table_id: UUID) -> StockTable:
    rows = StockTable.objects.select_for_update(of=("self",)).select_related("type")
    return rows.get(pk=table_id)


def _runner(table: StockTable) -> Actor:
    """In whose name it goes on, with the rights he has now. Raises: StockTableLeft (403)."""
    if table.run_by_officer is None and table.brought_by_account is None:
        return system_actor(table.brought_by)
    try:
        actor = identity.actor_of_officer(table.run_by_officer) if table.run_by_officer else None
    except NotFound:  # has left the service
        actor = None
    reach = (table.agency_id, table.region_path)
    if actor is None or not actor.can(BRING_IN, agency_id=reach[0], region_path=reach[1]):
        raise StockTableLeft
    return actor


def _check(table: StockTable, content: bytes, *, at: datetime) -> bool:
    """Read all of it once: with one wrong row nothing is taken. Numbers are kept, not rows.

    Nothing is locked while it is read; whether its rows are to be taken now.
    """
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
    with transaction.atomic():
        held = _hold(table.pk)
        if held.state != _State.CHECKING:
            return held.state == _State.TAKING  # another job has read it, or it was given up
        held.rows_count, held.problems_count = count, wrong
        held.problems = problems[:PROBLEMS_KEPT]
        if wrong or not count:
            _end(held, _State.REFUSED, actor=_CLERK, at=at)
            return False
        held.state = _State.TAKING
        held.save(update_fields=["state", "rows_count", "problems_count", "problems"])
    return True


def _check_one(row: Row, licence_type: LicenceType, seen: dict[int, int]) -> None:
    mark = int.from_bytes(blake2b(row.source_id.encode(), digest_size=8).digest(), "big")
    if mark in seen:
        text = _("Row %(number)s has this source number too.") % {"number": seen[mark]}
        row.refuse("source_id", "duplicate", text)
    seen.setdefault(mark, row.number)
    if not row.problems:
        check_row(row, licence_type)


def _take(table_id: UUID, run: list[Row], *, done: int, at: datetime) -> bool:
    """One run, all or nothing; whether the job goes on. A refusal stops the table with its row.

    The table is locked and the runner's rights are asked for anew, so that a run begins only while
    both still stand.
    """
    number = 0
    try:
        with transaction.atomic():
            held = _hold(table_id)
            if held.state != _State.TAKING or held.done_count != done:
                return False  # another job is at it, or it was given up
            actor = _runner(held)
            for row in run:
                number = row.number
                assert row.holder is not None, "checked"
                assert row.valid_from is not None, "checked"
                bring_in(
                    actor=actor,
                    agency_id=held.agency_id,
                    type_code=held.type.code,
                    holder=row.holder,
                    fields=row.fields,
                    valid_from=row.valid_from,
                    valid_until=row.valid_until,
                    source_id=row.source_id,
                    at=at,
                )
            held.done_count += len(run)
            held.save(update_fields=["done_count"])
    except Refusal as refusal:
        _stop(table_id, number, refusal, done=done, at=at)
        return False
    return True


@transaction.atomic
def _stop(table_id: UUID, number: int, refusal: Refusal, *, done: int, at: datetime) -> None:
    """The run was taken back and its lock with it: only a table still there is stopped."""
    held = _hold(table_id)
    if held.state != _State.TAKING or held.done_count != done:
        return
    where = _("Row %(number)s") % {"number": number} + ": " if number else ""
    told = f"{refusal.text} {refusal.remedy}" if not number else refusal.text
    held.state, held.problem = _State.STOPPED, f"{where}{told}"[:500]
    held.save(update_fields=["state", "problem"])
    _record(held, "stopped", actor=_CLERK, at=at)


def _end(table: StockTable, state: StockTable.State, *, actor: Actor, at: datetime) -> None:
    """Done, refused or given up, by whoever holds its lock: the file is no longer needed."""
    file_id, table.file_id = table.file_id, None
    table.state, table.ended_at, table.ended_by = state, at, actor.name[:200]
    table.save()
    if file_id is not None:
        documents.forget_file(file_id)
    _record(table, str(state.value), actor=actor, at=at)


def _record(table: StockTable, act: str, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=f"licences.stock_table_{act}",
        object_kind="licences.stock_table",
        object_id=table.pk,
        facts={"rows": table.rows_count, "done": table.done_count, "type": table.type.code},
        at=at,
    )
