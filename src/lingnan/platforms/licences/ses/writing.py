"""Write seals and signature values of version 4 (GB/T 38540-2020)."""

from collections.abc import Callable
from datetime import UTC, datetime

from asn1crypto import core

from lingnan.security.crypto.types import OID_SM2_WITH_SM3

from .structures import CERTIFICATES_WHOLE, OctetStrings, SealInfoV4, SealV4, SignatureV4, ToSignV4

VENDOR = "Lingnan test"


def build_seal(
    *,
    esid: str,
    name: str,
    seal_type: int,
    certificates: tuple[bytes, ...],
    created_at: datetime,
    valid_from: datetime,
    valid_until: datetime,
    picture_png: bytes,
    width_mm: int,
    height_mm: int,
    maker_certificate: bytes,
    sign: Callable[[bytes], bytes],
) -> bytes:
    """A version 4 seal, signed by its maker."""
    info = SealInfoV4(
        {
            "header": {"id": "ES", "version": 4, "vid": VENDOR},
            "esid": esid,
            "property": {
                "type": seal_type,
                "name": name,
                "list_type": CERTIFICATES_WHOLE,
                "certificates": core.Any(OctetStrings(list(certificates))),
                "created": _whole(created_at),
                "valid_start": _whole(valid_from),
                "valid_end": _whole(valid_until),
            },
            "picture": {
                "type": "PNG",
                "data": picture_png,
                "width": width_mm,
                "height": height_mm,
            },
        }
    )
    seal = SealV4(
        {
            "info": info,
            "cert": maker_certificate,
            "algorithm": OID_SM2_WITH_SM3,
            "value": sign(info.dump()),
        }
    )
    der: bytes = seal.dump()
    return der


def build_signature(
    *,
    seal: bytes,
    signed_at: datetime,
    data_hash: bytes,
    property_info: str,
    certificate: bytes,
    sign: Callable[[bytes], bytes],
    timestamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """A version 4 signature value over the digest of a Signature.xml.

    `timestamp` gives a time stamp token (RFC 3161) for the signature's bytes.
    """
    to_sign = ToSignV4(
        {
            "version": 4,
            "seal": SealV4.load(seal),
            "time": _whole(signed_at),
            "data_hash": data_hash,
            "property_info": property_info,
        }
    )
    value = sign(to_sign.dump())
    fields: dict[str, object] = {
        "to_sign": to_sign,
        "cert": certificate,
        "algorithm": OID_SM2_WITH_SM3,
        "value": value,
    }
    if timestamp is not None:
        fields["timestamp"] = timestamp(value)
    signature = SignatureV4(fields)
    der: bytes = signature.dump()
    return der


def _whole(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
