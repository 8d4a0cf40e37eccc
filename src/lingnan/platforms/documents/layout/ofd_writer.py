"""A paper as OFD (GB/T 33190-2016), with the glyphs it uses embedded."""

import io
import itertools
import math
from collections.abc import Iterator
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

from lxml import etree

from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.lazy import lazy_module

from ..ofd.package import OFD_NAMESPACE, OfdPackage, write_xml
from .fonts import FontFile, advance, runs
from .model import CurveTo, LineTo, Move, Page, Paper, Path, Picture, Step, Text

if TYPE_CHECKING:
    from fontTools import subset, ttLib
else:
    subset = lazy_module("fontTools.subset")
    ttLib = lazy_module("fontTools.ttLib")  # noqa: N816

DOC = "Doc_0"
SEAL_PLACE = "lingnan.seal_place"
_IMAGE_FORMAT = {"image/png": "PNG", "image/jpeg": "JPEG"}


def write_ofd(paper: Paper) -> bytes:
    """The OFD file of a paper; the same paper gives the same bytes."""
    return _Writer(paper).write().to_bytes()


class _Writer:
    """Gives out ids and collects resources while the pages are written."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.package = OfdPackage()
        self.last_id = 0
        self.fonts: dict[FontFile, tuple[int, set[str]]] = {}
        self.pictures: dict[bytes, tuple[int, str, str]] = {}

    def write(self) -> OfdPackage:
        self._collect()
        pages = [self._page(number, page) for number, page in enumerate(self.paper.pages)]
        self.package.add(f"{DOC}/PublicRes.xml", self._public_resources())
        if self.pictures:
            self.package.add(f"{DOC}/DocumentRes.xml", self._document_resources())
        self.package.add(f"{DOC}/Document.xml", self._document(pages))
        self.package.add("OFD.xml", self._root())
        return self.package

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def _collect(self) -> None:
        """Resources take the first ids."""
        for mark in itertools.chain.from_iterable(page.marks for page in self.paper.pages):
            if isinstance(mark, Text):
                for font, content in runs(mark.face, mark.content):
                    if font not in self.fonts:
                        self.fonts[font] = (self.next_id(), set())
                    self.fonts[font][1].update(content)
            elif isinstance(mark, Picture) and mark.content not in self.pictures:
                kind = _IMAGE_FORMAT[mark.media_type]
                number = self.next_id()
                self.pictures[mark.content] = (number, f"Image_{number}.{kind.lower()}", kind)

    def _root(self) -> bytes:
        root = _element("OFD", Version="1.0", DocType="OFD")
        body = _sub(root, "DocBody")
        info = _sub(body, "DocInfo")
        _sub(info, "DocID", uuid5(NAMESPACE_OID, f"{self.paper.title}{self.paper.made_at}").hex)
        _sub(info, "Title", self.paper.title)
        if self.paper.author:
            _sub(info, "Author", self.paper.author)
        made_on = self.paper.made_at.astimezone(SHANGHAI).date().isoformat()
        _sub(info, "CreationDate", made_on)
        _sub(info, "ModDate", made_on)
        _sub(info, "DocUsage", "Normal")
        if self.paper.keywords:
            words = _sub(info, "Keywords")
            for word in self.paper.keywords:
                _sub(words, "Keyword", word)
        _sub(info, "Creator", "Lingnan")
        place = self.paper.seal_place
        custom = _sub(info, "CustomDatas")
        _sub(custom, "CustomData", self.paper.language, Name="lingnan.language")
        if place is not None:
            numbers = " ".join(_number(v) for v in (place.x, place.y, place.width, place.height))
            _sub(custom, "CustomData", f"{place.page_index} {numbers}", Name=SEAL_PLACE)
        _sub(body, "DocRoot", f"{DOC}/Document.xml")
        return write_xml(root)

    def _document(self, pages: list[tuple[int, str]]) -> bytes:
        root = _element("Document")
        common = _sub(root, "CommonData")
        _sub(common, "MaxUnitID", str(self.last_id))
        first = self.paper.pages[0]
        area = _sub(common, "PageArea")
        _sub(area, "PhysicalBox", _box(0, 0, first.width, first.height))
        _sub(common, "PublicRes", "PublicRes.xml")
        if self.pictures:
            _sub(common, "DocumentRes", "DocumentRes.xml")
        listed = _sub(root, "Pages")
        for number, location in pages:
            _sub(listed, "Page", ID=str(number), BaseLoc=location)
        return write_xml(root)

    def _public_resources(self) -> bytes:
        root = _element("Res", BaseLoc="Res")
        fonts = _sub(root, "Fonts")
        for font, (number, characters) in self.fonts.items():
            name = f"Font_{number}.ttf"
            entry = _sub(
                fonts, "Font", ID=str(number), FontName=font.path.stem, FamilyName=font.family
            )
            if font.weight >= 700:
                entry.set("Bold", "true")
            _sub(entry, "FontFile", name)
            self.package.add(f"{DOC}/Res/{name}", embedded_font(font, "".join(sorted(characters))))
        return write_xml(root)

    def _document_resources(self) -> bytes:
        root = _element("Res", BaseLoc="Res")
        media = _sub(root, "MultiMedias")
        for content, (number, name, kind) in self.pictures.items():
            entry = _sub(media, "MultiMedia", ID=str(number), Type="Image", Format=kind)
            _sub(entry, "MediaFile", name)
            self.package.add(f"{DOC}/Res/{name}", content)
        return write_xml(root)

    def _page(self, number: int, page: Page) -> tuple[int, str]:
        page_id = self.next_id()
        root = _element("Page")
        area = _sub(root, "Area")
        _sub(area, "PhysicalBox", _box(0, 0, page.width, page.height))
        content = _sub(root, "Content")
        layer = _sub(content, "Layer", ID=str(self.next_id()), Type="Body")
        for mark in page.marks:
            if isinstance(mark, Text):
                self._text(layer, mark)
            elif isinstance(mark, Path):
                self._path(layer, mark, page)
            else:
                self._picture(layer, mark)
        location = f"Pages/Page_{number}/Content.xml"
        self.package.add(f"{DOC}/{location}", write_xml(root))
        return page_id, location

    def _text(self, layer: "etree._Element", mark: Text) -> None:
        """One object per font file: its box hugs the line, the baseline lies inside it."""
        along = 0.0
        turn = math.radians(mark.rotation_degrees)
        for font, content in runs(mark.face, mark.content):
            steps = [
                advance(mark.face, character) * mark.size_mm + mark.tracking_mm
                for character in content
            ]
            width, rise = sum(steps), mark.size_mm * 1.16
            height = mark.size_mm * 1.45
            x = mark.x + along * math.cos(turn)
            y = mark.y + along * math.sin(turn)
            entry = _sub(layer, "TextObject", ID=str(self.next_id()))
            entry.set("Font", str(self.fonts[font][0]))
            entry.set("Size", _number(mark.size_mm))
            if turn:
                cos, sin = math.cos(turn), math.sin(turn)
                entry.set("Boundary", _box(x - width, y - width, width * 2, width * 2))
                entry.set("CTM", " ".join(map(_number, (cos, sin, -sin, cos, width, width))))
                start = (0.0, 0.0)
            else:
                entry.set("Boundary", _box(x, y - rise, max(width, 0.1), height))
                start = (0.0, rise)
            if mark.opacity < 1:
                entry.set("Alpha", str(round(mark.opacity * 255)))
            _sub(entry, "FillColor", Value=_colour(mark.colour))
            code = _sub(entry, "TextCode", content, X=_number(start[0]), Y=_number(start[1]))
            if len(content) > 1:
                code.set("DeltaX", _deltas(steps[:-1]))
            along += width

    def _path(self, layer: "etree._Element", mark: Path, page: Page) -> None:
        entry = _sub(layer, "PathObject", ID=str(self.next_id()))
        left, top, right, bottom = _bounds(mark)
        entry.set("Boundary", _box(left, top, right - left, bottom - top))
        entry.set("LineWidth", _number(mark.width_mm))
        if mark.stroke is None:
            entry.set("Stroke", "false")
        if mark.fill is not None:
            entry.set("Fill", "true")
            _sub(entry, "FillColor", Value=_colour(mark.fill))
        if mark.stroke is not None:
            _sub(entry, "StrokeColor", Value=_colour(mark.stroke))
        _sub(entry, "AbbreviatedData", " ".join(_step(step, left, top) for step in mark.steps))

    def _picture(self, layer: "etree._Element", mark: Picture) -> None:
        _sub(
            layer,
            "ImageObject",
            ID=str(self.next_id()),
            Boundary=_box(mark.x, mark.y, mark.width, mark.height),
            ResourceID=str(self.pictures[mark.content][0]),
            CTM=f"{_number(mark.width)} 0 0 {_number(mark.height)} 0 0",
        )


_subsetting = Lock()


@lru_cache(maxsize=64)
def embedded_font(font: FontFile, characters: str) -> bytes:
    """A TrueType file with only these characters."""
    options = subset.Options(
        layout_features=[],
        hinting=False,
        name_IDs=[0, 1, 2, 3, 4, 6, 13, 14],
        notdef_outline=True,
        drop_tables=["vhea", "vmtx", "prep", "gasp"],
    )
    options.recalc_timestamp = False
    with _subsetting, ttLib.TTFont(font.path, lazy=True, recalcTimestamp=False) as source:
        # Any names do, none are written; without them fontTools makes names of every character.
        source.setGlyphOrder([f"glyph{n:05d}" for n in range(source["maxp"].numGlyphs)])
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=characters)
        subsetter.subset(source)
        made = io.BytesIO()
        source.save(made, reorderTables=False)
    return made.getvalue()


def _element(name: str, **attributes: str) -> "etree._Element":
    return etree.Element(f"{{{OFD_NAMESPACE}}}{name}", attributes, nsmap={"ofd": OFD_NAMESPACE})


def _sub(
    parent: "etree._Element", name: str, text: str | None = None, /, **attributes: str
) -> "etree._Element":
    element = etree.SubElement(parent, f"{{{OFD_NAMESPACE}}}{name}", attributes)
    element.text = text
    return element


def _number(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _box(x: float, y: float, width: float, height: float) -> str:
    return " ".join(_number(value) for value in (x, y, width, height))


def _colour(value: str) -> str:
    return " ".join(str(int(value[place : place + 2], 16)) for place in (0, 2, 4))


def _deltas(steps: list[float]) -> str:
    """DeltaX, with equal neighbours written as "g count value"."""
    written = []
    for text, group in itertools.groupby(_number(step) for step in steps):
        count = len(list(group))
        written.append(f"g {count} {text}" if count > 2 else " ".join([text] * count))
    return " ".join(written)


def _points(steps: tuple[Step, ...]) -> Iterator[tuple[float, float]]:
    for step in steps:
        if isinstance(step, CurveTo):
            yield step.x1, step.y1
            yield step.x2, step.y2
            yield step.x, step.y
        elif isinstance(step, Move | LineTo):
            yield step.x, step.y


def _bounds(mark: Path) -> tuple[float, float, float, float]:
    points = list(_points(mark.steps))
    half = mark.width_mm if mark.stroke is not None else 0.0
    return (
        min(x for x, _y in points) - half,
        min(y for _x, y in points) - half,
        max(x for x, _y in points) + half,
        max(y for _x, y in points) + half,
    )


def _step(step: Step, left: float, top: float) -> str:
    if isinstance(step, Move):
        return f"M {_number(step.x - left)} {_number(step.y - top)}"
    if isinstance(step, LineTo):
        return f"L {_number(step.x - left)} {_number(step.y - top)}"
    if isinstance(step, CurveTo):
        numbers = (
            step.x1 - left,
            step.y1 - top,
            step.x2 - left,
            step.y2 - top,
            step.x - left,
            step.y - top,
        )
        return "B " + " ".join(_number(value) for value in numbers)
    return "C"
