"""lingnan apply FILE: play one application against a running demo."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from lingnan.project import demo, player


class Command(BaseCommand):
    help = "Play one application of examples/ against a running demo, as its people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--url", default="", help="address of the running demo")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.LINGNAN.production:
            raise CommandError("applications are played with demo accounts, not in production")
        url = options["url"] or f"http://{settings.LINGNAN.host}:{settings.LINGNAN.port}"
        residents, officers = demo.credentials()
        console = Console()

        def tell(told: player.Told) -> None:
            console.print(f"{told.step:<8}  {told.who:<20}  {told.clock:<18}  {told.result}")

        cast = player.Cast(url.rstrip("/"), residents, officers)
        try:
            play = player.Player(cast, tell, demo.pay_at_simulator)
            play.play(player.Application.read(options["file"]))
        except player.StepFailed as error:
            raise CommandError(str(error)) from error
