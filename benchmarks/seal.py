"""Signatures beside `openssl speed sm2` in one run: `lingnan bench seal`.

Rows: SM2 sign and verify through `security.crypto` (key lookup, port and all), a licence payload
made canonical, signed and encrypted as an issue does it, and a whole GB/T 38540 OFD signature. The
floor is OpenSSL's own speed test on the same machine, run before and after ours; the ratio is to
the mean of both, so that a change of load shows.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from rich.console import Console
from rich.table import Table

from benchmarks._load import SECONDS
from lingnan.kernel import clock
from lingnan.platforms.licences import ofd, payload, ses
from lingnan.security.crypto import services as crypto

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Floor:
    """OpenSSL's signatures and verifications per second on one core."""

    sign: float
    verify: float


class _RolledBack(Exception):
    """Ends the benchmark's transaction: nothing it wrote stays."""


def run() -> None:
    """Measure and print the table."""
    console = Console()
    try:
        with transaction.atomic():
            _measure(console)
            raise _RolledBack
    except _RolledBack:
        connection.close()


def _measure(console: Console) -> None:
    issued = crypto.issue_certificate(
        common_name="测速", organisation="测速", purpose="bench.seal", at=clock.now()
    )
    point = crypto.read_certificate(issued.der).public_point
    message = payload.canonical(_licence())
    signature = crypto.sign(message, key_id=issued.key_id)
    crypto.encrypt(b"", purpose=payload.PURPOSE)  # its key is made now, not while measuring

    def sign() -> None:
        crypto.sign(message, key_id=issued.key_id)

    def verify() -> None:
        assert crypto.verify(message, signature, public_point=point)

    def seal_payload() -> None:
        signed = payload.canonical(_licence())
        crypto.sign(signed, key_id=issued.key_id)
        payload.seal_up(signed)

    package, seal = _package(), _seal(issued.der, issued.key_id)

    def seal_ofd() -> None:
        ofd.sign_package(
            package,
            seal=seal,
            certificate=issued.der,
            stamps=[ofd.place_of(package, width_mm=42, height_mm=42)],
            at=clock.now(),
            sign=lambda data: crypto.sign(data, key_id=issued.key_id),
        )

    before = _openssl()
    rows = [
        ("SM2 sign", "sign", _rate(sign), _rate_together(sign)),
        ("SM2 verify", "verify", _rate(verify), _rate_together(verify)),
        ("licence payload sealed", "sign", _rate(seal_payload), _rate_together(seal_payload)),
        ("OFD sealed (one page)", "sign", _rate(seal_ofd), _rate_together(seal_ofd)),
    ]
    after = _openssl()
    _print(console, rows, before, after)


def _print(
    console: Console,
    rows: list[tuple[str, str, float, float]],
    before: Floor | None,
    after: Floor | None,
) -> None:
    table = Table(title="seal: operations per second", caption=_caption(before, after))
    columns = ("what", "per CPU s", f"{CORES} threads, per s", "openssl per CPU s", "ratio")
    for column in columns:
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, kind, one, many in rows:
        floor = None
        if before is not None and after is not None:
            floor = (getattr(before, kind) + getattr(after, kind)) / 2
        table.add_row(
            name,
            f"{one:,.0f}",
            f"{many:,.0f}",
            f"{floor:,.0f}" if floor else "-",
            f"{one / floor:.2f}" if floor else "-",
        )
    console.print(table)


def _caption(before: Floor | None, after: Floor | None) -> str:
    if before is None or after is None:
        return "The openssl program is absent or has no SM2: no ratio."
    change = abs(after.sign - before.sign) / before.sign
    return f"OpenSSL before and after differ by {change:.0%}; aim: 0.6 or better for sign, verify."


def _rate(call: Callable[[], None]) -> float:
    """Calls per second of processor time, as `openssl speed` counts: other work does not matter."""
    call()
    count, start = 0, time.thread_time()
    while time.thread_time() - start < SECONDS:
        call()
        count += 1
    return count / (time.thread_time() - start)


def _rate_together(call: Callable[[], None]) -> float:
    """Calls per second of wall time with a thread per core."""
    end = time.perf_counter() + SECONDS

    def loop(_index: int) -> int:
        count = 0
        while time.perf_counter() < end:
            call()
            count += 1
        return count

    start = time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        total = sum(pool.map(loop, range(CORES)))
    return total / (time.perf_counter() - start)


def _openssl() -> Floor | None:
    if shutil.which("openssl") is None:
        return None
    done = subprocess.run(
        ["openssl", "speed", "-seconds", str(max(1, int(SECONDS))), "sm2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    match = re.search(r"SM2.*?([\d.]+)s\s+([\d.]+)s\s+([\d.]+)\s+([\d.]+)", done.stdout)
    return Floor(sign=float(match[3]), verify=float(match[4])) if match else None


def _licence() -> dict[str, object]:
    return {
        "format": payload.FORMAT,
        "identifier": "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
        "holder": {"kind": "person", "name": "陈美玲", "code": "009999199005170025"},
        "fields": {f"field_{number}": "热食类食品制售" * 3 for number in range(12)},
        "valid_from": "2026-11-23",
        "valid_until": "2031-11-22",
    }


def _seal(certificate: bytes, key_id: UUID) -> bytes:
    now = clock.now()
    return ses.build_seal(
        esid="BENCH",
        name="测速",
        seal_type=1,
        certificates=(certificate,),
        created_at=now,
        valid_from=now,
        valid_until=now,
        picture_png=bytes(15_000),
        width_mm=42,
        height_mm=42,
        maker_certificate=certificate,
        sign=lambda data: crypto.sign(data, key_id=key_id),
    )


def _package() -> bytes:
    """The smallest OFD with one page of text."""
    xmlns = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    text = "".join(
        f'<ofd:TextObject ID="{number}" Boundary="20 {number} 100 5" Font="1" Size="4">'
        f'<ofd:TextCode X="0" Y="4">岭南 {number}</ofd:TextCode></ofd:TextObject>'
        for number in range(10, 60)
    )
    return ofd.write_package(
        {
            "OFD.xml": (
                f"<ofd:OFD {xmlns}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
                "</ofd:DocBody></ofd:OFD>"
            ).encode(),
            "Doc_0/Document.xml": (
                f"<ofd:Document {xmlns}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297"
                "</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
                '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>'
            ).encode(),
            "Doc_0/Pages/Page_0/Content.xml": (
                f'<ofd:Page {xmlns}><ofd:Content><ofd:Layer ID="2">{text}</ofd:Layer></ofd:Content>'
                "</ofd:Page>"
            ).encode(),
        }
    )
