"""What must be in place before anything runs: pages' files, translations, tables.

Each step looks first and does nothing when it is done, so that a second start is quick.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from lingnan.platforms.documents import services as documents

from . import translations
from .config import BASE_DIR

PACKAGE = BASE_DIR / "src" / "lingnan"
VENDOR = PACKAGE / "kernel" / "web" / "static" / "vendor"
# The few files of third parties that pages load, copied from node_modules at set-up.
FILES = {
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "bpmn-js/bpmn-navigated-viewer.production.min.js": (
        "bpmn-js/dist/bpmn-navigated-viewer.production.min.js"
    ),
    "bpmn-js/bpmn-js.css": "bpmn-js/dist/assets/bpmn-js.css",
    "bpmn-js/diagram-js.css": "bpmn-js/dist/assets/diagram-js.css",
}


class NotInstalled(Exception):
    """Something the set-up script installs is not here."""


@dataclass(frozen=True, slots=True)
class Step:
    title: str
    run: Callable[[], None]


def steps() -> Iterator[Step]:
    """What is left to do, in order; nothing when all is in place."""
    if vendor_is_stale():
        yield Step("page files", copy_vendor)
    if not any((settings.LINGNAN.var / "fonts").glob("*")):
        yield Step("fonts", make_fonts)
    if translations.is_stale(PACKAGE):
        yield Step("translations", lambda: translations.compile_all(PACKAGE))
    if has_pending_migrations():
        yield Step("tables", migrate)


def vendor_is_stale() -> bool:
    return any(
        not (VENDOR / target).exists()
        or (
            (BASE_DIR / "node_modules" / source).exists()
            and (VENDOR / target).stat().st_size
            != (BASE_DIR / "node_modules" / source).stat().st_size
        )
        for target, source in FILES.items()
    )


def copy_vendor() -> None:
    """Raises: NotInstalled."""
    for target, source in FILES.items():
        path = BASE_DIR / "node_modules" / source
        if not path.exists():
            raise NotInstalled(f"{path} is missing: run ./lingnan once")
        place = VENDOR / target
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f".{place.name}.new")
        shutil.copyfile(path, fresh)
        fresh.replace(place)
    for extra in ("htmx.org", "bpmn-js"):
        _copy_licence(BASE_DIR / "node_modules" / extra, VENDOR / extra.split(".")[0])


def _copy_licence(package: Path, target: Path) -> None:
    for path in package.glob("LICENSE*"):
        shutil.copyfile(path, target / path.name)


def make_fonts() -> None:
    """Fonts for documents, from the font packages. Raises: NotInstalled."""
    try:
        documents.ensure_fonts()
    except FileNotFoundError as error:
        raise NotInstalled("the font packages are missing: run ./lingnan once") from error


def has_pending_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)
