"""Every route says who may use it: one of these decorators stands on every view and API operation.

They answer "may this kind of actor ask at all"; which rows he sees is decided in each query
(`Actor.reach`). A test walks all routes and fails on one without a guard.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from ..actors import ANONYMOUS, Actor
from ..errors import Forbidden, OfficersOnly, ResidentsOnly, SignInRequired

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[Concatenate[HttpRequest, P], R]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask: "open", "signed_in", "person", "officer", or "permission": any of those."""

    rule: str
    permissions: tuple[str, ...] = ()


def actor_of(request: HttpRequest) -> Actor:
    """Who is asking; anonymous where no one signed in."""
    actor = getattr(request, "actor", None)
    return actor if isinstance(actor, Actor) else ANONYMOUS


def open_to_all(view: View[P, R]) -> View[P, R]:
    """Anyone may ask."""
    return _guarded(view, Access("open"))


def signed_in(view: View[P, R]) -> View[P, R]:
    """Anyone who has signed in, person or officer."""
    return _guarded(view, Access("signed_in"))


def person_only(view: View[P, R]) -> View[P, R]:
    """A resident, or someone acting for a firm or a relative; not an officer at work."""
    return _guarded(view, Access("person"))


def officer_only(view: View[P, R]) -> View[P, R]:
    """A civil servant at work, whatever his role."""
    return _guarded(view, Access("officer"))


def permitted(*permissions: str) -> Callable[[View[P, R]], View[P, R]]:
    """Someone who holds any of the permissions, wherever it reaches."""

    def decorate(view: View[P, R]) -> View[P, R]:
        return _guarded(view, Access("permission", permissions))

    return decorate


def enforce(request: HttpRequest, access: Access) -> None:
    """Let the request pass, or refuse it. The API calls this before it reads any input.

    Raises: SignInRequired (401); Forbidden (403).
    """
    _check_csrf(request)
    if access.rule == "open":
        return
    actor = actor_of(request)
    if actor.is_anonymous:
        raise why_signed_out(request)
    if access.rule == "person" and not actor.is_person:
        raise ResidentsOnly(needs="person")
    if access.rule == "officer" and not actor.is_officer:
        raise OfficersOnly(needs="officer")
    if access.permissions and not any(actor.can(code) for code in access.permissions):
        raise Forbidden(permission=access.permissions[0])


def why_signed_out(request: HttpRequest) -> SignInRequired:
    """What identity says of a token that no one acts with; else that one has to sign in."""
    refusal = getattr(request, "sign_in_refusal", None)
    return refusal if isinstance(refusal, SignInRequired) else SignInRequired()


def access_of(view: object) -> Access | None:
    """The guard on a view, or None where it was forgotten."""
    access = getattr(view, "access", None)
    return access if isinstance(access, Access) else None


def _guarded(view: View[P, R], access: Access) -> View[P, R]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> R:
        enforce(request, access)
        return view(request, *args, **kwargs)

    guarded.access = access  # type: ignore[attr-defined]
    return cast("View[P, R]", guarded)


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _check_csrf(request: HttpRequest) -> None:
    """API views are exempt from Django's middleware; a cookie session still needs the token."""
    if request.method in SAFE_METHODS or not request.path.startswith("/api/"):
        return
    if getattr(request, "auth_via", None) != "session":
        return
    middleware = _Csrf(_nothing)
    middleware.process_request(request)
    reason = middleware.process_view(request, _nothing, (), {})
    if reason:
        raise Forbidden(needs="csrf_token")


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
