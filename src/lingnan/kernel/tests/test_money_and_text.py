"""Amounts round-trip without floats; texts fall back sensibly."""

from datetime import date

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.errors import Refusal
from lingnan.kernel.money import NotAnAmount, format_fen, parse_yuan
from lingnan.kernel.text import localise


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_what_is_written_is_read_again(amount_fen: int) -> None:
    assert parse_yuan(format_fen(amount_fen).replace("¥", "")) == amount_fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1", 100), ("0.5", 50), ("¥1,234.50", 123450), ("￥3", 300)],
)
def test_amounts_people_type(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "1.234", "1e3", "abc", "١", "1.", "--1", "nan", "1 2"])
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_yuan(text)


def test_texts_fall_back_from_the_readers_language_to_chinese() -> None:
    text = {"zh-hans": "广东省政务服务", "en": "Guangdong services"}
    assert localise(text, "en") == "Guangdong services"
    assert localise(text, "zh-hans") == "广东省政务服务"
    assert localise(text, "zh-hant") == "廣東省政務服務"
    assert localise({"zh-hans": "只有中文"}, "en") == "只有中文"
    assert localise({"en": "only"}, "zh-hans") == "only"
    assert localise(None) == "" and localise({}) == ""


class _NotYet(Refusal):
    code = "test.not_yet"
    message = gettext_lazy("Repair may be applied for from %(repair_from)s on.")


@pytest.mark.parametrize("day", ["2027-04-13", date(2027, 4, 13)])
def test_a_refusal_writes_days_as_its_reader_does_and_keeps_the_fact(day: object) -> None:
    refusal = _NotYet(repair_from=day)
    with translation.override("zh-hans"):
        assert "2027年4月13日" in refusal.text
    with translation.override("en"):
        assert refusal.text == "Repair may be applied for from 13 April 2027 on."
    assert refusal.facts == {"repair_from": day}
    assert "2027-13-99" in _NotYet(repair_from="2027-13-99").text
