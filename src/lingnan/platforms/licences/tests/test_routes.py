"""Every route x everyone who may or may not ask, and what the pages show."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS
from lingnan.kernel.testing import check_routes, max_queries
from lingnan.security.audit import queries as audit
from lingnan.security.audit.testing import client_of, with_actors

from .. import queries, services
from ..models import Licence, LicenceUse
from ..testing import (
    holder_actor,
    make_agency,
    make_holder,
    make_licence,
    officer_actor,
)
from ..types import DEFINE_TYPES, VIEW_LICENCES, Holder

pytestmark = pytest.mark.django_db


@pytest.fixture
def licence() -> Licence:
    return make_licence(holder=make_holder())


@pytest.fixture
def clients(settings: Any, licence: Licence) -> dict[str, Any]:
    with_actors(settings)
    holder = make_holder()
    holder = type(holder)(kind="person", id=licence.holder_id, name="陈美玲", code=holder.code)
    return {
        "anonymous": client_of(ANONYMOUS),
        "holder": client_of(holder_actor(holder)),
        "other": client_of(holder_actor(make_holder())),
        "officer": client_of(officer_actor(licence.agency_id)),
        "viewer": client_of(officer_actor(licence.agency_id, VIEW_LICENCES)),
        "elsewhere": client_of(officer_actor(make_agency())),
        "definer": client_of(officer_actor(licence.agency_id, DEFINE_TYPES)),
    }


def test_who_may_ask_what(clients: dict[str, Client], licence: Licence) -> None:
    own = {"anonymous": 302, "holder": 200, "other": 404, "officer": 404, "elsewhere": 404}
    view = {"anonymous": 302, "holder": 200, "other": 404, "officer": 200, "elsewhere": 404}
    desk = {"anonymous": 302, "holder": 403, "officer": 200, "viewer": 200, "definer": 403}
    everyone = dict.fromkeys(clients, 200)
    api_view = {**view, "anonymous": 401}
    whole = {**view, "officer": 422}  # without a task an officer names his purpose
    api_whole = {**api_view, "officer": 422}
    why = "?purpose=核对申请"
    wallet, api = f"/wallet/{licence.pk}/", f"/api/v1/licences/{licence.pk}"
    use = services.use_as_material(
        actor=holder_actor(
            type(make_holder())(kind="person", id=licence.holder_id, name="x", code="y")
        ),
        licence_id=licence.pk, purpose="p", item_code="", case_id=None, at=clock.now(),
        agency_id=licence.agency_id,
    )  # fmt: skip
    check_routes(
        clients,
        [
            ("GET", "/wallet/", {"anonymous": 302, "holder": 200, "other": 200, "officer": 200}),
            ("GET", wallet, own),
            ("GET", f"/wallet/{uuid4()}/", {"holder": 404}),
            ("GET", wallet + "qr.svg", whole),
            ("GET", wallet + "qr.svg" + why, view),
            ("GET", wallet + "seal.png", view),
            ("GET", wallet + "face.pdf", whole),
            ("GET", wallet + "face.pdf" + why, view),
            ("GET", wallet + "face.ofd", whole),
            ("GET", wallet + "face.ofd" + why, view),
            ("GET", wallet + "face.exe", {"holder": 404}),
            ("GET", wallet + "proof/payload", whole),
            ("GET", wallet + "proof/payload" + why, view),
            ("GET", wallet + "proof/other", {"holder": 404}),
            ("GET", use.url, view),
            ("GET", f"/licences/copies/{uuid4()}/", {"holder": 404, "officer": 404}),
            ("GET", "/verify/", everyone),
            ("GET", f"/verify/{licence.identifier}/", everyone),
            ("GET", "/verify/rubbish/", everyone),
            ("GET", "/verify/file/", everyone),
            ("POST", "/verify/file/", dict.fromkeys(clients, 422)),
            ("GET", "/desk/licences/", desk),
            ("GET", f"/desk/licences/{licence.pk}/", {**desk, "elsewhere": 404}),
            ("POST", f"/desk/licences/{licence.pk}/status/",
             {"anonymous": 302, "holder": 403, "viewer": 403, "officer": 422, "elsewhere": 404}),
            ("GET", "/api/v1/licences", {"anonymous": 401, "holder": 200, "officer": 200}),
            ("GET", "/api/v1/licences/search",
             {"anonymous": 401, "holder": 403, "officer": 200, "viewer": 200}),
            ("GET", "/api/v1/licences/types", everyone),
            ("GET", f"/api/v1/licences/verify/{licence.identifier}", everyone),
            ("GET", api, api_view),
            ("GET", api + "/faces/pdf", api_whole),
            ("GET", api + "/faces/pdf" + why, api_view),
            ("GET", api + "/faces/exe", {"holder": 422}),
            ("GET", api + "/uses", {**own, "anonymous": 401}),
            ("GET", api + "/changes", api_view),
            ("GET", api + "/proof", api_view),
            ("GET", api + "/proof/signature", api_whole),
            ("GET", api + "/proof/signature" + why, api_view),
            ("GET", api + "/proof/other", {"holder": 422}),
        ],
    )  # fmt: skip


def _holder_of(licence: Licence) -> Holder:
    return Holder(kind="person", id=licence.holder_id, name="陈美玲", code="")


def _post(client: Client, path: str, body: object) -> int:
    return client.post(path, body, content_type="application/json").status_code


def test_who_may_change_what_by_api(clients: dict[str, Client], licence: Licence) -> None:
    path, body = f"/api/v1/licences/{licence.pk}/suspend", {"ground": "行政许可法 69"}
    for who, status in {
        "anonymous": 401, "holder": 403, "viewer": 403, "elsewhere": 404, "officer": 200,
    }.items():  # fmt: skip
        assert _post(clients[who], path, body) == status, who
    assert _post(clients["officer"], path, body) == 409
    assert _post(clients["officer"], path, {}) == 422
    assert _post(clients["officer"], f"/api/v1/licences/{licence.pk}/burn", body) == 422


def test_revoking_with_one_idempotency_key_answers_the_same_twice(
    clients: dict[str, Client], licence: Licence
) -> None:
    def revoke() -> Any:
        return clients["officer"].post(
            f"/api/v1/licences/{licence.pk}/revoke",
            {"ground": "行政许可法 69"},
            content_type="application/json",
            headers={"Idempotency-Key": "k1"},
        )

    first, second = revoke(), revoke()
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["status"] == "revoked"
    assert first.content == second.content


def test_the_desk_form_keeps_what_was_typed_and_then_works(
    clients: dict[str, Client], licence: Licence
) -> None:
    path = f"/desk/licences/{licence.pk}/status/"
    page = clients["officer"].post(path, {"change": "revoke", "ground": "", "reason": "事实清楚"})
    assert page.status_code == 422
    assert "事实清楚" in page.content.decode()
    done = clients["officer"].post(path, {"change": "revoke", "ground": "行政许可法 69"})
    assert done.status_code == 302
    again = clients["officer"].post(path, {"change": "revoke", "ground": "行政许可法 69"})
    assert again.status_code == 409
    licence.refresh_from_db()
    assert licence.status == "revoked"


def test_public_pages_say_little_without_the_code(
    clients: dict[str, Client], licence: Licence
) -> None:
    plain = clients["anonymous"].get(f"/verify/{licence.identifier}/").content.decode()
    assert "陈*玲" in plain
    assert "陈美玲" not in plain
    assert "热食类食品制售" not in plain
    path = queries.card(licence).verify_path
    opened = clients["anonymous"].get(path).content.decode()
    assert "陈美玲" in opened
    assert "热食类食品制售" in opened
    assert "009999199005170025" not in opened


def test_typing_an_identifier_leads_to_its_page(
    clients: dict[str, Client], licence: Licence
) -> None:
    answer = clients["anonymous"].get("/verify/", {"identifier": f" {licence.identifier} "})
    assert answer.status_code == 302
    assert answer["Location"] == f"/verify/{licence.identifier}/"


def test_uploads_are_verified_by_page_and_api(clients: dict[str, Client], licence: Licence) -> None:
    content = services.face_bytes(licence.pk, "ofd", at=clock.now())[0]
    upload = SimpleUploadedFile("licence.ofd", content)
    page = clients["anonymous"].post("/verify/file/", {"file": upload})
    assert page.status_code == 200
    assert "陈美玲" in page.content.decode()
    broken = SimpleUploadedFile("licence.ofd", content[: len(content) // 2])
    assert clients["anonymous"].post("/verify/file/", {"file": broken}).status_code == 422
    path = "/api/v1/licences/verify"
    answer = clients["anonymous"].post(path, {"file": SimpleUploadedFile("l.ofd", content)})
    assert answer.json()["verdict"] == "proven"
    text = SimpleUploadedFile("l.txt", b"hello")
    answer = clients["anonymous"].post(path, {"file": text})
    assert answer.status_code == 422
    assert answer.json()["code"] == "licences.document_unreadable"


def test_downloads_are_in_the_log_and_the_page_shows_them(
    clients: dict[str, Client], licence: Licence
) -> None:
    refused = clients["officer"].get(f"/api/v1/licences/{licence.pk}/faces/pdf?purpose=看")
    assert refused.json()["code"] == "licences.purpose_missing"
    assert not LicenceUse.objects.exists()
    clients["officer"].get(f"/wallet/{licence.pk}/face.pdf", {"purpose": "核对申请"})
    use = LicenceUse.objects.get(licence=licence)
    assert (use.kind, use.used_by, use.purpose) == ("downloaded", "李科长", "核对申请")
    look = audit.looks_at(holder_actor(_holder_of(licence))).items[0]
    assert look.purpose == "核对申请"
    page = clients["holder"].get(f"/wallet/{licence.pk}/").content.decode()
    assert "李科长" in page


def test_a_holder_is_found_by_the_whole_number_only(
    clients: dict[str, Client], licence: Licence
) -> None:
    def found(**wanted: str) -> int:
        answer = clients["officer"].get("/api/v1/licences/search", wanted)
        return len(answer.json()["items"])

    assert found(holder_code="009999199005170025") == 1
    assert found(holder_code="0099991990") == 0
    assert found(identifier=licence.identifier) == 1
    assert found(status="revoked") == 0


def test_lists_keep_their_query_budget(clients: dict[str, Client], licence: Licence) -> None:
    for _more in range(5):
        make_licence(type_code=licence.type_code, agency_id=licence.agency_id)
    clients["officer"].get("/desk/licences/")
    with max_queries(3):  # types, licences, and the header's unread messages
        clients["officer"].get("/desk/licences/")
    with max_queries(7):  # four, and the count of the address in its own transaction
        clients["anonymous"].get(f"/verify/{licence.identifier}/")
