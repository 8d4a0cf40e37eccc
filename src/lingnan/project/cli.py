"""The `lingnan` command: Django's management command line with our commands.

Starts the embedded PostgreSQL first when DATABASE_URL names no other.
"""

import os
import sys
import tomllib

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


COMMANDS = (
    ("demo", "load Guangdong, play the main job before your eyes, stay up (--once: end after it)"),
    ("serve", "run in production: your PostgreSQL, your secrets, your host names"),
    ("apply FILE", "play one application of examples/ through a running installation"),
    ("test", "every check; with pytest arguments only those tests"),
    ("doctor", "look at this installation and say what to do"),
    ("backup FILE", "everything in one file; it holds keys, keep it safe"),
    ("restore FILE", "put a backup back"),
    ("stop", "stop the embedded database"),
    ("audit verify", "check the audit chain"),
    ("key-ceremony", "the authority of the test certificates"),
    ("signing-device-simulator", "a test signature server that keeps keys of seals"),
    ("bench NAME", "measure: cases items licences seal loops payment reconcile"),
    ("reference", "write docs/reference from the code"),
    ("translations", "compile the translations (--check: what is missing)"),
    ("makemigrations, migrate", "after a change of tables"),
)


def usage() -> str:
    """What one may type after ./lingnan, in a few lines."""
    width = max(len(name) for name, _what in COMMANDS)
    lines = [f"  {name:<{width}}  {what}" for name, what in COMMANDS]
    return "\n".join(
        ["usage: ./lingnan COMMAND", "", *lines, "", "./lingnan COMMAND --help tells more."]
    )


def _version() -> str:
    project = tomllib.loads((config.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def main(argv: list[str] | None = None) -> None:
    arguments = list(sys.argv if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lingnan.project.settings")
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in {"help", "-h", "--help"} and len(arguments) <= 2:
        print(usage())  # noqa: T201
        return
    if command in {"version", "--version"}:
        print(f"Lingnan {_version()}")  # noqa: T201
        return
    arguments[0] = "lingnan"  # the name that messages about wrong arguments say
    settings = config.load()
    arguments[1:2] = [command.replace("-", "_") if not command.startswith("-") else command]
    is_asking = not {"-h", "--help"}.isdisjoint(arguments[2:])
    if not settings.database_url and arguments[1] not in WITHOUT_DATABASE and not is_asking:
        try:
            os.environ["DATABASE_URL"] = embedded.start(settings.var)
        except embedded.CannotStart as error:
            sys.exit(f"lingnan: {error}.")
        config.load.cache_clear()
    from lingnan.kernel.errors import UnusableFile  # noqa: PLC0415

    from .command_line import CommandLine  # noqa: PLC0415

    try:
        CommandLine(arguments, typed=command).execute()
    except UnusableFile as error:
        sys.exit(f"lingnan: {error}.")


if __name__ == "__main__":
    main()
