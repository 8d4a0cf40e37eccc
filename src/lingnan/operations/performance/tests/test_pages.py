"""Who sees which figures, on pages and by API; the cockpit opens down to cases."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from lingnan.kernel import clock
from lingnan.kernel.testing import check_routes
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person_actor,
)
from lingnan.standards.regions.testing import make_small_tree

from ..models import CaseFact

TIANHE = "440106000000"
SHENZHEN = "440305000000"
PATHS = {
    TIANHE: "440000000000/440100000000/440106000000/",
    SHENZHEN: "440000000000/440300000000/440305000000/",
}


def add_case(region: str, number: str) -> CaseFact:
    today = clock.today()
    return CaseFact.objects.create(
        case_id=uuid4(),
        number=number,
        item_code="A",
        agency_id=UUID(int=1),
        region_path=PATHS[region],
        channel="web",
        submitted_on=today,
        accepted_on=today,
        decided_on=today,
        concluded_on=today,
        result="granted",
        workdays_used=0,
    )


@pytest.mark.django_db
def test_each_route_for_each_kind_of_person() -> None:
    make_small_tree()
    clients = {
        "anonymous": client_for(),
        "resident": client_for(make_person_actor()),
        "approver": client_for(make_officer_actor("approver", region_code=TIANHE)),
        "leader here": client_for(make_officer_actor("leader", region_code=TIANHE)),
        "leader elsewhere": client_for(make_officer_actor("leader", region_code=SHENZHEN)),
    }
    page = {"anonymous": 302, "resident": 403, "approver": 403}
    api = {"anonymous": 401, "resident": 403, "approver": 403}
    here = f"region={TIANHE}"
    seen = {"leader here": 200, "leader elsewhere": 404}
    both = {"leader here": 200, "leader elsewhere": 200}
    check_routes(
        clients,
        [
            ("GET", "/cockpit/", {**page, **both}),
            ("GET", f"/cockpit/?{here}", {**page, **seen}),
            ("GET", f"/cockpit/indicators/online/?{here}", {**page, **seen}),
            ("GET", "/cockpit/indicators/nonsense/", {**page, "leader here": 404}),
            ("GET", f"/api/v1/performance/indicators?{here}", {**api, **seen}),
            ("GET", f"/api/v1/performance/indicators/online/regions?{here}", {**api, **seen}),
            ("GET", f"/api/v1/performance/indicators/online/months?{here}", {**api, **seen}),
            ("GET", f"/api/v1/performance/cases?{here}", {**api, **seen}),
            ("GET", "/api/v1/performance/indicators?month=2026-13", {"leader here": 422}),
        ],
    )


@pytest.mark.django_db
def test_the_rows_behind_a_figure_stop_at_the_readers_reach() -> None:
    make_small_tree()
    add_case(TIANHE, "HERE-1"), add_case(SHENZHEN, "THERE-1")
    client = client_for(make_officer_actor("leader", region_code=TIANHE))
    rows = client.get("/api/v1/performance/cases?indicator=online&part=numerator").json()
    assert [row["number"] for row in rows["items"]] == ["HERE-1"]
    page = client.get("/cockpit/indicators/online/").content.decode()
    assert "HERE-1" in page and "THERE-1" not in page


@pytest.mark.django_db
def test_the_province_sees_a_map_of_its_cities_and_null_is_a_dash() -> None:
    make_small_tree()
    client = client_for(make_officer_actor("leader", region_code="440000000000"))
    page = client.get("/cockpit/?show=sharing").content.decode()
    assert "map__area--none" in page and "审图号" in page
    assert "尚未安装信息资源目录" in page


@pytest.mark.django_db
def test_a_month_that_is_none_keeps_the_page_standing() -> None:
    make_small_tree()
    client = client_for(make_officer_actor("leader", region_code=TIANHE))
    assert client.get("/cockpit/?month=never").status_code == 422
    assert client.get(f"/cockpit/?month={date(2025, 2, 1):%Y-%m}").status_code == 200
