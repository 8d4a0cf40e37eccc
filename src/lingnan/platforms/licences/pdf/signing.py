"""Put one signature into a PDF: pyhanko writes the update, we make the CMS, crypto signs.

Source: ISO 32000-2, 12.8; RFC 5652; ETSI EN 319 142-1 (PAdES B-T: no signing-time attribute, the
certificate named by signing-certificate-v2, a time stamp over the value); RFC 3161, appendix A;
GM/T 0010-2012 for the algorithms of the other one.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from io import BytesIO
from typing import Literal

from asn1crypto import algos, cms, core, tsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData

from lingnan.security.crypto import services as crypto

SUBFILTER_SM2 = "/Lingnan.SM2.detached"
RESERVED_BYTES = 16_000
Kind = Literal["sm2", "pades"]
_DIGESTS = {"sm2": "sm3", "pades": "sha256"}
_SIGNATURES = {"sm2": "sm2_sm3", "pades": "sha256_ecdsa"}


class _SubFilter(Enum):
    """What pyhanko asks of a SubFilter: its name as a PDF name."""

    SM2 = generic.NameObject(SUBFILTER_SM2)


def sign_pdf(
    content: bytes,
    *,
    kind: Kind,
    chain: Sequence[bytes],
    name: str,
    reason: str,
    at: datetime,
    sign: Callable[[bytes], bytes],
    timestamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """The PDF with one more signature, appended; what was there is not touched by a byte.

    `chain` begins with the signer's certificate (DER); `sign` signs a message with its key, as DER;
    `timestamp` gives the token over the value of the signature.
    """
    subfilter = _SubFilter.SM2 if kind == "sm2" else SigSeedSubFilter.PADES
    signature = PdfSignedData(
        generic.pdf_name("/Sig"),
        subfilter=subfilter,  # type: ignore[arg-type]
        timestamp=at,
        bytes_reserved=RESERVED_BYTES * 2,
    )
    signature[generic.pdf_name("/Name")] = generic.pdf_string(name)
    signature[generic.pdf_name("/Reason")] = generic.pdf_string(reason)
    writer = IncrementalPdfFileWriter(BytesIO(content))
    steps = PdfCMSEmbedder().write_cms(f"Signature-{kind}", writer)
    next(steps)
    steps.send(SigObjSetup(sig_placeholder=signature))
    output = BytesIO()
    digest, _stream = steps.send(SigIOSetup(md_algorithm=_DIGESTS[kind], output=output))
    made = _cms(digest.document_digest, kind=kind, chain=chain, sign=sign, timestamp=timestamp)
    steps.send(made)
    return output.getvalue()


def digest_of(kind: Kind, data: bytes) -> bytes:
    """The digest a kind of signature is made over."""
    return crypto.sm3(data) if kind == "sm2" else hashlib.sha256(data).digest()


def _cms(
    digest: bytes,
    *,
    kind: Kind,
    chain: Sequence[bytes],
    sign: Callable[[bytes], bytes],
    timestamp: Callable[[bytes], bytes] | None,
) -> cms.ContentInfo:
    method = algos.DigestAlgorithm({"algorithm": _DIGESTS[kind]})
    named = tsp.ESSCertIDv2(
        {"hash_algorithm": method, "cert_hash": digest_of(kind, bytes(chain[0]))}
    )
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", cms.ContentType("data")),
            _attribute("message_digest", core.OctetString(digest)),
            _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [named]})),
        ]
    )
    value = sign(attributes.dump())
    token = timestamp(value) if timestamp is not None else b""
    return assemble(kind, chain=chain, attributes=attributes, value=value, token=token)


def assemble(
    kind: Kind,
    *,
    chain: Sequence[bytes],
    attributes: cms.CMSAttributes,
    value: bytes,
    token: bytes = b"",
) -> cms.ContentInfo:
    """The CMS as we put it together, to the byte: what nobody signs in it is compared by it."""
    method = algos.DigestAlgorithm({"algorithm": _DIGESTS[kind]})
    signer = x509.Certificate.load(chain[0])
    signer_info: dict[str, object] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            name="issuer_and_serial_number",
            value={"issuer": signer.issuer, "serial_number": signer.serial_number},
        ),
        "digest_algorithm": method,
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": _SIGNATURES[kind]},
        "signature": value,
    }
    if token:
        stamp = _attribute("signature_time_stamp_token", cms.ContentInfo.load(token))
        signer_info["unsigned_attrs"] = cms.CMSAttributes([stamp])
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [method],
            "encap_content_info": {"content_type": "data"},
            "certificates": [x509.Certificate.load(der) for der in chain],
            "signer_infos": [signer_info],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})
