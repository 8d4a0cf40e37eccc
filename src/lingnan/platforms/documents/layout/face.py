"""Faces of electronic licences: a framed certificate, across or upright.

Our own design; where a national face is prescribed, its type brings a template of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .model import BLACK, Face, Page, Paper, Picture, SealPlace
from .ornaments import certificate_frame, square_code, watermark, wave_field
from .setting import balanced, break_lines, measure, put_centred, put_line, put_right
from .templates import template
from .wording import date_cn

SEAL_SIDE = 42.0
TONES = {
    "red": ("9B1C1C", "D8A48F", "FBF3EE"),
    "blue": ("1F4E79", "9DB8D2", "EFF5FA"),
    "green": ("1E5F4F", "9CC5B5", "EEF7F3"),
}
LABEL_COLOUR = "57534E"


@dataclass(frozen=True, slots=True)
class _Column:
    x: float
    width: float


@template("licence")
def lay_out_licence(facts: dict[str, Any]) -> Paper:
    """The face of a licence.

    Facts: `title`, `fields` (pairs of label and value), `issuer`, `issued_on`, `made_at`; and if
    wanted `orientation` ("landscape" or "portrait"), `tone` ("red", "blue", "green"), `title_en`,
    `number` with `number_label`, `statement`, `valid` (a sentence on validity), `identifier`,
    `verify_url`, `photo` (PNG or JPEG bytes), `seal_image` (PDF only), `test_mark`, `watermark`.
    """
    across = facts.get("orientation", "landscape") == "landscape"
    page = Page(width=297, height=210) if across else Page(width=210, height=297)
    made_at = facts["made_at"]
    if isinstance(made_at, str):
        made_at = datetime.fromisoformat(made_at)
    paper = Paper(
        title=" ".join(filter(None, (facts["title"], facts.get("number")))),
        author=facts["issuer"],
        made_at=made_at,
        keywords=tuple(filter(None, (facts.get("number"), facts.get("identifier")))),
        pages=[page],
    )
    tone, pale, ground = TONES[facts.get("tone", "red")]
    wave_field(page, x=21, y=24, width=page.width - 42, height=page.height - 48, colour=ground)
    certificate_frame(page, inset=10, band=9, tone=tone, pale=pale)
    y = _title(page, facts, tone)
    bottom = page.height - (68 if across else 82)
    _fields(page, facts, top=y, bottom=bottom, across=across)
    paper.seal_place = _issue(page, facts, across=across)
    _identity(page, facts, tone)
    _finish(page, paper.seal_place, facts)
    return paper


def _title(page: Page, facts: dict[str, Any], tone: str) -> float:
    centre = page.width / 2
    across = page.width > page.height
    y = 44.0 if across else 54.0
    size = 14.0 if len(facts["title"]) <= 10 else 11.0
    lines = balanced(Face.SONG_BOLD, facts["title"], size, page.width - 80)
    for line in lines:
        spaced = size * 0.28 if len(line) <= 8 else size * 0.06
        put_centred(
            page,
            line,
            centre_x=centre,
            y=y,
            size_mm=size,
            face=Face.SONG_BOLD,
            colour=tone,
            tracking_mm=spaced,
        )
        y += size * 1.25
    y -= size * 1.25
    if facts.get("title_en"):
        y += 7
        put_centred(
            page,
            facts["title_en"],
            centre_x=centre,
            y=y,
            size_mm=4.0,
            face=Face.SONG,
            colour=LABEL_COLOUR,
        )
    if facts.get("number"):
        y += 8
        label = facts.get("number_label", "证照编号")
        put_right(
            page,
            f"{label}：{facts['number']}",
            right_x=page.width - 30,
            y=y,
            size_mm=4.2,
            face=Face.HEI,
            colour=BLACK,
        )
    return y + (12 if across else 18)


def _fields(page: Page, facts: dict[str, Any], *, top: float, bottom: float, across: bool) -> None:
    """Labels and values, as large as fits, in two columns when there are many."""
    fields = [(str(label), str(value)) for label, value in facts["fields"]]
    left, right = 32.0, page.width - 32.0
    photo = facts.get("photo")
    if photo:
        width, height = 32.0, 42.0
        kind = "image/png" if photo[:4] == b"\x89PNG" else "image/jpeg"
        page.marks.append(
            Picture(
                x=right - width,
                y=top - 5,
                width=width,
                height=height,
                content=photo,
                media_type=kind,
                description=facts["title"],
            )
        )
        right -= width + 8
    statement = facts.get("statement")
    count = 2 if across and len(fields) > 6 else 1
    gutter = 10.0
    width = (right - left - gutter * (count - 1)) / count
    columns = [_Column(left + number * (width + gutter), width) for number in range(count)]
    per_column = -(-len(fields) // count)
    for size in (5.6, 5.2, 4.8, 4.4, 4.0, 3.6, 3.2, 2.8):
        if (
            _place(page, fields, statement, columns, per_column, top, bottom, size, dry=True)
            <= bottom
            or size == 2.8
        ):
            _place(page, fields, statement, columns, per_column, top, bottom, size, dry=False)
            return


def _place(
    page: Page,
    fields: list[tuple[str, str]],
    statement: str | None,
    columns: list[_Column],
    per_column: int,
    top: float,
    bottom: float,
    size: float,
    *,
    dry: bool,
) -> float:
    """Set everything at one size; returns where it ends."""
    target = Page() if dry else page
    leading = size * 1.5
    gap = size * 0.62
    end = top
    for number, column in enumerate(columns):
        part = fields[number * per_column : (number + 1) * per_column]
        if not part:
            continue
        label_width = min(
            max(measure(Face.HEI, label, size) for label, _value in part) + size,
            column.width * 0.4,
        )
        y = top
        for label, value in part:
            labels = break_lines(Face.HEI, label, size, label_width - size)
            values = break_lines(Face.SONG, value or "—", size, column.width - label_width)
            for index, line in enumerate(labels):
                put_line(
                    target,
                    line,
                    x=column.x,
                    y=y + index * leading,
                    measure_mm=label_width,
                    size_mm=size,
                    face=Face.HEI,
                    colour=LABEL_COLOUR,
                    justify=False,
                )
            for index, line in enumerate(values):
                put_line(
                    target,
                    line,
                    x=column.x + label_width,
                    y=y + index * leading,
                    measure_mm=column.width - label_width,
                    size_mm=size,
                    face=Face.SONG,
                    justify=False,
                )
            y += max(len(labels), len(values)) * leading + gap
        end = max(end, y)
    if statement:
        end += gap
        width = columns[-1].x + columns[-1].width - columns[0].x
        for index, line in enumerate(
            break_lines(Face.SONG, statement, size, width, indent_mm=2 * size)
        ):
            put_line(
                target,
                line,
                x=columns[0].x,
                y=end,
                measure_mm=width,
                size_mm=size,
                face=Face.SONG,
                indent_mm=2 * size if index == 0 else 0.0,
            )
            end += leading
    return end - leading


def _issue(page: Page, facts: dict[str, Any], *, across: bool) -> SealPlace:
    """Issuer and date at the lower right, the seal's box over them."""
    size = 5.0
    width = max(
        measure(Face.SONG, facts["issuer"], size), measure(Face.SONG, "2026年12月31日", size)
    )
    centre = max(page.width - 34 - width / 2, page.width / 2 + 10)
    centre = min(centre, page.width - 34 - SEAL_SIDE / 2)
    y = page.height - (46 if across else 56)
    put_centred(page, facts["issuer"], centre_x=centre, y=y, size_mm=size)
    put_centred(page, date_cn(facts["issued_on"]), centre_x=centre, y=y + 9.5, size_mm=size)
    return SealPlace(
        page_index=0,
        x=centre - SEAL_SIDE / 2,
        y=y + 3 - SEAL_SIDE / 2,
        width=SEAL_SIDE,
        height=SEAL_SIDE,
    )


def _identity(page: Page, facts: dict[str, Any], tone: str) -> None:
    """The square code to verify with, the validity, and the identifier, at the lower left."""
    left, bottom = 32.0, page.height - 27.0
    url = facts.get("verify_url")
    text_x = left
    if url:
        square_code(page, url, x=left, y=bottom - 27, side=27)
        text_x = left + 33
    lines = []
    if facts.get("valid"):
        lines.append((facts["valid"], 4.4, Face.SONG, BLACK))
    if url:
        lines.append(("扫描二维码核验本证照", 3.4, Face.HEI, LABEL_COLOUR))
    y = bottom - 6.5 * max(len(lines) - 1, 0) - (6 if facts.get("identifier") else 0)
    for text, size, face, colour in lines:
        page.text(text_x, y, text, size, face=face, colour=colour)
        y += 6.5
    if facts.get("identifier"):
        page.text(text_x, bottom, facts["identifier"], 2.9, face=Face.HEI, colour=LABEL_COLOUR)


def _finish(page: Page, place: SealPlace, facts: dict[str, Any]) -> None:
    seal = facts.get("seal_image")
    if seal:
        page.marks.append(
            Picture(
                x=place.x,
                y=place.y,
                width=place.width,
                height=place.height,
                content=seal,
                media_type="image/png",
                description=facts["issuer"],
            )
        )
    if facts.get("test_mark"):
        put_centred(
            page,
            facts["test_mark"],
            centre_x=page.width / 2,
            y=page.height - 21.5,
            size_mm=3.2,
            face=Face.HEI_BOLD,
            colour="B45309",
        )
    if facts.get("watermark"):
        watermark(page, facts["watermark"])
