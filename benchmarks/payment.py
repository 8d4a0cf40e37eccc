"""A bill's life beside the floor: `lingnan bench payment`.

Open a bill, place its order, take the channel's signed notice: bill, charge, order, notice,
payment, balanced posting with its entries, numbered receipt, audit entries, events and the job that
renders the receipt. The floor is the same rows by plain psycopg in one transaction a life
(benchmarks/_case_floor.py). The channel is the bank's protocol in memory: signatures are made and
checked, no network. In a database of its own, dropped afterwards. LINGNAN_BENCH_SECONDS (default
5).
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from django.db import connection
from rich.console import Console
from rich.table import Table

from benchmarks._case_floor import Floor, capture, described
from benchmarks._database import own_database
from benchmarks._load import SECONDS, Measured, measure
from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.platforms.payment import queries, services
from lingnan.platforms.payment.adapters import bank_messages as messages
from lingnan.platforms.payment.adapters import registry
from lingnan.platforms.payment.adapters.bank_gateway import CALLBACK_PATH, BankGateway
from lingnan.platforms.payment.adapters.bank_signatures import SecretSigner
from lingnan.platforms.payment.services.receipts import make_receipt_files
from lingnan.platforms.payment.testing import CARD
from lingnan.platforms.payment.types import BillLine
from lingnan.standards.agencies.testing import make_agency

DATABASE = "lingnan_bench_payment"
SECRET = "bench"
CLIENTS = (1, 4)
RENDERED = 10


class _Bank(httpx.BaseTransport):
    """Takes every order."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        number = httpx.Response(200, content=request.read()).json()["order_number"]
        content = messages.encode(
            {"order_number": number, "pay_url": f"http://bank.invalid/pay/{number}"}
        )
        headers = messages.sign(
            secret=SECRET,
            method=f"{request.method} ANSWER",
            path=request.url.path,
            body=content,
            at=datetime.now(UTC),
        )
        return httpx.Response(201, content=content, headers=headers)


def run() -> None:
    """Measure and print the table."""
    console = Console()
    gateway = BankGateway(url="http://bank.invalid", signer=SecretSigner(SECRET), transport=_Bank())
    before = registry.FACTORIES["bank"]
    registry.FACTORIES["bank"] = lambda: gateway
    try:
        with own_database(DATABASE) as url:
            _measure(console, url)
    finally:
        registry.FACTORIES["bank"] = before


def _measure(console: Console, url: str) -> None:
    agency_id = make_agency().id
    bill_id = _life(agency_id)
    rows = capture(url, lambda: _life(agency_id))
    floor = Floor(url, rows)
    floors = {quantity: measure(quantity, SECONDS, floor.write) for quantity in CLIENTS}
    floor.close()

    def live(number: int) -> None:
        _life(agency_id)

    found: list[tuple[int, Measured]] = []
    for quantity in CLIENTS:
        found.append((quantity, measure(quantity, SECONDS, live)))
    table = Table(
        title="payment: bill, order, notice, payment, ledger, receipt number",
        caption=f"The floor: {described(rows)}.",
    )
    for heading in ("clients", "lives per s", "p50 ms", "p95 ms", "floors per s", "floors"):
        table.add_column(heading, justify="right")
    for quantity, lives in found:
        base = floors[quantity]
        table.add_row(
            str(quantity),
            f"{lives.per_second:,.0f}",
            f"{lives.p50_ms:.1f}",
            f"{lives.p95_ms:.1f}",
            f"{base.per_second:,.0f}",
            f"{base.per_second / lives.per_second:.1f}",
        )
    console.print(table)
    _receipts(console, bill_id)


def _receipts(console: Console, bill_id: UUID) -> None:
    """What the job adds: both files of a receipt, rendered and kept."""
    agency_id = make_agency().id
    receipts = [queries.receipt_of(_life(agency_id)) for _ in range(RENDERED)]
    began = datetime.now(UTC)
    for receipt in receipts:
        assert receipt is not None
        make_receipt_files(receipt.id, at=clock.now())
    took = (datetime.now(UTC) - began) / RENDERED
    console.print(f"receipt as PDF and OFD: {took / timedelta(milliseconds=1):.0f} ms each")


def _life(agency_id: UUID) -> UUID:
    at = clock.now()
    try:
        bill = services.open_bill(
            payer_kind="person",
            payer_id=uuid4(),
            payer_name="测速",
            collecting_agency_id=agency_id,
            lines=[BillLine(code="bench", name=CARD, quantity=1, unit_price_fen=1000)],
            subject_kind="bench.payment",
            subject_id=uuid4(),
            due_on=clock.local_date(at) + timedelta(days=9),
            actor=SYSTEM,
            at=at,
        )
        attempt = services.start_payment(bill_id=bill.pk, channel="bank", at=at)
        message: dict[str, Any] = {
            "order_number": attempt.order_number,
            "state": "paid",
            "transaction": uuid4().hex,
            "amount_fen": 1000,
            "currency": "CNY",
            "paid_at": messages.instant_text(at),
        }
        body = messages.encode(message)
        headers = messages.sign(
            secret=SECRET, method="POST", path=CALLBACK_PATH, body=body, at=datetime.now(UTC)
        )
        services.receive_notice(channel="bank", body=body, headers=headers, at=at)
    except BaseException:
        connection.close()
        raise
    return bill.pk
