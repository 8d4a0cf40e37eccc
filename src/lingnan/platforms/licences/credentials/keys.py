"""Who signs: the issuer of credentials, and the verifier that asks for them."""

import hashlib
from base64 import b64encode
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.types import IssuedCertificate

from .jose import b64, jwk_of

ISSUER_PURPOSE = "licences.credential_issuer"
VERIFIER_PURPOSE = "licences.credential_verifier"
_ORGANISATION = "岭南（测试，无法律效力）"


def issuer() -> str:
    """The credential issuer identifier: the address people reach us by, without a closing slash."""
    return str(settings.LINGNAN.public_url).rstrip("/")


def host_name() -> str:
    """Our name on the Internet; empty where we go by a bare address."""
    host = urlsplit(issuer()).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host
    return ""


def issuer_certificate(*, at: datetime) -> IssuedCertificate:
    """The certificate credentials and status lists are signed under; made at first need.

    It is renewed a year before its end, and no credential lives longer than a year.
    """
    return crypto.ensure_p256_certificate(
        purpose=ISSUER_PURPOSE,
        common_name="岭南电子证照凭证签发（测试）",
        organisation=_ORGANISATION,
        host=host_name(),
        at=at,
    )


def issuer_certificates(*, at: datetime) -> list[bytes]:
    """Every certificate a credential of ours may be signed under, in DER, newest first."""
    issuer_certificate(at=at)
    return crypto.p256_certificates(ISSUER_PURPOSE)


def issuer_header(kind: str, *, certificate: IssuedCertificate) -> dict[str, object]:
    """The header of what the issuer signs: kind, key and certificate."""
    return {
        "typ": kind,
        "kid": jwk_of(certificate.der)["kid"],
        "x5c": [b64encode(certificate.der).decode()],
    }


def verifier_certificate(*, at: datetime) -> IssuedCertificate:
    """The certificate requests are signed under."""
    return crypto.ensure_p256_certificate(
        purpose=f"{VERIFIER_PURPOSE}:{host_name()}",
        common_name="岭南电子证照核验（测试）",
        organisation=_ORGANISATION,
        host=host_name(),
        at=at,
    )


def verifier_id(certificate: bytes) -> str:
    """What we call ourselves to wallets: our name where we have one, else the certificate's digest.

    Source: OpenID4VP 1.0, 5.9.3.
    """
    name = host_name()
    return f"x509_san_dns:{name}" if name else f"x509_hash:{b64(_sha256(certificate))}"


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
