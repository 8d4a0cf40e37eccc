"""Software keys: SM2 by Tongsuo, the rest by the `cryptography` package.

For development, tests and networks without a certified module. Its seals have no force in law.
"""

import platform
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag as LibraryInvalidTag
from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .base import InvalidTag

try:
    from tongsuopy.crypto import hashes as tongsuo_hashes
    from tongsuopy.crypto.asymciphers import ec
    from tongsuopy.crypto.exceptions import InternalError, InvalidSignature
except ImportError as missing:
    raise ImportError(
        "SM2 in software needs the package tongsuopy, which does not load on this platform "
        f"({platform.system()} {platform.machine()}, Python {platform.python_version()}). "
        "Run Lingnan on Linux x86-64 or arm64 with glibc, or configure another provider."
    ) from missing

_TAG_LENGTH = 16
_SM2_WITH_SM3 = ec.ECDSA(tongsuo_hashes.SM3())


@lru_cache(maxsize=256)
def _private_key(handle: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(handle, "big"), ec.SM2())


@lru_cache(maxsize=2048)
def _public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), point)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    numbers = key.public_numbers()
    return bytes(b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))


class SoftwareProvider:
    """Keys in this process's memory."""

    name = "software"

    def random(self, length: int) -> bytes:
        return secrets.token_bytes(length)

    def sm3(self, data: bytes) -> bytes:
        digest = hashes.Hash(hashes.SM3())
        digest.update(data)
        return bytes(digest.finalize())

    def hmac_sm3(self, key: bytes, data: bytes) -> bytes:
        mac = hmac.HMAC(key, hashes.SM3())
        mac.update(data)
        return mac.finalize()

    def sm4_gcm_encrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(aad)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def sm4_gcm_decrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        if len(data) < _TAG_LENGTH:
            raise InvalidTag
        body, tag = data[:-_TAG_LENGTH], data[-_TAG_LENGTH:]
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(aad)
        try:
            return decryptor.update(body) + decryptor.finalize()
        except LibraryInvalidTag as changed:
            raise InvalidTag from changed

    def sm4_cbc_encrypt(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        padder = padding.PKCS7(128).padder()
        encryptor = Cipher(algorithms.SM4(key), modes.CBC(iv)).encryptor()
        return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()

    def sm4_cbc_decrypt(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        decryptor = Cipher(algorithms.SM4(key), modes.CBC(iv)).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        padded = decryptor.update(data) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()

    def sm2_generate(self) -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SM2())
        handle = key.private_numbers().private_value.to_bytes(32, "big")
        return handle, _point(key.public_key())

    def sm2_public(self, handle: bytes) -> bytes:
        return _point(_private_key(handle).public_key())

    def sm2_sign(self, handle: bytes, data: bytes) -> bytes:
        signature: bytes = _private_key(handle).sign(data, _SM2_WITH_SM3)
        return signature

    def sm2_verify(self, public_point: bytes, data: bytes, signature: bytes) -> bool:
        try:
            _public_key(public_point).verify(signature, data, _SM2_WITH_SM3)
        except (InvalidSignature, InternalError, ValueError):
            return False
        return True
