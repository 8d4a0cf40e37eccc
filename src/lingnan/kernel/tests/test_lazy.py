"""A lazy module costs nothing until it is used, and then is the module."""

import subprocess
import sys

from lingnan.kernel.lazy import lazy_module


def test_it_is_the_module_once_used() -> None:
    colors = lazy_module("colorsys")
    assert colors.rgb_to_hsv(1, 0, 0) == (0.0, 1.0, 1.0)


def test_nothing_is_imported_before() -> None:
    code = (
        "import sys; from lingnan.kernel.lazy import lazy_module;"
        "m = lazy_module('colorsys'); assert 'colorsys' not in sys.modules;"
        "m.rgb_to_hsv(1, 0, 0); assert 'colorsys' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
