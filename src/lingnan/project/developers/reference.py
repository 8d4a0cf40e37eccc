"""The reference as pages show it, read from the OpenAPI document itself.

Computed once per edition of the document: reading it again costs nothing.
"""

import json
import shlex
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext, gettext_noop

from ..api import api, openapi
from ..openapi import walk

DEPTH_MAX = 6
TITLES = {
    "health": gettext_noop("Service health"),
    "identity": gettext_noop("Identity"),
    "matters": gettext_noop("Service items"),
    "government services": gettext_noop("Government services"),
    "workflow": gettext_noop("Workflow"),
    "payment": gettext_noop("Bills and payment"),
    "licences": gettext_noop("Licences"),
    "credit": gettext_noop("Credit"),
    "documents": gettext_noop("Documents"),
    "messaging": gettext_noop("Messages"),
    "regions": gettext_noop("Divisions"),
    "agencies": gettext_noop("Agencies"),
    "calendar": gettext_noop("Working calendar"),
    "codes": gettext_noop("Codes"),
    "audit": gettext_noop("Audit"),
    "performance": gettext_noop("Indicators"),
}
SAMPLES = {
    "uuid": "0192f0c1-7d4e-7b1a-9c55-3f8f0a7a1e11",
    "date": "2026-11-23",
    "date-time": "2026-11-23T09:30:00+08:00",
    "binary": "@file.pdf",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    description: str
    media_type: str
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as its section shows it."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    rule: str
    permissions: tuple[str, ...]
    is_idempotent: bool
    parameters: tuple[Parameter, ...]
    fields: tuple[Parameter, ...]
    body_type: str
    body_example: str
    answers: tuple[Answer, ...]
    problems: tuple[Answer, ...]
    refusals: tuple[str, ...]

    @property
    def slug(self) -> str:
        return self.tag.replace(" ", "-")

    def matches(self, words: list[str]) -> bool:
        text = f"{self.path} {self.summary} {self.description} {self.id} {self.method}".lower()
        text += " ".join(self.refusals)
        return all(word in text for word in words)

    def curl(self, base_url: str) -> str:
        """A request one can paste; placeholders in braces are yours to fill."""
        path = self.path
        lines = [f"curl -sS -X {self.method} {shlex.quote(base_url + path)}"]
        required = [p for p in self.parameters if p.place == "query" and p.is_required]
        if required:
            query = "&".join(f"{p.name}={{{p.name}}}" for p in required)
            lines = [f"curl -sS -X {self.method} {shlex.quote(f'{base_url}{path}?{query}')}"]
        if self.rule != "open":
            lines.append('-H "Authorization: Bearer $TOKEN"')
        if self.is_idempotent:
            lines.append('-H "Idempotency-Key: $(uuidgen)"')
        if self.body_type == "application/json":
            lines.append("-H 'Content-Type: application/json'")
            lines.append(f"-d {shlex.quote(self.body_example)}")
        elif self.body_type:
            lines += [f"-F {field.name}={_form_value(field)}" for field in self.fields]
        return " \\\n  ".join(lines)


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag; `description` is the document's own, in English."""

    tag: str
    slug: str
    description: str
    operations: tuple[Operation, ...]

    @property
    def title(self) -> str:
        """The tag in the reader's language."""
        return gettext(TITLES[self.tag])

    @property
    def about(self) -> str:
        """The description in the reader's language."""
        return gettext(self.description) if self.description else ""


def groups() -> tuple[Group, ...]:
    """Every operation by tag."""
    return _groups(digest())


@lru_cache(maxsize=1)
def digest() -> str:
    """Of the document this process serves."""
    return sha256(json.dumps(openapi(api), sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=2)
def _groups(edition: str) -> tuple[Group, ...]:
    document = openapi(api)
    reader = _Reader(document)
    found: dict[str, list[Operation]] = {}
    for path, method, operation in walk(document):
        made = reader.operation(path, method, operation)
        found.setdefault(made.tag, []).append(made)
    descriptions = {tag["name"]: tag["description"] for tag in document["tags"]}
    return tuple(
        Group(tag, operations[0].slug, descriptions.get(tag, ""), tuple(operations))
        for tag, operations in sorted(found.items())
    )


def _first(content: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The one media type and what it holds."""
    return next(iter(content.items()), ("", {}))


def _form_value(field: Parameter) -> str:
    return "@file.pdf" if field.kind == "file" else f"{{{field.name}}}"


class _Reader:
    def __init__(self, document: dict[str, Any]) -> None:
        self.components = document["components"]

    def operation(self, path: str, method: str, raw: dict[str, Any]) -> Operation:
        content = raw.get("requestBody", {}).get("content", {})
        body_type, media = _first(content)
        schema = media.get("schema", {})
        parameters = [
            parameter for parameter in raw.get("parameters", ()) if "$ref" not in parameter
        ]
        answers = [self.answer(status, answer) for status, answer in raw["responses"].items()]
        return Operation(
            id=raw["operationId"],
            method=method.upper(),
            path=path,
            tag=raw["tags"][0],
            summary=raw["summary"],
            description=raw.get("description", "").split("Raises:")[0].strip(),
            rule=raw["x-access"],
            permissions=tuple(raw.get("x-permissions", ())),
            is_idempotent=len(parameters) < len(raw.get("parameters", ())),
            parameters=tuple(
                Parameter(
                    name=parameter["name"],
                    place=parameter["in"],
                    kind=self.kind(parameter["schema"]),
                    is_required=parameter.get("required", False),
                    description=parameter.get("description", ""),
                )
                for parameter in parameters
            ),
            fields=self.fields(schema),
            body_type=body_type,
            body_example=self.text(schema) if body_type == "application/json" else "",
            answers=tuple(answer for answer in answers if answer.status < "3"),
            problems=tuple(answer for answer in answers if answer.status > "3"),
            refusals=tuple(raw.get("x-refusals", ())),
        )

    def answer(self, status: str, raw: dict[str, Any]) -> Answer:
        raw = self.resolved(raw)
        media_type, media = _first(raw.get("content", {}))
        wants_example = status < "3" and media_type == "application/json"
        example = self.text(media.get("schema", {})) if wants_example else ""
        return Answer(status, raw.get("description", ""), media_type, example)

    def fields(self, schema: dict[str, Any]) -> tuple[Parameter, ...]:
        schema = self.resolved(schema)
        required = schema.get("required", ())
        return tuple(
            Parameter(
                name=name,
                place="body",
                kind=self.kind(field),
                is_required=name in required,
                description=field.get("description", ""),
            )
            for name, field in schema.get("properties", {}).items()
        )

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            kind, name = schema["$ref"].split("/")[-2:]
            schema = self.components[kind][name]
        return schema

    def kind(self, schema: dict[str, Any]) -> str:
        """A short word for the type: "uuid or null", "list of text", "a | b"."""
        schema = self.resolved(schema)
        if "enum" in schema:
            return " | ".join(str(value) for value in schema["enum"])
        if "const" in schema:
            return str(schema["const"])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                kinds = [self.kind(option) for option in schema[key]]
                return " | ".join(dict.fromkeys(kinds))
        if len(schema.get("allOf", ())) == 1:
            return self.kind(schema["allOf"][0])
        if schema.get("type") == "array":
            return f"{self.kind(schema.get('items', {}))}[]"
        kind = "file" if schema.get("format") == "binary" else schema.get("format")
        return str(kind or schema.get("type", "any"))

    def text(self, schema: dict[str, Any]) -> str:
        return json.dumps(self.example(schema), ensure_ascii=False, indent=2)

    def example(self, schema: dict[str, Any], depth: int = 0) -> Any:
        """A value the schema allows, as short as can be."""
        schema = self.resolved(schema)
        for given in ("example", "default", "const"):
            if schema.get(given) is not None:
                return schema[given]
        for given in ("examples", "enum"):
            if schema.get(given):
                return schema[given][0]
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                options = [o for o in schema[key] if o.get("type") != "null"]
                return self.example(options[0], depth) if options else None
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            if depth >= DEPTH_MAX:
                return {}
            return {
                name: self.example(field, depth + 1)
                for name, field in schema.get("properties", {}).items()
            }
        if kind == "array":
            return [self.example(schema.get("items", {}), depth + 1)] if depth < DEPTH_MAX else []
        if kind in ("integer", "number"):
            return max(1, schema.get("minimum", 1))
        if kind == "boolean":
            return True
        return SAMPLES.get(schema.get("format", ""), "…") if kind == "string" else {}
