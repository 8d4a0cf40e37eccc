"""Rows of a table, or of JSON, as licences of a type; and the table to fill in."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from lingnan.kernel.tables import iter_table, read_table, write_csv, write_xlsx
from lingnan.kernel.text import in_every_language, localise
from lingnan.standards.codes.types import DocumentType

from .errors import RowsMalformed
from .models import LicenceType
from .types import HolderGiven, HolderKind

ROWS_MAX = 2_000  # our default: what one request can check
LONG_ROWS_MAX = 200_000  # our default: what a job reads row by row
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "holder_kind": "持有人类型",
        "holder_name": "持有人名称",
        "document_type": "证件类型",
        "holder_number": "持有人证件号码",
        "valid_from": "有效期起",
        "valid_until": "有效期止",
        "source_id": "来源编号",
        "supersedes": "原证照标识",
    }
)
REQUIRED = ("holder_name", "holder_number", "valid_from", "source_id")
_KINDS: Mapping[str, HolderKind] = {
    "person": "person",
    "个人": "person",
    "organisation": "organisation",
    "单位": "organisation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """What is wrong with one field of one row."""

    field: str
    code: str
    message: str


@dataclass(slots=True, kw_only=True)
class Row:
    """One row as it was read: its cells, and what it says where it could be understood."""

    number: int
    cells: dict[str, Any]
    holder: HolderGiven | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    valid_from: date | None = None
    valid_until: date | None = None
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def source_id(self) -> str:
        """The agency's own number of the licence."""
        return str(self.cells.get("source_id", "")).strip()

    @property
    def supersedes(self) -> str:
        """The identifier of the licence this one renews."""
        return str(self.cells.get("supersedes", "")).strip()

    @property
    def told(self) -> list[tuple[str, str]]:
        """Its problems, as field and message."""
        return [(problem.field, problem.message) for problem in self.problems]

    def refuse(self, name: str, code: str, message: str) -> None:
        """Note that the row cannot be taken."""
        self.problems.append(RowProblem(field=name, code=code, message=message))


def read_rows(content: bytes, licence_type: LicenceType) -> list[Row]:
    """The rows of a CSV, an XLSX workbook or a JSON list, with what is wrong in each.

    Row numbers are those of the file (the header of a table is row 1). Raises: RowsMalformed,
    UnreadableTable, TableTooLarge (422).
    """
    head = content.lstrip()[:1]
    cells = _of_json(content) if head in (b"[", b"{") else _of_table(content, licence_type)
    if len(cells) > ROWS_MAX:
        raise RowsMalformed(reason=_("more than %(limit)s rows") % {"limit": ROWS_MAX})
    if not cells:
        raise RowsMalformed(reason=_("there is no row"))
    return [understand(number, row, licence_type) for number, row in cells]


def understand(number: int, cells: Mapping[str, Any], licence_type: LicenceType) -> Row:
    """What a row's cells say."""
    row = Row(number=number, cells={key: _plain(value) for key, value in cells.items()})
    for name in REQUIRED:
        if row.cells.get(name) in (None, ""):
            row.refuse(name, "required", _("This cell must be filled in."))
    row.valid_from = _date(row, "valid_from")
    row.valid_until = _date(row, "valid_until")
    row.holder = _holder(row, licence_type)
    properties: dict[str, Any] = licence_type.fields_schema.get("properties", {})
    for name, value in row.cells.items():
        if name in HEADERS or value in (None, ""):
            continue
        row.fields[name] = _typed(value, properties.get(name, {}))
    return row


def title_of(name: str, licence_type: LicenceType) -> str:
    """What the column of a field is headed in a table; the name itself where it has none."""
    if name in HEADERS:
        return HEADERS[name]
    definition = licence_type.fields_schema.get("properties", {}).get(name, {})
    return localise(definition.get("x-title")) or name


def problems_in_words(
    problems: Iterable[tuple[str, str]], licence_type: LicenceType
) -> list[tuple[str, str]]:
    """What is wrong with a row (field, message), for people: under the heading of its column."""
    found = []
    for name, message in problems:
        title = title_of(name, licence_type) if name else ""
        found.append(("" if message.startswith(title) else title, message))
    return found


def template(licence_type: LicenceType, kind: str) -> bytes:
    """An empty table of a type with the headers to fill in, as "csv" or "xlsx"."""
    titles = [
        localise(definition.get("x-title"), "zh-hans") or name
        for name, definition in licence_type.fields_schema.get("properties", {}).items()
    ]
    header = [*HEADERS.values(), *titles]
    return write_xlsx(header, []) if kind == "xlsx" else write_csv(header, [])


def report_table(rows: Iterable[tuple[int, str, str, str]], kind: str) -> bytes:
    """The report of a batch as a table: row, field, what is wrong, identifier."""
    header = ["行号", "字段", "问题", "证照标识"]
    lines = [[str(number), name, message, made] for number, name, message, made in rows]
    return write_xlsx(header, lines) if kind == "xlsx" else write_csv(header, lines)


def problems_table(lines: Iterable[tuple[int, str, str]], kind: str) -> bytes:
    """What is wrong in a table brought in: row, field, what is wrong. Row 0 is the whole table."""
    header = ["行号", "字段", "问题"]
    cells = [[str(number or ""), name, message] for number, name, message in lines]
    return write_xlsx(header, cells) if kind == "xlsx" else write_csv(header, cells)


def _of_json(content: bytes) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as wrong:
        raise RowsMalformed(reason=_("it is not JSON")) from wrong
    found = parsed.get("rows") if isinstance(parsed, dict) else parsed
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise RowsMalformed(reason=_("it is not a list of objects"))
    flat: list[tuple[int, Mapping[str, Any]]] = []
    for number, entry in enumerate(found, start=1):
        fields = entry.get("fields")
        rest = {key: value for key, value in entry.items() if key != "fields"}
        flat.append((number, {**(fields if isinstance(fields, dict) else {}), **rest}))
    return flat


def _of_table(content: bytes, licence_type: LicenceType) -> list[tuple[int, Mapping[str, Any]]]:
    return list(_cells_of(iter(read_table(content)), licence_type))


def iter_rows(content: bytes, licence_type: LicenceType, *, rows_max: int) -> Iterator[Row]:
    """The rows of a CSV or an XLSX workbook one by one, for tables of any length up to `rows_max`.

    Raises: RowsMalformed, UnreadableTable, TableTooLarge (422), while it is read.
    """
    for number, cells in _cells_of(iter_table(content, rows_max=rows_max), licence_type):
        yield understand(number, cells, licence_type)


def is_long(content: bytes) -> bool:
    """Whether a table has more rows than one answer can check; of JSON never: it is one value.

    Raises: UnreadableTable, TableTooLarge (422).
    """
    if content.lstrip()[:1] in (b"[", b"{"):
        return False
    rows = iter_table(content, rows_max=LONG_ROWS_MAX)
    filled = (row for row in rows if any(cell.strip() for cell in row))
    return next(islice(filled, ROWS_MAX + 1, None), None) is not None


def _cells_of(
    table: Iterator[list[str]], licence_type: LicenceType
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    names, first = _names(licence_type), next(table, [])
    header = [names.get(cell.strip(), "") for cell in first]
    unread = [cell for cell, name in zip(first, header, strict=True) if cell.strip() and not name]
    if unread:
        raise RowsMalformed(reason=_("unknown columns: %(names)s") % {"names": "、".join(unread)})
    if len(set(filter(None, header))) != len(list(filter(None, header))):
        raise RowsMalformed(reason=_("a column stands there twice"))
    missing = [HEADERS[name] for name in REQUIRED if name not in header]
    if missing:
        raise RowsMalformed(reason=_("missing columns: %(names)s") % {"names": "、".join(missing)})
    for number, cells in enumerate(table, start=2):
        if any(cell.strip() for cell in cells):
            yield number, {n: c for n, c in zip(header, cells, strict=False) if n}


def _names(licence_type: LicenceType) -> dict[str, str]:
    names = {name: name for name in HEADERS} | {title: name for name, title in HEADERS.items()}
    for name, definition in licence_type.fields_schema.get("properties", {}).items():
        names[name] = name
        for title in (definition.get("x-title") or {}).values():
            names.setdefault(title, name)
    return names


def _plain(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _date(row: Row, name: str) -> date | None:
    value = row.cells.get(name)
    if value in (None, ""):
        return None
    text = str(value).replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-")
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    except ValueError:
        row.refuse(name, "date", _("Write the date as 2026-11-23."))
        return None


def _holder(row: Row, licence_type: LicenceType) -> HolderGiven | None:
    name, number = row.cells.get("holder_name"), row.cells.get("holder_number")
    if not name or not number:
        return None
    given = str(row.cells.get("holder_kind") or "")
    if not given and len(licence_type.holder_kinds) == 1:
        given = licence_type.holder_kinds[0]
    if given not in _KINDS:
        row.refuse("holder_kind", "choice", _("Write person or organisation (个人 or 单位)."))
        return None
    kind = _KINDS[given]
    document_type = _document_type(row) if kind == "person" else "resident_id"
    if not document_type:
        return None
    return HolderGiven(kind=kind, name=str(name), number=str(number), document_type=document_type)


def _document_type(row: Row) -> str:
    """The kind of document by its code or by its name in any language; "" where it is neither."""
    given = str(row.cells.get("document_type") or DocumentType.RESIDENT_ID.value)
    known: dict[str, str] = {}
    for kind in DocumentType:
        told = in_every_language(partial(str, kind.label))
        known |= dict.fromkeys((kind.value, *told.values()), kind.value)
    if given not in known:
        names = "、".join(str(kind.label) for kind in DocumentType)
        row.refuse("document_type", "choice", _("Write one of: %(names)s.") % {"names": names})
    return known.get(given, "")


def _typed(value: Any, definition: Mapping[str, Any]) -> Any:
    kind = definition.get("type", "string")
    if not isinstance(value, str):
        return str(value) if kind == "string" and not isinstance(value, list | dict) else value
    for option in definition.get("x-options", ()):
        if value in (option.get("title") or {}).values():
            return option["value"]
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return float(value)
    except ValueError:
        return value
    if kind == "boolean":
        return {"是": True, "否": False, "true": True, "false": False}.get(value.lower(), value)
    if kind == "array":
        return [part.strip() for part in value.split("、") if part.strip()]
    return value
