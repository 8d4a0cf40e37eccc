"""Every address of the calendar, as everyone."""

import json
from typing import Any

import pytest

from lingnan.kernel.testing import check_routes
from lingnan.standards.calendar.models import PublishedYear, WorkdayOverride
from lingnan.standards.calendar.testing import ARRANGEMENT_2027, fresh_calendar, make_route_clients
from lingnan.standards.calendar.types import MANAGE_CALENDAR

pytestmark = pytest.mark.django_db

OPEN = {"anonymous": 200, "resident": 200, "officer": 200, "steward": 200}
DUE = "/api/v1/calendar/due?start=2026-09-24"
CLOSURE = {
    "region_code": "440300000000",
    "first_on": "2027-09-28",
    "last_on": "2027-09-30",
    "name": "台风停工",
    "source_doc": "深圳市三防指挥部令",
}


def year_2027() -> dict[str, Any]:
    days = [{"on": on, "kind": kind, "name": name} for on, kind, name in ARRANGEMENT_2027]
    return {"source_doc": "试验文号", "days": days}


def test_reading_is_open_to_all() -> None:
    check_routes(
        make_route_clients(MANAGE_CALENDAR),
        [
            ("GET", "/api/v1/calendar", OPEN),
            ("GET", "/api/v1/calendar/years/2026", OPEN),
            ("GET", f"{DUE}&workdays=5", OPEN),
            ("GET", f"{DUE}&calendar_days=15&region=440300000000", OPEN),
            ("GET", f"{DUE}&months=1", OPEN),
            ("GET", DUE, {"anonymous": 422}),
            ("GET", f"{DUE}&workdays=5&months=1", {"anonymous": 422}),
            ("GET", "/api/v1/calendar/due?start=1900-01-01&workdays=1", {"anonymous": 422}),
            ("GET", "/api/v1/calendar/workdays-between?start=2026-09-24&end=2026-10-09", OPEN),
        ],
    )


def test_changing_is_for_who_may() -> None:
    clients = make_route_clients(MANAGE_CALENDAR)
    asked = {"anonymous": 401, "resident": 403, "officer": 403, "elsewhere": 403, "steward": 200}
    for who, status in asked.items():
        for method, path, body in (
            ("put", "/api/v1/calendar/years/2027", year_2027()),
            ("post", "/api/v1/calendar/closures", CLOSURE),
        ):
            answer = getattr(clients[who], method)(
                path, json.dumps(body), content_type="application/json"
            )
            assert answer.status_code == status, (who, path, answer.content)
            if status != 200:
                assert not PublishedYear.objects.exists()
                assert not WorkdayOverride.objects.exists()


def test_the_page_is_for_who_may() -> None:
    only = {"anonymous": 302, "resident": 403, "officer": 403, "elsewhere": 200, "steward": 200}
    check_routes(
        make_route_clients(MANAGE_CALENDAR),
        [
            ("GET", "/desk/calendar/", only),
            ("GET", "/desk/calendar/?year=2027", only),
            ("GET", "/desk/calendar/?year=x", {"steward": 200}),
            ("POST", "/desk/calendar/closures/", {**only, "elsewhere": 422, "steward": 422}),
            ("POST", "/desk/calendar/publications/", {**only, "elsewhere": 422, "steward": 422}),
            ("GET", "/desk/calendar/closures/", {"steward": 405}),
        ],
    )


def test_a_steward_publishes_a_year_on_the_page() -> None:
    steward = make_route_clients(MANAGE_CALENDAR)["steward"]
    lines = "\n".join(",".join(day) for day in ARRANGEMENT_2027)
    form = {
        "year": "2027",
        "source_doc": "国办发明电〔2026〕9号",
        "days": f"date,kind,name\n{lines}",
    }
    answer = steward.post("/desk/calendar/publications/", form)
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == "/desk/calendar/?year=2027"
    assert PublishedYear.objects.get().year == 2027


def test_a_steward_records_a_closure_on_the_page() -> None:
    steward = make_route_clients(MANAGE_CALENDAR)["steward"]
    answer = steward.post("/desk/calendar/closures/", CLOSURE)
    assert answer.status_code == 302, answer.content.decode()
    assert WorkdayOverride.objects.count() == 3
    again = steward.post("/desk/calendar/closures/", CLOSURE)
    assert again.status_code == 409
    assert "台风停工" in again.content.decode()  # what was typed is still there


def test_the_source_of_a_year_stands_once_and_others_at_their_day() -> None:
    steward = make_route_clients(MANAGE_CALENDAR)["steward"]
    lines = "\n".join(",".join(day) for day in ARRANGEMENT_2027)
    notice = "国办发明电〔2026〕9号"
    form = {"year": "2027", "source_doc": notice, "days": f"date,kind,name\n{lines}"}
    steward.post("/desk/calendar/publications/", form)
    closed = steward.post("/desk/calendar/closures/", CLOSURE)
    assert closed.status_code == 302, closed.content.decode()
    with fresh_calendar():
        text = steward.get("/desk/calendar/?year=2027").content.decode()
    assert text.count(notice) == 1
    assert text.count(CLOSURE["source_doc"]) == 3


@pytest.mark.parametrize("days", ["2027-01-01", "yesterday,holiday,x", "2027-01-01,feast,x"])
def test_a_wrong_line_is_named(days: str) -> None:
    steward = make_route_clients(MANAGE_CALENDAR)["steward"]
    form = {"year": "2027", "source_doc": "x", "days": days}
    answer = steward.post("/desk/calendar/publications/", form)
    assert answer.status_code == 422
    assert "Line 1" in answer.content.decode()


def test_the_api_computes_what_the_calendar_says() -> None:
    client = make_route_clients(MANAGE_CALENDAR)["anonymous"]
    assert client.get(f"{DUE}&workdays=20").json() == {
        "start": "2026-09-24",
        "on": "2026-10-29",
        "provisional": False,
    }
    year = client.get("/api/v1/calendar/years/2026").json()
    assert year["published"] is True
    assert {"on": "2026-09-20", "is_workday": True}.items() <= next(
        day for day in year["days"] if day["on"] == "2026-09-20"
    ).items()
