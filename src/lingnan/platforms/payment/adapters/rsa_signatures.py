"""RSA with SHA-256 (RSASSA-PKCS1-v1_5), in base64, as all three wallets sign."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def sign(key: rsa.RSAPrivateKey, data: bytes) -> str:
    """The signature of `data`, base64."""
    return base64.b64encode(key.sign(data, padding.PKCS1v15(), hashes.SHA256())).decode()


def holds(key: rsa.RSAPublicKey, data: bytes, signature: str) -> bool:
    """Whether a base64 signature over `data` is by the owner of the key."""
    try:
        key.verify(
            base64.b64decode(signature, validate=True), data, padding.PKCS1v15(), hashes.SHA256()
        )
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
