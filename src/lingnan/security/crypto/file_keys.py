"""SM2 keys that a partner agreed on and that rest in files beside their certificates.

What we hold for ourselves is in the key store; a channel's keys come and go with its folder, as its
RSA keys do, and its other side in tests has no store. PKCS #8 or SEC 1 in PEM, without password.
Source: GM/T 0009-2012 (use of SM2), RFC 5958, RFC 5915.
"""

from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import keys, pem

from . import x509
from .adapters.software import SoftwareProvider
from .errors import CertificateUnreadable
from .types import OID_SM2_CURVE

_SOFTWARE = SoftwareProvider()


@dataclass(frozen=True, slots=True)
class FileKey:
    """A private key out of a file; never shown."""

    _secret: bytes = field(repr=False)

    @property
    def public_point(self) -> bytes:
        return _SOFTWARE.sm2_public(self._secret)

    def sign(self, data: bytes) -> bytes:
        """SM2 with SM3 and the default user id; DER SEQUENCE{r, s}."""
        return _SOFTWARE.sm2_sign(self._secret, data)

    def to_pem(self) -> bytes:
        """PKCS #8 in PEM, as other programs read it."""
        inner = keys.ECPrivateKey(
            {
                "version": "ecPrivkeyVer1",
                "private_key": int.from_bytes(self._secret, "big"),
                "public_key": keys.ECPointBitString(self.public_point),
            }
        )
        info = keys.PrivateKeyInfo(
            {
                "version": 0,
                "private_key_algorithm": keys.PrivateKeyAlgorithm(
                    {
                        "algorithm": "ec",
                        "parameters": keys.ECDomainParameters(name="named", value="sm2p256v1"),
                    }
                ),
                "private_key": inner,
            }
        )
        armoured: bytes = pem.armor("PRIVATE KEY", info.dump())
        return armoured

    def certificate(
        self, *, common_name: str, serial_number: int, not_before: datetime, not_after: datetime
    ) -> bytes:
        """A certificate this key signs for itself, in PEM: for tests, where no authority stands."""
        name = x509.name_of(common_name, common_name)
        point = self.public_point
        der = x509.build_certificate(
            subject=name,
            issuer=name,
            public_point=point,
            issuer_point=point,
            serial_number=serial_number,
            not_before=not_before,
            not_after=not_after,
            is_authority=False,
            path_length=None,
            key_identifier=lambda value: _SOFTWARE.sm3(value)[:20],
            sign=self.sign,
        )
        return x509.to_pem(der)


def make_file_key() -> FileKey:
    """A new key."""
    return FileKey(_SOFTWARE.sm2_generate()[0])


def read_file_key(content: bytes) -> FileKey:
    """A key in PEM. Raises: CertificateUnreadable where it is none on the SM2 curve."""
    try:
        kind, _headers, der = pem.unarmor(content)
        if kind == "EC PRIVATE KEY":
            inner = keys.ECPrivateKey.load(der, strict=True)
            curve = inner["parameters"].chosen.dotted
        else:
            info = keys.PrivateKeyInfo.load(der, strict=True)
            curve = info["private_key_algorithm"]["parameters"].chosen.dotted
            inner = info["private_key"].parsed
        secret = int(inner["private_key"].native).to_bytes(32, "big")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as broken:
        raise CertificateUnreadable from broken
    if curve != OID_SM2_CURVE:
        raise CertificateUnreadable
    return FileKey(secret)
