"""Types of licence by page and API: who may ask what, and that nothing typed is lost."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS
from lingnan.kernel.testing import check_routes, max_queries
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.standards.agencies import queries as agencies

from .. import services
from ..models import LicenceType, TypeDraft
from ..testing import (
    draft_content,
    holder_actor,
    make_agency,
    make_holder,
    make_licence,
    officer_actor,
)
from ..types import DEFINE_TYPES, REVIEW_TYPES, VIEW_LICENCES

pytestmark = pytest.mark.django_db
API = "/api/v1/licences/types"
DESK = "/desk/licences/types/"


@pytest.fixture
def place(settings: Any) -> dict[str, Any]:
    with_actors(settings)
    body = make_agency()
    steward = officer_actor(body, DEFINE_TYPES)
    draft = services.start_type(
        actor=steward,
        department_code=agencies.agency(body).uscc,
        content=draft_content(),
        at=clock.now(),
    )
    return {
        "draft": draft,
        "uscc": agencies.agency(body).uscc,
        "clients": {
            "anonymous": client_of(ANONYMOUS),
            "holder": client_of(holder_actor(make_holder())),
            "viewer": client_of(officer_actor(body, VIEW_LICENCES)),
            "elsewhere": client_of(officer_actor(make_agency(), DEFINE_TYPES, REVIEW_TYPES)),
            "steward": client_of(steward),
            "reviewer": client_of(officer_actor(body, REVIEW_TYPES)),
        },
    }


def test_who_may_ask_what(place: dict[str, Any]) -> None:
    draft = place["draft"]
    code = make_licence().type_code
    page = {"anonymous": 302, "holder": 403, "viewer": 403, "elsewhere": 200, "steward": 200,
            "reviewer": 200}  # fmt: skip
    one = {**page, "elsewhere": 404}
    api_one = {**one, "anonymous": 401}
    everyone = dict.fromkeys(place["clients"], 200)
    check_routes(
        place["clients"],
        [
            ("GET", DESK, page),
            ("GET", f"{DESK}new/", {**page, "reviewer": 403}),
            ("GET", f"{DESK}drafts/{draft.pk}/", one),
            ("GET", f"{DESK}drafts/{draft.pk}/edit/", {**one, "reviewer": 403}),
            ("GET", f"{DESK}drafts/{draft.pk}/preview.pdf", one),
            ("POST", f"{DESK}drafts/{draft.pk}/burn/", {**one, "steward": 404, "reviewer": 404}),
            ("GET", f"{DESK}{code}/", page),
            ("GET", f"{DESK}{'0' * 21}/", {"steward": 404}),
            ("GET", f"{DESK}{code}/export.json", page),
            ("POST", f"{DESK}{code}/burn/", {**page, "elsewhere": 404, "steward": 404,
                                              "reviewer": 404}),
            ("POST", f"{DESK}{code}/change/", {**page, "elsewhere": 403, "steward": 403,
                                                "reviewer": 403}),
            ("GET", f"{API}/drafts", {**page, "anonymous": 401}),
            ("GET", f"{API}/drafts/{draft.pk}", api_one),
            ("GET", f"{API}/drafts/{draft.pk}/preview", api_one),
            ("GET", f"{API}/{code}/content", everyone),
            ("GET", f"{API}/{code}/versions", everyone),
            ("GET", f"{API}/{'0' * 21}/content", dict.fromkeys(place["clients"], 404)),
        ],
    )  # fmt: skip


def _send(client: Client, path: str, body: object, *, method: str = "post") -> Any:
    return getattr(client, method)(path, body, content_type="application/json")


def test_the_whole_life_over_the_api(place: dict[str, Any]) -> None:
    clients, draft = place["clients"], place["draft"]
    path = f"{API}/drafts/{draft.pk}"
    read = clients["steward"].get(path).json()
    assert (read["state"], read["problems"], read["revision"]) == ("draft", [], 1)
    body = {"revision": 1, "content": {**read["content"], "legal_basis": ""}}
    assert _send(clients["reviewer"], path, body, method="put").status_code == 403
    assert _send(clients["elsewhere"], path, body, method="put").status_code == 404
    saved = _send(clients["steward"], path, body, method="put").json()
    assert [one["code"] for one in saved["problems"]] == ["licences.type_legal_basis"]
    stale = _send(clients["steward"], path, body, method="put")
    assert (stale.status_code, stale.json()["code"]) == (409, "licences.type_changed_meanwhile")
    refused = _send(clients["steward"], f"{path}/submit", {})
    assert refused.status_code == 422
    assert refused.json()["fields"][0]["path"] == "legal_basis"
    body = {"revision": 2, "content": read["content"]}
    assert _send(clients["steward"], path, body, method="put").status_code == 200
    assert _send(clients["steward"], f"{path}/submit", {}).status_code == 200
    assert _send(clients["steward"], f"{path}/publish", {}).status_code == 403
    early = _send(clients["reviewer"], f"{path}/publish", {"effective_from": "2020-01-01"})
    assert (early.status_code, early.json()["code"]) == (409, "licences.type_date_refused")
    done = _send(clients["reviewer"], f"{path}/publish", {"reason": "同意"}).json()
    assert [step["act"] for step in done["steps"]] == ["published", "submitted", "drafted"]
    exported = clients["anonymous"].get(f"{API}/{draft.code}/content").json()
    assert exported["fields"][1]["options"][0]["title"] == {"zh-hans": "甲类"}
    again = _send(clients["steward"], f"{API}/drafts", {"content": exported})
    assert again.status_code == 201
    assert (again.json()["based_on_version"], again.json()["cautions"]) == (1, [])
    new = _send(clients["steward"], f"{API}/drafts", {"content": {**exported, "code": ""}})
    assert new.json()["code"] == f"{place['uscc']}002"
    withdraw = {"effective_from": clock.today().isoformat(), "reason": "取消"}
    asks: list[tuple[str, dict[str, Any], dict[str, int]]] = [
        ("", withdraw, {"anonymous": 401, "elsewhere": 403, "steward": 201}),
        (
            "/decision",
            {"accept": True},
            {"anonymous": 401, "elsewhere": 403, "steward": 403, "reviewer": 200},
        ),
    ]
    for path, body, expected in asks:
        for who, status in expected.items():
            answer = _send(clients[who], f"{API}/{draft.code}/withdrawal{path}", body)
            assert answer.status_code == status, (who, path)
    assert draft.code not in [row["code"] for row in clients["anonymous"].get(API).json()]


def test_content_that_is_none_is_refused_with_its_place(place: dict[str, Any]) -> None:
    steward = place["clients"]["steward"]
    for content in ({"fields": [{"kind": "picture"}]}, {"typst": "#image()"}):
        answer = _send(steward, f"{API}/drafts", {"content": content})
        assert answer.status_code == 422
        assert answer.json()["code"] == "licences.type_malformed"
    answer = _send(steward, f"{API}/drafts", {"content": {"code": "x"}})
    assert answer.status_code == 403
    file = SimpleUploadedFile("type.json", b"{broken")
    page = steward.post(f"{DESK}new/", {"department": place["uscc"], "file": file})
    assert page.status_code == 422
    assert TypeDraft.objects.count() == 1


def _posted(draft: TypeDraft, client: Client) -> dict[str, Any]:
    """What the edit page would send as it stands."""
    page = client.get(reverse("licences:type_edit", args=[draft.pk]))
    form, rows = page.context["form"], page.context["rows"]
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    data |= {"f-TOTAL_FORMS": len(rows.forms), "f-INITIAL_FORMS": len(rows.forms)}
    for row in rows.forms:
        data |= {
            row.add_prefix(name): row[name].value() for name in row.fields if row[name].value()
        }
    return data


def test_fields_are_added_moved_and_removed_without_javascript(place: dict[str, Any]) -> None:
    client, draft = place["clients"]["steward"], place["draft"]
    path = reverse("licences:type_edit", args=[draft.pk])

    def press(act: str, **typed: Any) -> list[str]:
        answer = client.post(path, {**_posted(draft, client), **typed, "act": act})
        assert answer.status_code == 302, answer.content.decode()
        draft.refresh_from_db()
        return [field["name"] for field in draft.content["fields"]]

    assert press("add") == ["scope", "kind", ""]
    typed = {"f-2-name": "place", "f-2-title_zh": "场所", "f-2-shown": "on", "name_zh": "新名"}
    assert press("up:2", **typed) == ["scope", "place", "kind"]
    assert draft.content["name"]["zh-hans"] == "新名"
    assert draft.content["fields"][2]["options"][1] == {"value": "b", "title": {"zh-hans": "乙类"}}
    assert press("down:0") == ["place", "scope", "kind"]
    assert press("remove:1") == ["place", "kind"]
    assert press("save") == ["place", "kind"]
    assert draft.content["validity"] == {"kind": "years", "years": 3}


def test_a_stale_page_keeps_what_was_typed(place: dict[str, Any]) -> None:
    client, draft = place["clients"]["steward"], place["draft"]
    data = {**_posted(draft, client), "legal_basis": "别人看不到的法 9"}
    path = reverse("licences:type_edit", args=[draft.pk])
    assert client.post(path, {**_posted(draft, client), "act": "save"}).status_code == 302
    stale = client.post(path, {**data, "act": "save"})
    assert stale.status_code == 409
    assert "别人看不到的法 9" in stale.content.decode()


def test_pages_lead_from_draft_to_publication_and_withdrawal(place: dict[str, Any]) -> None:
    clients, draft = place["clients"], place["draft"]
    page = reverse("licences:type_draft", args=[draft.pk])
    pdf = clients["steward"].get(f"{page}preview.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert clients["steward"].post(f"{page}submit/").status_code == 302
    assert clients["reviewer"].post(f"{page}return/", {"reason": ""}).status_code == 422
    bad = clients["reviewer"].post(f"{page}publish/", {"effective_from": "soon"})
    assert bad.status_code == 422
    done = clients["reviewer"].post(
        f"{page}publish/", {"effective_from": clock.today().isoformat()}
    )
    assert done["Location"] == f"{DESK}{draft.code}/"
    shown = clients["reviewer"].get(done["Location"]).content.decode()
    assert "经营项目" in shown
    exported = json.loads(clients["steward"].get(f"{DESK}{draft.code}/export.json").content)
    assert exported["code"] == draft.code
    again = clients["steward"].post(f"{DESK}{draft.code}/change/")
    assert again.status_code == 302
    gone = {"effective_from": clock.today().isoformat(), "reason": "取消"}
    assert clients["steward"].post(f"{DESK}{draft.code}/withdraw/", gone).status_code == 302
    assert LicenceType.objects.get(code=draft.code).effective_until is None
    decide = f"{DESK}{draft.code}/decide/"
    assert clients["reviewer"].post(decide, {}).status_code == 422
    assert 'name="accept"' not in clients["steward"].get(f"{DESK}{draft.code}/").content.decode()
    assert 'name="accept"' in clients["reviewer"].get(f"{DESK}{draft.code}/").content.decode()
    assert clients["reviewer"].post(decide, {"accept": "yes"}).status_code == 302
    assert LicenceType.objects.get(code=draft.code).effective_until == clock.today()
    twice = clients["reviewer"].post(f"{DESK}{draft.code}/withdraw/", gone)
    assert twice.status_code == 409


def test_public_fields_are_seen_without_the_code(place: dict[str, Any]) -> None:
    content = draft_content(holder_kinds=["person"])
    content["fields"][0]["personal"] = "public"  # type: ignore[index]
    actor = officer_actor(place["draft"].agency_id, DEFINE_TYPES)
    draft = services.start_type(
        actor=actor, department_code=place["uscc"], content=content, at=clock.now()
    )
    services.submit_type(actor=actor, draft_id=draft.pk, at=clock.now())
    services.publish_type(
        actor=officer_actor(draft.agency_id, REVIEW_TYPES),
        draft_id=draft.pk,
        effective_from=clock.today(),
        at=clock.now(),
    )
    licence = make_licence(
        type_code=draft.code,
        agency_id=draft.agency_id,
        fields={"scope": "公开的项目", "kind": "b"},
        valid_from=clock.today(),
        valid_until=clock.today(),
    )
    page = place["clients"]["anonymous"].get(f"/verify/{licence.identifier}/").content.decode()
    assert "公开的项目" in page
    assert "乙类" not in page


def test_the_list_keeps_its_query_budget(place: dict[str, Any]) -> None:
    client = place["clients"]["steward"]
    client.get(DESK)
    with max_queries(5):  # two of drafts, types, and the header's
        client.get(DESK)


def test_who_reviews_sees_the_choices_and_is_told_once_that_a_reason_is_missing(
    place: dict[str, Any],
) -> None:
    path = f"{DESK}drafts/{place['draft'].pk}/"
    place["clients"]["steward"].post(f"{path}submit/")
    reviewer = place["clients"]["reviewer"]
    assert "甲类、乙类" in reviewer.get(path).content.decode()
    refused = reviewer.post(f"{path}return/", {"reason": ""})
    assert refused.status_code == 422
    assert refused.content.decode().count("理由记入该类型的历史记录") == 1
