"""Searching 46,212 published lists: speed by kind of question and number of clients, and whether
questions that were held out of the index find their item.

LINGNAN_BENCH_SECONDS (default 5) and LINGNAN_BENCH_LISTS (default 46212) make it shorter.
"""

import multiprocessing
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.synchronize import Barrier

from django.db import connection, connections
from rich.console import Console
from rich.table import Table

from benchmarks import _item_lists as lists
from benchmarks import _item_questions as known
from benchmarks._load import SECONDS
from lingnan.standards.matters import terms
from lingnan.standards.matters.search import search_items

CLIENTS = (1, 8, 32)
P95_AIM_MS = 30.0


@dataclass(frozen=True, slots=True)
class Question:
    kind: str
    text: str
    subject: str


def run(console: Console | None = None) -> None:
    """Build the lists in a schema of their own, measure, drop them. Prints two tables."""
    console = console or Console()
    started = time.perf_counter()
    pool = _leave_pool()
    try:
        made, count = lists.build_schema()
        console.print(
            f"{count:,} published lists of {len(made):,} basic items in"
            f" {time.perf_counter() - started:.1f} s"
        )
        asked = questions(made)
        paths = [path for path, _code, level in lists.places() if level == 4]
        _relevance(console, asked, paths)
        _speed(console, asked, paths)
    finally:
        lists.drop_schema()
        connection.close()
        if pool is not None:
            connection.settings_dict["OPTIONS"]["pool"] = pool


def _leave_pool() -> object:
    """Plain connections while measuring: a pool does not survive a fork, and would hand the
    schema's search path to others. Returns the pool's settings."""
    connection.close()
    pool: object = connection.settings_dict["OPTIONS"].get("pool")
    if pool is not None:
        close_pool = getattr(connection, "close_pool", None)  # only PostgreSQL's wrapper has it
        if close_pool is not None:
            close_pool()
        del connection.settings_dict["OPTIONS"]["pool"]
    return pool


def questions(made: list[lists.Basic]) -> list[Question]:
    """Questions of each kind, each with the subject it should find. Repeatable."""
    chance = random.Random(20261123)
    asked = []
    for subject in lists.subjects():
        held_out = [text for text in subject.held_out if text not in subject.phrases]
        asked += [Question("everyday words, held out", text, subject.name) for text in held_out]
        asked.append(Question("name", subject.name, subject.name))
        plain = "".join(c for c in subject.name if "\u4e00" <= c <= "\u9fff")
        sounds = terms.sounds(plain)
        asked.append(Question("pinyin", "".join(sounds), subject.name))
        asked.append(Question("initials", "".join(s[0] for s in sounds), subject.name))
        asked.append(Question("typo: wrong character", _slip(plain, chance), subject.name))
        asked.append(Question("typo: same sound", _misheard(plain, chance), subject.name))
        letters = "".join(sounds)
        at = chance.randrange(1, len(letters) - 1)
        asked.append(
            Question("typo: pinyin letter lost", letters[:at] + letters[at + 1 :], subject.name)
        )
    asked += [Question("everyday words, for tuning", *pair) for pair in known.tuning()]
    chance.shuffle(asked)
    return asked


def _slip(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice("往菅己末土未籍折") + text[at + 1 :]


def _misheard(text: str, chance: random.Random) -> str:
    """One character replaced by another of the same sound."""
    readings: dict[int, str] = import_module("pypinyin.pinyin_dict").pinyin_dict
    at = chance.randrange(len(text))
    wanted = readings[ord(text[at])].split(",")[0]
    same = [
        chr(code)
        for code, reading in readings.items()
        if 0x4E00 <= code <= 0x9FA5 and reading == wanted and chr(code) != text[at]
    ]
    common = [c for c in same if _is_common(c)]
    return text[:at] + chance.choice(common or [text[at]]) + text[at + 1 :]


def _is_common(character: str) -> bool:
    try:
        return character.encode("gb2312")[0] < 0xD8
    except UnicodeEncodeError:
        return False


def _relevance(console: Console, asked: list[Question], paths: list[str]) -> None:
    by_kind: dict[str, list[int]] = {}
    for number, question in enumerate(asked):
        hits = search_items(question.text, region_path=paths[number % len(paths)], limit=5).items
        names = [hit.name["zh-hans"] for hit in hits]
        rank = next((n for n, name in enumerate(names) if name.startswith(question.subject)), 99)
        by_kind.setdefault(question.kind, []).append(rank)
    table = Table(title="Does the question find its item?")
    for column in ("kind of question", "questions", "hit@1", "hit@5"):
        table.add_column(column, justify="left" if column.startswith("kind") else "right")
    for kind, ranks in sorted(by_kind.items()):
        table.add_row(
            kind,
            str(len(ranks)),
            f"{sum(rank == 0 for rank in ranks) / len(ranks):.2f}",
            f"{sum(rank < 5 for rank in ranks) / len(ranks):.2f}",
        )
    console.print(table)
    nonsense = known.nonsense()
    quiet = sum(not search_items(text, region_path=paths[0], limit=1).items for text in nonsense)
    console.print(f"Nonsense: {quiet} of {len(nonsense)} questions find nothing, as they should.")


def _speed(console: Console, asked: list[Question], paths: list[str]) -> None:
    table = Table(title="Search over all published lists, one query each, region aware")
    for column in ("clients", "kind of question", "searches/s", "p50 ms", "p95 ms"):
        table.add_column(column, justify="left" if column.startswith("kind") else "right")
    for clients in CLIENTS:
        timings, seconds = _measure(clients, asked, paths)
        kinds = sorted({kind for kind, _ms in timings}) if clients == 1 else []
        for kind in kinds:
            some = [ms for found, ms in timings if found == kind]
            table.add_row("1", kind, "", f"{_percentile(some, 50):.1f}", _judged(some))
        every = [ms for _kind, ms in timings]
        table.add_row(
            str(clients),
            "all",
            f"{len(every) / seconds:.0f}",
            f"{_percentile(every, 50):.1f}",
            _judged(every),
        )
    console.print(table)
    console.print(f"Aim: p95 under {P95_AIM_MS:.0f} ms. Clients ask again at once, without pause.")


def _judged(timings: list[float]) -> str:
    value = _percentile(timings, 95)
    return f"{value:.1f}" if value < P95_AIM_MS else f"[red]{value:.1f}[/red]"


def _percentile(timings: list[float], percent: int) -> float:
    if len(timings) < 2:
        return timings[0] if timings else 0.0
    return statistics.quantiles(timings, n=100)[percent - 1]


Timings = list[tuple[str, float]]


def _measure(clients: int, asked: list[Question], paths: list[str]) -> tuple[Timings, float]:
    """Every client is a process with a connection of its own; all start together."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(clients)
    results = context.SimpleQueue()
    workers = [
        context.Process(target=_client, args=(number, asked, paths, start, results.put))
        for number in range(clients)
    ]
    for worker in workers:
        worker.start()
    timings: Timings = []
    for _worker in workers:
        timings += results.get()
    for worker in workers:
        worker.join()
    _enter_schema()
    return timings, SECONDS


def _enter_schema() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO {lists.SCHEMA}, public")


def _client(
    number: int,
    asked: list[Question],
    paths: list[str],
    start: Barrier,
    report: Callable[[Timings], None],
) -> None:
    _enter_schema()
    chance = random.Random(number)
    for question in chance.sample(asked, 20):
        search_items(question.text, region_path=chance.choice(paths))
    start.wait()
    timings: Timings = []
    end = time.perf_counter() + SECONDS
    while (begun := time.perf_counter()) < end:
        question = chance.choice(asked)
        search_items(question.text, region_path=chance.choice(paths))
        timings.append((question.kind, (time.perf_counter() - begun) * 1000))
    report(timings)
    connections.close_all()
