"""Django's command line with one sentence of ours where there is no such command."""

import difflib
import sys

from django.core.management import ManagementUtility, get_commands
from django.core.management.base import BaseCommand


class CommandLine(ManagementUtility):
    """`typed` is the command as it was typed, with its dashes."""

    def __init__(self, arguments: list[str], *, typed: str) -> None:
        super().__init__(arguments)
        self.typed = typed

    def fetch_command(self, subcommand: str) -> BaseCommand:
        known = get_commands()
        if subcommand not in known:
            near = difflib.get_close_matches(subcommand, known, n=1)
            hint = f" Did you mean {near[0].replace('_', '-')}?" if near else ""
            name = self.typed if self.typed != "help" else subcommand
            sys.exit(f"lingnan: there is no command {name}.{hint} ./lingnan --help lists them.")
        return super().fetch_command(subcommand)
