"""Time stamps (RFC 3161), made by test authorities of ours, and checked: with SM2 and SM3, and with
ES256 where the signature stamped is one the rest of the world reads.

The test authority says 测试 in its name; a production installation asks a licensed one.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from asn1crypto import algos, cms, core, tsp

from . import keyring, x509
from .adapters.registry import provider
from .authority import ensure_certificate
from .chains import check_certificate
from .errors import CertificateUnreadable
from .p256 import (
    check_p256_certificate,
    ensure_p256_certificate,
    sign_es256,
    verify_as_the_world,
)
from .types import ChainReport, IssuedCertificate, TimestampReport

PURPOSE = "authority:timestamp"
POLICY = "1.2.156.3005.9.1"  # our default: a policy of its own, for tests
TOKEN_MAX_BYTES = 100_000
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


def _hash(algorithm: str, data: bytes) -> bytes | None:
    if algorithm == "sm3":
        return provider().sm3(data)
    if algorithm in ("sha256", "sha384", "sha512"):
        return hashlib.new(algorithm, data).digest()
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Method:
    """How one kind of authority digests, signs and is checked."""

    digest: str
    signature: str
    authority: Callable[[datetime], IssuedCertificate]
    hash: Callable[[bytes], bytes]
    sign: Callable[[UUID, bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]
    chain: Callable[[bytes, datetime], ChainReport]


Kind = Literal["sm2", "es256"]
_NAME, _ORGANISATION = "岭南测试时间戳服务", "岭南测试认证机构（无法律效力）"


def _verify_sm2(certificate: bytes, data: bytes, signature: bytes) -> bool:
    point = x509.facts_of(x509.load(certificate)).public_point
    return provider().sm2_verify(point, data, signature)


def _verify_es256(certificate: bytes, data: bytes, signature: bytes) -> bool:
    held = verify_as_the_world(certificate, data, signature, method="sha256_ecdsa", digest="sha256")
    return held is True


_METHODS: Mapping[Kind, _Method] = MappingProxyType(
    {
        "sm2": _Method(
            digest="sm3",
            signature="sm2_sm3",
            authority=lambda at: ensure_certificate(
                common_name=_NAME,
                organisation=_ORGANISATION,
                purpose=PURPOSE,
                at=at,
                is_timestamper=True,
            ),
            hash=lambda data: provider().sm3(data),
            sign=lambda key_id, data: provider().sm2_sign(keyring.by_id(key_id).secret, data),
            verify=_verify_sm2,
            chain=lambda der, at: check_certificate(der, at=at, for_timestamps=True),
        ),
        "es256": _Method(
            digest="sha256",
            signature="sha256_ecdsa",
            authority=lambda at: ensure_p256_certificate(
                purpose=PURPOSE,
                common_name=_NAME,
                organisation=_ORGANISATION,
                at=at,
                is_timestamper=True,
            ),
            hash=lambda data: hashlib.sha256(data).digest(),
            sign=lambda key_id, data: sign_es256(keyring.by_id(key_id).secret, data),
            verify=_verify_es256,
            chain=lambda der, at: check_p256_certificate(der, at=at, for_timestamps=True),
        ),
    }
)


def make_timestamp(data: bytes, *, at: datetime, kind: Kind = "sm2") -> bytes:
    """A time stamp token over data by the test time stamp authority of a kind."""
    method = _METHODS[kind]
    signer = method.authority(at)
    fields: dict[str, object] = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": {
            "hash_algorithm": {"algorithm": method.digest},
            "hashed_message": method.hash(data),
        },
        "serial_number": int.from_bytes(b"\x01" + provider().random(11), "big"),
        "gen_time": at.astimezone(UTC).replace(microsecond=0),
    }
    content = tsp.TSTInfo(fields).dump()
    algorithm = algos.DigestAlgorithm({"algorithm": method.digest})
    certificate_id = tsp.ESSCertIDv2(
        {"hash_algorithm": algorithm, "cert_hash": method.hash(signer.der)}
    )
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", cms.ContentType("tst_info")),
            _attribute("message_digest", core.OctetString(method.hash(content))),
            _attribute(
                "signing_certificate_v2", tsp.SigningCertificateV2({"certs": [certificate_id]})
            ),
        ]
    )
    value = method.sign(signer.key_id, attributes.dump())
    return _assemble(method, x509.load(signer.der), content, attributes, value)


def _assemble(
    method: _Method,
    certificate: x509.Parsed,
    content: bytes,
    attributes: cms.CMSAttributes,
    signature: bytes,
) -> bytes:
    algorithm = algos.DigestAlgorithm({"algorithm": method.digest})
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [algorithm],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(content),
            },
            "certificates": [certificate],
            "signer_infos": [
                {
                    "version": "v1",
                    "sid": cms.SignerIdentifier(
                        name="issuer_and_serial_number",
                        value={
                            "issuer": certificate.issuer,
                            "serial_number": certificate.serial_number,
                        },
                    ),
                    "digest_algorithm": algorithm,
                    "signed_attrs": attributes,
                    "signature_algorithm": {"algorithm": method.signature},
                    "signature": signature,
                }
            ],
        }
    )
    token: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return token


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def check_timestamp(token: bytes, *, data: bytes) -> TimestampReport:
    """Whether a token proves that `data` existed at its instant; never raises."""
    if len(token) > TOKEN_MAX_BYTES:
        return TimestampReport(authority="", stamped_at=None, problems=("malformed",))
    try:
        return _check(token, data)
    except (*_BROKEN, CertificateUnreadable):
        return TimestampReport(authority="", stamped_at=None, problems=("malformed",))


def _check(token: bytes, data: bytes) -> TimestampReport:
    outer = cms.ContentInfo.load(token, strict=True)
    if outer["content_type"].native != "signed_data":
        return TimestampReport(authority="", stamped_at=None, problems=("other_form",))
    signed = outer["content"]
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info":
        return TimestampReport(authority="", stamped_at=None, problems=("other_form",))
    content = bytes(encapsulated["content"])
    info = tsp.TSTInfo.load(content, strict=True)
    stamped_at: datetime = info["gen_time"].native
    (signer,) = signed["signer_infos"]
    certificate = _certificate_of(signed, signer)
    method = _method_of(signer)
    chain = (method or _METHODS["sm2"]).chain(certificate, stamped_at)
    problems: list[str] = []

    if method is None:
        problems.append("algorithm")
    else:
        attributes = signer["signed_attrs"]
        stated = {item["type"].native: item["values"] for item in attributes}
        value = signer["signature"].native
        held = bytes(stated["message_digest"][0].native) == method.hash(content)
        held = held and stated["content_type"][0].native == "tst_info"
        signed_bytes = attributes.untag().dump()
        held = held and method.verify(certificate, signed_bytes, value)
        if held and chain.is_trusted:
            # What nobody signs in a token of ours must be as we put it together, to the byte.
            plain = cms.CMSAttributes.load(signed_bytes)
            whole = _assemble(method, x509.load(certificate), content, plain, value)
            held = whole == token
        if not held:
            problems.append("changed")
    imprint = info["message_imprint"]
    if _hash(str(imprint["hash_algorithm"]["algorithm"].native), data) != bytes(
        imprint["hashed_message"].native
    ):
        problems.append("other_data")
    problems += chain.problems
    if chain.key_lost:  # else what it stamped before stays good: RFC 3161, 4 (1)
        problems.append("revoked")
    return TimestampReport(
        authority=chain.subject, stamped_at=stamped_at, problems=tuple(dict.fromkeys(problems))
    )


def _method_of(signer: cms.SignerInfo) -> _Method | None:
    said = (
        str(signer["digest_algorithm"]["algorithm"].native),
        str(signer["signature_algorithm"]["algorithm"].native),
    )
    return next(
        (found for found in _METHODS.values() if (found.digest, found.signature) == said), None
    )


def _certificate_of(signed: cms.SignedData, signer: cms.SignerInfo) -> bytes:
    wanted = signer["sid"].chosen
    for choice in signed["certificates"]:
        certificate = choice.chosen
        if certificate.serial_number == wanted["serial_number"].native and (
            certificate.issuer.hashable == wanted["issuer"].hashable
        ):
            der: bytes = certificate.dump()
            return der
    raise ValueError("the signer's certificate is not in the token")
