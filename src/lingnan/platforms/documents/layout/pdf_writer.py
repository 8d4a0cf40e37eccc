"""A paper as PDF, through Typst. The marks go in as data; the program text never changes."""

import hashlib
import json
import math
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

import typst

from .fonts import FontFile, runs
from .model import CurveTo, LineTo, Mark, Move, Page, Paper, Path, Step, Text
from .setting import measure

_PROGRAM = b"""
#let paper = json(bytes(sys.inputs.paper))
#set document(title: paper.title, author: paper.author, keywords: paper.keywords, date: auto)
#set text(lang: paper.lang, region: paper.region, kerning: false, ligatures: false,
  cjk-latin-spacing: none, top-edge: "baseline", bottom-edge: "baseline", hyphenate: false,
  fallback: false)
#set par(leading: 0pt, spacing: 0pt, justify: false)
#let step(s) = {
  if s.at(0) == "M" { curve.move((s.at(1) * 1mm, s.at(2) * 1mm)) }
  else if s.at(0) == "L" { curve.line((s.at(1) * 1mm, s.at(2) * 1mm)) }
  else if s.at(0) == "C" { curve.cubic((s.at(1) * 1mm, s.at(2) * 1mm),
    (s.at(3) * 1mm, s.at(4) * 1mm), (s.at(5) * 1mm, s.at(6) * 1mm)) }
  else { curve.close(mode: "straight") }
}
#let mark(m) = {
  if m.kind == "text" {
    let shown = box(text(font: m.font, weight: m.weight, size: m.size * 1mm,
      fill: rgb(m.colour), tracking: m.tracking * 1mm, m.content))
    if m.turn != 0 { shown = rotate(m.turn * 1deg, origin: left + top, shown) }
    place(top + left, dx: m.x * 1mm, dy: m.y * 1mm, shown)
  } else if m.kind == "path" {
    place(top + left, curve(
      fill: if m.fill == none { none } else { rgb(m.fill) },
      stroke: if m.stroke == none { none } else {
        (paint: rgb(m.stroke), thickness: m.width * 1mm, cap: "butt", join: "miter") },
      ..m.steps.map(step)))
  } else {
    place(top + left, dx: m.x * 1mm, dy: m.y * 1mm, image(m.file, width: m.width * 1mm,
      height: m.height * 1mm, fit: "stretch", alt: m.alt))
  }
}
#for (number, leaf) in paper.pages.enumerate() {
  set page(width: leaf.width * 1mm, height: leaf.height * 1mm, margin: 0pt)
  for m in leaf.marks { mark(m) }
  if number + 1 < paper.pages.len() { pagebreak() }
}
"""
STANDARD: Final = "a-2b"
_IMAGE_SUFFIX = {"image/png": "png", "image/jpeg": "jpg"}


def write_pdf(paper: Paper) -> bytes:
    """The PDF (PDF/A-2b, tagged, embedded subset fonts) of a paper."""
    language, _, region = paper.language.partition("-")
    fonts: set[FontFile] = set()
    pictures: dict[str, bytes] = {}
    data = {
        "title": paper.title,
        "author": paper.author,
        "keywords": list(paper.keywords),
        "lang": language,
        "region": region or None,
        "pages": [_page(page, fonts, pictures) for page in paper.pages],
    }
    with tempfile.TemporaryDirectory(prefix="paper-") as root:
        for name, content in pictures.items():
            (FilePath(root) / name).write_bytes(content)
        compiler = typst.Compiler(
            input=_PROGRAM,
            root=root,
            font_paths=_font_book(tuple(sorted(str(font.path) for font in fonts))),
            ignore_system_fonts=True,
        )
        made = compiler.compile(
            format="pdf",
            sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
            pdf_standards=[STANDARD],
            timestamp=int(paper.made_at.timestamp()),
        )
    if not isinstance(made, bytes):
        raise TypeError("typst gave no document")
    return made


@lru_cache(maxsize=16)
def _font_book(needed: tuple[str, ...]) -> typst.Fonts:
    """The fonts made ready so far; read anew when a paper needs one that was not there."""
    folders = sorted({str(FilePath(path).parent) for path in needed})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _page(page: Page, fonts: set[FontFile], pictures: dict[str, bytes]) -> dict[str, Any]:
    marks: list[dict[str, Any]] = []
    for mark in page.marks:
        marks.extend(_marks(mark, fonts, pictures))
    return {"width": page.width, "height": page.height, "marks": marks}


def _marks(
    mark: Mark, fonts: set[FontFile], pictures: dict[str, bytes]
) -> Iterator[dict[str, Any]]:
    if isinstance(mark, Text):
        yield from _text(mark, fonts)
    elif isinstance(mark, Path):
        yield {
            "kind": "path",
            "steps": [_step(step) for step in mark.steps],
            "stroke": mark.stroke,
            "width": mark.width_mm,
            "fill": mark.fill,
        }
    else:
        name = f"{hashlib.sha256(mark.content).hexdigest()}.{_IMAGE_SUFFIX[mark.media_type]}"
        pictures[name] = mark.content
        yield {
            "kind": "picture",
            "x": mark.x,
            "y": mark.y,
            "width": mark.width,
            "height": mark.height,
            "file": name,
            "alt": mark.description or None,
        }


def _text(mark: Text, fonts: set[FontFile]) -> Iterator[dict[str, Any]]:
    """One entry per font file; a rare character comes from another one than its neighbours."""
    along = 0.0
    turn = math.radians(mark.rotation_degrees)
    for font, content in runs(mark.face, mark.content):
        fonts.add(font)
        yield {
            "kind": "text",
            "x": mark.x + along * math.cos(turn),
            "y": mark.y + along * math.sin(turn),
            "font": font.family,
            "weight": font.weight,
            "size": mark.size_mm,
            "colour": f"{mark.colour}{round(mark.opacity * 255):02X}",
            "tracking": mark.tracking_mm,
            "turn": mark.rotation_degrees,
            "content": content,
        }
        along += measure(mark.face, content, mark.size_mm, mark.tracking_mm) + mark.tracking_mm


def _step(step: Step) -> list[str | float]:
    if isinstance(step, Move):
        return ["M", step.x, step.y]
    if isinstance(step, LineTo):
        return ["L", step.x, step.y]
    if isinstance(step, CurveTo):
        return ["C", step.x1, step.y1, step.x2, step.y2, step.x, step.y]
    return ["Z"]
