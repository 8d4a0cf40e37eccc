"""./lingnan on a machine where something is missing: one sentence that says what to do.

Each test runs a copy of the script in a folder of its own, with only the programs named here on
its PATH.
"""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lingnan.project.config import BASE_DIR

COPIED = ("lingnan", "requirements.lock", "package.json", "package-lock.json")
PROGRAMS = ("dirname", "cksum", "grep", "cat", "mkdir", "rm", "sh")
NOWHERE = "http://127.0.0.1:9/simple"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the script needs to be there, and nothing that was installed."""
    for name in COPIED:
        shutil.copy2(BASE_DIR / name, tmp_path / name)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in PROGRAMS:
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    return tmp_path


def test_without_a_python_it_says_which_one_is_needed(folder: Path) -> None:
    done = _run(folder, "demo")
    assert done.returncode == 1
    assert _sentence(done) == (
        "lingnan: needs Python 3.11, 3.12 or 3.13 (none was found on the PATH;"
        " LINGNAN_PYTHON may name one)."
    )


def test_an_old_python_is_no_python(folder: Path) -> None:
    _program(folder / "programs" / "python3", "exit 1")  # it fails the question for its version
    done = _run(folder, "demo")
    assert done.returncode == 1
    assert "needs Python 3.11" in _sentence(done)


@pytest.mark.slow
def test_without_a_network_it_says_to_connect_to_one(folder: Path) -> None:
    done = _run(
        folder,
        "demo",
        LINGNAN_PYTHON=sys.executable,
        PIP_INDEX_URL=NOWHERE,
        PIP_EXTRA_INDEX_URL="",
        PIP_RETRIES="0",
        PIP_CONFIG_FILE=os.devnull,
        UV_INDEX_URL=NOWHERE,
    )
    assert done.returncode == 1
    assert "no package index can be reached: connect to a network" in _sentence(done)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full: free about 2 GB"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "a package differs from requirements.lock"),
        ("something unheard of", "the installation failed; details in"),
    ],
)
def test_an_installation_that_fails_is_explained(folder: Path, said: str, sentence: str) -> None:
    pip = f'[ "$1" = -c ] && exit 0\n[ "$1" = --version ] && exit 0\necho "{said}"; exit 1'
    _program(folder / ".venv" / "bin" / "python", pip)
    done = _run(folder, "demo", LINGNAN_PYTHON=sys.executable)
    assert done.returncode == 1
    assert sentence in _sentence(done)


def test_a_taken_port_is_one_sentence(folder: Path) -> None:
    _installed(folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _run(
            folder,
            "demo",
            "--once",
            LINGNAN_MODE="demo",
            LINGNAN_PORT=str(port),
            LINGNAN_VAR=str(folder / "var"),
            DATABASE_URL="postgresql:///never_asked?host=/nowhere",
        )
    assert done.returncode != 0
    assert f"port {port} is taken: stop what listens there, or set LINGNAN_PORT" in _sentence(done)
    assert "Traceback" not in done.stderr


def test_an_insecure_production_does_not_start(folder: Path) -> None:
    _installed(folder)
    done = _run(
        folder, "serve", LINGNAN_MODE="production", DATABASE_URL="postgresql:///x?host=/nowhere"
    )
    assert done.returncode != 0
    assert _sentence(done).startswith("lingnan: set LINGNAN_")


def test_a_call_to_the_script_through_a_link_or_from_elsewhere_works(folder: Path) -> None:
    _installed(folder)
    done = subprocess.run(
        [str(folder / "lingnan"), "no-such-command"],
        cwd="/",
        env=_environment(folder, DATABASE_URL="postgresql:///x?host=/nowhere"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "there is no command" in done.stderr


def _installed(folder: Path) -> None:
    """As after an installation: this test run's own Python stands for the one of .venv."""
    _program(folder / ".venv" / "bin" / "python", f'exec "{sys.executable}" "$@"')
    (folder / "src").symlink_to(BASE_DIR / "src")
    sum_of = "cksum <requirements.lock >.venv/lingnan.lock\nmkdir -p node_modules\n"
    sum_of += "cat package-lock.json package.json | cksum >node_modules/lingnan.lock"
    subprocess.run(["sh", "-c", sum_of], cwd=folder, check=True)


def _program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def _environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": str(folder / "programs"), "HOME": str(folder), "LANG": "C.UTF-8", **more}


def _run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(folder / "lingnan"), *arguments],
        cwd=folder,
        env=_environment(folder, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )


def _sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The last line it said."""
    lines = done.stderr.strip().splitlines()
    assert lines, done.stdout
    return lines[-1]
