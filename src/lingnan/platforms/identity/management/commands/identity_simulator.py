"""`lingnan identity-simulator`: the other side of the identity gateway, in its own process."""

import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lingnan.platforms.identity.queries.demo import played_oidc
from lingnan.platforms.identity.simulator import Registry, serve
from lingnan.platforms.identity.simulator_accounts import Accounts
from lingnan.platforms.identity.simulator_saml import SamlProvider


class Command(BaseCommand):
    """Runs until it is told to end; touches no database."""

    help = "Run an identity gateway that knows only synthetic people, for tests and the demo"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=0, help="0: that of LINGNAN_IDENTITY_URL")

    def handle(self, *args: object, **options: object) -> None:
        config = settings.LINGNAN
        if config.production:
            raise CommandError("the identity simulator does not run in production")
        port = int(str(options["port"])) or urlsplit(config.identity_url).port or 8092
        url = config.identity_url.rstrip("/")
        registry = Registry(
            secret=config.identity_secret,
            public_url=url,
            accounts=Accounts(),
            saml=SamlProvider.kept(url, config.var),
            oidc=played_oidc(),
        )
        try:
            server = serve(registry, host=str(options["host"]), port=port)
        except OSError as error:
            raise CommandError(f"port {port} is taken: {error.strerror}") from error
        assert registry.accounts is not None, "made above"
        registry.accounts.register(config.linked_accounts_dir, url)

        def end(number: int, frame: FrameType | None) -> None:
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        self.stdout.write(f"identity simulator (test): http://{options['host']}:{port}/")
        self.stdout.flush()
        server.serve_forever(poll_interval=0.2)
        server.server_close()
