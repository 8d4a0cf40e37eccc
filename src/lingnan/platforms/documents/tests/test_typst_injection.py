"""What people write into a paper is set as text: the programme that sets it never runs it."""

import shutil
import subprocess
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from .. import services
from .facts import LICENCE, NOTICE, RECEIPT
from .test_papers import squeezed

HOSTILE = (
    '#read("/etc/passwd")',
    '#import"@preview/x:1.0.0":*',
    "#{sys.inputs}",
    "$sum_(k=0)^n$",
    "@label<label>",
    "*bold*_it_`raw`",
    "[#panic()]",
    "\\u{41}\\",
    "//no/*comment*/",
    "\"};let x=1;//'",
    "=heading",
)
PLACES: dict[str, list[tuple[Any, ...]]] = {
    "notice": [("title",), ("addressee",), ("paragraphs", 0), ("fields", 0, 1), ("items", 0)],
    "licence": [("fields", 0, 0), ("fields", 0, 1), ("issuer",), ("number",)],
    "receipt": [("payer_name",)],
}
FACTS = {"notice": NOTICE, "licence": LICENCE, "receipt": RECEIPT}


def with_value(facts: dict[str, Any], place: tuple[Any, ...], value: str) -> dict[str, Any]:
    changed = deepcopy(facts)
    target: Any = changed
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return changed


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize("template", FACTS)
def test_markup_of_the_typesetter_stands_literally(template: str) -> None:
    # A receipt has room for one line of a name.
    hostile_of = HOSTILE[:3] if template == "receipt" else HOSTILE
    value = " ".join(hostile_of)
    facts = FACTS[template]
    for place in PLACES[template]:
        facts = with_value(facts, place, value)
    made = services.render(template, facts)
    answer = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=made["pdf"], capture_output=True, check=True
    )
    pdf, ofd = squeezed(answer.stdout.decode()), squeezed(services.read_ofd(made["ofd"]).text)
    for hostile in hostile_of:
        assert squeezed(hostile) in ofd, hostile
    # Lines of columns stand mixed in what pdftotext gives; the characters are all there.
    assert Counter(squeezed(value)) - Counter(pdf) == Counter()
    assert "root:x:0:0" not in pdf
