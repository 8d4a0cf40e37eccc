"""The electronic receipt of non-tax revenue.

Source: standards section 5; 财库〔2021〕31号 (elements of an electronic payment voucher).
"""

from datetime import datetime
from typing import Any

from lingnan.kernel.money import format_fen

from .model import GREY, Face, Page, Paper, Picture, SealPlace
from .ornaments import square_code, watermark
from .setting import break_lines, measure, put_centred, put_line, put_right
from .templates import template
from .wording import capital_amount, date_cn

LEFT, RIGHT = 15.0, 195.0
INK = "7A1F1F"
SEAL_SIDE = 32.0
ROW = 7.2
COLUMNS = (  # label, share of the width, right-aligned
    ("项目编码", 0.16, False),
    ("收入项目名称", 0.36, False),
    ("数量", 0.1, True),
    ("收缴标准", 0.18, True),
    ("金额", 0.2, True),
)


@template("receipt")
def lay_out_receipt(facts: dict[str, Any]) -> Paper:
    """A receipt for one paid bill.

    Facts: `title`, `code`, `number`, `check_code`, `payment_code`, `payer_name`, `agency_name`,
    `lines` (each `code`, `name`, `quantity`, `unit_price_fen`, `amount_fen`), `amount_fen`,
    `paid_at`, `channel`, `channel_transaction`, `issued_at`, `made_at` (the amounts of a receipt
    that reverses another are below zero); and if wanted `verify_url`,
    `note`,
    `seal_image` (PDF only), `test_mark`, `watermark`.
    """
    made_at = facts["made_at"]
    if isinstance(made_at, str):
        made_at = datetime.fromisoformat(made_at)
    rows = max(len(facts["lines"]), 3)
    page = Page(width=210, height=118 + rows * ROW)
    paper = Paper(
        title=f"{facts['title']} {facts['code']} {facts['number']}",
        author=facts["agency_name"],
        made_at=made_at,
        keywords=(facts["payment_code"], f"{facts['code']}{facts['number']}"),
        pages=[page],
    )
    _head(page, facts)
    y = charges_table(page, facts, rows)
    _foot(page, paper, facts, y)
    return paper


def _head(page: Page, facts: dict[str, Any]) -> None:
    put_centred(
        page,
        facts["title"],
        centre_x=page.width / 2,
        y=20,
        size_mm=7.0,
        face=Face.SONG_BOLD,
        colour=INK,
        tracking_mm=1.2,
    )
    width = measure(Face.SONG_BOLD, facts["title"], 7.0, 1.2) + 16
    for offset in (23.4, 24.4):
        page.line(
            page.width / 2 - width / 2,
            offset,
            page.width / 2 + width / 2,
            offset,
            width=0.3,
            colour=INK,
        )
    left = (("票据代码", facts["code"]), ("缴款码", facts["payment_code"]))
    right = (
        ("票据号码", facts["number"]),
        ("校验码", facts["check_code"]),
    )
    for number, (label, value) in enumerate(left):
        labelled(page, label, value, LEFT, 31 + number * 6.4)
    for number, (label, value) in enumerate(right):
        labelled(page, label, value, 140, 31 + number * 6.4)
    labelled(page, "缴款人", facts["payer_name"], LEFT, 43.8)
    labelled(page, "填制日期", date_cn(facts["issued_at"]), 140, 43.8)
    if facts.get("verify_url"):
        square_code(page, facts["verify_url"], x=RIGHT - 18, y=7, side=18)


def labelled(page: Page, label: str, value: str, x: float, y: float) -> None:
    """A label and its value on one line."""
    page.text(x, y, f"{label}：", 3.7, face=Face.HEI, colour=INK)
    page.text(x + measure(Face.HEI, f"{label}：", 3.7), y, value, 3.9, face=Face.SONG)


def charges_table(page: Page, facts: dict[str, Any], rows: int) -> float:
    """The charges and their sum; returns where it ends."""
    top = 48.0
    width = RIGHT - LEFT
    edges = [LEFT]
    for _label, share, _right in COLUMNS:
        edges.append(edges[-1] + share * width)
    page.rectangle(LEFT, top, width, ROW, stroke=None, fill="FAF1EE")
    for number, (label, _share, _right) in enumerate(COLUMNS):
        put_centred(
            page,
            label,
            centre_x=(edges[number] + edges[number + 1]) / 2,
            y=top + 4.9,
            size_mm=3.7,
            face=Face.HEI,
            colour=INK,
        )
    for number, line in enumerate(facts["lines"]):
        baseline = top + ROW * (number + 1) + 4.9
        values = (
            line["code"],
            line["name"],
            str(line["quantity"]),
            format_fen(line["unit_price_fen"]),
            format_fen(line["amount_fen"]),
        )
        for column, value in enumerate(values):
            _cell(page, value, edges[column], edges[column + 1], baseline, COLUMNS[column][2])
    bottom = top + ROW * (rows + 1)
    for number in range(rows + 2):
        page.line(LEFT, top + ROW * number, RIGHT, top + ROW * number, width=0.2, colour=INK)
    for edge in edges[1:-1]:
        page.line(edge, top, edge, bottom, width=0.2, colour=INK)
    page.rectangle(LEFT, top, width, bottom - top + 9, stroke=INK, line_mm=0.45)
    page.text(LEFT + 3, bottom + 6, "金额合计（大写）", 3.7, face=Face.HEI, colour=INK)
    sign = "（负数）" if facts["amount_fen"] < 0 else ""
    words = f"{sign}{capital_amount(abs(facts['amount_fen']))}"
    page.text(LEFT + 34, bottom + 6, words, 4.3, face=Face.SONG)
    put_right(
        page,
        f"（小写）{format_fen(facts['amount_fen'])}",
        right_x=RIGHT - 3,
        y=bottom + 6,
        size_mm=4.3,
        face=Face.SONG,
    )
    return bottom + 9


def _cell(
    page: Page, value: str, left: float, right: float, baseline: float, to_right: bool
) -> None:
    """One value: smaller when it does not fit, then on two lines; more is cut."""
    room = right - left - 4
    size = 3.8
    while size > 3.0 and measure(Face.SONG, value, size) > room:
        size -= 0.2
    if to_right:
        put_right(page, value, right_x=right - 2, y=baseline, size_mm=size)
        return
    lines = break_lines(Face.SONG, value, size, room)
    if len(lines) > 1:
        size = 2.7
        lines = break_lines(Face.SONG, value, size, room)[:2]
        baseline -= 1.7
    for number, line in enumerate(lines):
        put_line(
            page,
            line,
            x=left + 2,
            y=baseline + number * 3.1,
            measure_mm=room,
            size_mm=size,
            face=Face.SONG,
            justify=False,
        )


def _foot(page: Page, paper: Paper, facts: dict[str, Any], y: float) -> None:
    labelled(page, "执收单位", facts["agency_name"], LEFT, y + 9)
    labelled(page, "缴款渠道", facts["channel"], LEFT, y + 16)
    labelled(page, "渠道流水号", facts["channel_transaction"], LEFT, y + 23)
    labelled(page, "缴款日期", date_cn(facts["paid_at"]), LEFT, y + 30)
    note = facts.get("note") or "本票据由系统自动开具，电子印章与实物印章具有同等法律效力。"
    page.text(LEFT, page.height - 8, note, 3.2, face=Face.HEI, colour=GREY)
    centre = RIGHT - 32
    put_centred(
        page, "执收单位（章）", centre_x=centre, y=y + 20, size_mm=3.7, face=Face.HEI, colour=INK
    )
    paper.seal_place = SealPlace(
        page_index=0,
        x=centre - SEAL_SIDE / 2,
        y=y + 3,
        width=SEAL_SIDE,
        height=SEAL_SIDE,
    )
    place = paper.seal_place
    if facts.get("seal_image"):
        page.marks.append(
            Picture(
                x=place.x,
                y=place.y,
                width=place.width,
                height=place.height,
                content=facts["seal_image"],
                media_type="image/png",
                description=facts["agency_name"],
            )
        )
    if facts.get("test_mark"):
        page.text(LEFT, 12, facts["test_mark"], 3.4, face=Face.HEI_BOLD, colour="B45309")
    if facts.get("watermark"):
        watermark(page, facts["watermark"], size_mm=5)
