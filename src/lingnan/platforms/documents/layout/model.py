"""A paper as marks on pages, in millimetres from the top left: what both PDF and OFD can say.

Templates place marks; two writers put them down. Because the lines are broken here, both formats
show the same words in the same places, and a seal finds its place in either.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

POINT_MM = 25.4 / 72

BLACK = "1A1A1A"
RED = "C8102E"  # the red of headings and seals
GREY = "6B7280"
PALE = "9CA3AF"


class Face(StrEnum):
    """The typefaces of papers."""

    SONG = "song"  # serif: bodies of notices, licences
    SONG_BOLD = "song-bold"  # serif, heavy: titles and red headings
    HEI = "hei"  # sans serif: labels, tables
    HEI_BOLD = "hei-bold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One run of characters on one baseline, with `tracking_mm` after each of them."""

    x: float
    y: float
    content: str
    size_mm: float
    face: Face = Face.SONG
    colour: str = BLACK
    tracking_mm: float = 0.0
    rotation_degrees: float = 0.0
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Move:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LineTo:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class CurveTo:
    """A cubic Bézier curve by its two control points and its end."""

    x1: float
    y1: float
    x2: float
    y2: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Close:
    pass


Step = Move | LineTo | CurveTo | Close


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Lines and curves, drawn, filled or both."""

    steps: tuple[Step, ...]
    stroke: str | None = BLACK
    width_mm: float = 0.25
    fill: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A PNG or JPEG image fitted into a box."""

    x: float
    y: float
    width: float
    height: float
    content: bytes
    media_type: str
    description: str = ""


Mark = Text | Path | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPlace:
    """The box in which the issuer's seal belongs."""

    page_index: int
    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True, kw_only=True)
class Page:
    """One page and its marks, in the order they are put down (and read aloud)."""

    width: float = 210.0
    height: float = 297.0
    marks: list[Mark] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        content: str,
        size_mm: float,
        *,
        face: Face = Face.SONG,
        colour: str = BLACK,
        tracking_mm: float = 0.0,
    ) -> None:
        """Put one run down with its baseline at y."""
        if content:
            self.marks.append(
                Text(
                    x=x,
                    y=y,
                    content=content,
                    size_mm=size_mm,
                    face=face,
                    colour=colour,
                    tracking_mm=tracking_mm,
                )
            )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, width: float, colour: str = BLACK
    ) -> None:
        """Put a straight line down."""
        self.marks.append(Path(steps=(Move(x1, y1), LineTo(x2, y2)), stroke=colour, width_mm=width))

    def rectangle(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        stroke: str | None = BLACK,
        line_mm: float = 0.25,
        fill: str | None = None,
    ) -> None:
        """Put a box down."""
        steps = (
            Move(x, y),
            LineTo(x + width, y),
            LineTo(x + width, y + height),
            LineTo(x, y + height),
            Close(),
        )
        self.marks.append(Path(steps=steps, stroke=stroke, width_mm=line_mm, fill=fill))


@dataclass(slots=True, kw_only=True)
class Paper:
    """A whole document: pages, and what catalogues and screen readers want to know of it."""

    title: str
    made_at: datetime
    author: str = ""
    language: str = "zh-CN"
    pages: list[Page] = field(default_factory=list)
    seal_place: SealPlace | None = None
    keywords: tuple[str, ...] = ()
