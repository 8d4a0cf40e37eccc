"""The national columns of the double publicity (双公示), read and written.

Source: standards 6.1 (column names as in the national data standard).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.utils.translation import gettext as _

from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.standards.codes.types import Domain, document_types, uscc

from .errors import NotADate
from .types import Counterparty, Fact, RecordKind, SubjectKind
from .units import fen_from_wan, wan_from_fen

T = TypeVar("T")
LONG_TERM = date(2099, 12, 31)
LONG_TERM_TEXT = "2099/12/31"
LICENCE_CLASSES = {
    "01": "普通",
    "02": "特许",
    "03": "认可",
    "04": "核准",
    "05": "登记",
    "06": "其他",
}
PARTY_WORDS = {
    SubjectKind.ORGANISATION: "法人及非法人组织",
    SubjectKind.BUSINESS: "个体工商户",
    SubjectKind.PERSON: "自然人",
}
_PARTY_KINDS = {word: kind for kind, word in PARTY_WORDS.items()}
_DATE = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})日?", re.ASCII)
_LISTED = re.compile(r"[;；,，、|]+")
DECLARED_END = "CF_GSJZQ"
SUMMARY_WORDS = ("简易程序",)
FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class Column:
    """One national column: how long, whether it must be filled, whether it is personal."""

    name: str
    title: str
    length: int = 200
    required: bool = False
    personal: bool = False


def _party(prefix: str) -> tuple[Column, ...]:
    return (
        Column(f"{prefix}_XDR_MC", "行政相对人名称", 200, True),
        Column(f"{prefix}_XDR_LB", "行政相对人类别", 16, True),
        Column(f"{prefix}_XDR_SHXYM", "统一社会信用代码", 18),
        Column(f"{prefix}_XDR_GSZC", "工商注册号", 50),
        Column(f"{prefix}_XDR_ZZJG", "组织机构代码", 10),
        Column(f"{prefix}_XDR_SWDJ", "税务登记号", 20),
        Column(f"{prefix}_XDR_SYDW", "事业单位证书号", 20),
        Column(f"{prefix}_XDR_SHZZ", "社会组织登记证号", 50),
        Column(f"{prefix}_FRDB", "法定代表人", 50),
        Column(f"{prefix}_FR_ZJLX", "法定代表人证件类型", 2),
        Column(f"{prefix}_FR_ZJHM", "法定代表人证件号码", 64, personal=True),
        Column(f"{prefix}_XDR_ZJLX", "自然人证件类型", 2),
        Column(f"{prefix}_XDR_ZJHM", "自然人证件号码", 64, personal=True),
    )


LICENCE_COLUMNS: tuple[Column, ...] = (
    *_party("XK"),
    Column("XK_XKWS", "行政许可决定文书名称", 64, True),
    Column("XK_WSH", "行政许可决定文书号", 64, True),
    Column("XK_XKLB", "许可类别", 2, True),
    Column("XK_XKZS", "许可证书名称", 64),
    Column("XK_XKBH", "许可编号", 64),
    Column("XK_NR", "许可内容", 4000, True),
    Column("XK_JDRQ", "许可决定日期", 10, True),
    Column("XK_YXQZ", "有效期自", 10, True),
    Column("XK_YXQZI", "有效期至", 10, True),
    Column("XK_XKJG", "许可机关", 200, True),
    Column("XK_XKJGDM", "许可机关统一社会信用代码", 18, True),
    Column("XK_ZT", "当前状态", 1),
    Column("XK_LYDW", "数据来源单位", 200),
    Column("XK_LYDWDM", "数据来源单位统一社会信用代码", 18),
    Column("BZ", "备注", 512),
)
PENALTY_COLUMNS: tuple[Column, ...] = (
    *_party("CF"),
    Column("CF_WSH", "行政处罚决定文书号", 128, True),
    Column("CF_WFXW", "违法行为类型", 2000, True),
    Column("CF_SY", "违法事实", 4000, True),
    Column("CF_YJ", "处罚依据", 2048, True),
    Column("CF_CFLB", "处罚类别", 100, True),
    Column("CF_NR", "处罚内容", 4000, True),
    Column("CF_NR_FK", "罚款金额（万元）", 30),
    Column("CF_NR_WFFF", "没收违法所得、没收非法财物的金额（万元）", 30),
    Column("CF_NR_ZKDX", "暂扣或吊销证照名称及编号", 200),
    Column("CF_JDRQ", "处罚决定日期", 10, True),
    Column("CF_YXQ", "处罚有效期", 10),
    Column("CF_GSJZQ", "公示截止期", 10),
    Column("CF_CFJG", "处罚机关", 200, True),
    Column("CF_CFJGDM", "处罚机关统一社会信用代码", 18, True),
    Column("CF_SJLY", "数据来源单位", 200),
    Column("CF_SJLYDM", "数据来源单位统一社会信用代码", 18),
    Column("BZ", "备注", 512),
)
# Our own names, in the manner of the national ones, for what the double publicity does not cover.
OTHER_COLUMNS: tuple[Column, ...] = (
    *_party("XX"),
    Column("XX_WSH", "文书号或记录编号", 128, True),
    Column("XX_MC", "信息名称", 300, True),
    Column("XX_NR", "信息内容", 4000, True),
    Column("XX_JDRQ", "认定日期", 10, True),
    Column("XX_YXQZI", "有效期至", 10),
    Column("XX_RDJG", "认定机关", 200, True),
    Column("XX_RDJGDM", "认定机关统一社会信用代码", 18, True),
    Column("BZ", "备注", 512),
)
DISCLOSED = (RecordKind.LICENCE, RecordKind.PENALTY)
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    **{kind: OTHER_COLUMNS for kind in RecordKind if kind not in (*DISCLOSED, RecordKind.BREACH)},
    RecordKind.LICENCE: LICENCE_COLUMNS,
    RecordKind.PENALTY: PENALTY_COLUMNS,
}
PREFIXES: Mapping[str, str] = {RecordKind.LICENCE: "XK", RecordKind.PENALTY: "CF"}
AGENCY_COLUMNS: Mapping[str, str] = {"XK": "XK_XKJGDM", "CF": "CF_CFJGDM", "XX": "XX_RDJGDM"}


def parse_date(text: str) -> date:
    """2026/11/23, 2026-11-23, 20261123. Raises: NotADate (422)."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise NotADate(text=text[:20])
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as error:
        raise NotADate(text=text[:20]) from error


def said_value(name: str, text: str) -> str:
    """A column as people read it: the word of a class, the end that never comes."""
    if name == "XK_XKLB":
        return LICENCE_CLASSES.get(text.zfill(2), text)
    return _("for an indefinite time") if text == LONG_TERM_TEXT else text


def write_date(value: date) -> str:
    return f"{value:%Y/%m/%d}"


class _Reader:
    """Reads one row and gathers what is wrong with it, column by column."""

    def __init__(self, row: Mapping[str, str], columns: Sequence[Column]) -> None:
        self.row = {column.name: str(row.get(column.name) or "").strip() for column in columns}
        self.problems: list[FieldProblem] = []
        for column in columns:
            text = self.row[column.name]
            if column.required and not text:
                self.wrong(column.name, "credit.column_empty", _("This column must be filled."))
            if len(text) > column.length:
                self.wrong(
                    column.name,
                    "credit.column_too_long",
                    _("At most %(limit)s characters.") % {"limit": column.length},
                )
        known = {column.name for column in columns}
        for name in row:
            if name and name not in known:
                self.wrong(
                    str(name)[:40], "credit.column_unknown", _("There is no such column here.")
                )

    def wrong(self, path: str, code: str, message: str) -> None:
        self.problems.append(FieldProblem(path, code, message))

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        text = self.row[name]
        if not text:
            return None
        try:
            return parse(text)
        except Refusal as refusal:
            self.wrong(name, refusal.code, refusal.text)
            return None


def read_row(
    kind: str, row: Mapping[str, str], *, on: date
) -> tuple[Fact | None, list[FieldProblem]]:
    """One row as a fact, or what is wrong with it. `on`: no decision lies after this day."""
    columns = COLUMNS[kind]
    reader = _Reader(row, columns)
    prefix = PREFIXES.get(kind, "XX")
    party = _read_party(reader, prefix)
    decided = reader.read(f"{prefix}_JDRQ", parse_date)
    if decided is not None and decided > on:
        reader.wrong(
            f"{prefix}_JDRQ", "credit.date_in_future", _("The decision lies in the future.")
        )
    agency = reader.read(AGENCY_COLUMNS[prefix], lambda text: uscc.parse_imported(text).number)
    made = {"XK": _read_licence, "CF": _read_penalty, "XX": _read_other}[prefix](reader)
    if reader.problems or party is None or decided is None or agency is None:
        return None, reader.problems
    personal = {c.name: reader.row[c.name] for c in columns if c.personal and reader.row[c.name]}
    data = {c.name: reader.row[c.name] for c in columns if not c.personal and reader.row[c.name]}
    return (
        Fact(
            kind=kind,
            party=party,
            fact_on=decided,
            data=data,
            personal=personal,
            agency_uscc=agency,
            **made,  # type: ignore[arg-type]
        ),
        [],
    )


def _read_party(reader: _Reader, prefix: str) -> Counterparty | None:
    """Either the credit code, or type and number of a document; the class says which."""
    row = reader.row
    word = row[f"{prefix}_XDR_LB"]
    kind = _PARTY_KINDS.get(word)
    if word and kind is None:
        reader.wrong(
            f"{prefix}_XDR_LB",
            "credit.party_class",
            _("One of: %(words)s.") % {"words": "、".join(_PARTY_KINDS)},
        )
    code_column, type_column = f"{prefix}_XDR_SHXYM", f"{prefix}_XDR_ZJLX"
    number_column = f"{prefix}_XDR_ZJHM"
    code = reader.read(code_column, lambda text: uscc.parse_imported(text).number) or ""
    document_type, number = "", ""
    if kind == SubjectKind.PERSON:
        document_type, number = _read_document(reader, type_column, number_column)
        if row[code_column]:
            reader.wrong(
                code_column, "credit.party_both", _("A natural person has no credit code.")
            )
    elif kind is not None and not row[code_column]:
        reader.wrong(
            code_column,
            "credit.party_number",
            _("An organisation needs its credit code, a person type and number of a document."),
        )
    elif kind is not None and (row[type_column] or row[number_column]):
        reader.wrong(
            number_column, "credit.party_both", _("An organisation has no document of a person.")
        )
    if kind is None or not (code or number):
        return None
    return Counterparty(
        kind=kind,
        name=row[f"{prefix}_XDR_MC"],
        uscc=code if kind != SubjectKind.PERSON else "",
        document_type=document_type,
        document_number=number,
        legal_representative=row[f"{prefix}_FRDB"],
    )


def _read_document(reader: _Reader, type_column: str, number_column: str) -> tuple[str, str]:
    for column in (type_column, number_column):
        if not reader.row[column]:
            reader.wrong(
                column,
                "credit.party_number",
                _("An organisation needs its credit code, a person type and number of a document."),
            )
    found = reader.read(
        type_column,
        lambda text: document_types.from_domain(Domain.DOUBLE_PUBLICITY, text.zfill(2)),
    )
    if found is None:
        return "", ""
    number = reader.read(number_column, lambda text: document_types.check_number(found, text))
    return str(found), number or ""


def _read_licence(reader: _Reader) -> dict[str, object]:
    row = reader.row
    if row["XK_XKLB"] and row["XK_XKLB"].zfill(2) not in LICENCE_CLASSES:
        reader.wrong("XK_XKLB", "credit.licence_class", _("One of 01 to 06."))
    since = reader.read("XK_YXQZ", parse_date)
    until = reader.read("XK_YXQZI", parse_date)
    if since is not None and until is not None and until < since:
        reader.wrong("XK_YXQZI", "credit.term_ends_early", _("The end lies before the beginning."))
    is_long = until == LONG_TERM
    return {
        "number": row["XK_WSH"],
        "title": row["XK_XKWS"],
        "valid_from": since,
        "valid_until": None if is_long else until,
        "is_long_term": is_long,
        "categories": (LICENCE_CLASSES.get(row["XK_XKLB"].zfill(2), ""),),
    }


def _read_penalty(reader: _Reader) -> dict[str, object]:
    row = reader.row
    until = reader.read("CF_YXQ", parse_date)
    categories = tuple(filter(None, (part.strip() for part in _LISTED.split(row["CF_CFLB"]))))
    return {
        "number": row["CF_WSH"],
        "title": row["CF_WFXW"][:300],
        "categories": tuple(part for part in categories if part not in SUMMARY_WORDS),
        "fine_fen": reader.read("CF_NR_FK", fen_from_wan),
        "confiscated_fen": reader.read("CF_NR_WFFF", fen_from_wan),
        "valid_until": None if until == LONG_TERM else until,
        "is_long_term": until == LONG_TERM,
        "declared_end": reader.read("CF_GSJZQ", parse_date),
        "is_summary": any(word in row["CF_CFLB"] or word in row["BZ"] for word in SUMMARY_WORDS),
    }


def _read_other(reader: _Reader) -> dict[str, object]:
    row = reader.row
    until = reader.read("XX_YXQZI", parse_date)
    return {
        "number": row["XX_WSH"],
        "title": row["XX_MC"],
        "valid_until": None if until == LONG_TERM else until,
        "is_long_term": until == LONG_TERM,
    }


def write_row(
    kind: str,
    data: Mapping[str, str],
    personal: Mapping[str, str],
    *,
    fine_fen: int | None,
    confiscated_fen: int | None,
) -> list[str]:
    """A record in the national columns; amounts from their fen, so that they are exact."""
    values = {**data, **personal}
    if kind == RecordKind.PENALTY:
        values["CF_NR_FK"] = "" if fine_fen is None else wan_from_fen(fine_fen)
        values["CF_NR_WFFF"] = "" if confiscated_fen is None else wan_from_fen(confiscated_fen)
    return [str(values.get(column.name, "")) for column in COLUMNS[kind]]


def guard_cells(cells: Iterable[str]) -> list[str]:
    """Cells no spreadsheet takes for a formula."""
    return [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]
