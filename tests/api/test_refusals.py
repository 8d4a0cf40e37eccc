"""Bodies of another kind or beyond every measure are refused before any module reads them."""

from uuid import uuid4

import pytest
from django.test import Client, override_settings

from lingnan.kernel.testing import check_refused, nothing_written
from lingnan.platforms.identity.testing import client_for, make_officer_actor
from lingnan.project.errors import TooLarge, WrongMediaType

JSON = "application/json"


@pytest.fixture
def finance(db: None) -> Client:
    return client_for(make_officer_actor("finance", region_code="440106000000"), bearer=True)


@pytest.mark.parametrize(
    "announced", ["text/plain", "application/xml", "multipart/form-data; boundary=x"]
)
def test_a_body_announced_as_something_else_is_not_read(finance: Client, announced: str) -> None:
    with nothing_written("payment"):
        answer = finance.generic(
            "POST", f"/api/v1/payment/bills/{uuid4()}/void", b'{"reason": "x"}', announced
        )
    check_refused(answer, WrongMediaType)
    assert answer.json()["facts"]["accepted"] == JSON


def test_a_body_beyond_the_measure_is_not_read(finance: Client) -> None:
    path = f"/api/v1/payment/bills/{uuid4()}/void"
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=50), nothing_written("payment"):
        answer = finance.post(path, {"reason": "长" * 50}, content_type=JSON)
    check_refused(answer, TooLarge)
    within = finance.post(path, {"reason": "长" * 50}, content_type=JSON)
    assert within.json()["code"] == "payment.bill_not_found"
