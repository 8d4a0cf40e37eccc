"""How personal numbers are kept: ciphertext to read back, a blind index to find again."""

import re

from lingnan.security.crypto import services as crypto

DOCUMENT = "identity.document"
PHONE = "identity.phone"
SECOND_FACTOR = "identity.second_factor"
PROOF = "identity.proof"
CERTIFICATE = "identity.certificate"
TOKEN_PREFIX_SESSION = "lgs_"  # noqa: S105
TOKEN_PREFIX_API = "lgt_"  # noqa: S105
TOKEN_PREFIX_OAUTH = "lgo_"  # noqa: S105  (in a person's name, for a registered program)
TOKEN_PREFIX_CLIENT = "lgc_"  # noqa: S105  (in a program's own name)

_PHONE = re.compile(r"(?:1[3-9][0-9]{9}|\+852[2-9][0-9]{7}|\+853[26][0-9]{7}|\+[1-9][0-9]{6,14})")


def seal(value: str, *, purpose: str) -> str:
    """Ciphertext of a value; nothing of nothing."""
    return crypto.encrypt(value.encode(), purpose=purpose) if value else ""


def unseal(sealed: str, *, purpose: str) -> str:
    return crypto.decrypt(sealed, purpose=purpose).decode() if sealed else ""


def document_index(document_type: str, number: str) -> str:
    return crypto.blind_index(f"{document_type}:{number}", purpose=DOCUMENT)


def phone_index(phone: str) -> str:
    return crypto.blind_index(phone, purpose=PHONE)


def normalise_phone(text: str) -> str | None:
    """The number as it is stored, or None: 13800000001, +85261234567."""
    number = re.sub(r"[\s()（）-]", "", text)
    number = number.removeprefix("+86") if number.startswith("+86") else number
    return number if _PHONE.fullmatch(number) else None


def digest(token: str) -> str:
    """What is stored of a random token (SM3, 64 hex); the token itself is not."""
    return crypto.sm3(token.encode()).hex()
