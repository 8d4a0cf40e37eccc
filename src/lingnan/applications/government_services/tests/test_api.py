"""The whole life over HTTP as the people in it, and every route for everyone."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.models import IdempotencyKey, OutboxEvent
from lingnan.kernel.testing import check_routes, deliver_all
from lingnan.platforms.identity.testing import client_for, make_officer_actor, make_person_actor
from lingnan.platforms.workflow.models import ProcessInstance, WorkTask

from ..errors import WrongState
from ..models import Case, Counter
from ..services import state
from ..testing import ANSWERS, PDF, Setting, make_case, make_setting

pytestmark = pytest.mark.django_db

API = "/api/v1"


def test_a_case_is_played_through_the_api() -> None:
    setting = make_setting(with_inspection=True)
    applicant = client_for(setting.applicant, bearer=True)
    clerk, handler, inspector, approver = (
        client_for(actor, bearer=True)
        for actor in (setting.clerk, setting.handler, setting.inspector, setting.approver)
    )
    body = {
        "item_code": setting.item.code31,
        "data": ANSWERS,
        "materials": [{"code": "M01", "file_id": _upload(applicant, setting)}],
    }
    case = _post(applicant, "/cases", body, key="k1", expect=201)
    again = _post(applicant, "/cases", body, key="k1", expect=201)
    assert case["id"] == again["id"]
    path = f"/cases/{case['id']}"

    items = [{"material_code": "M01", "problem": "未盖章", "what_to_do": "盖章"}]
    told = _post(clerk, f"{path}/corrections", {"items": items})
    assert told["state"] == "correction_noticed"
    view = _get(applicant, f"{path}/view")
    assert view["can_correct"]
    assert view["correction"]["items"][0]["what_to_do"] == "盖章"
    answer = {"materials": [{"code": "M01", "file_id": _upload(applicant, setting)}]}
    assert _post(applicant, f"{path}/correction", answer)["state"] == "submitted"
    assert view["correction"]["replies"] == []
    again_told = _post(clerk, f"{path}/corrections", {"items": items}, expect=409)
    assert again_told["code"] == "case.correction_already_told"
    assert again_told["source"] and again_told["remedy"]

    assert _post(clerk, f"{path}/acceptance", {})["state"] == "accepted"
    _post(handler, f"{path}/reviews", {"outcome": "pass"})
    assert _get(applicant, path)["state"] == "suspended"
    _post(
        inspector,
        f"{path}/inspections",
        {
            "inspected_on": clock.today().isoformat(),
            "inspectors": ["何核查", "张核查"],
            "findings": [{"point": "布局", "met": True}],
            "result": "passed",
        },
        expect=201,
    )
    file = _get(approver, f"{path}/file")
    assert file["answers"] == ANSWERS
    assert [step["step_id"] for step in file["steps"] if step["is_mine"]] == ["decide"]
    assert _post(approver, f"{path}/decision", {"outcome": "deny"}, expect=422)["code"] == (
        "case.reason_required"
    )
    assert _post(approver, f"{path}/decision", {"outcome": "grant"})["state"] == "delivered"
    deliver_all()

    done = _get(applicant, f"{path}/view")
    assert done["licence_id"] and done["can_rate"]
    kinds = [notice["kind"] for notice in done["notices"]]
    assert sorted(kinds) == ["accepted", "clock_stopped", "correction", "decision", "receipt"]
    for notice in done["notices"]:
        pdf = applicant.get(notice["pdf"])
        assert pdf.status_code == 200
        assert pdf.content.startswith(b"%PDF")
        assert applicant.get(notice["ofd"]).content.startswith(b"PK")
    assert _post(applicant, f"{path}/rating", {"level": 1}, expect=201)["level"] == 1
    assert _post(applicant, f"{path}/rating", {"level": 5}, expect=409)["code"] == (
        "rating.already_rated"
    )
    timeline = _get(applicant, f"{path}/timeline")
    assert timeline and all(entry["text"] for entry in timeline)
    material = file["materials"][0]
    assert applicant.get(material["content"]).content == PDF


def test_a_draft_is_filled_and_submitted_through_the_api() -> None:
    setting = make_setting()
    client = client_for(setting.applicant, bearer=True)
    draft = _post(client, "/drafts", {"item_code": setting.item.code31}, expect=201)
    path = f"/drafts/{draft['id']}"
    saved = client.patch(
        f"{API}{path}", json.dumps({"data": ANSWERS}), content_type="application/json"
    )
    assert saved.json()["data"]["place"] == ANSWERS["place"]
    missing = _post(client, f"{path}/submission", {}, expect=422)
    assert missing["code"] == "case.materials_missing"
    upload = client.post(
        f"{API}{path}/materials",
        {"code": "M01", "file": SimpleUploadedFile("a.pdf", PDF, "application/pdf")},
    )
    assert upload.status_code == 201, upload.content
    case = _post(client, f"{path}/submission", {}, expect=201)
    assert _post(client, f"{path}/submission", {}, expect=201)["id"] == case["id"]
    assert [row["id"] for row in _get(client, "/cases")["items"]] == [case["id"]]


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_late_under_a_key_leaves_nothing_and_may_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Work without a savepoint of its own goes back whole, the key with it."""
    setting = make_setting()
    client = client_for(setting.applicant)
    body = {
        "item_code": setting.item.code31,
        "data": dict(ANSWERS),
        "materials": [{"code": "M01", "kind": "upload", "file_id": _upload(client, setting)}],
    }

    def refuse(*_args: object, **_options: object) -> None:
        assert Case.objects.exists(), "the case was written before it is refused"
        raise WrongState(state="submitted")

    with monkeypatch.context() as late:
        late.setattr(state, "record", refuse)
        assert _post(client, "/cases", body, key="k-1", expect=409)["code"] == WrongState.code
    left = (Case, Counter, ProcessInstance, WorkTask, IdempotencyKey)
    assert not [model for model in left if model._default_manager.exists()]
    assert not OutboxEvent.objects.filter(name="workflow.task_opened").exists()
    first = _post(client, "/cases", body, key="k-1", expect=201)
    assert _post(client, "/cases", body, key="k-1", expect=201) == first
    assert Case.objects.count() == 1


def test_a_faulty_application_is_told_field_by_field() -> None:
    setting = make_setting()
    client = client_for(setting.applicant, bearer=True)
    body = {"item_code": setting.item.code31, "data": {"place": "中"}}
    problem = _post(client, "/cases", body, expect=422)
    assert problem["code"] == "case.form_invalid"
    assert {field["path"] for field in problem["fields"]} == {
        "applicant_name",
        "document_number",
        "place",
        "business_scope",
    }
    assert not Case.objects.exists()


def test_every_route_for_everyone() -> None:
    setting = make_setting()
    case = make_case(setting)
    elsewhere = make_officer_actor("window_clerk", region_code="440305000000")
    clients = {
        "anonymous": client_for(),
        "applicant": client_for(setting.applicant, bearer=True),
        "other": client_for(make_person_actor(), bearer=True),
        "clerk": client_for(setting.clerk, bearer=True),
        "elsewhere": client_for(elsewhere, bearer=True),
    }
    row = {"anonymous": 401, "applicant": 200, "other": 404, "clerk": 200, "elsewhere": 404}
    mine = {"anonymous": 401, "applicant": 200, "other": 404, "clerk": 403, "elsewhere": 403}
    lists = {"anonymous": 401, "applicant": 200, "other": 200, "clerk": 200, "elsewhere": 200}
    own_lists = {"anonymous": 401, "applicant": 200, "other": 200, "clerk": 403, "elsewhere": 403}
    path = f"{API}/cases/{case.pk}"
    nothing = f"{API}/cases/01900000-0000-7000-8000-000000000000"
    refused = {"anonymous": 401, "applicant": 403, "other": 403}
    check_routes(
        clients,
        [
            ("GET", f"{API}/cases", lists),
            ("GET", path, row),
            ("GET", f"{path}/timeline", row),
            ("GET", f"{path}/notices", row),
            ("GET", f"{path}/view", mine),
            ("GET", f"{path}/file", {**refused, "clerk": 200, "elsewhere": 404}),
            ("GET", nothing, {**dict.fromkeys(clients, 404), "anonymous": 401}),
            ("GET", f"{API}/drafts", own_lists),
            ("GET", f"{API}/joint-cases", own_lists),
            ("GET", f"{API}/joint-themes", dict.fromkeys(clients, 200)),
            ("GET", f"{API}/joint-themes/none", dict.fromkeys(clients, 404)),
            ("GET", f"{API}/ratings/waiting", {**refused, "clerk": 403, "elsewhere": 403}),
        ],
    )
    officers: dict[str, dict[str, Any]] = {
        "acceptance": {},
        "refusal": {"reason": "x"},
        "corrections": {"items": []},
        "reviews": {},
        "return": {"reason": "x"},
        "inspections": {"inspected_on": "2026-09-14", "inspectors": [], "result": "passed"},
        "decision": {"outcome": "grant"},
        "delivery/handover": {},
        "rating/review": {"finding": "mistaken", "note": "x"},
    }
    persons: dict[str, dict[str, Any]] = {
        "correction": {},
        "withdrawal": {},
        "bill": {},
        "rating": {"level": 1},
        "rating/supplement": {"text": "x"},
    }
    for verb, body in officers.items():
        for who, status in refused.items():
            _send(clients[who], f"{path}/{verb}", body, expect=status)
    for verb in ("acceptance", "refusal", "corrections"):
        _send(clients["elsewhere"], f"{path}/{verb}", officers[verb], expect=404)
    for verb, body in persons.items():
        _send(clients["anonymous"], f"{path}/{verb}", body, expect=401)
        _send(clients["clerk"], f"{path}/{verb}", body, expect=403)
        _send(clients["other"], f"{path}/{verb}", body, expect=404)
    case.refresh_from_db()
    assert case.state == "submitted"


def _upload(client: Client, setting: Setting) -> str:
    response = client.post(
        f"{API}/materials",
        {
            "item_code": setting.item.code31,
            "code": "M01",
            "file": SimpleUploadedFile("a.pdf", PDF, "application/pdf"),
        },
    )
    assert response.status_code == 201, response.content
    return str(response.json()["file_id"])


def _send(client: Client, path: str, body: dict[str, Any], *, expect: int) -> None:
    response = client.post(path, json.dumps(body), content_type="application/json")
    assert response.status_code == expect, (path, response.status_code, response.content)


def _post(
    client: Client, path: str, body: dict[str, Any], *, key: str = "", expect: int = 200
) -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    response = client.post(
        f"{API}{path}", json.dumps(body), content_type="application/json", headers=headers
    )
    assert response.status_code == expect, response.content.decode()
    return dict(response.json())


def _get(client: Client, path: str) -> Any:
    response = client.get(f"{API}{path}")
    assert response.status_code == 200, response.content.decode()
    return response.json()
