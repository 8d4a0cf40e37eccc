"""Electronic seals and signatures as DER: read versions 1, 4 and 5, write version 4.

Source: GM/T 0031-2014 (version 1), GB/T 38540-2020 (version 4), GM/T 0031-2025 (version 5: as 4,
with a time stamp allowed on the seal). The bytes that were signed are kept as they came: a value
that is encoded again may differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import core

from lingnan.security.crypto.types import OID_SM2_WITH_SM3

from .errors import SealUnreadable

VENDOR = "Lingnan test"
SEAL_KIND_UNIT = 1
CERTIFICATES_WHOLE = 1
CERTIFICATES_DIGEST = 2


class Header(core.Sequence):  # type: ignore[misc]
    """SES_Header."""

    _fields = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class CertificateDigest(core.Sequence):  # type: ignore[misc]
    """CertDigestObj."""

    _fields = [("type", core.PrintableString), ("value", core.OctetString)]


class PropertyV4(core.Sequence):  # type: ignore[misc]
    """SES_ESPropertyInfo of version 4 and 5. `certificates` is parsed by its list type."""

    _fields = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("list_type", core.Integer),
        ("certificates", core.Any),
        ("created", core.GeneralizedTime),
        ("valid_start", core.GeneralizedTime),
        ("valid_end", core.GeneralizedTime),
    ]


class OctetStrings(core.SequenceOf):  # type: ignore[misc]
    """Certificates as whole DER values."""

    _child_spec = core.OctetString


class CertificateDigests(core.SequenceOf):  # type: ignore[misc]
    """Certificates as digests."""

    _child_spec = CertificateDigest


class PropertyV1(core.Sequence):  # type: ignore[misc]
    """SES_ESPropertyInfo of version 1."""

    _fields = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("certificates", OctetStrings),
        ("created", core.UTCTime),
        ("valid_start", core.UTCTime),
        ("valid_end", core.UTCTime),
    ]


class Picture(core.Sequence):  # type: ignore[misc]
    """SES_ESPictureInfo; millimetres."""

    _fields = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class Extension(core.Sequence):  # type: ignore[misc]
    """ExtData."""

    _fields = [
        ("id", core.ObjectIdentifier),
        ("critical", core.Boolean, {"default": False}),
        ("value", core.OctetString),
    ]


class Extensions(core.SequenceOf):  # type: ignore[misc]
    """ExtensionDatas."""

    _child_spec = Extension


class SealInfoV4(core.Sequence):  # type: ignore[misc]
    """SES_SealInfo of version 4 and 5."""

    _fields = [
        ("header", Header),
        ("esid", core.IA5String),
        ("property", PropertyV4),
        ("picture", Picture),
        ("extensions", Extensions, {"optional": True}),
    ]


class SealInfoV1(core.Sequence):  # type: ignore[misc]
    """SES_SealInfo of version 1."""

    _fields = [
        ("header", Header),
        ("esid", core.IA5String),
        ("property", PropertyV1),
        ("picture", Picture),
        ("extensions", Extensions, {"optional": True}),
    ]


class SealV4(core.Sequence):  # type: ignore[misc]
    """SESeal of version 4; version 5 may add a time stamp."""

    _fields = [
        ("info", SealInfoV4),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
        ("timestamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]


class SignInfoV1(core.Sequence):  # type: ignore[misc]
    """SES_SignInfo of version 1."""

    _fields = [
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
    ]


class SealV1(core.Sequence):  # type: ignore[misc]
    """SESeal of version 1."""

    _fields = [("info", SealInfoV1), ("sign_info", SignInfoV1)]


class ToSignV4(core.Sequence):  # type: ignore[misc]
    """TBS_Sign of version 4 and 5."""

    _fields = [
        ("version", core.Integer),
        ("seal", SealV4),
        ("time", core.GeneralizedTime),
        ("data_hash", core.OctetBitString),
        ("property_info", core.IA5String),
        ("extensions", Extensions, {"explicit": 0, "optional": True}),
    ]


class SignatureV4(core.Sequence):  # type: ignore[misc]
    """SES_Signature of version 4 and 5."""

    _fields = [
        ("to_sign", ToSignV4),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
        ("timestamp", core.OctetBitString, {"explicit": 0, "optional": True}),
    ]


class ToSignV1(core.Sequence):  # type: ignore[misc]
    """TBS_Sign of version 1."""

    _fields = [
        ("version", core.Integer),
        ("seal", SealV1),
        ("time", core.OctetBitString),
        ("data_hash", core.OctetBitString),
        ("property_info", core.IA5String),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
    ]


class SignatureV1(core.Sequence):  # type: ignore[misc]
    """SES_Signature of version 1."""

    _fields = [("to_sign", ToSignV1), ("value", core.OctetBitString)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """What a seal says, with the exact bytes its maker signed."""

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
    has_timestamp: bool


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
    has_timestamp: bool


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
        has_timestamp=bool(seal["timestamp"].native),
    )


def _seal_v1(seal: SealV1) -> SealFacts:
    info = seal["info"]
    properties, sign_info = info["property"], seal["sign_info"]
    # Version 1 signs the information, the maker's certificate and the algorithm together.
    body = info.dump() + sign_info["cert"].dump() + sign_info["algorithm"].dump()
    return SealFacts(
        version=_check_version(info["header"]["version"].native, (1, 2, 3)),
        vendor=info["header"]["vid"].native,
        esid=info["esid"].native,
        name=properties["name"].native,
        seal_type=properties["type"].native,
        created_at=properties["created"].native,
        valid_from=properties["valid_start"].native,
        valid_until=properties["valid_end"].native,
        certificates=tuple(item.native for item in properties["certificates"]),
        certificate_digests=(),
        picture_type=info["picture"]["type"].native,
        picture=info["picture"]["data"].native,
        width_mm=info["picture"]["width"].native,
        height_mm=info["picture"]["height"].native,
        maker_certificate=sign_info["cert"].native,
        algorithm=sign_info["algorithm"].dotted,
        signed_bytes=_sequence(body),
        signature=sign_info["value"].native,
        has_timestamp=False,
    )


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
        has_timestamp=bool(signature["timestamp"].native),
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
        has_timestamp=False,
    )


def _time_v1(value: bytes) -> datetime | None:
    """Version 1 puts a time stamp or the text of a time into a bit string."""
    try:
        return datetime.strptime(value.decode("ascii"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except (UnicodeDecodeError, ValueError):
        return None


def build_seal(
    *,
    esid: str,
    name: str,
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
                "type": SEAL_KIND_UNIT,
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
) -> bytes:
    """A version 4 signature value over the digest of a Signature.xml."""
    to_sign = ToSignV4(
        {
            "version": 4,
            "seal": SealV4.load(seal),
            "time": _whole(signed_at),
            "data_hash": data_hash,
            "property_info": property_info,
        }
    )
    signature = SignatureV4(
        {
            "to_sign": to_sign,
            "cert": certificate,
            "algorithm": OID_SM2_WITH_SM3,
            "value": sign(to_sign.dump()),
        }
    )
    der: bytes = signature.dump()
    return der


def _whole(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
