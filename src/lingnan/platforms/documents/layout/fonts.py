"""The typefaces: Noto Sans SC and Noto Serif SC (OFL 1.1) from their packages, made ready once.

The main subset has 7,946 characters (GB 2312, punctuation, Latin). Characters beyond it (rare
names) lie in about a hundred smaller subsets, which are made ready when first met. What no subset
has is shown as the geta mark, as printers do, and logged.
"""

import json
import logging
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont

from .model import Face

logger = logging.getLogger("lingnan.documents")

GETA = "\u3013"
MAIN = "chinese-simplified"
_PACKAGES = {
    Face.SONG: ("noto-serif-sc", 400, "Noto Serif SC"),
    Face.SONG_BOLD: ("noto-serif-sc", 700, "Noto Serif SC"),
    Face.HEI: ("noto-sans-sc", 400, "Noto Sans SC"),
    Face.HEI_BOLD: ("noto-sans-sc", 700, "Noto Sans SC"),
}
_RANGE = re.compile(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FontFile:
    """One font file made ready: where it lies, what it is called, how wide its characters are.

    Advances are in thousandths of the size.
    """

    face: Face
    subset: str
    family: str
    weight: int
    path: Path
    advances: dict[int, float]
    glyphs: dict[int, str]


def ensure_fonts() -> Path:
    """Make the four main fonts ready and return their folder; instant when done before.

    Called at set-up. Raises: FileNotFoundError when the font packages are not installed.
    """
    for face in Face:
        _ready(face, MAIN)
    return fonts_folder()


def fonts_folder() -> Path:
    """Where fonts made ready lie."""
    folder: Path = settings.LINGNAN.var_dir / "fonts"
    return folder


@lru_cache(maxsize=64)
def font(face: Face, subset: str = MAIN) -> FontFile:
    """A font ready for use, read once per process."""
    path = _ready(face, subset)
    _package, weight, family = _PACKAGES[face]
    with TTFont(path, lazy=True) as source:
        cmap: dict[int, str] = source.getBestCmap()
        metrics = source["hmtx"].metrics
        scale = 1000 / source["head"].unitsPerEm
        advances = {code: metrics[name][0] * scale for code, name in cmap.items()}
    return FontFile(
        face=face,
        subset=subset,
        family=family if subset == MAIN else f"{family} {subset}",
        weight=weight,
        path=path,
        advances=advances,
        glyphs=cmap,
    )


def font_for(face: Face, character: str) -> FontFile | None:
    """The font that has a character, or None where none has."""
    code = ord(character)
    main = font(face)
    if code in main.advances:
        return main
    for subset in _subsets_with(face, code):
        found = font(face, subset)
        if code in found.advances:
            return found
    return None


def printable(face: Face, text: str) -> str:
    """The text with whatever no font can show replaced by the geta mark."""
    shown = []
    for character in text:
        if font_for(face, character) is None:
            if character.isprintable():
                logger.warning("no font shows U+%04X", ord(character))
                shown.append(GETA)
            elif character.isspace():
                shown.append(" ")
            continue
        shown.append(character)
    return "".join(shown)


def advance(face: Face, character: str) -> float:
    """How far a character moves the pen, as a share of the size."""
    code = ord(character)
    main = font(face)
    if code in main.advances:
        return main.advances[code] / 1000
    other = font_for(face, character)
    return other.advances[code] / 1000 if other else 1.0


def runs(face: Face, text: str) -> list[tuple[FontFile, str]]:
    """The text cut where its characters come from another font file."""
    found: list[tuple[FontFile, str]] = []
    for character in text:
        source = font_for(face, character) or font(face)
        if found and found[-1][0] is source:
            found[-1] = (source, found[-1][1] + character)
        else:
            found.append((source, character))
    return found


@lru_cache(maxsize=8)
def _ranges(package: str) -> tuple[tuple[int, int, str], ...]:
    """First code, last code, subset: what the package says its subsets have."""
    path = _package_folder(package) / "unicode.json"
    found = []
    for name, text in json.loads(path.read_text()).items():
        for match in _RANGE.finditer(text):
            first = int(match[1], 16)
            found.append((first, int(match[2], 16) if match[2] else first, name.strip("[]")))
    return tuple(found)


def _subsets_with(face: Face, code: int) -> list[str]:
    package, weight, _family = _PACKAGES[face]
    folder = _package_folder(package) / "files"
    return [
        subset
        for first, last, subset in _ranges(package)
        if first <= code <= last and (folder / _file_name(package, subset, weight)).exists()
    ]


def _file_name(package: str, subset: str, weight: int) -> str:
    return f"{package}-{subset}-{weight}-normal.woff"


def _package_folder(package: str) -> Path:
    root: Path = settings.BASE_DIR
    return root / "node_modules" / "@fontsource" / package


def _ready(face: Face, subset: str) -> Path:
    """Unpack one WOFF file to TrueType under a name of its own. Safe beside itself."""
    package, weight, family = _PACKAGES[face]
    path = fonts_folder() / f"{package}-{weight}-{subset}.ttf"
    if path.exists():
        return path
    source = _package_folder(package) / "files" / _file_name(package, subset, weight)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TTFont(source, lazy=True, recalcBBoxes=False, recalcTimestamp=False) as made:
        made.flavor = None
        if subset != MAIN:
            family = f"{family} {subset}"
        style = "Bold" if weight >= 700 else "Regular"
        postscript = f"{family.replace(' ', '')}-{style}"
        names = made["name"]
        names.names = [record for record in names.names if record.nameID in (0, 13, 14)]
        for number, value in (
            (1, family),
            (2, style),
            (3, postscript),
            (4, f"{family} {style}"),
            (6, postscript),
        ):
            names.setName(value, number, 3, 1, 0x409)
        made["OS/2"].usWeightClass = weight
        for unused in ("GSUB", "GPOS", "GDEF", "BASE", "STAT"):
            if unused in made:
                del made[unused]
        fresh = path.with_suffix(f".{os.getpid()}")
        made.save(fresh, reorderTables=None)
    fresh.replace(path)
    return path
