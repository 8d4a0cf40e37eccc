"""lingnan import_items FILE: read a table of implementation lists into drafts."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from lingnan.kernel import clock
from lingnan.kernel.actors import system_actor
from lingnan.kernel.errors import Refusal

from ...services import import_items
from ...types import ImportReport

ROWS_SHOWN = 40


class Command(BaseCommand):
    help = "Import implementation lists from a CSV or XLSX table: all rows or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--scheme", default="", help="name of a foreign code scheme")
        parser.add_argument("--dry-run", action="store_true", help="only check")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        try:
            report = import_items(
                content,
                file_name=path.name,
                scheme=options["scheme"],
                dry_run=options["dry_run"],
                actor=system_actor("import_items"),
                at=clock.now(),
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.text} {refusal.remedy}") from refusal
        self._show(report)
        if report.refused_rows:
            sys.exit(1)

    def _show(self, report: ImportReport) -> None:
        console = Console()
        table = Table(title=f"{report.file_name}: {report.rows} rows")
        for column in ("row", "field", "code", "message"):
            table.add_column(column, no_wrap=column == "code")
        refused = [problem for problem in report.problems if problem.severity == "refused"]
        for problem in refused[:ROWS_SHOWN]:
            table.add_row(str(problem.row), problem.field, problem.code, problem.message)
        if refused:
            console.print(table)
        if len(refused) > ROWS_SHOWN:
            console.print(f"... and {len(refused) - ROWS_SHOWN} more")
        warnings = Counter(
            problem.code for problem in report.problems if problem.severity == "warning"
        )
        for code, count in warnings.most_common():
            console.print(f"warning {code}: {count} rows")
        if report.unread_columns:
            console.print(f"columns not read: {', '.join(report.unread_columns)}")
        if report.is_applied:
            verdict = "taken over as drafts"
        elif report.dry_run:
            verdict = "only checked, nothing written"
        else:
            verdict = "NOTHING WRITTEN: correct the refused rows and send the file again"
        console.print(
            f"{report.created} new, {report.changed} changed, {report.unchanged} unchanged,"
            f" {report.refused_rows} refused: {verdict}"
        )
