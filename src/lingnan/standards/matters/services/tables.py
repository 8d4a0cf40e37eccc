"""Importing and exporting lists as tables.

An import is planned completely before anything is written: every row is read, checked by itself,
against the other rows, and against what is stored. One refused row, and nothing is written; the
report names each row, field, code and reason. Rows are recognised by their codes, so a file that
was put right can be sent again.

A table of another scheme (`scheme` named) does not pretend to be ours. Its codes are kept as local
codes beside the empty places of ours; the implementing body stays a name and a code on the list,
no agency is invented for it; its basic entries are kept under the scheme. All of it stays draft
until a list is adopted (`adopt_item`).
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound, Refusal
from lingnan.kernel.tables import UnreadableTable, read_table, write_csv, write_xlsx
from lingnan.kernel.text import localise
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import item_code, uscc

from .. import queries
from ..checks import consistency_problems, raise_found
from ..columns import (
    HEADERS,
    IDENTITY,
    READERS,
    REQUIRED,
    cells,
    map_headers,
    read_item_type,
    read_level,
)
from ..content import ItemContent, columns, content_of, parse_content
from ..events import ItemsImported
from ..models import BasicItem, ImportRun, ItemStep, ItemVersion, ServiceItem
from ..types import (
    EDIT,
    READ,
    SUPERVISION_TYPES,
    ImportReport,
    ItemType,
    RowProblem,
    VersionState,
)
from .drafts import PREPARING, replace_content, write_version
from .steps import actor_id

NAME_LENGTH_MAX = 1000
CODE_LENGTH_MAX = 80
_AREA = re.compile(r"(?<![0-9A-Z])\d{12}(?![0-9A-Z])", re.ASCII)
_SCHEME = re.compile(r"[a-z0-9][a-z0-9.-]{1,39}", re.ASCII)
UNKNOWN_AUTHORITY = "codes.uscc.authority"


@dataclass(slots=True)
class _Row:
    """One row on its way: its cells by field, what it will become, what is wrong with it."""

    number: int
    cells: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    item_type: str = ""
    level: int = 0
    agency: AgencyCard | None = None
    basic: BasicItem | None = None
    item: ServiceItem | None = None
    draft: ItemVersion | None = None
    content: ItemContent | None = None
    problems: list[RowProblem] = field(default_factory=list)
    change: str = "unchanged"

    def refuse(self, path: str, code: str, message: str) -> None:
        self.problems.append(RowProblem(row=self.number, field=path, code=code, message=message))

    def refuse_by(self, refusal: Refusal, path: str) -> None:
        for problem in refusal.fields or (FieldProblem(path, refusal.code, refusal.text),):
            self.refuse(problem.path, problem.code, problem.message or refusal.text)

    def warn(self, path: str, code: str, message: str) -> None:
        self.problems.append(
            RowProblem(row=self.number, field=path, code=code, message=message, severity="warning")
        )

    @property
    def is_refused(self) -> bool:
        return any(problem.severity == "refused" for problem in self.problems)


@transaction.atomic
def import_items(
    content: bytes,
    *,
    file_name: str,
    scheme: str = "",
    dry_run: bool = False,
    actor: Actor,
    at: datetime,
) -> ImportReport:
    """Read a table of lists into drafts, all rows or none.

    `scheme` names a foreign code scheme ("sc-2018"); empty means the codes are ours. Lists in force
    get a new draft version; drafts are overwritten; what the table has no column for is kept.

    Raises: Forbidden (403); UnreadableTable, TableTooLarge (422). What is wrong in single rows is
    in the report.
    """
    actor.check(EDIT)
    if scheme and not _SCHEME.fullmatch(scheme):
        raise UnreadableTable(
            reason=_("the scheme has 2 to 40 small letters, digits, points and hyphens")
        )
    table = read_table(content)
    fields, unread = map_headers(table[0])
    missing = [name for name in REQUIRED if name not in fields.values()]
    if missing:
        raise UnreadableTable(
            reason=_("these columns are missing: %(names)s")
            % {"names": _(", ").join(HEADERS[name][0] for name in missing)}
        )
    locks.hold("matters.import", scheme)
    rows = list(_rows(table, fields))
    plan: _OwnPlan | _ForeignPlan = (
        _ForeignPlan(rows, actor=actor, scheme=scheme) if scheme else _OwnPlan(rows, actor=actor)
    )
    plan.check()
    refused = sum(row.is_refused for row in rows)
    if not refused and not dry_run:
        plan.write(at=at)
    run = ImportRun.objects.create(
        file_name=file_name[:200],
        digest=hashlib.sha256(content).hexdigest(),
        scheme=scheme,
        dry_run=dry_run,
        rows=len(rows),
        created_count=sum(row.change == "created" for row in rows if not row.is_refused),
        changed_count=sum(row.change == "changed" for row in rows if not row.is_refused),
        unchanged_count=sum(row.change == "unchanged" for row in rows if not row.is_refused),
        refused_rows=refused,
        problems=[_plain(problem) for row in rows for problem in row.problems],
        unread_columns=unread,
        actor_id=actor_id(actor),
        actor_name=actor.name[:100],
        keeper_id=actor.agency_id,
        at=at,
    )
    if not refused and not dry_run:
        events.publish(
            ItemsImported(
                run_id=run.id,
                file_name=run.file_name,
                created=run.created_count,
                changed=run.changed_count,
                actor_id=actor_id(actor),
                actor_name=actor.name[:100],
            ),
            at=at,
        )
    return report_of(run)


def report_of(run: ImportRun) -> ImportReport:
    """A stored run as the report its sender saw."""
    return ImportReport(
        run_id=run.id,
        file_name=run.file_name,
        scheme=run.scheme,
        dry_run=run.dry_run,
        rows=run.rows,
        created=run.created_count,
        changed=run.changed_count,
        unchanged=run.unchanged_count,
        refused_rows=run.refused_rows,
        problems=tuple(RowProblem(**problem) for problem in run.problems),
        unread_columns=tuple(run.unread_columns),
    )


def _plain(problem: RowProblem) -> dict[str, Any]:
    return {
        "row": problem.row,
        "field": problem.field,
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
    }


def _rows(table: list[list[str]], fields: dict[int, str]) -> Iterator[_Row]:
    for number, line in enumerate(table[1:], start=2):
        if any(cell.strip() for cell in line):
            yield _Row(
                number,
                {name: line[i].strip() if i < len(line) else "" for i, name in fields.items()},
            )


class _Plan:
    """What both kinds of table share: reading cells, comparing rows, writing drafts."""

    def __init__(self, rows: list[_Row], *, actor: Actor) -> None:
        self.rows = rows
        self.actor = actor

    def check(self) -> None:
        for row in self.rows:
            self._read(row)
        self._check_repeated()
        self._find_stored()
        for row in self.rows:
            if not row.is_refused:
                self._decide(row)

    def _read(self, row: _Row) -> None:
        for name in REQUIRED:
            if not row.cells.get(name):
                row.refuse(name, "matters.cell_empty", _("This cell may not be empty."))
        for name, limit in (
            ("name", NAME_LENGTH_MAX),
            ("implementation_code", CODE_LENGTH_MAX),
            ("basic_code", 64),
            ("department", 200),
        ):
            if len(row.cells.get(name, "")) > limit:
                row.refuse(
                    name,
                    "matters.cell_too_long",
                    _("At most %(limit)s characters.") % {"limit": limit},
                )
        self._read_identity(row)
        for name, cell in row.cells.items():
            if name in IDENTITY or name in {"address", "hours"} or not cell:
                continue
            try:
                row.values[name] = READERS[name](cell)
            except ValueError:
                row.refuse(
                    name,
                    "matters.cell_unreadable",
                    _("“%(cell)s” cannot be read.") % {"cell": cell[:60]},
                )
        if row.cells.get("address"):
            row.values["places"] = [
                {
                    "name": row.cells.get("department", ""),
                    "address": row.cells["address"],
                    "hours": row.cells.get("hours", ""),
                }
            ]

    def _read_identity(self, row: _Row) -> None:
        if row.cells.get("item_type"):
            try:
                row.item_type = read_item_type(row.cells["item_type"])
            except ValueError:
                row.refuse(
                    "item_type",
                    "matters.item_type_unknown",
                    _("“%(cell)s” is not an item type.") % {"cell": row.cells["item_type"][:60]},
                )
        if row.item_type in SUPERVISION_TYPES:
            row.refuse(
                "item_type",
                "matters.not_a_service_item",
                _("Items of the type “%(type)s” are exercised without an application.")
                % {"type": ItemType(row.item_type).label},
            )
        if row.cells.get("exercise_level"):
            try:
                row.level = read_level(row.cells["exercise_level"])
            except ValueError:
                row.refuse(
                    "exercise_level",
                    "matters.level_unknown",
                    _("“%(cell)s” is not a level of exercise.")
                    % {"cell": row.cells["exercise_level"][:60]},
                )

    def _check_repeated(self) -> None:
        """The same list twice; one basic code with two names or types (四级四同)."""
        first: dict[str, int] = {}
        for row in self.rows:
            code = row.cells.get("implementation_code", "")
            if code in first:
                row.refuse(
                    "implementation_code",
                    "matters.code_repeated",
                    _("Row %(row)s has the same code.") % {"row": first[code]},
                )
            elif code:
                first[code] = row.number
        by_basic: dict[str, list[_Row]] = {}
        for row in self.rows:
            by_basic.setdefault(row.cells.get("basic_code", ""), []).append(row)
        for code, rows in by_basic.items():
            said = {(row.cells.get("name", ""), row.item_type) for row in rows}
            if not code or len(said) < 2:
                continue
            for row in rows:
                other = next(
                    other
                    for other in rows
                    if (other.cells.get("name"), other.item_type)
                    != (row.cells.get("name"), row.item_type)
                )
                row.refuse(
                    "basic_code",
                    "matters.basic_code_with_two_names",
                    _("The basic code %(code)s stands in row %(row)s for “%(name)s”.")
                    % {"code": code, "row": other.number, "name": other.cells["name"][:60]},
                )

    def _read_content(self, row: _Row) -> None:
        """The row's values over what is stored; refuses what does not hold together."""
        base = content_of(row.draft) if row.draft else ItemContent()
        data = base.model_dump(mode="json") | self._said_anew(row)
        try:
            row.content = parse_content(data)
            raise_found(consistency_problems(row.content))
        except Refusal as refusal:
            row.refuse_by(refusal, "")

    def _said_anew(self, row: _Row) -> dict[str, Any]:
        """The values whose cells differ from what an export would say: a cell cannot hold all that
        is stored (a material's details, English), so an unchanged one leaves it alone."""
        if row.draft is None:
            return row.values
        known = cells(row.draft)
        same = {name for name, cell in row.cells.items() if cell == known.get(name, "").strip()}
        if {"address", "hours"} <= same | (HEADERS.keys() - row.cells.keys()):
            same.add("places")
        return {name: value for name, value in row.values.items() if name not in same}

    def _find_stored(self) -> None:
        raise NotImplementedError

    def _decide(self, row: _Row) -> None:
        raise NotImplementedError

    def _attach_versions(self) -> None:
        """The version each stored list would be changed from, and whether one is in review."""
        items = {row.item.id: row for row in self.rows if row.item is not None}
        versions = (
            ItemVersion.objects.filter(
                service_item_id__in=items,
                state__in=(*PREPARING, *queries.IN_FORCE),
            )
            .select_related("service_item__basic_item", "service_item__agency")
            .prefetch_related("options")
            .order_by("number")
        )
        for version in versions:
            row = items[version.service_item_id]
            row.draft = version
            if version.state == VersionState.IN_REVIEW:
                row.refuse(
                    "implementation_code",
                    "matters.in_review",
                    _("Version %(number)s of this list is in review.") % {"number": version.number},
                )

    def _compare(self, row: _Row) -> None:
        self._read_content(row)
        if row.draft is None:
            row.change = "created"
        elif row.content != content_of(row.draft):
            row.change = "changed"

    def _write_content(self, row: _Row, at: datetime) -> ItemVersion | None:
        """Change a stored draft, or open a new version over the one in force."""
        assert row.item is not None and row.content is not None
        if row.draft is None or row.change == "unchanged":
            return None
        row.draft.service_item = row.item
        if row.draft.state == VersionState.DRAFT:
            replace_content(row.draft, row.content)
            return row.draft
        number = (
            ItemVersion.objects.filter(service_item=row.item)
            .order_by("-number")
            .values_list("number", flat=True)[0]
            + 1
        )
        return write_version(row.item, row.content, number=number, actor=self.actor)

    def _write_all(self, new: list[tuple[ServiceItem, ItemContent]], at: datetime) -> None:
        ServiceItem.objects.bulk_create([item for item, _content in new], batch_size=500)
        versions = [
            ItemVersion(
                service_item=item,
                number=1,
                drafted_by=actor_id(self.actor),
                **columns(content),
            )
            for item, content in new
        ]
        ItemVersion.objects.bulk_create(versions, batch_size=200)
        changed = [self._write_content(row, at) for row in self.rows if row.change == "changed"]
        written = [*versions, *(version for version in changed if version is not None)]
        ItemStep.objects.bulk_create(
            [
                ItemStep(
                    service_item=version.service_item,
                    version=version,
                    act="imported",
                    actor_id=actor_id(self.actor),
                    actor_name=self.actor.name[:100],
                    at=at,
                )
                for version in written
            ],
            batch_size=500,
        )


class _OwnPlan(_Plan):
    """A table in our own codes: the basic items and agencies must be there."""

    def _read_identity(self, row: _Row) -> None:
        super()._read_identity(row)
        code = row.cells.get("implementation_code", "")
        if not code:
            return
        try:
            parsed = item_code.parse_implementation(code, is_imported=True)
        except CodeMalformed as refusal:
            row.refuse_by(refusal, "implementation_code")
            return
        row.level = row.level or int(parsed.level)
        expected = {
            "basic_code": str(parsed.basic),
            "dept_uscc": parsed.body_uscc,
            "exercise_level": parsed.level,
        }
        given = {
            "basic_code": row.cells.get("basic_code", ""),
            "dept_uscc": row.cells.get("dept_uscc", ""),
            "exercise_level": str(row.level),
        }
        for name, value in given.items():
            if value and value != expected[name]:
                row.refuse(
                    name,
                    "matters.code_disagrees",
                    _("The implementation code says %(expected)s.") % {"expected": expected[name]},
                )
        row.cells["dept_uscc"] = parsed.body_uscc

    def _find_stored(self) -> None:
        basics = {
            basic.code12: basic
            for basic in BasicItem.objects.filter(
                code12__in={row.cells.get("basic_code", "") for row in self.rows}
            )
        }
        cards = _agencies({row.cells.get("dept_uscc", "") for row in self.rows})
        items = {
            item.code31: item
            for item in ServiceItem.objects.select_for_update(of=("self",))
            .filter(code31__in={row.cells.get("implementation_code", "") for row in self.rows})
            .select_related("basic_item")
            .order_by("pk")
        }
        for row in self.rows:
            row.basic = basics.get(row.cells.get("basic_code", ""))
            row.agency = cards.get(row.cells.get("dept_uscc", ""))
            row.item = items.get(row.cells.get("implementation_code", ""))
        self._attach_versions()

    def _decide(self, row: _Row) -> None:
        if row.basic is None:
            row.refuse(
                "basic_code",
                "matters.basic_item_unknown",
                _("The basic catalogue has no item with this code."),
            )
        elif localise(row.basic.name, "zh-hans") != row.cells["name"]:
            row.refuse(
                "name",
                "matters.unified_field",
                _("The basic item is called “%(name)s”; lists cannot rename it.")
                % {"name": localise(row.basic.name, "zh-hans")[:80]},
            )
        elif row.basic.item_type != row.item_type:
            row.refuse(
                "item_type",
                "matters.unified_field",
                _("The basic item has the type %(type)s; lists cannot change it.")
                % {"type": row.basic.item_type},
            )
        if row.agency is None:
            row.refuse(
                "dept_uscc",
                "matters.agency_unknown",
                _("There is no agency with this credit code."),
            )
        elif not self.actor.can(EDIT, agency_id=row.agency.id, region_path=row.agency.region_path):
            row.refuse("dept_uscc", "forbidden", _("Your account may not edit its lists."))
        if row.item is not None and row.draft is None:
            row.refuse(
                "implementation_code",
                "matters.list_cancelled",
                _("This list was cancelled; a cancelled list cannot be changed."),
            )
        if not row.is_refused:
            self._compare(row)

    def write(self, *, at: datetime) -> None:
        new = []
        for row in self.rows:
            if row.change != "created":
                continue
            assert row.agency is not None and row.basic is not None and row.content is not None
            item = ServiceItem(
                code31=row.cells["implementation_code"],
                basic_item=row.basic,
                agency_id=row.agency.id,
                keeper_id=row.agency.id,
                region_path=row.agency.region_path,
                exercise_level=row.level,
            )
            new.append((item, row.content))
        self._write_all(new, at)


class _ForeignPlan(_Plan):
    """A table of another scheme: kept as it is, beside ours."""

    def __init__(self, rows: list[_Row], *, actor: Actor, scheme: str) -> None:
        super().__init__(rows, actor=actor)
        self.scheme = scheme
        self.basics: dict[str, BasicItem] = {}

    def _read_identity(self, row: _Row) -> None:
        super()._read_identity(row)
        self._read_body(row)
        area = row.cells.get("area_code", "")
        if area and not (len(area) == 12 and area.isascii() and area.isdigit()):
            row.refuse("area_code", "matters.area_code_shape", _("A region code has 12 digits."))
        elif area:
            inside = _AREA.findall(row.cells.get("implementation_code", ""))
            if inside and area not in inside:
                row.warn(
                    "area_code",
                    "matters.area_differs",
                    _("The implementation code names the region %(region)s.")
                    % {"region": inside[0]},
                )
            row.level = row.level or _level_of_area(area)
        if not row.level and not row.is_refused:
            row.refuse(
                "exercise_level",
                "matters.level_unknown",
                _("Neither the level nor the region says who exercises it."),
            )

    def _read_body(self, row: _Row) -> None:
        """The body's code: absent is a warning (a draft may lack it), malformed is refused.

        A failed check digit alone is a warning, as some genuinely issued codes fail it.
        Source: standards 1.2.
        """
        code = row.cells.get("dept_uscc", "")
        if not code:
            row.warn(
                "dept_uscc",
                "matters.body_code_missing",
                _("The implementing body has no credit code; the list cannot be adopted by it."),
            )
            return
        try:
            body = uscc.parse_imported(code)
        except CodeMalformed as refusal:
            row.refuse_by(refusal, "dept_uscc")
            return
        row.cells["dept_uscc"] = body.number
        if UNKNOWN_AUTHORITY in body.warnings:
            row.refuse(
                "dept_uscc",
                UNKNOWN_AUTHORITY,
                _(
                    "“%(code)s” is not of the form of a credit code: no registering authority has"
                    " the character “%(authority)s”."
                )
                % {"code": code, "authority": body.authority},
            )
        elif body.warnings:
            row.warn(
                "dept_uscc",
                body.warnings[0],
                _("The credit code fails its check: at least one character is wrong."),
            )

    def _find_stored(self) -> None:
        self.basics = {
            basic.local_code: basic
            for basic in BasicItem.objects.filter(
                local_scheme=self.scheme,
                local_code__in={row.cells.get("basic_code", "") for row in self.rows},
            )
        }
        items = {
            item.local_code: item
            for item in ServiceItem.objects.select_for_update(of=("self",))
            .filter(
                local_scheme=self.scheme,
                local_code__in={row.cells.get("implementation_code", "") for row in self.rows},
            )
            .select_related("basic_item")
            .order_by("pk")
        }
        for row in self.rows:
            row.basic = self.basics.get(row.cells.get("basic_code", ""))
            row.item = items.get(row.cells.get("implementation_code", ""))
        self._attach_versions()

    def _decide(self, row: _Row) -> None:
        if row.item is not None:
            if row.item.code31 is not None:
                row.refuse(
                    "implementation_code",
                    "matters.already_adopted",
                    _("This list was adopted as %(code)s; change it there.")
                    % {"code": row.item.code31},
                )
                return
            reach = self.actor.reach(EDIT)
            if not reach.covers(agency_id=row.item.keeper_id, region_path=row.item.region_path):
                row.refuse(
                    "implementation_code",
                    "forbidden",
                    _("Another agency keeps this list."),
                )
                return
        self._compare(row)
        if row.item is not None and row.change == "unchanged" and self._identity_changed(row):
            row.change = "changed"

    def _identity_changed(self, row: _Row) -> bool:
        assert row.item is not None
        wanted = self._identity(row)
        basic = row.item.basic_item
        return (
            any(getattr(row.item, name) != value for name, value in wanted.items())
            or basic.local_code != row.cells["basic_code"]
            or (localise(basic.name, "zh-hans"), basic.item_type)
            != (row.cells["name"], row.item_type)
        )

    def _identity(self, row: _Row) -> dict[str, Any]:
        return {
            "exercise_level": row.level,
            "foreign_body_name": row.cells["department"],
            "foreign_body_uscc": row.cells.get("dept_uscc", ""),
            "foreign_region_code": row.cells.get("area_code", ""),
        }

    def write(self, *, at: datetime) -> None:
        self._write_basics()
        new = []
        for row in self.rows:
            basic = self.basics[row.cells["basic_code"]]
            if row.change == "created":
                assert row.content is not None
                item = ServiceItem(
                    local_code=row.cells["implementation_code"],
                    local_scheme=self.scheme,
                    basic_item=basic,
                    keeper_id=self.actor.agency_id,
                    region_path=self.actor.region_path,
                    **self._identity(row),
                )
                new.append((item, row.content))
            elif row.change == "changed" and row.item is not None:
                row.item.basic_item = basic
                for name, value in self._identity(row).items():
                    setattr(row.item, name, value)
                row.item.save()
        self._write_all(new, at)

    def _write_basics(self) -> None:
        """Entries of the scheme's own catalogue; the latest table of the scheme names them."""
        wanted = {row.cells["basic_code"]: row for row in self.rows}
        added, changed = [], []
        for code, row in wanted.items():
            name, laws = {"zh-hans": row.cells["name"]}, _laws(row)
            basic = self.basics.get(code)
            if basic is None:
                basic = BasicItem(
                    local_code=code,
                    local_scheme=self.scheme,
                    name=name,
                    item_type=row.item_type,
                    legal_basis=laws,
                )
                self.basics[code] = basic
                added.append(basic)
            elif localise(basic.name, "zh-hans") != row.cells["name"] or (
                basic.item_type != row.item_type
            ):
                basic.name, basic.item_type = name, row.item_type
                basic.revision += 1
                changed.append(basic)
        BasicItem.objects.bulk_create(added, batch_size=500)
        BasicItem.objects.bulk_update(changed, ["name", "item_type", "revision"], batch_size=500)


def _agencies(codes: set[str]) -> dict[str, AgencyCard]:
    """Agencies by credit code; a query for each, as one table names few."""
    found = {}
    for code in filter(None, codes):
        try:
            found[code] = agencies.agency_by_uscc(code)
        except NotFound:
            continue
    return found


def _laws(row: _Row) -> list[dict[str, Any]]:
    lines = [line.strip() for line in row.cells.get("legal_basis", "").splitlines()]
    return [{"title": line[:500], "article": "", "text": "", "url": ""} for line in lines if line]


def _level_of_area(area: str) -> int:
    """The level a 12-digit region code stands at: 2 province, 3 city, 4 county, 5 town, 6 village.

    Only where the table names no level; Guangdong's two cities without counties name theirs.
    """
    for level, tail in ((2, 10), (3, 8), (4, 6), (5, 3)):
        if area.endswith("0" * tail):
            return level
    return 6


def export_items(
    *,
    actor: Actor,
    kind: str = "csv",
    state: str = "",
    scheme: str | None = None,
    service_item_ids: Sequence[UUID] | None = None,
) -> bytes:
    """The latest version of every list within the actor's reach, one row each, as "csv" or "xlsx".

    The columns are those an import reads. Raises: Forbidden (403).
    """
    actor.check(READ)
    rows = ServiceItem.objects.filter(queries.visible(actor))
    if state:
        rows = rows.filter(state=state)
    if scheme is not None:
        rows = rows.filter(local_scheme=scheme)
    if service_item_ids is not None:
        rows = rows.filter(pk__in=service_item_ids)
    versions = (
        ItemVersion.objects.filter(service_item__in=rows)
        .select_related("service_item__basic_item", "service_item__agency")
        .order_by("service_item_id", "-number")
        .distinct("service_item_id")
    )
    header = [names[0] for names in HEADERS.values()]
    lines = (list(cells(version).values()) for version in versions.iterator(chunk_size=500))
    return write_xlsx(header, lines) if kind == "xlsx" else write_csv(header, lines)
