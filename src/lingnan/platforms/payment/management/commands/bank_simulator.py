"""`lingnan bank-simulator`: the other side of the bank gateway, in a process of its own."""

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lingnan.platforms.payment.simulator import BEHAVIOURS, Bank, serve


class Command(BaseCommand):
    """Runs until it is told to end; touches no database."""

    help = "Run a bank gateway that moves no money, for tests and the demo"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=0, help="0: the port of LINGNAN_BANK_URL")
        parser.add_argument("--behaviour", choices=sorted(BEHAVIOURS), default="normal")
        parser.add_argument("--late", type=float, default=8.0, help="seconds a late notice takes")

    def handle(self, *args: object, **options: object) -> None:
        config = settings.LINGNAN
        if config.production:
            raise CommandError("the bank simulator does not run in production")
        port = int(str(options["port"])) or urlsplit(config.bank_url).port or 8091
        bank = Bank(
            secret=config.bank_secret,
            public_url=config.bank_url.rstrip("/"),
            behaviour=str(options["behaviour"]),
            late_s=float(str(options["late"])),
        )
        try:
            server = serve(bank, host=str(options["host"]), port=port)
        except OSError as error:
            raise CommandError(f"port {port} is taken: {error.strerror}") from error

        def end(number: int, frame: FrameType | None) -> None:
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        self.stdout.write(f"bank simulator (test): http://{options['host']}:{port}/")
        self.stdout.flush()
        server.serve_forever(poll_interval=0.2)
        server.server_close()
