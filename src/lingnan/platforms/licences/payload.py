"""The sealed payload: what a licence says, as canonical JSON."""

import json
from collections.abc import Mapping
from typing import Any

from lingnan.kernel.text import LocalisedText, localise
from lingnan.security.crypto import services as crypto

from .models import Licence, LicenceType
from .types import LicenceField

PURPOSE = "licences.payload"
FORMAT = "lingnan-licence-1"


def canonical(payload: Mapping[str, object]) -> bytes:
    """One byte string for one payload: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def seal_up(payload: bytes) -> str:
    """Encrypt the payload for the table."""
    return crypto.encrypt(payload, purpose=PURPOSE)


def payload_bytes(licence: Licence) -> bytes:
    """The exact bytes that were signed."""
    return crypto.decrypt(licence.payload_sealed, purpose=PURPOSE)


def payload_of(licence: Licence) -> dict[str, Any]:
    """The payload as values."""
    parsed: dict[str, Any] = json.loads(payload_bytes(licence))
    return parsed


def shown_fields(
    licence_type: LicenceType, fields: Mapping[str, object]
) -> tuple[LicenceField, ...]:
    """The fields in the order of the face, with their titles."""
    properties: dict[str, Any] = licence_type.fields_schema.get("properties", {})
    order = licence_type.face.get("fields") or list(properties)
    shown = []
    for name in order:
        definition = properties.get(name, {})
        if name not in fields:
            continue
        title: LocalisedText = definition.get("x-title") or {"zh-hans": name, "en": name}
        shown.append(
            LicenceField(
                name=name,
                title=title,
                value=text_of(fields[name], definition),
                is_sensitive=bool(definition.get("x-sensitive")),
                is_public=bool(definition.get("x-public")),
            )
        )
    return tuple(shown)


def text_of(value: object, definition: Mapping[str, Any]) -> str:
    """A value of a field as the face says it."""
    for option in definition.get("x-options", ()):
        if option.get("value") == value:
            return localise(option.get("title")) or str(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(text_of(item, definition.get("items", {})) for item in value)
    if isinstance(value, dict):
        return "；".join(text_of(item, {}) for item in value.values())
    return "" if value is None else str(value)
