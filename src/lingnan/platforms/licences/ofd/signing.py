"""Add a seal signature to an OFD: zip in, zip out.

Source: GB/T 33190-2016, 18 (signatures); GB/T 38540-2020. Signature.xml lists every part with its
own SM3 digest; the seal's signature is over the digest of Signature.xml. A signature that closes
the document covers the list of signatures too, so that nothing can be added any more; one that does
not leaves that list open for the next seal, which covers the earlier ones.
"""

import base64
import posixpath
from collections.abc import Callable, Sequence
from datetime import datetime

from lxml import etree

from lingnan.kernel import clock
from lingnan.platforms.documents import services as documents
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.types import OID_SM2_WITH_SM3, OID_SM3

from .. import ses
from ..errors import DocumentClosed, DocumentUnreadable
from .package import NS, ROOT, dump, element, open_ofd, resolve, text, xml_of
from .stamps import Stamp

_SIGNATURES_MAX = 50
_Entry = tuple[str, str, str]  # id, kind, path of Signature.xml


def sign_package(
    content: bytes,
    *,
    seal: bytes,
    certificate: bytes,
    stamps: Sequence[Stamp],
    at: datetime,
    sign: Callable[[bytes], bytes],
    closing: bool = True,
    timestamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Add one seal signature over every part, with its pictures where `stamps` say.

    `timestamp` turns the signature's bytes into a time stamp token that is put beside them.
    Raises: DocumentUnreadable (422); DocumentClosed (409) after a closing signature.
    """
    package = open_ofd(content)
    list_path, entries = _signatures_of(package)
    folder = posixpath.dirname(list_path)
    number = len(entries)
    while f"{folder}/Sign_{number}/Signature.xml" in package:
        number += 1
    own = f"{folder}/Sign_{number}"
    signature_path = f"{own}/Signature.xml"
    entries.append((str(_next_id(entries)), "Seal", signature_path))

    package.add(f"{own}/Seal.esl", seal)
    package.add(list_path, _signatures_xml(entries))
    covered = [path for path in sorted(package) if closing or path != list_path]
    signature_xml = _signature_xml(package, covered, own, stamps, at)
    value = ses.build_signature(
        seal=seal,
        signed_at=at,
        data_hash=crypto.sm3(signature_xml),
        property_info="/" + signature_path,
        certificate=certificate,
        sign=sign,
        timestamp=timestamp,
    )
    package.add(signature_path, signature_xml)
    package.add(f"{own}/SignedValue.dat", value)
    return package.to_bytes()


def _signatures_of(package: documents.OfdPackage) -> tuple[str, list[_Entry]]:
    """The list of signatures; entered into OFD.xml where there was none."""
    root = xml_of(package, ROOT)
    body = root.find("ofd:DocBody", NS)
    if body is None:
        raise DocumentUnreadable(reason="DocBody")
    location = body.findtext("ofd:Signatures", "", NS).strip()
    if not location:
        path = resolve(package, ROOT, body.findtext("ofd:DocRoot", "", NS))
        list_path = posixpath.join(posixpath.dirname(path), "Signs", "Signatures.xml")
        text("Signatures", body, list_path)
        package.add(ROOT, dump(root))
        return list_path, []
    list_path = resolve(package, ROOT, location)
    entries = []
    for entry in xml_of(package, list_path).findall("ofd:Signature", NS):
        path = resolve(package, list_path, entry.get("BaseLoc", ""))
        entries.append((entry.get("ID", ""), entry.get("Type", "Seal"), path))
        references = xml_of(package, path).findall(".//ofd:Reference", NS)
        covered = {resolve(package, path, item.get("FileRef", "")) for item in references}
        if list_path in covered:
            raise DocumentClosed
    if len(entries) >= _SIGNATURES_MAX:
        raise DocumentClosed
    return list_path, entries


def _next_id(entries: list[_Entry]) -> int:
    return max((int(known) for known, _kind, _path in entries if known.isdigit()), default=0) + 1


def _signature_xml(
    package: documents.OfdPackage,
    covered: Sequence[str],
    own: str,
    stamps: Sequence[Stamp],
    at: datetime,
) -> bytes:
    root = element("Signature")
    info = element("SignedInfo", root)
    element("Provider", info, ProviderName="Lingnan", Version="1.0", Company="Lingnan")
    text("SignatureMethod", info, OID_SM2_WITH_SM3)
    local = at.astimezone(clock.SHANGHAI)
    text("SignatureDateTime", info, local.strftime("%Y-%m-%dT%H:%M:%S"))
    references = element("References", info, CheckMethod=OID_SM3)
    for path in covered:
        reference = element("Reference", references, FileRef="/" + path)
        digest = base64.b64encode(crypto.sm3(package.read(path))).decode()
        text("CheckValue", reference, digest)
    for number, stamp in enumerate(stamps, start=1):
        _stamp(info, number, stamp)
    seal = element("Seal", info)
    text("BaseLoc", seal, f"/{own}/Seal.esl")
    text("SignedValue", root, f"/{own}/SignedValue.dat")
    return dump(root)


def _stamp(info: etree._Element, number: int, stamp: Stamp) -> None:
    annotation = element("StampAnnot", info, ID=str(number), PageRef=stamp.page_id)
    box = (stamp.x_mm, stamp.y_mm, stamp.width_mm, stamp.height_mm)
    annotation.set("Boundary", _numbers(box))
    if stamp.clip is not None:
        annotation.set("Clip", _numbers(stamp.clip))


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.2f}" for value in values)


def _signatures_xml(entries: Sequence[_Entry]) -> bytes:
    root = element("Signatures")
    text("MaxSignId", root, str(_next_id(list(entries)) - 1))
    for number, kind, path in entries:
        element("Signature", root, ID=number, Type=kind, BaseLoc="/" + path)
    return dump(root)
