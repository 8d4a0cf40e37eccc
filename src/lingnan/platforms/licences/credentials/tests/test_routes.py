"""Every route of open credentials x everyone who may or may not ask; page and API do the same."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.kernel.testing import check_routes
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.standards.matters.testing import make_published_item

from ...models import Credential, Licence, LicenceType, PresentationRequest
from ...testing import holder_actor, make_agency, make_holder, officer_actor, regional_actor
from ...types import SCAN, VIEW_LICENCES
from .. import requests
from ..testing import Wallet, offer_for
from ..types import Wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Actor:
    return officer_actor(make_agency(), SCAN)


@pytest.fixture
def clients(settings: Any, holder: Actor, officer: Actor) -> dict[str, Client]:
    with_actors(settings)
    return {
        "anonymous": client_of(ANONYMOUS),
        "holder": client_of(holder),
        "other": client_of(holder_actor(make_holder())),
        "officer": client_of(officer),
        "colleague": client_of(officer_actor(officer.agency_id, SCAN)),
        "elsewhere": client_of(officer_actor(make_agency(), SCAN)),
        "viewer": client_of(officer_actor(officer.agency_id, VIEW_LICENCES)),
    }


def post(client: Client, path: str, body: object) -> Any:
    return client.post(path, body, content_type="application/json")


def test_who_may_ask_what(
    clients: dict[str, Client], holder: Actor, officer: Actor, licence: Licence, wallet: Wallet
) -> None:
    wallet.fetch(offer_for(holder, licence))
    row = Credential.objects.get()
    asked = requests.ask_presentation(
        actor=officer,
        wanted=[Wanted(type_code=licence.type_code, paths=("holder.name",))],
        purpose="现场检查",
        at=clock.now(),
    )
    own = {"anonymous": 302, "holder": 200, "other": 404, "officer": 404}
    desk = {"anonymous": 302, "holder": 403, "officer": 200, "elsewhere": 200, "viewer": 403}
    theirs = {**desk, "colleague": 404, "elsewhere": 404}
    everyone = dict.fromkeys(clients, 200)
    page = f"/wallet/{licence.pk}/wallets/"
    back = f"/wallet/credentials/{row.pk}/withdraw/"
    api = f"/api/v1/licences/{licence.pk}"
    presentations = "/api/v1/licences/presentations"
    check_routes(
        clients,
        [
            ("GET", page, own),
            ("POST", back, {"anonymous": 302, "other": 404, "officer": 404}),
            ("GET", "/desk/licences/ask/", desk),
            ("POST", "/desk/licences/ask/", {**desk, "officer": 422, "elsewhere": 422}),
            ("GET", f"/desk/licences/ask/{asked.request_id}/", theirs),
            ("GET", f"/desk/licences/ask/{uuid4()}/", {"officer": 404}),
            ("GET", f"{api}/credentials", {**own, "anonymous": 401}),
            ("GET", presentations, {**desk, "anonymous": 401}),
            ("GET", f"{presentations}/{asked.request_id}", {**theirs, "anonymous": 401}),
            ("GET", "/.well-known/openid-credential-issuer", everyone),
            ("GET", "/.well-known/jwt-vc-issuer", everyone),
            ("GET", f"/licences/credential-types/{licence.type_code}", everyone),
            ("GET", "/licences/credential-types/other", dict.fromkeys(clients, 404)),
            ("GET", f"/licences/status-lists/{row.status_list_id}", everyone),
            ("POST", "/openid4vci/nonce", everyone),
            ("POST", "/openid4vci/credential", dict.fromkeys(clients, 400)),
            ("POST", "/openid4vp/responses", dict.fromkeys(clients, 400)),
        ],
    )
    for who, status in {"anonymous": 401, "other": 404, "officer": 404, "holder": 201}.items():
        assert post(clients[who], f"{api}/credential-offers", {}).status_code == status, who
    path = f"/api/v1/licences/credentials/{row.pk}/withdraw"
    for who, status in {"anonymous": 401, "other": 404, "officer": 404, "holder": 200}.items():
        assert post(clients[who], path, {}).status_code == status, who
    assert post(clients["holder"], path, {}).json()["code"] == "licences.credential_ended"


def test_the_page_makes_a_code_and_takes_a_credential_back(
    clients: dict[str, Client], licence: Licence, wallet: Wallet
) -> None:
    page = clients["holder"].post(f"/wallet/{licence.pk}/wallets/")
    made = page.context["offer"]
    assert made.number in page.content.decode() and "data:image/svg" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    wallet.fetch(made)
    row = Credential.objects.get()
    shown = clients["holder"].get(f"/wallet/{licence.pk}/wallets/").content.decode()
    assert f"/wallet/credentials/{row.pk}/withdraw/" in shown
    back = clients["holder"].post(f"/wallet/credentials/{row.pk}/withdraw/")
    assert back.status_code == 302
    row.refresh_from_db()
    assert row.ended_because == "withdrawn"


def test_a_clerk_whose_role_is_for_a_region_asks(licence: Licence) -> None:
    asked = requests.ask_presentation(
        actor=regional_actor(make_agency(), SCAN),
        wanted=[Wanted(type_code=licence.type_code, paths=("holder.name",))],
        purpose="现场检查",
        at=clock.now(),
    )
    assert PresentationRequest.objects.get().pk == asked.request_id


def test_the_officer_asks_by_page_and_keeps_what_he_typed(
    clients: dict[str, Client], holder: Actor, licence: Licence, wallet: Wallet
) -> None:
    credential = wallet.fetch(offer_for(holder, licence))
    wrong = clients["officer"].post("/desk/licences/ask/", {"purpose": "现场检查"})
    assert wrong.status_code == 422 and "现场检查" in wrong.content.decode()
    unknown = {"purpose": "现场检查", "item_code": "no-such-matter"}
    assert clients["officer"].post("/desk/licences/ask/", unknown).status_code == 404
    given = {"purpose": "现场检查", "type_code": licence.type_code}
    page = clients["officer"].post("/desk/licences/ask/", given)
    request = wallet.read_request(page.context["link"])
    names = ["name", "number", "identifier", "valid_from", "valid_until", "business_scope", "place"]
    shown = wallet.show(credential, names, aud=request["client_id"], nonce=request["nonce"])
    path = f"/desk/licences/ask/{page.context['asked'].pk}/"
    assert "陈美玲" not in clients["officer"].get(path).content.decode()
    assert wallet.answer(request, {"licence0": [shown]}).status_code == 200
    text = clients["officer"].get(path).content.decode()
    assert "陈美玲" in text and "演示路 1 号" in text


def test_the_api_asks_for_what_a_matter_needs(clients: dict[str, Client], licence: Licence) -> None:
    kind = LicenceType.objects.get(code=licence.type_code)
    field = {"type": "string", "x-prefill": f"licences.{kind.key}.place"}
    item = make_published_item(
        make_agency(),
        materials=[
            {
                "code": "permit",
                "name": {"zh-hans": "许可证", "en": "Permit"},
                "licence_type_code": kind.code,
            },
            {"code": "photo", "name": {"zh-hans": "照片", "en": "Photo"}},
        ],
        form_schema={"type": "object", "properties": {"place": field}},
    )
    body = {"purpose": "变更登记", "item_code": item.code31}
    made = post(clients["officer"], "/api/v1/licences/presentations", body)
    assert made.status_code == 201, made.content
    row = PresentationRequest.objects.get(pk=made.json()["id"])
    (wanted,) = row.wanted
    assert wanted["paths"] == [
        "holder.name", "licence.number", "licence.valid_until", "fields.place",
    ]  # fmt: skip
    assert row.item_code == item.code31
    seen = clients["officer"].get(f"/api/v1/licences/presentations/{row.pk}").json()
    assert (seen["state"], seen["shown"]) == ("waiting", [])
    for who, status in {"anonymous": 401, "holder": 403, "viewer": 403}.items():
        refused = post(clients[who], "/api/v1/licences/presentations", body)
        assert refused.status_code == status, who
    empty = post(clients["officer"], "/api/v1/licences/presentations", {"purpose": "现场检查"})
    assert empty.json()["code"] == "licences.presentation_malformed"
