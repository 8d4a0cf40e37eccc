"""Keys in memory: found by id or by purpose, unwrapped once, kept while the process lives.

The active key of a purpose is made and read on a connection of its own, not in the caller's
transaction: were the caller rolled back, the key would go with it, while this process went on
encrypting with a key that no database holds. What another process did to a key (rotated, retired,
destroyed) is noticed within REFRESH_S seconds.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.conf import settings
from django.db import connection

from lingnan.kernel import clock

from .adapters.base import InvalidTag
from .adapters.device import SOFTWARE
from .adapters.registry import provider
from .errors import KeyUnknown, KeyUnusable, MasterKeyWrong
from .models import Key

REFRESH_S = 300  # our default: how long a process may go on with a key just rotated out
_NONCE_LENGTH = 12
_SECRET_LENGTHS = {Key.Algorithm.SM4.value: 16, Key.Algorithm.HMAC_SM3.value: 32}


@dataclass(frozen=True, slots=True)
class LiveKey:
    """An unwrapped key."""

    id: UUID
    purpose: str
    algorithm: str
    secret: bytes
    public_point: bytes
    state: str
    device: str = SOFTWARE


_lock = threading.Lock()
_by_id: dict[UUID, tuple[LiveKey, float]] = {}  # with the second until which it holds
_active: dict[tuple[str, str], tuple[LiveKey, float]] = {}
_forgotten = 0  # how often; what was read before the last time is not kept


def _wrapping_key(master_key: bytes) -> bytes:
    return provider().hmac_sm3(master_key, b"lingnan key wrapping v1")[:16]


def wrap(secret: bytes, *, key_id: UUID, purpose: str, master_key: bytes | None = None) -> bytes:
    """Encrypt a key under the master key, bound to its id and purpose."""
    nonce = provider().random(_NONCE_LENGTH)
    key = _wrapping_key(master_key or settings.LINGNAN.master_key_bytes)
    aad = f"{key_id}|{purpose}".encode()
    return nonce + provider().sm4_gcm_encrypt(key, nonce, secret, aad)


def unwrap(wrapped: bytes, *, key_id: UUID, purpose: str, master_key: bytes | None = None) -> bytes:
    """Undo `wrap`. Raises: MasterKeyWrong."""
    nonce, body = wrapped[:_NONCE_LENGTH], wrapped[_NONCE_LENGTH:]
    key = _wrapping_key(master_key or settings.LINGNAN.master_key_bytes)
    try:
        return provider().sm4_gcm_decrypt(key, nonce, body, f"{key_id}|{purpose}".encode())
    except InvalidTag as wrong:
        raise MasterKeyWrong(key_id=str(key_id)) from wrong


def by_id(key_id: UUID) -> LiveKey:
    """The key with this id, whatever its state. Raises: KeyUnknown, KeyUnusable (destroyed)."""
    known = _by_id.get(key_id)
    if known is not None and known[1] > time.monotonic():
        return known[0]
    began = _forgotten
    row = Key.objects.filter(pk=key_id).first()
    if row is None:
        raise KeyUnknown(key_id=str(key_id))
    if row.state == Key.State.DESTROYED:
        raise KeyUnusable(key_id=str(key_id), state=row.state)
    live = LiveKey(
        id=row.pk,
        purpose=row.purpose,
        algorithm=row.algorithm,
        secret=unwrap(bytes(row.wrapped), key_id=row.pk, purpose=row.purpose),
        public_point=bytes(row.public_point),
        state=row.state,
        device=row.device,
    )
    with _lock:
        if began == _forgotten:
            _by_id[live.id] = (live, time.monotonic() + REFRESH_S)
    return live


def active(purpose: str, algorithm: str) -> LiveKey:
    """The key in use for a purpose, made at first use."""
    wanted = (purpose, algorithm)
    found = _active.get(wanted)
    if found is not None and found[1] > time.monotonic():
        return found[0]
    began = _forgotten
    live = _read_or_make(purpose, algorithm)
    with _lock:
        if began == _forgotten:
            kept = (live, time.monotonic() + REFRESH_S)
            _by_id[live.id] = _active[wanted] = kept
    return live


def drop(key_id: UUID) -> None:
    """Drop one key, so that its state is read again."""
    with _lock:
        _by_id.pop(key_id, None)
        for wanted in [wanted for wanted, (live, _) in _active.items() if live.id == key_id]:
            del _active[wanted]


def forget() -> None:
    """Drop what this process remembers and is reading now (a rotation here, between tests)."""
    global _forgotten
    with _lock:
        _forgotten += 1
        _by_id.clear()
        _active.clear()


def _read_or_make(purpose: str, algorithm: str) -> LiveKey:
    def query(cursor: object) -> tuple[UUID, bytes] | None:
        cursor.execute(  # type: ignore[attr-defined]
            "SELECT id, wrapped FROM crypto_key"
            " WHERE purpose = %s AND algorithm = %s AND state = 'active'",
            [purpose, algorithm],
        )
        row = cursor.fetchone()  # type: ignore[attr-defined]
        return (row[0], bytes(row[1])) if row else None

    own_connection = connection.copy()
    try:
        with own_connection.cursor() as cursor:
            row = query(cursor)
            if row is None:
                _insert(cursor, purpose, algorithm, at=clock.now())
                row = query(cursor)
    finally:
        own_connection.close()
    assert row is not None
    secret = unwrap(row[1], key_id=row[0], purpose=purpose)
    return LiveKey(row[0], purpose, algorithm, secret, b"", Key.State.ACTIVE.value)


def _insert(cursor: object, purpose: str, algorithm: str, *, at: datetime) -> None:
    key_id = uuid_utils.uuid7()
    secret = provider().random(_SECRET_LENGTHS[algorithm])
    cursor.execute(  # type: ignore[attr-defined]
        "INSERT INTO crypto_key"
        " (id, created_at, purpose, algorithm, state, wrapped, public_point)"
        " VALUES (%s, %s, %s, %s, 'active', %s, '') ON CONFLICT DO NOTHING",
        [key_id, at, purpose, algorithm, wrap(secret, key_id=key_id, purpose=purpose)],
    )


def rotate(purpose: str, algorithm: str, *, at: datetime) -> tuple[UUID, UUID]:
    """Retire the active key of a purpose and make its successor; return both ids, old first."""
    old = active(purpose, algorithm)
    own_connection = connection.copy()
    try:
        with own_connection.cursor() as cursor:
            cursor.execute(
                "UPDATE crypto_key SET state = 'retired', retired_at = %s"
                " WHERE id = %s AND state = 'active'",
                [at, old.id],
            )
            _insert(cursor, purpose, algorithm, at=at)
    finally:
        own_connection.close()
    forget()
    return old.id, active(purpose, algorithm).id
