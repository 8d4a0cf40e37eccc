"""The bank gateway signed with SM2: what is forged, old, replayed or turned round is refused, and
keys change over without a gap. Source: docs/reference/bank-gateway.md; GM/T 0009-2012.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from lingnan.kernel.errors import UnusableFile
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import CertificateUnreadable

from .. import services
from ..adapters import bank_messages as messages
from ..adapters import credentials, registry
from ..adapters.bank_gateway import CALLBACK_PATH, BankGateway
from ..adapters.bank_signatures import ALGORITHM, SERIAL, KeySigner, SecretSigner, key_signer
from ..adapters.credentials import Credentials
from ..errors import ChannelUnavailable, ForgedNotice, ReplayedNotice
from ..models import ChannelNotice, NoticeNonce
from ..simulators.bank import Bank
from ..simulators.server import serve
from ..testing import make_bill
from .conftest import SECRET, FakeBank, Wire
from .test_bank_simulator import order
from .test_pay import begin, now, state_of

pytestmark = pytest.mark.django_db


def made_in(path: Path) -> Credentials:
    credentials.make_test_credentials(path, "bank")
    return credentials.load(path, "bank")


@pytest.fixture
def folder(tmp_path: Path) -> Credentials:
    return made_in(tmp_path / "keys")


def sides(folder: Credentials, **changes: list[str]) -> tuple[KeySigner, KeySigner]:
    """The signers of the platform and of the bank."""
    found = Credentials(folder.path, {**folder.values, **changes})
    return key_signer(found, own="own", other="bank"), key_signer(found, own="bank", other="own")


@pytest.fixture
def keyed(folder: Credentials, monkeypatch: pytest.MonkeyPatch) -> FakeBank:
    """The bank and the platform with keys of both sides."""
    platform, bank = sides(folder)
    made = FakeBank(signer=bank, public_url="http://bank.invalid")
    gateway = BankGateway(url="http://bank.invalid", signer=platform, transport=Wire(made))
    monkeypatch.setitem(registry.FACTORIES, "bank", lambda: gateway)
    return made


def tell(body: bytes, headers: dict[str, str]) -> None:
    services.receive_notice(channel="bank", body=body, headers=headers, at=now())


def test_a_bill_is_paid_over_signed_messages_and_a_notice_counts_once(keyed: FakeBank) -> None:
    bill = make_bill(at=now())
    number = begin(bill).order_number
    keyed.pay(number, "normal")
    body, headers = keyed.notice(number)
    assert (headers[ALGORITHM], len(headers[SERIAL]) > 20) == ("SM2-SM3", True)
    tell(body, headers)
    assert state_of(bill) == "paid"
    with pytest.raises(ReplayedNotice):
        tell(body, headers)
    assert ChannelNotice.objects.get().times_received == 1
    tell(*keyed.notice(number))  # signed anew: a repetition, and taken as one
    assert ChannelNotice.objects.get().times_received == 2
    assert services.forget_nonces(at=now()) == 0
    assert services.forget_nonces(at=now() + timedelta(days=2)) == 2


def test_forged_old_and_turned_round_notices_leave_no_trace(
    keyed: FakeBank, folder: Credentials, tmp_path: Path
) -> None:
    bill = make_bill(at=now())
    number = begin(bill).order_number
    keyed.pay(number, "normal")
    body, headers = keyed.notice(number)
    _stranger, stranger = sides(made_in(tmp_path / "stranger"))
    own, _bank = sides(folder)
    attacks: dict[str, tuple[bytes, dict[str, str]]] = {
        "another text": (body.replace(b"1000", b"1"), headers),
        "no signature": (body, {}),
        "a stranger": (body, keyed.signed(body, signer=stranger)),
        "a stranger under the bank's serial": (
            body,
            {**keyed.signed(body, signer=stranger), SERIAL: headers[SERIAL]},
        ),
        "our own words": (body, keyed.signed(body, signer=own)),
        "the shared secret": (body, keyed.signed(body, signer=SecretSigner(SECRET))),
        "the secret under the other name": (
            body,
            {**keyed.signed(body, signer=SecretSigner(SECRET)), ALGORITHM: "SM2-SM3"},
        ),
        "six minutes old": (body, keyed.signed(body, at=now() - timedelta(minutes=6))),
        "from tomorrow": (body, keyed.signed(body, at=now() + timedelta(days=1))),
        "another instant": (body, {**headers, messages.TIMESTAMP: str(int(now().timestamp()) + 9)}),
        "another nonce": (body, {**headers, messages.NONCE: "0" * 32}),
        "not base64": (body, {**headers, messages.SIGNATURE: "é"}),
        "not DER": (body, {**headers, messages.SIGNATURE: "AAAA"}),
        "of a question": (
            body,
            keyed.signer.sign(method="GET", path=CALLBACK_PATH, body=body, at=now()),
        ),
    }
    for name, (wrong_body, wrong_headers) in attacks.items():
        with pytest.raises(ForgedNotice):
            tell(wrong_body, wrong_headers)
        assert not ChannelNotice.objects.exists(), name
    assert (state_of(bill), NoticeNonce.objects.count()) == ("paying", 0)
    tell(body, headers)
    assert state_of(bill) == "paid"


def test_an_answer_of_another_request_is_no_answer(folder: Credentials) -> None:
    platform, bank = sides(folder)
    facts: dict[str, Any] = {"method": "GET ANSWER", "path": "/orders/1", "body": b"{}"}
    recorded = bank.sign(at=now(), nonce="ab" * 16, **facts)
    assert platform.holds(headers=recorded, at=now(), nonce="ab" * 16, **facts)
    assert not platform.holds(headers=recorded, at=now(), nonce="cd" * 16, **facts)


def add(folder: Credentials, name: str, *, begins: datetime, ends: datetime) -> None:
    key = crypto.make_file_key()
    (folder.path / f"{name}.key").write_bytes(key.to_pem())
    (folder.path / f"{name}.crt").write_bytes(
        key.certificate(
            common_name=name, serial_number=7_000 + len(name), not_before=begins, not_after=ends
        )
    )


FACTS: dict[str, Any] = {"method": "POST", "path": "/x", "body": b"{}"}


def test_keys_change_over_without_a_gap(folder: Credentials) -> None:
    """First the other side learns the new certificate, then it signs; the old ends by its term."""
    at = datetime.now(UTC).replace(microsecond=0)
    add(folder, "old", begins=at - timedelta(days=300), ends=at + timedelta(days=7))
    add(folder, "newer", begins=at + timedelta(days=1), ends=at + timedelta(days=300))
    platform, bank = sides(folder, bank=["old", "newer"])
    behind, slow = sides(folder, bank=["old"])
    later = at + timedelta(days=2)
    first, second = bank.sign(at=at, **FACTS), bank.sign(at=later, **FACTS)
    assert first[SERIAL] != second[SERIAL]
    assert platform.holds(headers=first, at=at, **FACTS)
    assert platform.holds(headers=second, at=later, **FACTS)
    assert not behind.holds(headers=second, at=later, **FACTS)  # who was not told does not believe
    assert platform.holds(headers=slow.sign(at=later, **FACTS), at=later, **FACTS)  # both count
    for signer, days in ((slow, 8), (bank, 400)):
        with pytest.raises(KeyError):
            signer.sign(at=at + timedelta(days=days), **FACTS)


def test_a_key_after_its_term_signs_for_nobody(folder: Credentials) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    before = at - timedelta(minutes=2)
    add(folder, "short", begins=at - timedelta(days=9), ends=at - timedelta(minutes=1))
    platform, bank = sides(folder, bank=["short"])
    headers = bank.sign(at=before, **FACTS)
    assert platform.holds(headers=headers, at=before, **FACTS)
    assert not platform.holds(headers=headers, at=at, **FACTS)


def test_key_files_are_those_of_other_programs_and_nothing_else() -> None:
    key = crypto.make_file_key()
    again = crypto.read_file_key(key.to_pem())
    assert crypto.verify(b"x", again.sign(b"x"), public_point=key.public_point)
    assert "_secret" not in repr(key)
    for wrong in (b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(CertificateUnreadable):
            crypto.read_file_key(wrong)


@pytest.fixture
def simulator(folder: Credentials) -> Iterator[Bank]:
    bank = Bank(signer=sides(folder)[1], public_url="")
    server = serve(bank, host="127.0.0.1", port=0)
    bank.public_url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield bank
    server.shutdown()
    server.server_close()


def test_the_simulator_speaks_it_over_http_and_takes_a_request_once(
    simulator: Bank, folder: Credentials
) -> None:
    gateway = BankGateway(url=simulator.public_url, signer=sides(folder)[0])
    asked = order("http://127.0.0.1/", "K1")
    assert gateway.place_order(asked).pay_url.startswith(simulator.public_url)
    stranger = BankGateway(url=simulator.public_url, signer=SecretSigner(SECRET))
    with pytest.raises(ChannelUnavailable):
        stranger.place_order(order("http://127.0.0.1/", "K2"))
    (nonce,) = simulator.nonces
    assert not simulator.takes(nonce)


def test_the_folder_decides_which_way_the_bank_signs(tmp_path: Path, settings: Any) -> None:
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"channels": str(tmp_path)})
    assert isinstance(registry.bank_signer("own", "bank"), SecretSigner)
    made_in(tmp_path)
    assert isinstance(registry.bank_signer("own", "bank"), KeySigner)


def test_a_key_that_does_not_fit_its_certificate_stops_the_start(
    tmp_path: Path, settings: Any
) -> None:
    folder = made_in(tmp_path)
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"channels": str(tmp_path)})
    config = apps.get_app_config("payment")
    config.ready()
    add(folder, "swapped", begins=now(), ends=now() + timedelta(days=9))
    (folder.path / "swapped.key").write_bytes(crypto.make_file_key().to_pem())
    add(folder, "broken", begins=now(), ends=now() + timedelta(days=9))
    (folder.path / "broken.crt").write_bytes(b"x")
    add(folder, "lost", begins=now(), ends=now() + timedelta(days=9))
    (folder.path / "lost.key").unlink()
    for name, said in (
        ("swapped", "swapped.key is not the private key of the certificate swapped.crt"),
        ("broken", "broken.crt is no certificate"),
        ("lost", "lost.key cannot be read"),
    ):
        with pytest.raises(UnusableFile, match=said):
            sides(folder, own=[name])
    settings_file = folder.path / credentials.SETTINGS
    settings_file.write_text(settings_file.read_text().replace("own-1", "swapped"))
    credentials.load.cache_clear()
    with pytest.raises(UnusableFile, match="swapped"):
        config.ready()
    credentials.load.cache_clear()
