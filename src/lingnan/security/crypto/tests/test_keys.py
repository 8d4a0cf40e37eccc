"""Keys: found by purpose, rotated, wrapped, destroyed; what they encrypt."""

import threading
import time

import pytest
from django.conf import settings
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel import clock
from lingnan.kernel.testing import max_queries, race

from .. import keyring, services
from ..errors import CiphertextInvalid, KeyUnknown, KeyUnusable, MasterKeyWrong
from ..models import Key

pytestmark = pytest.mark.django_db


def test_what_is_encrypted_is_decrypted_only_for_its_purpose() -> None:
    sealed = services.encrypt(b"440106198001011234", purpose="test.number")
    assert "440106" not in sealed
    assert services.decrypt(sealed, purpose="test.number") == b"440106198001011234"
    with pytest.raises(CiphertextInvalid):
        services.decrypt(sealed, purpose="test.phone")
    services.encrypt(b"", purpose="test.phone")
    assert sealed != services.encrypt(b"440106198001011234", purpose="test.number")


@pytest.mark.parametrize("broken", ["", "ln1", "ln1.xx.yy", "ln2.{0}.AAAA", "ln1.{0}.AAAA"])
def test_what_is_not_ours_is_refused(broken: str) -> None:
    key_id = services.encrypt(b"x", purpose="test.number").split(".")[1]
    with pytest.raises(CiphertextInvalid):
        services.decrypt(broken.format(key_id), purpose="test.number")


def test_one_changed_character_is_found() -> None:
    sealed = services.encrypt(b"a value", purpose="test.number")
    head, body = sealed.rsplit(".", 1)
    for place in range(0, len(body) - 2, 5):
        other = "A" if body[place] != "A" else "B"
        with pytest.raises(CiphertextInvalid):
            services.decrypt(
                f"{head}.{body[:place]}{other}{body[place + 1 :]}", purpose="test.number"
            )


def test_unknown_key_is_refused() -> None:
    with pytest.raises(KeyUnknown):
        services.decrypt("ln1." + "0" * 32 + "." + "A" * 40, purpose="test.number")


@given(value=st.text(max_size=40))
def test_blind_index_is_stable_and_purpose_bound(value: str) -> None:
    value = value.encode("utf-8", "ignore").decode()
    index = services.blind_index(value, purpose="test.a")
    assert index == services.blind_index(value, purpose="test.a")
    assert index != services.blind_index(value, purpose="test.b")
    assert index != services.blind_index(value + "x", purpose="test.a")
    assert len(index) == 64


def test_encrypting_costs_no_query_once_the_key_is_known() -> None:
    services.encrypt(b"x", purpose="test.number")
    services.blind_index("x", purpose="test.number")
    with max_queries(0):
        sealed = services.encrypt(b"x", purpose="test.number")
        services.decrypt(sealed, purpose="test.number")
        services.blind_index("x", purpose="test.number")


def test_rotation_keeps_old_data_readable_and_uses_a_new_key() -> None:
    old = services.encrypt(b"before", purpose="test.rotating")
    before, after = services.rotate_key(purpose="test.rotating", algorithm="sm4", at=clock.now())
    new = services.encrypt(b"after", purpose="test.rotating")
    assert old.split(".")[1] == before.hex
    assert new.split(".")[1] == after.hex != before.hex
    assert services.decrypt(old, purpose="test.rotating") == b"before"
    with pytest.raises(KeyUnusable):
        services.rotate_key(purpose="index:test.a", algorithm="hmac-sm3", at=clock.now())


def test_a_rolled_back_caller_does_not_lose_the_key() -> None:
    keyring.forget()
    purpose = "test.rolled_back." + services.random_bytes(4).hex()
    with pytest.raises(RuntimeError), transaction.atomic():
        kept = services.encrypt(b"x", purpose=purpose)
        raise RuntimeError
    keyring.forget()
    assert services.decrypt(kept, purpose=purpose) == b"x"


def test_a_key_read_while_keys_are_forgotten_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    purpose = "test.forgotten." + services.random_bytes(4).hex()
    read = keyring._read_or_make

    def read_as_another_thread_rotates(purpose: str, algorithm: str) -> keyring.LiveKey:
        live = read(purpose, algorithm)
        monkeypatch.setattr(keyring, "_read_or_make", read)
        services.rotate_key(purpose=purpose, algorithm=algorithm, at=clock.now())
        return live

    monkeypatch.setattr(keyring, "_read_or_make", read_as_another_thread_rotates)
    late = keyring.active(purpose, "sm4")
    assert keyring.active(purpose, "sm4").id != late.id
    assert keyring.by_id(late.id).state == Key.State.RETIRED


def test_a_dropped_key_is_read_again() -> None:
    purpose = "test.dropped." + services.random_bytes(4).hex()
    first = services.encrypt(b"x", purpose=purpose)
    keyring.drop(keyring.active(purpose, "sm4").id)
    assert services.encrypt(b"y", purpose=purpose).split(".")[1] == first.split(".")[1]
    assert services.decrypt(first, purpose=purpose) == b"x"


def test_mac_names_its_key() -> None:
    mac = services.hmac_sm3(b"row", purpose="test.mac")
    assert services.check_mac(b"row", mac)
    assert not services.check_mac(b"Row", mac)


def test_signing_key_signs_until_retired() -> None:
    pair = services.generate_signing_key(purpose="test.sign")
    signature = services.sign(b"m", key_id=pair.key_id)
    assert services.verify(b"m", signature, public_point=pair.public_point)
    assert not services.verify(b"m", signature, public_point=pair.public_point[:-1])
    with pytest.raises(KeyUnusable):
        services.destroy_key(key_id=pair.key_id, at=clock.now())
    Key.objects.filter(pk=pair.key_id).update(state="retired", retired_at=clock.now())
    keyring.forget()
    with pytest.raises(KeyUnusable):
        services.sign(b"m", key_id=pair.key_id)
    services.destroy_key(key_id=pair.key_id, at=clock.now())
    assert bytes(Key.objects.get(pk=pair.key_id).wrapped) == b""


def test_a_key_retired_by_another_process_signs_a_few_minutes_more_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = services.generate_signing_key(purpose="test.sign")
    services.sign(b"m", key_id=pair.key_id)
    Key.objects.filter(pk=pair.key_id).update(state="retired", retired_at=clock.now())
    services.sign(b"m", key_id=pair.key_id)  # not noticed yet
    later = time.monotonic() + keyring.REFRESH_S
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(KeyUnusable):
        services.sign(b"m", key_id=pair.key_id)


def test_keys_at_rest_are_wrapped_and_open_only_with_the_master_key() -> None:
    pair = services.generate_signing_key(purpose="test.sign")
    wrapped = bytes(Key.objects.get(pk=pair.key_id).wrapped)
    secret = keyring.by_id(pair.key_id).secret
    assert secret not in wrapped
    with pytest.raises(MasterKeyWrong):
        keyring.unwrap(wrapped, key_id=pair.key_id, purpose="test.other")
    with pytest.raises(MasterKeyWrong):
        services.rewrap_keys(old_master_key=b"w" * 16, new_master_key=b"n" * 16)
    ours = settings.LINGNAN.master_key_bytes
    assert services.rewrap_keys(old_master_key=ours, new_master_key=b"n" * 16) >= 1
    moved = bytes(Key.objects.get(pk=pair.key_id).wrapped)
    opened = keyring.unwrap(moved, key_id=pair.key_id, purpose="test.sign", master_key=b"n" * 16)
    assert opened == secret


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_key() -> None:
    keyring.forget()
    purpose = "test.race." + services.random_bytes(4).hex()
    made: list[str] = []
    lock = threading.Lock()

    def ask() -> None:
        # Past the process's own lock: as two processes would.
        key = keyring._read_or_make(purpose, "sm4")
        with lock:
            made.append(key.id.hex)

    race([ask, ask, ask])
    assert len(set(made)) == 1
    assert Key.objects.filter(purpose=purpose).count() == 1
    connection.close()
