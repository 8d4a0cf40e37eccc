"""Clients that ask a server as fast as it answers, and what the server's processes spent on it."""

import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from lingnan.project import embedded

SECONDS = float(os.environ.get("LINGNAN_BENCH_SECONDS") or 5)
Ask = Callable[[int], None]  # one request of one client, who is told his number


@dataclass(frozen=True, slots=True)
class Measured:
    """What one load came to."""

    clients: int
    count: int
    seconds: float
    p50_ms: float
    p95_ms: float
    web_cpu_ms: float | None = None
    database_cpu_ms: float | None = None

    @property
    def per_second(self) -> float:
        return self.count / self.seconds


class Client:
    """One connection that stays open. The standard library's, because whatever the client spends
    is taken from the server on the same cores."""

    def __init__(self, base_url: str, token: str) -> None:
        parts = urlsplit(base_url)
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any], *, key: str) -> Any:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._ask("POST", path, json.dumps(body), headers)

    def close(self) -> None:
        self.connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Any:
        self.connection.request(method, f"/api/v1{path}", body, {**self.headers, **headers})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return json.loads(content)


def measure(
    clients: int, seconds: float, ask: Ask, *, spent: Callable[[], "Spent"] | None = None
) -> Measured:
    """Let so many threads ask for so long, each once at least; a request that fails ends it."""
    durations: list[list[float]] = [[] for _ in range(clients)]
    failures: list[Exception] = []
    ready = threading.Barrier(clients + 1)
    until = [0.0]

    def run(number: int) -> None:
        try:
            ask(number)  # connections, caches and prepared statements are not what is measured
        except Exception as error:
            failures.append(error)
        ready.wait()
        ready.wait()
        while not failures and (not durations[number] or time.perf_counter() < until[0]):
            began = time.perf_counter()
            try:
                ask(number)
            except Exception as error:
                failures.append(error)
                return
            durations[number].append(time.perf_counter() - began)

    threads = [threading.Thread(target=run, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    before = spent() if spent else None
    began = time.perf_counter()
    until[0] = began + seconds
    ready.wait()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    after = spent() if spent else None
    if failures:
        raise failures[0]
    every = sorted(duration for own in durations for duration in own)
    count = len(every)
    cpu = before is not None and after is not None
    return Measured(
        clients=clients,
        count=count,
        seconds=took,
        p50_ms=statistics.median(every) * 1000,
        p95_ms=every[min(count - 1, int(count * 0.95))] * 1000,
        web_cpu_ms=(after.web - before.web) * 1000 / count if cpu else None,  # type: ignore[union-attr]
        database_cpu_ms=(
            (after.database - before.database) * 1000 / count  # type: ignore[union-attr]
            if cpu
            else None
        ),
    )


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds since their start."""

    web: float
    database: float


def spent_by(web_pid: int, var: Path) -> Spent:
    """What the web processes and all of the embedded PostgreSQL have spent so far."""
    postmaster = embedded.postmaster(var)
    return Spent(web=_of_tree(web_pid), database=_of_tree(postmaster) if postmaster else 0.0)


def _of_tree(pid: int) -> float:
    """A process, its living children, and those that have ended (counted by their parent)."""
    parent = psutil.Process(pid)
    times = parent.cpu_times()
    ended = float(times.children_user + times.children_system)
    return ended + _of(parent) + sum(_of(child) for child in parent.children(recursive=True))


def _of(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def close_all(clients: Iterable[Client]) -> None:
    for client in clients:
        client.close()
