"""An OFD package as its parts, and what its archive holds besides them."""

import io
import struct
import zipfile

from lxml import etree

from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.errors import OfdInvalid

from ..errors import DocumentDamaged, DocumentUnreadable

NAMESPACE = "http://www.ofdspec.org/2016"
NS = {"ofd": NAMESPACE}
ROOT = "OFD.xml"
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_DESCRIPTORS = (12, 16, 20, 24)  # with or without signature, 32 or 64 bits


def open_ofd(content: bytes) -> documents.OfdPackage:
    """An OFD file, safe against what strangers put into archives. Raises: DocumentUnreadable."""
    try:
        return documents.OfdPackage.open(content)
    except OfdInvalid as broken:
        raise DocumentDamaged(problem=str(broken.facts.get("problem", ""))) from broken
    except (ValueError, OSError) as broken:
        raise DocumentUnreadable(reason=type(broken).__name__) from broken


def open_package(content: bytes) -> dict[str, bytes]:
    """The parts of an OFD by path without leading slash. Raises: DocumentUnreadable."""
    return dict(open_ofd(content).parts)


def write_package(parts: dict[str, bytes]) -> bytes:
    """The parts as a package; equal parts give equal bytes."""
    return documents.OfdPackage(parts).to_bytes()


def xml_of(package: documents.OfdPackage, path: str) -> etree._Element:
    """One part as XML. Raises: DocumentUnreadable."""
    try:
        return package.xml(path)
    except OfdInvalid as broken:
        raise DocumentDamaged(problem=str(broken.facts.get("problem", ""))) from broken


def resolve(package: documents.OfdPackage, base: str, location: str) -> str:
    """The path that a location in part `base` means. Raises: DocumentUnreadable."""
    try:
        return package.resolve(base, location)
    except OfdInvalid as broken:
        raise DocumentDamaged(problem=str(broken.facts.get("problem", ""))) from broken


def container_problems(content: bytes) -> tuple[str, ...]:
    """What the archive holds beside its parts, where another reader may see another document.

    Codes: `hidden_bytes` (data between, before or after the parts), `names_differ` (a part has one
    name in the directory and another before its data), `comment`. Empty for a plain archive.
    """
    problems = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if archive.comment or any(entry.comment for entry in archive.infolist()):
            problems.append("comment")
        entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
        spans = []
        for entry in entries:
            header = content[entry.header_offset : entry.header_offset + _LOCAL_HEADER.size]
            if len(header) < _LOCAL_HEADER.size:
                return ("hidden_bytes",)
            fields = _LOCAL_HEADER.unpack(header)
            name_length, extra_length, flags = fields[9], fields[10], fields[2]
            start = entry.header_offset + _LOCAL_HEADER.size
            name = content[start : start + name_length]
            if name != entry.orig_filename.encode("utf-8" if flags & 0x800 else "cp437", "replace"):
                problems.append("names_differ")
            end = start + name_length + extra_length + entry.compress_size
            spans.append((entry.header_offset, end, bool(flags & 0x8)))
        if not _contiguous(spans, archive.start_dir):
            problems.append("hidden_bytes")
    return tuple(dict.fromkeys(problems))


def _contiguous(spans: list[tuple[int, int, bool]], start_of_directory: int) -> bool:
    expected, after_descriptor = 0, False
    for start, end, has_descriptor in [*spans, (start_of_directory, start_of_directory, False)]:
        gap = start - expected
        if gap and not (after_descriptor and gap in _DESCRIPTORS):
            return False
        expected, after_descriptor = end, has_descriptor
    return True


def element(name: str, parent: etree._Element | None = None, **attributes: str) -> etree._Element:
    """An OFD element, below a parent or as a root."""
    tag = f"{{{NAMESPACE}}}{name}"
    if parent is None:
        return etree.Element(tag, attributes, nsmap={"ofd": NAMESPACE})
    return etree.SubElement(parent, tag, attributes)


def text(name: str, parent: etree._Element, value: str) -> None:
    """A child with a text."""
    element(name, parent).text = value


def dump(root: etree._Element) -> bytes:
    """An element as the bytes of a part."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
