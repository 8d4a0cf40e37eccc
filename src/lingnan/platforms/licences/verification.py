"""Verify a licence by its identifier, and say exactly what was looked at."""

from datetime import datetime

from lingnan.kernel import clock
from lingnan.security.crypto import services as crypto
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import licence_identifier

from . import payload, queries
from .models import Licence
from .types import Check, CheckResult, Status, Verification


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


def verify_stored(found: Licence, *, discloses: bool, at: datetime) -> Verification:
    """Check a licence that a file shows, as we keep it; `discloses` when the file is its face."""
    return _verification(found, _check_stored(found, at=at), discloses=discloses, at=at)


def _check_stored(found: Licence, *, at: datetime) -> list[CheckResult]:
    """The payload's signature, its signer at the time of issue, and the status today.

    One brought in from elsewhere bears no signature: that could not be looked at.
    """
    if found.seal is None:
        status = found.status_on(clock.local_date(at))
        return [
            CheckResult(check=Check.PAYLOAD_SIGNATURE, held=None),
            CheckResult(check=Check.STATUS, held=status is Status.VALID, detail=status.value),
        ]
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


def _verification(
    found: Licence,
    checks: list[CheckResult],
    *,
    discloses: bool,
    at: datetime,
) -> Verification:
    on = clock.local_date(at)
    return Verification(
        checks=tuple(checks),
        licence=queries.card(found, on=on),
        discloses=discloses,
        signer=found.seal.name if found.seal else "",
        signed_at=found.issued_at if found.seal else None,
        status=found.status_on(on),
    )
