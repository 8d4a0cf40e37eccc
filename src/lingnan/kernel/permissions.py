"""The registry of permissions: each module declares its own, roles refer to them by code."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Permission:
    code: str
    title: str | Promise


_declared: dict[str, Permission] = {}


def declare(code: str, title: str | Promise) -> str:
    """Make a permission known and return its code. Declaring one code twice is a bug."""
    known = _declared.get(code)
    if known is not None and known.title is not title:
        raise ValueError(f"permission {code} is declared twice")
    _declared[code] = Permission(code, title)
    return code


def declared() -> dict[str, Permission]:
    return dict(_declared)
