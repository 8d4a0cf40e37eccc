"""Deliveries nobody honest sends are refused at once, in bounded memory."""

import time
import tracemalloc

import pytest

from ..errors import TableTooLarge, TableUnreadable
from ..files import read_rows

HOSTILE = {
    "different columns without end": ",".join(map(str, range(200_000))).encode() + b"\n1\n",
    "empty columns without end": b"," * 2_000_000,
    "blank lines": b"CF_XDR_MC\n" + b"\n" * 3_000_000 + b"a\n",
    "a cell of a megabyte": b"CF_XDR_MC\n" + b"x" * 1_000_000,
    "NUL": b"CF_XDR_MC\na\x00\n",
    "UTF-16": "CF_XDR_MC\na\n".encode("utf-16"),
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_delivery_is_refused_at_once(name: str) -> None:
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises((TableUnreadable, TableTooLarge)):
            read_rows("penalty", HOSTILE[name])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000
    assert time.process_time() - started < 10
