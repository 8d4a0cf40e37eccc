"""The OpenAPI document: valid 3.1, complete, true to the guards, closed in itself."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from lingnan.project.api import api
from lingnan.project.openapi import document, refusals_by_code

from .conftest import Operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def filled(path: str, operation: dict[str, Any]) -> str:
    """The path with values its parameters allow."""
    for parameter in operation.get("parameters", ()):
        schema = parameter.get("schema", {})
        value = schema.get("enum", ["2027"])[0]
        if schema.get("format") == "uuid":
            value = str(UUID(int=1))
        path = path.replace("{" + parameter.get("name", "") + "}", value)
    return path


def test_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    errors = [
        f"{list(error.instance_path)}: {error.message}"[:300]
        for error in OPENAPI_31_VALIDATOR.iter_errors(document)
    ]
    assert errors == []


def test_refers_only_to_itself_and_to_what_exists(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found, "the document refers to nothing: the walk is broken"
    for reference in found:
        assert reference.startswith("#/"), reference
        place: Any = document
        for part in reference[2:].split("/"):
            place = place[part]


def test_every_operation_is_described(every_operation: list[Operation]) -> None:
    by_id: dict[str, list[str]] = {}
    for path, method, operation in every_operation:
        by_id.setdefault(operation["operationId"], []).append(f"{method} {path}")
    assert {name: where for name, where in by_id.items() if len(where) > 1} == {}
    for path, method, operation in every_operation:
        place = f"{method} {path}"
        assert operation["summary"], place
        assert len(operation["tags"]) == 1, place
        assert any(status.startswith("2") for status in operation["responses"]), place
        assert {"404", "422", "default"} <= operation["responses"].keys(), place
        declared = {p["name"] for p in operation.get("parameters", ()) if p.get("in") == "path"}
        in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        assert declared == in_path, place


def test_shapes_of_one_name_stay_apart(document: dict[str, Any]) -> None:
    """Three modules call a shape StepOut; each operation must refer to its own."""
    schemas = document["components"]["schemas"]
    assert "StepOut" not in schemas
    assert schemas["MattersStepOut"] != schemas["WorkflowStepOut"]


def test_every_json_body_is_an_object(
    document: dict[str, Any], every_operation: list[Operation]
) -> None:
    """The parser refuses anything else."""
    for path, method, operation in every_operation:
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            continue
        schema = media["schema"]
        while "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert schema["type"] == "object", f"{method} {path}"


def test_every_tag_says_what_it_holds(document: dict[str, Any]) -> None:
    assert [tag["name"] for tag in document["tags"] if not tag["description"]] == []


def test_says_who_may(every_operation: list[Operation]) -> None:
    for path, method, operation in every_operation:
        guarded = operation["x-access"] != "open"
        assert ("security" in operation) is guarded, f"{method} {path}"
        assert ("401" in operation["responses"]) or not guarded
    signed_in = [operation for _p, _m, operation in every_operation if "security" in operation]
    assert len(signed_in) > 100


def test_refusals_named_exist(every_operation: list[Operation]) -> None:
    known = refusals_by_code()
    named = {
        code for _p, _m, operation in every_operation for code in operation.get("x-refusals", ())
    }
    assert named - known.keys() == set()
    assert {"identity.sign_in_failed", "case.materials_missing"} <= named


def test_no_anonymous_operation_needs_a_body_first(
    every_operation: list[Operation], client: Client, db: None
) -> None:
    """The guard stands before the reading of the body: a stranger's malformed request is 401."""
    asked = 0
    for path, method, operation in every_operation:
        if operation["x-access"] == "open" or method not in {"post", "put", "patch"}:
            continue
        address = filled(path, operation)
        answer = client.generic(method.upper(), address, "{", content_type="text/plain")
        assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "sign_in_required"
        asked += 1
    assert asked > 50


@pytest.mark.django_db
def test_is_served(client: Client, document: dict[str, Any]) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["paths"].keys() == document["paths"].keys()


def test_pages_of_shapes_of_one_name_stay_two_shapes() -> None:
    paths = document(api)["paths"]
    pages = [
        paths[f"/api/v1/{path}"]["get"]["responses"]["200"]["content"]["application/json"]
        for path in ("audit/entries", "credit/entries")
    ]
    assert [page["schema"]["$ref"].rpartition("/")[2] for page in pages] == [
        "AuditEntryOutPage",
        "CreditEntryOutPage",
    ]
