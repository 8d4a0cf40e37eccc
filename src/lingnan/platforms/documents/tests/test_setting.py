"""Breaking lines, and the wording of amounts and dates."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..layout.model import Face
from ..layout.setting import NOT_FIRST, NOT_LAST, balanced, break_lines, measure
from ..layout.wording import capital_amount, date_cn

CHARACTERS = st.text(
    st.sampled_from("根据人民共和国许可法，。；：《》（）“”0123456789ABCabc -"),
    max_size=120,
)


@settings(max_examples=80, deadline=None)
@given(CHARACTERS, st.floats(min_value=40, max_value=160))
def test_lines_keep_every_character_and_fit_the_measure(text: str, measure_mm: float) -> None:
    lines = break_lines(Face.SONG, text, 5.6, measure_mm)
    assert re.sub(r"\s", "", "".join(line.content for line in lines)) == re.sub(r"\s", "", text)
    assert all(line.width <= measure_mm + 1e-6 for line in lines)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(["根据", "法", "《", "》", "，", "。", "（", "）", "20"]), max_size=60)
)
def test_no_line_begins_or_ends_with_the_wrong_punctuation(pieces: list[str]) -> None:
    text = re.sub(r"([《（，。）》])+", r"\1", "字" + "".join(pieces) + "字")
    lines = [line.content for line in break_lines(Face.SONG, text, 5.6, 70)]
    assert not [line for line in lines[1:] if line[:1] in NOT_FIRST]
    assert not [line for line in lines[:-1] if line[-1:] in NOT_LAST]


def test_a_word_stays_whole_and_a_very_long_number_is_cut() -> None:
    lines = break_lines(
        Face.SONG,
        "请自收到之日起五个工作日内登录岭南政务服务网站首页www.lingnan.invalid查询",
        5.6,
        156,
    )
    assert any("www.lingnan.invalid" in line.content for line in lines)
    number = "11440106MB2D01234X4440125001000202611200001"
    lines = break_lines(Face.SONG, f"办件编号：{number}", 5.6, 100)
    assert lines[0].content.startswith("办件编号：1144")


def test_a_heading_is_cut_into_even_lines() -> None:
    text = "关于责令广州市天河区岭南味道餐饮有限公司限期补正材料的告知书"
    lines = balanced(Face.SONG_BOLD, text, 7.8, 136)
    widths = [measure(Face.SONG_BOLD, line, 7.8) for line in lines]
    assert len(lines) == 2
    assert max(widths) - min(widths) < 20


@pytest.mark.parametrize(
    ("amount_fen", "words"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (1000, "壹拾元整"),
        (1201000, "壹万贰仟零壹拾元整"),
        (168032, "壹仟陆佰捌拾元零叁角贰分".replace("零叁角", "叁角")),
        (10700053, "壹拾万柒仟元零伍角叁分".replace("零伍角", "伍角")),
        (10700003, "壹拾万柒仟元零叁分"),
        (600_000_000_00, "陆亿元整"),
        (100_010_001_00, "壹亿零壹万零壹元整"),
        (1_000_010_00, "壹佰万零壹拾元整"),
    ],
)
def test_amounts_in_capitals(amount_fen: int, words: str) -> None:
    assert capital_amount(amount_fen) == words


def test_dates_are_those_of_china() -> None:
    assert date_cn("2026-11-23") == "2026年11月23日"
    assert date_cn("2026-11-23T17:00:00+00:00") == "2026年11月24日"
