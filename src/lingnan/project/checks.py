"""Every check of the product, as `./lingnan test` runs them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from . import processes
from .config import BASE_DIR, Config

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Check:
    title: str
    command: Sequence[str]


def static_checks() -> list[Check]:
    python = [sys.executable, "-m"]
    return [
        Check("types (mypy --strict)", [*python, "mypy"]),
        Check("migrations run", [*python, "tests.template"]),
        Check("style (ruff check)", [*python, "ruff", "check", "."]),
        Check("format (ruff format)", [*python, "ruff", "format", "--check", "."]),
        Check("import contracts", [str(Path(sys.executable).with_name("lint-imports"))]),
        Check("migrations", processes.command("makemigrations", "--check", "--dry-run")),
        Check("translations", processes.command("translations", "--check")),
        Check("reference documents", processes.command("reference", "--check")),
    ]


def environment(config: Config, database_url: str) -> dict[str, str]:
    """Tests write below var/test and never see the demo's data."""
    values = processes.environment_for(config, database_url)
    values["LINGNAN_MODE"] = "test"
    values["LINGNAN_VAR"] = str(config.var / "test")
    values["PYTHONPATH"] = os.pathsep.join([values["PYTHONPATH"], str(BASE_DIR)])
    values.pop("LINGNAN_PUBLIC_URL", None)
    values.pop("LINGNAN_PORT", None)
    return values


def run_static(console: Console, variables: dict[str, str]) -> bool:
    """Run the static checks two at a time; print what failed; say whether all held."""
    held = True
    checks = static_checks()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        Progress(*columns, console=console, transient=True) as progress,
        ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool,
    ):
        task = progress.add_task("checks", total=len(checks))

        def run(check: Check) -> tuple[Check, int, str, float]:
            began = time.monotonic()
            done = subprocess.run(
                check.command,
                cwd=BASE_DIR,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            return check, done.returncode, done.stdout + done.stderr, time.monotonic() - began

        for check, code, output, seconds in pool.map(run, checks):
            progress.advance(task)
            if code == 0:
                console.print(f"  ok      {check.title}  [dim]{seconds:.0f} s[/dim]")
            else:
                held = False
                console.print(f"  [red]failed[/red]  {check.title}")
                console.print(output.strip()[-6000:], markup=False, highlight=False)
    return held


def chromium() -> str | None:
    """The browser that browser tests drive, if the machine has one."""
    named = os.environ.get("LINGNAN_CHROMIUM")
    if named:
        return named
    for name in CHROMIUMS:
        found = shutil.which(name)
        if found:
            return found
    return None
