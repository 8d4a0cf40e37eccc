"""Reading OFD that others made: pages, their text, resources, attachments and signatures."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from lxml import etree

from ..errors import OfdInvalid
from .package import NS, ROOT, OfdPackage, text_of

PAGES_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdPage:
    """One page: its id, where it lies in the package, its size in millimetres and its text."""

    id: int
    path: str
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdSignature:
    """One entry of Signatures.xml and the parts it refers to."""

    id: str
    kind: str
    path: str
    signed_value_path: str | None
    seal_path: str | None
    references: tuple[tuple[str, str], ...]  # path, CheckValue in Base64
    check_method: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdDocument:
    """What one OFD file says."""

    title: str
    author: str
    created_on: str
    max_unit_id: int
    custom_data: dict[str, str]
    pages: tuple[OfdPage, ...]
    fonts: tuple[str, ...]
    resource_paths: tuple[str, ...]
    signatures: tuple[OfdSignature, ...]

    @property
    def text(self) -> str:
        return "\n".join(page.text for page in self.pages)


def read_ofd(content: bytes | OfdPackage) -> OfdDocument:
    """The first document of an OFD file. Raises: OfdInvalid (422)."""
    package = content if isinstance(content, OfdPackage) else OfdPackage.open(content)
    body = package.xml(ROOT).find("ofd:DocBody", NS)
    if body is None:
        raise OfdInvalid(problem=_("there is no document in it"))
    root_path = package.resolve(ROOT, text_of(body, "ofd:DocRoot"))
    document = package.xml(root_path)
    common = document.find("ofd:CommonData", NS)
    if common is None:
        raise OfdInvalid(problem=_("the element %(path)s is missing") % {"path": "CommonData"})
    area = common.find("ofd:PageArea/ofd:PhysicalBox", NS)
    size = _size(area, (210.0, 297.0))
    templates = {
        entry.get("ID", ""): package.resolve(root_path, entry.get("BaseLoc", ""))
        for entry in common.findall("ofd:TemplatePage", NS)
    }
    pages = document.findall("ofd:Pages/ofd:Page", NS)
    if len(pages) > PAGES_MAX:
        raise OfdInvalid(problem=_("it has too many pages"))
    fonts, resources = _resources(package, root_path, common)
    return OfdDocument(
        title=_text(body, "ofd:DocInfo/ofd:Title"),
        author=_text(body, "ofd:DocInfo/ofd:Author"),
        created_on=_text(body, "ofd:DocInfo/ofd:CreationDate"),
        max_unit_id=_integer(_text(common, "ofd:MaxUnitID")),
        custom_data={
            entry.get("Name", ""): (entry.text or "")
            for entry in body.findall("ofd:DocInfo/ofd:CustomDatas/ofd:CustomData", NS)
        },
        pages=tuple(_page(package, root_path, entry, size, templates) for entry in pages),
        fonts=fonts,
        resource_paths=resources,
        signatures=tuple(_signatures(package, body)),
    )


def _page(
    package: OfdPackage,
    root_path: str,
    entry: "etree._Element",
    size: tuple[float, float],
    templates: dict[str, str],
) -> OfdPage:
    path = package.resolve(root_path, entry.get("BaseLoc", ""))
    page = package.xml(path)
    width, height = _size(page.find("ofd:Area/ofd:PhysicalBox", NS), size)
    texts = []
    for used in page.findall("ofd:Template", NS):
        template = templates.get(used.get("TemplateID", ""))
        if template is not None and template in package:
            texts += _page_text(package.xml(template))
    texts += _page_text(page)
    return OfdPage(
        id=_integer(entry.get("ID", "0")),
        path=path,
        width=width,
        height=height,
        text="\n".join(texts),
    )


def _page_text(page: "etree._Element") -> list[str]:
    """Text objects in the order of the page; the codes of one object are one line."""
    lines = []
    for element in page.iterfind(".//ofd:TextObject", NS):
        codes = [code.text or "" for code in element.findall("ofd:TextCode", NS)]
        line = "".join(codes).strip()
        if line:
            lines.append(line)
    return lines


def _resources(
    package: OfdPackage, root_path: str, common: "etree._Element"
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    fonts: list[str] = []
    files: list[str] = []
    listed = [*common.findall("ofd:PublicRes", NS), *common.findall("ofd:DocumentRes", NS)]
    for entry in listed:
        path = package.resolve(root_path, (entry.text or "").strip())
        if path not in package:
            continue  # many writers name a resource part they never wrote
        resources = package.xml(path)
        base = resources.get("BaseLoc", "")
        folder = package.resolve(path, base + "/x").removesuffix("/x") if base else None
        anchor = f"{folder}/x" if folder else path
        fonts += [font.get("FontName", "") for font in resources.findall(".//ofd:Font", NS)]
        for name in (".//ofd:FontFile", ".//ofd:MediaFile"):
            files += [
                package.resolve(anchor, file.text)
                for file in resources.findall(name, NS)
                if file.text
            ]
    return tuple(fonts), tuple(files)


def _signatures(package: OfdPackage, body: "etree._Element") -> list[OfdSignature]:
    location = _text(body, "ofd:Signatures")
    if not location:
        return []
    path = package.resolve(ROOT, location)
    found = []
    for entry in package.xml(path).findall("ofd:Signature", NS):
        signature_path = package.resolve(path, entry.get("BaseLoc", ""))
        signature = package.xml(signature_path)
        value = _text(signature, "ofd:SignedValue")
        seal = _text(signature, "ofd:SignedInfo/ofd:Seal/ofd:BaseLoc")
        references = signature.find("ofd:SignedInfo/ofd:References", NS)
        provider = signature.find("ofd:SignedInfo/ofd:Provider", NS)
        listed = () if references is None else references.findall("ofd:Reference", NS)
        found.append(
            OfdSignature(
                id=entry.get("ID", ""),
                kind=entry.get("Type", "Seal"),
                path=signature_path,
                signed_value_path=package.resolve(signature_path, value) if value else None,
                seal_path=package.resolve(signature_path, seal) if seal else None,
                references=tuple(
                    (
                        package.resolve(signature_path, reference.get("FileRef", "")),
                        _text(reference, "ofd:CheckValue"),
                    )
                    for reference in listed
                ),
                check_method="" if references is None else references.get("CheckMethod", ""),
                provider="" if provider is None else provider.get("ProviderName", ""),
            )
        )
    return found


def _text(element: "etree._Element", path: str) -> str:
    found = element.find(path, NS)
    return "" if found is None else (found.text or "").strip()


def _integer(text: str) -> int:
    """An id; some writers leave MaxUnitID empty, which readers overlook."""
    return int(text) if text.strip().isascii() and text.strip().isdigit() else 0


def _size(box: "etree._Element | None", default: tuple[float, float]) -> tuple[float, float]:
    if box is None or not box.text:
        return default
    try:
        _x, _y, width, height = (float(number) for number in box.text.split())
    except ValueError:
        raise OfdInvalid(problem=_("a page has no size")) from None
    return width, height
