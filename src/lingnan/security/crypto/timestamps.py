"""Time stamps (RFC 3161) with SM2 and SM3: made by a test authority of ours, and checked.

The test authority says 测试 in its name; a production installation asks a licensed one.
"""

import hashlib
from datetime import UTC, datetime

from asn1crypto import algos, cms, core, tsp

from . import keyring, x509
from .adapters.registry import provider
from .authority import ensure_certificate
from .chains import check_certificate
from .errors import CertificateUnreadable
from .types import OID_SM2_WITH_SM3, OID_SM3, IssuedCertificate, TimestampReport

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


def _authority(at: datetime) -> IssuedCertificate:
    return ensure_certificate(
        common_name="岭南测试时间戳服务",
        organisation="岭南测试认证机构（无法律效力）",
        purpose=PURPOSE,
        at=at,
        is_timestamper=True,
    )


def make_timestamp(data: bytes, *, at: datetime) -> bytes:
    """A time stamp token over data by the test time stamp authority, with SM3."""
    return _token(provider().sm3(data), at=at)


def _token(digest: bytes, *, at: datetime) -> bytes:
    signer = _authority(at)
    certificate = x509.load(signer.der)
    fields: dict[str, object] = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": {
            "hash_algorithm": {"algorithm": "sm3"},
            "hashed_message": digest,
        },
        "serial_number": int.from_bytes(b"\x01" + provider().random(11), "big"),
        "gen_time": at.astimezone(UTC).replace(microsecond=0),
    }
    content = tsp.TSTInfo(fields).dump()
    sm3 = algos.DigestAlgorithm({"algorithm": "sm3"})
    certificate_id = tsp.ESSCertIDv2(
        {"hash_algorithm": sm3, "cert_hash": provider().sm3(signer.der)}
    )
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", cms.ContentType("tst_info")),
            _attribute("message_digest", core.OctetString(provider().sm3(content))),
            _attribute(
                "signing_certificate_v2", tsp.SigningCertificateV2({"certs": [certificate_id]})
            ),
        ]
    )
    handle = keyring.by_id(signer.key_id).secret
    return _assemble(
        certificate, content, attributes, provider().sm2_sign(handle, attributes.dump())
    )


def _assemble(
    certificate: x509.Parsed, content: bytes, attributes: cms.CMSAttributes, signature: bytes
) -> bytes:
    sm3 = algos.DigestAlgorithm({"algorithm": "sm3"})
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [sm3],
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
                    "digest_algorithm": sm3,
                    "signed_attrs": attributes,
                    "signature_algorithm": {"algorithm": "sm2_sm3"},
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
    facts = x509.facts_of(x509.load(certificate))
    chain = check_certificate(certificate, at=stamped_at, for_timestamps=True)
    problems: list[str] = []

    if signer["signature_algorithm"]["algorithm"].dotted != OID_SM2_WITH_SM3 or (
        signer["digest_algorithm"]["algorithm"].dotted != OID_SM3
    ):
        problems.append("algorithm")
    else:
        attributes = signer["signed_attrs"]
        stated = {item["type"].native: item["values"] for item in attributes}
        held = bytes(stated["message_digest"][0].native) == provider().sm3(content)
        held = held and stated["content_type"][0].native == "tst_info"
        signed_bytes = attributes.untag().dump()
        held = held and provider().sm2_verify(
            facts.public_point, signed_bytes, signer["signature"].native
        )
        if held and chain.is_trusted:
            # What nobody signs in a token of ours must be as we put it together, to the byte.
            plain = cms.CMSAttributes.load(signed_bytes)
            whole = _assemble(x509.load(certificate), content, plain, signer["signature"].native)
            held = whole == token
        if not held:
            problems.append("changed")
    imprint = info["message_imprint"]
    if _hash(str(imprint["hash_algorithm"]["algorithm"].native), data) != bytes(
        imprint["hashed_message"].native
    ):
        problems.append("other_data")
    problems += chain.problems
    if chain.key_may_be_known_since(None):
        problems.append("revoked")
    return TimestampReport(
        authority=facts.subject, stamped_at=stamped_at, problems=tuple(dict.fromkeys(problems))
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
