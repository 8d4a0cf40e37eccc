"""Verify a licence by identifier, or a licence file, and say exactly what was looked at."""

import re
from datetime import datetime

from lingnan.kernel import clock
from lingnan.security.crypto import services as crypto
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import licence_identifier

from . import ofd_signing, payload, queries
from .errors import DocumentUnreadable
from .models import Licence
from .seal_checks import SignatureReport, verify_signature
from .types import Check, CheckResult, Status, Verification

_IN_TEXT = re.compile(
    rb"1\.2\.156\.3005\.2\.[0-9A-Z]{21}\.[0-9A-Z]{18}\.[0-9A-Z]{1,40}\.[0-9A-Z]{3}\.[0-9A-Z]"
)
_PDF_HEAD = b"%PDF-"
_ZIP_HEAD = b"PK\x03\x04"


def verify_identifier(identifier: str, *, code: str = "", at: datetime) -> Verification:
    """Check a licence as we keep it. `code`, from the QR on the licence, opens personal fields.

    At most four queries. Never raises for a wrong identifier: that is an answer.
    """
    try:
        parsed = str(licence_identifier.parse(identifier.strip().upper()))
    except CodeMalformed as wrong:
        return Verification(
            checks=(CheckResult(check=Check.IDENTIFIER, held=False, detail=wrong.code),)
        )
    checks = [CheckResult(check=Check.IDENTIFIER, held=True)]
    found = queries.by_identifier(parsed)
    if found is None:
        checks.append(CheckResult(check=Check.REGISTERED, held=False))
        return Verification(checks=tuple(checks))
    checks += [CheckResult(check=Check.REGISTERED, held=True), *_check_stored(found, at=at)]
    discloses = bool(code) and crypto.equal(code.strip().lower(), queries.verify_code(parsed))
    return _verification(found, checks, discloses=discloses, at=at)


def verify_file(content: bytes, *, at: datetime) -> Verification:
    """Check a licence file (OFD or PDF) that someone received.

    An OFD is looked at part by part under its seal; with the seal whole, it must also be the face
    we made. A PDF is compared with the file we made: it is
    that file to the last byte, or nothing is said for it. Who has the file has the licence, so its
    fields are shown.
    Raises: DocumentUnreadable (422).
    """
    if content.startswith(_ZIP_HEAD):
        return _verify_ofd(content, at=at)
    if content.startswith(_PDF_HEAD):
        return _verify_pdf(content, at=at)
    raise DocumentUnreadable(reason="neither OFD nor PDF")


def _verify_ofd(content: bytes, *, at: datetime) -> Verification:
    parts, signatures = ofd_signing.find_signatures(content)
    reports = [verify_signature(signature) for signature in signatures]
    checks = [result for report in reports for result in report.checks]
    if not reports:
        checks = [CheckResult(check=Check.SIGNATURE_VALUE, held=False, detail="no signature")]
    intact = bool(reports) and all(report.holds for report in reports)
    found = _licence_in(parts)
    if found is None:
        checks.append(CheckResult(check=Check.REGISTERED, held=False))
        return _without_licence(checks, reports)
    # A file sealed by another agency may carry the identifier of a licence that it is not; so may
    # one the same agency sealed, a notice that repeats what an applicant wrote, or a part added to
    # the signatures, which no signature covers. A whole seal proves only the very face we made.
    issuer = any(report.esid == found.seal.esid for report in reports)
    face = queries.by_face_digest(crypto.sm3(content).hex())
    is_face = face is not None and face.pk == found.pk
    checks.append(CheckResult(check=Check.REGISTERED, held=issuer and (is_face or not intact)))
    checks += _check_stored(found, at=at)
    report = reports[0] if reports else None
    return _verification(found, checks, discloses=intact and is_face, at=at, report=report)


def _licence_in(parts: dict[str, bytes]) -> Licence | None:
    for path in sorted(parts):
        if path.endswith(".xml"):
            match = _IN_TEXT.search(parts[path])
            if match is not None:
                return queries.by_identifier(match[0].decode())
    return None


def _verify_pdf(content: bytes, *, at: datetime) -> Verification:
    found = queries.by_face_digest(crypto.sm3(content).hex())
    if found is None:
        return Verification(checks=(CheckResult(check=Check.PARTS, held=False, detail="pdf"),))
    checks = [
        CheckResult(check=Check.PARTS, held=True, detail="pdf"),
        CheckResult(check=Check.REGISTERED, held=True),
        *_check_stored(found, at=at),
    ]
    return _verification(found, checks, discloses=True, at=at)


def _check_stored(found: Licence, *, at: datetime) -> list[CheckResult]:
    """The payload's signature, its signer at the time of issue, and the status today."""
    certificate = bytes(found.seal.certificate_der)
    point = crypto.read_certificate(certificate).public_point
    signed = crypto.verify(payload.payload_bytes(found), bytes(found.signature), public_point=point)
    chain = crypto.check_certificate(certificate, at=found.issued_at)
    status = found.status_on(clock.local_date(at))
    return [
        CheckResult(check=Check.PAYLOAD_SIGNATURE, held=signed),
        CheckResult(
            check=Check.SIGNER_VALID, held=chain.is_trusted, detail=", ".join(chain.problems)
        ),
        CheckResult(check=Check.STATUS, held=status is Status.VALID, detail=status.value),
    ]


def _without_licence(checks: list[CheckResult], reports: list[SignatureReport]) -> Verification:
    first = reports[0] if reports else None
    return Verification(
        checks=tuple(checks),
        signer=first.signer if first else "",
        signed_at=first.signed_at if first else None,
    )


def _verification(
    found: Licence,
    checks: list[CheckResult],
    *,
    discloses: bool,
    at: datetime,
    report: SignatureReport | None = None,
) -> Verification:
    on = clock.local_date(at)
    return Verification(
        checks=tuple(checks),
        licence=queries.card(found, on=on),
        discloses=discloses,
        signer=report.signer if report else found.seal.name,
        signed_at=report.signed_at if report else found.issued_at,
        status=found.status_on(on),
    )
