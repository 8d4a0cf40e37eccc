"""The loaded tree: every division, explicit parents, what became of old codes, search."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection
from django.db.models import Count, F, Q
from pytest_django import DjangoDbBlocker

from lingnan.kernel.testing import max_queries
from lingnan.standards.regions import errors, queries, services
from lingnan.standards.regions.models import Load, Region, Succession

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loaded once for the module: it takes two seconds."""
    with django_db_blocker.unblock():
        services.load_regions()
        yield
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {Region._meta.db_table}, {Load._meta.db_table} CASCADE")


def test_all_divisions_of_2023_are_there() -> None:
    present = Region.objects.current().filter(is_gb=True)
    by_level = dict(present.values_list("level").annotate(n=Count("id")).order_by("level"))
    assert by_level == {1: 1, 2: 21, 3: 122, 4: 1757, 5: 26842}
    assert sum(by_level.values()) + 2 == 28745  # two pseudo-counties are not divisions


def test_loading_again_does_nothing() -> None:
    before = Region.objects.count()
    assert services.load_regions() == 0
    assert Region.objects.count() == before


def test_the_tree_is_made_of_explicit_parents() -> None:
    assert Region.objects.filter(parent=None).count() == 1
    loose = Region.objects.exclude(parent=None).exclude(path__startswith=F("parent__path"))
    assert not loose.exists()
    upside_down = Region.objects.exclude(parent=None).filter(level__lte=F("parent__level"))
    assert not upside_down.exists()


@pytest.mark.parametrize(("code", "towns"), [("441900000000", 36), ("442000000000", 23)])
def test_cities_without_counties_hold_their_towns(code: str, towns: int) -> None:
    below = queries.children(code)
    assert len([card for card in below if card.is_gb]) == towns
    assert {card.level for card in below if card.is_gb} == {4}
    assert queries.region(code).level == 2
    village = Region.objects.current().filter(level=5, path__startswith=f"440000000000/{code}/")
    first = village.order_by("code").first()
    assert first is not None
    assert [card.level for card in queries.ancestors(first.code)] == [1, 2, 4, 5]


def test_what_is_no_town_keeps_its_place_and_says_what_it_is() -> None:
    assert queries.region("440608400000").kind == "institution"  # a prison
    assert queries.region("440117405000").kind == "farm"
    assert queries.region("441900401000").kind == "zone"  # 松山湖
    odd = Region.objects.current().filter(level=4, kind__in=["institution", "farm", "zone"])
    assert odd.count() > 100
    assert all(row.parent_id for row in odd)


def test_functional_areas_have_a_code_of_ours_and_an_anchor() -> None:
    areas = Region.objects.filter(kind="functional").select_related("anchor")
    assert {"横琴粤澳深度合作区", "深汕特别合作区", "大鹏新区"} <= {row.name for row in areas}
    for row in areas:
        assert not row.is_gb
        assert row.code[4] == "F"
        assert row.anchor is not None
        assert row.anchor.is_gb
    assert not Region.objects.filter(is_gb=True).filter(code__contains="F").exists()
    shenshan = queries.search("深汕特别合作区")[0]
    assert [card.name for card in queries.ancestors(shenshan.code)] == [
        "广东省",
        "深圳市",
        "深汕特别合作区",
    ]


def test_the_499_changes_leave_their_traces() -> None:
    """223 renamed, 140 removed, 136 added between the editions of 2016 and 2023."""
    assert Succession.objects.filter(change="renamed").count() == 223
    assert Region.objects.filter(valid_until__isnull=False).count() == 223 + 140
    assert Succession.objects.filter(change="recoded").count() == 88
    started = Region.objects.filter(valid_from__isnull=False)
    assert started.count() == 223 + 136


def test_a_renamed_division_of_2018_resolves_to_its_present_name() -> None:
    assert queries.region("440112013000", on=date(2018, 6, 1)).name == "东区街道"
    found = queries.resolve("440112013000", date(2018, 6, 1))
    assert found.then is not None
    assert found.then.name == "东区街道"
    assert [card.name for card in found.now] == ["云埔街道"]
    assert queries.region("440112013000").name == "云埔街道"


def test_a_division_with_a_new_code_resolves_to_it() -> None:
    found = queries.resolve("440113118000", date(2018, 6, 1))
    assert [card.code for card in found.now] == ["440113017000"]
    with pytest.raises(errors.NoSuchRegion):
        queries.region("440113118000")


def test_two_changes_in_a_row_resolve_through_both() -> None:
    """田螺冲办事处 -> 曲仁矿务局田螺冲办事处 (2022) -> 曲仁矿务局田螺冲管理区 (2023)."""
    found = queries.resolve("440204401000", date(2018, 6, 1))
    assert found.then is not None
    assert found.then.name == "田螺冲办事处"
    assert [card.name for card in found.now] == ["曲仁矿务局田螺冲管理区"]
    middle = queries.resolve("440204401000", date(2022, 6, 1))
    assert middle.then is not None
    assert middle.then.name == "曲仁矿务局田螺冲办事处"


def test_an_abolished_division_without_known_heir_resolves_to_what_holds_it() -> None:
    found = queries.resolve("442000104000", date(2020, 6, 1))
    assert found.now == ()
    assert found.within is not None
    assert found.within.name == "中山市"


def test_an_unchanged_division_is_itself() -> None:
    found = queries.resolve("440106000000", date(2018, 6, 1))
    assert found.is_unchanged
    with pytest.raises(errors.NoSuchRegion):
        queries.resolve("999999000000")


def test_every_present_code_resolves_to_itself_and_no_history_is_a_loop() -> None:
    for row in Region.objects.filter(~Q(valid_until=None))[:400]:
        found = queries.resolve(row.code, row.valid_from or date(2016, 6, 1))
        assert found.within is not None
        assert len(found.now) <= 1


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("天河", "天河区"),
        ("天河区", "天河区"),
        ("tianhe", "天河区"),
        ("THQ", "天河区"),
        ("ｔｉａｎｈｅ", "天河区"),
        ("广州 石牌", "石牌街道"),
        ("guangzhou shipai", "石牌街道"),
        ("中山", "中山市"),
        ("横琴", "横琴粤澳深度合作区"),
        ("番禺", "番禺区"),
        ("panyu", "番禺区"),
        ("dabu", "大埔县"),
        ("440305", "南山区"),
    ],
)
def test_search_by_name_pinyin_initials_and_code(text: str, first: str) -> None:
    found = queries.search(text)
    assert found[0].name == first, [card.full_name for card in found]


def test_search_narrows_by_place_and_level() -> None:
    shenzhen = queries.region("440300000000")
    found = queries.search("中山", path=shenzhen.path)
    assert all(card.path.startswith(shenzhen.path) for card in found)
    assert {card.level for card in queries.search("中山", level=4)} == {4}
    assert queries.search("   ") == []
    assert queries.search("鼯鼪") == []


def test_lists_ask_a_fixed_number_of_questions() -> None:
    with max_queries(2):
        assert len(queries.children("440000000000")) == 21
    with max_queries(2):
        queries.ancestors("440106004000")
    with max_queries(1):
        queries.search("天河")
    with max_queries(2):
        queries.search("guangzhou tianhe")
    with max_queries(4):
        queries.resolve("440204401000", date(2018, 6, 1))
    with max_queries(1):
        assert len(queries.at_level(2)) == 21


def test_pages_of_children_join_without_gap() -> None:
    codes, cursor = [], None
    while True:
        page = queries.children_page("441900000000", cursor=cursor, limit=10)
        codes += [row.code for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(codes) == codes
    assert len(codes) == len(set(codes)) == len(queries.children("441900000000"))


def test_english_names_of_cities_and_counties() -> None:
    assert queries.region("440100000000").name_en == "Guangzhou City"
    assert queries.region("440306000000").name_en == "Bao'an District"
    assert queries.region("440232000000").name_en == "Ruyuan Yao Autonomous County"
    assert not Region.objects.current().filter(level__lte=3, name_en="").exists()


def test_the_outlines_of_the_21_cities() -> None:
    shapes = queries.city_shapes()
    cities = {card.code: card.name for card in queries.at_level(2)}
    assert {shape.code: shape.name for shape in shapes} == cities
    for shape in shapes:
        assert shape.name_en.endswith("City")
        rings = [ring for polygon in shape.geometry["coordinates"] for ring in polygon]
        assert all(len(ring) >= 4 and ring[0] == ring[-1] for ring in rings)
        assert all(109 < lng < 118 and 20 < lat < 26 for ring in rings for lng, lat in ring)
