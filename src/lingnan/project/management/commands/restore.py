"""lingnan restore FILE: put a backup in place of what is there."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from rich.console import Console

from lingnan.project import backups


class Command(BaseCommand):
    help = "Put a backup in place of the database, documents and keys of this installation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="yes, lose what is in the database now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"].is_file():
            raise CommandError(f"there is no file {options['file']}")
        if not options["replace"]:
            raise CommandError(
                "restore replaces the whole database and its documents; add --replace to do it"
            )
        connections.close_all()
        try:
            with Console(stderr=True).status("restoring"):
                manifest = backups.restore(
                    settings.LINGNAN, os.environ["DATABASE_URL"], options["file"]
                )
        except backups.BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"restored the backup of {manifest['made_at']}")
