"""Papers say what they were given, in PDF and OFD alike. Source: GB/T 9704, GB/T 33190."""

import io
import re
import shutil
import subprocess
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from lxml import etree

from .. import services
from ..layout.model import Text
from ..ofd.package import NS, OfdPackage
from ..testing import png
from .facts import BILL, LICENCE, NOTICE, RECEIPT

PAPERS = [("notice", NOTICE), ("licence", LICENCE), ("receipt", RECEIPT), ("bill", BILL)]


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = [item for key, item in value.items() if key not in MARKS]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


MARKS = {
    "pay_url",
    "due_on",
    "made_at",
    "date",
    "issued_on",
    "verify_url",
    "tone",
    "paid_at",
    "issued_at",
}


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(("template", "facts"), PAPERS)
def test_every_fact_stands_in_the_ofd(template: str, facts: dict[str, Any]) -> None:
    document = services.read_ofd(services.render(template, facts, formats=("ofd",))["ofd"])
    said = squeezed(document.text)
    assert [text for text in strings(facts) if squeezed(text) not in said] == []
    assert "2026年11月23日" in said
    assert document.title


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize(("template", "facts"), PAPERS)
def test_every_fact_stands_in_the_pdf(template: str, facts: dict[str, Any]) -> None:
    made = services.render(template, facts, formats=("pdf",))["pdf"]
    answer = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=made, capture_output=True, check=True
    )
    said = squeezed(answer.stdout.decode())
    assert [text for text in strings(facts) if squeezed(text) not in said] == []
    assert b"pdfaid" in made  # PDF/A
    assert b"/Lang" in made


@pytest.mark.parametrize(("template", "facts"), PAPERS)
def test_ofd_ids_are_unique_and_below_the_maximum(template: str, facts: dict[str, Any]) -> None:
    package = OfdPackage.open(services.render(template, facts, formats=("ofd",))["ofd"])
    ids = []
    for path in package:
        if path.endswith(".xml"):
            ids += [int(e.get("ID", "")) for e in package.xml(path).iter() if e.get("ID")]
    assert len(ids) == len(set(ids))
    assert services.read_ofd(package).max_unit_id >= max(ids)


@pytest.mark.parametrize(("template", "facts"), PAPERS)
def test_the_embedded_fonts_have_every_glyph_that_is_shown(
    template: str, facts: dict[str, Any]
) -> None:
    package = OfdPackage.open(services.render(template, facts, formats=("ofd",))["ofd"])
    fonts = {}
    for font in package.xml("Doc_0/PublicRes.xml").iterfind(".//ofd:Font", NS):
        name = font.findtext("ofd:FontFile", namespaces=NS)
        file = TTFont(io.BytesIO(package.read(f"Doc_0/Res/{name}")))
        fonts[font.get("ID")] = file.getBestCmap()
    for page in services.read_ofd(package).pages:
        for text in package.xml(page.path).iterfind(".//ofd:TextObject", NS):
            code = text.find("ofd:TextCode", NS)
            assert code is not None
            assert {ord(c) for c in code.text or ""} <= set(fonts[text.get("Font")])
            deltas = _expand(code.get("DeltaX", ""))
            assert len(deltas) == len(code.text or "") - 1


def _expand(text: str) -> list[float]:
    words, found = text.split(), []
    while words:
        word = words.pop(0)
        if word == "g":
            count, value = int(words.pop(0)), float(words.pop(0))
            found += [value] * count
        else:
            found.append(float(word))
    return found


@pytest.mark.parametrize(("template", "facts"), PAPERS)
def test_nothing_is_set_outside_the_page_and_the_seal_has_its_place(
    template: str, facts: dict[str, Any]
) -> None:
    paper = services.layout(template, facts)
    for page in paper.pages:
        for mark in page.marks:
            if isinstance(mark, Text):
                assert 0 < mark.x < page.width
                assert 0 < mark.y < page.height
    place = services.seal_place(template, facts)
    if template == "bill":  # a notice to pay is not sealed; the receipt is
        assert place is None
        return
    assert place is not None
    page = paper.pages[place.page_index]
    assert 0 < place.x < page.width - place.width
    assert 0 < place.y < page.height - place.height
    custom = services.read_ofd(services.render_paper(paper, formats=("ofd",))["ofd"]).custom_data
    assert custom["lingnan.seal_place"].startswith(f"{place.page_index} ")


def test_the_same_facts_give_the_same_ofd_bytes() -> None:
    first, second = (services.render("licence", LICENCE, formats=("ofd",)) for _ in range(2))
    assert first == second


def test_a_long_notice_goes_over_pages_and_numbers_them() -> None:
    facts = {**NOTICE, "items": [f"第{n}项材料未加盖公章，请重新提交。" for n in range(60)]}
    document = services.read_ofd(services.render("notice", facts, formats=("ofd",))["ofd"])
    assert len(document.pages) > 2
    assert [f"— {n} —" in page.text for n, page in enumerate(document.pages, 1)] == [True] * len(
        document.pages
    )


def test_the_seal_is_drawn_in_the_pdf_and_a_photo_in_both() -> None:
    plain = services.render("licence", LICENCE, formats=("pdf",))["pdf"]
    facts = {**LICENCE, "seal_image": png(200, 200), "photo": png(300, 400, "blue")}
    assert re.findall(rb"/Subtype\s*/Image", plain) == []
    made = services.render("licence", facts)
    assert len(re.findall(rb"/Subtype\s*/Image", made["pdf"])) == 2
    assert len(services.read_ofd(made["ofd"]).resource_paths) >= 2


def test_a_watermark_lies_over_the_copy_and_is_turned() -> None:
    facts = {**LICENCE, "watermark": "仅供办理居住证使用"}
    marks = services.layout("licence", facts).pages[0].marks
    turned = [m for m in marks if isinstance(m, Text) and m.rotation_degrees]
    assert len(turned) >= 4
    assert {m.content for m in turned} == {"仅供办理居住证使用"}


def test_rare_characters_come_from_the_smaller_fonts_and_unknown_ones_are_marked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    facts = {**LICENCE, "fields": [["姓名", "龑\U0010fffd"]]}
    made = services.render("licence", facts)
    said = services.read_ofd(made["ofd"]).text
    assert "龑" in said
    assert "\U0010fffd" not in said


def test_data_cannot_become_program() -> None:
    facts = {**LICENCE, "title": '#panic("x")', "fields": [["a", '"]#import "x.typ"\\']]}
    assert services.render("licence", facts, formats=("pdf",))["pdf"].startswith(b"%PDF")


def test_ofd_text_is_escaped() -> None:
    facts = {**LICENCE, "fields": [["名称", "<a & b>"]]}
    package = OfdPackage.open(services.render("licence", facts, formats=("ofd",))["ofd"])
    assert "<a & b>" in services.read_ofd(package).text
    assert etree.fromstring(package.read("OFD.xml")) is not None


@pytest.mark.parametrize("count", range(1, 40))
def test_a_seal_never_stands_on_a_page_without_words_of_the_notice(count: int) -> None:
    facts = {**NOTICE, "items": [f"材料{n}" for n in range(count)], "closing": []}
    read = services.read_ofd(services.render("notice", facts, formats=("ofd",))["ofd"])
    place = services.seal_place("notice", facts)
    assert place is not None
    assert f"材料{count - 1}" in read.pages[place.page_index].text
