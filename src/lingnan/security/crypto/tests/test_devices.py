"""GM/T 0029: keys in a signing device; the same words once; a device away is said so."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.errors import UnusableFile
from lingnan.kernel.testing import race

from .. import devices, keyring, services
from ..adapters import device as port
from ..adapters import gmt0029
from ..adapters.registry import provider
from ..errors import DeviceAway, DeviceKeyLost, DeviceRefused, KeyUnusable
from ..models import DeviceSignature, Key
from ..simulator import Box, serve

PURPOSE = "licences.seal:11440000TEST"
pytestmark = pytest.mark.django_db


class Bench:
    """A test signature server and its file."""

    def __init__(self, folder: Path, form: str) -> None:
        self.folder, self.form = folder, form
        self.box = Box()
        self.point, self.code = self.box.make_key(3)
        self.server: ThreadingHTTPServer = serve(self.box, host="127.0.0.1", port=0)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.write()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def write(self, **changes: Any) -> None:
        key = {"index": 3, "purpose": PURPOSE, "public_key": self.point.hex(), "code": self.code}
        said = {
            "protocol": "gmt0029", "url": self.url, "form": self.form, "timeout_seconds": 2,
            "is_test": True, "keys": [{**key, **changes.pop("key", {})}], **changes,
        }  # fmt: skip
        (self.folder / "hsm.json").write_text(json.dumps(said))
        port.device_files.cache_clear()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(params=["urlencoded", "json"])
def bench(request: Any, tmp_path: Path, settings: Any) -> Iterator[Bench]:
    settings.LINGNAN = django_settings.LINGNAN.model_copy(update={"signing_devices": str(tmp_path)})
    made = Bench(tmp_path, request.param)
    yield made
    made.close()
    port.device_files.cache_clear()


def make_key() -> UUID:
    return services.issue_certificate(
        common_name="测试章", organisation="测试", purpose=PURPOSE, at=clock.now()
    ).key_id


def test_a_key_stays_in_the_device_and_its_signatures_hold(bench: Bench) -> None:
    key = Key.objects.get(pk=make_key())
    assert (key.device, bytes(key.public_point)) == ("hsm", bench.point)
    assert keyring.by_id(key.pk).secret == b"3"  # its number there, and nothing else
    signature = services.sign(b"words", key_id=key.pk)
    assert services.verify(b"words", signature, public_point=bench.point)
    other = services.generate_signing_key(purpose="elsewhere")
    assert Key.objects.get(pk=other.key_id).device == "software"


def test_the_same_words_are_signed_once_even_after_a_rollback(bench: Bench) -> None:
    key_id = make_key()
    before = bench.box.signed
    with pytest.raises(RuntimeError), transaction.atomic():
        first = services.sign(b"the same", key_id=key_id)
        raise RuntimeError
    assert services.sign(b"the same", key_id=key_id) == first
    assert bench.box.signed == before + 1
    assert services.sign(b"other words", key_id=key_id) != first


@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_one_signature(bench: Bench) -> None:
    key_id = make_key()
    before = bench.box.signed
    answers = race([lambda: services.sign(b"at once", key_id=key_id)] * 3)
    assert len(set(answers)) == 1
    assert bench.box.signed == before + 1


def test_a_lost_answer_is_asked_for_again_and_one_signature_is_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id = make_key()
    lost: list[str] = []
    ask = gmt0029.SignatureServer._ask

    def once_lost(self: Any, name: str, fields: Any) -> Any:
        answer = ask(self, name, fields)
        if not lost:
            lost.append(answer["signature"])  # the device signed, and nobody heard
            raise port.DeviceSilent("ReadTimeout")
        return answer

    monkeypatch.setattr(gmt0029.SignatureServer, "_ask", once_lost)
    kept = services.sign(b"lost", key_id=key_id)
    assert base64.b64encode(kept).decode() != lost[0]
    assert services.sign(b"lost", key_id=key_id) == kept
    assert DeviceSignature.objects.filter(key_id=key_id).count() == 1


def test_a_device_away_is_said_in_words_and_nothing_is_signed(bench: Bench) -> None:
    key_id = make_key()
    bench.close()
    with pytest.raises(DeviceAway) as away:
        services.sign(b"x", key_id=key_id)
    assert away.value.retry_after_s == devices.RETRY_AFTER_S
    assert not DeviceSignature.objects.filter(key_id=key_id).exists()
    with pytest.raises(DeviceAway):
        make_key()  # no certificate is made for a key nobody can show
    (bench.folder / "hsm.json").unlink()
    port.device_files.cache_clear()
    with pytest.raises(DeviceAway):
        services.sign(b"x", key_id=key_id)  # and never with a key in software in its place


@pytest.mark.parametrize(
    ("wrong", "number"),
    [({"code": "0"}, "0x04000006"), ({"index": 4}, "0x04000005")],
)
def test_what_the_device_refuses_is_told_with_its_number(
    bench: Bench, wrong: dict[str, Any], number: str
) -> None:
    bench.write(key=wrong)
    with pytest.raises(DeviceRefused) as refused:
        make_key()
    assert number in refused.value.text


def test_a_key_that_its_file_names_no_more_is_said_in_words(bench: Bench) -> None:
    key_id = make_key()
    bench.write(key={"index": 4})
    with pytest.raises(DeviceRefused) as refused:
        services.sign(b"x", key_id=key_id)
    assert "3" in refused.value.text
    assert bench.box.signed == 1  # the challenge alone


def test_a_device_with_another_key_than_its_file_says_signs_nothing(bench: Bench) -> None:
    other = provider().sm2_generate()[1]
    bench.write(key={"public_key": other.hex()})
    with pytest.raises(DeviceRefused):
        make_key()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"respValue=",
        b"respValue=0",
        b"respValue=0&signature=%%%",
        b"[]",
        b'{"respValue": 0}',
        b"respValue=0&signature=%E7%AD%BE",
        '{"respValue": 0, "signature": "签"}'.encode(),
    ],
)
def test_a_strange_answer_is_no_signature(
    bench: Bench, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id = make_key()
    handler = bench.server.RequestHandlerClass

    def post(self: Any) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        kind = "json" if answer[:1] in (b"[", b"{") else "x-www-form-urlencoded"
        self.send_header("Content-Type", f"application/{kind}")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    monkeypatch.setattr(handler, "do_POST", post)
    with pytest.raises(DeviceRefused):
        services.sign(answer + b"y", key_id=key_id)
    assert not DeviceSignature.objects.filter(key_id=key_id).exists()


def test_a_key_that_may_be_known_gets_no_certificate_again_and_none_stays(bench: Bench) -> None:
    lost, other = (
        services.issue_certificate(
            common_name="测试章", organisation="测试", purpose=PURPOSE, at=clock.now()
        )
        for _turn in range(2)
    )
    elsewhere = services.issue_certificate(
        common_name="别章", organisation="测试", purpose="elsewhere", at=clock.now()
    )
    ended = clock.now()
    services.revoke_certificate(
        certificate_id=lost.certificate_id, at=ended, reason="key_compromise"
    )
    assert services.check_certificate(other.der, at=ended).problems == ("revoked",)
    assert services.check_certificate(elsewhere.der, at=ended).is_trusted
    for key_id in (lost.key_id, other.key_id):
        keyring.forget()  # as after the commit, which no test of this kind sees
        with pytest.raises(KeyUnusable):
            services.sign(b"x", key_id=key_id)
    with pytest.raises(DeviceKeyLost):
        make_key()
    bench.point, bench.code = bench.box.make_key(3)
    bench.write()
    assert Key.objects.get(pk=make_key()).public_point == bench.point


def test_one_key_of_a_device_is_for_one_purpose_and_never_an_authority(bench: Bench) -> None:
    file = bench.folder / "hsm.json"
    said = json.loads(file.read_text())
    (key,) = said["keys"]
    for keys in (
        [key, {**key, "purpose": "licences.seal:other"}],
        [key, {**key, "index": 4, "purpose": "licences.seal:other"}],
        [{**key, "purpose": "authority:timestamp"}],
    ):
        file.write_text(json.dumps({**said, "keys": keys}))
        port.device_files.cache_clear()
        with pytest.raises(UnusableFile, match=r"purpose"):
            port.device_files()


def test_files_that_are_wrong_stop_the_start_in_words(bench: Bench, settings: Any) -> None:
    for changes in (
        {"protocol": "x"}, {"form": "x"}, {"key": {"public_key": "04"}},
        {"timeout_seconds": 0}, {"timeout_seconds": float("inf")}, {"timeout_seconds": 600},
        {"ca_file": str(bench.folder / "none.pem")}, {"url": "file:///etc/passwd"},
        {"url": "https://user:secret@10.0.0.8"}, {"url": "https://[10.0.0.8"},
    ):  # fmt: skip
        bench.write(**changes)
        with pytest.raises(UnusableFile, match=r"hsm\.json"):
            apps.get_app_config("crypto").ready()
    bench.write()
    settings.LINGNAN = settings.LINGNAN.model_copy(update={"mode": "production"})
    port.device_files.cache_clear()
    with pytest.raises(UnusableFile, match="production"):
        port.device_files()


def test_a_file_from_when_devices_were_waited_for_longer_says_what_to_write(bench: Bench) -> None:
    bench.write(timeout_seconds=30)
    with pytest.raises(UnusableFile) as refused:
        port.device_files()
    assert str(refused.value) == (
        f"{bench.folder / 'hsm.json'}: timeout_seconds is 30, but a device is waited for at most"
        " 15 seconds: write a number above 0 and at most 15"
    )
    said = json.loads((bench.folder / "hsm.json").read_text())
    del said["url"]
    (bench.folder / "hsm.json").write_text(json.dumps(said))
    port.device_files.cache_clear()
    with pytest.raises(UnusableFile, match=r"hsm\.json: url is missing$"):
        port.device_files()


def test_old_signatures_are_forgotten(bench: Bench) -> None:
    key_id = make_key()
    services.sign(b"old", key_id=key_id)
    rows = DeviceSignature.objects.filter(key_id=key_id)
    assert rows.count() == 1
    rows.update(made_at=clock.now() - timedelta(days=8))
    assert services.forget_signatures() >= 1
    assert not rows.exists()


def test_an_answer_that_comes_byte_by_byte_is_not_waited_for(bench: Bench) -> None:
    """Each byte would come within the client's own limit."""
    key_id = make_key()
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        while not over.is_set():
            try:
                asker, _address = listener.accept()
            except OSError:
                return
            with asker:
                asker.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
                while not over.wait(0.2):
                    try:
                        asker.sendall(b" ")
                    except OSError:
                        break

    threading.Thread(target=drip, daemon=True).start()
    bench.write(url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_seconds=0.5)
    began = time.monotonic()
    with pytest.raises(DeviceAway):
        services.sign(b"slow", key_id=key_id)
    assert time.monotonic() - began < devices.TRIES * 0.5 + 2
    over.set()
    listener.close()
