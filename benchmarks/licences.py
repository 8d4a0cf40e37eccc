"""Licences beside `openssl speed sm2` on as many processes, in one run: `lingnan bench licences`.

Rows: issue over the API (holder known; payload made canonical, signed, encrypted, audited),
authorise (an agency asks, the holder agrees, the field is read: three requests), present (the
holder shows a code, an officer scans it: two requests) and verify by identifier with an officer's
token. Each at 1 and 8 clients against the product as it ships, with two web processes and its
database. The floor is OpenSSL's own test, `-multi` as many processes, before and after ours; the
ratio is to the mean of both. LINGNAN_BENCH_SECONDS (default 5) makes it shorter.
"""

import itertools
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection
from rich.console import Console
from rich.table import Table

from benchmarks._database import own_database
from benchmarks._load import SECONDS, Client, Measured, measure
from lingnan.kernel import clock
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import make_officer_actor, make_person_actor, session_token
from lingnan.platforms.licences.testing import make_agency, make_type
from lingnan.project import processes

DATABASE = "lingnan_bench_licences"
CLIENTS = (1, 8)
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Floor:
    """OpenSSL's signatures and verifications per second on so many processes together."""

    sign: float
    verify: float


@dataclass(frozen=True, slots=True)
class Holder:
    """Someone with a licence, and what he asks with."""

    name: str
    number: str
    token: str


def run() -> None:
    """Measure and print the table."""
    console = Console(width=120)
    before = _openssl()
    found = _ours()
    after = _openssl()
    floor = None
    if before is not None and after is not None:
        floor = Floor((before.sign + after.sign) / 2, (before.verify + after.verify) / 2)
    title = "of OpenSSL's signatures, verifications for verify"
    table = Table("what", "clients", "per second", "p50 ms", "p95 ms", title)
    for (what, quantity), one in found.items():
        base = floor and (floor.verify if what == "verify" else floor.sign)
        table.add_row(
            what,
            str(quantity),
            f"{one.per_second:,.1f}",
            f"{one.p50_ms:.1f}",
            f"{one.p95_ms:.1f}",
            f"{one.per_second / base:.4f}" if base else "—",
        )
    console.print(table)
    if floor is None or before is None or after is None:
        console.print("The openssl program is absent or has no SM2: no ratio.")
        return
    change = abs(after.sign - before.sign) / before.sign
    console.print(
        f"openssl speed -multi {PROCESSES} sm2: {floor.sign:,.0f} signatures,"
        f" {floor.verify:,.0f} verifications a second; before and after differ by {change:.0%}."
    )


def _ours() -> dict[tuple[str, int], Measured]:
    given = settings.LINGNAN
    port = processes.free_port()
    config = given.model_copy(
        update={
            "port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "host": "127.0.0.1",
            "workers": PROCESSES,
        }
    )
    with own_database(DATABASE) as url:
        agency_id = make_agency()
        type_code = make_type().code
        officer = session_token(make_officer_actor("approver", agency_id=agency_id))
        asker = session_token(make_officer_actor("window_clerk", agency_id=agency_id))
        holders = [_holder() for _number in range(max(CLIENTS))]
        connection.close()
        supervisor = processes.Supervisor(config, processes.environment_for(config, url))
        supervisor.add("bench-licences", processes.web_command())
        supervisor.start()
        try:
            if not processes.wait_until_answering(
                f"{config.public_url}/api/v1/licences/types", timeout_s=60, tend=supervisor.tend
            ):
                raise SystemExit(
                    f"lingnan: the web server does not start; see {config.var / 'log'}"
                )
            return _measure(config.public_url, type_code, officer, asker, holders)
        finally:
            supervisor.stop()


def _holder() -> Holder:
    actor = make_person_actor()
    assert actor.person_id is not None, "a person's actor has a person"
    card = identity.person(actor.person_id)
    return Holder(name=card.name, number=card.document_number, token=session_token(actor))


def _measure(
    base: str, type_code: str, officer: str, asker: str, holders: list[Holder]
) -> dict[tuple[str, int], Measured]:
    found: dict[tuple[str, int], Measured] = {}
    for quantity in CLIENTS:
        loads = [_Load(base, type_code, officer, asker, holder) for holder in holders[:quantity]]
        for what in ("issue", "authorise", "present", "verify"):
            calls: list[Callable[[], object]] = [getattr(load, what) for load in loads]
            found[what, quantity] = measure(quantity, SECONDS, partial(_call, calls))
        for load in loads:
            load.close()
    return found


def _call(calls: list[Callable[[], object]], number: int) -> None:
    calls[number]()


class _Load:
    """One client's connections: the issuing officer, who asks for data, and the holder."""

    def __init__(self, base: str, type_code: str, officer: str, asker: str, whose: Holder) -> None:
        self.type_code, self.whose = type_code, whose
        self.officer, self.asker = Client(base, officer), Client(base, asker)
        self.holder = Client(base, whose.token)
        self.numbers = itertools.count()
        self.licence: dict[str, Any] = self.issue()

    def issue(self) -> dict[str, Any]:
        today = clock.today()
        body = {
            "type_code": self.type_code,
            "holder": self._given(),
            "fields": {"business_scope": "热食类食品制售", "place": "演示路 1 号"},
            "valid_from": today.isoformat(),
            "valid_until": (today + timedelta(days=365)).isoformat(),
            "source_id": uuid4().hex,
        }
        made: dict[str, Any] = self.officer.post("/licences", body, key=uuid4().hex)
        return made

    def authorise(self) -> None:
        body = {
            "holder": self._given(),
            "type_code": self.type_code,
            "fields": ["business_scope"],
            "purpose": "测速：核对经营项目",
            "until": (clock.now() + timedelta(hours=1)).isoformat(),
        }
        consent = self.asker.post("/licences/consents", body, key=uuid4().hex)
        path = f"/licences/consents/{consent['id']}"
        self.holder.post(f"{path}/grant", {"licence_id": self.licence["id"]}, key=uuid4().hex)
        assert self.asker.get(f"{path}/data")["fields"], "the field agreed to is read"

    def present(self) -> None:
        path = f"/licences/{self.licence['id']}/show"
        shown = self.holder.post(path, {"purpose": "held"}, key=uuid4().hex)
        self.asker.post("/licences/scan", {"code": shown["code"]}, key=uuid4().hex)

    def verify(self) -> None:
        answer = self.officer.get(f"/licences/verify/{self.licence['identifier']}")
        assert answer["verdict"] == "proven"

    def close(self) -> None:
        for client in (self.officer, self.asker, self.holder):
            client.close()

    def _given(self) -> dict[str, str]:
        return {"kind": "person", "name": self.whose.name, "number": self.whose.number}


def _openssl() -> Floor | None:
    if shutil.which("openssl") is None:
        return None
    done = subprocess.run(
        ["openssl", "speed", "-multi", str(PROCESSES), "-seconds", "2", "sm2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    match = re.search(r"SM2.*?([\d.]+)s\s+([\d.]+)s\s+([\d.]+)\s+([\d.]+)", done.stdout)
    return Floor(sign=float(match[3]), verify=float(match[4])) if match else None
