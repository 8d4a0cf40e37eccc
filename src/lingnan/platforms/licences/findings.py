"""What verifying a file found: one finding for each thing looked at, never a bare yes or no.

Source: GB/T 38540-2020 (the order of the steps of a seal signature); ISO 32000-2, 12.8 (PDF).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .types import Verification


class Outcome(StrEnum):
    """What one look at one thing said."""

    PROVEN = "proven"
    NOT_PROVEN = "not_proven"  # nothing speaks against it, and nothing here proves it
    FAILED = "failed"


class Step(StrEnum):
    """One thing looked at, in the order of GB/T 38540; the last ones are about the whole file."""

    SEAL_MAKER = "seal_maker"
    SEAL_VALIDITY = "seal_validity"
    SEAL_STANDING = "seal_standing"
    SIGNER_LISTED = "signer_listed"
    SIGNER_VALID = "signer_valid"
    SIGNATURE_VALUE = "signature_value"
    DATA_HASH = "data_hash"
    PARTS = "parts"
    BYTES = "bytes"
    COVERAGE = "coverage"
    TIMESTAMP = "timestamp"
    CONTAINER = "container"
    SIGNED = "signed"
    LICENCE = "licence"


class Verdict(StrEnum):
    """What the findings say together."""

    PROVEN = "proven"
    NOT_VALID = "not_valid"  # genuine, but the licence may not be relied on today
    NOT_PROVEN = "not_proven"
    FAILED = "failed"
    UNSIGNED = "unsigned"


# A document without a time stamp is a whole document; the time is then the signer's word.
OPTIONAL = frozenset({Step.TIMESTAMP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of one step. `reason` is a code, `names` what it concerns (parts of the file)."""

    step: Step
    outcome: Outcome
    reason: str = ""
    names: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """One signature on a file and what each step found.

    `kind` is `seal` (an electronic seal), `sm2` or `pades` (signatures of a PDF), `other`.
    """

    path: str
    kind: str
    version: int | None = None
    seal_name: str = ""
    esid: str = ""
    signer: str = ""
    issuer: str = ""
    provider: str = ""
    signed_at: datetime | None = None
    pages: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Every step that must be proven is."""
        return all(
            finding.outcome is Outcome.PROVEN
            for finding in self.findings
            if finding.step not in OPTIONAL or finding.outcome is Outcome.FAILED
        )

    @property
    def failed(self) -> bool:
        """A step failed."""
        return any(finding.outcome is Outcome.FAILED for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReport:
    """A file, its signatures, what was found about the whole, and the licence it shows if any."""

    format: str  # "ofd" or "pdf"
    digest_sm3: str
    size_bytes: int
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]
    licence: Verification | None = None

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Every finding, of each signature and of the whole."""
        signed = [finding for report in self.signatures for finding in report.findings]
        return (*signed, *self.findings)

    @property
    def verdict(self) -> Verdict:
        """What to say first."""
        found = self.all_findings
        if any(finding.outcome is Outcome.FAILED for finding in found):
            return Verdict.FAILED
        if any(f.step is Step.SIGNED and f.outcome is not Outcome.PROVEN for f in found):
            return Verdict.UNSIGNED
        required = [finding for finding in found if finding.step not in OPTIONAL]
        if any(finding.outcome is not Outcome.PROVEN for finding in required):
            return Verdict.NOT_PROVEN
        if self.licence is not None and not self.licence.proven:
            return Verdict.NOT_VALID
        return Verdict.PROVEN
