"""Tags, filters, charts, navigation, preferences, and the living page."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django import forms
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils import translation

from lingnan.kernel.actors import ANONYMOUS, Actor, Grant
from lingnan.kernel.pagination import Page
from lingnan.kernel.web import charts, navigation
from lingnan.kernel.web.charts import Point, Series
from lingnan.kernel.web.components_page import SAMPLES, SNIPPETS
from lingnan.kernel.web.icons import ICONS, icon_svg

CSS = Path(charts.__file__).parent / "static" / "css"


def shown(source: str, /, **context: Any) -> str:
    return Template("{% load components %}" + source).render(Context(context))


@pytest.fixture
def _entries() -> Iterator[None]:
    get_resolver().url_patterns  # noqa: B018  addresses register their lines when first asked
    before = dict(navigation._entries)
    navigation._entries.clear()
    yield
    navigation._entries.clear()
    navigation._entries.update(before)


class TestFilters:
    def test_dates_and_instants_are_written_for_the_reader(self) -> None:
        at = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)  # the next day in China
        with translation.override("zh-hans"):
            assert shown("{{ d|date_cn }}", d=date(2026, 11, 3)) == "2026年11月3日"
            assert shown("{{ d|instant_cn }}", d=at) == "2026年11月23日 01:05"
            assert shown("{{ d|date_cn }}", d=at) == "2026年11月23日"
        with translation.override("en"):
            assert shown("{{ d|instant_cn }}", d=at) == "23 November 2026, 01:05"

    def test_no_value_is_a_dash_and_never_a_zero(self) -> None:
        assert shown("{{ v|money }}", v=None) == "—"
        assert shown("{{ v|number_cn }}", v=None) == "—"
        assert shown("{{ v|number_cn }}", v=0) == "0"
        assert shown("{{ v|percent }}", v=None) == "—"
        assert shown("{{ v|money }}", v=123450) == "¥1,234.50"
        assert shown("{{ v|number_cn }}", v=46212) == "46,212"

    def test_bilingual_texts_follow_the_language(self) -> None:
        text = {"zh-hans": "居住证", "en": "Residence permit"}
        for language, expected in (
            ("zh-hans", "居住证"),
            ("zh-hant", "居住證"),
            ("en", "Residence permit"),
        ):
            with translation.override(language):
                assert shown("{{ t|localised }}", t=text) == expected


class TestTags:
    def test_a_light_has_a_word_and_a_shape_of_its_own(self) -> None:
        lights = [shown("{% light c %}", c=colour) for colour in ("green", "yellow", "red", "grey")]
        shapes = {re.search(r"<svg.*?</svg>", item, re.S).group() for item in lights}  # type: ignore[union-attr]
        words = {re.sub(r"<.*?>", "", item).strip() for item in lights}
        assert len(shapes) == len(words) == 4
        assert "" not in words

    def test_icons_are_hidden_from_readers_unless_named(self) -> None:
        assert 'aria-hidden="true"' in icon_svg("search")
        assert 'aria-label="找&quot;"' in icon_svg("search", label='找"')
        with pytest.raises(KeyError):
            icon_svg("no-such-icon")
        for name in ICONS:
            assert "<svg" in icon_svg(name)

    def test_the_pager_keeps_the_filters(self) -> None:
        request = RequestFactory().get("/", {"state": "审核", "cursor": "old"})
        html = shown("{% pager page %}", page=Page([1], "a b&c"), request=request)
        assert 'href="?state=%E5%AE%A1%E6%A0%B8&amp;cursor=a+b%26c"' in html
        assert 'href="?state=%E5%AE%A1%E6%A0%B8"' in html
        assert shown("{% pager page %}", page=Page([], None)).strip() == ""

    def test_a_summary_names_the_field_also_where_its_label_asks(self) -> None:
        class Asked(forms.Form):
            name = forms.CharField(label="姓名")
            same = forms.CharField(label="是否一致？")

        with translation.override("zh-hans"):
            html = shown("{% error_summary form %}", form=Asked({}))
        assert "姓名：这个字段是必填项。" in html
        assert "是否一致：这个字段是必填项。" in html

    def test_text_from_outside_is_escaped(self) -> None:
        bad = "<script>x</script>"
        for source in (
            "{% tag v %}",
            "{% test_mark v %}",
            "{% light 'red' v %}",
            "{% empty_state v v '/x' v %}",
            "{% error_summary l %}",
        ):
            html = shown(source, v=bad, l=[bad])
            assert "<script" not in html
            assert "&lt;script" in html


class TestCharts:
    POINTS = (Point("<b>甲</b>", 3.5, "/rows/?a=1&b=2"), Point("乙", None), Point("丙", 0))

    def test_missing_is_not_zero(self) -> None:
        with translation.override("en"):
            html = charts.bar_chart("T", self.POINTS, unit="件")
        assert "no figure" in html
        assert "0 件" in html
        assert "<b>" not in html
        assert "a=1&amp;b=2" in html

    def test_every_chart_has_its_table(self) -> None:
        square = [[113, 22], [114, 22], [114, 23], [113, 22]]
        feature = {
            "properties": {"code12": "440100000000", "name": "广州市"},
            "geometry": {"type": "MultiPolygon", "coordinates": [[square]]},
        }
        made = [
            charts.bar_chart("T", self.POINTS),
            charts.line_chart("T", [Series("甲", self.POINTS)]),
            charts.share_chart("T", self.POINTS),
            charts.region_map("T", {"features": [feature]}, {"440100000000": 3.5}),
        ]
        for html in made:
            assert "<table" in html
            assert "3.5" in html
            assert "style=" not in html

    def test_a_line_is_lifted_over_a_gap(self) -> None:
        points = [Point("1", 1), Point("2", None), Point("3", 2)]
        html = charts.line_chart("T", [Series("甲", points)])
        (line,) = re.findall(r'chart__line--1" d="([^"]*)"', html)
        assert line.count("M") == 2
        assert "L" not in line

    @pytest.mark.parametrize("values", [[], [None], [0], [5], [-3, 7], [1e-9, 1e12], [4] * 30])
    def test_odd_figures_are_drawn_without_a_crash(self, values: list[float | None]) -> None:
        points = [Point(str(index), value) for index, value in enumerate(values)]
        charts.bar_chart("T", points)
        charts.line_chart("T", [Series("甲", points)])
        charts.sparkline("T", values)
        charts.share_chart("T", points[:6])
        charts.region_map("T", {"features": []}, {})

    def test_too_much_for_one_chart_is_refused(self) -> None:
        with pytest.raises(ValueError, match="four lines"):
            charts.line_chart("T", [Series(str(i), []) for i in range(5)])
        with pytest.raises(ValueError, match="six parts"):
            charts.share_chart("T", [Point(str(i), 1) for i in range(7)])

    def test_the_map_says_what_it_is_not(self) -> None:
        assert "审图号" in charts.region_map("T", {"features": []}, {})


@pytest.mark.usefixtures("_entries")
class TestNavigation:
    def test_a_reader_sees_what_he_may_use(self) -> None:
        navigation.register("desk", "B", "web:components", permission="x.see", order=2)
        officer = Actor(
            kind="officer",
            grants=(Grant(role="r", permissions=frozenset({"x.see"}), agency_id=uuid4()),),
        )
        assert navigation.links("desk", actor=ANONYMOUS, path="/") == []
        (link,) = navigation.links("desk", actor=officer, path="/developers/components/")
        assert link.is_current
        assert navigation.links("portal", actor=officer, path="/") == []

    def test_an_address_that_is_not_there_is_left_out(self) -> None:
        navigation.register("portal", "X", "no_such:page")
        assert navigation.links("portal", actor=ANONYMOUS, path="/") == []

    def test_the_large_layout_shows_fewer(self) -> None:
        navigation.register("portal", "Few", "web:components", large=False)
        assert navigation.links("portal", actor=ANONYMOUS, path="/", large=True) == []


class TestPreferences:
    def test_language_and_layout_are_kept(self) -> None:
        client = Client()
        response = client.post("/preferences/", {"language": "en", "next": "/developers/x/?a=1"})
        assert response.status_code == 302
        assert response["Location"] == "/developers/x/?a=1"
        assert 'lang="en"' in client.get("/developers/components/").content.decode()
        client.post("/preferences/", {"language": "zh-hant"})
        page = client.get("/developers/components/").content.decode()
        assert 'lang="zh-Hant"' in page
        assert client.post("/preferences/", {"layout": "large"}).cookies["lingnan_layout"]

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"]
    )
    def test_it_leads_nowhere_else(self, target: str) -> None:
        assert Client().post("/preferences/", {"next": target})["Location"] == "/"

    def test_nothing_but_what_is_offered_is_kept(self) -> None:
        response = Client().post("/preferences/", {"language": "xx", "layout": "tiny"})
        assert not response.cookies
        assert Client().get("/preferences/").status_code == 405


class TestPages:
    def test_every_sample_is_on_the_living_page(self) -> None:
        assert {sample.id for sample in SAMPLES} == {path.stem for path in SNIPPETS.glob("*.html")}
        page = Client().get("/developers/components/").content.decode()
        for sample in SAMPLES:
            assert f'id="{sample.id}"' in page

    def test_every_class_in_a_sample_has_a_style(self) -> None:
        styles = "".join(path.read_text() for path in CSS.glob("*.css"))
        known = set(re.findall(r"\.([a-zA-Z][\w-]*)", styles))
        page = Client().get("/developers/components/").content.decode()
        used = {name for text in re.findall(r'class="([^"]*)"', page) for name in text.split()}
        first = {"notice--info", "chart__line--1", "chart__dot--1", "chart__part--1"}
        without = used - known - first - {"face-developers", "map"}
        assert not without

    def test_the_style_sheets_stay_small(self) -> None:
        assert sum(path.stat().st_size for path in CSS.glob("*.css")) < 60_000

    def test_no_inline_style_or_script(self) -> None:
        page = Client().get("/developers/components/").content.decode()
        page = re.sub(r"<pre.*?</pre>", "", page, flags=re.S)
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
        assert "<style" not in page
        for tag in re.findall(r"<script[^>]*>", page):
            assert "src=" in tag

    @pytest.mark.parametrize("template", ["400", "403", "403_csrf", "404", "500", "503"])
    def test_error_pages_stand_without_a_request(self, template: str) -> None:
        page = render_to_string(f"{template}.html")
        assert "12345" in page
        assert "summary-list" in page

    def test_a_name_from_outside_is_escaped_in_the_frame(self) -> None:
        request = RequestFactory().get("/", {"q": "<script>"})
        request.actor = Actor(kind="person", name="<script>x")  # type: ignore[attr-defined]
        page = render_to_string("web/portal.html", {}, request=request)
        assert isinstance(request, HttpRequest)
        assert "<script>x" not in page
        assert "&lt;script&gt;x" in page
