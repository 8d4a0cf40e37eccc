"""Test helpers every module may use."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.html import escape
from procrastinate.contrib.django import app

from . import events
from .errors import Refusal
from .models import OutboxEvent

T = TypeVar("T")


def race(calls: Sequence[Callable[[], T]]) -> list[T | Refusal]:
    """Run every call at once, each on its own open connection; a refusal is an answer.

    Needs a test marked `django_db(transaction=True)`.
    """
    start = Barrier(len(calls), timeout=10)

    def run(call: Callable[[], T]) -> T | Refusal:
        connection.ensure_connection()
        start.wait()
        try:
            return call()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@contextmanager
def max_queries(limit: int) -> Iterator[CaptureQueriesContext]:
    """Fail when the block asks the database more than `limit` things."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
    asked = [query["sql"] for query in captured.captured_queries]
    listing = "\n".join(sql[:300] for sql in asked)
    assert len(asked) <= limit, f"{len(asked)} queries, at most {limit} allowed:\n{listing}"


@contextmanager
def nothing_written(*modules: str) -> Iterator[None]:
    """Fail when the block leaves a row of these modules (Django labels) other than it was, an event
    or an audit entry.
    """

    def rows() -> dict[str, Counter[str]]:
        models: list[Any] = [OutboxEvent]
        for label in (*modules, "audit"):
            models += apps.get_app_config(label).get_models()
        return {
            model._meta.label: Counter(map(repr, model._base_manager.values_list()))
            for model in models
        }

    before = rows()
    yield
    after = rows()
    written = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert not written, written


def check_refused(answer: Any, refusal: type[Refusal]) -> None:
    """An answer over HTTP is this refusal: to a program its status and code, on a page its status
    and its words in Chinese.
    """
    assert answer.status_code == refusal.status, f"{answer.status_code}, not {refusal.status}"
    if answer["Content-Type"].startswith("application/problem+json"):
        assert answer.json()["code"] == refusal.code
        return
    with translation.override("zh-hans"):
        message = str(refusal.message)
    assert re.search("[\u4e00-\u9fff]", message), message
    page = answer.content.decode()
    missing = [part for part in _FACT.split(message) if str(escape(part)) not in page]
    assert not missing, f"the page does not say {missing}"


_FACT = re.compile(r"%\(\w+\)s")


def shared_data(name: str) -> Path:
    """A file of test input that is not shipped; the test is skipped where it is absent."""
    root = os.environ.get("LINGNAN_SHARED_DATA")
    folder = Path(root) if root else Path(settings.BASE_DIR).parent / "shared" / "data"
    path = folder / name
    if not path.exists():
        pytest.skip(f"test input {name} is not here (set LINGNAN_SHARED_DATA)")
    return path


def deliver_all(*, rounds: int = 50) -> None:
    """Run pending events and due jobs until nothing is left, in this thread and transaction.

    A job or subscriber that fails raises here, so that no test passes over a failure.
    """
    for _ in range(rounds):
        delivered = events.deliver_pending()
        ran = _run_due_jobs()
        failed = OutboxEvent.objects.exclude(last_error="").filter(pending=True).first()
        if failed is not None:
            raise AssertionError(f"{failed}: {failed.last_error}")
        if not delivered and not ran:
            return
    raise AssertionError(f"events or jobs still come after {rounds} rounds")


def _run_due_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo'"
            " AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY id"
        )
        rows = cursor.fetchall()
        for job_id, _name, _args in rows:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job_id])
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job_id]
            )
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    for _job_id, name, args in rows:
        app.tasks[name].func(**_as_dict(args))
    return len(rows)


def _as_dict(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else dict(value)


def check_routes(
    clients: Mapping[str, Any], table: Sequence[tuple[str, str, Mapping[str, int]]]
) -> None:
    """Ask each route as each person and compare the status.

    `table` rows are (method, path, {who: status}); `clients` maps who -> a Django test client. All
    differences are reported together.
    """
    wrong = []
    for method, path, expected in table:
        for who, status in expected.items():
            response = getattr(clients[who], method.lower())(path)
            if response.status_code != status:
                wrong.append(f"{method} {path} as {who}: {response.status_code}, not {status}")
    assert not wrong, "\n".join(wrong)
