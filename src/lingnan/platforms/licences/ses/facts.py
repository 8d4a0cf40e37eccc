"""What a seal and a signature value say, whatever their generation."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """What a seal says, with the exact bytes its maker signed."""

    der: bytes
    version: int
    vendor: str
    esid: str
    name: str
    seal_type: int
    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    certificates: tuple[bytes, ...]
    certificate_digests: tuple[bytes, ...]
    picture_type: str
    picture: bytes
    width_mm: int
    height_mm: int
    maker_certificate: bytes
    algorithm: str
    signed_bytes: bytes
    signature: bytes
    timestamp: bytes

    @property
    def has_timestamp(self) -> bool:
        """Whether a time stamp stands beside the signature, good or not."""
        return bool(self.timestamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """What a signature value says, with the exact bytes its signer signed."""

    version: int
    seal: SealFacts
    signed_at: datetime | None
    data_hash: bytes
    property_info: str
    certificate: bytes
    algorithm: str
    signed_bytes: bytes
    signature: bytes
    timestamp: bytes

    @property
    def has_timestamp(self) -> bool:
        """Whether a time stamp stands beside the signature, good or not."""
        return bool(self.timestamp)
