"""Addresses of the product, and bodies their operations can read."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import get_resolver

from lingnan.kernel.actors import Actor
from lingnan.kernel.web.guard import Access, access_of
from lingnan.project.api import api, openapi
from lingnan.project.openapi import walk

from ..architecture.test_routes import pages

PART = re.compile(r"<(?:\w+:)?(\w+)>|\{(\w+)\}")


def parts_of(route: str) -> list[str]:
    return [page or operation for page, operation in PART.findall(route)]


def filled(route: str, values: Mapping[str, str]) -> str:
    """The address with its parts filled in; without the method, with a leading slash."""
    path = PART.sub(lambda found: values[found[1] or found[2]], route.rpartition(" ")[2])
    return path if path.startswith("/") else f"/{path}"


def page_routes() -> Iterator[str]:
    """The addresses of pages."""
    for path, _pattern in pages(get_resolver()):
        if not path.startswith("api/v1/") and path != "":
            yield path


@cache
def document() -> dict[str, Any]:
    return openapi(api)


def api_routes() -> dict[str, dict[str, Any]]:
    """METHOD address -> its operation."""
    return {f"{method.upper()} {path}": operation for path, method, operation in walk(document())}


def guards_of() -> dict[str, Access]:
    """Who may ask at all, for each page and operation."""
    found = {path: access_of(pattern.callback) for path, pattern in pages(get_resolver())}
    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            plain = re.sub(r"\{\w+:(\w+)\}", r"{\1}", path)
            for operation in view.operations:
                for method in operation.methods:
                    found[f"{method} /api/v1{plain}"] = access_of(operation.view_func)
    return {route: access for route, access in found.items() if access is not None}


def is_closed(access: Access, actor: Actor | None) -> bool:
    """Whether the guard refuses him, before the address is even read: for each method and id."""
    if access.rule == "open":
        return False
    if actor is None:
        return True
    return (
        (access.rule == "person" and not actor.is_person)
        or (access.rule == "officer" and not actor.is_officer)
        or (bool(access.permissions) and not any(map(actor.can, access.permissions)))
    )


def schemas() -> dict[str, Any]:
    return dict(document()["components"]["schemas"])


def smallest(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """The smallest value a JSON schema takes: required properties, first choices, dull words."""
    if "$ref" in schema:
        return smallest(known[schema["$ref"].rpartition("/")[2]], known)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return smallest(schema[choice][0], known)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "default" in schema:
        return schema["default"]
    kind = schema.get("type")
    if kind == "object":
        shape = schema.get("properties", {})
        return {name: smallest(shape[name], known) for name in schema.get("required", ())}
    if kind == "array":
        return [smallest(schema["items"], known)] * max(schema.get("minItems", 0), 1)
    if kind in {"integer", "number"}:
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    if kind == "boolean":
        return True
    if kind == "string":
        return _word(schema)
    return {}


def _word(schema: Mapping[str, Any]) -> str:
    match schema.get("format"):
        case "uuid":
            return "00000000-0000-7000-8000-000000000001"
        case "date":
            return "2026-12-30"
        case "date-time":
            return "2026-12-30T09:00:00+08:00"
        case "email":
            return "a@example.cn"
    return "演示理由" if schema.get("maxLength", 9) >= 4 else "演"


def body_of(operation: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    """A body the operation reads, or None where it reads no JSON."""
    content = operation.get("requestBody", {}).get("content", {})
    media = content.get("application/json")
    return smallest(media["schema"], known) if media else None


def form_of(operation: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The fields and files of an operation that reads a form; empty where it reads none."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("multipart/form-data", {}).get("schema", {})
    while "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    values = {}
    for name in schema.get("required", ()):
        shape = schema["properties"][name]
        values[name] = (
            [a_file()]
            if "binary" in str(shape) and shape.get("type") == "array"
            else (a_file() if "binary" in str(shape) else smallest(shape, known))
        )
    return values


def a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.csv", b"a,b\n1,2\n", content_type="text/csv")


def ask(client: Client, method: str, path: str, **options: Any) -> HttpResponseBase:
    """One request whose effects are taken back."""
    with transaction.atomic():
        answer = client.generic(method, path, **options)
        if hasattr(answer, "render") and not getattr(answer, "is_rendered", True):
            answer.render()
        transaction.set_rollback(True)
    return answer
