"""Values that cross crypto's wall."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions

MANAGE_KEYS = permissions.declare("crypto.manage_keys", _("Manage keys and certificates"))

SM2_DEFAULT_ID = b"1234567812345678"  # GM/T 0009-2012, 10
OID_SM2_CURVE = "1.2.156.10197.1.301"
OID_SM3 = "1.2.156.10197.1.401"
OID_SM2_WITH_SM3 = "1.2.156.10197.1.501"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac:
    """An HMAC-SM3 value and the key that made it."""

    key_id: UUID
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A stored SM2 key pair: its id and its public half (65-byte uncompressed point)."""

    key_id: UUID
    public_point: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """An X.509 certificate we keep, with the key it speaks for."""

    certificate_id: UUID
    key_id: UUID
    der: bytes
    serial_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What one X.509 certificate says."""

    subject: str
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    public_point: bytes
    is_authority: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """The outcome of checking a certificate: `problems` are codes, empty when trusted.

    Codes: `malformed`, `not_yet_valid`, `expired`, `bad_signature`, `unknown_issuer`,
    `issuer_not_authority`, `revoked`.
    """

    subject: str
    issuer: str
    problems: tuple[str, ...]

    @property
    def is_trusted(self) -> bool:
        """Every certificate up to a root we keep held at the instant asked about."""
        return not self.problems
