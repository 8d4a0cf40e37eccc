"""What the record keeps of accounts is read in words, not in codes."""

import ast
import re
from pathlib import Path

from lingnan.security.audit.templatetags.audit_words import ACTS

IDENTITY = Path(__file__).parents[2] / "src" / "lingnan" / "platforms" / "identity"
WRITES = re.compile(r"record|_record|_told|_decide|_answer")


def acts() -> set[str]:
    """Every literal act that identity hands to the record."""
    found: set[str] = set()
    for path in sorted(IDENTITY.rglob("*.py")):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            named = [word.value for word in node.keywords if word.arg == "act"]
            given = named + (list(node.args) if WRITES.fullmatch(name) else [])
            found |= {
                value.value
                for value in given
                if isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and value.value.startswith("identity.")
            }
    return found


def test_each_act_of_identity_has_words() -> None:
    known = acts()
    assert {"identity.signed_in", "identity.role_proposed", "identity.upstream_linked"} <= known
    assert sorted(known - set(ACTS)) == []
