"""Read the signatures of a PDF that anyone brings: what each says, covers, and what came after.

pyhanko reads the file and judges later changes; broken and hostile files are refused. Source: ISO
32000-2, 12.8; RFC 5652.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from asn1crypto import cms, core
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from ..errors import DocumentUnreadable

SIGNATURES_MAX = 50
_BROKEN = (
    PdfError,
    SigningError,
    SignatureValidationError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPdfSignature:
    """One signature as it stands in the file. `covered` is how many bytes it covers in one run
    from the start (its own value aside), 0 where it leaves out anything; `later` what was changed
    after it, in pyhanko's words; empty `certificate`: unreadable.
    """

    name: str
    subfilter: str
    signer_name: str
    reason: str
    signed_at: datetime | None
    certificate: bytes = b""
    digest_method: str = ""
    signature_method: str = ""
    signed_attributes: bytes = b""
    value: bytes = b""
    digest_held: bool = False
    certificates: tuple[bytes, ...] = ()
    cms: bytes = b""
    timestamp: bytes = b""
    covered: int = 0
    covers_file: bool = False
    later: str = ""


def find_pdf_signatures(content: bytes) -> list[FoundPdfSignature]:
    """Every signature of a PDF, the oldest first. Raises: DocumentUnreadable (422)."""
    try:
        reader = PdfFileReader(BytesIO(content), strict=False)
        if reader.encrypted:
            raise DocumentUnreadable(reason="encrypted")
        fields = list(enumerate_sig_fields(reader, filled_status=True))
        if len(fields) > SIGNATURES_MAX:
            raise DocumentUnreadable(reason="too many signatures")
        found = [EmbeddedPdfSignature(reader, field, name) for name, _value, field in fields]
        found.sort(key=lambda signature: signature.signed_revision)
    except _BROKEN as broken:
        raise DocumentUnreadable(reason="broken") from broken
    return [_read(signature, len(content)) for signature in found]


def _read(signature: EmbeddedPdfSignature, size: int) -> FoundPdfSignature:
    said = signature.sig_object
    name = str(signature.field_name)
    try:
        subfilter = str(said.get("/SubFilter", ""))
        signer_name, reason = str(said.get("/Name", "")), str(said.get("/Reason", ""))
        signed_at = signature.self_reported_timestamp
    except _BROKEN:
        subfilter, signer_name, reason, signed_at = "", "", "", None
    if signed_at is not None and signed_at.tzinfo is None:
        signed_at = signed_at.replace(tzinfo=UTC)
    plain = FoundPdfSignature(
        name=name,
        subfilter=subfilter,
        signer_name=signer_name[:200],
        reason=reason[:200],
        signed_at=signed_at,
    )
    try:
        return _opened(signature, plain, size)
    except _BROKEN:
        return plain


def _opened(
    signature: EmbeddedPdfSignature, plain: FoundPdfSignature, size: int
) -> FoundPdfSignature:
    info = signature.signer_info
    attributes = info["signed_attrs"]
    stated = {item["type"].native: item["values"] for item in attributes}
    digest = bytes(stated["message_digest"][0].native)
    signature.compute_integrity_info()  # type: ignore[no-untyped-call]
    coverage = signature.coverage
    contiguous = coverage is not None and coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    _start, first, second_at, second = (int(part) for part in signature.byte_range)
    signature.reader.stream.seek(first)
    raw = signature.reader.stream.read(second_at - first)
    later = ""
    if isinstance(signature.diff_result, SuspiciousModification):
        later = str(signature.diff_result)[:200] or "?"
    return FoundPdfSignature(
        name=plain.name,
        subfilter=plain.subfilter,
        signer_name=plain.signer_name,
        reason=plain.reason,
        signed_at=plain.signed_at,
        certificate=signature.signer_cert.dump(),
        digest_method=str(info["digest_algorithm"]["algorithm"].native),
        signature_method=str(info["signature_algorithm"]["algorithm"].native),
        signed_attributes=attributes.untag().dump(),
        value=bytes(info["signature"].native),
        digest_held=signature.compute_digest() == digest
        and stated["content_type"][0].native == "data",
        certificates=tuple(
            choice.chosen.dump() for choice in signature.signed_data["certificates"]
        ),
        timestamp=_timestamp(info),
        cms=core.Sequence.load(signature.pkcs7_content).dump(),
        covered=second_at + second if contiguous else 0,
        covers_file=coverage == SignatureCoverageLevel.ENTIRE_FILE
        and second_at + second == size
        and _is_closed(signature, raw),
        later=later,
    )


def _timestamp(info: cms.SignerInfo) -> bytes:
    """The time stamp token over the signature's value; empty where there is none."""
    for attribute in info["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            token: bytes = attribute["values"][0].dump()
            return token
    return b""


def _is_closed(signature: EmbeddedPdfSignature, raw: bytes) -> bool:
    """Whether what the byte range leaves out is the value and nothing else, to the last digit."""
    contents = signature.pkcs7_content
    digits = raw[1:-1]
    written = raw[:1] == b"<" and raw[-1:] == b">" and digits in (digits.lower(), digits.upper())
    return written and not contents[len(core.Sequence.load(contents).dump()) :].strip(b"\x00")
