"""X.509 with SM2: built and read with asn1crypto, which knows the structure but not the curve.

Source: GM/T 0015-2012 (certificate format), GB/T 20518-2018.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime

from asn1crypto import algos, core, crl, keys, pem, x509

from .errors import CertificateUnreadable
from .types import OID_SM2_CURVE, OID_SM2_WITH_SM3, OID_SM3, CertificateFacts

# asn1crypto's tables of names are open; these two object identifiers are the national ones.
algos.SignedDigestAlgorithmId._map[OID_SM2_WITH_SM3] = "sm2_sm3"
algos.SignedDigestAlgorithmId._reverse_map = None
algos.DigestAlgorithmId._map[OID_SM3] = "sm3"
algos.DigestAlgorithmId._reverse_map = None
keys.NamedCurve.register("sm2p256v1", OID_SM2_CURVE, 32)

Parsed = x509.Certificate


def name_of(common_name: str, organisation: str, *, organisation_code: str = "") -> x509.Name:
    """A subject name: C=CN, O, optional organisation identifier, CN."""
    parts = {"country_name": "CN", "organization_name": organisation}
    if organisation_code:
        parts["organization_identifier"] = organisation_code
    parts["common_name"] = common_name
    return x509.Name.build(parts)


def public_key_info(public_point: bytes) -> keys.PublicKeyInfo:
    """SubjectPublicKeyInfo for a 65-byte point on the SM2 curve."""
    return keys.PublicKeyInfo(
        {
            "algorithm": keys.PublicKeyAlgorithm(
                {
                    "algorithm": "ec",
                    "parameters": keys.ECDomainParameters(name="named", value="sm2p256v1"),
                }
            ),
            "public_key": keys.ECPointBitString(public_point),
        }
    )


def public_key_pem(public_point: bytes) -> bytes:
    """The public key as a PEM file that other programs read."""
    armoured: bytes = pem.armor("PUBLIC KEY", public_key_info(public_point).dump())
    return armoured


def build_certificate(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    public_point: bytes,
    issuer_point: bytes,
    serial_number: int,
    not_before: datetime,
    not_after: datetime,
    is_authority: bool,
    path_length: int | None,
    key_identifier: Callable[[bytes], bytes],
    sign: Callable[[bytes], bytes],
    is_timestamper: bool = False,
    revocation_url: str = "",
) -> bytes:
    """A signed version 3 certificate in DER.

    `is_timestamper` limits its use to time stamps (RFC 3161, 2.3); `revocation_url` is where the
    issuer's revocation list is published.
    """
    usage = (
        {"key_cert_sign", "crl_sign"} if is_authority else {"digital_signature", "non_repudiation"}
    )
    constraints: dict[str, object] = {"ca": is_authority}
    if path_length is not None:
        constraints["path_len_constraint"] = path_length
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sm2_sm3"})
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial_number,
            "signature": algorithm,
            "issuer": issuer,
            "validity": {"not_before": time_of(not_before), "not_after": time_of(not_after)},
            "subject": subject,
            "subject_public_key_info": public_key_info(public_point),
            "extensions": [
                *_more_extensions(is_timestamper, revocation_url),
                {
                    "extn_id": "basic_constraints",
                    "critical": True,
                    "extn_value": x509.BasicConstraints(constraints),
                },
                {"extn_id": "key_usage", "critical": True, "extn_value": x509.KeyUsage(usage)},
                {
                    "extn_id": "key_identifier",
                    "critical": False,
                    "extn_value": core.OctetString(key_identifier(public_point)),
                },
                {
                    "extn_id": "authority_key_identifier",
                    "critical": False,
                    "extn_value": x509.AuthorityKeyIdentifier(
                        {"key_identifier": key_identifier(issuer_point)}
                    ),
                },
            ],
        }
    )
    certificate = x509.Certificate(
        {
            "tbs_certificate": tbs,
            "signature_algorithm": algorithm,
            "signature_value": sign(tbs.dump()),
        }
    )
    der: bytes = certificate.dump()
    return der


def _more_extensions(is_timestamper: bool, revocation_url: str) -> list[dict[str, object]]:
    more: list[dict[str, object]] = []
    if is_timestamper:
        use = x509.ExtKeyUsageSyntax(["time_stamping"])
        more.append({"extn_id": "extended_key_usage", "critical": True, "extn_value": use})
    if revocation_url:
        name = x509.GeneralName(name="uniform_resource_identifier", value=revocation_url)
        point = x509.DistributionPoint(
            {"distribution_point": x509.DistributionPointName(name="full_name", value=[name])}
        )
        points = x509.CRLDistributionPoints([point])
        more.append({"extn_id": "crl_distribution_points", "critical": False, "extn_value": points})
    return more


def time_of(instant: datetime) -> x509.Time:
    """An instant as certificates and lists write it."""
    whole = instant.astimezone(UTC).replace(microsecond=0)
    kind = "utc_time" if whole.year < 2050 else "general_time"  # RFC 5280, 4.1.2.5
    return x509.Time(name=kind, value=whole)


def authority_key(identifier: bytes) -> x509.AuthorityKeyIdentifier:
    """The extension that names the issuer's key."""
    return x509.AuthorityKeyIdentifier({"key_identifier": identifier})


def load(certificate: bytes) -> x509.Certificate:
    """Parse DER or PEM. Raises: CertificateUnreadable."""
    try:
        if pem.detect(certificate):
            _, _, certificate = pem.unarmor(certificate)
        parsed = x509.Certificate.load(certificate, strict=True)
        # Parsing is lazy: touch every part once, but for the extensions, which some makers break.
        body = parsed["tbs_certificate"]
        for name in ("version", "serial_number", "signature", "issuer", "validity", "subject"):
            body[name].native  # noqa: B018
        for name in ("subject_public_key_info", "issuer_unique_id", "subject_unique_id"):
            body[name].native  # noqa: B018
        parsed["signature_value"].native  # noqa: B018
    except (ValueError, TypeError, KeyError, IndexError) as broken:
        raise CertificateUnreadable from broken
    return parsed


def revocations(der: bytes) -> crl.CertificateList:
    """Parse a revocation list. Raises: ValueError."""
    return crl.CertificateList.load(der, strict=True)


def facts_of(parsed: x509.Certificate) -> CertificateFacts:
    """Read the fields we use. Raises: CertificateUnreadable for another key type."""
    info = parsed.public_key
    try:
        curve = info["algorithm"]["parameters"].chosen.dotted
        point = bytes(info["public_key"].native)
    except (AttributeError, ValueError, TypeError) as other_key:
        raise CertificateUnreadable from other_key
    if curve != OID_SM2_CURVE or len(point) != 65:
        raise CertificateUnreadable
    try:
        constraints = parsed.basic_constraints_value
        is_authority = bool(constraints is not None and constraints["ca"].native)
    except (ValueError, TypeError, KeyError, IndexError):
        is_authority = False
    return CertificateFacts(
        subject=parsed.subject.human_friendly,
        issuer=parsed.issuer.human_friendly,
        serial_number=format(parsed.serial_number, "x"),
        not_before=parsed.not_valid_before,
        not_after=parsed.not_valid_after,
        public_point=point,
        is_authority=is_authority,
    )


def raw_signature(der_signature: bytes) -> bytes:
    """DER SEQUENCE{r, s} as the 64 bytes r, s that some interfaces want."""
    parsed = algos.DSASignature.load(der_signature, strict=True)
    r, s = parsed["r"].native, parsed["s"].native
    return bytes(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def der_signature(raw: bytes) -> bytes:
    """The 64 bytes r, s as DER SEQUENCE{r, s}."""
    if len(raw) != 64:
        raise ValueError("a raw SM2 signature has 64 bytes")
    parts = {"r": int.from_bytes(raw[:32], "big"), "s": int.from_bytes(raw[32:], "big")}
    der: bytes = algos.DSASignature(parts).dump()
    return der


def to_pem(der: bytes) -> bytes:
    """A certificate as PEM."""
    body = base64.encodebytes(der).decode().replace("\n", "")
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join(
        ["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]
    ).encode()
