"""Seal an OFD package, and look at the seals on one: zip in, zip out.

Source: GB/T 33190-2016, 18 (signatures); GB/T 38540-2020. Signature.xml lists every part with its
own SM3 digest; the seal's signature is over the digest of Signature.xml, so a change of any byte of
any listed part is found and named.
"""

import base64
import binascii
import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from lingnan.kernel import clock
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.types import OID_SM2_WITH_SM3, OID_SM3

from . import ses
from .errors import DocumentUnreadable, SealUnreadable

NAMESPACE = "http://www.ofdspec.org/2016"
_NS = {"ofd": NAMESPACE}
_PARTS_MAX = 5_000
_SIZE_MAX = 200_000_000  # uncompressed; guards against packed bombs
_ZIP_DATE = (2000, 1, 1, 0, 0, 0)
_BROKEN_ZIP = (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Where the picture of the seal stands: page id and millimetres from the upper left."""

    page_id: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPart:
    """One part that Signature.xml lists, and whether its digest is the one listed."""

    path: str
    held: bool
    exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSignature:
    """One signature in a package, taken apart. `facts` is None when it cannot be read."""

    path: str
    signature_xml: bytes
    facts: ses.SignatureFacts | None
    parts: tuple[SignedPart, ...]
    unsigned: tuple[str, ...]
    check_method: str


def open_package(content: bytes) -> dict[str, bytes]:
    """The parts of an OFD by path without leading slash. Raises: DocumentUnreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            total = sum(entry.file_size for entry in entries)
            if len(entries) > _PARTS_MAX or total > _SIZE_MAX:
                raise DocumentUnreadable(reason="too large")
            parts = {}
            for entry in entries:
                if entry.filename in parts:
                    raise DocumentUnreadable(reason="a part occurs twice")
                with archive.open(entry) as stream:
                    data = stream.read(entry.file_size + 1)
                if len(data) != entry.file_size:
                    raise DocumentUnreadable(reason="a part has not the size it states")
                parts[entry.filename] = data
    except (*_BROKEN_ZIP, zlib.error) as broken:
        raise DocumentUnreadable(reason=type(broken).__name__) from broken
    if "OFD.xml" not in parts:
        raise DocumentUnreadable(reason="OFD.xml is missing")
    return parts


def _xml(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as broken:
        raise DocumentUnreadable(reason="XML") from broken


def _resolve(base: str, reference: str) -> str:
    """A location as a path in the package: absolute with a slash, else beside its document."""
    if reference.startswith("/"):
        return posixpath.normpath(reference.lstrip("/"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))


def _dump(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _element(name: str, parent: etree._Element | None = None, **attributes: str) -> etree._Element:
    tag = f"{{{NAMESPACE}}}{name}"
    if parent is None:
        return etree.Element(tag, attributes, nsmap={"ofd": NAMESPACE})
    return etree.SubElement(parent, tag, attributes)


def _text(name: str, parent: etree._Element, value: str) -> None:
    _element(name, parent).text = value


def first_page(parts: dict[str, bytes]) -> tuple[str, float, float]:
    """Id of the first page and the width and height of the document in millimetres."""
    root_path = _doc_root(parts)
    document = _xml(parts[root_path])
    page = document.find("ofd:Pages/ofd:Page", _NS)
    box = document.findtext("ofd:CommonData/ofd:PageArea/ofd:PhysicalBox", "0 0 210 297", _NS)
    if page is None:
        raise DocumentUnreadable(reason="no page")
    try:
        _x, _y, width, height = (float(number) for number in box.split())
    except ValueError as broken:
        raise DocumentUnreadable(reason="PhysicalBox") from broken
    return page.get("ID", ""), width, height


def _doc_root(parts: dict[str, bytes]) -> str:
    reference = _xml(parts["OFD.xml"]).findtext("ofd:DocBody/ofd:DocRoot", None, _NS)
    path = _resolve("OFD.xml", reference) if reference else ""
    if path not in parts:
        raise DocumentUnreadable(reason="document root")
    return path


def sign_package(
    content: bytes,
    *,
    seal: bytes,
    certificate: bytes,
    stamp: Stamp | None,
    at: datetime,
    sign: Callable[[bytes], bytes],
) -> bytes:
    """Add one seal signature that covers every part. The default stamp is lower right.

    Raises: DocumentUnreadable. A package that is sealed already is refused: one seal here.
    """
    parts = open_package(content)
    root = _xml(parts["OFD.xml"])
    body = root.find("ofd:DocBody", _NS)
    if body is None or body.find("ofd:Signatures", _NS) is not None:
        raise DocumentUnreadable(reason="no body, or sealed already")
    document_folder = posixpath.dirname(_doc_root(parts))
    folder = posixpath.join(document_folder, "Signs")
    _text("Signatures", body, posixpath.join(folder, "Signatures.xml"))
    parts["OFD.xml"] = _dump(root)

    if stamp is None:
        page_id, width, height = first_page(parts)
        stamp = Stamp(page_id=page_id, x_mm=width - 70, y_mm=height - 80, width_mm=42, height_mm=42)
    signature_path = posixpath.join(folder, "Sign_0", "Signature.xml")
    signature_xml = _signature_xml(parts, folder, stamp, at)
    value = ses.build_signature(
        seal=seal,
        signed_at=at,
        data_hash=crypto.sm3(signature_xml),
        property_info="/" + signature_path,
        certificate=certificate,
        sign=sign,
    )
    parts[signature_path] = signature_xml
    parts[posixpath.join(folder, "Sign_0", "SignedValue.dat")] = value
    parts[posixpath.join(folder, "Sign_0", "Seal.esl")] = seal
    parts[posixpath.join(folder, "Signatures.xml")] = _signatures_xml(signature_path)
    return write_package(parts)


def write_package(parts: dict[str, bytes]) -> bytes:
    """The parts as a package; equal parts give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(parts, key=lambda name: (name != "OFD.xml", name)):
            archive.writestr(
                zipfile.ZipInfo(path, date_time=_ZIP_DATE), parts[path], zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


def _signature_xml(parts: dict[str, bytes], folder: str, stamp: Stamp, at: datetime) -> bytes:
    root = _element("Signature")
    info = _element("SignedInfo", root)
    _element("Provider", info, ProviderName="Lingnan", Version="1.0", Company="Lingnan")
    _text("SignatureMethod", info, OID_SM2_WITH_SM3)
    local = at.astimezone(clock.SHANGHAI)
    _text("SignatureDateTime", info, local.strftime("%Y-%m-%dT%H:%M:%S"))
    references = _element("References", info, CheckMethod=OID_SM3)
    for path in sorted(parts):
        reference = _element("Reference", references, FileRef="/" + path)
        digest = base64.b64encode(crypto.sm3(parts[path])).decode()
        _text("CheckValue", reference, digest)
    box = (stamp.x_mm, stamp.y_mm, stamp.width_mm, stamp.height_mm)
    _element(
        "StampAnnot",
        info,
        ID="1",
        PageRef=stamp.page_id,
        Boundary=" ".join(f"{number:.2f}" for number in box),
    )
    seal = _element("Seal", info)
    _text("BaseLoc", seal, f"/{folder}/Sign_0/Seal.esl")
    _text("SignedValue", root, f"/{folder}/Sign_0/SignedValue.dat")
    return _dump(root)


def _signatures_xml(signature_path: str) -> bytes:
    root = _element("Signatures")
    _text("MaxSignId", root, "1")
    _element("Signature", root, ID="1", Type="Seal", BaseLoc="/" + signature_path)
    return _dump(root)


def find_signatures(content: bytes) -> tuple[dict[str, bytes], list[FoundSignature]]:
    """The parts of a package and each signature on it, with every listed digest compared.

    Raises: DocumentUnreadable.
    """
    parts = open_package(content)
    reference = _xml(parts["OFD.xml"]).findtext("ofd:DocBody/ofd:Signatures", None, _NS)
    if not reference:
        return parts, []
    list_path = _resolve("OFD.xml", reference)
    if list_path not in parts:
        raise DocumentUnreadable(reason=f"{list_path} is missing")
    found = []
    for item in _xml(parts[list_path]).findall("ofd:Signature", _NS):
        path = _resolve(list_path, item.get("BaseLoc", ""))
        if path not in parts:
            raise DocumentUnreadable(reason=f"{path} is missing")
        found.append(_read_signature(parts, path, posixpath.dirname(list_path)))
    return parts, found


def _read_signature(parts: dict[str, bytes], path: str, folder: str) -> FoundSignature:
    root = _xml(parts[path])
    references = root.find("ofd:SignedInfo/ofd:References", _NS)
    checked, listed = [], set()
    method = ""
    if references is not None:
        method = references.get("CheckMethod", "")
        for reference in references.findall("ofd:Reference", _NS):
            part = _resolve(path, reference.get("FileRef", ""))
            listed.add(part)
            stated = reference.findtext("ofd:CheckValue", "", _NS)
            checked.append(
                SignedPart(
                    path=part,
                    exists=part in parts,
                    held=part in parts and _digest_held(parts[part], stated),
                )
            )
    value_path = _resolve(path, root.findtext("ofd:SignedValue", "", _NS) or "")
    facts = None
    if value_path in parts:
        try:
            facts = ses.parse_signature(parts[value_path])
        except SealUnreadable:
            facts = None
    # Signatures themselves cannot be listed; whatever else is not listed is not protected.
    unsigned = tuple(
        sorted(name for name in parts if name not in listed and not name.startswith(folder + "/"))
    )
    return FoundSignature(
        path=path,
        signature_xml=parts[path],
        facts=facts,
        parts=tuple(checked),
        unsigned=unsigned,
        check_method=method,
    )


def _digest_held(data: bytes, stated: str) -> bool:
    try:
        return base64.b64decode(stated, validate=True) == crypto.sm3(data)
    except binascii.Error:
        return False
