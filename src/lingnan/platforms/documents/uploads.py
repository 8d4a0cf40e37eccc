"""What people upload, judged by its content and never by what it says of itself."""

import io
import lzma
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import PurePosixPath

import filetype
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from .errors import (
    ActiveContent,
    NameMismatch,
    TypeNotAllowed,
    UploadDamaged,
    UploadEmpty,
    UploadEncrypted,
    UploadExpands,
    UploadTooLarge,
)
from .types import DOCX, JPEG, MATERIAL_TYPES, OFD, PDF, PNG, XLSX, CheckedUpload

EXTENSIONS = {
    PDF: ("pdf",),
    OFD: ("ofd",),
    JPEG: ("jpg", "jpeg", "jfif"),
    PNG: ("png",),
    DOCX: ("docx",),
    XLSX: ("xlsx",),
}
LABELS = {
    PDF: "PDF",
    OFD: "OFD",
    JPEG: "JPEG",
    PNG: "PNG",
    DOCX: "Word (docx)",
    XLSX: "Excel (xlsx)",
}

NAME_LENGTH_MAX = 120
PIXELS_MAX = 60_000_000  # an A3 page at 400 dpi has 31 million
UNPACKED_MAX_BYTES = 200_000_000
UNPACKED_RATIO_MAX = 300
ARCHIVE_ENTRIES_MAX = 5_000

_MACRO_PARTS = ("vbaproject.bin", "/activex/", "/embeddings/", "vbadata.xml")
_PDF_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_PROGRAM = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|Rendition|XFA|SubmitForm|ImportData)"
    rb"(?=[\s/<>\[\]()%]|$)"
)
_PDF_ENCRYPTED = re.compile(rb"/Encrypt(?=[\s/<\[])")
_PDF_OBJECT_STREAM = re.compile(rb"/ObjStm(?=[\s/<>\[\]()%])")
_PDF_STREAM = re.compile(rb"(?<!end)stream\r?\n")


def check_upload(
    content: bytes, *, name: str, allowed: Sequence[str] = MATERIAL_TYPES
) -> CheckedUpload:
    """Let a file through, with its real type and a clean name, or say what is wrong with it.

    Raises: UploadEmpty, TypeNotAllowed, NameMismatch, UploadDamaged, UploadExpands, ActiveContent,
    UploadEncrypted (422), UploadTooLarge (413).
    Source: our default, the plan gives no number; 20 MB by setting `upload_max_bytes`.
    """
    name = clean_name(name)
    limit = settings.LINGNAN.upload_max_bytes
    if not content:
        raise UploadEmpty(name=name)
    if len(content) > limit:
        raise UploadTooLarge(name=name, limit_mb=limit // 1_000_000)
    media_type = detect(content)
    if media_type is None or media_type not in allowed:
        raise TypeNotAllowed(
            name=name, allowed=_("、").join(LABELS.get(kind, kind) for kind in allowed)
        )
    extension = PurePosixPath(name).suffix.lower().removeprefix(".")
    if not extension:
        name = f"{name}.{EXTENSIONS[media_type][0]}"
    elif extension not in EXTENSIONS[media_type]:
        raise NameMismatch(name=name, found=LABELS[media_type])
    _CHECKS[media_type](content, name)
    return CheckedUpload(content=content, name=name, media_type=media_type)


def clean_name(name: str) -> str:
    """A name safe to show and to save: no folders, no control or direction characters, not long."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    name = name.strip(" .") or "file"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[:NAME_LENGTH_MAX]
    return f"{stem[: NAME_LENGTH_MAX - len(extension) - 1]}.{extension}"


def detect(content: bytes) -> str | None:
    """The type of a content we know how to check, else None."""
    if content[:4] == b"PK\x03\x04":
        return _detect_archive(content)
    kind = filetype.guess(content)
    return kind.mime if kind is not None and kind.mime in EXTENSIONS else None


def _detect_archive(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
    if "OFD.xml" in names:
        return OFD
    if "[Content_Types].xml" in names:
        if "word/document.xml" in names:
            return DOCX
        if "xl/workbook.xml" in names:
            return XLSX
    return None


def _check_archive(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            check_unpacking(entries, packed=len(content), name=name)
            for entry in entries:
                if entry.flag_bits & 0x1:
                    raise UploadEncrypted(name=name)
                lowered = f"/{entry.filename.lower()}"
                if any(part in lowered for part in _MACRO_PARTS):
                    raise ActiveContent(name=name)
            if archive.testzip() is not None:
                raise UploadDamaged(name=name)
    except (  # OSError: bzip2; RuntimeError: a part with a password, or packed in an unknown way
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError
    ) as error:  # fmt: skip
        raise UploadDamaged(name=name) from error


def check_unpacking(entries: Sequence[zipfile.ZipInfo], *, packed: int, name: str) -> None:
    """Refuse an archive that would unpack to far more than it is. Raises: UploadExpands."""
    total = sum(entry.file_size for entry in entries)
    if (
        len(entries) > ARCHIVE_ENTRIES_MAX
        or total > UNPACKED_MAX_BYTES
        or total > packed * UNPACKED_RATIO_MAX
    ):
        raise UploadExpands(name=name)


def _check_image(content: bytes, name: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > PIXELS_MAX:
                    raise UploadExpands(name=name)
                image.verify()
            with Image.open(io.BytesIO(content)) as image:
                image.load()
    except Image.DecompressionBombError as error:
        raise UploadExpands(name=name) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise UploadDamaged(name=name) from error


def _check_pdf(content: bytes, name: str) -> None:
    """Look for programs in the whole file and in what its object streams unpack to.

    Stream data is not skipped, because where a stream ends is a matter of opinion between readers;
    the names looked for are long enough not to occur in compressed data by chance.
    """
    if b"%%EOF" not in content[-2048:] or b"startxref" not in content:
        raise UploadDamaged(name=name)
    plain = _plain_names(content)
    _check_pdf_part(plain, name)
    room = UNPACKED_MAX_BYTES
    found = 0
    last = 0
    for match in _PDF_STREAM.finditer(content):
        begins = max(content.rfind(b"obj", last, match.start()), last)
        head = _plain_names(content[begins : match.start()])
        last = match.end()
        if not _PDF_OBJECT_STREAM.search(head):
            continue
        found += 1
        end = content.find(b"endstream", match.end())
        unpacked = _inflate(content[match.end() : max(end, match.end())], head, name, room)
        room -= len(unpacked)
        _check_pdf_part(_plain_names(unpacked), name)
    if found != len(_PDF_OBJECT_STREAM.findall(plain)):
        raise UploadDamaged(name=name)  # an object stream that other readers would find


def _plain_names(part: bytes) -> bytes:
    """Undo the #xx escapes of PDF names, by which /JavaScript can be written in many ways."""
    return _PDF_NAME_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), part)


def _check_pdf_part(part: bytes, name: str) -> None:
    if _PDF_ENCRYPTED.search(part):
        raise UploadEncrypted(name=name)
    if _PDF_PROGRAM.search(part):
        raise ActiveContent(name=name)


def _inflate(data: bytes, head: bytes, name: str, room: int) -> bytes:
    if b"/Filter" not in head:
        return data
    if not re.search(rb"/Filter\s*(?:/FlateDecode|\[\s*/FlateDecode\s*\])", head):
        raise UploadDamaged(name=name)
    stream = zlib.decompressobj()
    try:
        unpacked = stream.decompress(data, max(room, 1))
    except zlib.error as error:
        raise UploadDamaged(name=name) from error
    if stream.unconsumed_tail:
        raise UploadExpands(name=name)
    return unpacked


_CHECKS = {
    PDF: _check_pdf,
    OFD: _check_archive,
    DOCX: _check_archive,
    XLSX: _check_archive,
    JPEG: _check_image,
    PNG: _check_image,
}
