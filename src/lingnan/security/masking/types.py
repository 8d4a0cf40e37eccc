"""Values that cross masking's wall: kinds of data, purposes, and how much is shown."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions

SEE_WHOLE = permissions.declare("masking.see_whole", _("See personal data unmasked at work"))


class Kind(StrEnum):
    """What a value is, which says which part of it may stand."""

    NAME = "name"
    RESIDENT_ID = "resident_id"
    DOCUMENT_NUMBER = "document_number"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    BANK_ACCOUNT = "bank_account"
    BIRTH_DATE = "birth_date"
    USCC = "uscc"
    TEXT = "text"


class Purpose(StrEnum):
    """What the reader wants it for."""

    OWN = "own"  # the person himself, or who acts for him
    DECIDE = "decide"  # an officer who handles the case
    LIST = "list"  # an officer looking through many
    VERIFY = "verify"  # someone to whom a document was shown
    PUBLISH = "publish"  # everyone


class Shown(IntEnum):
    """How much is shown."""

    NOTHING = 0
    TRACE = 1  # enough to recognise one's own
    PART = 2  # enough to compare with a paper
    WHOLE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRule:
    """What a purpose shows of ordinary, personal and sensitive data."""

    personal: Shown
    sensitive: Shown
