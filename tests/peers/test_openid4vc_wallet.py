"""@openid4vc 0.4.6 and @sd-jwt as the wallet: both grants, the status list, and showing it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.platforms.identity.sso.testing import make_client
from lingnan.platforms.identity.testing import make_person, make_person_actor
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.credentials import offers, requests, words
from lingnan.platforms.licences.credentials.types import Wanted
from lingnan.platforms.licences.models import Credential, Licence, PresentationRequest
from lingnan.platforms.licences.testing import (
    make_agency,
    make_holder,
    make_licence,
    officer_actor,
)
from lingnan.platforms.licences.types import SCAN

from .conftest import HERE, Node
from .test_openid_client import _node, ok

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK = "https://wallet.example.cn/callback"


@pytest.fixture
def wallet(node_modules: Path, issuer: str) -> Iterator[Callable[..., Node]]:
    started: list[subprocess.Popen[str]] = []

    def start(client_id: str = "") -> Node:
        process = subprocess.Popen(
            [
                str(_node()),
                str(HERE / "wallet.mjs"),
                json.dumps({"issuer": issuer, "client_id": client_id}),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE,
        )
        started.append(process)
        return Node(process)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def held() -> tuple[Actor, Licence]:
    """A resident who is signed in, and a licence of his."""
    person = make_person("陈美玲")
    holder = replace(make_holder(), id=person.pk)
    return make_person_actor(person), make_licence(holder=holder)


def by_offer(node: Node, actor: Actor, licence: Licence) -> dict[str, Any]:
    """Fetch by the pre-authorised code; returns the step's answer."""
    made = offers.make_offer(actor=actor, licence_id=licence.pk, at=clock.now())
    ok(node.ask("resolve", link=made.link))
    ok(node.ask("pre_authorised", tx_code=made.number))
    return dict(ok(node.ask("fetch")))


def test_it_fetches_by_an_offer_and_judges_what_it_got(
    wallet: Callable[..., Node], held: tuple[Actor, Licence], issuer: str
) -> None:
    actor, licence = held
    node = wallet()
    by_offer(node, actor, licence)
    assert Credential.objects.get().told == "credential_accepted"
    seen = ok(node.ask("check"))
    assert seen["typ"] == "dc+sd-jwt"
    assert seen["holder"]["name"] == "陈美玲"
    assert seen["fields"]["place"] == "演示路 1 号"
    kind = ok(node.ask("type"))
    assert kind["vct"] == seen["vct"] == f"{issuer}/licences/credential-types/{licence.type_code}"
    assert ["fields", "place"] in [claim["path"] for claim in kind["claims"]]
    licences.suspend_licence(
        licence_id=licence.pk, ground="行政许可法 69", actor=SYSTEM, at=clock.now()
    )
    assert "tatus" in node.ask("check")["text"]


def test_it_signs_its_user_in_and_fetches(
    wallet: Callable[..., Node], held: tuple[Actor, Licence], person_at: Any
) -> None:
    actor, licence = held
    program = make_client(
        "openid", "credentials", kind="native", auth_method="none", redirect_uris=[CALLBACK]
    )
    node = wallet(program.client_id)
    link = "openid-credential-offer://?credential_offer=" + json.dumps(
        offers.catalogue_offer(licence.type_code)
    )
    assert "authorization_code" in ok(node.ask("resolve", link=link))["offer"]["grants"]
    url = ok(node.ask("authorise", redirect_uri=CALLBACK, scope="openid credentials"))["url"]
    back = person_at(actor).visit(url)
    assert "credentials" in ok(node.ask("redeem", url=back, redirect_uri=CALLBACK))["scope"]
    ok(node.ask("fetch"))
    assert Credential.objects.get().wallet == program.row.name
    assert ok(node.ask("check"))["holder"]["name"] == "陈美玲"


@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
def test_it_shows_what_an_officer_asks_for(
    wallet: Callable[..., Node], held: tuple[Actor, Licence], mode: str
) -> None:
    actor, licence = held
    node = wallet()
    by_offer(node, actor, licence)
    ok(node.ask("check"))
    asked = requests.ask_presentation(
        actor=officer_actor(make_agency(), SCAN),
        wanted=[Wanted(type_code=licence.type_code, paths=("holder.name", "fields.place"))],
        purpose="现场检查",
        mode=mode,
        at=clock.now(),
    )
    frame = {"holder": {"name": True}, "fields": {"place": True}}
    sent = ok(node.ask("present", link=asked.link, frame=frame))
    assert (sent["status"], sent["version"]) == (200, 100)
    assert sent["client"] in ("x509_san_dns", "x509_hash")
    row = PresentationRequest.objects.get(pk=asked.request_id)
    (line,) = words.shown_in_words(row)
    assert row.state == "shown" and line.proven
    assert {value for _path, _title, value in line.fields} == {"陈美玲", "演示路 1 号"}
