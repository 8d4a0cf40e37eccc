"""Cases through the public API, beside the floor: the same rows written by plain psycopg.

`lingnan bench cases`. In a database of its own on the server in use, made and dropped here: create
a case by POST with all that the product writes, read it, list the newest 20 and the 500th page with
10^3, 10^5 and 10^6 cases, and a case's full life. The web server runs as the product ships it; the
worker too, while lives are measured. Clients are threads of this process, on the same cores.

LINGNAN_BENCH_SECONDS (default 5) and LINGNAN_BENCH_SIZES (default 1000,100000,1000000) make it
shorter.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import conninfo, sql
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks._case_floor import Floor, capture, described
from benchmarks._load import SECONDS, Client, Measured, Spent, close_all, measure, spent_by
from lingnan.applications.government_services.testing import (
    ANSWERS,
    Setting,
    bulk_cases,
    make_setting,
    upload,
)
from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.platforms.identity.testing import make_person_actor, session_token
from lingnan.project import processes
from lingnan.project.config import Config
from lingnan.standards.calendar import services as calendar

DATABASE = "lingnan_bench_cases"
CLIENTS = (1, 8, 32)
LIFE_CLIENTS = (1, 8)
SIZES = tuple(
    int(size)
    for size in (os.environ.get("LINGNAN_BENCH_SIZES") or "1000,100000,1000000").split(",")
)
PAGE_ROWS = 20
DEEP_PAGE = 500
CREATE_AIM = 4.0
LIST_AIM = 1.3
BESIDE = "/me"  # who asks: a request that knows no case

Step = Callable[[str], None]


@dataclass(slots=True)
class Bench:
    """The running server, who asks it, and what was found."""

    url: str
    base_url: str
    supervisor: processes.Supervisor
    setting: Setting
    stock: Setting
    applicants: list[Actor]
    tokens: list[str]
    materials: list[str]
    spent: Callable[[], Spent] | None
    found: list[tuple[str, Measured]] = field(default_factory=list)
    floors: dict[int, Measured] = field(default_factory=dict)
    floor_rows: str = ""

    def clients(self, quantity: int, token: str = "") -> list[Client]:
        return [
            Client(self.base_url, token or self.tokens[number % len(self.tokens)])
            for number in range(quantity)
        ]


def run() -> None:
    """Measure and print the tables."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)
    columns = (TextColumn("{task.description:<34}"), BarColumn(), TimeElapsedColumn())
    steps = 2 + 2 * len(CLIENTS) + len(CLIENTS) + len(LIFE_CLIENTS)
    steps += len(SIZES) * (1 + 3 * len(CLIENTS))
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(*columns, console=console, transient=True))
        task = progress.add_task("database and people", total=steps)

        def step(title: str) -> None:
            progress.update(task, description=title)
            progress.advance(task)

        bench = stack.enter_context(_running(step))
        _creation(bench, step)
        _lives(bench, step)
        listed = _lists(bench, step)
    _print_requests(console, bench)
    _print_lists(console, listed)


# --- create, read, a whole life ------------------------------------------------------------------


def _creation(bench: Bench, step: Step) -> None:
    first = bench.clients(1)[0]
    _post(bench, first, 0)
    rows = capture(bench.url, lambda: _post(bench, first, 0))
    bench.floor_rows = described(rows)
    created = str(_post(bench, first, 0)["id"])
    first.close()
    floor = Floor(bench.url, rows)
    for quantity in CLIENTS:
        step(f"floor, {quantity} clients")
        bench.floors[quantity] = measure(quantity, SECONDS, floor.write, spent=bench.spent)
    floor.close()
    for quantity in CLIENTS:
        step(f"create, {quantity} clients")
        measured = _ask(bench, quantity, lambda client, number: _post(bench, client, number))
        bench.found.append(("create (POST)", measured))
    for quantity in CLIENTS:
        step(f"read, {quantity} clients")
        measured = _ask(bench, quantity, _getting(f"/cases/{created}"), token=bench.tokens[0])
        bench.found.append(("read", measured))


def _post(bench: Bench, client: Client, number: int) -> Any:
    number %= len(bench.tokens)
    body = {
        "item_code": bench.setting.item.code31,
        "data": dict(ANSWERS),
        "materials": [{"code": "M01", "kind": "upload", "file_id": bench.materials[number]}],
    }
    return client.post("/cases", body, key=str(uuid4()))


def _ask(
    bench: Bench,
    quantity: int,
    ask: Callable[[Client, int], Any],
    *,
    token: str = "",
    seconds: float = SECONDS,
) -> Measured:
    clients = bench.clients(quantity, token)

    def one(number: int) -> None:
        ask(clients[number], number)

    try:
        return measure(quantity, seconds, one, spent=bench.spent)
    finally:
        close_all(clients)


def _lives(bench: Bench, step: Step) -> None:
    """Submit, accept, review, decide; the licence is issued and delivered with the decision."""
    bench.supervisor.add("worker", processes.command("worker"))
    bench.supervisor.start()
    officers = [
        session_token(actor)
        for actor in (bench.setting.clerk, bench.setting.handler, bench.setting.approver)
    ]
    connection.close()
    for quantity in LIFE_CLIENTS:
        step(f"full life, {quantity} clients")
        staff = [[Client(bench.base_url, token) for token in officers] for _ in range(quantity)]

        def live(client: Client, number: int, staff: list[list[Client]] = staff) -> None:
            clerk, handler, approver = staff[number]
            path = f"/cases/{_post(bench, client, number)['id']}"
            for officer, act, body in (
                (clerk, "acceptance", {}),
                (handler, "reviews", {"outcome": "pass"}),
                (approver, "decision", {"outcome": "grant", "reason": "符合条件"}),
            ):
                answer = officer.post(f"{path}/{act}", body, key=str(uuid4()))
            if answer["state"] != "delivered":
                raise RuntimeError(f"the case ended as {answer['state']}")

        bench.found.append(("full life (4 POSTs)", _ask(bench, quantity, live)))
        for each in staff:
            close_all(each)
    bench.supervisor.stop("worker")


# --- lists at three sizes ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    size: int
    what: str
    measured: Measured
    beside_ms: float  # the median of `BESIDE` by as many clients, just before and after

    @property
    def cost(self) -> float:
        """The median, in requests that know no case: what a busy neighbour costs both costs."""
        return self.measured.p50_ms / self.beside_ms


def _lists(bench: Bench, step: Step) -> list[Listed]:
    """An officer of the agency lists its cases; a size is reached by adding to the one before."""
    token = session_token(bench.setting.handler)
    found, there = [], 0
    newest = clock.now()
    for size in SIZES:
        step(f"{size:,} cases")
        bulk_cases(bench.stock, size - there, at=newest - timedelta(minutes=there))
        there = size
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE government_services_case")
            # Reading writes too (who looked): the load's own pages must be on disk by then.
            cursor.execute("CHECKPOINT")
            cursor.execute(
                "SELECT id FROM government_services_case WHERE item_code = %s"
                " ORDER BY submitted_at DESC OFFSET %s LIMIT 1",
                [bench.stock.item.code31, size // 2],
            )
            middle = cursor.fetchone()[0]
        connection.close()
        path = _deep_page(bench, token, size)
        asked = {
            "newest 20": f"/cases?limit={PAGE_ROWS}",
            f"page {DEEP_PAGE}": path,
            "read one": f"/cases/{middle}",
        }
        for what, address in asked.items():
            for quantity in CLIENTS:
                step(f"{size:,} cases: {what}, {quantity} clients")
                before = _beside(bench, quantity, token)
                measured = _ask(bench, quantity, _getting(address), token=token)
                after = _beside(bench, quantity, token)
                found.append(Listed(size, what, measured, (before + after) / 2))
    return found


def _beside(bench: Bench, quantity: int, token: str) -> float:
    measured = _ask(bench, quantity, _getting(BESIDE), token=token, seconds=SECONDS / 4)
    return measured.p50_ms


def _deep_page(bench: Bench, token: str, size: int) -> str:
    """The 500th page of 20, or the last there is; walked to as a client would, in large strides."""
    page = min(DEEP_PAGE, size // PAGE_ROWS)
    client = Client(bench.base_url, token)
    rows, cursor = 0, ""
    while rows < (page - 1) * PAGE_ROWS:
        stride = min(200, (page - 1) * PAGE_ROWS - rows)
        answer = client.get(f"/cases?limit={stride}{cursor}")
        rows += len(answer["items"])
        cursor = f"&cursor={answer['next_cursor']}"
    client.close()
    return f"/cases?limit={PAGE_ROWS}{cursor}"


def _getting(address: str) -> Callable[[Client, int], Any]:
    def ask(client: Client, number: int) -> Any:
        return client.get(address)

    return ask


# --- a server of its own -------------------------------------------------------------------------


@contextmanager
def _running(step: Step) -> Iterator[Bench]:
    given: Config = settings.LINGNAN
    _leave_pool()
    before = connection.settings_dict["NAME"]
    parts = conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])
    anew = _addressed(os.environ["DATABASE_URL"], DATABASE)
    _drop(parts)
    _on_server(parts, "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
    port = processes.free_port()
    config = given.model_copy(
        update={"port": port, "public_url": f"http://127.0.0.1:{port}", "host": "127.0.0.1"}
    )
    environment = processes.environment_for(config, anew)
    supervisor = processes.Supervisor(config, environment)
    supervisor.add("bench-web", processes.web_command())
    connection.settings_dict["NAME"] = DATABASE
    try:
        call_command("migrate", verbosity=0, interactive=False)
        step("matter, agencies, people")
        bench = _peopled(anew, config, supervisor)
        connection.close()
        supervisor.start()
        if not processes.wait_until_answering(
            f"{bench.base_url}/api/v1/cases", timeout_s=60, tend=supervisor.tend
        ):
            raise SystemExit(f"lingnan: the web server does not start; see {config.var / 'log'}")
        yield bench
    finally:
        supervisor.stop()
        connection.close()
        connection.settings_dict["NAME"] = before
        _drop(parts)
        (given.var / "audit" / f"{DATABASE}.anchor").unlink(missing_ok=True)


def _leave_pool() -> None:
    """A pool in this process would go on with the database it was made for."""
    connection.close()
    if connection.settings_dict["OPTIONS"].pop("pool", None) is not None:
        close_pool = getattr(connection, "close_pool", None)  # only PostgreSQL's wrapper has it
        if close_pool is not None:
            close_pool()


def _peopled(url: str, config: Config, supervisor: processes.Supervisor) -> Bench:
    calendar.load_calendar(at=clock.now())
    setting, stock = make_setting(), make_setting()
    applicants = [setting.applicant]
    applicants += [make_person_actor() for _ in range(max(CLIENTS) - 1)]
    bench = Bench(
        url=url,
        base_url=f"http://{config.host}:{config.port}",
        supervisor=supervisor,
        setting=setting,
        stock=stock,
        applicants=applicants,
        tokens=[session_token(actor) for actor in applicants],
        materials=[str(upload(setting, actor=actor).file_id) for actor in applicants],
        spent=None,
    )

    def spent() -> Spent:
        return spent_by(supervisor.pid("bench-web") or 0, config.var)

    bench.spent = spent
    return bench


def _addressed(url: str, name: str) -> str:
    """The same server's URL for another database."""
    head, _mark, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _drop(parts: dict[str, Any]) -> None:
    _on_server(parts, "DROP DATABASE IF EXISTS {} WITH (FORCE)")


def _on_server(parts: dict[str, Any], statement: str) -> None:
    target = conninfo.make_conninfo("", **{**parts, "dbname": "postgres"})
    with psycopg.connect(target, autocommit=True) as server:
        server.execute(sql.SQL(statement).format(sql.Identifier(DATABASE)))


# --- tables --------------------------------------------------------------------------------------


def _print_requests(console: Console, bench: Bench) -> None:
    table = Table(
        title="cases: requests and the floor",
        caption=f"The floor: {bench.floor_rows}. Aim: create at most {CREATE_AIM:g} floors.",
    )
    heads = (
        "",
        "clients",
        "per s",
        "p50 ms",
        "p95 ms",
        "web CPU ms",
        "PostgreSQL CPU ms",
        "floors",
    )
    for head in heads:
        table.add_column(head, justify="right" if head else "left")
    for floor in bench.floors.values():
        table.add_row("floor (psycopg)", *_cells(floor, with_web=False), "1.0")
    for title, measured in bench.found:
        ratio = ""
        if title.startswith("create"):
            ratio = f"{bench.floors[measured.clients].per_second / measured.per_second:.1f}"
        table.add_row(title, *_cells(measured), ratio)
    console.print(table)


def _print_lists(console: Console, listed: list[Listed]) -> None:
    smallest = SIZES[0]
    table = Table(
        title="cases: an officer's lists and reading, by how many there are",
        caption=f"Page {DEEP_PAGE}: the last one where there are fewer. Beside: p50 of {BESIDE},"
        " which knows no case, just before and after. Ratio: p50 over what stands beside it, to"
        f" that with {smallest:,} cases and as many clients. Aim: at most {LIST_AIM:g}.",
    )
    measures = ("clients", "per s", "p50 ms", "p95 ms", "web CPU ms", "PostgreSQL CPU ms")
    for head in ("", "cases", *measures, "beside ms", "ratio"):
        table.add_column(head, justify="right" if head else "left")
    base = {(one.what, one.measured.clients): one.cost for one in listed if one.size == smallest}
    for one in sorted(listed, key=lambda one: (one.what, one.measured.clients, one.size)):
        ratio = one.cost / base[one.what, one.measured.clients]
        shown = (f"{one.beside_ms:.1f}", f"{ratio:.2f}")
        table.add_row(one.what, f"{one.size:,}", *_cells(one.measured), *shown)
    console.print(table)


def _cells(measured: Measured, *, with_web: bool = True) -> tuple[str, ...]:
    return (
        str(measured.clients),
        f"{measured.per_second:,.1f}",
        f"{measured.p50_ms:.1f}",
        f"{measured.p95_ms:.1f}",
        _milliseconds(measured.web_cpu_ms if with_web else None),
        _milliseconds(measured.database_cpu_ms),
    )


def _milliseconds(value: float | None) -> str:
    return f"{value:.2f}" if value else "–"
