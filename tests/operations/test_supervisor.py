"""Whoever dies is started again; nothing outlives the one who started it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lingnan.project import config, embedded, processes

WAIT_S = 20.0
# Starts a process of its own, as a web server does, says who that is, and waits.
PARENT = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""
KEEPER = """
import sys, time
from lingnan.project import config, processes
supervisor = processes.Supervisor(config.read({"LINGNAN_VAR": sys.argv[1]}), {})
supervisor.add("one", [sys.executable, "-c", "import time; time.sleep(600)"])
supervisor.start()
print(supervisor.pid("one"), flush=True)
time.sleep(600)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> processes.Supervisor:
    return processes.Supervisor(config.read({"LINGNAN_VAR": str(tmp_path)}), dict(os.environ))


def test_the_dead_are_replaced_and_leave_nothing_behind(
    supervisor: processes.Supervisor, tmp_path: Path
) -> None:
    said = tmp_path / "grandchild"
    restarted: list[str] = []
    supervisor.on_restart = restarted.append
    supervisor.add("web", [sys.executable, "-c", PARENT, str(said)])
    supervisor.start()
    try:
        assert _within(lambda: said.exists() and said.read_text() != "")
        first, orphan = supervisor.pid("web"), int(said.read_text())
        said.unlink()
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert _within(lambda: not _lives(first))
        supervisor.tend()
        assert restarted == ["web"]
        assert supervisor.pid("web") not in (None, first)
        assert _within(lambda: not _lives(orphan))
        assert _within(lambda: said.exists() and said.read_text() != "")
    finally:
        supervisor.stop()
    assert _within(lambda: not _lives(int(said.read_text())))


def test_children_end_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(config.BASE_DIR / "src")},
    ) as keeper:
        assert keeper.stdout is not None
        child = int(keeper.stdout.readline())
        assert _lives(child)
        keeper.kill()
    assert _within(lambda: not _lives(child))


def test_a_copied_folder_is_not_taken_for_the_one_whose_server_runs(tmp_path: Path) -> None:
    """Its postmaster.pid names a living server, but not this folder's."""
    original, copy = tmp_path / "original" / "postgresql", tmp_path / "copy" / "postgresql"
    stand_in = tmp_path / "postgres"  # a process of that name is what a postmaster looks like
    stand_in.symlink_to("/bin/sleep")
    with subprocess.Popen([str(stand_in), "600"]) as running:
        for folder in (original, copy):
            folder.mkdir(parents=True)
            (folder / "postmaster.pid").write_text(f"{running.pid}\n{original}\n")
        assert _within(lambda: embedded.postmaster(original.parent) == running.pid)
        assert embedded.is_running(original.parent)
        assert not embedded.is_running(copy.parent)
        running.kill()
    assert not embedded.is_running(original.parent)


def test_a_taken_port_is_noticed_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(processes.PortTaken):
            processes.check_port("127.0.0.1", taken.getsockname()[1])


def _within(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def _lives(pid: int) -> bool:
    try:
        return str(psutil.Process(pid).status()) != str(psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
