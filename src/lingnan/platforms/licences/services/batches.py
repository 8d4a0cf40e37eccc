"""Many licences at once: checked as a whole, issued row by row, resumed where it stopped."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from lingnan.kernel import jobs, locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.errors import Malformed, Refusal
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from .. import queries
from ..access import access_batch
from ..errors import BatchNotReady
from ..models import Batch, BatchRow, Licence, LicenceType
from ..rows import Row, read_rows, understand
from ..types import ISSUE
from .holders import check_given
from .issuing import Draft, Look, check_contents, keep_prepared, prepare, sign_prepared
from .outside import SUBJECT_KIND, outside_order, subject_of

PURPOSE = "licences.batch_row"
JOB = "licences.run_batch"
_CLERK = system_actor("licences.batch")


@transaction.atomic
def plan_batch(
    content: bytes,
    *,
    file_name: str,
    type_code: str,
    agency_id: UUID,
    actor: Actor,
    at: datetime,
) -> Batch:
    """Check a table row by row and keep it; nothing is issued before `start_batch`.

    The same table again, for the same type and agency, is the batch that is there. With one wrong
    row the batch is refused and its report names every problem.
    Raises: Forbidden (403); LicenceTypeUnknown (404); RowsMalformed, UnreadableTable,
    TableTooLarge (422).
    Source: Plan 五（二）2（3）.
    """
    agency = agencies.agency(agency_id)
    actor.check(ISSUE, agency_id=agency.id, region_path=agency.region_path)
    licence_type = queries.type_in_force(type_code, on=queries.day_of(at))
    digest = crypto.sm3(content).hex()
    locks.hold("licences.batch", f"{agency.id}:{type_code}:{digest}")
    known = (
        Batch.objects.filter(agency_id=agency.id, type__code=type_code, digest=digest)
        .exclude(state__in=[Batch.State.REFUSED, Batch.State.DROPPED])
        .first()
    )
    if known is not None:
        return known
    rows = read_rows(content, licence_type)
    _check_rows(rows, licence_type, agency_id=agency.id)
    refused = sum(bool(row.problems) for row in rows)
    batch = Batch.objects.create(
        type=licence_type,
        agency_id=agency.id,
        region_path=agency.region_path,
        file_name=file_name[:200] or "rows.json",
        digest=digest,
        state=Batch.State.REFUSED if refused else Batch.State.READY,
        rows_count=len(rows),
        refused_count=refused,
        made_by=actor.name[:200],
        made_by_account=actor.account_id,
        made_at=at,
    )
    BatchRow.objects.bulk_create(
        BatchRow(
            batch=batch,
            number=row.number,
            content_sealed=crypto.encrypt(
                json.dumps(row.cells, ensure_ascii=False).encode(), purpose=PURPOSE
            ),
            problems=[
                {"field": problem.field, "code": problem.code, "message": problem.message}
                for problem in row.problems
            ],
        )
        for row in rows
    )
    _record(batch, "planned", actor=actor, at=at)
    return batch


@transaction.atomic
def start_batch(*, batch_id: UUID, actor: Actor, at: datetime) -> Batch:
    """Begin, or go on with, a batch that is in order; a job does the work.

    Raises: BatchUnknown (404), BatchNotReady (409).
    """
    batch = access_batch(actor=actor, batch_id=batch_id, lock=True)
    going = (Batch.State.READY, Batch.State.STOPPED, Batch.State.RUNNING)
    if batch.state not in going:
        raise BatchNotReady(state=Batch.State(batch.state).label, wanted=Batch.State.RUNNING.label)
    if batch.state != Batch.State.RUNNING:
        batch.state, batch.problem = Batch.State.RUNNING, ""
        batch.started_at = batch.started_at or at
        batch.save(update_fields=["state", "problem", "started_at"])
        _record(batch, "started", actor=actor, at=at)
    jobs.enqueue(JOB, key=str(batch.pk), batch_id=str(batch.pk))
    return batch


@transaction.atomic
def drop_batch(*, batch_id: UUID, actor: Actor, at: datetime) -> Batch:
    """Give up what is left of a batch; licences issued from it stay.

    Raises: BatchUnknown (404), BatchNotReady (409).
    """
    batch = access_batch(actor=actor, batch_id=batch_id, lock=True)
    if batch.state in (Batch.State.DONE, Batch.State.DROPPED):
        raise BatchNotReady(state=Batch.State(batch.state).label, wanted=Batch.State.DROPPED.label)
    batch.state, batch.ended_at = Batch.State.DROPPED, at
    batch.save(update_fields=["state", "ended_at"])
    _record(batch, "dropped", actor=actor, at=at)
    return batch


def run_batch(*, batch_id: UUID, at: datetime) -> int:
    """Issue the rows that are left, one by one; return how many were issued.

    Each row is looked at, signed while nothing is locked, and issued when all is as it was. Two
    runs at once issue each row once. A row that is refused stops the batch with its reason; what
    was issued stays, and `start_batch` goes on from there.
    """
    issued = 0
    while True:
        outcome = _next_row(batch_id, at=at)
        if outcome is None:
            return issued
        issued += outcome


def _next_row(batch_id: UUID, *, at: datetime) -> int | None:
    """One row: how many were issued, or None where the job has nothing more to do."""
    chosen = _choose_row(batch_id, at=at)
    if not isinstance(chosen, _Chosen):
        return chosen
    draft, kept = chosen.draft, [0]

    @transaction.atomic
    def finish(signature: bytes) -> Licence:
        batch = _held(batch_id)
        row = batch.rows.select_related("licence").get(pk=chosen.row.pk)
        if row.licence is not None:
            return row.licence  # another run was quicker
        if batch.state != Batch.State.RUNNING:
            raise BatchNotReady(
                state=Batch.State(batch.state).label, wanted=Batch.State.RUNNING.label
            )
        licence = keep_prepared(draft, chosen.look, signature)
        _issue_row(row, licence)
        kept[0] = 1
        return licence

    try:
        sign_prepared(draft, finish)
    except Refusal as refusal:
        _stop(batch_id, chosen.row, refusal, at=at)
        return None
    return kept[0]


@dataclass(frozen=True, slots=True)
class _Chosen:
    row: BatchRow
    look: Look
    draft: Draft


def _held(batch_id: UUID) -> Batch:
    return Batch.objects.select_for_update(of=("self",)).select_related("type").get(pk=batch_id)


@transaction.atomic
def _choose_row(batch_id: UUID, *, at: datetime) -> _Chosen | int | None:
    """The next row that waits, drawn up; 1 where its licence is there; None at the end of them."""
    batch = _held(batch_id)
    if batch.state != Batch.State.RUNNING:
        return None
    waiting = batch.rows.filter(licence__isnull=True).order_by("number").first()
    if waiting is None:
        batch.state, batch.ended_at = Batch.State.DONE, at
        batch.save(update_fields=["state", "ended_at"])
        _record(batch, "done", actor=_CLERK, at=at)
        return None
    row = understand(waiting.number, cells_of(waiting), batch.type)
    assert row.holder is not None, "a planned row names its holder"
    assert row.valid_from is not None, "a planned row has its first day"
    look = outside_order(
        actor=_CLERK,
        agency_id=batch.agency_id,
        type_code=batch.type.code,
        holder=row.holder,
        fields=row.fields,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        source_id=row.source_id,
        supersedes=row.supersedes,
        at=at,
    )
    try:
        with transaction.atomic():
            found = prepare(look)
    except Refusal as refusal:
        _stop(batch_id, waiting, refusal, at=at)
        return None
    if isinstance(found, Licence):
        _issue_row(waiting, found)
        return 1
    return _Chosen(waiting, look, found)


def _issue_row(row: BatchRow, licence: Licence) -> None:
    row.licence = licence
    row.save(update_fields=["licence"])
    Batch.objects.filter(pk=row.batch_id).update(done_count=F("done_count") + 1)


@transaction.atomic
def _stop(batch_id: UUID, row: BatchRow, refusal: Refusal, *, at: datetime) -> None:
    """Stop a batch at a row that was refused, unless someone has stopped it otherwise."""
    batch = _held(batch_id)
    if batch.state != Batch.State.RUNNING:
        return
    if BatchRow.objects.filter(pk=row.pk, licence__isnull=False).exists():
        return  # another run has issued it meanwhile
    problems = [{"field": "", "code": refusal.code, "message": refusal.text}]
    BatchRow.objects.filter(pk=row.pk).update(problems=problems)
    batch.state, batch.problem = Batch.State.STOPPED, f"{row.number}: {refusal.text}"[:500]
    batch.save(update_fields=["state", "problem"])
    _record(batch, "stopped", actor=_CLERK, at=at)


def cells_of(row: BatchRow) -> dict[str, object]:
    """The cells of a row in the clear, for the job and for officers of the agency."""
    cells: dict[str, object] = json.loads(crypto.decrypt(row.content_sealed, purpose=PURPOSE))
    return cells


def _check_rows(rows: list[Row], licence_type: LicenceType, *, agency_id: UUID) -> None:
    """Every row by itself, against the others, and against what was issued. Queries: one for the
    source numbers, one for each holder.
    """
    agency = agencies.agency(agency_id)
    known = set(
        Licence.objects.filter(
            type_code=licence_type.code,
            subject_kind=SUBJECT_KIND,
            subject_id__in=[subject_of(agency_id, row.source_id) for row in rows],
        ).values_list("subject_id", flat=True)
    )
    seen: dict[str, int] = {}
    for row in rows:
        if row.source_id in seen:
            row.refuse(
                "source_id",
                "duplicate",
                _("Row %(number)s has this source number too.") % {"number": seen[row.source_id]},
            )
        elif subject_of(agency_id, row.source_id) in known:
            row.refuse("source_id", "known", _("A licence was issued under this source number."))
        seen.setdefault(row.source_id, row.number)
        if row.holder is None or row.valid_from is None:
            continue
        try:
            check_given(row.holder)
        except Refusal as refusal:
            row.refuse("holder_number", refusal.code, refusal.text)
        try:
            check_contents(
                licence_type, row.holder.kind, row.fields, agency, row.valid_from, row.valid_until
            )
        except Refusal as refusal:
            _refuse_fields(row, refusal)


def _refuse_fields(row: Row, refusal: Refusal) -> None:
    for problem in refusal.fields:
        row.refuse(problem.path, problem.code, str(problem.message))
    if not refusal.fields or not isinstance(refusal, Malformed):
        row.refuse("", refusal.code, refusal.text)


def _record(batch: Batch, act: str, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=f"licences.batch_{act}",
        object_kind="licences.batch",
        object_id=batch.pk,
        facts={"rows": batch.rows_count, "done": batch.done_count, "type": batch.type.code},
        at=at,
    )
