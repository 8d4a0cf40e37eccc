"""Experience rule 1: everyday words, pinyin, initials, misspellings; the nearest body first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.testing import max_queries
from lingnan.standards.matters import queries, terms
from lingnan.standards.matters.search import search_items
from lingnan.standards.matters.testing import make_published_item

from .conftest import GUANGZHOU, PROVINCE, SHENZHEN, YUEXIU, Places

ITEMS = (
    ("440199801000", "食品经营许可", ("开店", "开餐馆要办什么证", "卖小吃")),
    ("440799802000", "居住证申领", ("外地人住满半年办证", "暂住证")),
    ("440199803000", "机动车驾驶证期满换证", ("驾照到期了怎么换", "驾照过期")),
    ("440599804000", "高龄津贴发放", ("老人满八十岁领钱",)),
    ("442099805000", "不动产登记资料查询", ("查房产", "名下有没有房")),
    ("442099806000", "生育登记", ("准生证", "生孩子登记")),
)


@pytest.fixture
def items(places: Places) -> Places:
    for code12, name, words in ITEMS:
        make_published_item(
            places.guangzhou.agency_id,
            code12=code12,
            name=name,
            name_en="",
            exercise_level=3,
            everyday_words=words,
            themes=["residence"] if "居住" in name else ["driving"],
            results=[{"name": "决定"}],
        )
    return places


def first(text: str, **options: str) -> str:
    hits = search_items(text, **options).items  # type: ignore[arg-type]
    return hits[0].name["zh-hans"] if hits else ""


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("食品经营许可", "食品经营许可"),
        ("我想开餐馆", "食品经营许可"),
        ("驾照过期了怎么办", "机动车驾驶证期满换证"),
        ("shipinjingying", "食品经营许可"),
        ("shi pin jing ying", "食品经营许可"),
        ("shipinjinying", "食品经营许可"),
        ("sipin jinyin", "食品经营许可"),
        ("spjyxk", "食品经营许可"),
        ("jzz", "居住证申领"),
        ("juzhuzhen", "居住证申领"),
        ("实品经营许可", "食品经营许可"),
        ("食品经菅许可", "食品经营许可"),
        ("居往证", "居住证申领"),
        ("高铃津贴", "高龄津贴发放"),
        ("駕駛證換證", "机动车驾驶证期满换证"),
        ("440199801000", "食品经营许可"),
        ("卖盒饭", "食品经营许可"),  # from here on by the list of everyday words
        ("从外省来打工", "居住证申领"),
        ("九十岁老人的补助", "高龄津贴发放"),
        ("怀孕了", "生育登记"),
    ],
)
def test_what_people_type_finds_the_item(items: Places, question: str, name: str) -> None:
    assert first(question) == name


@pytest.mark.parametrize(
    "question",
    [
        "火星移民",
        "qqqqqq",
        "，。！",
        "%",
        "'; drop table",
        "zzzqqq",
        "asdfgh",
        "hjklhjkl",
        "qazwsx",
        "xyzxyz",
        "龘靐齉",
        "哈哈哈",
    ],
)
def test_nonsense_finds_nothing(items: Places, question: str) -> None:
    assert search_items(question).items == []


def test_a_letter_lost_or_wrong_in_initials_is_no_nonsense(items: Places) -> None:
    assert first("jdcjszqmhz") == "机动车驾驶证期满换证"
    assert first("jdcjszqmhx") == "机动车驾驶证期满换证"
    assert first("shipnjingyingxuke") == "食品经营许可"


def test_every_line_of_everyday_words_says_something_official() -> None:
    for everyday, official in terms.everyday_words().items():
        assert everyday.strip() and official, everyday
        assert terms.meant(f"我想{everyday}") or everyday in "".join(official)


@given(st.text(max_size=30))
def test_proofs_can_always_be_given(text: str) -> None:
    boosts = terms.question_terms(text)
    shares = terms.proofs(boosts)
    assert shares.keys() == boosts.keys()
    assert not shares or sum(shares.values()) >= 1


def test_the_nearest_list_is_offered(places: Places) -> None:
    for place, level in ((places.guangzhou, 3), (places.shenzhen, 3), (places.province, 2)):
        make_published_item(place.agency_id, exercise_level=level)
    for region, path, nearness in (
        (YUEXIU, GUANGZHOU, "here"),
        (GUANGZHOU, GUANGZHOU, "here"),
        (SHENZHEN, SHENZHEN, "here"),
        (PROVINCE, PROVINCE, "here"),
        ("", PROVINCE, "below"),
    ):
        (hit,) = search_items("食品经营许可", region_path=region).items
        assert (hit.region_path, hit.nearness, hit.other_places) == (path, nearness, 2)


def test_what_is_done_only_elsewhere_is_ranked_lower(places: Places) -> None:
    make_published_item(
        places.shenzhen.agency_id, code12="440199801000", name="食品经营许可", exercise_level=3
    )
    make_published_item(
        places.guangzhou.agency_id,
        code12="440199807000",
        name="食品经营许可变更登记事项",
        exercise_level=3,
    )
    hits = search_items("食品经营许可", region_path=YUEXIU).items
    assert [hit.nearness for hit in hits] == ["here", "elsewhere"]
    assert search_items("食品经营许可", region_path=SHENZHEN).items[0].nearness == "here"


def test_one_code_finds_that_very_list(places: Places) -> None:
    make_published_item(places.guangzhou.agency_id, exercise_level=3)
    wanted = make_published_item(places.shenzhen.agency_id, exercise_level=3)
    assert [hit.code31 for hit in search_items(wanted.code31).items] == [wanted.code31]


def test_themes_are_browsed_in_pages_and_counted(items: Places) -> None:
    page = search_items(theme="driving", region_path=YUEXIU, limit=2)
    seen = [hit.basic_item_id for hit in page.items]
    while page.next_cursor:
        page = search_items(theme="driving", region_path=YUEXIU, limit=2, cursor=page.next_cursor)
        seen += [hit.basic_item_id for hit in page.items]
    assert len(seen) == len(set(seen)) == 5
    assert search_items(theme="driving", region_path=SHENZHEN).items == []
    counts = {card.code: card.items for card in queries.themes()}
    assert (counts["driving"], counts["residence"], counts["birth"]) == (5, 1, 0)


def test_results_come_in_pages_without_repeating(items: Places) -> None:
    page = search_items("登记 许可 换证", limit=1)
    seen = [hit.name["zh-hans"] for hit in page.items]
    while page.next_cursor:
        page = search_items("登记 许可 换证", limit=1, cursor=page.next_cursor)
        seen += [hit.name["zh-hans"] for hit in page.items]
    assert len(seen) == len(set(seen)) >= 3


def test_searching_is_one_query(items: Places) -> None:
    with max_queries(1):
        search_items("开餐馆", region_path=YUEXIU)
    with max_queries(1):
        queries.themes()


@given(st.text(max_size=80))
def test_any_text_is_a_question(text: str) -> None:
    for term, boost in terms.question_terms(text).items():
        assert 0 < len(term) <= terms.TERM_LENGTH_MAX and 0 < boost <= 1


@given(st.lists(st.sampled_from(["shi", "pin", "jing", "ying", "zheng", "xian"]), max_size=6))
def test_pinyin_is_split_into_syllables(syllables: list[str]) -> None:
    found = terms.segment("".join(syllables))
    assert found is not None and "".join(found) == "".join(syllables)
    assert len(found) <= len(syllables)
