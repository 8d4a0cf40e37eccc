"""Builders for tests: actors with audit rights, and clients that carry an actor."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.test import Client

from lingnan.kernel.actors import ANONYMOUS, Actor, Grant

from .types import READ_AUDIT, VERIFY_AUDIT

ACTOR = "lingnan.actor"


def audit_admin(*, agency_id: UUID | None = None) -> Actor:
    """An audit administrator, everywhere or of one agency."""
    return Actor(
        kind="officer",
        name="审计管理员",
        account_id=uuid4(),
        officer_id=uuid4(),
        grants=(
            Grant(
                role="audit_admin",
                permissions=frozenset({READ_AUDIT, VERIFY_AUDIT}),
                agency_id=agency_id,
                region_path=None if agency_id else "",
            ),
        ),
    )


class ActorsFromTest:
    """Middleware of tests only: the actor a test client carries, in place of a sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = request.META.get(ACTOR, ANONYMOUS)  # type: ignore[attr-defined]
        return self.get_response(request)


def client_of(actor: Actor) -> Client:
    """A client that asks as an actor, once `with_actors` was called."""
    client = Client()
    defaults: dict[str, Any] = client.defaults
    defaults[ACTOR] = actor
    return client


def with_actors(settings: Any) -> None:
    """Let test clients carry their actor: puts `ActorsFromTest` behind the real middleware."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.ActorsFromTest"]
