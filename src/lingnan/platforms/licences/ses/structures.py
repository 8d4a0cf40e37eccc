"""The ASN.1 of electronic seals and signatures, three generations side by side.

Source: GM/T 0031-2014 (version 1), GB/T 38540-2020 (version 4), GM/T 0031-2025 (version 5: as 4,
with a time stamp allowed on the seal).
"""

from asn1crypto import core

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
        ("certificates", core.Any),
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
