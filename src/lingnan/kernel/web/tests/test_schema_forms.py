"""Forms from JSON Schema: nothing typed is lost, nothing wrong is accepted, nothing is executed."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.http import QueryDict
from django.template import Context, Template
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from lingnan.kernel.web.components_page import ANSWERS, SCHEMA
from lingnan.kernel.web.schema_forms import (
    BoundForm,
    DefinitionError,
    FormDefinition,
    Prefilled,
    RegionChoice,
    register_region_source,
    sources,
)
from lingnan.kernel.web.schema_forms.binding import mask_text

HOSTILE = '"><script>alert(1)</script>{{ settings.SECRET_KEY }}\x00\ud800'


def form(properties: dict[str, Any], **more: Any) -> FormDefinition:
    return FormDefinition({"type": "object", "properties": properties, **more})


def html(bound: BoundForm, tag: str = "schema_fields") -> str:
    source = "{% load components %}{% " + tag + " bound %}"
    return Template(source).render(Context({"bound": bound}))


def codes(problems: list[Any]) -> dict[str, str]:
    return {problem.path: problem.code for problem in problems}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def regions() -> Iterator[None]:
    tree = {
        "440000000000": ("广东省", ""),
        "440100000000": ("广州市", "440000000000"),
        "440104000000": ("越秀区", "440100000000"),
        "441900000000": ("东莞市", "440000000000"),
    }

    class Source:
        def path(self, code: str) -> list[RegionChoice]:
            chain: list[str] = []
            while code in tree:
                chain.insert(0, code)
                code = tree[code][1]
            return [self.choice(item) for item in chain]

        def choice(self, code: str) -> RegionChoice:
            names: list[str] = []
            place = code
            while place in tree:
                names.insert(0, tree[place][0])
                place = tree[place][1]
            deeper = any(parent == code for _, parent in tree.values())
            return RegionChoice(code, tree[code][0], "".join(names), deeper)

        def children(self, code: str) -> list[RegionChoice]:
            return [self.choice(item) for item, (_, parent) in tree.items() if parent == code]

        def search(self, text: str, limit: int) -> list[RegionChoice]:
            return [self.choice(item) for item, (name, _) in tree.items() if text in name][:limit]

    before = list(sources._regions)
    register_region_source(Source())
    yield
    sources._regions[:] = before


def post_of(data: dict[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """The request a browser sends for answers, following the sample schema's widgets."""
    sent: dict[str, list[str]] = {}
    for name, value in data.items():
        path = prefix + name
        if name == "born_on":
            year, month, day = value.split("-")
            sent |= {f"{path}.year": [year], f"{path}.month": [month], f"{path}.day": [day]}
        elif name == "capital":
            sent[path] = [f"{value / 100:.2f}"]
        elif name == "owners":
            sent[f"{path}.count"] = [str(len(value))]
            for index, item in enumerate(value):
                sent |= post_of(item, f"{path}.{index}.")
        elif isinstance(value, list):
            sent[path] = [str(item) for item in value]
        else:
            sent[path] = ["true" if value is True else str(value)]
    return sent


class TestReading:
    def test_a_full_request_becomes_typed_data(self) -> None:
        data, problems = FormDefinition(SCHEMA).clean(post_of(ANSWERS))
        assert problems == []
        assert data == ANSWERS

    def test_a_query_dict_is_read_like_a_mapping(self) -> None:
        post = QueryDict(mutable=True)
        for name, values in post_of(ANSWERS).items():
            post.setlist(name, values)
        assert FormDefinition(SCHEMA).clean(post) == (ANSWERS, [])

    def test_a_page_reads_its_own_fields_and_keeps_the_others(self) -> None:
        definition = FormDefinition(SCHEMA)
        data, problems = definition.clean(
            {"kind": "stall", "name": "ignored here"}, "shop", {"name": "陈小明"}
        )
        assert data["name"] == "陈小明"
        assert data["kind"] == "stall"
        assert codes(problems) == {"home": "form.required", "agreed": "form.required"}

    def test_unknown_names_are_ignored(self) -> None:
        data, _ = FormDefinition(SCHEMA).clean({"is_admin": "true", "owners.0.role": "x"})
        assert "is_admin" not in data

    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("138 0013 8000", "13800138000"),
            ("+86-138-0013-8000", "13800138000"),
            ("１３８００１３８０００", "13800138000"),
            ("852 5123 4567", "+85251234567"),
            ("00853 6612 3456", "+85366123456"),
            ("020-83135078", "02083135078"),
        ],
    )
    def test_telephones_of_three_places(self, typed: str, stored: str) -> None:
        definition = form({"phone": {"type": "string", "x-widget": "phone"}})
        assert definition.clean({"phone": typed}) == ({"phone": stored}, [])

    @pytest.mark.parametrize("typed", ["1380013", "+852 1123 4567", "abc", "12345678901234567890"])
    def test_what_is_no_telephone_number_is_kept_and_named(self, typed: str) -> None:
        definition = form({"phone": {"type": "string", "x-widget": "phone"}})
        data, problems = definition.clean({"phone": typed})
        assert data == {"phone": typed}
        assert codes(problems) == {"phone": "form.phone"}

    @pytest.mark.parametrize(
        ("typed", "stored"), [("1,234.5", 123450), ("¥12", 1200), ("０.０５", 5), ("￥3", 300)]
    )
    def test_money_is_typed_in_yuan_and_kept_in_fen(self, typed: str, stored: int) -> None:
        definition = form({"fee": {"type": "integer", "x-widget": "money"}})
        assert definition.clean({"fee": typed}) == ({"fee": stored}, [])

    @pytest.mark.parametrize("typed", ["十万", "1.234", "1e9", "NaN", "--1"])
    def test_what_is_no_amount_is_kept_and_named(self, typed: str) -> None:
        definition = form({"fee": {"type": "integer", "x-widget": "money"}})
        data, problems = definition.clean({"fee": typed})
        assert data == {"fee": typed}
        assert codes(problems) == {"fee": "form.type"}
        assert f'value="{typed}"' in html(definition.bind(data, problems=problems))

    @pytest.mark.parametrize("typed", ["inf", "nan", "1e400", "9" * 40, "0x10", "1_000"])
    def test_numbers_beyond_reason_stay_text(self, typed: str) -> None:
        definition = form({"n": {"type": "number"}})
        data, problems = definition.clean({"n": typed})
        assert data == {"n": typed}
        assert codes(problems) == {"n": "form.type"}

    def test_a_day_that_is_not_in_the_calendar_is_shown_as_typed(self) -> None:
        definition = form({"on": {"type": "string", "format": "date"}})
        data, problems = definition.clean({"on.year": "2023", "on.month": "2", "on.day": "29"})
        assert codes(problems) == {"on": "form.date"}
        shown = html(definition.bind(data, problems=problems))
        for part in ("2023", "2", "29"):
            assert f'value="{part}"' in shown

    def test_the_widget_checks_hold_for_the_api_too(self) -> None:
        definition = form({"on": {"type": "string", "x-widget": "date"}})
        assert codes(definition.validate({"on": "2023-02-29"})) == {"on": "form.date"}
        assert definition.validate({"on": "2024-02-29"}) == []

    def test_control_characters_never_reach_the_database(self) -> None:
        data, _ = form({"a": {"type": "string"}}).clean({"a": "x\x00y\ud800\r\nz"})
        assert data == {"a": "xy\nz"}

    def test_an_option_that_was_not_offered_is_refused(self) -> None:
        definition = form({"a": {"type": "integer", "enum": [1, 2]}})
        assert definition.clean({"a": "2"}) == ({"a": 2}, [])
        data, problems = definition.clean({"a": "3"})
        assert codes(problems) == {"a": "form.enum"}
        assert data == {"a": "3"}

    def test_yes_and_no_are_asked_and_a_missing_answer_is_not_no(self) -> None:
        definition = form({"a": {"type": "boolean"}}, required=["a"])
        assert definition.clean({"a": "false"}) == ({"a": False}, [])
        assert codes(definition.clean({})[1]) == {"a": "form.required"}


class TestLists:
    def test_add_and_remove_without_javascript(self) -> None:
        definition = FormDefinition(SCHEMA)
        post = {"owners.count": "1", "owners.0.name": "甲", "_add": "owners"}
        reading = definition.read(post, page="shop")
        assert reading.stay
        assert reading.problems == []
        assert reading.data["owners"] == [{"name": "甲"}, {}]
        post = {"owners.count": "2", "owners.0.name": "甲", "owners.1.name": "乙"}
        reading = definition.read({**post, "_remove": "owners.0"}, page="shop")
        assert reading.data["owners"] == [{"name": "乙"}]

    @pytest.mark.parametrize(
        "target", ["owners.7", "owners.-1", "owners.x", "name", "name.0", "..", "owners.0.name"]
    )
    def test_removing_what_is_not_there_changes_nothing(self, target: str) -> None:
        post = {"owners.count": "1", "owners.0.name": "甲", "_remove": target}
        reading = FormDefinition(SCHEMA).read(post, page="shop")
        assert reading.data["owners"] == [{"name": "甲"}]

    @pytest.mark.parametrize("count", ["-1", "1e9", "999999999999", "x", "٣"])
    def test_a_made_up_count_is_not_followed(self, count: str) -> None:
        data, _ = FormDefinition(SCHEMA).clean({"owners.count": count}, "shop")
        assert "owners" not in data

    def test_a_list_ends_at_its_limit(self) -> None:
        definition = form({"tags": {"type": "array", "maxItems": 2, "items": {"type": "string"}}})
        post = {"tags.count": "2", "tags.0": "a", "tags.1": "b", "_add": "tags"}
        reading = definition.read(post)
        assert reading.data == {"tags": ["a", "b"]}
        assert 'name="_add"' not in html(definition.bind(reading.data))

    def test_a_problem_inside_an_entry_points_at_its_field(self) -> None:
        definition = FormDefinition(SCHEMA)
        data, problems = definition.clean(
            {"owners.count": "1", "owners.0.share": "140"}, "shop", ANSWERS
        )
        found = codes(problems)
        assert found["owners.0.share"] == "form.maximum"
        assert found["owners.0.name"] == "form.required"
        bound = definition.bind(data, page="shop", problems=problems)
        shown = html(bound)
        for link in bound.problem_links():
            assert f'id="{link.href[1:]}"' in shown, link


class TestConditions:
    DEFINITION = FormDefinition(
        {
            "type": "object",
            "required": ["kind", "licence", "why"],
            "properties": {
                "kind": {"enum": ["firm", "person"]},
                "licence": {"type": "string"},
                "why": {"type": "string", "x-show-if": "licence == 'none'"},
                "late": {"type": "integer"},
            },
            "x-pages": [
                {"id": "kind", "fields": ["kind"]},
                {"id": "firm", "fields": ["licence", "why"], "show_if": "kind == 'firm'"},
                {"id": "late", "fields": ["late"], "show_if": "licence == 'none' && late > 3"},
            ],
        }
    )

    def test_pages_follow_the_answers(self) -> None:
        asked = [page.id for page in self.DEFINITION.visible_pages({"kind": "person"})]
        assert asked == ["kind"]
        following = self.DEFINITION.next_page("kind", {"kind": "firm"})
        assert following is not None
        assert following.id == "firm"

    def test_what_is_not_asked_is_not_required_and_does_not_stay(self) -> None:
        assert self.DEFINITION.validate({"kind": "person"}) == []
        pruned = self.DEFINITION.prune({"kind": "person", "licence": "none"})
        assert pruned == {"kind": "person"}
        found = codes(self.DEFINITION.validate({"kind": "firm"}))
        assert found == {"licence": "form.required"}
        found = codes(self.DEFINITION.validate({"kind": "firm", "licence": "none"}))
        assert found == {"why": "form.required"}

    def test_hidden_answers_decide_nothing(self) -> None:
        data = {"kind": "person", "licence": "none", "late": 9}
        assert [page.id for page in self.DEFINITION.visible_pages(data)] == ["kind"]

    def test_a_condition_that_cannot_be_decided_means_no(self) -> None:
        data = {"kind": "firm", "licence": "none", "why": "x", "late": "much"}
        asked = [page.id for page in self.DEFINITION.visible_pages(data)]
        assert asked == ["kind", "firm"]

    def test_fields_inside_an_entry_see_the_entry(self) -> None:
        definition = form(
            {
                "people": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["kind", "code"],
                        "properties": {
                            "kind": {"enum": ["firm", "person"]},
                            "code": {"type": "string", "x-show-if": "item.kind == 'firm'"},
                        },
                    },
                }
            }
        )
        data = {"people": [{"kind": "person"}, {"kind": "firm"}]}
        assert codes(definition.validate(data)) == {"people.1.code": "form.required"}


class TestDefinitions:
    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "string"},
            {"type": "object", "properties": {"a.b": {"type": "string"}}},
            {"type": "object", "properties": {"a": {"x-widget": "hologram"}}},
            {"type": "object", "properties": {"a": {"x-widget": "radio"}}},
            {"type": "object", "properties": {"a": {"$ref": "https://example.com/a.json"}}},
            {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}},
            {
                "type": "object",
                "properties": {"a": {"$ref": "#/$defs/a"}},
                "$defs": {"a": {"type": "object", "properties": {"b": {"$ref": "#/$defs/a"}}}},
            },
            {"type": "object", "properties": {"a": {"x-show-if": "a =="}}},
            {"type": "object", "properties": {}, "x-pages": [{"id": "p", "fields": ["a"]}]},
            {"type": "object", "properties": {"a": {"type": "nonsense"}}},
        ],
    )
    def test_what_cannot_be_a_form_is_refused_when_it_is_published(
        self, schema: dict[str, Any]
    ) -> None:
        with pytest.raises(DefinitionError):
            FormDefinition(schema)

    def test_a_local_reference_is_followed(self) -> None:
        definition = FormDefinition(
            {
                "type": "object",
                "properties": {"a": {"$ref": "#/$defs/day", "x-title": "Day"}},
                "$defs": {"day": {"type": "string", "format": "date"}},
            }
        )
        assert definition.nodes[0].widget == "date"
        assert definition.nodes[0].title == "Day"


class TestShowing:
    def test_hostile_text_is_text_everywhere(self) -> None:
        definition = FormDefinition(SCHEMA)
        hostile = {name: [HOSTILE] for name in post_of(ANSWERS)} | {"owners.count": ["2"]}
        for page in ("you", "shop"):
            data, problems = definition.clean(hostile, page)
            shown = html(definition.bind(data, page, problems=problems))
            assert "<script" not in shown
            shown = html(definition.bind(data, problems=problems), "schema_summary")
            assert "<script" not in shown

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=8,
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_data_of_any_type_is_shown_and_judged_without_a_crash(self, value: Any) -> None:
        definition = FormDefinition(SCHEMA)
        data = dict.fromkeys(SCHEMA["properties"], value)
        data["owners"] = [value, {"name": value}]
        for page in ("you", "shop"):
            html(definition.bind(data, page))
        html(definition.bind(data), "schema_summary")
        finite = json.loads(json.dumps(data).replace("NaN", "0").replace("Infinity", "0"))
        assert definition.validate(finite)

    def test_a_very_long_text_is_refused_but_kept(self) -> None:
        definition = form({"a": {"type": "string"}})
        data, problems = definition.clean({"a": "好" * 30_000})
        assert codes(problems) == {"a": "form.max_length"}
        assert len(data["a"]) == 30_000

    def test_prefilled_fields_name_their_source(self) -> None:
        definition = FormDefinition(SCHEMA)
        prefill = {"person.name": Prefilled("陈小明", "real-name register", "/account/wrong/")}
        bound = definition.bind({}, "you", prefill=prefill)
        shown = html(bound)
        assert 'value="陈小明"' in shown
        assert "real-name register" in shown
        assert 'href="/account/wrong/"' in shown
        assert bound.prefilled_count == 1
        changed = definition.bind({"name": "陈小鸣"}, "you", prefill=prefill)
        assert "real-name register" not in html(changed)

    def test_an_emptied_field_stays_empty_after_a_request(self) -> None:
        definition = FormDefinition(SCHEMA)
        prefill = {"person.name": Prefilled("陈小明", "register")}
        data, problems = definition.clean({"name": ""}, "you")
        assert 'value="陈小明"' not in html(
            definition.bind(data, "you", problems=problems, prefill=prefill)
        )

    def test_sensitive_values_are_masked_in_the_summary(self) -> None:
        bound = FormDefinition(SCHEMA).bind(ANSWERS)
        number = ANSWERS["resident_id"]
        source = "{% load components %}{% schema_summary bound mask=True %}"
        hidden = Template(source).render(Context({"bound": bound}))
        assert number not in hidden
        assert mask_text(number) in hidden
        assert "<details" in html(bound, "schema_summary")

    @pytest.mark.parametrize("text", ["陈", "陈小明", "11010519491231002X", "13800138000"])
    def test_a_mask_never_shows_the_whole(self, text: str) -> None:
        assert text not in mask_text(text)

    def test_the_summary_reads_like_prose(self) -> None:
        pages = FormDefinition(SCHEMA).bind(ANSWERS).summary(change_url="/apply/{page}/")
        rows = {row.label: row.value for page in pages for row in page.rows}
        assert pages[0].change_url == "/apply/you/"
        assert rows["Capital"] == "¥100,000.00"
        assert rows["Date of birth"] == "7 March 1990"
        assert rows["What is sold"] == "Hot food, Drinks"
        assert rows["Owner 1 · Share"] == "60 %"

    def test_a_month_is_picked_and_reads_like_prose(self) -> None:
        month = {"type": "string", "x-widget": "month", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$"}
        bound = form({"since": month}).bind({"since": "2026-12"})

        assert 'type="month"' in html(bound)
        assert bound.summary(change_url="/{page}/")[0].rows[0].value == "December 2026"

    def test_the_author_may_give_his_own_words(self) -> None:
        definition = form(
            {
                "plate": {
                    "type": "string",
                    "pattern": "^粤",
                    "x-errors": {"pattern": {"zh-hans": "应以粤开头", "en": "It starts with 粤"}},
                }
            }
        )
        (problem,) = definition.validate({"plate": "京A"})
        assert problem.message == "It starts with 粤"


@pytest.mark.usefixtures("regions")
class TestRegions:
    DEFINITION = form({"home": {"type": "string", "x-widget": "region", "x-region": {"depth": 2}}})

    def test_levels_are_chosen_one_after_the_other(self) -> None:
        post = {"home.root": "440000000000", "home.l1": "440100000000"}
        reading = self.DEFINITION.read({**post, "_find": "home"})
        assert reading.stay
        assert "越秀区" in html(self.DEFINITION.bind(reading.data, searches=reading.searches))
        data, problems = self.DEFINITION.clean(post)
        assert codes(problems) == {"home": "form.region_incomplete"}
        data, problems = self.DEFINITION.clean({**post, "home.l2": "440104000000"})
        assert (data, problems) == ({"home": "440104000000"}, [])

    def test_changing_the_city_drops_the_district_of_the_old_one(self) -> None:
        post = {
            "home.root": "440000000000",
            "home.l1": "441900000000",
            "home.l2": "440104000000",
        }
        assert self.DEFINITION.clean(post) == ({"home": "441900000000"}, [])

    def test_a_place_is_found_by_name(self) -> None:
        reading = self.DEFINITION.read({"home.q": "越秀", "_find": "home"})
        shown = html(self.DEFINITION.bind(reading.data, searches=reading.searches))
        assert "广东省广州市越秀区" in shown
        assert self.DEFINITION.clean({"home.found": "440104000000"})[1] == []

    def test_a_made_up_place_is_refused(self) -> None:
        _, problems = self.DEFINITION.clean({"home.found": "999999999999"})
        assert codes(problems) == {"home": "form.region"}


TYPED = st.text(max_size=30) | st.sampled_from(
    ["restaurant", "stall", "true", "false", "12.5", "0", "13800138000", "440100000000", "hot"]
)


@given(
    st.dictionaries(
        st.sampled_from([*post_of(ANSWERS), "owners.1.name", "_find"]),
        st.lists(TYPED, min_size=1, max_size=3),
    ),
    st.booleans(),
)
@settings(max_examples=250, deadline=None)
def test_what_is_accepted_fits_the_schema(sent: dict[str, list[str]], over: bool) -> None:
    """Whatever a browser sends: accepted data validates, and no typed text disappears."""
    post = {**post_of(ANSWERS), **sent} if over else sent
    definition = FormDefinition(SCHEMA)
    reading = definition.read(post)
    if not reading.stay:
        fits = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True).is_valid(
            reading.data
        )
        assert fits or reading.problems
    again = definition.bind(reading.data, problems=reading.problems)
    html(again)


@given(st.text(min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_wrong_text_comes_back_as_it_was_typed(typed: str) -> None:
    definition = form({"n": {"type": "integer"}})
    data, problems = definition.clean({"n": typed})
    if problems:
        field = definition.bind(data, problems=problems).page_view().fields[0]
        kept = field.value
        assert kept.strip() == kept
        visible = [c for c in typed if c.isprintable() and not c.isspace()]
        assert [c for c in kept if c.isprintable() and not c.isspace()] == visible
