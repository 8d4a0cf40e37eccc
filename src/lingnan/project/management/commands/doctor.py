"""lingnan doctor: is everything in place, and if not, what to do."""

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from lingnan.kernel import clock
from lingnan.project import checks, config, embedded, processes, setup

DISK_MIN_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    good: bool
    said: str
    remedy: str = ""
    needed: bool = True


class Command(BaseCommand):
    help = "Look at this installation and say what is missing and what to do."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        table = Table("", "", "", "")
        bad = 0
        for finding in findings():
            bad += finding.needed and not finding.good
            mark = "ok" if finding.good else ("[red]no[/red]" if finding.needed else "–")
            table.add_row(mark, finding.subject, finding.said, finding.remedy)
        Console().print(table)
        if bad:
            sys.exit(1)


def _answers(address: str) -> bool:
    """Whether a platform of this kind is what listens there."""
    try:
        with httpx.Client(timeout=2, trust_env=False) as client:
            found = client.get(address).json()
            return isinstance(found, dict) and "worker_lag_s" in found
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False


def findings() -> Iterator[Finding]:
    """What was looked at, in the order in which it matters."""
    lingnan = settings.LINGNAN
    version = platform.python_version()
    yield Finding("Python", sys.version_info >= (3, 11), version, "3.11 or newer is needed")
    free = shutil.disk_usage(config.BASE_DIR).free
    yield Finding("disk", free > DISK_MIN_BYTES, f"{free / 1e9:.1f} GB free", "free at least 1 GB")
    yield Finding(
        "page files", not setup.vendor_is_stale(), str(setup.VENDOR), "run ./lingnan demo once"
    )
    yield from _database(lingnan)
    try:
        processes.check_port(lingnan.host, lingnan.port)
        yield Finding("port", True, f"{lingnan.port} is free", needed=False)
    except processes.PortTaken:
        if _answers(f"http://{lingnan.host}:{lingnan.port}/api/v1/health"):
            yield Finding("port", True, f"Lingnan answers at {lingnan.port}", needed=False)
        else:
            taken = f"{lingnan.port} is taken"
            yield Finding("port", False, taken, "set LINGNAN_PORT", needed=False)
    browser = checks.chromium()
    yield Finding(
        "Chromium", bool(browser), browser or "none", "only browser tests need it", needed=False
    )
    openssl = shutil.which("openssl")
    yield Finding(
        "openssl", bool(openssl), openssl or "none", "only cross-checks need it", needed=False
    )


def _database(lingnan: config.Config) -> Iterator[Finding]:
    import psycopg  # noqa: PLC0415
    from django.db import DatabaseError, connection  # noqa: PLC0415

    from lingnan.kernel.models import OutboxEvent  # noqa: PLC0415

    url = lingnan.database_url
    if not url:
        running = embedded.is_running(lingnan.var)
        yield Finding(
            "database",
            True,
            "embedded, " + ("running" if running else "not running"),
            "" if running else "it starts with ./lingnan demo",
        )
        if not running:
            return
        url = embedded.start(lingnan.var)
    try:
        with psycopg.connect(url, connect_timeout=5) as probe:
            server = probe.info.server_version // 10_000
        yield Finding("PostgreSQL", server >= 15, str(server), "15 or newer is needed")
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        yield Finding("PostgreSQL", False, said, "check DATABASE_URL and that the server runs")
        return
    connection.settings_dict.update(config.database_settings(url, 0))
    try:
        pending = setup.has_pending_migrations()
        yield Finding("tables", not pending, "in place" if not pending else "not all made",
                      "run ./lingnan migrate")  # fmt: skip
        if pending:
            return
        oldest = OutboxEvent.objects.filter(pending=True).order_by("seq").first()
        late = oldest is not None and clock.now() - oldest.occurred_at > timedelta(minutes=1)
        yield Finding(
            "worker",
            not late,
            "no event waits" if oldest is None else f"{oldest} waits since {oldest.occurred_at}",
            "start one: ./lingnan worker; see last_error in the outbox",
        )
    except DatabaseError as error:
        yield Finding("tables", False, str(error).splitlines()[0], "run ./lingnan migrate")
