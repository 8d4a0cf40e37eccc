"""`lingnan signing-device-simulator`: a signature server for tests, in its own process."""

import json
import signal
import threading
from argparse import ArgumentParser
from types import FrameType

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ...simulator import NAME, Box, serve


class Command(BaseCommand):
    """Runs until it is told to end; touches no database. Its keys end with it."""

    help = "Run a test signature server (GM/T 0029) that keeps keys of seals; not for production"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8093)
        parser.add_argument(
            "--agency", action="append", default=[], help="credit code whose seal it signs for"
        )
        parser.add_argument("--form", choices=("urlencoded", "json"), default="urlencoded")

    def handle(self, *args: object, **options: object) -> None:
        config = settings.LINGNAN
        if config.production:
            raise CommandError("the test signature server does not run in production")
        box, host, port = Box(), str(options["host"]), int(str(options["port"]))
        try:
            server = serve(box, host=host, port=port)
        except OSError as error:
            raise CommandError(f"port {port} is taken: {error.strerror}") from error
        agencies = options["agency"]
        assert isinstance(agencies, list)
        keys = []
        for index, code in enumerate(agencies, start=1):
            point, access = box.make_key(index)
            keys.append(
                {
                    "index": index,
                    "purpose": f"licences.seal:{code}",
                    "public_key": point.hex(),
                    "code": access,
                }
            )
        described = {
            "protocol": "gmt0029",
            "url": f"http://{host}:{server.server_address[1]}",
            "form": options["form"],
            "is_test": True,
            "keys": keys,
        }
        folder = config.signing_devices_dir
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "simulator.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(described, indent=1))

        def end(number: int, frame: FrameType | None) -> None:
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        self.stdout.write(f"{NAME}: {described['url']}/, {len(keys)} keys, {path}")
        self.stdout.flush()
        server.serve_forever(poll_interval=0.2)
        server.server_close()
        path.unlink(missing_ok=True)
