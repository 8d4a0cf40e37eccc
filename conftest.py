"""Set-up every test run shares."""

from pathlib import Path

import pytest

from lingnan.project import translations

PACKAGE = Path(__file__).parent / "src" / "lingnan"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and translations.is_stale(PACKAGE):
        translations.compile_all(PACKAGE)
