"""Statement files nobody honest sends are refused, and nothing of them counts."""

import io
import zipfile
from collections.abc import Callable
from datetime import date

import pytest

from lingnan.kernel.actors import SYSTEM

from .. import services
from ..adapters.bank_gateway import STATEMENT_COLUMNS
from ..errors import StatementUnreadable
from ..models import BusinessDay, StatementFile
from ..types import Source
from .test_pay import now

pytestmark = pytest.mark.django_db
HEADER = ",".join(STATEMENT_COLUMNS)
ROW = {
    "kind": "payment",
    "order_number": "LN1",
    "transaction": "T1",
    "amount_fen": "1000",
    "at": "2026-11-23T10:00:00+08:00",
    "refund_number": "",
}


def csv_of(**changes: str) -> bytes:
    row = {**ROW, **changes}
    return f"{HEADER}\n{','.join(row.get(name, '') for name in STATEMENT_COLUMNS)}\n".encode()


def zipped(
    content: bytes,
    *,
    damage: bool = False,
    password: bool = False,
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("a.csv", content)
    made = bytearray(stream.getvalue())
    if damage:
        made[36:50] = b"\xff" * 14
    if password:
        made[6] |= 1
        made[made.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "NUL": lambda: csv_of(transaction="T\x001"),
    "an endless cell": lambda: csv_of(transaction="x" * 1_000_000),
    "too few cells": lambda: f"{HEADER}\npayment\n".encode(),
    "more than there is money": lambda: csv_of(amount_fen="9" * 40),
    "a negative amount": lambda: csv_of(amount_fen="-1"),
    "no number": lambda: csv_of(amount_fen="=1+1"),
    "no instant": lambda: csv_of(at="yesterday"),
    "UTF-16": lambda: csv_of().decode().encode("utf-16"),
    "a damaged zip": lambda: zipped(csv_of() * 50, damage=True),
    "a zip with a password": lambda: zipped(csv_of(), password=True),
    "a damaged zip by bzip2": lambda: zipped(csv_of() * 50, damage=True, method=zipfile.ZIP_BZIP2),
    "a damaged zip by LZMA": lambda: zipped(csv_of() * 50, damage=True, method=zipfile.ZIP_LZMA),
    "an empty zip": lambda: b"PK\x05\x06" + b"\x00" * 18,
    "a million columns": lambda: b"," * 1_000_000,
}
FAULTS = {"NUL": "text", "UTF-16": "text", "a million columns": "columns"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_statement_is_refused_and_does_not_count(name: str) -> None:
    day = services.business_day("bank", date(2026, 11, 23))
    with pytest.raises(StatementUnreadable) as refused:
        services.import_file(
            day.pk, source=Source.CHANNEL, name="a", content=HOSTILE[name](), actor=SYSTEM, at=now()
        )
    assert "%(" not in refused.value.text
    expected = "archive" if "zip" in name else FAULTS.get(name, "line")
    assert refused.value.facts["fault"] == expected
    assert not StatementFile.objects.filter(day=day, is_complete=True, replaced_at=None).exists()
    assert BusinessDay.objects.get(pk=day.pk).state == "open"


def test_the_same_row_well_formed_counts() -> None:
    day = services.business_day("bank", date(2026, 11, 23))
    for content in (csv_of(), zipped(csv_of())):
        services.import_file(
            day.pk, source=Source.CHANNEL, name="a", content=content, actor=SYSTEM, at=now()
        )
    assert StatementFile.objects.filter(day=day, is_complete=True, replaced_at=None).count() == 1
