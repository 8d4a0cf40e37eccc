"""Form answers: checked against the pinned form, with fields marked x-sensitive kept as ciphertext.

A sealed answer is {"sealed": <ciphertext>} in the place of its value, so that lists, exports and
back-ups of the row show nothing.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.text import DEFAULT_LANGUAGE, localise
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.security.crypto import services as crypto
from lingnan.standards.matters.types import Item

PURPOSE = "government_services.answers"
DEFINITIONS_MAX = 2000
_MARK = "sealed"
_definitions: dict[UUID, FormDefinition] = {}

Data = dict[str, Any]


def check(item: Item, data: Mapping[str, Any]) -> list[FieldProblem]:
    """What is wrong with the answers to an item's form; empty when nothing is. In memory."""
    if not item.form_schema:
        return []
    return list(definition(item).validate(data))


def definition(item: Item) -> FormDefinition:
    """The compiled form of an item version. A published version never changes, so it is kept."""
    known = _definitions.get(item.item_version_id)
    if known is None:
        if len(_definitions) >= DEFINITIONS_MAX:
            _definitions.clear()
        known = _definitions[item.item_version_id] = FormDefinition(item.form_schema)
    return known


def seal(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Data:
    """The answers as they are stored."""
    return _walk(schema, data, _seal_value)


def unseal(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Data:
    """The answers as they were given."""
    return _walk(schema, data, _unseal_value)


def plain(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Data:
    """The answers without the sensitive ones: what a process may know."""
    kept: Data = {}
    properties = schema.get("properties", {})
    for name, value in data.items():
        field = properties.get(name, {})
        if field.get("x-sensitive") or _is_sealed(value):
            continue
        kept[name] = plain(field, value) if isinstance(value, dict) else value
    return kept


def in_words(schema: Mapping[str, Any], data: Mapping[str, Any]) -> Data:
    """Answers as a paper says them: the words of chosen options in Chinese."""
    said: Data = {}
    properties = schema.get("properties", {})
    for name, value in data.items():
        field = properties.get(name, {})
        options = {
            str(option["value"]): localise(option.get("title"), DEFAULT_LANGUAGE)
            for option in field.get("x-options") or field.get("items", {}).get("x-options") or ()
        }
        if isinstance(value, dict):
            said[name] = in_words(field, value)
        elif isinstance(value, list):
            said[name] = "、".join(
                options.get(str(entry), str(entry))
                for entry in value
                if not isinstance(entry, dict)
            )
        else:
            said[name] = options.get(str(value), value)
    return said


def seal_text(text: str) -> str:
    return crypto.encrypt(text.encode(), purpose=PURPOSE)


def unseal_text(ciphertext: str) -> str:
    return crypto.decrypt(ciphertext, purpose=PURPOSE).decode()


def _walk(schema: Mapping[str, Any], data: Mapping[str, Any], change: Callable[[Any], Any]) -> Data:
    properties = schema.get("properties", {})
    changed: Data = {}
    for name, value in data.items():
        field = properties.get(name, {})
        if field.get("x-sensitive") and value not in (None, ""):
            changed[name] = change(value)
        elif isinstance(value, dict) and not _is_sealed(value):
            changed[name] = _walk(field, value, change)
        elif isinstance(value, list):
            items = field.get("items", {})
            changed[name] = [
                _walk(items, row, change) if isinstance(row, dict) else row for row in value
            ]
        else:
            changed[name] = value
    return changed


def _is_sealed(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {_MARK}


def _seal_value(value: Any) -> Any:
    if _is_sealed(value):
        return value
    return {_MARK: seal_text(json.dumps(value, ensure_ascii=False))}


def _unseal_value(value: Any) -> Any:
    if not _is_sealed(value):
        return value
    return json.loads(unseal_text(value[_MARK]))
