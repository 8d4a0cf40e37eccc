"""Take the signatures on an OFD apart, with every digest they list compared.

Source: GB/T 33190-2016, 18.
"""

import base64
import binascii
import posixpath
from dataclasses import dataclass, replace

from lxml import etree

from lingnan.platforms.documents import services as documents
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.types import OID_SM3

from .. import ses
from ..errors import DocumentUnreadable, SealUnreadable
from .package import NS, ROOT, open_ofd, resolve, xml_of

SM3_NAMES = (OID_SM3, "SM3", "sm3", "")
_SIGNATURES_MAX = 100
_REFERENCES_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPart:
    """One part that Signature.xml lists, and whether its digest is the one listed."""

    path: str
    held: bool
    exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSignature:
    """One signature in a package, taken apart.

    `facts` is None when the value cannot be read, and `problem` says why. `unsigned` are parts that
    neither this signature lists nor belong to another one; `seal_file` is the separate seal.
    """

    path: str
    kind: str
    provider: str
    signature_xml: bytes
    facts: ses.SignatureFacts | None
    problem: str
    parts: tuple[SignedPart, ...]
    unsigned: tuple[str, ...]
    covers_list: bool
    check_method: str
    seal_file: bytes | None
    stamped_pages: tuple[int, ...]


def find_signatures(content: bytes) -> tuple[dict[str, bytes], list[FoundSignature]]:
    """The parts of a package and each signature on it, in their order.

    Raises: DocumentUnreadable (422).
    """
    package = open_ofd(content)
    parts = dict(package.parts)
    reference = xml_of(package, ROOT).findtext("ofd:DocBody/ofd:Signatures", None, NS)
    if not reference or not reference.strip():
        return parts, []
    list_path = resolve(package, ROOT, reference)
    paths = []
    for item in xml_of(package, list_path).findall("ofd:Signature", NS):
        path = resolve(package, list_path, item.get("BaseLoc", ""))
        if path not in parts:
            raise DocumentUnreadable(reason=f"{path} is missing")
        paths.append((path, item.get("Type", "Seal")))
    if len(paths) > _SIGNATURES_MAX:
        raise DocumentUnreadable(reason="too many signatures")
    pages = _page_numbers(package)
    digests: dict[str, bytes] = {}
    found = [
        _take_apart(package, parts, digests, path, kind, list_path, pages) for path, kind in paths
    ]
    own = {name for _signature, names in found for name in names}
    return parts, [_with_unsigned(signature, parts, own, list_path) for signature, _ in found]


def _page_numbers(package: documents.OfdPackage) -> dict[str, int]:
    location = xml_of(package, ROOT).findtext("ofd:DocBody/ofd:DocRoot", "", NS)
    path = resolve(package, ROOT, location)
    if path not in package:
        raise DocumentUnreadable(reason="document root")
    pages = xml_of(package, path).findall("ofd:Pages/ofd:Page", NS)
    return {page.get("ID", ""): number for number, page in enumerate(pages, start=1)}


def _take_apart(
    package: documents.OfdPackage,
    parts: dict[str, bytes],
    digests: dict[str, bytes],
    path: str,
    kind: str,
    list_path: str,
    pages: dict[str, int],
) -> tuple[FoundSignature, set[str]]:
    """A signature, and the parts that are its own.

    `digests`: those computed so far. A part that is listed a million times is read once: otherwise
    a small file of a stranger keeps a processor busy for hours.
    """
    root = xml_of(package, path)
    info = root.find("ofd:SignedInfo", NS)
    references = None if info is None else info.find("ofd:References", NS)
    method = "" if references is None else references.get("CheckMethod", "")
    listed = [] if references is None else references.findall("ofd:Reference", NS)
    if len(listed) > _REFERENCES_MAX:
        raise DocumentUnreadable(reason="too many references")
    checked: dict[str, SignedPart] = {}
    for reference in listed:
        part = resolve(package, path, reference.get("FileRef", ""))
        stated = reference.findtext("ofd:CheckValue", "", NS)
        held = part in parts and _digest_held(part, parts, digests, stated)
        before = checked.get(part)
        # Listed twice, it must hold twice: readers differ in which one they take.
        checked[part] = SignedPart(
            path=part, exists=part in parts, held=held and (before is None or before.held)
        )
    value_path = resolve(
        package, path, root.findtext("ofd:SignedValue", "", NS) or "SignedValue.dat"
    )
    location = root.findtext("ofd:SignedInfo/ofd:Seal/ofd:BaseLoc", "", NS)
    seal_path = resolve(package, path, location) if location.strip() else ""
    facts, problem = _facts(parts.get(value_path))
    signature = FoundSignature(
        path=path,
        kind=kind,
        provider=_provider(info),
        signature_xml=parts[path],
        facts=facts,
        problem=problem,
        parts=tuple(checked.values()),
        unsigned=(),
        covers_list=list_path in checked,
        check_method=method,
        seal_file=parts.get(seal_path) if seal_path else None,
        stamped_pages=_stamped(info, pages),
    )
    own = {path, value_path, *([seal_path] if posixpath.dirname(seal_path) else [])}
    return signature, own


def _facts(value: bytes | None) -> tuple[ses.SignatureFacts | None, str]:
    if value is None:
        return None, "missing"
    try:
        return ses.parse_signature(value), ""
    except SealUnreadable as broken:
        return None, str(broken.facts.get("reason", ""))


def _provider(info: etree._Element | None) -> str:
    found = None if info is None else info.find("ofd:Provider", NS)
    if found is None:
        return ""
    name = found.get("ProviderName") or found.findtext("ofd:ProviderName", "", NS)
    return (name or "")[:100]


def _stamped(info: etree._Element | None, pages: dict[str, int]) -> tuple[int, ...]:
    if info is None:
        return ()
    numbers = {pages.get(item.get("PageRef", "")) for item in info.findall("ofd:StampAnnot", NS)}
    return tuple(sorted(number for number in numbers if number is not None))


def _with_unsigned(
    signature: FoundSignature, parts: dict[str, bytes], own: set[str], list_path: str
) -> FoundSignature:
    listed = {part.path for part in signature.parts}
    unsigned = sorted(
        name for name in parts if name not in listed and name not in own and name != list_path
    )
    return replace(signature, unsigned=tuple(unsigned))


def _digest_held(
    part: str, parts: dict[str, bytes], digests: dict[str, bytes], stated: str
) -> bool:
    if part not in digests:
        digests[part] = crypto.sm3(parts[part])
    try:
        return base64.b64decode(stated.strip(), validate=True) == digests[part]
    except (binascii.Error, ValueError):
        return False
