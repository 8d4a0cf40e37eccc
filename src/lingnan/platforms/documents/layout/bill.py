"""The notice of a bill to be paid: who owes what by when, the 20 digits, and the code to scan.

Source: standards section 5 (elements of an electronic payment voucher); our layout, each province
gives its own.
"""

from datetime import datetime
from typing import Any

from lingnan.kernel.money import format_fen

from .model import GREY, Face, Page, Paper
from .ornaments import square_code, watermark
from .receipt import INK, LEFT, RIGHT, ROW, charges_table, labelled
from .setting import put_centred
from .templates import template
from .wording import date_cn

CODE_SIDE = 38.0


@template("bill")
def lay_out_bill(facts: dict[str, Any]) -> Paper:
    """A bill that is not paid yet.

    Facts: `title`, `payment_code`, `payer_name`, `agency_name`, `lines` (each `code`, `name`,
    `quantity`, `unit_price_fen`, `amount_fen`), `amount_fen` (owed on `made_at`), `issued_at`,
    `due_on`, `made_at`, `pay_url`, `how_to_pay` (lines); and if wanted `notes` (lines),
    `test_mark`, `watermark`.
    """
    made_at = facts["made_at"]
    if isinstance(made_at, str):
        made_at = datetime.fromisoformat(made_at)
    rows = max(len(facts["lines"]), 3)
    notes = [*facts["how_to_pay"], *facts.get("notes", ())]
    page = Page(width=210, height=132 + rows * ROW + max(0, len(notes) - 6) * 6)
    paper = Paper(
        title=f"{facts['title']} {facts['payment_code']}",
        author=facts["agency_name"],
        made_at=made_at,
        keywords=(facts["payment_code"],),
        pages=[page],
    )
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
    code = facts["payment_code"]
    grouped = " ".join(code[start : start + 4] for start in range(0, len(code), 4))
    labelled(page, "缴款码", grouped, LEFT, 31)
    labelled(page, "缴款人", facts["payer_name"], LEFT, 37.4)
    labelled(page, "执收单位", facts["agency_name"], LEFT, 43.8)
    labelled(page, "开单日期", date_cn(facts["issued_at"]), 140, 31)
    labelled(page, "缴款期限", date_cn(facts["due_on"]), 140, 37.4)
    labelled(page, "应缴金额", format_fen(facts["amount_fen"]), 140, 43.8)
    y = charges_table(page, facts, rows)
    square_code(page, facts["pay_url"], x=RIGHT - CODE_SIDE, y=y + 6, side=CODE_SIDE)
    put_centred(
        page,
        "扫码缴款",
        centre_x=RIGHT - CODE_SIDE / 2,
        y=y + CODE_SIDE + 11,
        size_mm=3.7,
        face=Face.HEI,
        colour=INK,
    )
    for number, note in enumerate(notes):
        page.text(LEFT, y + 11 + number * 6.4, note, 3.6, face=Face.SONG)
    page.text(
        LEFT, page.height - 8, "本通知单不作收款凭证；缴款后自动开具财政电子票据。", 3.2,
        face=Face.HEI, colour=GREY,
    )  # fmt: skip
    if facts.get("test_mark"):
        page.text(LEFT, 12, facts["test_mark"], 3.4, face=Face.HEI_BOLD, colour="B45309")
    if facts.get("watermark"):
        watermark(page, facts["watermark"], size_mm=5)
    return paper
