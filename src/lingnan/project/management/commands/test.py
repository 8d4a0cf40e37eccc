"""lingnan test [pytest arguments]: every check; with arguments, only those tests."""

import os
import subprocess
import sys

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console

from lingnan.project import checks, setup
from lingnan.project.config import BASE_DIR

WORKERS_MAX = 8


class Command(BaseCommand):
    help = "Run every check: style, types, contracts, migrations, translations, documents, tests."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Arguments are pytest's, untouched."""
        arguments = argv[2:]
        console = Console()
        if setup.vendor_is_stale():
            setup.copy_vendor()
        variables = checks.environment(settings.LINGNAN, os.environ["DATABASE_URL"])
        held = True
        if not arguments:
            console.print("checks")
            held = checks.run_static(console, variables)
        browser = checks.chromium()
        if browser:
            variables["LINGNAN_CHROMIUM"] = browser
        else:
            console.print(
                "No Chromium was found: browser tests are skipped."
                " Install it (Debian: apt-get install chromium) or set LINGNAN_CHROMIUM."
            )
        command = [
            sys.executable,
            "-m",
            "pytest",
            *(arguments or [*_in_parallel(), "--dist", "loadfile", "--no-loadscope-reorder"]),
        ]
        if not held:
            console.print("[red]Checks above failed.[/red] The tests follow.")
        sys.stdout.flush()
        code = subprocess.run(command, cwd=BASE_DIR, env=variables).returncode
        sys.exit(code or (0 if held else 1))


def _in_parallel() -> list[str]:
    """One process more than there are cores: a third of the time tests wait for other programs."""
    return ["-n", str(min((os.cpu_count() or 1) + 1, WORKERS_MAX))]
