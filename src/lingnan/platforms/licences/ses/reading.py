"""Read seals and signature values of versions 1, 4 and 5.

The bytes that were signed are kept as they came: a value that is encoded again may differ.
"""

from datetime import UTC, datetime

from asn1crypto import core

from ..errors import SealUnreadable
from .facts import SealFacts, SignatureFacts
from .structures import (
    CERTIFICATES_DIGEST,
    CERTIFICATES_WHOLE,
    CertificateDigests,
    OctetStrings,
    SealV1,
    SealV4,
    SignatureV1,
    SignatureV4,
)

_BROKEN = (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError)


def parse_seal(der: bytes) -> SealFacts:
    """Read a seal of version 1, 4 or 5. Raises: SealUnreadable."""
    try:
        size = len(core.SequenceOf.load(der, spec=core.Any, strict=True))
        if size == 2:
            return _seal_v1(SealV1.load(der, strict=True))
        if size in (4, 5):
            return _seal_v4(SealV4.load(der, strict=True))
    except _BROKEN as broken:
        raise SealUnreadable(reason=type(broken).__name__) from broken
    raise SealUnreadable(reason="size")


def parse_signature(der: bytes) -> SignatureFacts:
    """Read a signature value of version 1, 4 or 5. Raises: SealUnreadable."""
    try:
        size = len(core.SequenceOf.load(der, spec=core.Any, strict=True))
        if size == 2:
            return _signature_v1(SignatureV1.load(der, strict=True))
        if size in (4, 5):
            return _signature_v4(SignatureV4.load(der, strict=True))
    except _BROKEN as broken:
        raise SealUnreadable(reason=type(broken).__name__) from broken
    raise SealUnreadable(reason="size")


def _check_version(version: int, known: tuple[int, ...]) -> int:
    if version not in known:
        raise SealUnreadable(reason=f"version {version}")
    return version


def _seal_v4(seal: SealV4) -> SealFacts:
    info = seal["info"]
    properties = info["property"]
    certificates: tuple[bytes, ...] = ()
    digests: tuple[bytes, ...] = ()
    if properties["list_type"].native == CERTIFICATES_WHOLE:
        parsed = properties["certificates"].parse(OctetStrings)
        certificates = tuple(item.native for item in parsed)
    elif properties["list_type"].native == CERTIFICATES_DIGEST:
        parsed = properties["certificates"].parse(CertificateDigests)
        digests = tuple(item["value"].native for item in parsed)
    else:
        raise SealUnreadable(reason="certificate list")
    return SealFacts(
        der=seal.dump(),
        version=_check_version(info["header"]["version"].native, (4, 5)),
        vendor=info["header"]["vid"].native,
        esid=info["esid"].native,
        name=properties["name"].native,
        seal_type=properties["type"].native,
        created_at=properties["created"].native,
        valid_from=properties["valid_start"].native,
        valid_until=properties["valid_end"].native,
        certificates=certificates,
        certificate_digests=digests,
        picture_type=info["picture"]["type"].native,
        picture=info["picture"]["data"].native,
        width_mm=info["picture"]["width"].native,
        height_mm=info["picture"]["height"].native,
        maker_certificate=seal["cert"].native,
        algorithm=seal["algorithm"].dotted,
        signed_bytes=info.dump(),
        signature=seal["value"].native,
        timestamp=seal["timestamp"].native or b"",
    )


def _seal_v1(seal: SealV1) -> SealFacts:
    info = seal["info"]
    properties, sign_info = info["property"], seal["sign_info"]
    # Version 1 signs the information, the maker's certificate and the algorithm together.
    body = info.dump() + sign_info["cert"].dump() + sign_info["algorithm"].dump()
    return SealFacts(
        der=seal.dump(),
        version=_check_version(info["header"]["version"].native, (1, 2, 3)),
        vendor=info["header"]["vid"].native,
        esid=info["esid"].native,
        name=properties["name"].native,
        seal_type=properties["type"].native,
        created_at=properties["created"].native,
        valid_from=properties["valid_start"].native,
        valid_until=properties["valid_end"].native,
        certificates=_certificates_v1(properties["certificates"]),
        certificate_digests=(),
        picture_type=info["picture"]["type"].native,
        picture=info["picture"]["data"].native,
        width_mm=info["picture"]["width"].native,
        height_mm=info["picture"]["height"].native,
        maker_certificate=sign_info["cert"].native,
        algorithm=sign_info["algorithm"].dotted,
        signed_bytes=_sequence(body),
        signature=sign_info["value"].native,
        timestamp=b"",
    )


def _certificates_v1(listed: core.Any) -> tuple[bytes, ...]:
    """Some makers put other things than certificates into the list; those list none."""
    try:
        return tuple(item.native for item in listed.parse(OctetStrings))
    except _BROKEN:
        return ()


def _sequence(body: bytes) -> bytes:
    length = len(body)
    if length < 0x80:
        return b"\x30" + bytes([length]) + body
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return b"\x30" + bytes([0x80 | len(digits)]) + digits + body


def _signature_v4(signature: SignatureV4) -> SignatureFacts:
    to_sign = signature["to_sign"]
    seal = _seal_v4(to_sign["seal"])
    _check_version(to_sign["version"].native, (4, 5))
    return SignatureFacts(
        version=seal.version,
        seal=seal,
        signed_at=to_sign["time"].native,
        data_hash=to_sign["data_hash"].native,
        property_info=to_sign["property_info"].native,
        certificate=signature["cert"].native,
        algorithm=signature["algorithm"].dotted,
        signed_bytes=to_sign.dump(),
        signature=signature["value"].native,
        timestamp=signature["timestamp"].native or b"",
    )


def _signature_v1(signature: SignatureV1) -> SignatureFacts:
    to_sign = signature["to_sign"]
    return SignatureFacts(
        version=1,
        seal=_seal_v1(to_sign["seal"]),
        signed_at=_time_v1(to_sign["time"].native),
        data_hash=to_sign["data_hash"].native,
        property_info=to_sign["property_info"].native,
        certificate=to_sign["cert"].native,
        algorithm=to_sign["algorithm"].dotted,
        signed_bytes=to_sign.dump(),
        signature=signature["value"].native,
        timestamp=b"",
    )


def _time_v1(value: bytes) -> datetime | None:
    """Version 1 puts a time stamp or the text of a time into a bit string, in several spellings."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        return None
    for spelling in ("%Y%m%d%H%M%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, spelling).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
