"""What no honest client sends: every operation answers with a problem of the 4xx, never a 5xx."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from .conftest import Operation, World

WRITING = {"post", "put", "patch"}
BODIES: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"{", "application/json"),
    "empty": (b"", "application/json"),
    "invalid UTF-8": (b'{"name": "\xff\xfe"}', "application/json"),
    "null character": (b'{"name": "a\\u0000b", "data": {"a": "\\u0000"}}', "application/json"),
    "half a character": (b'{"name": "\\ud800"}', "application/json"),
    "endless number": (b'{"limit": ' + b"9" * 6000 + b"}", "application/json"),
    "not a number": (b'{"data": {"a": NaN}}', "application/json"),
    "deep": (b"[" * 200_000, "application/json"),
    "deep and closed": (b'{"data":' + b"[" * 500 + b"]" * 500 + b"}", "application/json"),
    "a list": (b"[1]", "application/json"),
    "another type": (b"name=a", "text/plain"),
    "XML": (b"<a/>", "application/xml"),
    "no boundary": (b"--x", "multipart/form-data"),
    "broken multipart": (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
}

HOSTILE = ("%00", "%ff%fe", "9" * 40, "a" * 3000, "%ED%A0%80", "'%22;--", "-1", "0001-01-01")


def address_of(path: str, ids: dict[str, str], operation: dict[str, Any]) -> str:
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") != "path":
            continue
        schema = parameter["schema"]
        default = str(UUID(int=1)) if schema.get("format") == "uuid" else "1"
        value = ids.get(parameter["name"]) or schema.get("enum", [default])[0]
        path = path.replace("{" + parameter["name"] + "}", value)
    return path


def send(client: Client, method: str, address: str, **options: Any) -> Any:
    """One request whose effects are rolled back."""
    with transaction.atomic():
        answer = client.generic(method.upper(), address, **options)
        transaction.set_rollback(True)
    return answer


def wrong(answer: Any, *, needs_problem: bool) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"{answer.status_code}"
    if answer.status_code < 400:
        return f"{answer.status_code}" if needs_problem else ""
    if answer["Content-Type"] != "application/problem+json":
        return f"{answer.status_code} {answer['Content-Type']}"
    problem = json.loads(answer.content)
    return "" if problem["status"] == answer.status_code and problem["code"] else f"{problem}"


def test_bodies_no_reader_understands(
    world: World, client: Client, every_operation: list[Operation]
) -> None:
    """As an officer who may do everything, so that the body is really read."""
    found = []
    asked = 0
    for path, method, operation in every_operation:
        if method not in WRITING or "requestBody" not in operation:
            continue
        address = address_of(path, world.ids, operation)
        reads_json = "application/json" in operation["requestBody"]["content"]
        who = "resident" if operation["x-access"] == "person" else "officer"
        for name, (body, media_type) in BODIES.items():
            answer = send(
                client,
                method,
                address,
                data=body,
                content_type=media_type,
                headers=world.headers(who),
            )
            # An empty body may be all an operation asks for; forms read no JSON.
            must_fail = reads_json and name not in {"empty", "null character", "half a character"}
            problem = wrong(answer, needs_problem=must_fail)
            if problem:
                found.append(f"{method} {path} <- {name}: {problem}")
            asked += 1
    assert not found, "\n".join(found)
    assert asked > 500


def test_addresses_no_reader_understands(
    world: World, client: Client, every_operation: list[Operation]
) -> None:
    """Null characters, half characters and endless numbers in the path and in every parameter."""
    found = []
    asked = 0
    for path, method, operation in every_operation:
        if method != "get":
            continue
        address = address_of(path, world.ids, operation)
        who = "resident" if operation["x-access"] == "person" else "officer"
        headers = world.headers(who)
        names = [p["name"] for p in operation.get("parameters", ()) if p.get("in") == "query"]
        cases = {"unknown parameter": (f"{address}?nobody=%00", False)}
        for bad in HOSTILE:
            for name in names:
                cases[f"{name}={bad[:12]}"] = (f"{address}?{name}={bad}", bad == "%00")
            if "{" in path:
                hostile = path
                for parameter in operation["parameters"]:
                    if parameter.get("in") == "path":
                        hostile = hostile.replace("{" + parameter["name"] + "}", bad)
                cases[f"path {bad[:12]}"] = (hostile, bad == "%00")
        for name, (hostile, must_fail) in cases.items():
            problem = wrong(send(client, "GET", hostile, headers=headers), needs_problem=must_fail)
            if problem:
                found.append(f"{path} {name}: {problem}")
            asked += 1
    assert not found, "\n".join(found)
    assert asked > 500


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PATCH", "/api/v1/sessions", 405, "method_not_allowed"),
        ("BREW", "/api/v1/me", 405, "method_not_allowed"),
        ("GET", "/api/v1/nothing-here", 404, "not_found"),
        ("GET", "/api/nothing-here", 404, "not_found"),
        ("POST", "/api/v1/sessions", 422, "malformed"),
    ],
)
def test_what_no_operation_answers_is_a_problem_too(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.generic(method, path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    if status == 405:
        assert answer["Allow"]


@pytest.mark.django_db
def test_another_host_is_a_problem_too(client: Client) -> None:
    answer = client.get("/api/v1/health", headers={"Host": "a_b:nonsense"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_bug_is_a_problem_too(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer says nothing of the bug; the log says all."""

    def broken(**_options: object) -> None:
        raise ZeroDivisionError("a secret of ours")

    monkeypatch.setattr("lingnan.project.health.look", broken)
    answer = client.get("/api/v1/health")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.content.decode()
    assert "a secret of ours" in caplog.text
