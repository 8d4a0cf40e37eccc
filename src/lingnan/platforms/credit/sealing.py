"""How document numbers are kept: ciphertext to read back, a blind index to find again."""

import json
from collections.abc import Mapping

from lingnan.security.crypto import services as crypto

DOCUMENT = "credit.document"
PERSONAL = "credit.personal"


def document_index(document_type: str, number: str) -> str:
    """The keyed digest by which a person is found again."""
    return crypto.blind_index(f"{document_type}:{number}", purpose=DOCUMENT)


def seal_number(number: str) -> str:
    return crypto.encrypt(number.encode(), purpose=DOCUMENT)


def unseal_number(sealed: str) -> str:
    return crypto.decrypt(sealed, purpose=DOCUMENT).decode() if sealed else ""


def seal_columns(columns: Mapping[str, str]) -> str:
    """Personal columns of a row, as one ciphertext; nothing of nothing."""
    if not columns:
        return ""
    return crypto.encrypt(json.dumps(dict(columns)).encode(), purpose=PERSONAL)


def unseal_columns(sealed: str) -> dict[str, str]:
    if not sealed:
        return {}
    found: dict[str, str] = json.loads(crypto.decrypt(sealed, purpose=PERSONAL))
    return found
