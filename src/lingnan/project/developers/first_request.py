"""The first requests of an integrator, as shell blocks that run as they stand."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCase:
    """Who applies for what, in the blocks. The matter needs no uploads."""

    base_url: str
    username: str
    password: str
    query: str
    region: str
    answers: Mapping[str, Any]


def _pick(field: str) -> str:
    """Takes the first value of a field out of a JSON answer."""
    return f"""grep -o '"{field}": *"[^"]*"' | head -1 | cut -d '"' -f 4"""


def blocks(case: FirstCase) -> tuple[str, str, str]:
    """Sign in; find the item; open a draft, fill it and submit."""
    base = shlex.quote(case.base_url)
    account = {"username": case.username, "password": case.password}
    sign_in = (
        f"BASE={base}\n"
        'TOKEN=$(curl -sS -X POST "$BASE/api/v1/sessions" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {_json(account)} \\\n"
        f"  | {_pick('token')})\n"
        'curl -sS "$BASE/api/v1/me" -H "Authorization: Bearer $TOKEN"'
    )
    find = (
        'ITEM=$(curl -sS -G "$BASE/api/v1/matters/items" \\\n'
        f"  --data-urlencode {shlex.quote('q=' + case.query)} -d region={case.region} \\\n"
        f"  | {_pick('code31')})\n"
        'curl -sS "$BASE/api/v1/matters/items/$ITEM"'
    )
    apply = (
        'DRAFT=$(curl -sS -X POST "$BASE/api/v1/drafts" \\\n'
        "  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n"
        '  -d "{\\"item_code\\": \\"$ITEM\\"}" \\\n'
        f"  | {_pick('id')})\n"
        'curl -sS -X PATCH "$BASE/api/v1/drafts/$DRAFT" \\\n'
        "  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n"
        f"  -d {_json({'data': case.answers})}\n"
        'curl -sS -X POST "$BASE/api/v1/drafts/$DRAFT/submission" \\\n'
        "  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n"
        "  -H \"Idempotency-Key: submit-$DRAFT\" -d '{}'"
    )
    return sign_in, find, apply


def _json(value: object) -> str:
    return shlex.quote(json.dumps(value, ensure_ascii=False))
