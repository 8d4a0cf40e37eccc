"""lingnan stop: stop the embedded PostgreSQL of this folder."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from lingnan.project import embedded


class Command(BaseCommand):
    help = "Stop the embedded PostgreSQL of this folder, if it runs."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        embedded.stop(settings.LINGNAN.var)
        self.stdout.write("stopped")
