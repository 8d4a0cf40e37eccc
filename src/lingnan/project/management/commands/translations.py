"""lingnan translations: compile the catalogues; --check lists what is missing or disagrees."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from lingnan.project import translations


class Command(BaseCommand):
    help = "Compile the translations; with --check, fail on any that is missing or disagrees."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--module", help="only messages said in this module's folder")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            translations.compile_all(settings.PACKAGE_DIR)
            return
        missing = translations.missing(settings.PACKAGE_DIR)
        if options["module"]:
            missing = {k: v for k, v in missing.items() if f"{options['module']}/" in v}
        for (context, msgid), place in missing.items():
            note = f" (context {context})" if context else ""
            self.stdout.write(f"{place}: {msgid!r}{note}")
        if missing:
            sys.exit(f"{len(missing)} messages have no Chinese")
        disagreements = translations.disagreements(settings.PACKAGE_DIR)
        for line in disagreements:
            self.stdout.write(line)
        if disagreements:
            sys.exit(f"{len(disagreements)} messages mean two things: give them words of their own")
        self.stdout.write("translations complete")
