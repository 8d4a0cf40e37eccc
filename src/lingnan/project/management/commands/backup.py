"""lingnan backup [FILE]: database, documents and keys in one file."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from lingnan.kernel.clock import SHANGHAI
from lingnan.project import backups


class Command(BaseCommand):
    help = "Write database, documents and keys into one file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        stamp = datetime.now(SHANGHAI).strftime("%Y%m%d-%H%M%S")
        target = options["file"] or settings.LINGNAN.var / "backups" / f"lingnan-{stamp}.tar"
        try:
            with Console(stderr=True).status("writing the backup"):
                path = backups.write_backup(settings.LINGNAN, os.environ["DATABASE_URL"], target)
        except backups.BackupFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path} ({path.stat().st_size:,} bytes)")
