"""Tables nobody honest sends: a clear refusal, and memory that does not grow with the lie."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from ..tables import (
    COLUMNS_MAX,
    ROWS_MAX,
    TableTooLarge,
    UnreadableTable,
    read_table,
    write_csv,
    write_xlsx,
)

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TEXT = "名称,金额\n岭南,1\n"


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_sheet(xml: str, *, name: str = SHEET) -> bytes:
    """A workbook whose sheet (or another part) is this XML."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a"]))) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            new.writestr(entry.filename, xml if entry.filename == name else old.read(entry))
    return stream.getvalue()


def sheet(rows: str, before: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{NAMESPACE}">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


def far_cells() -> bytes:
    """A cell in the last column of each of 5,000 rows: 82 million cells where they are padded."""
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 5001))
    return with_sheet(sheet(rows))


def many_laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{levels}]>'
    return with_sheet(sheet('<row r="1"><c r="A1" t="str"><v>&l9;</v></c></row>', bomb))


def zip_bomb() -> bytes:
    return with_sheet(sheet(" " * 120_000_000))


def with_password() -> bytes:
    """The flag of an encrypted entry set on every part."""
    content = bytearray(workbook(["a"]))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


def damaged() -> bytes:
    content = bytearray(workbook(["a" * 500] * 20))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        start = archive.getinfo(SHEET).header_offset + 30 + len(SHEET)
    content[start + 20 : start + 60] = b"\xff" * 40
    return bytes(content)


def damaged_by(method: int) -> bytes:
    """A sheet packed in a rarer way, with a hole in it."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a" * 500] * 20))) as old,
        zipfile.ZipFile(stream, "w") as new,
    ):
        for entry in old.infolist():
            kind = method if entry.filename == SHEET else zipfile.ZIP_DEFLATED
            new.writestr(entry.filename, old.read(entry), compress_type=kind)
        start = new.getinfo(SHEET).header_offset + 30 + len(SHEET)
    content = bytearray(stream.getvalue())
    content[start + 20 : start + 60] = b"\xff" * 40
    return bytes(content)


REFUSED: dict[str, Callable[[], bytes]] = {
    "UTF-16": lambda: TEXT.encode("utf-16"),
    "UTF-16 without a mark": lambda: TEXT.encode("utf-16-le"),
    "NUL": lambda: b"a,b\n1,\x002\n",
    "a cell of a megabyte": lambda: b"a,b\n" + b"x" * 1_000_000 + b",1\n",
    "a million columns": lambda: b"," * 1_000_000 + b"\n1\n",
    "blank lines": lambda: b"a\n" + b"\n" * 5_000_000 + b"b",
    "a workbook's cell of a megabyte": lambda: with_sheet(
        sheet(f'<row r="1"><c r="A1" t="str"><v>{"x" * 1_000_000}</v></c></row>')
    ),
    "a cell far to the right": far_cells,
    "a row far down": lambda: with_sheet(
        sheet('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')
    ),
    "entities": many_laughs,
    "zip bomb": zip_bomb,
    "password": with_password,
    "damaged": damaged,
    "damaged bzip2": lambda: damaged_by(zipfile.ZIP_BZIP2),
    "damaged LZMA": lambda: damaged_by(zipfile.ZIP_LZMA),
    "not a workbook": lambda: with_sheet("<a/>", name="xl/workbook.xml"),
    "no XML": lambda: with_sheet("no"),
    "empty": lambda: b"",
    "only a zip's mark": lambda: b"PK\x03\x04",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_within_bounds(name: str) -> None:
    content = REFUSED[name]()
    tracemalloc.start()
    try:
        with pytest.raises((UnreadableTable, TableTooLarge)):
            read_table(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000, f"{name}: {peak} bytes"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encodings_that_occur(encoding: str) -> None:
    assert read_table(TEXT.encode(encoding)) == [["名称", "金额"], ["岭南", "1"]]


def test_formulas_are_never_computed_and_merged_cells_are_empty() -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["a", "b", "c"])
    page.append(["=1+1", '=HYPERLINK("http://x.example")', 3])
    page.append(["x", None, "y"])
    page.merge_cells("A3:B3")
    stream = io.BytesIO()
    book.save(stream)
    assert read_table(stream.getvalue()) == [["a", "b", "c"], ["", "", "3"], ["x", "", "y"]]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1"])
def test_what_looks_like_a_formula_goes_out_quoted_and_comes_back_as_it_was(cell: str) -> None:
    for write in (write_csv, write_xlsx):
        content = write(["名称"], [[cell]])
        if write is write_csv:
            assert content.decode("utf-8-sig").splitlines()[1].lstrip('"').startswith("'")
        assert read_table(content)[1][0] in {cell, cell.strip(), cell.removeprefix("'")}


def test_the_limits_themselves_are_allowed() -> None:
    wide = ",".join("a" * COLUMNS_MAX).encode()
    assert len(read_table(wide)[0]) == COLUMNS_MAX
    long = b"a\n" + b"1\n" * ROWS_MAX
    assert len(read_table(long)) == ROWS_MAX + 1
