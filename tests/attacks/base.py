"""Who asks, and by which ids: what every part of the world adds to."""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.platforms.identity import services as identities
from lingnan.platforms.identity.testing import session_token

PROVINCE = "440000000000"
ELSEWHERE = "440300000000"
EVERYTHING = "everything"
# What people write, wherever they may write.
NASTY = "\"'><script>x1()</script><img src=x onerror=x1()>{{7*7}}{% now %}\u202e&amp;=1+1"


@dataclass
class World:
    """Ids by what they are of, and tokens of who asks."""

    ids: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def know(self, who: str, actor: Actor) -> Actor:
        self.tokens[who] = session_token(actor)
        found = identities.identify(token=self.tokens[who], at=clock.now(), address="127.0.0.1")
        assert found is not None
        self.actors[who] = found.actor
        return found.actor

    def page(self, who: str) -> Client:
        """A browser of who asks, by the cookie."""
        client = Client(raise_request_exception=False)
        if who in self.tokens:
            client.cookies["lingnan_session"] = self.tokens[who]
        return client

    def api(self, who: str) -> Client:
        """A program of who asks, by the bearer token."""
        if who not in self.tokens:
            return Client(raise_request_exception=False)
        return Client(
            raise_request_exception=False, headers={"Authorization": f"Bearer {self.tokens[who]}"}
        )


def rows(label: str, model: str) -> Any:
    """The rows of a module's table, where its builders return none."""
    return apps.get_model(label, model).objects
