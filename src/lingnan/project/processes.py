"""The processes of one installation on one machine, started and kept running together.

`Supervisor` starts web server, worker and (in a demo) the simulators, starts again whatever
dies, and takes all of them with it when it ends: children also die when it is killed with -9.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from . import embedded
from .config import Config

PR_SET_PDEATHSIG = 1
QUICK_DEATH_S = 5.0
RESTART_PAUSE_S = 0.5
RESTART_PAUSE_MAX_S = 5.0
DATABASE_PATIENCE_S = 60.0
STOP_WAIT_S = 12.0


class PortTaken(Exception):
    """Something else listens on the port."""


@dataclass(slots=True)
class Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0


@dataclass(slots=True)
class Supervisor:
    """Starts children, restarts the dead, stops all."""

    config: Config
    environment: dict[str, str]
    watch_database: bool = False
    children: list[Child] = field(default_factory=list)
    on_restart: Callable[[str], None] = lambda name: None
    database_missed_at: float | None = None

    def add(self, name: str, command: Sequence[str]) -> None:
        self.children.append(Child(name, command))

    def start(self) -> None:
        """Start every child that was added and does not run yet."""
        for child in self.children:
            if child.process is None:
                self._spawn(child)

    def tend(self) -> None:
        """Look after everyone once: call it every second or so.

        Raises: CannotStart when PostgreSQL does not come back for a minute.
        """
        if self.watch_database:
            self._tend_database()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._replace(child)

    def _tend_database(self) -> None:
        """A killed server starts again once its last backend has let go of the shared memory."""
        if embedded.is_running(self.config.var):
            self.database_missed_at = None
            return
        if self.database_missed_at is None:
            self.database_missed_at = time.monotonic()
            self.on_restart("postgresql")
        try:
            embedded.start(self.config.var)
        except embedded.CannotStart:
            if time.monotonic() - self.database_missed_at > DATABASE_PATIENCE_S:
                raise
        else:
            self.database_missed_at = None

    def _replace(self, child: Child) -> None:
        # What the dead left behind goes first: a web process that outlives its parent would keep
        # the port and answer with code and connections nobody looks after.
        _signal_group(child, signal.SIGKILL)
        if time.monotonic() - child.started_at < QUICK_DEATH_S:
            child.quick_deaths += 1
            if child.quick_deaths > 1:
                time.sleep(min(RESTART_PAUSE_S * child.quick_deaths, RESTART_PAUSE_MAX_S))
        else:
            child.quick_deaths = 0
        self.on_restart(child.name)
        self._spawn(child)

    def run_forever(self) -> None:
        """Tend until SIGINT or SIGTERM."""
        while True:
            time.sleep(0.5)
            self.tend()

    def stop(self, *names: str) -> None:
        """End the named children, or all, and what they started; no process is left."""
        chosen = [child for child in self.children if not names or child.name in names]
        running = [c for c in chosen if c.process is not None and c.process.poll() is None]
        for child in running:
            _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WAIT_S
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(child, signal.SIGKILL)
                child.process.wait()
        for child in running:
            _signal_group(child, signal.SIGKILL)
        self.children = [child for child in self.children if child not in chosen]

    def pid(self, name: str) -> int | None:
        for child in self.children:
            if child.name == name and child.process is not None:
                return child.process.pid
        return None

    def _spawn(self, child: Child) -> None:
        logs = self.config.var / "log"
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"{child.name}.log").open("ab") as log:
            child.process = subprocess.Popen(
                child.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        child.started_at = time.monotonic()


def _signal_group(child: Child, number: int) -> None:
    assert child.process is not None
    with suppress(ProcessLookupError):
        os.killpg(child.process.pid, number)


def die_with_parent(parent: int | None = None) -> None:
    """End this process when the one that made it ends, however it does; `parent` is its pid."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if parent is not None and os.getppid() != parent:  # it was quicker
            os.kill(os.getpid(), signal.SIGTERM)


def environment_for(config: Config, database_url: str, **more: str) -> dict[str, str]:
    """The environment of a child: this one's, with the configuration that is in force."""
    source = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(p for p in (source, os.environ.get("PYTHONPATH", "")) if p)
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "lingnan.project.settings",
        "DATABASE_URL": database_url,
        "LINGNAN_MODE": config.mode,
        "LINGNAN_VAR": str(config.var),
        "LINGNAN_HOST": config.host,
        "LINGNAN_PORT": str(config.port),
        "LINGNAN_WORKERS": str(config.workers),
        "LINGNAN_THREADS": str(config.threads),
        "LINGNAN_PUBLIC_URL": config.public_url,
        "LINGNAN_BANK_URL": config.bank_url,
        "LINGNAN_CHANNELS": config.channels,
        "LINGNAN_IDENTITY_URL": config.identity_url,
        "PYTHONPATH": path,
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def web_command() -> list[str]:
    """The web server of `lingnan.project.web`; it reads the configuration from its environment."""
    return [sys.executable, "-m", "lingnan.project.web"]


def command(*arguments: str) -> list[str]:
    """One of our own commands as a child process."""
    return [sys.executable, "-m", "lingnan.project.cli", *arguments]


def check_port(host: str, port: int) -> None:
    """Raises: PortTaken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"port {port} is taken") from error


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait_until_answering(url: str, *, timeout_s: float, tend: Callable[[], None]) -> bool:
    """Ask until the address answers anything below 500."""
    import httpx  # noqa: PLC0415  (only commands that start servers need it)

    deadline = time.monotonic() + timeout_s
    with httpx.Client(timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline:
            try:
                if client.get(url).status_code < 500:
                    return True
            except httpx.HTTPError:
                pass
            tend()
            time.sleep(0.1)
    return False
