"""The router all parts share, and what needs a person at a device."""

from django.http import HttpRequest

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.web.guard import actor_of

from ..asking import identification_of
from ..sso.api import router


def in_session(request: HttpRequest) -> Actor:
    """What only a person at a device may do: an API token cannot make tokens or change passwords.

    Raises: Forbidden (403).
    """
    found = identification_of(request)
    if found is None or found.via != "session":
        raise Forbidden(needs="session")
    return actor_of(request)


__all__ = ("in_session", "router")
