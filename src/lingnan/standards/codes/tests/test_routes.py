"""Every address of the codes: open to all, and nothing a person is called stands in an address."""

from typing import Any

import pytest
from django.test import Client

from lingnan.kernel.testing import check_routes

pytestmark = pytest.mark.django_db


def check(kind: str, value: str) -> dict[str, Any]:
    body = {"kind": kind, "value": value}
    answer = Client(headers={"accept-language": "en"}).post(
        "/api/v1/codes/checks", body, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_the_lists_are_open_to_all() -> None:
    check_routes(
        {"anyone": Client()},
        [
            ("GET", "/api/v1/codes/industries", {"anyone": 200}),
            ("GET", "/api/v1/codes/industries?q=正餐", {"anyone": 200}),
            ("GET", "/api/v1/codes/industries?parent=A01", {"anyone": 200}),
            ("GET", "/api/v1/codes/industries?parent=ZZ", {"anyone": 404}),
            ("GET", "/api/v1/codes/industries/H6210", {"anyone": 200}),
            ("GET", "/api/v1/codes/industries/Z9", {"anyone": 404}),
            ("GET", "/api/v1/codes/lists", {"anyone": 200}),
            ("GET", "/api/v1/codes/lists/sex", {"anyone": 200}),
            ("GET", "/api/v1/codes/lists/none", {"anyone": 404}),
            ("GET", "/api/v1/codes/document-types", {"anyone": 200}),
            ("GET", "/api/v1/codes/checks", {"anyone": 405}),
        ],
    )


@pytest.mark.parametrize(
    ("kind", "value", "part", "expected"),
    [
        ("resident_id", "11010519491231002x", "born_on", "1949-12-31"),
        ("uscc", "91440300708461136t", "authority_name", "Market supervision"),
        ("org_code", "D2143569-X", "check", "X"),
        (
            "licence_identifier",
            "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
            "serial",
            "2430599",
        ),
        ("basic_item", "442199806003", "item_type", "21"),
        ("service_item", "12441500196720244T3442199806003", "level", "3"),
        ("service_option", "12441500196720244T344219980600301", "option", "01"),
        ("case_number", "12441500196720244T3442199806003202206230068", "serial", 68),
    ],
)
def test_a_valid_code_comes_with_its_parts(
    kind: str, value: str, part: str, expected: object
) -> None:
    found = check(kind, value)
    assert found["valid"]
    assert found["parts"][part] == expected


def test_a_wrong_code_comes_with_what_is_wrong_and_by_which_standard() -> None:
    found = check("uscc", "91440300708461136U")
    assert not found["valid"]
    assert found["refusal"]["code"] == "codes.uscc.check"
    assert "GB 32100" in found["refusal"]["source"]
    assert "wrong" in found["refusal"]["message"]


def test_an_unknown_kind_is_malformed() -> None:
    answer = Client().post(
        "/api/v1/codes/checks", {"kind": "shoe", "value": "44"}, content_type="application/json"
    )
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["path"].endswith("kind")
