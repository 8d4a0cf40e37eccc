"""Draw the round red seal of an agency: ring, five-pointed star, name on the arc, 测试 below.

Source: 国务院关于国家行政机关和企业事业单位社会团体印章管理的规定 (国发〔1999〕25号): round, 42 mm
for county bureaus and above, star in the middle, name from left to right along the ring. The words
测试专用 stand where a real seal has none, so that nobody takes one for the other.
"""

import json
from pathlib import Path

import typst

from lingnan.platforms.documents import services as documents

_TEMPLATE = Path(__file__).parent / "seal.typ"
_PIXELS_PER_INCH = 260.0


def draw_seal(name: str, *, kind: str = "unit", line: str = "") -> bytes:
    """A PNG with transparent ground: round with the name on the arc and a line below the star, or
    square with a head's name.
    """
    facts = {"name": name, "kind": kind, "line": line}
    picture = typst.compile(
        _TEMPLATE,
        format="png",
        ppi=_PIXELS_PER_INCH,
        font_paths=[documents.ensure_fonts()],
        ignore_system_fonts=True,
        sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
    )
    assert isinstance(picture, bytes)
    return picture
