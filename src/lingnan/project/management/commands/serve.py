"""lingnan serve: the production shape, web server and workers in the foreground."""

import os
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from lingnan.project import processes, setup

VERSION_MIN = 15


class Command(BaseCommand):
    help = "Serve in production: needs DATABASE_URL, secrets and host names; see the settings page."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--job-workers", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        config = settings.LINGNAN
        if not config.production:
            raise CommandError(
                "set LINGNAN_MODE=production (and what it asks for), or run ./lingnan demo"
            )
        server = connection.cursor().connection.info.server_version // 10_000
        if server < VERSION_MIN:
            raise CommandError(f"PostgreSQL {server} is too old: {VERSION_MIN} or newer is needed")
        try:
            processes.check_port(config.host, config.port)
        except processes.PortTaken as error:
            raise CommandError(f"{error}; set LINGNAN_PORT to a free one") from error
        for step in setup.steps():
            self.stdout.write(step.title)
            step.run()
        call_command("collectstatic", verbosity=0, interactive=False)
        connection.close()
        supervisor = processes.Supervisor(
            config,
            processes.environment_for(config, os.environ["DATABASE_URL"]),
            on_restart=lambda name: print(f"{name} died and is started again", file=sys.stderr),
        )
        supervisor.add("web", processes.web_command())
        for number in range(options["job_workers"]):
            supervisor.add(f"worker-{number + 1}", processes.command("worker"))
        signal.signal(signal.SIGTERM, _interrupt)
        supervisor.start()
        self.stdout.write(f"serving {config.public_url} on {config.host}:{config.port}")
        try:
            supervisor.run_forever()
        except KeyboardInterrupt:
            pass
        finally:
            supervisor.stop()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
