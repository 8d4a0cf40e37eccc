"""Notices under a red heading: received, accepted, to be corrected, decided.

Source: GB/T 9704-2012 (page, type area 156 by 225 mm, 28 characters a line, red rule, number in
six-corner brackets, seal over the date).
"""

from datetime import datetime
from typing import Any

from .flow import Flow
from .model import GREY, RED, Face, Page, Paper, Picture, SealPlace
from .ornaments import square_code, watermark
from .setting import balanced, break_lines, measure, put_centred, put_paragraph, put_right
from .templates import template
from .wording import date_cn

LEFT, MEASURE = 28.0, 156.0
SIZE = MEASURE / 28
LEADING = 9.6
BOTTOM = 297 - 35.0
SEAL_SIDE = 42.0
KEPT_LINES_MAX = 8


@template("notice")
def lay_out_notice(facts: dict[str, Any]) -> Paper:
    """A notice of one agency to one addressee.

    Facts: `agency_name`, `number` (the document number), `title`, `addressee`, `paragraphs` (list),
    `date`, `made_at`; and if wanted `fields` (pairs of label and value, as a table), `items`
    (numbered list), `closing` (paragraphs after them, such as remedies), `contact`, `verify_url`
    with `verify_note`, `seal_image` (PNG, shown in the PDF only), `test_mark`, `watermark`.
    """
    made_at = _instant(facts["made_at"])
    paper = Paper(
        title=f"{facts['title']} {facts['number']}".strip(),
        author=facts["agency_name"],
        made_at=made_at,
        keywords=(facts["number"],) if facts["number"] else (),
    )
    flow = Flow(paper, left=LEFT, top=37.0, measure_mm=MEASURE, bottom=BOTTOM)
    _heading(flow, facts)
    flow.paragraph(f"{facts['addressee']}：", size_mm=SIZE, leading_mm=LEADING)
    for text in facts["paragraphs"]:
        flow.paragraph(text, size_mm=SIZE, leading_mm=LEADING, indent_mm=2 * SIZE)
    if facts.get("fields"):
        _table(flow, facts["fields"])
    after = [f"{number}. {text}" for number, text in enumerate(facts.get("items", ()), 1)]
    after += facts.get("closing", ())
    for text in after[:-1]:
        flow.paragraph(text, size_mm=SIZE, leading_mm=LEADING, indent_mm=2 * SIZE)
    for text in after[-1:]:
        _keep_with_signature(flow, text)
        flow.paragraph(text, size_mm=SIZE, leading_mm=LEADING, indent_mm=2 * SIZE)
    _signature(flow, facts)
    _foot(flow, facts)
    flow.number_pages()
    _mark_pages(paper, facts)
    return paper


def _heading(flow: Flow, facts: dict[str, Any]) -> None:
    page = flow.page
    centre = page.width / 2
    name = facts["agency_name"]
    size = min(11.0, MEASURE / max(measure(Face.SONG_BOLD, name, 1.0, 0.06), 1.0))
    flow.y = 46.0
    put_centred(
        page,
        name,
        centre_x=centre,
        y=flow.y,
        size_mm=size,
        face=Face.SONG_BOLD,
        colour=RED,
        tracking_mm=0.06 * size if len(name) < 16 else 0.0,
    )
    if facts["number"]:
        flow.y += 15
        put_centred(page, facts["number"], centre_x=centre, y=flow.y, size_mm=SIZE)
    flow.y += 4
    page.line(LEFT, flow.y, LEFT + MEASURE, flow.y, width=0.75, colour=RED)
    flow.y += 17
    for line in balanced(Face.SONG_BOLD, facts["title"], 7.76, MEASURE - 20):
        put_centred(page, line, centre_x=centre, y=flow.y, size_mm=7.76, face=Face.SONG_BOLD)
        flow.y += 11
    flow.y += 4


def _table(flow: Flow, fields: list[list[str]]) -> None:
    """Labels left, values right, thin rules; a row is never cut by a page's end."""
    label_width, size, leading, pad = 44.0, 4.6, 6.6, 2.6
    flow.y -= LEADING - 7
    for number, (label, value) in enumerate(fields):
        probe = Page()
        end = max(
            put_paragraph(
                probe,
                label,
                x=0,
                y=0,
                measure_mm=label_width - 6,
                size_mm=size,
                leading_mm=leading,
                face=Face.HEI,
                justify=False,
            ),
            put_paragraph(
                probe,
                value,
                x=0,
                y=0,
                measure_mm=MEASURE - label_width - 6,
                size_mm=size,
                leading_mm=leading,
                justify=False,
            ),
        )
        height = end + 2 * pad - leading + size
        before = flow.page
        flow.need(height)
        top = flow.y
        if number == 0 or flow.page is not before:
            flow.page.line(LEFT, top, LEFT + MEASURE, top, width=0.35)
        flow.page.rectangle(LEFT, top + 0.3, label_width, height - 0.6, stroke=None, fill="F6F4EF")
        baseline = top + pad + size * 0.88
        put_paragraph(
            flow.page,
            label,
            x=LEFT + 3,
            y=baseline,
            measure_mm=label_width - 6,
            size_mm=size,
            leading_mm=leading,
            face=Face.HEI,
            justify=False,
            colour="4B5563",
        )
        put_paragraph(
            flow.page,
            value,
            x=LEFT + label_width + 3,
            y=baseline,
            measure_mm=MEASURE - label_width - 6,
            size_mm=size,
            leading_mm=leading,
            justify=False,
        )
        flow.y = top + height
        flow.page.line(LEFT, flow.y, LEFT + MEASURE, flow.y, width=0.2, colour="9A9A9A")
    flow.y += LEADING + 1


def _keep_with_signature(flow: Flow, text: str) -> None:
    """A seal never stands on a page of its own: the last paragraph goes over with it, as far as it
    is short. Source: GB/T 9704-2012, 7.3.5.4.
    """
    lines = break_lines(Face.SONG, text, SIZE, MEASURE, indent_mm=2 * SIZE)
    if len(lines) <= KEPT_LINES_MAX:
        flow.need(len(lines) * LEADING + SEAL_SIDE + 4)


def _signature(flow: Flow, facts: dict[str, Any]) -> None:
    """Agency and date at the right, the seal's box centred over them; kept on one page."""
    flow.need(SEAL_SIDE + 4)
    page = flow.page
    right = LEFT + MEASURE - 4 * SIZE
    day = date_cn(facts["date"])
    name = facts["agency_name"]
    width = max(measure(Face.SONG, name, SIZE), measure(Face.SONG, day, SIZE))
    centre = min(right - width / 2, LEFT + MEASURE - SEAL_SIDE / 2)
    baseline = flow.y + SEAL_SIDE / 2 - 1
    put_centred(page, name, centre_x=centre, y=baseline, size_mm=SIZE)
    put_centred(page, day, centre_x=centre, y=baseline + LEADING, size_mm=SIZE)
    top = baseline + LEADING * 0.32 - SEAL_SIDE / 2
    flow.paper.seal_place = SealPlace(
        page_index=len(flow.paper.pages) - 1,
        x=centre - SEAL_SIDE / 2,
        y=top,
        width=SEAL_SIDE,
        height=SEAL_SIDE,
    )
    flow.y = top + SEAL_SIDE + 6


def _foot(flow: Flow, facts: dict[str, Any]) -> None:
    """Contact and the way to check the notice, at the foot of the last page."""
    url = facts.get("verify_url")
    contact = facts.get("contact")
    if not url and not contact:
        return
    height = 26.0 if url else 8.0
    flow.need(height - 12)
    page = flow.page
    top = max(flow.y, BOTTOM - height + 12)
    page.line(LEFT, top, LEFT + MEASURE, top, width=0.2, colour="9A9A9A")
    text_width = MEASURE
    if url:
        square_code(page, url, x=LEFT + MEASURE - 21, y=top + 3, side=21)
        text_width -= 27
    y = top + 7
    for text in filter(None, (contact, facts.get("verify_note"))):
        y = put_paragraph(
            page,
            text,
            x=LEFT,
            y=y,
            measure_mm=text_width,
            size_mm=3.7,
            leading_mm=5.4,
            face=Face.HEI,
            colour=GREY,
            justify=False,
        )


def _mark_pages(paper: Paper, facts: dict[str, Any]) -> None:
    seal, place = facts.get("seal_image"), paper.seal_place
    if seal and place is not None:
        paper.pages[place.page_index].marks.append(
            Picture(
                x=place.x,
                y=place.y,
                width=place.width,
                height=place.height,
                content=seal,
                media_type="image/png",
                description=facts["agency_name"],
            )
        )
    for page in paper.pages:
        if facts.get("test_mark"):
            put_right(
                page,
                facts["test_mark"],
                right_x=page.width - 14,
                y=14,
                size_mm=3.6,
                face=Face.HEI_BOLD,
                colour="B45309",
            )
        if facts.get("watermark"):
            watermark(page, facts["watermark"])


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
