"""Every route beside anonymous, another agency, a reader, and whoever has the right."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS
from lingnan.kernel.testing import check_routes, max_queries
from lingnan.standards.matters import queries, services
from lingnan.standards.matters.models import ItemVersion, ServiceItem
from lingnan.standards.matters.testing import list_content, make_published_item
from lingnan.standards.matters.types import READ

from .conftest import REVIEWER, Places, catalogue_keeper, client_as, officer
from .test_import_tables import as_csv, own_row
from .test_life_of_a_list import CODE12, make_basic

API = "/api/v1/matters"


def clients(places: Places) -> dict[str, Client]:
    return {
        "anonymous": client_as(ANONYMOUS),
        "other": client_as(officer(places.shenzhen)),
        "reader": client_as(officer(places.yuexiu, frozenset({READ}))),
        "steward": client_as(officer(places.yuexiu)),
        "reviewer": client_as(officer(places.yuexiu, REVIEWER)),
        "keeper": client_as(catalogue_keeper()),
    }


def test_who_may_ask_what(places: Places) -> None:
    item = make_published_item(places.yuexiu.agency_id)
    open_to_all = {"anonymous": 200, "other": 200, "reader": 200, "steward": 200, "keeper": 200}
    api_read = {"anonymous": 401, "other": 404, "reader": 200, "steward": 200, "reviewer": 200}
    page_read = {**api_read, "anonymous": 302}
    api_list = {**api_read, "other": 200, "keeper": 200}
    page_list = {**page_read, "other": 200, "keeper": 200}
    api_edit = {"anonymous": 401, "other": 404, "reader": 403, "reviewer": 403, "keeper": 403}
    page_edit = {"anonymous": 302, "reader": 403, "reviewer": 403, "keeper": 403}
    api_review = {"anonymous": 401, "other": 403, "reader": 403, "steward": 403, "keeper": 403}
    catalogue = {"anonymous": 401, "other": 403, "reader": 403, "steward": 403, "reviewer": 403}
    run = services.import_items(
        as_csv([own_row(places.yuexiu)]),
        file_name="x.csv",
        dry_run=True,
        actor=officer(places.yuexiu),
        at=clock.now(),
    ).run_id
    one, version = f"{API}/lists/{item.service_item_id}", f"{API}/versions/{item.item_version_id}"
    desk = f"/desk/matters/lists/{item.service_item_id}/"
    desk_version = f"/desk/matters/versions/{item.item_version_id}/"
    check_routes(
        clients(places),
        [
            ("GET", f"{API}/items", open_to_all),
            ("GET", f"{API}/items/{item.code31}", open_to_all),
            ("GET", f"{API}/themes", open_to_all),
            ("GET", f"{API}/basic-items", open_to_all),
            ("GET", f"{API}/duties?agency_id={places.yuexiu.agency_id}", open_to_all),
            ("GET", f"{API}/unified-elements", open_to_all),
            ("GET", f"{API}/lists", api_list),
            ("GET", one, api_read),
            ("GET", version, api_read),
            ("GET", f"{API}/imports/{run}", {**api_read, "keeper": 200}),
            ("GET", f"{API}/export", {**api_list}),
            ("GET", "/desk/matters/", page_list),
            ("GET", "/desk/matters/waiting/", page_list),
            ("GET", "/desk/matters/export/", page_list),
            ("GET", "/desk/matters/new/", {**page_edit, "steward": 200}),
            ("GET", "/desk/matters/import/", {**page_edit, "steward": 200}),
            ("GET", f"/desk/matters/imports/{run}/", {**page_read, "keeper": 200}),
            ("GET", desk, page_read),
            ("GET", f"{desk}adopt/", {**page_edit, "other": 404, "steward": 200}),
            ("GET", f"{desk_version}edit/", {**page_edit, "other": 404, "steward": 200}),
            ("POST", f"{desk}suspend/", {"anonymous": 302, "reader": 403, "other": 404}),
            ("POST", f"{desk_version}submit/", {"anonymous": 302, "reader": 403, "other": 404}),
            ("GET", f"{API}/items/{'0' * 31}", {"anonymous": 404}),
            ("GET", f"{API}/lists/{uuid4()}", {"steward": 404}),
        ],
    )
    reason, note = {"reason": ""}, {"note": ""}
    claim = {
        "basic_code": CODE12,
        "agency_id": str(places.yuexiu.agency_id),
        "exercise_level": 4,
    }
    content = {"revision": 1, "content": {}}
    basic = {"code12": "1" * 12, "name": {}, "revision": 1}
    duty = {"code": "D1", "name": {}, "item_type": "99", "agency_id": str(uuid4())}
    element = {"name": {}, "owner_level": 2, "rule": "tighten"}
    basic_path = f"{API}/basic-items/{uuid4()}"
    element_path = f"{API}/unified-elements/nothing"
    check_writes(
        clients(places),
        [
            ("post", f"{API}/lists", claim, {**api_edit, "other": 403, "steward": 409}),
            ("post", f"{one}/change", note, {**api_edit}),
            ("post", f"{one}/adopt", claim, {**api_edit, "other": 403, "steward": 409}),
            ("put", version, content, {**api_edit, "steward": 409}),
            ("post", f"{version}/submit", note, {**api_edit, "steward": 409}),
            ("post", f"{version}/discard", None, {**api_edit, "steward": 409}),
            ("post", f"{version}/publish", None, {**api_review, "reviewer": 409}),
            ("post", f"{version}/return", reason, {**api_review, "reviewer": 422}),
            ("post", f"{one}/suspend", reason, {**api_review, "reviewer": 422}),
            ("post", f"{one}/resume", None, {**api_review, "reviewer": 409}),
            ("post", f"{one}/cancel", reason, {**api_review, "reviewer": 422}),
            ("post", f"{API}/basic-items", basic, {**catalogue, "keeper": 422}),
            ("put", basic_path, basic, {**catalogue, "keeper": 404}),
            ("post", f"{API}/duties", duty, {**catalogue, "keeper": 422}),
            ("put", element_path, element, {**catalogue, "keeper": 404}),
        ],
    )
    for who, status in {"anonymous": 401, "reviewer": 403, "reader": 403, "keeper": 403}.items():
        table = SimpleUploadedFile("x.csv", b"a")
        answer = clients(places)[who].post(f"{API}/imports", {"file": table})
        assert answer.status_code == status, who
    assert ItemVersion.objects.get().state == "published"


def check_writes(who: dict[str, Client], table: list[tuple[str, str, Any, dict[str, int]]]) -> None:
    wrong = []
    for method, path, body, expected in table:
        for name, status in expected.items():
            got, _answer = send(who[name], method, path, body)
            if got != status:
                wrong.append(f"{method} {path} as {name}: {got}, not {status}")
    assert not wrong, "\n".join(wrong)


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    response = getattr(client, method)(
        path, json.dumps(body or {}), content_type="application/json", headers=headers
    )
    return response.status_code, response.json()


def test_a_list_is_made_and_published_over_the_api(places: Places) -> None:
    who = clients(places)
    status, basic = send(
        who["keeper"],
        "post",
        f"{API}/basic-items",
        {
            "code12": CODE12,
            "name": {"zh-hans": "食品经营许可"},
            "legal_basis": [{"title": "食品安全法", "article": "第三十五条"}],
        },
    )
    assert (status, basic["item_type"]) == (201, "01")
    body = {
        "basic_code": CODE12,
        "agency_id": str(places.yuexiu.agency_id),
        "exercise_level": 4,
        "content": {"promised_limit": 30, "statutory_limit": 20},
    }
    status, problem = send(who["steward"], "post", f"{API}/lists", body)
    assert (status, problem["code"]) == (409, "matters.promise_beyond_law")
    assert problem["fields"][0]["path"] == "promised_limit" and problem["source"]
    body["content"] = {"name": "别名"}
    status, problem = send(who["steward"], "post", f"{API}/lists", body)
    assert (status, problem["code"]) == (422, "matters.unified_field")
    body["content"] = {}
    status, version = send(who["steward"], "post", f"{API}/lists", body)
    assert (status, version["state"]) == (201, "draft")
    path = f"{API}/versions/{version['id']}"
    content = version["content"] | list_content()
    status, version = send(
        who["steward"], "put", path, {"revision": version["revision"], "content": content}
    )
    assert (status, version["revision"]) == (200, 2)
    assert send(who["steward"], "post", f"{path}/submit", {"note": "请审"})[0] == 200
    assert send(who["steward"], "post", f"{path}/publish")[0] == 403
    assert send(who["reviewer"], "post", f"{path}/publish")[1]["state"] == "published"
    found = who["anonymous"].get(f"{API}/items", {"q": "开店", "region": "440104000000"}).json()
    (hit,) = found["items"]
    assert (hit["nearness"], hit["promised_limit"]) == ("here", 10)
    guide = who["anonymous"].get(f"{API}/items/{hit['code31']}").json()
    assert guide["legal_basis"][0]["article"] == "第三十五条"
    assert [material["code"] for material in guide["materials"]] == ["M01", "M02"]


def test_a_request_repeated_under_its_key_claims_once(places: Places) -> None:
    make_basic()
    body = {
        "basic_code": CODE12,
        "agency_id": str(places.yuexiu.agency_id),
        "exercise_level": 4,
    }
    client = clients(places)["steward"]
    answers = [
        send(client, "post", f"{API}/lists", body, **{"idempotency-key": "k1"}) for _ in range(2)
    ]
    assert answers[0] == answers[1] and answers[0][0] == 201
    assert ServiceItem.objects.count() == 1


def test_a_steward_and_a_reviewer_do_it_all_on_pages(places: Places) -> None:
    make_basic()
    who = clients(places)
    response = who["steward"].post(
        "/desk/matters/new/",
        {"basic_code": CODE12, "agency": places.yuexiu.uscc, "exercise_level": "4"},
    )
    version = ItemVersion.objects.get()
    assert response.headers["Location"] == f"/desk/matters/versions/{version.id}/edit/"
    form = who["steward"].get(response.headers["Location"]).context["form"]
    data = {
        name: value
        for name, value in form.initial.items()
        if name in form.fields and value not in (None, False)
    }
    data |= {
        "summary": "经营食品前申请。",
        "everyday_words": "开店\r\n卖早餐",
        "service_objects": ["1", "2"],
        "handling_forms": ["1", "2"],
        "statutory_limit": "20",
        "promised_limit": "30",
        "conditions": "有固定场所\r\n有设备",
        "materials": "M01|申请书|必要\r\nM02|平面图|容缺",
        "flow": "申请\r\n受理\r\n决定",
        "results": "食品经营许可证",
        "visits": "1",
        "visits_reason": "现场核查",
        "address": "中山一路1号",
        "hours": "9:00-17:00",
        "consult_phone": "020-12345",
        "supervise_phone": "12345",
    }
    edit = f"/desk/matters/versions/{version.id}/edit/"
    refused = who["steward"].post(edit, data)
    assert refused.status_code == 409
    assert "longer than the statutory limit" in refused.content.decode()
    assert "中山一路1号" in refused.content.decode()
    saved = who["steward"].post(edit, data | {"promised_limit": "10"})
    assert saved.status_code == 302, saved.context["form"].errors
    version.refresh_from_db()
    assert version.everyday_words == ["开店", "卖早餐"]
    assert [m["required"] for m in version.materials] == [True, False]
    assert version.places[0]["address"] == {"zh-hans": "中山一路1号"}
    stale = who["steward"].post(edit, data | {"promised_limit": "9"})
    assert stale.status_code == 409
    act = f"/desk/matters/versions/{version.id}/"
    assert who["steward"].post(f"{act}submit/").status_code == 302
    waiting = who["reviewer"].get("/desk/matters/waiting/").content.decode()
    assert f"/desk/matters/lists/{version.service_item_id}/" in waiting
    assert who["reviewer"].post(f"{act}return/", {"reason": " "}).status_code == 422
    assert who["reviewer"].post(f"{act}publish/").status_code == 302
    item = f"/desk/matters/lists/{version.service_item_id}/"
    assert who["steward"].post(f"{item}change/", {"reason": "提速"}).status_code == 302
    second = ItemVersion.objects.get(number=2)
    data |= {"revision": "1", "promised_limit": "5"}
    assert who["steward"].post(f"/desk/matters/versions/{second.id}/edit/", data).status_code == 302
    page = who["reviewer"].get(item).content.decode()
    assert "<del>10</del>" in page and "<ins>5</ins>" in page
    assert who["reviewer"].post(f"{item}suspend/", {"reason": "升级"}).status_code == 302
    again = who["reviewer"].post(f"{item}suspend/", {"reason": "升级"})
    assert again.status_code == 409 and "升级" in again.content.decode()
    assert who["reviewer"].post(f"{item}resume/").status_code == 302
    assert who["reviewer"].post(f"{item}cancel/", {"reason": "到期"}).status_code == 302
    assert who["reviewer"].post(f"{item}unknown/").status_code == 404


def test_an_uploaded_table_is_answered_with_its_report(places: Places) -> None:
    make_basic()
    client = clients(places)["steward"]
    rows = [own_row(places.yuexiu, 承诺办结时限="30")]
    upload = SimpleUploadedFile("事项.csv", as_csv(rows))
    response = client.post("/desk/matters/import/", {"file": upload}, follow=True)
    page = response.content.decode()
    assert "matters.promise_beyond_law" in page and "Nothing was written" in page
    upload = SimpleUploadedFile("事项.csv", as_csv([own_row(places.yuexiu)]))
    response = client.post("/desk/matters/import/", {"file": upload}, follow=True)
    assert "All rows were taken over" in response.content.decode()
    broken = client.post(
        "/desk/matters/import/", {"file": SimpleUploadedFile("x.xlsx", b"PK\x03\x04")}
    )
    assert broken.status_code == 422
    upload = SimpleUploadedFile("事项.csv", as_csv([own_row(places.yuexiu)]))
    answer = client.post(f"{API}/imports", {"file": upload, "dry_run": "true"})
    assert (answer.status_code, answer.json()["unchanged"]) == (200, 1)


# The page's frame may ask for the number of unread messages.
@pytest.mark.parametrize(("path", "queries_max"), [("/desk/matters/", 2), (f"{API}/lists", 1)])
def test_lists_cost_the_same_for_one_and_for_many(
    places: Places, path: str, queries_max: int
) -> None:
    client = clients(places)["steward"]
    for number in range(8):
        make_published_item(
            places.yuexiu.agency_id, code12=f"4401998{number:02d}000", name=f"事项{number}"
        )
    with max_queries(queries_max):
        assert client.get(path).status_code == 200


def test_comparing_versions_names_every_changed_field(places: Places) -> None:
    first = make_published_item(places.yuexiu.agency_id)
    make_published_item(places.yuexiu.agency_id, visits=2, promised_limit=8)
    new, old = queries.versions_of(first.service_item_id)
    assert [name for name, _b, _a in queries.version_changes(old, new)] == [
        "promised_limit",
        "visits",
    ]
