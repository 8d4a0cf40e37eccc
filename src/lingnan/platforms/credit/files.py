"""Tables of an agency as CSV: the encodings that occur in, UTF-8 with a mark out."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from .columns import COLUMNS, guard_cells
from .errors import TableTooLarge, TableUnreadable

ROWS_MAX = 5000
LINES_MAX = 4 * ROWS_MAX  # with empty ones in between
COLUMNS_MAX = 500
BYTES_MAX = 20_000_000


def read_rows(kind: str, content: bytes) -> list[tuple[int, dict[str, str]]]:
    """The filled rows with their numbers in the file (the header is 1). Columns stand under their
    national name or its Chinese title.

    Raises: TableUnreadable, TableTooLarge (422).
    """
    if len(content) > BYTES_MAX:
        raise TableTooLarge(limit=ROWS_MAX)
    text = _decode(content)
    head = text.partition("\n")[0]
    delimiter = max(",\t;", key=head.count)
    table = _lines(text, delimiter)
    first = next(table, [])
    if not any(cell.strip() for cell in first):
        raise TableUnreadable(reason=_("it is empty"))
    header = _header(kind, first)
    rows: list[tuple[int, dict[str, str]]] = []
    for number, cells in enumerate(table, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == ROWS_MAX:
            raise TableTooLarge(limit=ROWS_MAX)
        if len(cells) > len(header):
            raise TableUnreadable(reason=_("row %(row)s has too many cells") % {"row": number})
        rows.append((number, dict(zip(header, map(_plain, cells), strict=False))))
    if not rows:
        raise TableUnreadable(reason=_("it has no rows"))
    return rows


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    """The table line by line, so that one that is too long is not read to its end."""
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for count, cells in enumerate(lines, start=1):
            if len(cells) > COLUMNS_MAX:
                raise TableUnreadable(reason=_("it has too many columns"))
            if count > LINES_MAX:
                raise TableTooLarge(limit=ROWS_MAX)
            yield cells
    except csv.Error as error:  # the only one of a text without NUL: the limit of a field
        raise TableUnreadable(reason=_("a cell is too long")) from error


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a mark, as spreadsheets expect."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(header)
    for row in rows:
        writer.writerow(guard_cells(row))
    return stream.getvalue().encode("utf-8-sig")


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise TableUnreadable(reason=_("it is not text"))
        return text
    raise TableUnreadable(reason=_("its characters are neither UTF-8 nor GBK"))


def _header(kind: str, cells: Sequence[str]) -> list[str]:
    names: Mapping[str, str] = {column.title: column.name for column in COLUMNS[kind]}
    header = [names.get(cell.strip(), cell.strip().upper()) for cell in cells]
    twice = {name for name, count in Counter(header).items() if name and count > 1}
    if twice:
        raise TableUnreadable(
            reason=_("the column %(name)s stands there twice") % {"name": sorted(twice)[0]}
        )
    return header


def _plain(cell: str) -> str:
    """A cell as it was meant: spreadsheets mark a text with an apostrophe."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@\t" else text
