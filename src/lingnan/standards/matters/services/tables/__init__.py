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
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.tables import UnreadableTable, read_table, write_csv, write_xlsx

from ... import queries
from ...columns import (
    HEADERS,
    REQUIRED,
    cells,
    map_headers,
)
from ...events import ItemsImported
from ...models import ImportRun, ItemVersion, ServiceItem
from ...types import (
    EDIT,
    READ,
    ImportReport,
    RowProblem,
)
from ..steps import actor_id
from .foreign import ForeignPlan
from .own import OwnPlan
from .plan import Row

_SCHEME = re.compile(r"[a-z0-9][a-z0-9.-]{1,39}", re.ASCII)


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
    plan: OwnPlan | ForeignPlan = (
        ForeignPlan(rows, actor=actor, scheme=scheme) if scheme else OwnPlan(rows, actor=actor)
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


def _rows(table: list[list[str]], fields: dict[int, str]) -> Iterator[Row]:
    for number, line in enumerate(table[1:], start=2):
        if any(cell.strip() for cell in line):
            yield Row(
                number,
                {name: line[i].strip() if i < len(line) else "" for i, name in fields.items()},
            )


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
