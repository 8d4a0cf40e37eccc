"""The registry of permissions: each module declares its own, roles refer to them by code."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Permission:
    """`for_all`: what is done under it binds the whole platform, so its reach must hold it all."""

    code: str
    title: str | Promise
    for_all: bool = False


_declared: dict[str, Permission] = {}


def declare(code: str, title: str | Promise, *, for_all: bool = False) -> str:
    """Make a permission known and return its code. Declaring one code twice is a bug."""
    known = _declared.get(code)
    if known is not None and known.title is not title:
        raise ValueError(f"permission {code} is declared twice")
    _declared[code] = Permission(code, title, for_all)
    return code


def is_for_all(code: str) -> bool:
    found = _declared.get(code)
    return found is not None and found.for_all


def declared() -> dict[str, Permission]:
    return dict(_declared)
