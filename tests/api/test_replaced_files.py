"""The document reads refusals from the code; a file replaced under the process breaks nothing."""

import importlib.util
import linecache
from pathlib import Path

from lingnan.project import openapi


def test_a_file_replaced_since_the_start_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "replaced.py"
    path.write_text("def asked():\n    return len([])\n")
    spec = importlib.util.spec_from_file_location("replaced", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path.write_text('    "method": in_every_language(asked),\n\n\n')
    linecache.checkcache()
    assert list(openapi._reach(module.asked, 2)) == [module.asked]
    path.unlink()
    linecache.checkcache()
    openapi._called_by.cache_clear()
    assert list(openapi._reach(module.asked, 2)) == [module.asked]
