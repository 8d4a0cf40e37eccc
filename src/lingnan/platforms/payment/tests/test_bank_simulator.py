"""The simulator as the process it is: over HTTP, with every misbehaviour it offers."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lingnan.security.crypto import services as crypto

from ..adapters import bank_messages as messages
from ..adapters.bank_gateway import CALLBACK_PATH, BankGateway
from ..adapters.bank_signatures import SecretSigner
from ..adapters.base import OrderRef, OrderReport, OrderRequest, OrderState
from ..errors import ChannelUnavailable, ForgedNotice
from ..simulators.bank import Bank
from ..simulators.server import serve
from ..testing import confirm_at_simulator

SECRET = "simulator-secret"


class Receiver(BaseHTTPRequestHandler):
    """The platform's end: believes only what is signed, and remembers it."""

    taken: list[str]
    forged: list[str]

    def log_message(self, format: str, *arguments: object) -> None:
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        gateway = BankGateway(url="http://x", signer=SecretSigner(SECRET))
        try:
            report = gateway.read_notice(body, {k.title(): v for k, v in self.headers.items()})
            assert isinstance(report, OrderReport)
            self.taken.append(f"{report.state}:{report.amount_fen}")
            status = 200
        except ForgedNotice:
            self.forged.append("forged")
            status = 403
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def receiver() -> Iterator[tuple[type[Receiver], str]]:
    handler = type("R", (Receiver,), {"taken": [], "forged": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}{CALLBACK_PATH}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def gateway() -> Iterator[BankGateway]:
    bank = Bank(signer=SecretSigner(SECRET), public_url="", late_s=0.3)
    server = serve(bank, host="127.0.0.1", port=0)
    bank.public_url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield BankGateway(url=bank.public_url, signer=SecretSigner(SECRET))
    server.shutdown()
    server.server_close()


def ref(number: str) -> OrderRef:
    now = datetime.now(UTC)
    return OrderRef(order_number=number, placed_at=now, expires_at=now + timedelta(minutes=5))


def order(notify_url: str, number: str = "N1") -> OrderRequest:
    return OrderRequest(
        order_number=number,
        payment_code="1" * 20,
        title="工本费 <b>",
        amount_fen=1000,
        placed_at=datetime.now(UTC),
        expires_at=datetime.now(UTC) + timedelta(minutes=5),
        return_url="http://127.0.0.1/pay/",
        notify_url=notify_url,
    )


@pytest.mark.parametrize(
    ("behaviour", "told", "forged"),
    [
        ("normal", ["paid:1000"], 0),
        ("twice", ["paid:1000"] * 2, 0),
        ("late", ["paid:1000"], 0),
        ("silent", [], 0),
        ("reordered", ["paid:1000", "pending:0"], 0),
        ("wrong_amount", ["paid:999"], 0),
        ("forged", ["paid:1000"], 1),
        ("charged_twice", ["paid:1000"] * 2, 0),
    ],
)
def test_each_behaviour(
    gateway: BankGateway,
    receiver: tuple[type[Receiver], str],
    behaviour: str,
    told: list[str],
    forged: int,
) -> None:
    handler, address = receiver
    confirm_at_simulator(gateway.place_order(order(address)).pay_url, behaviour=behaviour)
    deadline = time.monotonic() + 5
    while len(handler.taken) < len(told) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (handler.taken, len(handler.forged)) == (told, forged)
    assert gateway.query_order(ref("N1")).state == OrderState.PAID


def test_orders_are_idempotent_and_closing_is_for_good(gateway: BankGateway) -> None:
    assert gateway.query_order(ref("N1")).state == OrderState.UNKNOWN
    first = gateway.place_order(order("http://127.0.0.1/"))
    assert gateway.place_order(order("http://127.0.0.1/")) == first
    assert gateway.close_order(ref("N1")).state == OrderState.CLOSED
    assert gateway.close_order(ref("never-seen")).state == OrderState.CLOSED
    with pytest.raises(ChannelUnavailable):
        gateway.place_order(order("http://127.0.0.1/", "never-seen"))


def test_neither_side_believes_the_wrong_secret(gateway: BankGateway) -> None:
    stranger = BankGateway(url=gateway.url, signer=SecretSigner("other"))
    with pytest.raises(ChannelUnavailable):
        stranger.query_order(ref("N1"))


def test_hmac_sm3_is_rfc_2104_over_sm3() -> None:
    key, text = b"k" * 16, b"text"
    inner = crypto.sm3(bytes(b ^ 0x36 for b in key.ljust(64, b"\0")) + text)
    outer = crypto.sm3(bytes(b ^ 0x5C for b in key.ljust(64, b"\0")) + inner)
    assert messages.hmac_sm3(key, text) == outer
    command = ["openssl", "dgst", "-sm3", "-mac", "HMAC", "-macopt", "key:" + key.decode()]
    try:
        answer = subprocess.run(command, input=text, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this openssl has no SM3")
    assert answer.stdout.decode().split()[-1] == outer.hex()


def test_the_command_starts_says_where_and_ends_on_a_signal() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lingnan.project.cli", "channel-simulator", "--port", "18391"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert "http://127.0.0.1:18391/" in said.readline()
        process.terminate()
        assert process.wait(timeout=10) == 0
