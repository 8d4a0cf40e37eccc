"""The schema read once into a tree of nodes: what to ask, with which widget, in what words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...text import LocalisedText
from .conditions import Condition, compile_condition

Kind = Literal["leaf", "group", "list"]
WIDGETS = frozenset(
    {
        "text",
        "textarea",
        "radio",
        "select",
        "checkbox",
        "date",
        "month",
        "money",
        "region",
        "number",
        "phone",
        "resident_id",
        "uscc",
    }
)
RADIO_OPTIONS_MAX = 7
LONG_TEXT_CHARACTERS = 200
REF_DEPTH_MAX = 16
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
YES: LocalisedText = {"zh-hans": "是", "en": "Yes"}
NO: LocalisedText = {"zh-hans": "否", "en": "No"}


class DefinitionError(ValueError):
    """The form's schema cannot be shown as a form; seen when it is published, not by a citizen."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: the value in the data, its text in a request, its name."""

    value: Any
    key: str
    title: LocalisedText | str
    hint: LocalisedText | str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One field (leaf), group of fields, or list."""

    name: str
    kind: Kind
    schema: Mapping[str, Any]
    title: LocalisedText | str
    hint: LocalisedText | str = ""
    required: bool = False
    data_type: str = "string"
    widget: str = "text"
    options: tuple[Option, ...] = ()
    children: tuple["Node", ...] = ()
    show_if: Condition | None = None
    prefill: str = ""
    sensitive: bool = False
    unit: LocalisedText | str = ""
    errors: Mapping[str, LocalisedText] = field(default_factory=dict)

    @property
    def item(self) -> "Node":
        """What a list holds."""
        return self.children[0]

    def child(self, name: str) -> "Node | None":
        return next((node for node in self.children if node.name == name), None)


def build_nodes(schema: Mapping[str, Any]) -> tuple[Node, ...]:
    """The top-level nodes. Raises: DefinitionError."""
    if _type_of(schema) != "object":
        raise DefinitionError("a form's schema describes an object")
    return _children(schema, schema, "")


def option_key(value: object) -> str:
    """How a value is written in a request."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _children(
    schema: Mapping[str, Any], root: Mapping[str, Any], place: str, depth: int = 0
) -> tuple[Node, ...]:
    if depth > REF_DEPTH_MAX:
        raise DefinitionError(f"{place}: too deep, or a reference to itself")
    required = schema.get("required", [])
    properties = schema.get("properties", {})
    return tuple(
        _node(name, part, root, f"{place}.{name}".lstrip("."), name in required, depth)
        for name, part in properties.items()
    )


_SENSITIVE = frozenset({"phone", "resident_id"})  # unless the field says otherwise


def _node(
    name: str, raw: object, root: Mapping[str, Any], place: str, required: bool, depth: int
) -> Node:
    if not _NAME.fullmatch(name):
        raise DefinitionError(f"{place}: a field's name is letters, digits and _")
    schema = _resolved(raw, root, place)
    show_if = schema.get("x-show-if")
    common: dict[str, Any] = {
        "name": name,
        "schema": schema,
        "title": schema.get("x-title") or schema.get("title") or name,
        "hint": schema.get("x-hint") or schema.get("description") or "",
        "required": required,
        "prefill": str(schema.get("x-prefill", "")),
        "sensitive": bool(schema.get("x-sensitive", schema.get("x-widget") in _SENSITIVE)),
        "unit": schema.get("x-unit", ""),
        "errors": schema.get("x-errors", {}),
        "show_if": condition(show_if, place) if show_if else None,
    }
    data_type = _type_of(schema)
    if data_type == "object":
        children = _children(schema, root, place, depth + 1)
        return Node(kind="group", data_type=data_type, children=children, **common)
    if data_type == "array":
        items = _resolved(schema.get("items", {"type": "string"}), root, place)
        options = _options(schema) or _options(items)
        if options:
            return Node(
                kind="leaf", data_type=data_type, widget="checkbox", options=options, **common
            )
        item = _node("item", items, root, place, True, depth + 1)
        return Node(kind="list", data_type=data_type, children=(item,), **common)
    options = _options(schema)
    if data_type == "boolean" and not options:
        options = (Option(True, "true", YES), Option(False, "false", NO))
    widget = str(schema.get("x-widget") or _default_widget(schema, data_type, options))
    if widget not in WIDGETS:
        raise DefinitionError(f"{place}: there is no widget {widget}")
    if widget in {"radio", "select"} and not options:
        raise DefinitionError(f"{place}: {widget} needs options")
    return Node(kind="leaf", data_type=data_type, widget=widget, options=options, **common)


def _default_widget(schema: Mapping[str, Any], data_type: str, options: tuple[Option, ...]) -> str:
    if data_type == "boolean":
        return "checkbox" if schema.get("const") is True else "radio"
    if options:
        return "radio" if len(options) <= RADIO_OPTIONS_MAX else "select"
    if data_type in {"integer", "number"}:
        return "number"
    if schema.get("format") == "date":
        return "date"
    return "textarea" if schema.get("maxLength", 0) > LONG_TEXT_CHARACTERS else "text"


def _options(schema: Mapping[str, Any]) -> tuple[Option, ...]:
    if "x-options" in schema:
        listed = [
            (item["value"], item.get("title", item["value"]), item.get("hint", ""))
            for item in schema["x-options"]
        ]
    elif all("const" in item for item in schema.get("oneOf", [])):
        listed = [
            (item["const"], item.get("x-title") or item.get("title", item["const"]), "")
            for item in schema.get("oneOf", [])
        ]
    else:
        listed = []
    if not listed:
        listed = [(value, str(value), "") for value in schema.get("enum", []) if value is not None]
    return tuple(Option(value, option_key(value), title, hint) for value, title, hint in listed)


def _type_of(schema: Mapping[str, Any]) -> str:
    declared = schema.get("type")
    if isinstance(declared, list):
        declared = next((item for item in declared if item != "null"), "string")
    if declared:
        return str(declared)
    if "properties" in schema:
        return "object"
    if isinstance(schema.get("const"), bool):
        return "boolean"
    return "array" if "items" in schema else "string"


def _resolved(raw: object, root: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """The schema with its local reference followed; its own keywords win."""
    for _ in range(REF_DEPTH_MAX):
        if not isinstance(raw, Mapping):
            raise DefinitionError(f"{place}: a field's schema is an object")
        reference = raw.get("$ref")
        if reference is None:
            return raw
        if not str(reference).startswith("#/"):
            raise DefinitionError(f"{place}: only references inside the schema are followed")
        target: Any = root
        for part in str(reference)[2:].split("/"):
            target = target.get(part) if isinstance(target, Mapping) else None
        if not isinstance(target, Mapping):
            raise DefinitionError(f"{place}: {reference} leads nowhere")
        raw = {**target, **{key: value for key, value in raw.items() if key != "$ref"}}
    raise DefinitionError(f"{place}: references without end")


def condition(text: object, place: str) -> Condition:
    try:
        return compile_condition(str(text))
    except ValueError as error:
        raise DefinitionError(f"{place}: {error}") from error
