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
from ..errors import Forbidden, SignInRequired

P = ParamSpec("P")
R = TypeVar("R")
View = Callable[Concatenate[HttpRequest, P], R]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask: "open", "signed_in", "person", "officer" or a permission code."""

    rule: str
    permissions: tuple[str, ...] = ()


def actor_of(request: HttpRequest) -> Actor:
    """Who is asking; anonymous where no one signed in."""
    actor = getattr(request, "actor", None)
    return actor if isinstance(actor, Actor) else ANONYMOUS


def open_to_all(view: View[P, R]) -> View[P, R]:
    """Anyone may ask."""
    return _guarded(view, Access("open"), lambda actor: None)


def signed_in(view: View[P, R]) -> View[P, R]:
    """Anyone who has signed in, person or officer."""
    return _guarded(view, Access("signed_in"), _check_signed_in)


def person_only(view: View[P, R]) -> View[P, R]:
    """A resident, or someone acting for a firm or a relative; not an officer at work."""

    def check(actor: Actor) -> None:
        _check_signed_in(actor)
        if not actor.is_person:
            raise Forbidden(needs="person")

    return _guarded(view, Access("person"), check)


def officer_only(view: View[P, R]) -> View[P, R]:
    """A civil servant at work, whatever his role."""

    def check(actor: Actor) -> None:
        _check_signed_in(actor)
        if not actor.is_officer:
            raise Forbidden(needs="officer")

    return _guarded(view, Access("officer"), check)


def permitted(*permissions: str) -> Callable[[View[P, R]], View[P, R]]:
    """Someone who holds any of the permissions, wherever it reaches."""

    def check(actor: Actor) -> None:
        _check_signed_in(actor)
        if not any(actor.can(permission) for permission in permissions):
            raise Forbidden(permission=permissions[0])

    def decorate(view: View[P, R]) -> View[P, R]:
        return _guarded(view, Access("permission", permissions), check)

    return decorate


def access_of(view: object) -> Access | None:
    """The guard on a view, or None where it was forgotten."""
    access = getattr(view, "access", None)
    return access if isinstance(access, Access) else None


def _check_signed_in(actor: Actor) -> None:
    if actor.is_anonymous:
        raise SignInRequired


def _guarded(view: View[P, R], access: Access, check: Callable[[Actor], None]) -> View[P, R]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> R:
        _check_csrf(request)
        check(actor_of(request))
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
