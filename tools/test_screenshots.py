"""The tool that takes pictures finds what is wrong with a page, and nothing on a sound one."""

import functools
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools import screenshots

SOUND = """<!doctype html><html lang="en"><head><title>Sound</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>Sound</h1><p>Text</p></main></body></html>"""
BROKEN = SOUND.replace("<p>Text</p>", '<img src="data:," width="1600" height="9">')


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "sound.html").write_text(SOUND)
    (tmp_path / "broken.html").write_text(BROKEN)
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", "home-320.png"), ("/cases/7/?x=1", "cases-7-x-1-320.png"), ("/../a", "a-320.png")],
)
def test_names_of_pictures(path: str, name: str) -> None:
    assert screenshots.file_name(path, 320) == name


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium on this machine")
def test_it_tells_the_broken_page_from_the_sound_one(server: str, tmp_path: Path) -> None:
    output = tmp_path / "pictures"

    def run(path: str) -> subprocess.CompletedProcess[str]:
        # A process of its own: Playwright runs once in a thread, and a journey may hold it.
        command = [sys.executable, screenshots.__file__, server, path, "--output", str(output)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run("/sound.html").returncode == 0
    assert len(list(output.glob("sound-html-*.png"))) == 3
    broken = run("/broken.html")
    assert broken.returncode == 1
    assert "image-alt" in broken.stdout
    assert "px too wide" in broken.stdout
