"""Verify a file that anyone brings: its seals and signatures, and the licence it may show.

The file is read in memory and not kept. An OFD is looked at part by part under each seal, a PDF
signature by signature; a PDF without one is compared with the faces we made.
"""

import re
from datetime import date, datetime

from lingnan.kernel import clock
from lingnan.kernel.text import localise
from lingnan.platforms.documents import queries as documents
from lingnan.security.crypto import services as crypto

from . import queries
from .errors import DocumentEmpty, DocumentTooLarge, DocumentUnreadable
from .faces import OWNER_COPY, stored_face
from .findings import DocumentReport, Finding, Outcome, SignatureReport, Step
from .grades import rule_for
from .models import Licence, LicenceUse
from .ofd import container_problems, find_signatures
from .pdf import FoundPdfSignature, find_pdf_signatures
from .pdf_checks import first_difference, verify_pdf_signatures
from .seal_checks import verify_signatures
from .types import Status
from .verification import verify_stored

_IN_TEXT = re.compile(
    rb"1\.2\.156\.3005\.2\.[0-9A-Z]{21}\.[0-9A-Z]{18}\.[0-9A-Z]{1,40}\.[0-9A-Z]{3}\.[0-9A-Z]"
)
_PDF_HEAD = b"%PDF-"
_PDF_SIGNATURE = b"/ByteRange"
_ZIP_HEAD = b"PK\x03\x04"
_REMAINS = ("/SignedValue.dat", ".esl")
FILE_MAX_BYTES = 20_000_000


def verify_document(content: bytes, *, at: datetime) -> DocumentReport:
    """Check an OFD or PDF file that someone received, step by step.

    Whoever has a licence's own file has the licence, so its fields are shown then.
    Raises: DocumentUnreadable (422) for anything else, for broken, empty and hostile files.
    """
    if not content:
        raise DocumentEmpty
    if len(content) > FILE_MAX_BYTES:
        raise DocumentTooLarge(limit_mb=FILE_MAX_BYTES // 1_000_000)
    if content.startswith(_ZIP_HEAD):
        return _verify_ofd(content, at=at)
    if content.startswith(_PDF_HEAD):
        return _verify_pdf(content, at=at)
    raise DocumentUnreadable(reason="neither OFD nor PDF")


def _verify_ofd(content: bytes, *, at: datetime) -> DocumentReport:
    parts, signatures = find_signatures(content)
    reports = verify_signatures(signatures)
    findings = [_container(content)]
    if not reports:
        findings.append(_no_signature(parts))
    found = _licence_in(parts)
    return _report(content, "ofd", reports, findings, found, at=at)


def _no_signature(parts: dict[str, bytes]) -> Finding:
    """A file without a signature is one thing; one from which the way to it was cut, another."""
    left = tuple(sorted(path for path in parts if path.endswith(_REMAINS)))
    if left:
        return Finding(step=Step.SIGNED, outcome=Outcome.FAILED, reason="cut_off", names=left)
    return Finding(step=Step.SIGNED, outcome=Outcome.NOT_PROVEN, reason="none")


def _container(content: bytes) -> Finding:
    problems = container_problems(content)
    if problems:
        return Finding(
            step=Step.CONTAINER, outcome=Outcome.FAILED, reason=problems[0], names=problems
        )
    return Finding(step=Step.CONTAINER, outcome=Outcome.PROVEN)


def _licence_in(parts: dict[str, bytes]) -> Licence | None:
    for path in sorted(parts):
        if path.endswith(".xml"):
            match = _IN_TEXT.search(parts[path])
            if match is not None:
                return queries.by_identifier(match[0].decode())
    return None


def _report(
    content: bytes,
    format_: str,
    reports: list[SignatureReport],
    findings: list[Finding],
    found: Licence | None,
    *,
    at: datetime,
) -> DocumentReport:
    """With the finding on the licence that the file shows, and the licence as we keep it.

    A file sealed by another agency may carry the identifier of a licence that it is not; so may
    one the same agency sealed, a notice that repeats what an applicant wrote, or a part added to
    the signatures. A whole seal proves only the very face we made.
    """
    digest = crypto.sm3(content).hex()
    face = queries.by_face_digest(digest)
    licence = None
    if face is not None:
        findings = [*findings, _its_file(face, at=at)]
        whole = all(report.is_whole for report in reports)
        licence = verify_stored(face, discloses=whole, at=at)
    elif (copy := _copy_of(digest)) is not None:
        findings = [*findings, _its_copy(copy, at=at)]
    elif found is not None:
        issuer = found.seal is not None and any(
            report.esid == found.sealed_by.esid for report in reports
        )
        findings = [
            *findings,
            Finding(
                step=Step.LICENCE,
                outcome=Outcome.NOT_PROVEN,
                reason="not_its_file" if issuer else "other_sealer",
                names=(found.identifier,),
            ),
        ]
    return DocumentReport(
        format=format_,
        digest_sm3=digest,
        size_bytes=len(content),
        signatures=tuple(reports),
        findings=tuple(findings),
        licence=licence,
    )


def _its_file(licence: Licence, *, at: datetime) -> Finding:
    """It is the file we made; of a licence brought in that proves no issuer, whatever it names."""
    if licence.seal_id is not None:
        return Finding(step=Step.LICENCE, outcome=Outcome.PROVEN)
    return _brought_in(licence, on=clock.local_date(at))


def _brought_in(licence: Licence, *, on: date) -> Finding:
    rule = rule_for(licence.grade, on=on)
    return Finding(
        step=Step.LICENCE,
        outcome=Outcome.NOT_PROVEN,
        reason="brought_in",
        names=(localise(rule.title),),
    )


def _copy_of(digest: str) -> LicenceUse | None:
    """The marked copy that a file is, byte for byte."""
    made = documents.files_like(digest, OWNER_COPY)
    rows = LicenceUse.objects.select_related("licence__type")
    return rows.filter(pk__in=[card.owner_id for card in made]).first()


def _its_copy(copy: LicenceUse, *, at: datetime) -> Finding:
    """A copy of ours: until its last day, and as long as the licence itself, sealed, is valid."""
    on = clock.local_date(at)
    assert copy.copy_valid_until is not None, "a copy has its last day"
    status = copy.licence.status_on(on)
    if copy.licence.seal_id is None:
        return _brought_in(copy.licence, on=on)
    if on > copy.copy_valid_until:
        return Finding(
            step=Step.LICENCE,
            outcome=Outcome.NOT_PROVEN,
            reason="copy_over",
            names=(copy.copy_valid_until.isoformat(),),
        )
    if status is not Status.VALID:
        return Finding(
            step=Step.LICENCE,
            outcome=Outcome.NOT_PROVEN,
            reason="copy_ended",
            names=(str(status.label),),
        )
    name = localise(copy.licence.type.name)
    return Finding(
        step=Step.LICENCE,
        outcome=Outcome.PROVEN,
        reason="copy",
        names=(str(name), copy.purpose, copy.copy_valid_until.isoformat()),
    )


def _verify_pdf(content: bytes, *, at: datetime) -> DocumentReport:
    """A PDF by its signatures; one without is compared with the faces we made."""
    if _PDF_SIGNATURE not in content:
        findings = []
        digest = crypto.sm3(content).hex()
        if queries.by_face_digest(digest) is None:
            findings.append(Finding(step=Step.SIGNED, outcome=Outcome.NOT_PROVEN, reason="none"))
        return _report(content, "pdf", [], findings, None, at=at)
    signatures = find_pdf_signatures(content)
    findings = []
    if not signatures:
        findings.append(Finding(step=Step.SIGNED, outcome=Outcome.FAILED, reason="cut_off"))
    reports = verify_pdf_signatures(signatures, content)
    found = _licence_named(signatures)
    if found is not None and any(report.failed for report in reports):
        findings += _difference(content, signatures, found)
    return _report(content, "pdf", reports, findings, found, at=at)


def _licence_named(signatures: list[FoundPdfSignature]) -> Licence | None:
    for signature in signatures:
        match = _IN_TEXT.search(signature.reason.encode("utf-8"))
        if match is not None:
            return queries.by_identifier(match[0].decode())
    return None


def _difference(
    content: bytes, signatures: list[FoundPdfSignature], found: Licence
) -> list[Finding]:
    """Where the file differs from the one that was issued, if that one was made.

    Told only to who has that one: a signature of it stands in his file, which nobody guesses. Else
    the place of the difference would spell out, byte by byte, a licence that he never saw.
    """
    issued = stored_face(found.pk, "pdf")
    if issued is None:
        return []
    own = {signature.value for signature in find_pdf_signatures(issued)}
    if not any(signature.value in own for signature in signatures if signature.value):
        return []
    names = (first_difference(content, issued),)
    return [Finding(step=Step.LICENCE, outcome=Outcome.FAILED, reason="differs", names=names)]
