"""One row on its way, and what the plans of both kinds of table share."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.standards.agencies.types import AgencyCard

from ... import queries
from ...checks import consistency_problems, raise_found
from ...columns import (
    HEADERS,
    IDENTITY,
    READERS,
    REQUIRED,
    cells,
    read_item_type,
    read_level,
)
from ...content import ItemContent, columns, content_of, parse_content
from ...models import BasicItem, ItemStep, ItemVersion, ServiceItem
from ...types import (
    SUPERVISION_TYPES,
    ItemType,
    RowProblem,
    VersionState,
)
from ..drafts import PREPARING, replace_content, write_version
from ..steps import actor_id

NAME_LENGTH_MAX = 1000
CODE_LENGTH_MAX = 80


@dataclass(slots=True)
class Row:
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


class Plan:
    """What both kinds of table share: reading cells, comparing rows, writing drafts."""

    def __init__(self, rows: list[Row], *, actor: Actor) -> None:
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

    def _read(self, row: Row) -> None:
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

    def _read_identity(self, row: Row) -> None:
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
        by_basic: dict[str, list[Row]] = {}
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

    def _read_content(self, row: Row) -> None:
        """The row's values over what is stored; refuses what does not hold together."""
        base = content_of(row.draft) if row.draft else ItemContent()
        data = base.model_dump(mode="json") | self._said_anew(row)
        try:
            row.content = parse_content(data)
            raise_found(consistency_problems(row.content))
        except Refusal as refusal:
            row.refuse_by(refusal, "")

    def _said_anew(self, row: Row) -> dict[str, Any]:
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

    def _decide(self, row: Row) -> None:
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

    def _compare(self, row: Row) -> None:
        self._read_content(row)
        if row.draft is None:
            row.change = "created"
        elif row.content != content_of(row.draft):
            row.change = "changed"

    def _write_content(self, row: Row, at: datetime) -> ItemVersion | None:
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
