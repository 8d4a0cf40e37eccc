"""Every address of agencies, as everyone."""

import pytest

from lingnan.kernel.testing import check_routes, max_queries
from lingnan.standards.agencies.demo_codes import demo_uscc
from lingnan.standards.agencies.models import Agency
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.agencies.types import MANAGE_AGENCIES
from lingnan.standards.calendar.testing import make_route_clients
from lingnan.standards.regions.testing import make_region

pytestmark = pytest.mark.django_db

OPEN = {"anonymous": 200, "resident": 200, "officer": 200, "steward": 200}
NONE = "018f0000-0000-7000-8000-000000000000"


def test_the_directory_is_open_to_all() -> None:
    made = make_agency("fire", "440106000000")
    check_routes(
        make_route_clients(MANAGE_AGENCIES),
        [
            ("GET", "/api/v1/agencies", OPEN),
            ("GET", "/api/v1/agencies?q=消防&kind=fire&region=440000000000/", OPEN),
            ("GET", "/api/v1/agencies?cursor=nonsense", {"anonymous": 422}),
            ("GET", "/api/v1/agencies/kinds", OPEN),
            ("GET", "/api/v1/agencies/responsible?kind=fire&region=440106000000", OPEN),
            (
                "GET",
                "/api/v1/agencies/responsible?kind=tax&region=440106000000",
                {"anonymous": 404},
            ),
            ("GET", f"/api/v1/agencies/{made.id}", OPEN),
            ("GET", f"/api/v1/agencies/{made.id}/posts", OPEN),
            ("GET", f"/api/v1/agencies/{NONE}", {"anonymous": 404}),
            ("GET", f"/api/v1/agencies/{NONE}/posts", {"anonymous": 404}),
            ("GET", "/agencies/", OPEN),
            ("GET", "/agencies/?region=440100000000&q=消防", OPEN),
            ("GET", "/agencies/?region=990000000000", {"anonymous": 404}),
        ],
    )


def test_an_empty_installation_has_an_empty_directory() -> None:
    clients = make_route_clients(MANAGE_AGENCIES)
    answer = clients["anonymous"].get("/agencies/")
    assert answer.status_code == 200
    assert "No agency found" in answer.content.decode()


def test_the_page_shows_names_and_marks_what_is_invented() -> None:
    made = make_agency("fire", "440106000000")
    client = make_route_clients(MANAGE_AGENCIES)["anonymous"]
    with max_queries(6):
        page = client.get("/agencies/").content.decode()
    assert made.name_en in page
    assert made.uscc in page
    assert "test-mark" in page
    chinese = client.get("/agencies/", headers={"accept-language": "zh-hans"}).content.decode()
    assert made.name in chinese


def test_entering_is_for_who_may() -> None:
    make_region("440106000000")
    body = {
        "uscc": demo_uscc(number="27", org_class="1", region_code="440106000000"),
        "name": "广州市天河区市场监督管理局",
        "short_name": "天河区市场监管局",
        "name_en": "Tianhe District Market Supervision Bureau, Guangzhou",
        "kind": "market_supervision",
        "region_code": "440106000000",
        "posts": [{"code": "head", "title": "局长"}],
    }
    asked = {"anonymous": 401, "resident": 403, "officer": 403, "elsewhere": 403, "steward": 201}
    for who, client in make_route_clients(MANAGE_AGENCIES).items():
        answer = client.post("/api/v1/agencies", body, content_type="application/json")
        assert answer.status_code == asked[who], (who, answer.content)
        assert Agency.objects.count() == (1 if who == "steward" else 0)
