"""Every request learns who is asking: from the session cookie, or from a bearer token."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.kernel.web.addresses import client_address

from . import services
from .asking import COOKIE
from .errors import IdentityEnded, LeadershipEnded, MandateOver, PostEnded

OPEN_STAGE = "open"
_ENDED: dict[str, type[IdentityEnded]] = {
    "post": PostEnded,
    "mandate": MandateOver,
    "leadership": LeadershipEnded,
}


class ActorMiddleware:
    """Sets `request.actor`, `request.auth_via` ("session", "token", "oauth" or None) and, where a
    token was shown, `request.identification`. A bearer token wins over the cookie: a program says
    who it is.

    Where what the token was for has ended, no one asks, and `request.sign_in_refusal` tells the
    guard what to say. "session" means the cookie: a page of another site could send it, so the
    guard asks for a CSRF token then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = client_address(request)
        token, via = _shown(request)
        found = None
        if token and not request.path.startswith("/static/"):
            found = services.identify(token=token, at=clock.now(), address=address)
        actor = Actor(kind=ANONYMOUS.kind, address=address)
        if found is not None and found.via == "oauth":
            # What a person let a program have opens the API, within its scopes; never a page.
            found, via = (found, "oauth") if request.path.startswith("/api/") else (None, "")
        if found is not None and found.stage == OPEN_STAGE:
            actor = found.actor
        if found is not None and found.ended is not None:
            refusal = _ENDED[found.ended.kind](name=found.ended.name)
            request.sign_in_refusal = refusal  # type: ignore[attr-defined]
        request.actor = actor  # type: ignore[attr-defined]
        request.identification = found  # type: ignore[attr-defined]
        request.auth_via = via if found else None  # type: ignore[attr-defined]
        return self.get_response(request)


def _shown(request: HttpRequest) -> tuple[str, str]:
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip(), "token"
    return request.COOKIES.get(COOKIE, ""), "session"
