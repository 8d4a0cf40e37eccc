"""Every address of regions, as everyone."""

import pytest
from django.test import Client

from lingnan.kernel.testing import check_routes, max_queries
from lingnan.standards.regions.testing import make_small_tree

pytestmark = pytest.mark.django_db


def test_the_divisions_are_open_to_all() -> None:
    make_small_tree()
    check_routes(
        {"anyone": Client()},
        [
            ("GET", "/api/v1/regions", {"anyone": 200}),
            ("GET", "/api/v1/regions?parent=440100000000", {"anyone": 200}),
            ("GET", "/api/v1/regions?parent=990000000000", {"anyone": 404}),
            ("GET", "/api/v1/regions?cursor=nonsense", {"anyone": 422}),
            ("GET", "/api/v1/regions/search?q=天河", {"anyone": 200}),
            ("GET", "/api/v1/regions/search", {"anyone": 422}),
            ("GET", "/api/v1/regions/440106004000", {"anyone": 200}),
            ("GET", "/api/v1/regions/440106999999", {"anyone": 404}),
            ("GET", "/api/v1/regions/440106004000/resolution?on=2018-06-01", {"anyone": 200}),
            ("GET", "/api/v1/regions/999999999999/resolution", {"anyone": 404}),
        ],
    )


def test_a_division_comes_with_those_above_it() -> None:
    make_small_tree()
    body = Client().get("/api/v1/regions/440106004000").json()
    assert [row["name"] for row in body["ancestors"]] == ["广东省", "广州市", "天河区"]
    assert body["full_name"] == f"广东省广州市天河区{body['name']}"


def test_children_say_whether_anything_lies_below() -> None:
    make_small_tree()
    with max_queries(2):
        body = Client().get("/api/v1/regions?parent=440000000000").json()
    assert [(row["name"], row["has_children"]) for row in body["items"]] == [
        ("广州市", True),
        ("深圳市", True),
        ("东莞市", True),
    ]
    assert body["next_cursor"] is None
