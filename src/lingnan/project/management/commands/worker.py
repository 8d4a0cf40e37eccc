"""lingnan worker: deliver events and run jobs until stopped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lingnan.project import worker


class Command(BaseCommand):
    help = "Deliver events and run jobs until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        worker.run(concurrency=options["concurrency"])
