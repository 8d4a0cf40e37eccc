"""An OFD file as its parts. Safe against what strangers put into archives and XML.

`licences` signs with it: open, add the parts under `Signs/`, give the bytes back.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Self

from django.utils.translation import gettext as _
from lxml import etree

from ..errors import OfdInvalid

OFD_NAMESPACE = "http://www.ofdspec.org/2016"
NS = {"ofd": OFD_NAMESPACE}
ROOT = "OFD.xml"

PARTS_MAX = 5_000
UNPACKED_MAX_BYTES = 200_000_000
PART_MAX_BYTES = 100_000_000
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_EPOCH = (2016, 10, 13, 0, 0, 0)  # the same parts give the same bytes


class OfdPackage:
    """The parts of one OFD file, by absolute path without the leading slash."""

    def __init__(self, parts: Mapping[str, bytes] | None = None) -> None:
        self._parts: dict[str, bytes] = dict(parts or {})

    @classmethod
    def open(cls, content: bytes) -> Self:
        """Unpack an OFD file. Raises: OfdInvalid (422)."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
                _check_entries(entries)
                parts = {_clean(entry.filename): _whole(archive, entry) for entry in entries}
        except _BROKEN as error:
            raise OfdInvalid(problem=_("the archive is damaged")) from error
        if len(parts) != len(entries):
            raise OfdInvalid(problem=_("a part occurs twice"))
        if ROOT not in parts:
            raise OfdInvalid(problem=_("OFD.xml is missing"))
        return cls(parts)

    @property
    def parts(self) -> Mapping[str, bytes]:
        """Every part, by path."""
        return dict(self._parts)

    def __contains__(self, path: str) -> bool:
        return path.lstrip("/") in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def read(self, path: str) -> bytes:
        """One part. Raises: OfdInvalid when it is missing."""
        try:
            return self._parts[path.lstrip("/")]
        except KeyError:
            raise OfdInvalid(problem=_("the part %(path)s is missing") % {"path": path}) from None

    def xml(self, path: str) -> "etree._Element":
        """One part as XML, without entities, DTDs or the network. Raises: OfdInvalid."""
        return parse_xml(self.read(path), path)

    def add(self, path: str, content: bytes) -> None:
        """Add a part, or put another content in its place."""
        self._parts[_clean(path)] = content

    def add_xml(self, path: str, element: "etree._Element") -> None:
        """Add a part that is XML."""
        self.add(path, write_xml(element))

    def remove(self, path: str) -> None:
        """Take a part out. Raises: OfdInvalid when it is missing."""
        self.read(path)
        del self._parts[path.lstrip("/")]

    def resolve(self, base: str, location: str) -> str:
        """The path an ST_Loc in part `base` means. Raises: OfdInvalid when it leads outside."""
        location = location.strip().replace("\\", "/")
        if location.startswith("/"):
            return _clean(location)
        return _clean(posixpath.join(posixpath.dirname(base), location))

    def document_root(self, index: int = 0) -> str:
        """The path of a document's Document.xml."""
        found = self.xml(ROOT).findall("ofd:DocBody", NS)
        if index >= len(found):
            raise OfdInvalid(problem=_("there is no document in it"))
        return self.resolve(ROOT, text_of(found[index], "ofd:DocRoot"))

    def to_bytes(self) -> bytes:
        """The packed file; OFD.xml first, the rest by path."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(self._parts, key=lambda name: (name != ROOT, name)):
                entry = zipfile.ZipInfo(path, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, self._parts[path])
        return packed.getvalue()


def _whole(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A part; one that does not fit its own check sum is named. Raises: OfdInvalid."""
    try:
        return _read(archive, entry)
    except _BROKEN as error:
        problem = _("the part %(path)s is damaged or was changed") % {"path": entry.filename[:200]}
        raise OfdInvalid(problem=problem) from error


def parse_xml(content: bytes, path: str) -> "etree._Element":
    """XML from a stranger. Raises: OfdInvalid."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise OfdInvalid(problem=_("the part %(path)s is not XML") % {"path": path}) from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs lack it
        raise OfdInvalid(problem=_("the part %(path)s declares entities") % {"path": path})
    return root


def write_xml(element: "etree._Element") -> bytes:
    """An element as the bytes of a part."""
    return etree.tostring(element, xml_declaration=True, encoding="UTF-8")


def text_of(element: "etree._Element", path: str) -> str:
    """The text of a child. Raises: OfdInvalid when there is none."""
    found = element.find(path, NS)
    if found is None or not (found.text or "").strip():
        name = path.replace("ofd:", "")
        raise OfdInvalid(problem=_("the element %(path)s is missing") % {"path": name})
    return str(found.text).strip()


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    if len(entries) > PARTS_MAX or total > UNPACKED_MAX_BYTES:
        raise OfdInvalid(problem=_("it unpacks to far more than it should"))
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise OfdInvalid(problem=_("it is protected by a password"))


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """A part's bytes; the size the archive states is not believed."""
    limit = min(entry.file_size, PART_MAX_BYTES)
    with archive.open(entry) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise OfdInvalid(problem=_("it unpacks to far more than it should"))
    return content


def _clean(path: str) -> str:
    """A path inside the package. Raises: OfdInvalid for one that leads out of it."""
    plain = posixpath.normpath(path.replace("\\", "/").lstrip("/"))
    if (
        plain in {".", ""}
        or plain.startswith("../")
        or plain == ".."
        or "\x00" in plain
        or ":" in plain
    ):
        raise OfdInvalid(problem=_("a path leads out of the file"))
    return plain
