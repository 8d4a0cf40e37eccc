"""The Python client against the platform itself: codes it makes, answers it gives."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from lingnan_client import Lingnan, NotGenuine, OfflineKey, OfflineVerifier, Refused, sm2
from pytest_django.live_server_helper import LiveServer

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import make_officer_actor, make_person_actor, session_token
from lingnan.platforms.licences import services as licences
from lingnan.platforms.licences.testing import holder_actor, make_holder, make_licence
from lingnan.platforms.licences.types import Holder
from lingnan.security.crypto import services as crypto

POINT = bytes.fromhex(
    "04"
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


def test_published_vectors() -> None:
    """GB/T 32905-2016 A.1, A.2; GM/T 0003.5 annex A."""
    assert sm2.sm3(b"abc").hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )
    assert sm2.sm3(b"abcd" * 16).hex() == (
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )
    assert sm2.verify(b"message digest", SIGNATURE, POINT)
    assert not sm2.verify(b"message digest.", SIGNATURE, POINT)
    assert not sm2.verify(b"message digest", SIGNATURE[:32] + bytes(32), POINT)
    assert not sm2.verify(b"message digest", SIGNATURE, POINT[:-1] + b"\x00")


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 1000])
def test_the_digest_is_the_platforms(length: int) -> None:
    assert sm2.sm3(b"x" * length) == crypto.sm3(b"x" * length)


@pytest.mark.django_db(transaction=True)
class TestAgainstThePlatform:
    """One platform, asked over HTTP; its codes read without it."""

    def test_a_code_verifies_offline_and_no_changed_one_does(self, live_server: LiveServer) -> None:
        holder = make_holder()
        licence = make_licence(holder=holder)
        keys = Lingnan(live_server.url).offline_keys()

        def make(purpose: str) -> str:
            return licences.make_offline_code(
                actor=holder_actor(holder), licence_id=licence.pk, purpose=purpose, at=clock.now()
            )

        code, verifier = make("inspect"), OfflineVerifier(keys)
        facts = verifier.verify(code)
        assert (facts.identifier, facts.status) == (licence.identifier, "01")
        assert facts.fields["经营项目"] == "热食类食品制售"
        assert facts.was_valid and facts.is_current()
        assert not facts.is_current(facts.expires_at)
        assert verifier.verify(make("held")).holder_name == "陈*玲"
        head, _dot, tail = code.rpartition(".")
        other = OfflineVerifier([OfflineKey(keys[0].kid, POINT)])
        for wrong in (
            head + "." + ("B" if tail[0] != "B" else "C") + tail[1:],
            code.replace("LNQ1.", "LNQ2."),
            head[:-2] + "AA." + tail,
            "rubbish",
            "",
        ):
            with pytest.raises(NotGenuine):
                verifier.verify(wrong)
        with pytest.raises(NotGenuine):
            other.verify(code)

    def test_the_register_is_asked_online(self, live_server: LiveServer, client: Any) -> None:
        holder = make_holder()
        licence = make_licence(holder=holder)
        assert Lingnan(live_server.url).verify(licence.identifier)["verdict"] == "proven"
        code = licences.make_offline_code(
            actor=holder_actor(holder), licence_id=licence.pk, purpose="held", at=clock.now()
        )
        licences.suspend_licence(licence_id=licence.pk, ground="69", actor=SYSTEM, at=clock.now())
        assert Lingnan(live_server.url).verify(licence.identifier)["verdict"] == "not_valid"
        page = client.post("/verify/code/", {"code": code})
        assert (page.status_code, "暂扣" in page.content.decode()) == (200, True)
        assert client.post("/verify/code/", {"code": code[:-3]}).status_code == 422
        read = client.post(
            "/api/v1/licences/verify-code", {"code": code}, content_type="application/json"
        ).json()
        assert (read["genuine"], read["status_now"]) == (True, "suspended")

    def test_a_consent_is_asked_answered_and_read(self, live_server: LiveServer) -> None:
        resident, officer = make_person_actor(), make_officer_actor("window_clerk")
        assert resident.person_id is not None
        card = identity.person(resident.person_id)
        licence = make_licence(
            holder=Holder(kind="person", id=card.id, name=card.name, code=card.document_number)
        )
        platform = Lingnan(live_server.url, token=session_token(officer))
        asked = platform.ask_consent(
            holder={"kind": "person", "name": card.name, "number": card.document_number},
            type_code=licence.type_code,
            fields=["place"],
            purpose="核实地址",
            until=(clock.now() + timedelta(days=2)).isoformat(),
        )
        with pytest.raises(Refused) as refused:
            platform.read_consent(asked["id"])
        assert (refused.value.status, refused.value.code) == (403, "licences.consent_not_live")
        licences.grant_consent(
            actor=resident, consent_id=asked["id"], licence_id=licence.pk, at=clock.now()
        )
        assert platform.read_consent(asked["id"])["fields"] == {"place": "演示路 1 号"}


def test_an_address_is_one_of_the_web() -> None:
    make: Callable[[str], Lingnan] = Lingnan
    with pytest.raises(ValueError, match="https"):
        make("file:///etc/passwd")
