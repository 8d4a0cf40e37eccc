"""What the figures refuse: indicators there are not, months that are none."""

import pytest

from lingnan.kernel.testing import check_refused, nothing_written
from lingnan.platforms.identity.testing import client_for, make_officer_actor
from lingnan.standards.regions.testing import make_small_tree

from ..errors import BadMonth, NoSuchIndicator

TIANHE = "440106000000"
API = "/api/v1/performance"


@pytest.mark.django_db
def test_an_indicator_there_is_not_is_not_found() -> None:
    make_small_tree()
    leader = make_officer_actor("leader", region_code=TIANHE)
    page, program = client_for(leader), client_for(leader, bearer=True)
    with nothing_written("performance"):
        check_refused(page.get("/cockpit/indicators/nonsense/"), NoSuchIndicator)
        for path in ("indicators/nonsense/regions", "indicators/nonsense/months"):
            check_refused(program.get(f"{API}/{path}"), NoSuchIndicator)
        check_refused(program.get(f"{API}/cases?indicator=nonsense"), NoSuchIndicator)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "month", ["never", "2026-13", "2026-1", "1999-12", "２０２６-11", "2026-11-01"]
)
def test_a_month_is_written_in_one_way(month: str) -> None:
    make_small_tree()
    leader = make_officer_actor("leader", region_code=TIANHE)
    page, program = client_for(leader), client_for(leader, bearer=True)
    with nothing_written("performance"):
        check_refused(page.get("/cockpit/", {"month": month}), BadMonth)
        check_refused(page.get("/cockpit/indicators/online/", {"month": month}), BadMonth)
        for path in ("indicators", "indicators/online/regions", "cases"):
            check_refused(program.get(f"{API}/{path}", {"month": month}), BadMonth)
