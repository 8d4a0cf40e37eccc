"""A case that is sent round two hundred times: what each step costs, and how large its state is.

`lingnan bench loops`. Everything the product writes is written (task, timeline, audit, events),
each step in its own committed transaction.
"""

import json
from statistics import median
from time import perf_counter
from uuid import UUID

from rich.console import Console
from rich.table import Table

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.platforms.workflow import services
from lingnan.platforms.workflow.models import ProcessInstance, WorkTask
from lingnan.platforms.workflow.testing import approval_xml, publish, start
from lingnan.standards.agencies.testing import make_agency

LOOPS = 200
SHOWN = (1, 5, 10, 50, 100, 150, 200)
WINDOW = 5
KEY = "bench_loops"


def run() -> None:
    """Print the table and the ratio of the last loops to the first."""
    agency = make_agency().id
    publish(approval_xml(), key=KEY, at=clock.now())
    instance = start(key=KEY, agency_id=agency, at=clock.now()).instance_id
    costs: dict[int, list[float]] = {}
    sizes: dict[int, int] = {}
    _loop(instance)  # the first reading of the definition is not a step's cost
    for number in range(1, LOOPS + 1):
        costs[number] = _loop(instance)
        row = ProcessInstance.objects.get(pk=instance)
        sizes[number] = len(json.dumps([row.marking, row.variables, row.visited]))
    table = Table(title=f"One case, {LOOPS} loops of three steps")
    for heading in ("loop", "ms per step (median)", "state kept, bytes"):
        table.add_column(heading, justify="right")
    for number in SHOWN:
        around = [c for n in _window(number) for c in costs[n]]
        table.add_row(str(number), f"{median(around) * 1000:.2f}", str(sizes[number]))
    first = median(c for n in range(1, 11) for c in costs[n])
    last = median(c for n in range(LOOPS - 9, LOOPS + 1) for c in costs[n])
    console = Console()
    console.print(table)
    console.print(
        f"last ten loops / first ten: time {last / first:.2f}, "
        f"state {sizes[LOOPS] / sizes[5]:.2f} of loop 5"
    )
    services.cancel(instance_id=instance, actor=SYSTEM, at=clock.now(), reason="benchmark")


def _window(number: int) -> range:
    return range(max(1, number - WINDOW), min(LOOPS, number + WINDOW) + 1)


def _loop(instance: UUID) -> list[float]:
    took = []
    for step, outcome in (("accept", "accept"), ("review", "pass"), ("decide", "again")):
        task = WorkTask.objects.get(instance_id=instance, step_id=step, is_open=True)
        began = perf_counter()
        services.complete_task(
            actor=SYSTEM, task_id=task.pk, outcome=outcome, opinion="-", at=clock.now()
        )
        took.append(perf_counter() - began)
    return took
