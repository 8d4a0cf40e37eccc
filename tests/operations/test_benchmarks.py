"""Each measurement still runs and prints its tables: what nobody runs breaks unseen."""

from collections.abc import Iterator

import pytest

from .installation import Installation, on_test_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TINY = {
    "LINGNAN_BENCH_SECONDS": "0.05",
    "LINGNAN_BENCH_LISTS": "1000",
    "LINGNAN_BENCH_SIZES": "50",
    "COLUMNS": "160",
}


@pytest.fixture(scope="module")
def installation(template_name: str) -> Iterator[Installation]:
    with on_test_server(template_name) as made:
        made.environment.update(TINY)
        yield made


@pytest.mark.parametrize(
    ("names", "tables"),
    [
        (
            ("items", "seal", "loops"),
            ("1,000 published lists", "Search over all", "SM2 verify", "200 loops", "last ten"),
        ),
        (("cases",), ("floor (psycopg)", "create (POST)", "full life", "page 500", "read one")),
    ],
    ids=["items-seal-loops", "cases"],
)
def test_a_measurement_prints_its_tables(
    installation: Installation, names: tuple[str, ...], tables: tuple[str, ...]
) -> None:
    printed = installation.lingnan("bench", *names)

    assert [table for table in tables if table not in printed] == []
