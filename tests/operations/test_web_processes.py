"""Web processes are forks: they share what was loaded, nothing that must be each one's own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from lingnan.project import config, processes

WAIT_S = 60.0
# Forks twice after the parent has drawn; each draws in a thread, as a request does.
DRAWING = """
import multiprocessing, threading
import django
django.setup()
import uuid_utils.compat as uuids
from lingnan.security.crypto.adapters.registry import provider

def draw(found):
    found += [provider().random(16).hex(), str(uuids.uuid7())]

def child(queue):
    found = []
    thread = threading.Thread(target=draw, args=[found])
    thread.start()
    thread.join()
    queue.put(found)

draw([])
forks = multiprocessing.get_context("fork")
queue = forks.SimpleQueue()
children = [forks.Process(target=child, args=[queue]) for _ in range(2)]
for one in children:
    one.start()
for one in children:
    print(*queue.get())
"""


def _environment(var: Path, **more: str) -> dict[str, str]:
    made = config.read({"LINGNAN_VAR": str(var), **more})
    return {**processes.environment_for(made, os.environ["DATABASE_URL"]), "LINGNAN_MODE": "test"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = str(processes.free_port())
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            processes.web_command(),
            env=_environment(tmp_path, LINGNAN_PORT=port, LINGNAN_WORKERS="3"),
            stdout=log,
            stderr=log,
        )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            httpx.get(url, trust_env=False)
            return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


def test_forks_share_what_was_loaded_and_end_with_their_parent(
    server: tuple[subprocess.Popen[bytes], str],
) -> None:
    process, url = server
    _wait_for(f"{url}/static/css/base.css")
    parent = psutil.Process(process.pid)
    forks = parent.children()
    assert len(forks) == 3
    for fork in forks:
        memory = fork.memory_full_info()
        assert memory.uss < memory.rss / 2, "what was loaded before the fork is loaded again"
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda _: httpx.get(f"{url}/verify/", trust_env=False).status_code, range(16)
        )
        assert set(answers) == {200}
    os.kill(process.pid, signal.SIGKILL)
    _gone, alive = psutil.wait_procs(forks, timeout=WAIT_S)
    assert not alive


def test_forks_draw_numbers_of_their_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRAWING],
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    drawn = done.stdout.split()
    assert len(drawn) == 4
    assert len(set(drawn)) == 4
