"""Verify a seal signature in the order of GB/T 38540: each check is named, none is skipped.

Seal maker and chain, seal validity, signer in the seal's list, signer valid at the time of signing,
SM2 value, digest of Signature.xml, each part, coverage, time stamp.
"""

from dataclasses import dataclass
from datetime import datetime

from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import CertificateUnreadable
from lingnan.security.crypto.types import OID_SM2_WITH_SM3, OID_SM3

from . import ses
from .ofd_signing import FoundSignature, find_signatures
from .types import Check, CheckResult


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """One signature on a document and what each check found."""

    path: str
    version: int | None
    seal_name: str
    esid: str
    signer: str
    signed_at: datetime | None
    checks: tuple[CheckResult, ...]

    @property
    def holds(self) -> bool:
        """No check failed."""
        return all(check.held is not False for check in self.checks)


def verify_ofd(content: bytes) -> list[SignatureReport]:
    """Check every signature on an OFD; an empty list says that none is there.

    Raises: DocumentUnreadable.
    """
    _parts, found = find_signatures(content)
    return [verify_signature(signature) for signature in found]


def verify_signature(found: FoundSignature) -> SignatureReport:
    """Check one signature of a package."""
    facts = found.facts
    if facts is None:
        return SignatureReport(
            path=found.path,
            version=None,
            seal_name="",
            esid="",
            signer="",
            signed_at=None,
            checks=(CheckResult(check=Check.SIGNATURE_VALUE, held=False, detail="unreadable"),),
        )
    checks = [*_check_seal(facts.seal, facts.signed_at), *_check_signer(facts)]
    digest = crypto.sm3(found.signature_xml)
    checks.append(CheckResult(check=Check.DATA_HASH, held=digest == facts.data_hash))
    checks.append(_check_parts(found))
    checks.append(
        CheckResult(
            check=Check.COVERAGE, held=not found.unsigned, detail=", ".join(found.unsigned[:5])
        )
    )
    checks.append(
        CheckResult(
            check=Check.TIMESTAMP,
            held=None,
            detail="not checked" if facts.has_timestamp else "none",
        )
    )
    return SignatureReport(
        path=found.path,
        version=facts.version,
        seal_name=facts.seal.name,
        esid=facts.seal.esid,
        signer=_subject(facts.certificate),
        signed_at=facts.signed_at,
        checks=tuple(checks),
    )


def _subject(certificate: bytes) -> str:
    try:
        return crypto.read_certificate(certificate).subject
    except CertificateUnreadable:
        return ""


def _verify(certificate: bytes, algorithm: str, data: bytes, signature: bytes) -> bool:
    if algorithm != OID_SM2_WITH_SM3:
        return False
    try:
        point = crypto.read_certificate(certificate).public_point
    except CertificateUnreadable:
        return False
    return crypto.verify(data, signature, public_point=point)


def _check_seal(seal: ses.SealFacts, signed_at: datetime | None) -> list[CheckResult]:
    made = _verify(seal.maker_certificate, seal.algorithm, seal.signed_bytes, seal.signature)
    detail, held = "", made
    if not made:
        detail = "seal_changed"
    else:
        chain = crypto.check_certificate(seal.maker_certificate, at=seal.created_at)
        held, detail = chain.is_trusted, ", ".join(chain.problems)
    in_time = signed_at is not None and seal.valid_from <= signed_at <= seal.valid_until
    return [
        CheckResult(check=Check.SEAL_MAKER, held=held, detail=detail),
        CheckResult(check=Check.SEAL_VALIDITY, held=in_time),
    ]


def _check_signer(facts: ses.SignatureFacts) -> list[CheckResult]:
    digest = crypto.sm3(facts.certificate)
    listed = facts.certificate in facts.seal.certificates
    listed = listed or digest in facts.seal.certificate_digests
    if facts.signed_at is None:
        valid = CheckResult(check=Check.SIGNER_VALID, held=False, detail="no time of signing")
    else:
        chain = crypto.check_certificate(facts.certificate, at=facts.signed_at)
        valid = CheckResult(
            check=Check.SIGNER_VALID, held=chain.is_trusted, detail=", ".join(chain.problems)
        )
    signed = _verify(facts.certificate, facts.algorithm, facts.signed_bytes, facts.signature)
    return [
        CheckResult(check=Check.SIGNER_LISTED, held=listed),
        valid,
        CheckResult(check=Check.SIGNATURE_VALUE, held=signed),
    ]


def _check_parts(found: FoundSignature) -> CheckResult:
    if found.check_method not in (OID_SM3, "SM3", ""):
        return CheckResult(check=Check.PARTS, held=False, detail=found.check_method)
    wrong = [part.path for part in found.parts if not part.held]
    return CheckResult(
        check=Check.PARTS, held=bool(found.parts) and not wrong, detail=", ".join(wrong[:5])
    )
