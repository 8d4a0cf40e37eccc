"""Statements brought in: by the channel's adapter or from a file, by COPY, in steps that show."""

import codecs
import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import IO
from uuid import UUID

from django.db import connection, transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Refusal, Unavailable
from lingnan.security.audit import services as audit

from ..adapters import alipay, bank_gateway, unionpay, wechat
from ..adapters.base import ColumnsUnknown
from ..adapters.base import StatementLine as Line
from ..adapters.registry import COUNTER, channel_codes
from ..adapters.registry import channel as channel_adapter
from ..errors import ChannelUnknown, DayClosed, StatementFault, StatementUnreadable, kept
from ..models import BusinessDay, StatementFile, StatementLine
from ..types import DayState, Source

BATCH = 50_000
FILE_MAX_BYTES = 500_000_000
PIECE_BYTES = 1_000_000
ENCODINGS = ("utf-8-sig", "gb18030")
NUMBER_LENGTH_MAX = 64
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
AMOUNT_FEN_MAX = 10**15  # ten trillion yuan: what is more is not money


def business_day(channel: str, on: date) -> BusinessDay:
    """The day of a channel, made at first need. Raises: ChannelUnknown (404)."""
    if channel not in channel_codes() and channel != COUNTER:
        raise ChannelUnknown
    found, _is_new = BusinessDay.objects.get_or_create(channel=channel, business_on=on)
    return found


def download_statement(day_id: UUID, *, actor: Actor, at: datetime) -> StatementFile:
    """Take the channel's own statement of a day.

    Raises: StatementNotReady, DayClosed (409), ChannelUnavailable.
    """
    day = BusinessDay.objects.get(pk=day_id)
    lines = channel_adapter(day.channel).statement(day.business_on)
    name = f"{day.channel} {day.business_on.isoformat()}"
    return import_lines(day_id, source=Source.CHANNEL, name=name, lines=lines, actor=actor, at=at)


def import_file(
    day_id: UUID, *, source: Source, name: str, content: bytes, actor: Actor, at: datetime
) -> StatementFile:
    """Take a statement from a file: of a channel in the channel's own form, of the treasury as the
    bank gateway's CSV.

    Raises: StatementUnreadable (422), DayClosed (409).
    """
    day = BusinessDay.objects.get(pk=day_id)
    form = day.channel if source == Source.CHANNEL else bank_gateway.CODE
    return import_lines(
        day_id,
        source=source,
        name=name,
        lines=read_statement(form, _lines_of(content), on=day.business_on),
        actor=actor,
        at=at,
    )


def read_statement(form: str, lines: Iterable[str], *, on: date) -> Iterator[Line]:
    """The lines of a statement in a channel's form. Raises: StatementUnreadable (422)."""
    count = 0
    try:
        for line in _read(form, lines, on=on):
            if not 0 <= line.amount_fen <= AMOUNT_FEN_MAX:
                raise ValueError(f"no amount: {str(line.amount_fen)[:30]}")
            yield line
            count += 1
    except ColumnsUnknown as error:
        raise StatementUnreadable(StatementFault.COLUMNS) from error
    except (ValueError, KeyError, IndexError, TypeError, csv.Error) as error:
        raise StatementUnreadable(StatementFault.LINE, line=count + 1) from error


def _read(form: str, lines: Iterable[str], *, on: date) -> Iterable[Line]:
    if form == wechat.CODE:
        return wechat.read_statement(lines)
    if form == alipay.CODE:
        return alipay.read_statement(lines)
    if form == unionpay.CODE:
        return unionpay.read_statement(lines, on=on)
    return bank_gateway.read_statement(lines)


def _lines_of(content: bytes) -> Iterator[str]:
    """A file's lines; a zip's largest member; GBK where it is not UTF-8. Read twice, in pieces, so
    that a large file never stands unpacked in memory.

    Raises: StatementUnreadable (422).
    """
    try:
        with _opened(content) as stream:
            encoding = _encoding_of(stream)
        with _opened(content) as stream:
            yield from io.TextIOWrapper(stream, encoding, newline="")
    except (
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, ValueError, EOFError, OSError
    ) as error:  # fmt: skip
        raise StatementUnreadable(StatementFault.ARCHIVE) from error


@contextmanager
def _opened(content: bytes) -> Iterator[IO[bytes]]:
    if not content.startswith(b"PK"):
        yield io.BytesIO(content)
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = max(archive.infolist(), key=lambda entry: entry.file_size)
        if entry.file_size > FILE_MAX_BYTES:
            raise StatementUnreadable(StatementFault.TOO_LARGE)
        with archive.open(entry) as member:
            yield member


def _encoding_of(stream: IO[bytes]) -> str:
    """Raises: StatementUnreadable (422) where the bytes are text in neither of the two."""
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ENCODINGS}
    while True:
        piece = stream.read(PIECE_BYTES)
        if b"\x00" in piece:
            raise StatementUnreadable(StatementFault.TEXT)
        for name in list(decoders):
            try:
                decoders[name].decode(piece, final=not piece)
            except UnicodeDecodeError:
                del decoders[name]
        if not decoders:
            raise StatementUnreadable(StatementFault.TEXT)
        if not piece:
            return next(iter(decoders))


def import_lines(
    day_id: UUID,
    *,
    source: Source,
    name: str,
    lines: Iterable[Line],
    actor: Actor,
    at: datetime,
) -> StatementFile:
    """Write a statement's lines by COPY and put it in force instead of an older one.

    A batch is one transaction, so that progress shows; the file counts only when it is whole. Of
    one that is refused, or whose channel falls silent, nothing is left.
    Raises: DayClosed (409), StatementUnreadable (422).
    """
    file = _begin_file(day_id, source=source, name=name, actor=actor, at=at)
    try:
        return _fill_file(file, lines, actor=actor, at=at)
    except (Refusal, Unavailable):
        _drop_file(file)
        raise


def _fill_file(
    file: StatementFile, lines: Iterable[Line], *, actor: Actor, at: datetime
) -> StatementFile:
    day_id, source = file.day_id, file.source
    count, waiting = 0, iter(lines)
    while batch := list(islice(waiting, BATCH)):
        with transaction.atomic():
            _copy(file.pk, batch)
        count += len(batch)
        say_step(day_id, f"import_{source}", done=count)
    with transaction.atomic():
        locks.hold("payment.day", day_id)
        day = BusinessDay.objects.select_for_update().get(pk=day_id)
        if day.state == DayState.CLOSED:
            raise DayClosed
        if day.state == DayState.COMPARED:  # with another statement
            day.state = DayState.OPEN
            day.save(update_fields=["state"])
        StatementFile.objects.filter(
            day_id=day_id, source=source, is_complete=True, replaced_at__isnull=True
        ).update(replaced_at=at)
        file.line_count, file.is_complete = count, True
        file.save(update_fields=["line_count", "is_complete"])
        audit.record(
            actor=actor,
            act="payment.statement_imported",
            object_kind="payment.business_day",
            object_id=day_id,
            facts={"source": str(source), "lines": count, "name": file.name[:100]},
            at=at,
        )
    return file


@transaction.atomic
def _begin_file(
    day_id: UUID, *, source: Source, name: str, actor: Actor, at: datetime
) -> StatementFile:
    locks.hold("payment.day", day_id)
    day = BusinessDay.objects.select_for_update().get(pk=day_id)
    if day.state == DayState.CLOSED:
        raise DayClosed
    return StatementFile.objects.create(
        day=day, source=source, name=name[:200], imported_at=at, imported_by=actor.name[:100]
    )


@transaction.atomic
def _drop_file(file: StatementFile) -> None:
    """Take out what was read of a file that is not whole, and no longer say that it comes in."""
    StatementLine.objects.filter(file_id=file.pk).delete()
    StatementFile.objects.filter(pk=file.pk, is_complete=False).delete()
    BusinessDay.objects.filter(pk=file.day_id, step=f"import_{file.source}").update(
        step="", step_done=0, step_total=0, step_refusal={}
    )


def _copy(file_id: UUID, batch: list[Line]) -> None:
    table = StatementLine._meta.db_table
    try:
        rows = "".join([_row(file_id, line) for line in batch]).encode()
    except UnicodeEncodeError as error:
        raise StatementUnreadable(StatementFault.TEXT) from error
    if b"\x00" in rows:
        raise StatementUnreadable(StatementFault.TEXT)
    with connection.cursor() as cursor:
        raw = cursor.cursor if hasattr(cursor, "cursor") else cursor
        with raw.copy(
            f"COPY {table} (file_id, is_refund, transaction, order_number, refund_number,"
            " amount_fen, at) FROM STDIN"
        ) as copy:
            copy.write(rows)


def _row(file_id: UUID, line: Line) -> str:
    """One line in COPY's text form; ten times as fast as `write_row`, which asks each value."""
    return (
        f"{file_id}\t{'t' if line.is_refund else 'f'}\t{_cell(line.channel_transaction)}"
        f"\t{_cell(line.order_number)}\t{_cell(line.refund_number)}"
        f"\t{line.amount_fen}\t{line.at.isoformat()}\n"
    )


def _cell(text: str) -> str:
    if text.isalnum() and len(text) <= NUMBER_LENGTH_MAX:
        return text
    return text[:NUMBER_LENGTH_MAX].translate(_ESCAPED)


def say_step(
    day_id: UUID, step: str, *, done: int = 0, total: int = 0, refusal: Refusal | None = None
) -> None:
    """Show how far the work on a day is, or why it stopped."""
    BusinessDay.objects.filter(pk=day_id).update(
        step=step,
        step_done=done,
        step_total=total,
        step_refusal=kept(refusal) if refusal else {},
    )
