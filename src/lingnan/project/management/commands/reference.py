"""lingnan reference: write docs/reference from the code; --check says what is stale."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lingnan.project import reference


class Command(BaseCommand):
    help = "Write docs/reference from the code; with --check, fail where it is stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            reference.write()
            return
        stale = reference.stale()
        if stale:
            sys.exit(f"stale: {', '.join(stale)}; run ./lingnan reference")
        self.stdout.write("reference documents are fresh")
