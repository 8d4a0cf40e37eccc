"""The `lingnan` command: Django's management command line with our commands.

Starts the embedded PostgreSQL first when DATABASE_URL names no other.
"""

import os
import sys

from . import config, embedded

WITHOUT_DATABASE = {
    "help",
    "doctor",
    "translations",
    "static",
    "stop",
    "channel_simulator",
    "identity_simulator",
}


def main(argv: list[str] | None = None) -> None:
    arguments = list(sys.argv if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lingnan.project.settings")
    settings = config.load()
    command = arguments[1] if len(arguments) > 1 else "help"
    arguments[1:2] = [command.replace("-", "_") if not command.startswith("-") else command]
    if not settings.database_url and arguments[1] not in WITHOUT_DATABASE:
        try:
            os.environ["DATABASE_URL"] = embedded.start(settings.var)
        except embedded.CannotStart as error:
            sys.exit(f"lingnan: {error}.")
        config.load.cache_clear()
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(arguments)


if __name__ == "__main__":
    main()
