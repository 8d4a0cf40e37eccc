"""Shapes of verifying a file over HTTP."""

from datetime import datetime

from ninja import Field, Schema

from .disclosure import disclose
from .finding_words import DocumentLines, FindingLine, SignatureLines
from .findings import DocumentReport
from .schemas import VerificationOut


class FindingOut(Schema):
    """One thing looked at."""

    step: str = Field(description="Stable code, in the order of GB/T 38540-2020")
    title: str
    outcome: str = Field(description="proven; not_proven: nothing speaks against it; failed")
    reason: str = Field(description="Stable code of why, empty where there is nothing to add")
    text: str = Field(description="The same in words, in the language asked for")
    names: list[str] = Field(description="What it concerns: parts of the file, an authority")
    at: datetime | None

    @classmethod
    def of(cls, line: FindingLine) -> "FindingOut":
        """From a line."""
        return cls.model_validate(line, from_attributes=True)


class FileSignatureOut(Schema):
    """One seal or signature on the file."""

    path: str
    kind: str = Field(description="seal, sm2, pades or other")
    version: int | None = Field(description="Generation of the seal: 1, 4 or 5")
    seal_name: str
    signer: str
    issuer: str
    provider: str
    signed_at: datetime | None
    pages: list[int] = Field(description="Pages its picture stands on, from 1")
    findings: list[FindingOut]

    @classmethod
    def of(cls, item: SignatureLines) -> "FileSignatureOut":
        """From a signature in words."""
        report = item.report
        return cls(
            path=report.path,
            kind=report.kind,
            version=report.version,
            seal_name=report.seal_name,
            signer=report.signer,
            issuer=report.issuer,
            provider=report.provider,
            signed_at=report.signed_at,
            pages=list(report.pages),
            findings=[FindingOut.of(line) for line in item.lines],
        )


class DocumentOut(Schema):
    """What verifying a file found. The licence is filled only for the very file issued for it."""

    verdict: str = Field(
        description="proven; not_valid: genuine but the licence is not valid today; not_proven:"
        " nothing wrong was found but not everything is proven; failed; unsigned"
    )
    headline: str
    format: str = Field(description="ofd or pdf")
    digest_sm3: str = Field(description="SM3 of the file that was looked at, in hex")
    signatures: list[FileSignatureOut]
    findings: list[FindingOut] = Field(description="About the whole file")
    licence: VerificationOut | None

    @classmethod
    def of(cls, report: DocumentReport, shown: DocumentLines) -> "DocumentOut":
        """From a report and its words."""
        licence = report.licence
        return cls(
            verdict=shown.verdict,
            headline=shown.headline,
            format=report.format,
            digest_sm3=report.digest_sm3,
            signatures=[FileSignatureOut.of(item) for item in shown.signatures],
            findings=[FindingOut.of(line) for line in shown.lines],
            licence=VerificationOut.of(disclose(licence)) if licence is not None else None,
        )
