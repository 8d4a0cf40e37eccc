"""Setting type: measuring, and breaking paragraphs into lines by Chinese rules.

No line begins with closing punctuation or ends with opening punctuation; words, numbers and codes
of Latin letters stay whole; lines of a paragraph are filled to the measure.
Source: GB/T 15834-2011 (4.10, punctuation at line ends).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .fonts import advance, printable
from .model import BLACK, Face, Page

NOT_FIRST = frozenset("，。、；：？！）〕］】》」』”’％%…—·～,.;:?!)]}°℃￥")
NOT_LAST = frozenset("（〔［【《「『“‘([{￥¥$№")
_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./@:+#&=%'")


LONG_WORD = 0.4  # a word longer than this share of the measure (a 43-digit number) may be cut


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a paragraph: its text and how much room is left of the measure."""

    content: str
    width: float
    is_last: bool


def measure(face: Face, text: str, size_mm: float, tracking_mm: float = 0.0) -> float:
    """The width of a run in millimetres; the tracking after the last character is not counted."""
    width = sum(advance(face, character) for character in text) * size_mm
    return width + tracking_mm * max(len(text) - 1, 0)


def break_lines(
    face: Face, text: str, size_mm: float, measure_mm: float, *, indent_mm: float = 0.0
) -> list[Line]:
    """A paragraph as lines no wider than the measure (a single unbreakable word may be cut)."""
    pieces = _pieces(printable(face, text))
    lines: list[str] = []
    current = ""
    room = measure_mm - indent_mm
    for piece in pieces:
        is_long = measure(face, piece, size_mm) > measure_mm * LONG_WORD
        if current and not is_long and not _fits(face, current + piece, size_mm, room):
            lines.append(current.rstrip())
            current, room = piece.lstrip(), measure_mm
        else:
            current += piece
        while not _fits(face, current, size_mm, room) and len(current) > 1:
            cut = _cut(face, current, size_mm, room)
            lines.append(current[:cut].rstrip())
            current, room = current[cut:].lstrip(), measure_mm
    lines.append(current.rstrip())
    return [
        Line(line, measure(face, line, size_mm), number == len(lines) - 1)
        for number, line in enumerate(lines)
    ]


def _pieces(text: str) -> list[str]:
    """The text cut wherever a line may break."""
    pieces: list[str] = []
    for character in text:
        if pieces and not _may_break(pieces[-1][-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after in NOT_FIRST or before in NOT_LAST or after == " ":
        return False
    return not (before in _WORD and after in _WORD)


def _fits(face: Face, text: str, size_mm: float, room: float) -> bool:
    return measure(face, text.rstrip(), size_mm) <= room + 1e-6


def _cut(face: Face, text: str, size_mm: float, room: float) -> int:
    """Where to cut a word too long for its line, still by the rules of punctuation."""
    count = len(text) - 1
    while count > 1 and measure(face, text[:count], size_mm) > room:
        count -= 1
    fitting = count
    while count > 1 and (text[count] in NOT_FIRST or text[count - 1] in NOT_LAST):
        count -= 1
    return count if count > 1 else fitting


def put_paragraph(
    page: Page,
    text: str,
    *,
    x: float,
    y: float,
    measure_mm: float,
    size_mm: float,
    leading_mm: float,
    face: Face = Face.SONG,
    indent_mm: float = 0.0,
    colour: str = BLACK,
    justify: bool = True,
) -> float:
    """Set a paragraph with its first baseline at y; return the baseline after its last line."""
    lines = break_lines(face, text, size_mm, measure_mm, indent_mm=indent_mm)
    for number, line in enumerate(lines):
        put_line(
            page,
            line,
            x=x,
            y=y,
            measure_mm=measure_mm,
            size_mm=size_mm,
            face=face,
            indent_mm=indent_mm if number == 0 else 0.0,
            colour=colour,
            justify=justify,
        )
        y += leading_mm
    return y


def put_line(
    page: Page,
    line: Line,
    *,
    x: float,
    y: float,
    measure_mm: float,
    size_mm: float,
    face: Face,
    indent_mm: float = 0.0,
    colour: str = BLACK,
    justify: bool = True,
) -> None:
    """Set one broken line, filled to the measure unless it ends its paragraph."""
    room = measure_mm - indent_mm - line.width
    gaps = len(line.content) - 1
    stretch = justify and not line.is_last and gaps > 0 and room < measure_mm * 0.12
    page.text(
        x + indent_mm,
        y,
        line.content,
        size_mm,
        face=face,
        colour=colour,
        tracking_mm=room / gaps if stretch else 0.0,
    )


def put_centred(
    page: Page,
    text: str,
    *,
    centre_x: float,
    y: float,
    size_mm: float,
    face: Face = Face.SONG,
    colour: str = BLACK,
    tracking_mm: float = 0.0,
) -> None:
    """Set one line around a centre."""
    text = printable(face, text)
    width = measure(face, text, size_mm, tracking_mm)
    page.text(
        centre_x - width / 2, y, text, size_mm, face=face, colour=colour, tracking_mm=tracking_mm
    )


def put_right(
    page: Page,
    text: str,
    *,
    right_x: float,
    y: float,
    size_mm: float,
    face: Face = Face.SONG,
    colour: str = BLACK,
) -> None:
    """Set one line that ends at the right."""
    text = printable(face, text)
    page.text(right_x - measure(face, text, size_mm), y, text, size_mm, face=face, colour=colour)


def balanced(face: Face, text: str, size_mm: float, measure_mm: float) -> Sequence[str]:
    """A heading as lines of about equal length, none ending in a stray character."""
    count = len(break_lines(face, text, size_mm, measure_mm))
    if count == 1:
        return [printable(face, text)]
    width = measure(face, printable(face, text), size_mm) / count
    while True:
        lines = break_lines(face, text, size_mm, min(width, measure_mm))
        if len(lines) <= count or width >= measure_mm:
            return [line.content for line in lines]
        width += size_mm / 2
