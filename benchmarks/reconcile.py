"""One day of one million lines against one million payments: `lingnan bench reconcile`.

A WeChat bill in its published form is read, copied in and compared; five differences are planted
and must be found, no more and no less. What the platform's side needs (bills and payments) is made
before and not measured. In a database of its own, dropped afterwards. LINGNAN_BENCH_LINES
(default 1000000).
"""

import os
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks._database import own_database
from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.platforms.payment import services
from lingnan.platforms.payment.models import Difference
from lingnan.platforms.payment.types import Source
from lingnan.standards.agencies.testing import make_agency

DATABASE = "lingnan_bench_reconcile"
CHANNEL = "wechat"
ON = date(2019, 6, 3)
PLANTED = 5
HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\n"
)


def run() -> None:
    """Measure and print the table."""
    count = int(os.environ.get("LINGNAN_BENCH_LINES", "1000000"))
    console = Console()
    with own_database(DATABASE):
        console.print(f"making {count:,} payments (not measured) …")
        _make_payments(count, make_agency().id)
        _measure(console, count)


def _measure(console: Console, count: int) -> None:
    at = clock.now()
    day = services.business_day(CHANNEL, ON)
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

        started = time.perf_counter()
        read = services.read_statement(CHANNEL, told(_bill(count)), on=ON)
        services.import_lines(
            day.pk, source=Source.CHANNEL, name="bench", lines=read, actor=SYSTEM, at=at
        )
        copied = time.perf_counter()
        progress.update(task, completed=count)
        compare = progress.add_task("comparing", total=1)
        day = services.compare_day(day.pk, actor=SYSTEM, at=at)
        compared = time.perf_counter()
        progress.update(compare, completed=1)
    found = Difference.objects.filter(day=day).count()
    table = Table(title=f"reconcile: {count:,} lines against {day.platform_count:,} payments")
    for column in ("what", "seconds", "lines per second"):
        table.add_column(column, justify="left" if column == "what" else "right")
    total = compared - started
    for name, seconds in (
        ("read, parse, COPY", copied - started),
        ("compare by sets", compared - copied),
        ("both", total),
    ):
        table.add_row(name, f"{seconds:.1f}", f"{count / seconds:,.0f}")
    console.print(table)
    console.print(f"differences planted {PLANTED}, found {found}")
    if found != PLANTED:
        raise SystemExit("the comparison did not find what was planted")


def _bill(count: int) -> Iterator[str]:
    """The statement: one line too many, one missing, two amounts wrong, one twice."""
    yield HEAD
    start = datetime(ON.year, ON.month, ON.day, tzinfo=clock.SHANGHAI)
    for number in range(count):
        if number == 7:
            continue
        at = start + timedelta(seconds=number * 80_000 // count)
        yuan = "11.00" if number in (11, 13) else "10.00"
        yield _row(at, f"T{number}", f"N{number}", yuan)
        if number == 17:
            yield _row(at, f"T{number}", f"N{number}", yuan)
    yield _row(start, "T-unknown", "N-unknown", "10.00")
    yield "总交易单数,应结订单总金额,退款总金额\n"


def _row(at: datetime, transaction_id: str, order: str, yuan: str) -> str:
    return (
        f"`{at:%Y-%m-%d %H:%M:%S},`wx0,`1900000109,`0,`,`{transaction_id},`{order},`o,`NATIVE,"
        "`SUCCESS,`OTHERS,`CNY,"
        f"`{yuan},`0.00,`0,`0,`0.00,`0.00,`,`,`工本费,`,`0.00000,`0.00%,`{yuan},`0.00,`\n"
    )


def _make_payments(count: int, agency_id: UUID) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payment_bill (id, created_at, code, payer_kind, payer_id, payer_name,"
            " collecting_agency_id, collecting_agency_name, region_path, title, amount_fen,"
            " subject_kind, subject_id, due_on, is_fine, state, opened_at, opened_by, paid_at,"
            " voided_by, void_reason)"
            " SELECT gen_random_uuid(), now(), lpad((90000000000000000000 + n)::text, 20, '9'),"
            " 'person', gen_random_uuid(), '测速', %s, 'x', '440000000000/', '{}', 1000,"
            " 'bench.reconcile', gen_random_uuid(), %s, false, 'paid', now(), 'bench', now(),"
            " '', ''"
            " FROM generate_series(0::numeric, %s) n",
            [agency_id, ON, count - 1],
        )
        cursor.execute(
            "INSERT INTO payment_payment (id, created_at, bill_id, kind, channel,"
            " channel_transaction, amount_fen, refunded_fen, paid_at, business_on, recorded_at,"
            " recorded_by)"
            " SELECT gen_random_uuid(), now(), b.id, 'settlement', %s,"
            " 'T' || (row_number() OVER (ORDER BY b.code) - 1), 1000, 0, %s, %s, now(), 'bench'"
            " FROM payment_bill b WHERE b.subject_kind = 'bench.reconcile'",
            [CHANNEL, datetime(ON.year, ON.month, ON.day, 4, tzinfo=clock.SHANGHAI), ON],
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE payment_payment")
