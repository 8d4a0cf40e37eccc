"""One day of one million lines against one million payments: `lingnan bench reconcile`.

A WeChat bill in its published form is read, copied in and compared; five differences are planted
and must be found, no more and no less. What the platform's side needs (bills and payments) is made
before and not measured. Beside the seconds stands what Python and PostgreSQL spent of the
processors, which other work on the machine changes little, and the most memory Python ever held.
In a database of its own, dropped afterwards. LINGNAN_BENCH_SIZES (default 10000,100000,1000000).
"""

import os
import resource
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks._database import own_database
from benchmarks._load import spent_by
from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.platforms.payment import services
from lingnan.platforms.payment.models import Difference
from lingnan.platforms.payment.types import Source
from lingnan.standards.agencies.testing import make_agency

DATABASE = "lingnan_bench_reconcile"
CHANNEL = "wechat"
FIRST = date(2019, 6, 3)
PLANTED = 5
HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\n"
)


SIZES = [
    int(size)
    for size in (os.environ.get("LINGNAN_BENCH_SIZES") or "10000,100000,1000000").split(",")
]


def run() -> None:
    """Measure and print the table."""
    console = Console()
    table = Table(
        title="reconcile: a day's statement against our books",
        caption="Python, database: seconds of processor they spent.",
    )
    table.add_column("what", no_wrap=True)
    for heading in ("seconds", "lines per s", "Python", "database", "peak MB"):
        table.add_column(heading, justify="right")
    with own_database(DATABASE):
        agency_id = make_agency().id
        for place, count in enumerate(SIZES):
            console.print(f"making {count:,} payments (not measured) …")
            on = FIRST + timedelta(days=2 * place)
            _make_payments(count, agency_id, on)
            _measure(console, table, count, on)
    console.print(table)


def _measure(console: Console, table: Table, count: int, on: date) -> None:
    at = clock.now()
    day = services.business_day(CHANNEL, on)
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} / {task.total:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("reading and copying", total=count)

        def told(lines: Iterator[str]) -> Iterator[str]:
            for number, line in enumerate(lines):
                if number % 20_000 == 0:
                    progress.update(task, completed=number)
                yield line

        marks = [_mark()]
        read = services.read_statement(CHANNEL, told(_bill(count, on)), on=on)
        services.import_lines(
            day.pk, source=Source.CHANNEL, name="bench", lines=read, actor=SYSTEM, at=at
        )
        marks.append(_mark())
        progress.update(task, completed=count)
        compare = progress.add_task("comparing", total=1)
        services.compare_day(day.pk, actor=SYSTEM, at=at)
        marks.append(_mark())
        progress.update(compare, completed=1)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name, begun, ended in (
        ("read, parse, COPY", marks[0], marks[1]),
        ("compare by sets", marks[1], marks[2]),
        ("both", marks[0], marks[2]),
    ):
        seconds, python, postgresql = (ended[n] - begun[n] for n in range(3))
        table.add_row(
            f"{count:,}: {name}",
            f"{seconds:.1f}",
            f"{count / seconds:,.0f}",
            f"{python:.1f}",
            f"{postgresql:.1f}",
            f"{peak_mb:.0f}",
        )
    found = Difference.objects.filter(day=day).count()
    console.print(f"differences planted {PLANTED}, found {found}")
    if found != PLANTED:
        raise SystemExit("the comparison did not find what was planted")


def _mark() -> tuple[float, float, float]:
    """The clock, and what this process and the embedded PostgreSQL have spent so far."""
    spent = spent_by(os.getpid(), settings.LINGNAN.var)
    return time.perf_counter(), time.process_time(), spent.database


def _bill(count: int, on: date) -> Iterator[str]:
    """The statement: one line too many, one missing, two amounts wrong, one twice."""
    yield HEAD
    start = datetime(on.year, on.month, on.day, tzinfo=clock.SHANGHAI)
    for number in range(count):
        if number == 7:
            continue
        at = start + timedelta(seconds=number * 80_000 // count)
        yuan = "11.00" if number in (11, 13) else "10.00"
        yield _row(at, f"{count}42{number:018d}", f"N{number}", yuan)
        if number == 17:
            yield _row(at, f"{count}42{number:018d}", f"N{number}", yuan)
    yield _row(start, f"T-unknown-{count}", "N-unknown", "10.00")
    yield "总交易单数,应结订单总金额,退款总金额\n"


def _row(at: datetime, transaction_id: str, order: str, yuan: str) -> str:
    return (
        f"`{at:%Y-%m-%d %H:%M:%S},`wx0,`1900000109,`0,`,`{transaction_id},`{order},`o,`NATIVE,"
        "`SUCCESS,`OTHERS,`CNY,"
        f"`{yuan},`0.00,`0,`0,`0.00,`0.00,`,`,`工本费,`,`0.00000,`0.00%,`{yuan},`0.00,`\n"
    )


def _make_payments(count: int, agency_id: UUID, on: date) -> None:
    subject = f"bench.{count}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payment_bill (id, created_at, code, payer_kind, payer_id, payer_name,"
            " collecting_agency_id, collecting_agency_name, region_path, title, amount_fen,"
            " subject_kind, subject_id, due_on, is_fine, state, opened_at, opened_by, paid_at,"
            " voided_by, void_reason)"
            " SELECT gen_random_uuid(), now(), lpad(n::text, 20, %s),"
            " 'person', gen_random_uuid(), '测速', %s, 'x', '440000000000/', '{}', 1000,"
            " %s, gen_random_uuid(), %s, false, 'paid', now(), 'bench', now(), '', ''"
            " FROM generate_series(0, %s) n",
            [f"{count:010d}", agency_id, subject, on, count - 1],
        )
        cursor.execute(
            "INSERT INTO payment_payment (id, created_at, bill_id, kind, channel,"
            " channel_transaction, amount_fen, refunded_fen, paid_at, business_on, recorded_at,"
            " recorded_by)"
            " SELECT gen_random_uuid(), now(), b.id, 'settlement', %s,"
            " %s || lpad((row_number() OVER (ORDER BY b.code) - 1)::text, 18, '0'),"
            " 1000, 0, %s, %s, now(), 'bench'"
            " FROM payment_bill b WHERE b.subject_kind = %s",
            [
                CHANNEL,
                f"{count}42",
                datetime(on.year, on.month, on.day, 4, tzinfo=clock.SHANGHAI),
                on,
                subject,
            ],
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE payment_payment")
