"""The living page of the design language: every component in every state, each with its snippet.

A snippet is a template file; the page shows its source beside what it renders, so the two cannot
drift apart.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..errors import FieldProblem
from .charts import Point, Series, bar_chart, line_chart, region_map, share_chart, sparkline
from .guard import open_to_all
from .icons import ICONS
from .pages import render
from .schema_forms import BoundForm, FormDefinition, Prefilled

SNIPPETS = Path(__file__).parent / "templates" / "web" / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """One component with its source."""

    id: str
    title: str | Promise
    use: str | Promise

    @property
    def template(self) -> str:
        return f"web/samples/{self.id}.html"


SAMPLES = (
    Sample(
        "type",
        gettext_lazy("Type and colour"),
        gettext_lazy("System fonts, 16 px, lines of 1.75; red marks the place, green-blue acts."),
    ),
    Sample(
        "buttons",
        gettext_lazy("Buttons"),
        gettext_lazy("One main button on a page; what cannot be undone is red and asks again."),
    ),
    Sample(
        "notices",
        gettext_lazy("Notices"),
        gettext_lazy("What a reader must know before going on. Says what to do."),
    ),
    Sample(
        "tags",
        gettext_lazy("Tags, lights and marks"),
        gettext_lazy("A state is a word and a shape, and only then a colour."),
    ),
    Sample(
        "cards",
        gettext_lazy("Cards, panels and licences"),
        gettext_lazy("A card leads to one thing; a panel groups quiet facts."),
    ),
    Sample(
        "fields",
        gettext_lazy("Fields"),
        gettext_lazy("Label above, hint below it, the error at the field and in the summary."),
    ),
    Sample(
        "form",
        gettext_lazy("A form from a schema"),
        gettext_lazy("JSON Schema with hints; works without JavaScript."),
    ),
    Sample(
        "form_errors",
        gettext_lazy("A form with errors"),
        gettext_lazy("What was typed stays. Every message says what to do."),
    ),
    Sample(
        "summary",
        gettext_lazy("Check your answers"),
        gettext_lazy("Everything before it is sent, with where it came from."),
    ),
    Sample(
        "table",
        gettext_lazy("Table, filters, pager"),
        gettext_lazy("Figures stand to the right, in digits of one width."),
    ),
    Sample(
        "timeline",
        gettext_lazy("Timeline and steps"),
        gettext_lazy("Who has it, since when, until when."),
    ),
    Sample(
        "empty",
        gettext_lazy("Empty states"),
        gettext_lazy("Says what the emptiness means and what to do next."),
    ),
    Sample(
        "navigation",
        gettext_lazy("Tabs and disclosure"),
        gettext_lazy("Tabs are links to pages; what opens is a details element."),
    ),
    Sample(
        "search",
        gettext_lazy("Search and scenes"),
        gettext_lazy("The start of the portal: what a person wants, in his words."),
    ),
    Sample(
        "figures",
        gettext_lazy("Figures and charts"),
        gettext_lazy("One message each, labels at the marks, a table behind each."),
    ),
    Sample(
        "confirmation",
        gettext_lazy("Done"),
        gettext_lazy("The number to keep, and what happens now."),
    ),
    Sample("icons", gettext_lazy("Icons"), gettext_lazy("Never alone: a word stands beside each.")),
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["name", "phone", "born_on", "kind", "home", "agreed"],
    "properties": {
        "name": {
            "type": "string",
            "minLength": 2,
            "maxLength": 50,
            "x-title": {"zh-hans": "姓名", "en": "Name"},
            "x-prefill": "person.name",
        },
        "resident_id": {
            "type": "string",
            "x-title": {"zh-hans": "身份证号码", "en": "Resident identity number"},
            "x-widget": "resident_id",
            "x-sensitive": True,
        },
        "phone": {
            "type": "string",
            "x-title": {"zh-hans": "手机号码", "en": "Mobile number"},
            "x-hint": {
                "zh-hans": "内地、香港（+852）或澳门（+853）号码均可",
                "en": "Mainland, Hong Kong (+852) or Macao (+853)",
            },
            "x-widget": "phone",
        },
        "born_on": {
            "type": "string",
            "format": "date",
            "x-title": {"zh-hans": "出生日期", "en": "Date of birth"},
            "x-hint": {"zh-hans": "例如：1956 年 3 月 27 日", "en": "For example, 1956 3 27"},
        },
        "kind": {
            "type": "string",
            "x-title": {"zh-hans": "经营场所", "en": "Place of business"},
            "x-options": [
                {
                    "value": "restaurant",
                    "title": {"zh-hans": "餐馆", "en": "Restaurant"},
                    "hint": {"zh-hans": "有堂食座位", "en": "People eat on the spot"},
                },
                {"value": "stall", "title": {"zh-hans": "小食店", "en": "Snack shop"}},
            ],
        },
        "dishes": {
            "type": "array",
            "x-title": {"zh-hans": "经营项目", "en": "What is sold"},
            "items": {"enum": ["hot", "cold", "drinks"]},
            "x-options": [
                {"value": "hot", "title": {"zh-hans": "热食类", "en": "Hot food"}},
                {"value": "cold", "title": {"zh-hans": "冷食类", "en": "Cold food"}},
                {"value": "drinks", "title": {"zh-hans": "自制饮品", "en": "Drinks"}},
            ],
        },
        "capital": {
            "type": "integer",
            "minimum": 100,
            "x-widget": "money",
            "x-title": {"zh-hans": "注册资本", "en": "Capital"},
        },
        "area": {
            "type": "number",
            "minimum": 1,
            "x-title": {"zh-hans": "使用面积", "en": "Floor area"},
            "x-unit": {"zh-hans": "平方米", "en": "m²"},
        },
        "home": {
            "type": "string",
            "x-title": {"zh-hans": "所在地", "en": "Where"},
            "x-widget": "select",
            "x-options": [
                {"value": "440100000000", "title": {"zh-hans": "广州市", "en": "Guangzhou"}},
                {"value": "441900000000", "title": {"zh-hans": "东莞市", "en": "Dongguan"}},
            ],
        },
        "owners": {
            "type": "array",
            "minItems": 1,
            "x-title": {"zh-hans": "股东", "en": "Owner"},
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "x-title": {"zh-hans": "姓名", "en": "Name"}},
                    "share": {
                        "type": "number",
                        "maximum": 100,
                        "x-title": {"zh-hans": "持股比例", "en": "Share"},
                        "x-unit": "%",
                    },
                },
            },
        },
        "note": {
            "type": "string",
            "maxLength": 500,
            "x-title": {"zh-hans": "补充说明", "en": "Anything else"},
        },
        "agreed": {
            "const": True,
            "x-title": {
                "zh-hans": "我已阅读并同意按承诺内容经营",
                "en": "I have read the commitments and agree to them",
            },
        },
    },
    "x-pages": [
        {
            "id": "you",
            "title": {"zh-hans": "您的信息", "en": "About you"},
            "fields": ["name", "resident_id", "phone", "born_on"],
        },
        {
            "id": "shop",
            "title": {"zh-hans": "店铺", "en": "The shop"},
            "fields": ["kind", "dishes", "capital", "area", "home", "owners", "note", "agreed"],
        },
    ],
}
ANSWERS: dict[str, Any] = {
    "name": "陈小明",
    "resident_id": "11010519491231002X",
    "phone": "13800138000",
    "born_on": "1990-03-07",
    "kind": "restaurant",
    "dishes": ["hot", "drinks"],
    "capital": 10_000_000,
    "area": 86.5,
    "home": "440100000000",
    "owners": [{"name": "陈小明", "share": 60}, {"name": "李玉珠", "share": 40}],
    "agreed": True,
}
WRONG: dict[str, Any] = {
    "phone": "1380013",
    "born_on": {"year": "1990", "month": "2", "day": "30"},
    "kind": "restaurant",
    "capital": "十万",
    "owners": [{"share": 140}],
}


class SampleForm(forms.Form):
    """What a Django form looks like."""

    username = forms.CharField(
        label=gettext_lazy("User name"), help_text=gettext_lazy("The one you chose at sign-up.")
    )
    password = forms.CharField(label=gettext_lazy("Password"), widget=forms.PasswordInput)
    channel = forms.ChoiceField(
        label=gettext_lazy("How may we reach you?"),
        choices=[("sms", gettext_lazy("Text message")), ("mail", gettext_lazy("E-mail"))],
        widget=forms.RadioSelect,
    )
    city = forms.ChoiceField(
        label=gettext_lazy("City of residence"),
        choices=[("", gettext_lazy("Please choose")), ("gz", "广州市"), ("dg", "东莞市")],
        required=False,
    )
    photo = forms.FileField(label=gettext_lazy("Photograph"), required=False)
    remember = forms.BooleanField(label=gettext_lazy("Stay signed in"), required=False)


@dataclass(frozen=True, slots=True)
class _Rows:
    items: list[tuple[str, str, str, date]]
    next_cursor: str | None


@open_to_all
def show_components(request: HttpRequest) -> HttpResponse:
    """Every component, rendered and as source."""
    context = _context()
    shown = [
        {
            "sample": sample,
            "html": render_to_string(sample.template, context, request=request),
            "source": (SNIPPETS / f"{sample.id}.html").read_text(encoding="utf-8").strip(),
        }
        for sample in SAMPLES
    ]
    return render(request, "web/components.html", {"samples": shown})


def _context() -> dict[str, Any]:
    definition = FormDefinition(SCHEMA)
    prefill = {"person.name": Prefilled("陈小明", _("real-name register"), "#wrong")}
    return {
        "form": SampleForm(auto_id="sample_%s"),
        "wrong_form": SampleForm({"username": "", "channel": "pigeon"}, auto_id="wrong_%s"),
        "bound": definition.bind({}, page="shop"),
        "bound_you": definition.bind({}, page="you", prefill=prefill),
        "wrong": _wrong(definition),
        "answered": definition.bind(ANSWERS, prefill=prefill),
        "problems": [
            FieldProblem("name", "form.required", _("Enter: %(label)s") % {"label": _("Name")})
        ],
        "rows": _Rows(
            [
                ("31440106202611230001", "green", "陈小明", date(2026, 12, 1)),
                ("31440106202611230002", "yellow", "岭南好味餐饮有限公司", date(2026, 11, 26)),
                ("31440106202611200017", "red", "李玉珠", date(2026, 11, 20)),
            ],
            "next",
        ),
        "at": datetime(2026, 11, 23, 1, 5, tzinfo=UTC),
        "icons": sorted(ICONS),
        "charts": _charts(),
    }


def _wrong(definition: FormDefinition) -> BoundForm:
    problems = definition.validate(WRONG)
    return definition.bind(WRONG, page="shop", problems=problems)


def _charts() -> dict[str, Any]:
    months = [f"{month} 月" for month in range(1, 9)]
    return {
        "bars": bar_chart(
            _("Cases concluded by city"),
            [
                Point("广州", 1284, "#rows"),
                Point("深圳", 1107),
                Point("佛山", 640),
                Point("河源", None),
            ],
            unit=_("cases"),
            sentence=_("Half of all cases are concluded in two cities."),
        ),
        "lines": line_chart(
            _("Days to a decision"),
            [
                Series(_("Promised"), [Point(m, 10) for m in months]),
                Series(
                    _("Taken"),
                    [
                        Point(m, v)
                        for m, v in zip(
                            months, [9.1, 8.4, None, 7.9, 7.2, 6.8, 6.1, 5.6], strict=True
                        )
                    ],
                ),
            ],
            unit=_("days"),
            sentence=_("Decisions come in little more than half the promised time."),
        ),
        "shares": share_chart(
            _("How people applied"),
            [Point(_("Online"), 812), Point(_("At a window"), 142), Point(_("By telephone"), 46)],
            sentence=_("Eight in ten applied online."),
        ),
        "spark": sparkline(_("Cases a day, last two weeks"), [4, 6, 5, 8, 9, 7, 11, 12, 10, 14]),
        "map": region_map(
            _("On-time rate"),
            {
                "features": [
                    _square("440100000000", "甲市", 113.0, 23.0),
                    _square("440300000000", "乙市", 113.6, 23.0),
                    _square("440600000000", "丙市", 113.0, 22.6),
                    _square("441600000000", "丁市", 113.6, 22.6),
                ]
            },
            {"440100000000": 99.1, "440300000000": 97.4, "440600000000": 92.0},
            urls={"440100000000": "#rows"},
            unit="%",
            sentence=_("A schematic map; one city has sent no figures."),
        ),
    }


def _square(code: str, name: str, west: float, south: float) -> dict[str, Any]:
    ring = [
        [west, south],
        [west + 0.58, south],
        [west + 0.58, south + 0.38],
        [west, south + 0.38],
        [west, south],
    ]
    return {
        "type": "Feature",
        "properties": {"code12": code, "name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
