"""Findings in plain words: what is proven, what is not, what is wrong, with the part named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lingnan.kernel.web.formats import format_date

from .findings import DocumentReport, Finding, Outcome, SignatureReport, Step, Verdict

# How a name of a certificate is written out: "Common Name: 甲, Organization: 乙, Country: CN".
_ATTRIBUTE = re.compile(
    r"(?:^|[,;] )(Common Name|Organization Identifier|Organizational Unit|Organization|Locality"
    r"|State/Province|Country|Email Address|Serial Number|[0-9]+(?:\.[0-9]+)+): "
)
_OF_WHOM = ("Common Name", "Organization", "Organizational Unit")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PAGE = re.compile(r"(?:^|/)Pages/Page_(\d+)/")
_P, _N, _F = Outcome.PROVEN, Outcome.NOT_PROVEN, Outcome.FAILED

_ABOUT_PARTS = frozenset(
    {Step.PARTS, Step.COVERAGE, Step.DATA_HASH, Step.SIGNATURE_VALUE, Step.SIGNED}
)

STEPS: Mapping[Step, Any] = MappingProxyType(
    {
        Step.SEAL_MAKER: gettext_lazy("Seal and its maker"),
        Step.SEAL_VALIDITY: gettext_lazy("Term of the seal"),
        Step.SEAL_STANDING: gettext_lazy("Seal in the register"),
        Step.SIGNER_LISTED: gettext_lazy("Certificate belongs to the seal"),
        Step.SIGNER_VALID: gettext_lazy("Certificate of the signer"),
        Step.SIGNATURE_VALUE: gettext_lazy("Signature"),
        Step.DATA_HASH: gettext_lazy("List of signed parts"),
        Step.PARTS: gettext_lazy("Signed parts"),
        Step.BYTES: gettext_lazy("Signed contents"),
        Step.COVERAGE: gettext_lazy("Whole document"),
        Step.TIMESTAMP: gettext_lazy("Time of signing"),
        Step.CONTAINER: gettext_lazy("File"),
        Step.SIGNED: gettext_lazy("Signatures"),
        Step.LICENCE: gettext_lazy("Licence"),
    }
)

_CERTIFICATE: dict[str, Any] = {
    "expired": gettext_lazy("The certificate had ended by then."),
    "not_yet_valid": gettext_lazy("The certificate was not in force yet."),
    "revoked": gettext_lazy("The certificate had been revoked."),
    "bad_signature": gettext_lazy(
        "The certificate names an authority known here, which did not sign it: it is forged."
    ),
    "issuer_not_authority": gettext_lazy("Whoever signed the certificate is no authority."),
    "wrong_use": gettext_lazy("The certificate is not meant for this use."),
    "malformed": gettext_lazy("The certificate cannot be read."),
    "certificate": gettext_lazy(
        "The certificate is of a kind that is not read here, so the signature could not be looked"
        " at."
    ),
}
_UNKNOWN_ISSUER = gettext_lazy(
    "The certificate comes from %(names)s. That authority is not trusted here, so it is not known"
    " who signed; ask the issuer, or verify where that authority is trusted."
)
_ALGORITHM = gettext_lazy("This uses a method that is not read here (%(names)s).")

# By step, outcome and reason; without a reason, what the step says in that outcome.
TEXTS: Mapping[tuple[Step, Outcome, str], Any] = MappingProxyType(
    {
        (Step.SEAL_MAKER, _P, ""): gettext_lazy(
            "The seal is as its maker made it, and the maker is trusted here."
        ),
        (Step.SEAL_MAKER, _N, "unknown_issuer"): gettext_lazy(
            "The seal is as its maker made it, but the maker's certificate comes from %(names)s,"
            " which is not trusted here."
        ),
        (Step.SEAL_MAKER, _N, "revoked_later"): gettext_lazy(
            "The seal's maker was revoked, and no trusted time stamp proves that the seal is older:"
            " it may have been made after the revocation."
        ),
        (Step.SEAL_MAKER, _F, "changed"): gettext_lazy(
            "The seal was changed after it was made, or its maker did not make it."
        ),
        (Step.SEAL_MAKER, _F, "other_seal"): gettext_lazy(
            "The file shows another seal than the one that signed it."
        ),
        (Step.SEAL_VALIDITY, _P, ""): gettext_lazy("The seal was within its term when it signed."),
        (Step.SEAL_VALIDITY, _F, "outside"): gettext_lazy(
            "The seal was outside its term at the time of signing."
        ),
        (Step.SEAL_VALIDITY, _N, "no_time"): gettext_lazy(
            "The signature does not say in a readable form when it was made."
        ),
        (Step.SEAL_STANDING, _P, ""): gettext_lazy(
            "The seal is in our register and could be used at that time."
        ),
        (Step.SEAL_STANDING, _F, "imitation"): gettext_lazy(
            "The seal has the number of a seal in our register, but it is another seal:"
            " an imitation."
        ),
        (Step.SEAL_STANDING, _F, "outside"): gettext_lazy(
            "Our register says that this seal was not in force then."
        ),
        (Step.SEAL_STANDING, _F, ""): gettext_lazy(
            "Our register says that this seal was out of use then: suspended, reported lost or"
            " destroyed."
        ),
        (Step.SIGNER_LISTED, _P, ""): gettext_lazy(
            "The signer's certificate is one that the seal names."
        ),
        (Step.SIGNER_LISTED, _F, "not_listed"): gettext_lazy(
            "The signer's certificate is not one that the seal names: somebody else used its"
            " picture."
        ),
        (Step.SIGNER_LISTED, _N, "no_list"): gettext_lazy("The seal names no certificates."),
        (Step.SIGNER_VALID, _P, ""): gettext_lazy(
            "The signer's certificate was valid at the time of signing and comes from an authority"
            " trusted here."
        ),
        (Step.SIGNER_VALID, _N, "no_time"): gettext_lazy(
            "The signature does not say in a readable form when it was made."
        ),
        (Step.SIGNER_VALID, _N, "revoked_later"): gettext_lazy(
            "The signer's certificate was revoked. The signature says of itself that it is older,"
            " but no trusted time stamp proves it: it may have been made after the revocation."
        ),
        (Step.SIGNATURE_VALUE, _P, ""): gettext_lazy(
            "The signature is genuine: it was made with the key of the signer's certificate."
        ),
        (Step.SIGNATURE_VALUE, _F, "changed"): gettext_lazy(
            "The signature does not fit what it signed: the signature, the seal or the time in it"
            " was changed, or another key was used."
        ),
        (Step.SIGNATURE_VALUE, _F, "unreadable"): gettext_lazy(
            "The signature cannot be read: it is damaged or was changed (%(names)s)."
        ),
        (Step.SIGNATURE_VALUE, _N, "other_form"): gettext_lazy(
            "This is a signature in a form that is not read here (%(names)s)."
        ),
        (Step.DATA_HASH, _P, ""): gettext_lazy("The list of signed parts is unchanged."),
        (Step.DATA_HASH, _F, ""): gettext_lazy(
            "The list of signed parts, or the place of the seal, was changed after signing"
            " (%(names)s)."
        ),
        (Step.PARTS, _P, ""): gettext_lazy("Every signed part is unchanged (%(names)s)."),
        (Step.PARTS, _F, "changed"): gettext_lazy("Changed after signing: %(names)s."),
        (Step.PARTS, _F, "missing"): gettext_lazy("Taken out after signing: %(names)s."),
        (Step.PARTS, _F, "none"): gettext_lazy("The signature covers no part of the document."),
        (Step.COVERAGE, _P, ""): gettext_lazy(
            "The signature covers the whole document; nothing was added."
        ),
        (Step.COVERAGE, _P, "open"): gettext_lazy(
            "The signature covers the whole document. It leaves room for further seals."
        ),
        (Step.COVERAGE, _F, "unsigned"): gettext_lazy("Nobody signed these parts: %(names)s."),
        (Step.COVERAGE, _N, "signed_by_another"): gettext_lazy(
            "This signature does not cover parts that another one does: %(names)s."
        ),
        (Step.BYTES, _P, ""): gettext_lazy(
            "The first %(names)s bytes of the file are exactly what was signed."
        ),
        (Step.BYTES, _F, "changed"): gettext_lazy(
            "Something in the first %(names)s bytes of the file was changed after signing."
        ),
        (Step.COVERAGE, _P, "signed_again"): gettext_lazy(
            "It covers the document; after it only a further signature was added."
        ),
        (Step.COVERAGE, _F, "appended"): gettext_lazy(
            "Something was appended that nobody signed (bytes %(names)s)."
        ),
        (Step.COVERAGE, _F, "gap"): gettext_lazy("It leaves out parts of the document."),
        (Step.LICENCE, _F, "differs"): gettext_lazy(
            "It is not the file that was issued for the licence: they differ from byte %(names)s"
            " on."
        ),
        (Step.COVERAGE, _F, "added"): gettext_lazy("Changed after this signature: %(names)s."),
        (Step.TIMESTAMP, _P, ""): gettext_lazy(
            "A time stamp of %(names)s proves that the signature existed then."
        ),
        (Step.TIMESTAMP, _N, "none"): gettext_lazy(
            "The time of signing is the signer's own; no time stamp confirms it."
        ),
        (Step.TIMESTAMP, _N, "unknown_issuer"): gettext_lazy(
            "There is a time stamp of %(names)s, which is not trusted here."
        ),
        (Step.TIMESTAMP, _F, "changed"): gettext_lazy("The time stamp was changed."),
        (Step.TIMESTAMP, _F, "malformed"): gettext_lazy("The time stamp cannot be read."),
        (Step.TIMESTAMP, _F, "other_data"): gettext_lazy(
            "The time stamp belongs to something else."
        ),
        (Step.CONTAINER, _P, ""): gettext_lazy("The file holds nothing besides the document."),
        (Step.CONTAINER, _F, "hidden_bytes"): gettext_lazy(
            "The file holds data outside the document, which other programs may show instead."
        ),
        (Step.CONTAINER, _F, "names_differ"): gettext_lazy(
            "Parts of the file have two names, so that programs may show different documents."
        ),
        (Step.CONTAINER, _F, "comment"): gettext_lazy(
            "A comment was added to the file that nobody signed."
        ),
        (Step.SIGNED, _N, "none"): gettext_lazy(
            "The file carries no seal and no signature, and it is not a file that was issued here."
            " Nothing can be said about who made it or whether it was changed."
        ),
        (Step.SIGNED, _F, "cut_off"): gettext_lazy(
            "The file was sealed, and the list of its signatures was damaged or taken out:"
            " %(names)s are left."
        ),
        (Step.LICENCE, _P, ""): gettext_lazy(
            "This is the very file that was issued for the licence, to the last byte."
        ),
        (Step.LICENCE, _P, "copy"): gettext_lazy(
            "This is a marked copy made here, good for this only and until this day: %(names)s."
        ),
        (Step.LICENCE, _N, "copy_over"): gettext_lazy(
            "This is a marked copy made here; it was good until %(names)s only."
        ),
        (Step.LICENCE, _N, "copy_ended"): gettext_lazy(
            "This is a marked copy made here, but the licence itself is not valid today"
            " (%(names)s)."
        ),
        (Step.LICENCE, _N, "not_its_file"): gettext_lazy(
            "It carries the identifier of a licence (%(names)s), but it is not the file that was"
            " issued for it."
        ),
        (Step.LICENCE, _N, "brought_in"): gettext_lazy(
            "It is the file of a licence that was brought in from elsewhere: no seal of its issuer"
            " stands on it (%(names)s)."
        ),
        (Step.LICENCE, _N, "other_sealer"): gettext_lazy(
            "It carries the identifier of a licence (%(names)s), but the agency that issued that"
            " licence did not seal it."
        ),
    }
)

HEADLINES: Mapping[Verdict, tuple[Any, Any]] = MappingProxyType(
    {
        Verdict.PROVEN: (
            gettext_lazy("Genuine and unchanged"),
            gettext_lazy("Everything that was looked at is proven. It is listed below."),
        ),
        Verdict.NOT_VALID: (
            gettext_lazy("Genuine, but not valid today"),
            gettext_lazy("The licence was issued here and is unchanged; do not rely on it today."),
        ),
        Verdict.NOT_PROVEN: (
            gettext_lazy("Nothing wrong was found, but not everything is proven"),
            gettext_lazy("What is open is marked below; decide whether that matters to you."),
        ),
        Verdict.FAILED: (
            gettext_lazy("Do not rely on this file"),
            gettext_lazy("It was changed, or its seal is not good. What is wrong is marked below."),
        ),
        Verdict.UNSIGNED: (
            gettext_lazy("Not signed"),
            gettext_lazy("A file without seal or signature proves nothing by itself."),
        ),
    }
)
OUTCOMES: Mapping[Outcome, Any] = MappingProxyType(
    {
        _P: gettext_lazy("proven"),
        _N: gettext_lazy("not proven"),
        _F: gettext_lazy("wrong"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """One finding in words."""

    step: str
    title: str
    outcome: str
    outcome_text: str
    text: str
    reason: str
    names: tuple[str, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLines:
    """One signature in words."""

    report: SignatureReport
    title: str
    pages: str
    signer: str
    issuer: str
    lines: tuple[FindingLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLines:
    """A whole report in words: what is wrong first."""

    verdict: str
    headline: str
    summary: str
    wrong: tuple[FindingLine, ...]
    open: tuple[FindingLine, ...]
    signatures: tuple[SignatureLines, ...]
    lines: tuple[FindingLine, ...]


def in_words(report: DocumentReport) -> DocumentLines:
    """A report as its reader sees it, in the language in use."""
    headline, summary = HEADLINES[report.verdict]
    lines = [line_of(finding) for finding in report.all_findings]
    return DocumentLines(
        verdict=report.verdict.value,
        headline=str(headline),
        summary=str(summary),
        wrong=tuple(line for line in lines if line.outcome == _F.value),
        open=tuple(line for line in lines if line.outcome == _N.value),
        signatures=tuple(_signature(item) for item in report.signatures),
        lines=tuple(line_of(finding) for finding in report.findings),
    )


def _signature(report: SignatureReport) -> SignatureLines:
    titles = {
        "seal": _("Seal: %(name)s") % {"name": report.seal_name},
        "sm2": _("SM2 signature"),
        "pades": _("PAdES signature"),
    }
    pages = ""
    if report.pages:
        numbers = "、".join(str(page) for page in report.pages[:20])
        pages = _("on page %(pages)s") % {"pages": numbers}
    return SignatureLines(
        report=report,
        title=titles.get(report.kind, _("Signature")),
        pages=pages,
        signer=whose(report.signer),
        issuer=whose(report.issuer),
        lines=tuple(line_of(finding) for finding in report.findings),
    )


def line_of(finding: Finding) -> FindingLine:
    """One finding in words."""
    names = tuple(_name(finding, name) for name in finding.names)
    return FindingLine(
        step=finding.step.value,
        title=str(STEPS[finding.step]),
        outcome=finding.outcome.value,
        outcome_text=str(OUTCOMES[finding.outcome]),
        text=_text(finding) % {"names": "；".join(names) or "?"},
        reason=finding.reason,
        names=finding.names,
        at=finding.at,
    )


def _text(finding: Finding) -> str:
    step, outcome, reason = finding.step, finding.outcome, finding.reason
    for key in ((step, outcome, reason), (step, outcome, "")):
        if key in TEXTS:
            return str(TEXTS[key])
    if reason in _CERTIFICATE:
        return str(_CERTIFICATE[reason])
    if reason == "unknown_issuer":
        return str(_UNKNOWN_ISSUER)
    return str(_ALGORITHM)


def _name(finding: Finding, name: str) -> str:
    if finding.step is Step.PARTS and finding.outcome is _P and name.isdigit():
        count = int(name)
        return ngettext("%(count)s part", "%(count)s parts", count) % {"count": count}
    if finding.step in _ABOUT_PARTS:
        return part_words(name)
    return format_date(name) if _DAY.fullmatch(name) else whose(name, at_length=False)


def whose(name: str, *, at_length: bool = True) -> str:
    """A name of a certificate as people say it, by what it is called first; other texts as they
    are. At length also its organisation and place."""
    parts = _ATTRIBUTE.split(name)
    if len(parts) < 3 or parts[0]:
        return name
    said = dict(zip(parts[-2::-2], parts[:0:-2], strict=True))  # of two, the first
    called = list(dict.fromkeys(said[key] for key in _OF_WHOM if key in said))
    if not called or not at_length:
        return called[0] if called else name
    places = [said[key] for key in ("Locality", "State/Province") if key in said]
    return " · ".join(dict.fromkeys([*called, *places]))


def part_words(path: str) -> str:
    """What a part of an OFD is, with its path: "page 1 (Doc_0/Pages/Page_0/Content.xml)"."""
    page = _PAGE.search(path)
    ends = (
        ("OFD.xml", _("description of the document")),
        ("Document.xml", _("list of pages")),
        ("PublicRes.xml", _("list of fonts")),
        ("DocumentRes.xml", _("list of pictures")),
        ("Signatures.xml", _("list of signatures")),
        ("Signature.xml", _("list of signed parts")),
        ("SignedValue.dat", _("signature")),
        (".esl", _("seal")),
        (".ttf", _("font")),
        (".otf", _("font")),
        (".png", _("picture")),
        (".jpg", _("picture")),
    )
    words = ""
    if page is not None:
        words = _("page %(number)s") % {"number": int(page[1]) + 1}
    elif "/Attachs/" in path:
        words = _("attachment")
    elif "/Annots/" in path:
        words = _("annotations")
    else:
        words = next((text for end, text in ends if path.endswith(end)), "")
    return f"{words}（{path}）" if words else path
