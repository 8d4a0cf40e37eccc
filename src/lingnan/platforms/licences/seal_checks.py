"""Verify a seal signature in the order of GB/T 38540: each step is named, none is skipped.

Seal maker and chain, seal validity, its standing here, signer in the seal's list, signer valid at
the time of signing, SM2 value, digest of Signature.xml, each part, coverage, time stamp.
"""

from datetime import datetime

from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import CertificateUnreadable
from lingnan.security.crypto.types import OID_SM2_WITH_SM3, ChainReport, TimestampReport

from . import ses
from .findings import Finding, Outcome, SignatureReport, Step
from .ofd import FoundSignature, find_signatures
from .ofd.reading import SM3_NAMES
from .queries import seal_standing_at

NAMES_MAX = 20


def verify_ofd(content: bytes) -> list[SignatureReport]:
    """Check every signature on an OFD; an empty list says that none is there.

    Raises: DocumentUnreadable.
    """
    _parts, found = find_signatures(content)
    return verify_signatures(found)


def verify_signatures(found: list[FoundSignature]) -> list[SignatureReport]:
    """Check the signatures of one package, in their order."""
    return [_verify(signature, found) for signature in found]


def _verify(found: FoundSignature, together: list[FoundSignature]) -> SignatureReport:
    facts = found.facts
    if facts is None:
        return SignatureReport(
            path=found.path,
            kind="other",
            provider=found.provider,
            pages=found.stamped_pages,
            findings=(
                Finding(
                    step=Step.SIGNATURE_VALUE,
                    # A signature without a seal may be good in a form that we do not read.
                    outcome=Outcome.NOT_PROVEN if found.kind == "Sign" else Outcome.FAILED,
                    reason="other_form" if found.kind == "Sign" else "unreadable",
                    names=(found.path,),
                ),
                _parts(found),
                _coverage(found, together),
            ),
        )
    stamp = _timestamp(facts)
    proven_at = stamp.at if stamp.outcome is Outcome.PROVEN else None
    subject, issuer = _names(facts.certificate)
    standing = _seal_standing(facts)
    return SignatureReport(
        path=found.path,
        kind="seal",
        version=facts.version,
        seal_name=facts.seal.name,
        esid=facts.seal.esid,
        signer=subject,
        issuer=issuer,
        provider=found.provider,
        signed_at=facts.signed_at,
        pages=found.stamped_pages,
        findings=(
            _seal_maker(found, facts.seal, standing, proven_at),
            _seal_validity(facts),
            *standing,
            _signer_listed(facts),
            _signer_valid(facts, proven_at),
            _signature_value(facts),
            _data_hash(found, facts),
            _parts(found),
            _coverage(found, together),
            stamp,
        ),
    )


def _names(certificate: bytes) -> tuple[str, str]:
    try:
        facts = crypto.read_certificate(certificate)
    except CertificateUnreadable:
        return "", ""
    return facts.subject, facts.issuer


def _signed(step: Step, certificate: bytes, algorithm: str, data: bytes, value: bytes) -> Finding:
    try:
        point = crypto.read_certificate(certificate).public_point
    except CertificateUnreadable:
        reason = "certificate" if algorithm == OID_SM2_WITH_SM3 else "algorithm"
        names = () if algorithm == OID_SM2_WITH_SM3 else (algorithm,)
        return Finding(step=step, outcome=Outcome.NOT_PROVEN, reason=reason, names=names)
    if algorithm != OID_SM2_WITH_SM3:  # an SM2 key signs by no other method
        return Finding(step=step, outcome=Outcome.FAILED, reason="changed")
    if not crypto.verify(data, value, public_point=point):
        return Finding(step=step, outcome=Outcome.FAILED, reason="changed")
    return Finding(step=step, outcome=Outcome.PROVEN)


def of_chain(step: Step, chain: ChainReport, names: tuple[str, ...] = ()) -> Finding:
    """A certificate's report as a finding: an authority unknown here is nothing bad by itself."""
    bad = [problem for problem in chain.problems if problem != "unknown_issuer"]
    if bad:
        return Finding(
            step=step, outcome=Outcome.FAILED, reason=bad[0], names=names, at=chain.revoked_at
        )
    if chain.problems:
        return Finding(
            step=step,
            outcome=Outcome.NOT_PROVEN,
            reason="unknown_issuer",
            names=(chain.issuer,) if chain.issuer else (),
        )
    return Finding(step=step, outcome=Outcome.PROVEN, names=names)


def _seal_maker(
    found: FoundSignature,
    seal: ses.SealFacts,
    standing: list[Finding],
    proven_at: datetime | None,
) -> Finding:
    """Made by whom it says, who could make seals then: a seal of our register is as old as it says,
    another's is proven no older than the time stamp over it.
    """
    made = _signed(
        Step.SEAL_MAKER, seal.maker_certificate, seal.algorithm, seal.signed_bytes, seal.signature
    )
    if made.outcome is not Outcome.PROVEN:
        return made
    if found.seal_file is not None and not _same_seal(found.seal_file, seal):
        return Finding(step=Step.SEAL_MAKER, outcome=Outcome.FAILED, reason="other_seal")
    chain = crypto.check_certificate(seal.maker_certificate, at=seal.created_at)
    finding = of_chain(Step.SEAL_MAKER, chain)
    is_known = any(one.outcome is Outcome.PROVEN for one in standing)
    if (
        finding.outcome is Outcome.PROVEN
        and not is_known
        and chain.may_be_after_revocation(proven_at)
    ):
        return Finding(
            step=Step.SEAL_MAKER,
            outcome=Outcome.NOT_PROVEN,
            reason="revoked_later",
            at=chain.revoked_at,
        )
    return finding


def _same_seal(file: bytes, seal: ses.SealFacts) -> bool:
    """Whether the separate file is the seal that was signed: a reader may draw either picture."""
    return file == seal.der


def _seal_validity(facts: ses.SignatureFacts) -> Finding:
    seal, at = facts.seal, facts.signed_at
    if at is None:
        return Finding(step=Step.SEAL_VALIDITY, outcome=Outcome.NOT_PROVEN, reason="no_time")
    if not seal.valid_from <= at <= seal.valid_until:
        return Finding(step=Step.SEAL_VALIDITY, outcome=Outcome.FAILED, reason="outside", at=at)
    return Finding(step=Step.SEAL_VALIDITY, outcome=Outcome.PROVEN, at=seal.valid_until)


def _seal_standing(facts: ses.SignatureFacts) -> list[Finding]:
    """What our register says of the seal at the time of signing; nothing for others' seals."""
    at = facts.signed_at
    standing = seal_standing_at(facts.seal.esid, facts.seal.der, at) if at is not None else None
    if standing is None:
        return []
    if standing.could_seal:
        return [Finding(step=Step.SEAL_STANDING, outcome=Outcome.PROVEN)]
    return [
        Finding(
            step=Step.SEAL_STANDING,
            outcome=Outcome.FAILED,
            reason=standing.state,
            at=standing.since,
        )
    ]


def _signer_listed(facts: ses.SignatureFacts) -> Finding:
    seal = facts.seal
    listed = facts.certificate in seal.certificates
    listed = listed or crypto.sm3(facts.certificate) in seal.certificate_digests
    if listed:
        return Finding(step=Step.SIGNER_LISTED, outcome=Outcome.PROVEN)
    if not seal.certificates and not seal.certificate_digests:
        return Finding(step=Step.SIGNER_LISTED, outcome=Outcome.NOT_PROVEN, reason="no_list")
    return Finding(step=Step.SIGNER_LISTED, outcome=Outcome.FAILED, reason="not_listed")


def _signer_valid(facts: ses.SignatureFacts, proven_at: datetime | None) -> Finding:
    at = facts.signed_at
    if at is None:
        return Finding(step=Step.SIGNER_VALID, outcome=Outcome.NOT_PROVEN, reason="no_time")
    chain = crypto.check_certificate(facts.certificate, at=at)
    finding = of_chain(Step.SIGNER_VALID, chain)
    if finding.outcome is Outcome.PROVEN and chain.may_be_after_revocation(proven_at):
        # Only a time stamp is not the signer's own word of when he signed.
        return Finding(
            step=Step.SIGNER_VALID,
            outcome=Outcome.NOT_PROVEN,
            reason="revoked_later",
            at=chain.revoked_at,
        )
    return finding


def _signature_value(facts: ses.SignatureFacts) -> Finding:
    return _signed(
        Step.SIGNATURE_VALUE,
        facts.certificate,
        facts.algorithm,
        facts.signed_bytes,
        facts.signature,
    )


def _data_hash(found: FoundSignature, facts: ses.SignatureFacts) -> Finding:
    held = crypto.sm3(found.signature_xml) == facts.data_hash
    return Finding(
        step=Step.DATA_HASH,
        outcome=Outcome.PROVEN if held else Outcome.FAILED,
        reason="" if held else "changed",
        names=(found.path,),
    )


def _parts(found: FoundSignature) -> Finding:
    if found.check_method not in SM3_NAMES:
        return Finding(
            step=Step.PARTS,
            outcome=Outcome.NOT_PROVEN,
            reason="algorithm",
            names=(found.check_method,),
        )
    if not found.parts:
        return Finding(step=Step.PARTS, outcome=Outcome.FAILED, reason="none")
    missing = tuple(part.path for part in found.parts if not part.exists)
    changed = tuple(part.path for part in found.parts if part.exists and not part.held)
    if changed or missing:
        return Finding(
            step=Step.PARTS,
            outcome=Outcome.FAILED,
            reason="changed" if changed else "missing",
            names=(changed + missing)[:NAMES_MAX],
        )
    return Finding(step=Step.PARTS, outcome=Outcome.PROVEN, names=(str(len(found.parts)),))


def _coverage(found: FoundSignature, together: list[FoundSignature]) -> Finding:
    """Parts no signature lists were put there by nobody knows whom."""
    listed = {part.path for other in together for part in other.parts if part.held}
    nobodys = tuple(name for name in found.unsigned if name not in listed)
    if nobodys:
        return Finding(
            step=Step.COVERAGE,
            outcome=Outcome.FAILED,
            reason="unsigned",
            names=nobodys[:NAMES_MAX],
        )
    if found.unsigned:
        return Finding(
            step=Step.COVERAGE,
            outcome=Outcome.NOT_PROVEN,
            reason="signed_by_another",
            names=found.unsigned[:NAMES_MAX],
        )
    reason = "" if any(other.covers_list for other in together) else "open"
    return Finding(step=Step.COVERAGE, outcome=Outcome.PROVEN, reason=reason)


def _timestamp(facts: ses.SignatureFacts) -> Finding:
    if not facts.timestamp:
        return Finding(step=Step.TIMESTAMP, outcome=Outcome.NOT_PROVEN, reason="none")
    return of_timestamp(crypto.check_timestamp(facts.timestamp, data=facts.signature))


def of_timestamp(report: TimestampReport) -> Finding:
    """What checking a time stamp found, as a step."""
    if report.problems:
        bad = [problem for problem in report.problems if problem != "unknown_issuer"]
        return Finding(
            step=Step.TIMESTAMP,
            outcome=Outcome.FAILED if bad else Outcome.NOT_PROVEN,
            reason=bad[0] if bad else "unknown_issuer",
            names=(report.authority,) if report.authority else (),
            at=report.stamped_at,
        )
    return Finding(
        step=Step.TIMESTAMP,
        outcome=Outcome.PROVEN,
        names=(report.authority,),
        at=report.stamped_at,
    )
