"""lingnan bench NAME ...: measurements, side by side in one run."""

import importlib
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lingnan.project.config import BASE_DIR


class Command(BaseCommand):
    help = (
        "Measure: bench cases | identity | items | licences | seal | loops | reconcile | payment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        known = sorted(p.stem for p in (BASE_DIR / "benchmarks").glob("[a-z]*.py"))
        if not options["names"]:
            self.stdout.write("benchmarks: " + ", ".join(known))
            return
        unknown = set(options["names"]) - set(known)
        if unknown:
            raise CommandError(f"no benchmark {', '.join(sorted(unknown))}; there are: {known}")
        if settings.LINGNAN.production:
            raise CommandError("benchmarks write data; they do not run in production mode")
        sys.path.insert(0, str(BASE_DIR))
        for name in options["names"]:
            importlib.import_module(f"benchmarks.{name}").run()
