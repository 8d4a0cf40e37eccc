"""`lingnan channel-simulator`: the other sides of the channels, in a process of their own."""

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lingnan.platforms.payment.adapters import credentials
from lingnan.platforms.payment.adapters.bank_gateway import CODE as BANK
from lingnan.platforms.payment.adapters.registry import bank_signer
from lingnan.platforms.payment.simulators.bank import BEHAVIOURS, Bank
from lingnan.platforms.payment.simulators.server import make_wallets, serve
from lingnan.platforms.payment.simulators.wallet import WALLET_BEHAVIOURS


class Command(BaseCommand):
    """Runs until it is told to end; touches no database."""

    help = "Run bank, WeChat Pay, Alipay and UnionPay that move no money, for tests and the demo"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=0, help="0: the port of LINGNAN_BANK_URL")
        parser.add_argument(
            "--behaviour", choices=sorted({*BEHAVIOURS, *WALLET_BEHAVIOURS}), default="normal"
        )
        parser.add_argument(
            "--sm2", action="store_true", help="the bank signs with SM2; test keys are made once"
        )
        parser.add_argument("--late", type=float, default=8.0, help="seconds a late notice takes")

    def handle(self, *args: object, **options: object) -> None:
        config = settings.LINGNAN
        if config.production:
            raise CommandError("the channel simulator does not run in production")
        port = int(str(options["port"])) or urlsplit(config.bank_url).port or 8091
        behaviour = str(options["behaviour"])
        if options["sm2"]:
            credentials.make_test_credentials(config.channels_dir, BANK)
        bank = Bank(
            signer=bank_signer("bank", "own"),
            public_url=config.bank_url.rstrip("/"),
            behaviour=behaviour if behaviour in BEHAVIOURS else "normal",
            late_s=float(str(options["late"])),
        )
        wallets = make_wallets(
            config.channels_dir,
            public_url=bank.public_url,
            behaviour=behaviour,
            late_s=bank.late_s,
        )
        try:
            server = serve(bank, host=str(options["host"]), port=port, wallets=wallets)
        except OSError as error:
            raise CommandError(f"port {port} is taken: {error.strerror}") from error

        def end(number: int, frame: FrameType | None) -> None:
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        self.stdout.write(f"channel simulator (test): http://{options['host']}:{port}/")
        self.stdout.flush()
        server.serve_forever(poll_interval=0.2)
        server.server_close()
