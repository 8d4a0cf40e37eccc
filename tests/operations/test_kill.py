"""kill -9 of the web server, the worker or PostgreSQL loses nothing and does nothing twice.

People apply, pay and are served through the public API while a killer with a seeded random goes
about; whoever gets no answer asks again with the same idempotency key. When all is still, the
tables are counted. `LINGNAN_KILL_SEED` repeats a run's choices; pytest prints the seed on failure.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest

from lingnan.kernel import events
from lingnan.project import demo, embedded, player, processes
from lingnan.project.config import BASE_DIR

from .installation import Installation, on_embedded_server

SEED = int(os.environ.get("LINGNAN_KILL_SEED") or random.SystemRandom().randrange(1, 1_000_000))
PLAY_S = 35.0
KILL_PAUSE_S = (0.2, 4.0)
PATIENCE_S = 120.0  # of clients: a busy machine takes its time to recover
SETTLE_S = 120.0
VICTIMS = ("web", "web process", "worker", "postgresql", "postgresql backend")
PLAYED = ("driving_licence", "residence_permit")  # one with a fee, one with a correction

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Answered:
    """What the API has said yes to: case id -> number, and the request that can be repeated."""

    cases: dict[str, str] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)
    requests: list[tuple[dict[str, Any], dict[str, str], str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)


@dataclass
class Killer:
    """Ends processes of one installation with SIGKILL, each kind at least once."""

    supervisor: processes.Supervisor
    rng: random.Random
    killed: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        unmet = [victim for victim in VICTIMS if not self.killed[victim]]
        victim = self.rng.choice(unmet or list(VICTIMS))
        pid = self._pid(victim)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed[victim] += 1

    def _pid(self, victim: str) -> int | None:
        postmaster = embedded.postmaster(self.supervisor.config.var)
        if victim in ("web", "worker"):
            return self.supervisor.pid(victim)
        if victim == "postgresql":
            return postmaster
        parent = self.supervisor.pid("web") if victim == "web process" else postmaster
        if parent is None:
            return None
        with suppress(psutil.NoSuchProcess):
            children = sorted(child.pid for child in psutil.Process(parent).children())
            return self.rng.choice(children) if children else None
        return None


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with on_embedded_server() as found:
        found.run("-m", "tests.operations.small_set")
        yield found


def test_killing_any_process_loses_nothing_and_does_nothing_twice(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "RETRY_WAIT_S", PATIENCE_S)
    monkeypatch.setattr(player, "WAIT_S", PATIENCE_S)
    sys.stdout.write(f"LINGNAN_KILL_SEED={SEED}\n")
    supervisor = _supervisor(installation)
    supervisor.start()
    answered = Answered()
    try:
        assert processes.wait_until_answering(
            f"{installation.base_url}/", timeout_s=90, tend=supervisor.tend
        )
        cast = _everyone_signed_in(installation)
        killer = _play_and_kill(cast, supervisor, answered)
        assert set(killer.killed) == set(VICTIMS), killer.killed
        _repeat(installation, answered)
        _wait_until_still(installation, supervisor)
    finally:
        supervisor.stop()
    assert answered.delivered, "nothing was carried to its end: the test proves nothing"
    with psycopg.connect(installation.database_url) as connection:
        _check_cases(connection, answered)
        _check_money(connection)
        _check_licences(connection)
        _check_events(connection)
        _check_jobs(connection)
    installation.lingnan("audit", "seal")
    verdict = json.loads(installation.lingnan("audit", "verify", "--json"))
    assert verdict["is_sound"], verdict
    assert verdict["unsealed"] == 0


def _supervisor(installation: Installation) -> processes.Supervisor:
    supervisor = processes.Supervisor(
        installation.config, installation.environment, watch_database=True
    )
    bank = installation.config.bank_url.rpartition(":")[2]
    supervisor.add("web", processes.web_command())
    supervisor.add("worker", processes.command("worker"))
    # The bank is another house; it keeps its orders in memory and is left alone.
    supervisor.add("bank", processes.command("channel-simulator", "--port", bank))
    return supervisor


def _everyone_signed_in(installation: Installation) -> player.Cast:
    """Tokens for all who play, before the killing starts: a code of the second factor works once,
    so that a sign-in whose answer was lost cannot be asked again with it."""
    accounts = json.loads(installation.run("-m", "tests.operations.accounts"))
    found = {account["username"]: player.Credentials(**account) for account in accounts}
    residents = {part: found[name] for part, name in demo.RESIDENTS.items()}
    officers = [one for one in found.values() if one.totp_secret]
    cast = player.Cast(installation.base_url, residents, officers)
    cast.resident("resident")
    for officer in officers:
        cast.named(officer.username)
    return cast


def _play_and_kill(
    cast: player.Cast, supervisor: processes.Supervisor, answered: Answered
) -> Killer:
    rng = random.Random(SEED)
    killer = Killer(supervisor, rng)
    until = time.monotonic() + PLAY_S
    stop = Event()
    with ThreadPoolExecutor(len(PLAYED) + 2) as pool:
        clients: list[Future[None]] = [
            pool.submit(_play, cast, name, until, stop, answered) for name in PLAYED
        ]
        clients += [pool.submit(_submit, cast, until, stop, answered) for _ in range(2)]
        strike_at = time.monotonic() + rng.uniform(*KILL_PAUSE_S)
        try:
            # Children die with the thread that started them: this one, which stays.
            while not all(client.done() for client in clients):
                now = time.monotonic()
                alive = now < until or len(killer.killed) < len(VICTIMS)
                if alive and now > strike_at:
                    killer.strike()
                    strike_at = time.monotonic() + rng.uniform(*KILL_PAUSE_S)
                supervisor.tend()
                time.sleep(0.05)
        finally:
            stop.set()
        for client in clients:
            client.result()
    return killer


def _play(cast: player.Cast, name: str, until: float, stop: Event, answered: Answered) -> None:
    """One application after another, each from the form to the licence and the rating."""
    application = player.Application.read(BASE_DIR / "examples" / f"{name}.json")
    while time.monotonic() < until and not stop.is_set():
        play = player.Player(cast, lambda told: None, demo.pay_at_simulator)
        play.play(application)
        with answered.lock:
            for case_id in play.case_ids:
                answered.cases[case_id] = ""
            answered.delivered += play.case_ids


def _submit(cast: player.Cast, until: float, stop: Event, answered: Answered) -> None:
    """One POST after another, as a machine would; each is repeated at the end."""
    application = player.Application.read(BASE_DIR / "examples" / "residence_permit.json")
    content = application.content
    person = cast.resident("resident")
    hits = person.get("/matters/items", q=content["matter"], region=content["region"])
    code31 = hits["items"][0]["code31"]
    materials = []
    for code, name in content["materials"].items():
        stored = person.post(
            "/materials",
            data={"item_code": code31, "code": code},
            files={"file": application.file(name)},
        )
        materials.append({"code": code, "kind": "upload", "file_id": stored["file_id"]})
    guide = person.post("/drafts", {"item_code": code31})
    known = {key: value for key, value in guide["data"].items() if value not in ("", None, [], {})}
    body = {
        "item_code": code31,
        "data": {**known, **content["answers"]},
        "materials": materials,
    }
    while time.monotonic() < until and not stop.is_set():
        headers = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": str(uuid4())}
        case = player.send(person.base_url, "POST", "/api/v1/cases", json=body, headers=headers)
        with answered.lock:
            answered.cases[case["id"]] = case["number"]
            answered.requests.append((body, headers, case["id"]))
        time.sleep(0.1)


def _repeat(installation: Installation, answered: Answered) -> None:
    """Every submission once more under its key: the answer is the one given before."""
    for body, headers, case_id in answered.requests:
        again = player.send(
            installation.base_url, "POST", "/api/v1/cases", json=body, headers=headers
        )
        assert again["id"] == case_id


def _wait_until_still(installation: Installation, supervisor: processes.Supervisor) -> None:
    """No event waits and no job is due; the stalled jobs of a dead worker were taken up again."""
    deadline = time.monotonic() + SETTLE_S
    found: tuple[Any, ...] = ()
    with psycopg.connect(installation.database_url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            found = (
                *_rows(connection, "SELECT name, last_error FROM kernel_outboxevent WHERE pending"),
                *_rows(
                    connection,
                    "SELECT task_name, status::text, args FROM procrastinate_jobs WHERE"
                    " status = 'doing' OR (status = 'todo' AND coalesce(scheduled_at, now())"
                    " <= now())",
                ),
            )
            if not found:
                return
            supervisor.tend()
            time.sleep(0.5)
    pytest.fail(f"still waiting after {SETTLE_S:.0f} s: {found[:10]}")


def _rows(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def _check_cases(connection: psycopg.Connection[Any], answered: Answered) -> None:
    stored = {
        str(key): (number, state)
        for key, number, state in _rows(
            connection, "SELECT id, number, state FROM government_services_case"
        )
    }
    assert stored.keys() == answered.cases.keys()
    for case_id, number in answered.cases.items():
        assert number in ("", stored[case_id][0])
    assert {stored[case_id][1] for case_id in answered.delivered} == {"delivered"}
    instances = Counter(
        str(row[0])
        for row in _rows(
            connection, "SELECT subject_id FROM workflow_processinstance"
            " WHERE subject_kind = 'case'"
        )
    )  # fmt: skip
    assert instances == Counter(dict.fromkeys(stored, 1))
    for table in ("decision", "delivery", "servicerating"):
        counted = Counter(
            str(row[0])
            for row in _rows(connection, f"SELECT case_id FROM government_services_{table}")
        )
        assert counted == Counter(dict.fromkeys(answered.delivered, 1)), table
    twice = _rows(
        connection,
        "SELECT case_id, kind, count(*) FROM government_services_notice"
        " GROUP BY case_id, kind HAVING count(*) > 1",
    )
    assert twice == []
    undelivered = _rows(
        connection, "SELECT number FROM government_services_notice WHERE state <> 'issued'"
    )
    assert undelivered == []


def _check_money(connection: psycopg.Connection[Any]) -> None:
    bills = _rows(
        connection,
        "SELECT b.code, b.state, count(DISTINCT p.id), sum(DISTINCT p.amount_fen) = b.amount_fen,"
        " count(DISTINCT r.id) FROM payment_bill b LEFT JOIN payment_payment p ON p.bill_id = b.id"
        " LEFT JOIN payment_fiscalreceipt r ON r.bill_id = b.id GROUP BY b.id",
    )
    assert bills, "no fee was paid: the test proves nothing"
    assert {row[1:] for row in bills} == {("paid", 1, True, 1)}
    subjects = _rows(
        connection,
        "SELECT subject_id FROM payment_bill GROUP BY subject_id HAVING count(*) > 1",
    )
    assert subjects == []


def _check_licences(connection: psycopg.Connection[Any]) -> None:
    counted = _rows(
        connection,
        "SELECT c.number, count(l.id) FROM government_services_case c LEFT JOIN licences_licence l"
        " ON l.subject_kind = 'case' AND l.subject_id = c.id WHERE c.state = 'delivered'"
        " GROUP BY c.id",
    )
    assert {row[1] for row in counted} == {1}
    strays = _rows(
        connection,
        "SELECT l.identifier FROM licences_licence l JOIN government_services_case c"
        " ON c.id = l.subject_id WHERE c.state <> 'delivered'",
    )
    assert strays == []


def _check_events(connection: psycopg.Connection[Any]) -> None:
    """Each event was handled once by each who listens, and by nobody else."""
    listening = events.subscriptions()
    expected = {
        (event_id, key)
        for event_id, name in _rows(connection, "SELECT id, name FROM kernel_outboxevent")
        for key in listening.get(name, ())
    }
    handled = Counter(
        (event_id, key)
        for event_id, key in _rows(
            connection, "SELECT event_id, subscriber FROM kernel_eventdelivery"
        )
    )
    assert expected
    assert handled == Counter(dict.fromkeys(expected, 1))
    told_twice = _rows(
        connection,
        "SELECT subject_id, template, facts::text, count(*) FROM messaging_message"
        " GROUP BY subject_id, template, facts::text, person_id, organisation_id, officer_id"
        " HAVING count(*) > 1",
    )
    assert told_twice == []
    facts = _rows(
        connection,
        "SELECT (SELECT count(*) FROM performance_casefact),"
        " (SELECT count(*) FROM government_services_case)",
    )
    assert facts[0][0] == facts[0][1]


def _check_jobs(connection: psycopg.Connection[Any]) -> None:
    failed = _rows(
        connection,
        "SELECT task_name, args, attempts FROM procrastinate_jobs WHERE status = 'failed'",
    )
    assert failed == []
