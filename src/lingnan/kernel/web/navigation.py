"""What stands in the navigation of each face, and who is signed in: modules tell, pages show.

A module calls `register(...)` when its app is ready, so that no page names a module above it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from ..actors import Actor

Face = Literal["portal", "desk", "cockpit", "developers", "footer"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a face's navigation."""

    face: Face
    label: str | Promise
    url_name: str
    permissions: tuple[str, ...]
    order: int
    icon: str
    group: str | Promise
    large: bool


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as this reader sees it."""

    label: str
    url: str
    icon: str
    group: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingChoice:
    """One identity the account may act in: the person, a relative, a firm, the post at work."""

    kind: Literal["person", "organisation", "officer"]
    id: UUID
    name: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPanel:
    """What the header needs to know of the account; empty addresses are left out."""

    choices: tuple[ActingChoice, ...] = ()
    unread: int = 0
    act_as_url: str = ""
    sign_in_url: str = ""
    sign_out_url: str = ""
    account_url: str = ""
    messages_url: str = ""


_entries: dict[tuple[Face, str], Entry] = {}
_account: list[Callable[[HttpRequest], AccountPanel]] = []


def register(
    face: Face,
    label: str | Promise,
    url_name: str,
    *,
    permission: str | tuple[str, ...] | None = None,
    order: int = 100,
    icon: str = "",
    group: str | Promise = "",
    large: bool = False,
) -> None:
    """Add a line to a face, for whoever has one of the permissions; without any, for everyone.

    `large` keeps it in the large-type layout, which shows only a few.

    Registering the same address again replaces the line, so a reload does no harm.
    """
    wanted = (permission,) if isinstance(permission, str) else permission or ()
    _entries[face, url_name] = Entry(face, label, url_name, wanted, order, icon, group, large)


def provide_account(provider: Callable[[HttpRequest], AccountPanel]) -> None:
    """Name the one function that says who is signed in (identity calls this once)."""
    _account[:] = [provider]


def account_panel(request: HttpRequest) -> AccountPanel:
    return _account[0](request) if _account else AccountPanel()


def links(face: Face, *, actor: Actor, path: str, large: bool = False) -> list[Link]:
    """The lines this reader may use, in order; the longest address that fits is the current one."""
    found: list[tuple[Entry, str]] = []
    for entry in sorted(_entries.values(), key=lambda entry: (entry.order, entry.url_name)):
        if entry.face != face or (large and not entry.large):
            continue
        if entry.permissions and not any(actor.can(name) for name in entry.permissions):
            continue
        try:
            found.append((entry, reverse(entry.url_name)))
        except NoReverseMatch:
            continue
    first: dict[str, int] = {}
    for entry, _url in found:
        first.setdefault(str(entry.group), len(first))
    found.sort(key=lambda line: first[str(line[0].group)])  # a group stands together
    current = max((url for _, url in found if path.startswith(url)), key=len, default="")
    if current == "/" and path != "/":
        current = ""
    return [
        Link(str(entry.label), url, entry.icon, str(entry.group), url == current)
        for entry, url in found
    ]
