"""国发〔1999〕25号: the line of a special seal stands between the ends of the name."""

import io

import pytest
from PIL import Image, ImageChops

from ..seal_picture import draw_seal

PIXELS_PER_MM = 260 / 25.4


@pytest.mark.parametrize(
    "line", ["行政审批专用章", "行政审批专用章（一）", "演示专用章" * 4, "长" * 60]
)
def test_the_line_does_not_touch_the_name(line: str) -> None:
    bare = _picture("")
    with_line = _picture(line)
    changed = ImageChops.difference(bare, with_line).getbbox()
    assert changed is not None
    middle, reach = bare.width / 2, 11.5 * PIXELS_PER_MM
    assert middle - reach < changed[0] < changed[2] < middle + reach


def _picture(line: str) -> Image.Image:
    kind = "special" if line else "unit"
    content = draw_seal("广州市天河区市场监督管理局", kind=kind, line=line)
    return Image.open(io.BytesIO(content)).getchannel("A")
