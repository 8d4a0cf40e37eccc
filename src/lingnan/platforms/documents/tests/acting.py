"""Requests as an actor, without identity, which stands above this module."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings

from lingnan.kernel.actors import Actor, Principal

ENVIRON = "lingnan.test_actor"
IDENTITY = "lingnan.platforms.identity.middleware.ActorMiddleware"


class TestActors:
    """Middleware: the request's actor is the one its client was made with."""

    __test__ = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = request.META.get(ENVIRON)
        if actor is not None:
            request.actor = actor  # type: ignore[attr-defined]
        return self.get_response(request)


def client_for(actor: Actor) -> Client:
    """A client whose requests are this actor's."""
    client = Client()
    client.defaults[ENVIRON] = actor  # type: ignore[assignment]
    return client


def make_person_actor() -> Actor:
    """Someone signed in for himself."""
    person_id: UUID = uuid_utils.uuid7()
    return Actor(
        kind="person",
        name="陈美玲",
        account_id=uuid_utils.uuid7(),
        person_id=person_id,
        principal=Principal(kind="person", id=person_id, name="陈美玲"),
    )


def make_officer_actor() -> Actor:
    """A civil servant without any role."""
    return Actor(
        kind="officer", name="李工", account_id=uuid_utils.uuid7(), officer_id=uuid_utils.uuid7()
    )


@pytest.fixture
def actors_from_tests() -> Iterator[None]:
    """Take the actor from the client instead of from a session."""
    ours = f"{TestActors.__module__}.{TestActors.__qualname__}"
    changed = [ours if name == IDENTITY else name for name in settings.MIDDLEWARE]
    with override_settings(MIDDLEWARE=changed):
        yield
