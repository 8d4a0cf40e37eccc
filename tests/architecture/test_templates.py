"""Every template compiles: a tag or filter that is not loaded is found here, not by its reader."""

import pytest
from django.conf import settings
from django.template.loader import get_template

SOURCE = settings.BASE_DIR / "src" / "lingnan"
TEMPLATES = sorted(
    str(path.relative_to(folder))
    for folder in SOURCE.rglob("templates")
    for path in folder.rglob("*.html")
)


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 100


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles(name: str) -> None:
    get_template(name)  # Raises: TemplateSyntaxError.
