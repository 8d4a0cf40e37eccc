"""Grants of the token endpoint that modules above bring with them.

A module registers what answers a grant type; the endpoint is identity's, the rows are the module's.
The answer runs in the endpoint's transaction, which commits whatever it says: a refusal is
returned, never raised.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Answer = Callable[[Mapping[str, str], datetime], tuple[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A grant type: what answers it, and what the metadata says of it."""

    type: str
    answer: Answer
    metadata: Mapping[str, Any] = field(default_factory=dict)


_grants: dict[str, Grant] = {}


def register_grant(
    grant_type: str, answer: Answer, *, metadata: Mapping[str, Any] | None = None
) -> None:
    """Let the token endpoint answer one more grant type, for programs nobody registered.

    `answer` gets the form and the instant; it returns a status and the body of RFC 6749 5.
    """
    _grants[grant_type] = Grant(type=grant_type, answer=answer, metadata=metadata or {})


def grant_of(grant_type: str) -> Grant | None:
    """The registered grant of a type."""
    return _grants.get(grant_type)


def registered_grants() -> tuple[Grant, ...]:
    """Every registered grant."""
    return tuple(_grants.values())
