"""What is asked in a wrong way or of nothing is refused by name, and nothing is kept of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.tables import write_csv
from lingnan.security.audit.testing import client_of, with_actors

from .. import queries, services
from ..errors import (
    BatchUnknown,
    CopyMalformed,
    FaceNotReady,
    ProofFileUnknown,
    RowsMalformed,
    ScanUnknown,
)
from ..models import Batch, Licence, LicenceUse
from ..testing import holder_actor, make_agency, make_holder, make_licence, make_type, officer_actor
from ..types import CHECK_ORIGINALS, ISSUE, VIEW_LICENCES, Holder

pytestmark = pytest.mark.django_db
HEADER = ["持有人名称", "持有人证件号码", "有效期起", "有效期止", "来源编号", "经营项目"]


@pytest.fixture(autouse=True)
def asked_as(settings: Any) -> None:
    with_actors(settings)


@pytest.fixture
def holder() -> Holder:
    return make_holder()


@pytest.fixture
def own(holder: Holder) -> Client:
    return client_of(holder_actor(holder))


@pytest.fixture
def licence(holder: Holder) -> Licence:
    return make_licence(holder=holder)


def test_a_proof_and_a_face_have_no_other_files(own: Client, licence: Licence) -> None:
    for path, refusal in (("proof/other", ProofFileUnknown), ("face.exe", FaceNotReady)):
        page = own.get(f"/wallet/{licence.pk}/{path}")
        assert (page.status_code, page.context["problem"]["code"]) == (404, refusal.code)
    with pytest.raises(FaceNotReady):
        services.face_bytes(licence.pk, "exe", at=clock.now())


@pytest.mark.parametrize(("purpose", "days"), [("办", 1), ("开店", -1), ("开店", 4000)])
def test_a_copy_says_what_for_and_until_when(
    own: Client, licence: Licence, purpose: str, days: int
) -> None:
    until = clock.today() + timedelta(days=days)
    answer = own.post(
        f"/api/v1/licences/{licence.pk}/copies",
        {"given_to": "示范公司", "purpose": purpose, "until": until.isoformat()},
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 422, answer.content
    if len(purpose) > 1:
        assert answer.json()["code"] == CopyMalformed.code
    page = own.post(
        f"/wallet/{licence.pk}/copy/",
        {"given_to": "示范公司", "purpose": purpose, "until": until.isoformat()},
    )
    assert page.status_code == 422 and "示范公司" in page.content.decode()
    assert not LicenceUse.objects.exists()


def test_a_licence_without_a_picture_has_none_to_compare(licence: Licence) -> None:
    window = client_of(officer_actor(make_agency("演示窗口"), CHECK_ORIGINALS, VIEW_LICENCES))
    found = {"identifier": licence.identifier, "code": queries.verify_code(licence.identifier)}
    answer = window.post("/api/v1/licences/originals/scan", found, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, ScanUnknown.code)
    page = window.post("/desk/licences/originals/scan/", found)
    assert page.status_code == 404 and ScanUnknown.code in page.content.decode()


@pytest.mark.parametrize("content", [b"[]", b"{}", b"[1]", write_csv(HEADER, [])])
def test_a_table_of_no_rows_makes_no_batch(content: bytes) -> None:
    agency: UUID = make_agency()
    kind = make_type(holder_kinds=["person"])
    with pytest.raises(RowsMalformed):
        services.plan_batch(
            content, file_name="t.csv", type_code=kind.code, agency_id=agency,
            actor=officer_actor(agency, ISSUE), at=clock.now(),
        )  # fmt: skip
    assert not Batch.objects.exists()


def test_a_batch_of_another_agency_is_as_one_that_is_not() -> None:
    agency = make_agency()
    kind = make_type(holder_kinds=["person"])
    batch = services.plan_batch(
        b'[{"holder_name": "x"}]', file_name="t.json", type_code=kind.code, agency_id=agency,
        actor=officer_actor(agency, ISSUE), at=clock.now(),
    )  # fmt: skip
    elsewhere = client_of(officer_actor(make_agency("演示别处"), ISSUE))
    for pk in (batch.pk, uuid4()):
        answer = elsewhere.get(f"/api/v1/licences/batches/{pk}")
        assert (answer.status_code, answer.json()["code"]) == (404, BatchUnknown.code)
    assert (
        client_of(officer_actor(agency, ISSUE))
        .get(f"/api/v1/licences/batches/{batch.pk}")
        .status_code
        == 200
    )
