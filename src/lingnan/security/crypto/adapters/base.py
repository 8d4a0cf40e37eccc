"""The port: what any cryptographic provider does, software or certified device.

A *handle* is what the provider gives out for a secret key: the key itself in software, a slot
number in a device (GM/T 0018 container). Handles are wrapped under the master key at rest in
either case, and never leave `lingnan.security.crypto`.
"""

from typing import Protocol


class InvalidTag(Exception):
    """A GCM ciphertext, its nonce or its associated data were changed."""


class Provider(Protocol):
    """SM2 with the default user id, SM3, HMAC-SM3 and SM4. Thread-safe."""

    name: str

    def random(self, length: int) -> bytes: ...

    def sm3(self, data: bytes) -> bytes: ...

    def hmac_sm3(self, key: bytes, data: bytes) -> bytes: ...

    def sm4_gcm_encrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """Return ciphertext followed by its 16-byte tag."""
        ...

    def sm4_gcm_decrypt(self, key: bytes, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        """Undo `sm4_gcm_encrypt`. Raises: InvalidTag."""
        ...

    def sm4_cbc_encrypt(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        """Encrypt with PKCS #7 padding."""
        ...

    def sm4_cbc_decrypt(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        """Undo `sm4_cbc_encrypt`. Raises: ValueError on bad padding."""
        ...

    def sm2_generate(self) -> tuple[bytes, bytes]:
        """Return the handle of a new private key and its 65-byte public point."""
        ...

    def sm2_public(self, handle: bytes) -> bytes:
        """Return the 65-byte public point of a private key."""
        ...

    def sm2_sign(self, handle: bytes, data: bytes) -> bytes:
        """Sign the message (not a digest) as DER SEQUENCE{r, s}."""
        ...

    def sm2_verify(self, public_point: bytes, data: bytes, signature: bytes) -> bool:
        """Whether a DER signature over the message holds; malformed input is False."""
        ...
