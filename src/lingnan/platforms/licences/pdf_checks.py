"""Verify the signatures of a PDF: each step is named, none is skipped.

Seal in the register, signer's certificate at the time of signing, value, the bytes it covers, and
what came after it. Source: ISO 32000-2, 12.8; ETSI EN 319 102-1 (the order of the looks).
"""

from datetime import datetime

from asn1crypto import cms

from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import CertificateUnreadable

from .findings import Finding, Outcome, SignatureReport, Step
from .models import Seal
from .pdf import SUBFILTER_SM2, FoundPdfSignature
from .pdf.signing import assemble
from .queries import seal_standing_at
from .seal_checks import of_chain, of_timestamp

_SM2 = ("sm3", "sm2_sm3")


def verify_pdf_signatures(found: list[FoundPdfSignature], content: bytes) -> list[SignatureReport]:
    """Check the signatures of one PDF, the oldest first."""
    covers = any(signature.covers_file for signature in found)
    return [
        _verify(signature, content, number=number, covered_later=covers)
        for number, signature in enumerate(found, start=1)
    ]


def first_difference(content: bytes, issued: bytes) -> str:
    """Where a file first differs from the one that was issued, in words of bytes."""
    for place, (left, right) in enumerate(zip(content, issued, strict=False)):
        if left != right:
            return f"{place} / {len(issued)}"
    return f"{min(len(content), len(issued))} / {len(issued)}"


def _verify(
    found: FoundPdfSignature, content: bytes, *, number: int, covered_later: bool
) -> SignatureReport:
    is_sm2 = found.subfilter == SUBFILTER_SM2 or found.signature_method == "sm2_sm3"
    kind = "sm2" if is_sm2 else "pades"
    if not found.certificate:
        finding = Finding(
            step=Step.SIGNATURE_VALUE,
            outcome=Outcome.FAILED,
            reason="unreadable",
            names=(found.name,),
        )
        return SignatureReport(path=found.name, kind="other", findings=(finding,))
    seal = Seal.objects.filter(certificate_der=found.certificate).first() if is_sm2 else None
    stamp, stamped_at = _timestamp(found)
    chain, subject, issuer = _chain(found, is_sm2=is_sm2, proven_at=stamped_at)
    findings = [chain, _value(found, is_sm2=is_sm2), _bytes(found), *_rest(found, kind, chain)]
    findings.append(_coverage(found, content, covered_later=covered_later))
    if seal is not None and found.signed_at is not None:
        findings.insert(0, _standing(seal, found))
    findings.append(stamp)
    return SignatureReport(
        path=found.name,
        kind=kind,
        seal_name=seal.name if seal is not None else "",
        esid=seal.esid if seal is not None else "",
        signer=subject,
        issuer=issuer,
        provider=found.signer_name,
        signed_at=found.signed_at,
        findings=tuple(findings),
    )


def _standing(seal: Seal, found: FoundPdfSignature) -> Finding:
    assert found.signed_at is not None, "asked only with a time"
    standing = seal_standing_at(seal.esid, bytes(seal.der), found.signed_at)
    if standing is None or standing.could_seal:
        return Finding(step=Step.SEAL_STANDING, outcome=Outcome.PROVEN, names=(seal.name,))
    return Finding(
        step=Step.SEAL_STANDING,
        outcome=Outcome.FAILED,
        reason=standing.state,
        at=standing.since,
    )


def _timestamp(found: FoundPdfSignature) -> tuple[Finding, datetime | None]:
    """What the time stamp over the value proves, and since when the signature exists then."""
    if not found.timestamp:
        none = Finding(step=Step.TIMESTAMP, outcome=Outcome.NOT_PROVEN, reason="none")
        return none, None
    finding = of_timestamp(crypto.check_timestamp(found.timestamp, data=found.value))
    return finding, finding.at if finding.outcome is Outcome.PROVEN else None


def _chain(
    found: FoundPdfSignature, *, is_sm2: bool, proven_at: datetime | None
) -> tuple[Finding, str, str]:
    at = found.signed_at
    if at is None:
        return (
            Finding(step=Step.SIGNER_VALID, outcome=Outcome.NOT_PROVEN, reason="no_time"),
            "",
            "",
        )
    check = crypto.check_certificate if is_sm2 else crypto.check_p256_certificate
    chain = check(found.certificate, at=at)
    finding = of_chain(Step.SIGNER_VALID, chain)
    if finding.outcome is Outcome.PROVEN and chain.may_be_after_revocation(proven_at):
        finding = Finding(
            step=Step.SIGNER_VALID,
            outcome=Outcome.NOT_PROVEN,
            reason="revoked_later",
            at=chain.revoked_at,
        )
    return finding, chain.subject, chain.issuer


def _value(found: FoundPdfSignature, *, is_sm2: bool) -> Finding:
    held: bool | None = None
    if is_sm2:
        if (found.digest_method, found.signature_method) == _SM2:
            try:
                point = crypto.read_certificate(found.certificate).public_point
                held = crypto.verify(found.signed_attributes, found.value, public_point=point)
            except CertificateUnreadable:
                held = False
    else:
        held = crypto.verify_as_the_world(
            found.certificate,
            found.signed_attributes,
            found.value,
            method=found.signature_method,
            digest=found.digest_method,
        )
    if held is None:
        return Finding(
            step=Step.SIGNATURE_VALUE,
            outcome=Outcome.NOT_PROVEN,
            reason="algorithm",
            names=(found.signature_method,),
        )
    return Finding(
        step=Step.SIGNATURE_VALUE,
        outcome=Outcome.PROVEN if held else Outcome.FAILED,
        reason="" if held else "changed",
    )


def _bytes(found: FoundPdfSignature) -> Finding:
    """Whether the bytes it covers are those that were signed."""
    if found.digest_held:
        return Finding(step=Step.BYTES, outcome=Outcome.PROVEN, names=(str(found.covered),))
    return Finding(
        step=Step.BYTES, outcome=Outcome.FAILED, reason="changed", names=(str(found.covered),)
    )


def _rest(found: FoundPdfSignature, kind: str, chain: Finding) -> list[Finding]:
    """What nobody signs in a signature of ours must be as we put it together, to the byte."""
    if chain.outcome is not Outcome.PROVEN:
        return []
    known = (
        crypto.issuers_of(found.certificate)
        if kind == "sm2"
        else [crypto.p256_root_of(found.certificate)]
    )
    above = [der for der in found.certificates if der != found.certificate]
    bag = [found.certificate, *above]  # a SET has no order of its own
    whole = len(bag) == len(found.certificates) and all(der in known for der in above)
    if whole:
        made = assemble(
            "sm2" if kind == "sm2" else "pades",
            chain=bag,
            attributes=cms.CMSAttributes.load(found.signed_attributes),
            value=found.value,
            token=found.timestamp,
        )
        whole = made.dump() == found.cms
    if whole:
        return []
    return [Finding(step=Step.SIGNATURE_VALUE, outcome=Outcome.FAILED, reason="changed")]


def _coverage(found: FoundPdfSignature, content: bytes, *, covered_later: bool) -> Finding:
    """Whether it covers the file; after it nothing may come but another signature."""
    if found.later:
        return Finding(
            step=Step.COVERAGE, outcome=Outcome.FAILED, reason="added", names=(found.later,)
        )
    if found.covers_file:
        return Finding(step=Step.COVERAGE, outcome=Outcome.PROVEN)
    if found.covered and covered_later:
        return Finding(step=Step.COVERAGE, outcome=Outcome.PROVEN, reason="signed_again")
    if found.covered:
        names = (f"{found.covered}–{len(content)}",)
        return Finding(step=Step.COVERAGE, outcome=Outcome.FAILED, reason="appended", names=names)
    return Finding(step=Step.COVERAGE, outcome=Outcome.FAILED, reason="gap")
