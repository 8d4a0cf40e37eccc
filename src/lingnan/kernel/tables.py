"""Tables as files: CSV in the encodings that occur, XLSX; rows of text in and out."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
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


def _read_csv(content: bytes) -> list[list[str]]:
    text = _decode(content)
    head = text.partition("\n")[0]
    delimiter = max(",\t;", key=head.count)
    csv.field_size_limit(CELL_LENGTH_MAX * 4)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            _check_width(row)
            rows.append([unguard(cell.strip()) for cell in row])
            _check_size(rows)
    except csv.Error as error:  # the only one of a text without NUL: the limit of a field
        raise UnreadableTable(reason=_("a cell is too long")) from error
    return rows


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise UnreadableTable(reason=_("it is not text"))
        return text
    raise UnreadableTable(reason=_("its characters are neither UTF-8 nor GB 18030"))


def _read_xlsx(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_BYTES_MAX:
                raise TableTooLarge(limit=ROWS_MAX)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows: list[list[str]] = []
        try:
            # One more column than allowed: a single cell far to the right pads every row with it.
            sheet = book.worksheets[0].iter_rows(values_only=True, max_col=COLUMNS_MAX + 1)
            for row in sheet:
                filled = _without_end(row)
                _check_width(filled)
                rows.append([_text(cell) for cell in filled])
                _check_size(rows)
        finally:
            book.close()
        return rows
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
