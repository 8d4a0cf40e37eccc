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
KEY_LOST = frozenset({"key_compromise", "unspecified"})


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
class HolderFacts:
    """Whom a holder's certificate names, and by what it is known."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    public_point: bytes
    der: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """The outcome of checking a certificate: `problems` are codes, empty when trusted.

    Codes: `malformed`, `not_yet_valid`, `expired`, `bad_signature`, `unknown_issuer`,
    `issuer_not_authority`, `wrong_use`, `revoked`. `revoked_at` is the first revocation in the
    chain, filled also where it came after the instant asked about; `key_lost` says whether a key of
    the chain may be known to others.
    """

    subject: str
    issuer: str
    problems: tuple[str, ...]
    revoked_at: datetime | None = None
    key_lost: bool = False

    @property
    def is_trusted(self) -> bool:
        """Every certificate up to a root we keep held at the instant asked about."""
        return not self.problems

    def may_be_after_revocation(self, proven_at: datetime | None) -> bool:
        """Whether nothing but the signer's word says that he signed before he was revoked.

        `proven_at` is the instant of a time stamp that can be trusted. The reason of the revocation
        is no matter: whoever still has the key may write any time he likes.
        """
        return self.revoked_at is not None and (proven_at is None or proven_at >= self.revoked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampReport:
    """The outcome of checking a time stamp: `problems` are codes, empty when it proves its instant.

    Codes: those of `ChainReport` for the time stamp authority, and `other_form`, `algorithm`,
    `changed` (the token), `other_data` (it stamps something else).
    """

    authority: str
    stamped_at: datetime | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationFacts:
    """What one certificate revocation list says."""

    issuer: str
    number: int
    this_update: datetime
    next_update: datetime
    revoked: dict[str, tuple[datetime, str]]  # serial number in hex: instant, reason
