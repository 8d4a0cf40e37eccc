"""The types of licence that ship: the common ones of persons and firms, as files.

`content/types/<key>.json` holds one type as a person can read and change it. Types that a shipped
matter ends in are defined with that matter, not here. The plan's twelve personal licences are here
and there together. Loading again changes nothing.
Source: Plan 五（二）2（4）.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from lingnan.kernel.actors import system_actor
from lingnan.kernel.errors import NotFound
from lingnan.standards.agencies import queries as agencies

from .catalogue import define_type

FOLDER = Path(__file__).resolve().parents[1] / "content" / "types"
PROVINCE = "440000000000"


def shipped_types() -> list[dict[str, Any]]:
    """The content of every file, by key."""
    return [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]


def load_types(*, at: datetime) -> int:
    """Define every shipped type whose defining body is known here; return how many.

    Raises: LicenceTypeMalformed (422) for wrong content.
    """
    actor, loaded = system_actor("licences.content"), 0
    for content in shipped_types():
        try:
            body = agencies.agency_of_kind(content["defined_by_kind"], PROVINCE)
        except NotFound:
            continue
        define_type(definition(content, body.uscc), at=at, actor=actor)
        loaded += 1
    return loaded


def definition(content: Mapping[str, Any], body_uscc: str) -> dict[str, object]:
    """What `define_type` takes for a file's content, as defined by a body."""
    fields = {
        field["name"]: {
            "type": "string",
            "minLength": 1,
            "maxLength": 500,
            "x-title": field["title"],
            **({"x-sensitive": True} if field.get("sensitive") else {}),
        }
        for field in content["fields"]
    }
    rest = {
        name: value
        for name, value in content.items()
        if name not in ("sequence", "defined_by_kind", "fields")
    }
    return {
        **rest,
        "code": f"{body_uscc}{content['sequence']}",
        "fields_schema": {
            "type": "object",
            "properties": fields,
            "required": [content["fields"][0]["name"]],
            "additionalProperties": False,
        },
        "face": {**content["face"], "fields": list(fields)},
    }
