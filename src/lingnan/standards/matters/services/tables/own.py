"""A table in our own codes."""

from datetime import datetime

from django.utils.translation import gettext as _

from lingnan.kernel.errors import NotFound
from lingnan.kernel.text import localise
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import item_code

from ...models import BasicItem, ServiceItem
from ...types import (
    EDIT,
)
from .plan import Plan, Row


class OwnPlan(Plan):
    """A table in our own codes: the basic items and agencies must be there."""

    def _read_identity(self, row: Row) -> None:
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

    def _decide(self, row: Row) -> None:
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


def _agencies(codes: set[str]) -> dict[str, AgencyCard]:
    """Agencies by credit code; a query for each, as one table names few."""
    found = {}
    for code in filter(None, codes):
        try:
            found[code] = agencies.agency_by_uscc(code)
        except NotFound:
            continue
    return found
