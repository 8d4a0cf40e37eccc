"""Values and terms of open credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lingnan.kernel.text import LocalisedText

SCOPE = "credentials"  # identity's scope: a registered wallet may fetch its user's licences
FORMAT = "dc+sd-jwt"
ALGORITHM = "ES256"
PRE_AUTHORISED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
# Our defaults; none of the standards gives a number.
OFFER_TERM = timedelta(minutes=10)
TOKEN_TERM = timedelta(minutes=10)
NONCE_TERM = timedelta(minutes=5)
CREDENTIAL_TERM = timedelta(days=365)
REQUEST_TERM = timedelta(minutes=5)
PROOF_AGE = timedelta(minutes=5)
ANSWER_KEPT = timedelta(days=1)
OFFER_KEPT = timedelta(days=1)
OFFER_TRACE_KEPT = timedelta(days=3 * 365)  # 个人信息保护法 56
NUMBER_DIGITS = 6
WRONG_NUMBERS_MAX = 5
WRONG_ANSWERS_MAX = 5
LIST_SIZE = 16_384
STATUS_TTL_S = 300
ANSWER_BYTES_MAX = 200_000

# What every credential says beside the fields of its type, by path.
BASE_CLAIMS: dict[str, LocalisedText] = {
    "holder.name": {"zh-hans": "持有人", "en": "Holder"},
    "holder.number": {"zh-hans": "持有人证件号码", "en": "Holder's number"},
    "licence.identifier": {"zh-hans": "证照标识", "en": "Licence identifier"},
    "licence.number": {"zh-hans": "证照编号", "en": "Licence number"},
    "licence.valid_from": {"zh-hans": "有效期起", "en": "Valid from"},
    "licence.valid_until": {"zh-hans": "有效期止", "en": "Valid until"},
}


class ProtocolError(Exception):
    """What a program did wrong, in the words of its protocol: never a page, never problem+json."""

    def __init__(self, code: str, description: str = "", *, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOffer:
    """An offer just made: shown once. `link` opens a wallet; `number` is typed into it."""

    offer_id: UUID
    link: str
    link_by_value: str
    offer: Mapping[str, Any]
    number: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One licence an officer asks to see: its type, the paths of its fields, and whether needed."""

    type_code: str
    paths: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPresentation:
    """A request just made: `link` is what the square code says."""

    request_id: UUID
    link: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing looked at in an answer: `held` None where it could not be looked at."""

    step: str
    held: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """One field a wallet showed."""

    path: str
    title: LocalisedText
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCredential:
    """One licence a wallet showed: what it says and what is proven of it."""

    type_code: str
    type_name: LocalisedText
    issuer: str
    fields: tuple[ShownField, ...]
    looks: tuple[Look, ...]

    @property
    def proven(self) -> bool:
        """Nothing failed."""
        return all(look.held for look in self.looks)
