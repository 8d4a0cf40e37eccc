"""A table of another scheme, kept beside ours."""

import re
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.text import localise
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import uscc

from ...models import BasicItem, ServiceItem
from ...types import (
    EDIT,
)
from .plan import Plan, Row

_AREA = re.compile(r"(?<![0-9A-Z])\d{12}(?![0-9A-Z])", re.ASCII)
UNKNOWN_AUTHORITY = "codes.uscc.authority"


class ForeignPlan(Plan):
    """A table of another scheme: kept as it is, beside ours."""

    def __init__(self, rows: list[Row], *, actor: Actor, scheme: str) -> None:
        super().__init__(rows, actor=actor)
        self.scheme = scheme
        self.basics: dict[str, BasicItem] = {}

    def _read_identity(self, row: Row) -> None:
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

    def _read_body(self, row: Row) -> None:
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

    def _decide(self, row: Row) -> None:
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

    def _identity_changed(self, row: Row) -> bool:
        assert row.item is not None
        wanted = self._identity(row)
        basic = row.item.basic_item
        return (
            any(getattr(row.item, name) != value for name, value in wanted.items())
            or basic.local_code != row.cells["basic_code"]
            or (localise(basic.name, "zh-hans"), basic.item_type)
            != (row.cells["name"], row.item_type)
        )

    def _identity(self, row: Row) -> dict[str, Any]:
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


def _laws(row: Row) -> list[dict[str, Any]]:
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
