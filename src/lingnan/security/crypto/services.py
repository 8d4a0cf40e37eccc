"""Crypto's verbs: hash, authenticate, encrypt, sign; make and rotate keys.

Everyone names a purpose or a key id; no key leaves this module. What an encrypted value looks
like: `ln1.<key id, 32 hex>.<base64url of nonce, ciphertext and tag>`.
"""

import base64
import binascii
import hmac
from datetime import datetime
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.db import transaction

from . import keyring
from .adapters.base import InvalidTag
from .adapters.device import SOFTWARE
from .adapters.registry import provider
from .authority import (
    authorities_in_force,
    ensure_certificate,
    ensure_test_authority,
    issue_certificate,
    renew_intermediate,
    revoke_certificate,
)
from .chains import check_certificate, issuers_of, read_certificate
from .devices import forget_signatures, sign_with_device
from .errors import CiphertextInvalid, KeyUnusable
from .file_keys import FileKey, make_file_key, read_file_key
from .models import Key
from .p256 import (
    check_p256_certificate,
    ensure_p256_certificate,
    p256_certificates,
    p256_point,
    p256_root_of,
    sign_es256,
    verify_as_the_world,
)
from .revocation import publish_revocations, revocation_list
from .timestamps import check_timestamp, make_timestamp
from .trust import check_foreign_certificate, holder_of, read_trust
from .types import KeyPair, Mac
from .x509 import der_signature, public_key_pem, raw_signature, to_pem

__all__ = (
    "FileKey",
    "authorities_in_force",
    "blind_index",
    "check_certificate",
    "check_foreign_certificate",
    "check_mac",
    "check_p256_certificate",
    "check_timestamp",
    "decrypt",
    "der_signature",
    "destroy_key",
    "encrypt",
    "ensure_certificate",
    "ensure_p256_certificate",
    "ensure_test_authority",
    "equal",
    "forget_signatures",
    "generate_signing_key",
    "hmac_sm3",
    "holder_of",
    "issue_certificate",
    "issuers_of",
    "make_file_key",
    "make_timestamp",
    "p256_certificates",
    "p256_point",
    "p256_root_of",
    "public_key_pem",
    "publish_revocations",
    "random_bytes",
    "raw_signature",
    "read_certificate",
    "read_file_key",
    "read_trust",
    "renew_intermediate",
    "retire_key",
    "revocation_list",
    "revoke_certificate",
    "rewrap_keys",
    "rotate_key",
    "sign",
    "sign_p256",
    "sm3",
    "to_pem",
    "verify",
    "verify_as_the_world",
)

_VERSION = "ln1"
_NONCE_LENGTH = 12
_POINT_LENGTH = 65
_SM4 = Key.Algorithm.SM4.value
_HMAC = Key.Algorithm.HMAC_SM3.value


def random_bytes(length: int) -> bytes:
    """Random bytes from the provider."""
    return provider().random(length)


def sm3(data: bytes) -> bytes:
    """The 32-byte SM3 digest. Source: GB/T 32905-2016."""
    return provider().sm3(data)


def hmac_sm3(data: bytes, *, purpose: str, key_id: UUID | None = None) -> Mac:
    """Authenticate `data` with the active key of a purpose; keep the key id beside the value.

    `key_id` holds a run of values to one key across a rotation.
    """
    key = keyring.active(purpose, _HMAC) if key_id is None else keyring.by_id(key_id)
    return Mac(key_id=key.id, value=provider().hmac_sm3(key.secret, data))


def check_mac(data: bytes, mac: Mac) -> bool:
    """Whether `mac` was made over `data` with the key it names. Raises: KeyUnknown."""
    expected = provider().hmac_sm3(keyring.by_id(mac.key_id).secret, data)
    return hmac.compare_digest(expected, mac.value)


def equal(left: str, right: str) -> bool:
    """Compare two secrets in a time that tells nothing about where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())


def blind_index(value: str, *, purpose: str) -> str:
    """A keyed digest (64 hex) by which an encrypted value is found again by equality.

    Callers normalise first (case, spaces). The key of an index is never rotated: the column
    would have to be computed anew for every row.
    Source: GB/T 39786-2021; a plain SM3 of a resident number is found by trial in minutes.
    """
    key = keyring.active(f"index:{purpose}", _HMAC)
    return provider().hmac_sm3(key.secret, value.encode()).hex()


def encrypt(plaintext: bytes, *, purpose: str) -> str:
    """Encrypt with SM4-GCM under the active key of a purpose; the result is printable ASCII."""
    key = keyring.active(purpose, _SM4)
    nonce = provider().random(_NONCE_LENGTH)
    body = provider().sm4_gcm_encrypt(key.secret, nonce, plaintext, purpose.encode())
    return f"{_VERSION}.{key.id.hex}.{base64.urlsafe_b64encode(nonce + body).decode()}"


def decrypt(ciphertext: str, *, purpose: str) -> bytes:
    """Undo `encrypt`. Raises: CiphertextInvalid, KeyUnknown, KeyUnusable."""
    try:
        version, key_hex, body_text = ciphertext.split(".")
        key_id = UUID(hex=key_hex)
        body = base64.urlsafe_b64decode(body_text)
    except (ValueError, binascii.Error) as broken:
        raise CiphertextInvalid(purpose=purpose) from broken
    if version != _VERSION or len(body) < _NONCE_LENGTH:
        raise CiphertextInvalid(purpose=purpose)
    key = keyring.by_id(key_id)
    try:
        return provider().sm4_gcm_decrypt(
            key.secret, body[:_NONCE_LENGTH], body[_NONCE_LENGTH:], purpose.encode()
        )
    except InvalidTag as changed:
        raise CiphertextInvalid(purpose=purpose) from changed


def generate_signing_key(*, purpose: str) -> KeyPair:
    """Make an SM2 key pair in the caller's transaction."""
    handle, point = provider().sm2_generate()
    key_id = uuid_utils.uuid7()
    Key.objects.create(
        pk=key_id,
        purpose=purpose,
        algorithm=Key.Algorithm.SM2,
        wrapped=keyring.wrap(handle, key_id=key_id, purpose=purpose),
        public_point=point,
    )
    return KeyPair(key_id=key_id, public_point=point)


def sign(data: bytes, *, key_id: UUID) -> bytes:
    """Sign with SM2 and SM3, default user id; DER SEQUENCE{r, s}.

    A key in a device signs there; the same words again give the signature made before.
    Raises: KeyUnknown, KeyUnusable (retired, destroyed, or not an SM2 key), DeviceAway (503),
    DeviceRefused (409).
    Source: GB/T 32918.2-2016, GB/T 35276-2017.
    """
    key = keyring.by_id(key_id)
    if key.algorithm != Key.Algorithm.SM2 or key.state != Key.State.ACTIVE:
        raise KeyUnusable(key_id=str(key_id), state=key.state)
    if key.device != SOFTWARE:
        return sign_with_device(key, data)
    return provider().sm2_sign(key.secret, data)


def sign_p256(data: bytes, *, key_id: UUID) -> bytes:
    """Sign with ECDSA on P-256 and SHA-256; DER SEQUENCE{r, s}, `raw_signature` for JWS.

    Raises: KeyUnknown, KeyUnusable (retired, destroyed, or another kind of key).
    Source: FIPS 186-5; RFC 7518, 3.4.
    """
    key = keyring.by_id(key_id)
    if key.algorithm != Key.Algorithm.ES256 or key.state != Key.State.ACTIVE:
        raise KeyUnusable(key_id=str(key_id), state=key.state)
    return sign_es256(key.secret, data)


def verify(data: bytes, signature: bytes, *, public_point: bytes) -> bool:
    """Whether a DER SM2 signature holds for the message under a 65-byte public point."""
    if len(public_point) != _POINT_LENGTH:
        return False
    return provider().sm2_verify(public_point, data, signature)


def rotate_key(*, purpose: str, algorithm: str, at: datetime) -> tuple[UUID, UUID]:
    """Retire the active key of a purpose and make the next; return the ids, old first.

    What the old key encrypted stays readable. Other processes follow within five minutes.
    Commits by itself, at once. Raises: KeyUnusable for a blind-index key.
    """
    if purpose.startswith("index:"):
        key = keyring.active(purpose, algorithm)
        raise KeyUnusable(key_id=str(key.id), state="bound to its index")
    return keyring.rotate(purpose, algorithm, at=at)


@transaction.atomic
def retire_key(*, key_id: UUID, at: datetime) -> None:
    """Let a key sign and encrypt no more; what it made stays readable and provable."""
    Key.objects.filter(pk=key_id, state=Key.State.ACTIVE).update(
        state=Key.State.RETIRED, retired_at=at
    )
    keyring.drop(key_id)
    transaction.on_commit(keyring.forget)


@transaction.atomic
def destroy_key(*, key_id: UUID, at: datetime) -> None:
    """Blank a retired key for good. Raises: KeyUnusable while it is active."""
    key = Key.objects.select_for_update().get(pk=key_id)
    if key.state == Key.State.ACTIVE:
        raise KeyUnusable(key_id=str(key_id), state=key.state)
    key.state, key.wrapped, key.retired_at = Key.State.DESTROYED, b"", key.retired_at or at
    key.save(update_fields=["state", "wrapped", "retired_at"])
    transaction.on_commit(keyring.forget)


@transaction.atomic
def rewrap_keys(*, old_master_key: bytes, new_master_key: bytes) -> int:
    """Move every key from one master key to another; return how many.

    All or nothing; run it with web and workers stopped, then set the new LINGNAN_MASTER_KEY.
    Raises: MasterKeyWrong.
    """
    count = 0
    for key in Key.objects.select_for_update().exclude(state=Key.State.DESTROYED):
        secret = keyring.unwrap(
            bytes(key.wrapped), key_id=key.pk, purpose=key.purpose, master_key=old_master_key
        )
        key.wrapped = keyring.wrap(
            secret, key_id=key.pk, purpose=key.purpose, master_key=new_master_key
        )
        key.save(update_fields=["wrapped"])
        count += 1
    return count
