"""What a credential says: the paths of its claims, their words, and their values.

Every claim about holder and licence is disclosed alone or not at all. Source: SD-JWT VC; RFC 9901.
"""

from collections.abc import Mapping
from typing import Any

from sd_jwt.common import SDObj

from lingnan.kernel.text import LocalisedText

from ..models import LicenceType
from ..types import LicenceCard
from .keys import issuer
from .types import BASE_CLAIMS


def vct_of(type_code: str) -> str:
    """The name of a type of credential, an address where it describes itself."""
    return f"{issuer()}/licences/credential-types/{type_code}"


def type_code_of(vct: object) -> str:
    """The type a name of ours stands for; empty for another's."""
    start = f"{issuer()}/licences/credential-types/"
    return vct.removeprefix(start) if isinstance(vct, str) and vct.startswith(start) else ""


def claims_of(licence_type: LicenceType) -> dict[str, LocalisedText]:
    """Every claim a credential of a type may hold, by path, with its words."""
    properties: dict[str, Any] = licence_type.fields_schema.get("properties", {})
    fields = {
        f"fields.{name}": definition.get("x-title") or {"zh-hans": name, "en": name}
        for name, definition in properties.items()
    }
    return {**BASE_CLAIMS, **fields}


def claim_path(path: str) -> list[str]:
    """ "fields.scope" as DCQL and metadata write it."""
    return path.split(".", 1)


def selective(card: LicenceCard) -> dict[str, dict[SDObj, object]]:
    """The claims of a licence, each under a salt of its own."""
    licence: dict[str, object] = {
        "identifier": card.identifier,
        "number": card.number,
        "valid_from": card.valid_from.isoformat(),
    }
    if card.valid_until is not None:
        licence["valid_until"] = card.valid_until.isoformat()
    groups: dict[str, Mapping[str, object]] = {
        "holder": {"name": card.holder_name, "number": card.holder_code},
        "licence": licence,
        "fields": card.fields,
    }
    return {
        group: {SDObj(name): value for name, value in values.items() if value not in (None, "")}
        for group, values in groups.items()
    }


def value_at(claims: Mapping[str, Any], path: str) -> object:
    """The value a wallet disclosed at a path; None where it did not."""
    value: object = claims
    for name in claim_path(path):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
