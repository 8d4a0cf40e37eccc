"""What is drawn rather than set: frames, fine waves, rosettes, square codes, watermarks."""

import math

import segno

from .model import BLACK, Close, CurveTo, Face, LineTo, Mark, Move, Page, Path, Step, Text
from .setting import measure

_SINE_X, _SINE_Y = 0.3642, 1.3254  # a half wave of a sine as one cubic curve


def square_code(page: Page, content: str, *, x: float, y: float, side: float) -> None:
    """A QR code as one filled path (error correction M), without its quiet zone."""
    matrix = segno.make(content, error="m", micro=False).matrix
    unit = side / len(matrix)
    steps: list[Step] = []
    for row, line in enumerate(matrix):
        column = 0
        while column < len(line):
            start = column
            while column < len(line) and line[column]:
                column += 1
            if column > start:
                left, right = x + start * unit, x + column * unit
                top, bottom = y + row * unit, y + (row + 1) * unit
                steps += (
                    Move(left, top),
                    LineTo(right, top),
                    LineTo(right, bottom),
                    LineTo(left, bottom),
                    Close(),
                )
            column += 1
    page.marks.append(Path(steps=tuple(steps), stroke=None, fill=BLACK))


def watermark(page: Page, text: str, *, size_mm: float = 6.0) -> None:
    """The same words slantwise all over the page, pale, above everything else."""
    turn = math.radians(-30)
    along = measure(Face.HEI, text, size_mm) + 24
    across = 34.0
    reach = math.hypot(page.width, page.height)
    rows, columns = math.ceil(reach / across), math.ceil(reach / along)
    for row in range(-rows, rows + 1):
        for column in range(-columns, columns + 1):
            forward = (column + row % 2 / 2) * along
            x = forward * math.cos(turn) - row * across * math.sin(turn)
            y = forward * math.sin(turn) + row * across * math.cos(turn)
            if not (-along < x < page.width and 0 < y < page.height + along):
                continue
            page.marks.append(
                Text(
                    x=x,
                    y=y,
                    content=text,
                    size_mm=size_mm,
                    face=Face.HEI,
                    colour="6B7280",
                    rotation_degrees=-30,
                    opacity=0.2,
                )
            )


def certificate_frame(page: Page, *, inset: float, band: float, tone: str, pale: str) -> None:
    """A frame of interlaced waves between two rules, with a rosette in each corner."""
    x, y = inset, inset
    width, height = page.width - 2 * inset, page.height - 2 * inset
    page.rectangle(x, y, width, height, stroke=tone, line_mm=0.9)
    page.rectangle(
        x + band, y + band, width - 2 * band, height - 2 * band, stroke=tone, line_mm=0.35
    )
    middle = band / 2
    reach = band * 0.36
    for shift in (0, 1):
        for level, colour in ((1.0, tone), (0.55, pale)):
            for top in (y + middle, y + height - middle):
                page.marks.append(
                    _wave(
                        x + band, top, width - 2 * band, reach * level, colour, shift, upright=False
                    )
                )
            for left in (x + middle, x + width - middle):
                page.marks.append(
                    _wave(
                        left,
                        y + band,
                        height - 2 * band,
                        reach * level,
                        colour,
                        shift,
                        upright=True,
                    )
                )
    for corner_x in (x + middle, x + width - middle):
        for corner_y in (y + middle, y + height - middle):
            page.marks.append(_rosette(corner_x, corner_y, band * 0.44, tone))


def wave_field(page: Page, *, x: float, y: float, width: float, height: float, colour: str) -> None:
    """Fine waves under the text of a certificate."""
    rows = round(height / 5.2)
    for row in range(rows + 1):
        level = y + row * height / rows
        page.marks.append(_wave(x, level, width, 2.6, colour, row % 2, upright=False, line=0.12))


def _wave(
    x: float,
    y: float,
    length: float,
    reach: float,
    colour: str,
    shift: int,
    *,
    upright: bool,
    line: float = 0.18,
) -> Mark:
    """Whole half waves of about 7 mm along a straight line."""
    count = max(2, round(length / 7.0 / 2) * 2)
    half = length / count

    def point(along: float, across: float) -> tuple[float, float]:
        return (x + across, y + along) if upright else (x + along, y + across)

    steps: list[Step] = [Move(*point(0, 0))]
    for number in range(count):
        start = number * half
        sign = 1 if (number + shift) % 2 else -1
        height = sign * reach * _SINE_Y
        steps.append(
            CurveTo(
                *point(start + half * _SINE_X, height),
                *point(start + half * (1 - _SINE_X), height),
                *point(start + half, 0),
            )
        )
    return Path(steps=tuple(steps), stroke=colour, width_mm=line)


def _rosette(x: float, y: float, radius: float, colour: str) -> Mark:
    """A rose curve of eight leaves."""
    steps: list[Step] = []
    for number in range(181):
        turn = number * 2 * math.pi / 180
        reach = radius * (0.62 + 0.38 * math.cos(8 * turn))
        place = (x + reach * math.cos(turn), y + reach * math.sin(turn))
        steps.append(LineTo(*place) if steps else Move(*place))
    return Path(steps=(*steps, Close()), stroke=colour, width_mm=0.25)
