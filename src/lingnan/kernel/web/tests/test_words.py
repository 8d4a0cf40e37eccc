"""Months, parts of the system, and a chart whose labels and steps can be read."""

import pytest
from django.utils import translation

from lingnan.kernel.web.charts import Point, bar_chart, region_map
from lingnan.kernel.web.formats import format_month
from lingnan.kernel.web.templatetags.components import actor_name

SQUARE = [[[113.0, 23.0], [114.0, 23.0], [114.0, 24.0], [113.0, 24.0], [113.0, 23.0]]]


@pytest.mark.parametrize(
    ("language", "value", "said"),
    [
        ("zh-hans", "2026-11", "2026年11月"),
        ("en", "2026-01", "January 2026"),
        ("zh-hans", "2026-13", "2026-13"),
        ("zh-hans", "soon", "soon"),
    ],
)
def test_month(language: str, value: str, said: str) -> None:
    with translation.override(language):
        assert format_month(value) == said


def test_part_of_the_system_is_no_name() -> None:
    with translation.override("en"):
        assert actor_name("workflow.timer") == "the system"
        assert actor_name("content") == "the system"
        assert actor_name("李工") == "李工"
        assert actor_name("") == "—"


def test_bars_make_room_for_the_longest_label() -> None:
    def start(label: str) -> str:
        return bar_chart("图", [Point(label, 1.0)]).split('class="chart__axis" d="M')[1].split()[0]

    assert int(start("天河区")) < int(start("广州经济技术开发区管理委员会"))


def test_map_has_no_two_steps_that_read_alike() -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"code12": str(n), "name": f"市{n}"},
            "geometry": {"type": "Polygon", "coordinates": SQUARE},
        }
        for n in range(5)
    ]
    values = {str(n): 61.31 + n / 1000 for n in range(5)}
    with translation.override("en"):
        drawn = region_map("图", {"features": features}, values, decimals=1)
    assert drawn.count("up to") == 1
