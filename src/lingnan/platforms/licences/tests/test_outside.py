"""Issued by an agency's own system: once per source number, its own types, known holders."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.platforms.identity.queries import find_person
from lingnan.platforms.identity.testing import make_person
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.standards.codes.types import resident_id, uscc

from ..models import Licence, LicenceType
from ..testing import make_agency, make_licence, make_type, officer_actor
from ..types import ISSUE, VIEW_LICENCES

pytestmark = pytest.mark.django_db
NUMBER = resident_id.build(region_code="009999", born_on=date(1990, 5, 17), sequence=2)


@pytest.fixture
def agency() -> UUID:
    return make_agency(kind="market_supervision")


@pytest.fixture
def kind() -> LicenceType:
    return make_type(issuer_kinds=["market_supervision"])


@pytest.fixture
def issuer(settings: Any, agency: UUID) -> Client:
    with_actors(settings)
    return client_of(officer_actor(agency, ISSUE, VIEW_LICENCES))


def body(kind: LicenceType, **changes: object) -> dict[str, object]:
    return {
        "type_code": kind.code,
        "holder": {"kind": "person", "name": "陈美玲", "number": NUMBER},
        "fields": {"business_scope": "热食类食品制售"},
        "valid_from": "2026-11-23",
        "valid_until": "2031-11-22",
        "source_id": "粤食20260001",
        **changes,
    }


def post(client: Client, content: object) -> Any:
    return client.post("/api/v1/licences", content, content_type="application/json")


def test_the_same_source_number_issues_once(issuer: Client, kind: LicenceType) -> None:
    first = post(issuer, body(kind))
    assert first.status_code == 201, first.content
    again = post(issuer, body(kind))
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert Licence.objects.count() == 1
    other = post(issuer, body(kind, fields={"business_scope": "别的"}))
    assert (other.status_code, other.json()["code"]) == (409, "licences.source_id_reused")
    person = find_person("resident_id", NUMBER)
    assert person is not None
    assert Licence.objects.get().holder_id == person.id
    assert first.json()["national_status"] == "01"


def test_a_name_that_does_not_fit_the_number_is_refused_and_registers_nobody(
    issuer: Client, kind: LicenceType
) -> None:
    make_person(name="张三", document_number=NUMBER)
    refused = post(issuer, body(kind))
    assert refused.json()["code"] == "licences.holder_name_differs"
    assert "张三" not in refused.content.decode()
    firm = {
        "kind": "organisation",
        "name": "甲",
        "number": uscc.build(
            authority="9", org_class="1", region_code="440101", org_body="MA000000"
        ),
    }
    refused = post(issuer, body(kind, holder=firm, source_id="2"))
    assert refused.json()["code"] == "licences.holder_unknown"
    assert not Licence.objects.exists()


def test_an_agency_issues_neither_anothers_type_nor_for_another(
    issuer: Client, kind: LicenceType
) -> None:
    theirs = make_type(issuer_kinds=["public_security"])
    assert post(issuer, body(theirs)).json()["code"] == "licences.issuer_refused"
    police = make_agency(kind="public_security")
    assert post(issuer, body(theirs, agency_id=str(police))).status_code == 403
    assert find_person("resident_id", NUMBER) is None
    assert not Licence.objects.exists()


def test_a_renewal_names_the_agencys_own_licence(
    issuer: Client, kind: LicenceType, agency: UUID
) -> None:
    first = post(issuer, body(kind)).json()
    renewed = post(issuer, body(kind, source_id="2", supersedes=first["identifier"])).json()
    assert (renewed["version"], renewed["replaces"]) == (2, first["identifier"])
    foreign = make_licence(type_code=kind.code, agency_id=make_agency(kind="market_supervision"))
    refused = post(issuer, body(kind, source_id="3", supersedes=foreign.identifier))
    assert refused.status_code == 404


def test_who_may_issue(settings: Any, agency: UUID, kind: LicenceType) -> None:
    with_actors(settings)
    viewer = client_of(officer_actor(agency, VIEW_LICENCES))
    assert post(viewer, body(kind)).status_code == 403
    assert post(Client(), body(kind)).status_code == 401
    narrow = officer_actor(agency, ISSUE)
    object.__setattr__(narrow, "scopes", frozenset({"payment"}))
    assert post(client_of(narrow), body(kind)).status_code == 403


def test_the_desk_issues_and_keeps_what_was_typed(issuer: Client, kind: LicenceType) -> None:
    assert kind.code in issuer.get("/desk/licences/issue/").content.decode()
    path = f"/desk/licences/issue/?type={kind.code}"
    form = {
        "holder_kind": "person",
        "holder_name": "陈美玲",
        "document_type": "resident_id",
        "holder_number": NUMBER,
        "business_scope": "",
        "place": "演示路 9 号",
        "valid_from": "2026-11-23",
        "valid_until": "2031-11-22",
        "source_id": "A1",
    }
    page = issuer.post(path, form)
    assert page.status_code == 422
    assert "演示路 9 号" in page.content.decode()
    done = issuer.post(path, {**form, "business_scope": "热食"})
    assert done.status_code == 302, done.content.decode()
    licence = Licence.objects.get()
    assert done["Location"] == f"/desk/licences/{licence.pk}/"
    renew = issuer.get(f"{path}&renew={licence.identifier}").content.decode()
    assert licence.identifier in renew
    assert clock.today().isoformat() in renew
