"""Tables as files: CSV in the encodings that occur, XLSX; rows of text in and out."""

import codecs
import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .errors import Malformed
from .lazy import lazy_module

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = lazy_module("openpyxl")

ROWS_MAX = 20_000
COLUMNS_MAX = 500
CELL_LENGTH_MAX = 30_000
UNPACKED_BYTES_MAX = 100_000_000
UPLOAD_BYTES_MAX = 20_000_000
_PIECE_BYTES = 1_000_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What the readers raise on a broken workbook; SyntaxError is the XML parsers' base, RuntimeError
# and its NotImplementedError are zip files with a password or of an unknown kind.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    TypeError,
    AttributeError,
    KeyError,
    IndexError,
    ValueError,
    SyntaxError,
    EOFError,
    OSError,  # bzip2
    lzma.LZMAError,
)


class UnreadableTable(Malformed):
    code = "tables.unreadable"
    message = gettext_lazy("The file cannot be read as a table: %(reason)s.")
    remedy = gettext_lazy(
        "Send a CSV in UTF-8 or GB 18030, or an XLSX workbook with the table on its first sheet."
    )


class TableTooLarge(Malformed):
    code = "tables.too_large"
    message = gettext_lazy("The table has more than %(limit)s rows.")
    remedy = gettext_lazy("Send it in parts.")


def read_table(content: bytes) -> list[list[str]]:
    """The rows of a CSV or of an XLSX workbook's first sheet, header first, without empty rows at
    the end. Empty rows in between stay, so that row numbers are those of the file.

    Raises: UnreadableTable, TableTooLarge (422).
    """
    rows = _read_xlsx(content) if content[:2] == b"PK" else _read_csv(content)
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise UnreadableTable(reason=_("it is empty"))
    return rows


def iter_table(content: bytes, *, rows_max: int) -> Iterator[list[str]]:
    """The rows of a CSV or of an XLSX workbook's first sheet one by one, header first; of a long
    table no more than a row is kept. Empty rows are given too, also at the end.

    Raises: UnreadableTable, TableTooLarge (422), while it is read.
    """
    rows = _iter_xlsx(content, rows_max) if content[:2] == b"PK" else _iter_csv(content)
    for number, row in enumerate(rows):
        if number > rows_max:
            raise TableTooLarge(limit=rows_max)
        yield row


def _read_csv(content: bytes) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in _iter_csv(content):
        rows.append(row)
        _check_size(rows)
    return rows


def _iter_csv(content: bytes) -> Iterator[list[str]]:
    encoding = _encoding_of(content)
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    head = text.readline()
    text.seek(0)
    delimiter = max(",\t;", key=head.count)
    csv.field_size_limit(CELL_LENGTH_MAX * 4)
    try:
        for row in csv.reader(text, delimiter=delimiter):
            _check_width(row)
            yield [unguard(cell.strip()) for cell in row]
    except csv.Error as error:  # the only one of a text without NUL: the limit of a field
        raise UnreadableTable(reason=_("a cell is too long")) from error


def _encoding_of(content: bytes) -> str:
    """The encoding all of a text is in, found a piece at a time."""
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for start in range(0, len(content) + 1, _PIECE_BYTES):
                piece = content[start : start + _PIECE_BYTES]
                is_last = start + _PIECE_BYTES > len(content)
                if "\x00" in decoder.decode(piece, final=is_last):
                    raise UnreadableTable(reason=_("it is not text"))
        except UnicodeDecodeError:
            continue
        return encoding
    raise UnreadableTable(reason=_("its characters are neither UTF-8 nor GB 18030"))


def _read_xlsx(content: bytes) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in _iter_xlsx(content, ROWS_MAX):
        rows.append(row)
        _check_size(rows)
    return rows


def _iter_xlsx(content: bytes, rows_max: int) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_BYTES_MAX:
                raise TableTooLarge(limit=rows_max)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            # One more column than allowed: a single cell far to the right pads every row with it.
            sheet = book.worksheets[0].iter_rows(values_only=True, max_col=COLUMNS_MAX + 1)
            for row in sheet:
                filled = _without_end(row)
                _check_width(filled)
                yield [_text(cell) for cell in filled]
        finally:
            book.close()
    except _BROKEN as error:
        raise UnreadableTable(reason=_("it is not an XLSX workbook")) from error


def _without_end(row: Sequence[object]) -> Sequence[object]:
    """The cells up to the last that holds something."""
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str) and len(cell) > CELL_LENGTH_MAX * 4:
        raise UnreadableTable(reason=_("a cell is too long"))
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if hasattr(cell, "strftime"):
        return str(cell)[:10]
    return unguard(str(cell).strip())


def _check_width(row: Sequence[object]) -> None:
    if len(row) > COLUMNS_MAX:
        raise UnreadableTable(
            reason=_("it has more than %(limit)s columns") % {"limit": COLUMNS_MAX}
        )


def _check_size(rows: list[list[str]]) -> None:
    if len(rows) > ROWS_MAX + 1:
        raise TableTooLarge(limit=ROWS_MAX)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a mark, as spreadsheets expect; cells that look like formulas are quoted."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(header)
    for row in rows:
        writer.writerow([guard_formula(cell) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """One sheet of text cells."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("items")
    sheet.append(list(header))
    for row in rows:
        sheet.append([guard_formula(cell)[:CELL_LENGTH_MAX] for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def guard_formula(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula is quoted; `unguard` takes it off again."""
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell


def unguard(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
